"""Cypher as it is written: a grammar, and the tree that the compiler reads."""
