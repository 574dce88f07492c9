"""How published scripts read the letters of an answer to a question with options, each written from what it does."""
