"""Names of files and tasks from whatever a task or language is called."""

import re


def stem_of(*words: str) -> str:
    """The words with `_` between; whatever a file or task name should not hold is a `-`."""
    return "_".join(re.sub(r"[^\w-]+", "-", word).strip("-") or "none" for word in words)
