"""Corpora and the record format."""
