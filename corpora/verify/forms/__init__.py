"""Each form of item, and how its answers are graded."""
