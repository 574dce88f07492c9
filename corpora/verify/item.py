"""An item: a record whose answers can be graded, with all that grading needs in its `meta`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import orjson

from kgtools.tools.errors import InputError

Form = Literal["choice", "boolean", "set", "abstain", "text", "cypher"]
"""choice: letters of options. boolean: true or false. set: names, of which some or all are asked for. abstain: the sources do not
say, and to say so is right. text: an explanation, compared with a reference. cypher: a query, which is compared as text."""
Of = Literal["", "both", "first"]
Names = tuple[str, ...]
"""What one thing may be called: its name, its aliases, its English name; the first is how it is shown."""
KEY = "item"
"""Under which `meta` holds the item."""


@dataclass(frozen=True)
class Step:
    """A triple of the graph, in the graph's direction: `head` relation `tail`, each end by all of its names."""

    head: Names
    relation: str
    tail: Names


@dataclass(frozen=True)
class Item:
    """What grading needs of a question.

    `form`: how it is answered. `about`: names of what the question is about: to say them again is no claim. `options`: letter ->
    text; `right`: the letters of the right ones, sorted, of a boolean `true` or `false`, of cypher the query. `answers`: the right
    entities of a set, each by all names that are accepted; `asked`: how many of them are asked for, 0 for all. `wrong`: what must not
    be said, each by its names: what the sources contradict, such as a food to avoid where foods to eat are asked for. `steps`: the
    triples behind the answer, in the order in which they lead to it. `of`: of a comparison, whether what both of the first two of
    `about` have is asked for, or what the first has and the other has not. `reference`: the text that an explanation is compared with;
    `answers` are then what it names."""

    form: Form
    about: tuple[Names, ...] = ()
    options: Mapping[str, str] | None = None
    right: str = ""
    answers: tuple[Names, ...] = ()
    asked: int = 0
    wrong: tuple[Names, ...] = ()
    steps: tuple[Step, ...] = ()
    of: Of = ""
    reference: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `meta` holds it: what is empty is left out."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["steps"] = [[list(step.head), step.relation, list(step.tail)] for step in self.steps]
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_dict(cls, values: Any, where: str) -> "Item":
        """The item that `to_dict` gave. Raises InputError, which begins with `where`, for anything else."""
        if not isinstance(values, dict) or values.get("form") not in get_args(Form):
            raise InputError(f"{where}: no item: its form is not one of {', '.join(get_args(Form))}")
        if values.get("of", "") not in get_args(Of):
            raise InputError(f"{where}: no item: of is {values['of']!r}, expected one of both, first")
        if values.get("of") and len(values.get("about") or ()) < 2:
            raise InputError(f"{where}: no item: of a comparison both things stand first in about")
        if values["form"] == "text" and not (isinstance(values.get("reference"), str) and values["reference"].strip()):
            raise InputError(f"{where}: no item: a text is compared with a reference, and it has none")
        if extra := sorted(values.keys() - {each.name for each in fields(cls)}):
            raise InputError(f"{where}: no item: it has {', '.join(extra)}")
        try:
            return cls(
                values["form"],
                _many(values.get("about", [])),
                {str(letter): _text(text) for letter, text in values["options"].items()}
                if "options" in values
                else None,
                _text(values.get("right", "")),
                _many(values.get("answers", [])),
                int(values.get("asked", 0)),
                _many(values.get("wrong", [])),
                tuple(Step(_names(h), _text(r), _names(t)) for h, r, t in values.get("steps", [])),
                values.get("of", ""),
                _text(values.get("reference", "")),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no item: {error}") from error


def item_of(meta: str, where: str) -> Item | None:
    """The item in a record's `meta`; None where it holds none. Raises InputError where that is no item."""
    return Item.from_dict(orjson.loads(meta)[KEY], where) if f'"{KEY}":' in meta and KEY in orjson.loads(meta) else None


def _many(values: Any) -> tuple[Names, ...]:
    return tuple(_names(each) for each in values)


def _names(values: Any) -> Names:
    if not isinstance(values, list) or not values:
        raise TypeError(f"names are a list of texts, not {values!r}")
    return tuple(_text(each) for each in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
