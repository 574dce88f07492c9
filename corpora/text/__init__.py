"""Texts: what was escaped or marked up, and what is left when two of them are compared."""
