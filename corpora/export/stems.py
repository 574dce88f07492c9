"""Names of files and tasks from whatever a task or language is called."""

import re

from kgtools.tools.inputs.files import digest

LONGEST = 150
"""Bytes of a stem: a file's name has 255, and more comes behind."""


def stem_of(*words: str) -> str:
    """The words with `_` between; whatever a file or task name should not hold is a `-`, and what is too long ends in a hash of
    all of it."""
    stem = "_".join(re.sub(r"[^\w-]+", "-", word).strip("-") or "none" for word in words)
    if len(stem.encode()) <= LONGEST:
        return stem
    return f"{stem.encode()[: LONGEST - 21].decode('utf-8', 'ignore')}-{digest(stem)}"
