"""Preferences: a wrong answer beside a right one, such that only medicine tells which is which."""
