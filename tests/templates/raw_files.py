"""What the published files say of a name, read without kgtools: lines, cells, lists and texts as they stand there."""

import csv
import json
import re
from collections import defaultdict
from pathlib import Path

PROSE = ("desc", "prevent", "cause")
"""Fields of xywy that are texts."""


class RawFiles:
    """`said`: name -> everything that stands in its records, a text a value; `texts`: name -> the texts about it; `aliases`: name ->
    its other names."""

    def __init__(self, folder: Path) -> None:
        self.said: dict[str, set[str]] = defaultdict(set)
        self.aliases: dict[str, set[str]] = defaultdict(set)
        self.texts: dict[str, str] = defaultdict(str)
        self._diseases: set[str] = set()
        for line in (folder / "xywy/medical.json").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            self._diseases.add(record["name"])
            self._add(record["name"], {key: value for key, value in record.items() if key not in PROSE}.values())
            self.texts[record["name"]] += "\n".join(record.get(key) or "" for key in PROSE)
        for path in sorted(folder.glob("cmekg/*.json")):
            for line in path.read_text(encoding="utf-8-sig").splitlines():
                record = json.loads(line)
                self._add(record["中心词"], record.values())
        text = (folder / "39health/disease.csv").read_bytes().decode("gb18030", errors="replace")
        for row in csv.DictReader(text.splitlines()):
            name = (row["name"] or "").strip()
            self._diseases.add(name)
            self._add(name, [value for value in row.values() if isinstance(value, str)])
            for alias in re.split(r"[,，、;；\s]+", row["alias"] or ""):
                if len(alias) > 2:  # `病` and `综合征` are pieces of names
                    self.aliases[name].add(alias)
                    self.aliases[alias].add(name)

    def _add(self, name: str, values: object) -> None:
        for value in values if isinstance(values, (list, tuple)) or not isinstance(values, str) else [values]:
            if isinstance(value, list):
                self._add(name, [each for each in value if isinstance(each, str)])
            elif isinstance(value, str):
                self.said[name.strip()].update(
                    part for part in re.split(r"[,，、;；\s]+|\[详细\]", value.strip()) if part
                )
                self.said[name.strip()].add(value.strip())
                self.said[name.strip()].discard(name.strip())

    def is_disease(self, name: str) -> bool:
        """Whether a file of diseases has a record of it."""
        return name in self._diseases

    def names(self, name: str) -> set[str]:
        """A name with the other names that a file gives it."""
        return {name, *self.aliases.get(name, ())} - {"", "无"}

    def links(self, one: str, other: str) -> bool:
        """Whether a record of either, under any of its names, holds a name of the other."""
        pairs = [(a, b) for a in self.names(one) for b in self.names(other)]
        return any(b in self.said.get(a, ()) or a in self.said.get(b, ()) for a, b in pairs)

    def tells(self, one: str, other: str) -> bool:
        """Whether a text about either, under any of its names, holds a name of the other."""
        pairs = [(a, b) for a in self.names(one) for b in self.names(other)]
        return any(b in self.texts.get(a, "") or a in self.texts.get(b, "") for a, b in pairs)
