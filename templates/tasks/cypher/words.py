"""How questions in Cypher are worded, but for those that a template asks itself."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import yaml

from kgtools.kg.ontology import ontology
from kgtools.templates.tasks.cypher.kinds import TOP, Asked
from kgtools.templates.tasks.cypher.query import Pattern
from kgtools.templates.tasks.wording import FOLDER, NAMES, word, wordings

OURS = "cypher_question"


class Words(NamedTuple):
    """What the tails of a relation are called."""

    zh: str
    en: str


@cache
def relation_words() -> dict[str, Words]:
    """Relation -> what its tails are called."""
    known = yaml.safe_load((FOLDER / "relations.yaml").read_text(encoding="utf-8"))
    return {name: Words(**each) for name, each in known.items()}


def noun(about: Pattern | str, lang: str) -> str:
    """What the tails of a pattern, or the values of an attribute, are called."""
    named = ontology().attributes[about] if isinstance(about, str) else relation_words()[about.relations[0]]
    return named.zh if lang == "zh" else named.en


def say(found: Sequence[tuple[Asked, int]], head: str, about: Pattern | str, lang: str) -> list[str]:
    """The question of each, in a drawn wording; nothing of what the template asks itself."""
    type_ = ontology().entities[head]
    every: dict[str, list[Any]] = {name: [""] * len(found) for name in NAMES} | {
        "question": [asked.names[0] for asked, _ in found],
        "statement": [_chain(asked, lang) if asked.via else asked.names[-1] for asked, _ in found],
        "before": [type_.zh if lang == "zh" else type_.plural] * len(found),
        "sought": [noun(about, lang)] * len(found), "count": [str(TOP)] * len(found), "form": [asked.kind for asked, _ in found],
    }  # fmt: skip
    users, _ = word(OURS, lang, [number % len(wordings(OURS, lang)) for _, number in found], every)
    return ["" if asked.kind == "tails" else text for (asked, _), text in zip(found, users, strict=True)]


def _chain(asked: Asked, lang: str) -> str:
    """`their departments`, `the departments of their complications`."""
    names = [noun(pattern, lang) for pattern in asked.via]
    if lang == "zh":
        return "其" + "的".join(names)
    said = f"their {names[0]}"
    for name in names[1:]:
        said = f"the {name} of {said}"
    return said
