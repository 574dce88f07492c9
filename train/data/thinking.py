"""What a model thinks before it answers, as models that reason write it: `<think>...</think>` before the answer."""

import re

OPEN, CLOSE = "<think>", "</think>"
BLOCK = re.compile(rf"\s*{OPEN}(.*?)(?:{CLOSE}\s*|\Z)", re.DOTALL)
"""A think block that a text begins with: `<think>\\nwhy\\n</think>\\n\\n`, or one that was cut off, `<think>\\nwhy`."""


def split_thinking(text: str, opened: bool = False) -> tuple[str | None, str]:
    """What is thought in a text, None without a block at its beginning, and what comes after. A block without an end is all thought.

    `opened`: the block was begun before the text."""
    match = BLOCK.match(OPEN + text if opened else text)
    if match is None:
        return None, text
    return match[1].strip(), match.string[match.end() :]


def block(text: str) -> str:
    """The whole block that a text begins with, with the space around it, if it ends."""
    match = BLOCK.match(text)
    return match[0] if match and CLOSE in match[0] else ""
