"""Grading answers to items: from what an item itself says, without a graph, a model or a network."""
