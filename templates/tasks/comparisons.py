"""How the tails of two heads are called together: nouns for what a template asks about, `wording/compare.yaml`."""

from functools import cache
from pathlib import Path
from typing import Literal

from kgtools.templates.pack import TemplateInfo
from kgtools.tools.config import Settings, load_yaml

FILE = Path(__file__).with_name("wording") / "compare.yaml"
COMPARED = ("asks", "of_one", "of_other", "of_both", "only")
"""What the words of a comparison see of it."""
Asks = Literal["both", "first"]
"""What both heads have, or the first alone."""


class Phrases(Settings):
    """`of`: the tails of one head; `both`: those of both; `only`: the question for those of the first alone, where that is
    asked."""

    of: str
    both: str
    only: str = ""

    def say(self, asks: Asks, one: str, other: str) -> list[str]:
        """A text for each of COMPARED."""
        names = {"one": one, "other": other}
        both, only = self.both.format_map(names), self.only.format_map(names)
        return [asks, self.of.format(head=one), self.of.format(head=other), both, only]


class Comparisons(Settings):
    """`Disease HAS_SYMPTOM Symptom` -> language -> how such tails are called."""

    comparisons: dict[str, dict[str, Phrases]]


@cache
def comparisons() -> dict[str, dict[str, Phrases]]:
    """All that is worded."""
    return load_yaml(FILE, Comparisons).comparisons


def phrases_for(info: TemplateInfo, lang: str) -> Phrases | None:
    """How the tails of a template are called; None where there are no words for it."""
    if info.attribute or info.tail is None:
        return None
    return comparisons().get(f"{info.head} {','.join(info.relations)} {info.tail}", {}).get(lang)
