"""A graph in a folder."""
