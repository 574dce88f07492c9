"""A row of a preview: one variant, or one path, on one fact, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Text:
    """What a variant says. `file`, `line`: where its question stands."""

    file: str
    line: int
    user: str
    assistant: str


@dataclass(frozen=True)
class Row:
    """`name`: a template, or `path NAME`; `what`: `variant 1`, or `2 hops`; `tails`: how many answers the fact has, None of a path. A
    language that has no text is not in `texts`."""

    name: str
    what: str
    texts: Mapping[str, Text]
    tails: int | None

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {
            "template": self.name, "what": self.what, "tails": self.tails,
            **{lang: vars(text) for lang, text in self.texts.items()},
        }  # fmt: skip
