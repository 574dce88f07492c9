"""MedS-Bench: its tasks as data, its prompts, an honest scoring of its answers and that of its published scripts."""
