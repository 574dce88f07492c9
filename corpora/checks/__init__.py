"""Checks on the examples that readers give."""
