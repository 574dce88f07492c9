"""The workers: one file a stage, read from top to bottom."""
