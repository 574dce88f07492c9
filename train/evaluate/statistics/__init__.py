"""Intervals, paired tests and what a number of samples can show at all."""
