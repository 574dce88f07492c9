"""Models at work: answers, rewards, the best of several answers."""
