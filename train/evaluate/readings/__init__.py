"""Readers of answers that more than one rule is needed for: what a text states, chooses or declines."""
