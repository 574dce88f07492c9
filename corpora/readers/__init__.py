"""One file a corpus; each gives a Reader named READER."""
