"""Evaluation: prompts of a task, scores of answers to them, tables with intervals. No torch: answers come from anywhere."""
