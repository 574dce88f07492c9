"""What a page says above a table of the runs whose figures it shows, in English and in Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgtools.tools.page.words import Words
from kgtools.train.evaluate.report.runs import NOT_CHECKED, SETTINGS, UNSAID, Run, describe
from kgtools.train.evaluate.report.words import word


@dataclass(frozen=True)
class Said:
    """`about`: what was asked and what came back; `settings`: how, which a reader has to open, for it is long and seldom differs from run to run.
    Both are headings, as in `words.yaml`, with what stands behind them."""

    label: str
    about: dict[str, Any]
    settings: dict[str, Any]


def say_of(label: str, run: Run) -> Said:
    """What a page says of a run, called `label` in the table."""
    sentences = {NOT_CHECKED: word("not_checked"), UNSAID: word("unsaid")}
    found: dict[str, Any] = {what: sentences.get(value, value) for what, value in describe(run).items() if value}
    found["contamination"] = _contamination(run.manifest.get("contamination")) or found["contamination"]
    return Said(
        label,
        {what: value for what, value in found.items() if what not in SETTINGS},
        {what: value for what, value in found.items() if what in SETTINGS},
    )


def _contamination(found: Any) -> Words | None:
    """Which prompts stand in the training data; None where that is not known by its parts."""
    if not isinstance(found, Mapping) or not found.get("checked") or found.get("unseen"):
        return None
    rules: dict[str, int] = found["rules"]
    parts = [word("hits", hits=sum(rules.values()), prompts=found["prompts"], records=found["records"])]
    parts += [Words(*(f"{rule} {number:,}",) * 2) for rule, number in rules.items()]
    parts += [word(key, number=found[key]) for key in ("twins", "facts") if found[key]]
    return Words("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))
