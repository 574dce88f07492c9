"""Answers to questions with options."""
