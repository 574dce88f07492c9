"""Models behind a server that speaks OpenAI's chat completions: one question, many of them, and what they cost."""
