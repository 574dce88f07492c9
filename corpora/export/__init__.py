"""Records out again: formats, the card and manifests beside them, and which licence lets them go."""
