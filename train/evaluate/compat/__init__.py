"""Published scorers as they are, faults and all: to compare with published figures, never to be believed before our own."""
