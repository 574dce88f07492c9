"""Rows of records as tokens, and in which order a run sees them."""
