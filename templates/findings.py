"""What a lint finds in a pack: where it is, what it is, and the way out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.tools.errors import InputError

KEYS = "see the keys in docs/how-to/own-pack.md"
"""The way out where a key of `pack.yaml` is not as it must be."""


@dataclass(frozen=True)
class Finding:
    """A fault of a pack's file. `line`: from 1."""

    file: Path
    line: int
    what: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.way_out}"

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {"file": str(self.file), "line": self.line, "what": self.what, "way_out": self.way_out}


def of_error(file: Path, error: InputError) -> Iterator[Finding]:
    """The findings in an error about a file of settings, one in each of its lines: `file:line: what; way out`."""
    for text in str(error).split("\n"):
        place = re.match(r":(\d+)", text.removeprefix(str(file)))
        what = text.removeprefix(str(file)).removeprefix(place[0] if place else "").removeprefix(": ")
        what, _, way_out = what.partition("; ")
        yield Finding(file, int(place[1]) if place else 1, what, way_out or KEYS)
