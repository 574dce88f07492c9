"""What a lint finds in a pack: where it is, what it is, and the way out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.tools.errors import InputError

KEYS = "see the keys in docs/how-to/own-pack.md"
"""The way out where a key of `pack.yaml` is not as it must be."""
TEMPLATE = "{head: Disease, tail: Symptom, relations: [HAS_SYMPTOM]}"
FORMS = {
    "name": "name: hospital, without spaces, @, /, # and \\",
    "version": 'version: "1.0.0", in quotes and without spaces, @, /, # and \\',
    "license": "license: CC-BY-4.0, or another id of SPDX",
    "title": "title: and one line on what the pack asks",
    "source": "source: and where the words come from, in one line",
    "verbatim": "verbatim: true, or leave it out",
    "templates": f"templates: {{symptom: {TEMPLATE}}}",
    "paths": "paths: {symptom_to_department: [symptom, department]}, the names of templates in order",
    "head": "head: Disease, or another entity type",
    "tail": "tail: Symptom, or another entity type",
    "relations": "relations: [HAS_SYMPTOM]",
    "attribute": "attribute: cure_rate, one name",
    "single": "single: true, or leave it out",
    "origin": "origin: {zh: [ours, paper], en: [ours, paper]}, a word for each variant",
    "missing": "missing: {en: why there is none in English}",
}
"""How each key of `pack.yaml` is written."""
CLOSE_YAML = 'close each bracket and quote, indent by spaces, and put a text with ": " or " #" in quotes'


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
        yield Finding(file, int(place[1]) if place else 1, what, way_out or _how_to_write(what))


def _how_to_write(what: str) -> str:
    """How the key is written of which `templates.symptom.missing: what` says something."""
    if what.startswith("not valid YAML"):
        return CLOSE_YAML
    first, *inner = what.partition(": ")[0].split(".")
    if inner[-1:] == ["[key]"]:
        return f"write the name {'.'.join(inner[:-1])!r} without spaces, @, /, # and \\"
    if first == "templates" and inner:
        key = next((part for part in reversed(inner[1:]) if part in FORMS), "")
        return f"write {FORMS[key]}" if key else f"write {'.'.join(inner)}: {TEMPLATE}"
    return f"write {FORMS[first]}" if first in FORMS else KEYS
