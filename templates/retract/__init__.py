"""Records made again without facts that turned out wrong."""
