"""What sentences say in Chinese and English: names, denials, and of whom something is said."""
