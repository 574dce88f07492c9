"""One Cypher for every store: what is read, what is rewritten, what is refused."""
