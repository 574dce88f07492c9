"""Cypher on a folder: parsed, compiled to SQL, run over the two tables of a graph."""
