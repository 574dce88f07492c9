"""One file a source; each gives a Reading of what its files say."""
