"""Boxes that are ticked or not: of a list of them the lines that are ticked say something."""

import re
from collections.abc import Iterator

EMPTY = re.compile(r"\[[ _\u3000]?\]|[☐□⬜]")
TICKED = re.compile(r"\[[xX✓✔√vV*]\]|[☑☒✅■▣◼]")
BOX = re.compile(rf"(?:{EMPTY.pattern}|{TICKED.pattern})")
BULLETS = " \t-*+•>"


def ticked(text: str) -> str:
    """The text without what stands behind, or before, an empty box, where any other is ticked."""
    if not EMPTY.search(text) or not TICKED.search(text):
        return text
    return "\n".join(part for line in text.split("\n") for part in _parts(line))


def _parts(line: str) -> Iterator[str]:
    """What of a line is ticked, or has no box."""
    boxes = list(BOX.finditer(line))
    if not boxes:
        yield line
        return
    if not line[: boxes[0].start()].strip(BULLETS) or line[boxes[-1].end() :].strip():
        yield line[: boxes[0].start()].rstrip(BULLETS)
        for box, end in zip(boxes, [*(one.start() for one in boxes[1:]), len(line)], strict=True):
            if TICKED.fullmatch(box[0]):
                yield line[box.end() : end].strip()
        return
    begin = 0
    for box in boxes:
        if TICKED.fullmatch(box[0]):
            yield line[begin : box.start()].strip()
        begin = box.end()
