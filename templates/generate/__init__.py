"""Records made of a graph and packs: found, drawn, worded, put in order and written."""
