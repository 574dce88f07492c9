"""What a file gives: rows and lines, each with where it begins; and how what cannot be read is refused."""

from collections.abc import Callable
from typing import Any, NamedTuple

LONGEST = 1 << 26
"""Characters in a line, a cell or an object; what is longer is refused, so that no file can fill the memory."""


class Place(NamedTuple):
    """Where a row begins: its file, its line, and its number in the file (both from 1; 0: the file as a whole)."""

    file: str
    line: int = 0
    row: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Row(NamedTuple):
    """A row of a file: where it begins and what it holds, by key or column."""

    place: Place
    values: dict[str, Any]


class Line(NamedTuple):
    """A line of a text file, without its end."""

    place: Place
    text: str


Refuse = Callable[[Place, str, str], None]
"""Takes a reject: where, the reason (a word for counting), and what more there is to say (never a text of the row)."""
Watch = Callable[[Place, Any], Any]
"""Takes a row before its reader does, and gives it back as one that remembers which of its keys are asked for."""
