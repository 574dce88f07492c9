"""A judge's reply read as a verdict, or not at all: nothing is guessed.

The verdict is a JSON object with all the keys that were asked for and values that they may have. Where a reply holds several that do not say
the same, such as one that it quotes from an answer, it has none."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kgtools.train.evaluate.judge.rubric import VERDICTS, Rubric

MOST_OBJECTS = 50
"""Places of a reply, from its end, where an object may begin."""
LONGEST = 50_000
"""Characters of a reply, from its end, that are read."""
Verdict = Mapping[str, str | int | bool]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose keys says one thing. Raises ValueError."""
    value = dict(pairs)
    if any(value[key] != each for key, each in pairs):
        raise ValueError("a key says two things")
    return value


DECODER = json.JSONDecoder(object_pairs_hook=_once)


def read_verdict(rubric: Rubric, text: str) -> Verdict | None:
    """What a judge says of each part of a rubric: `first`, `second` or `tie`; a rating; whether a criterion is met. None where it says
    nothing that can be read, or several things."""
    found = [verdict for value in _objects(text[-LONGEST:]) if (verdict := _verdict(rubric, value)) is not None]
    return found[0] if found and all(verdict == found[0] for verdict in found) else None


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a text that are in no other."""
    places = [place for place, sign in enumerate(text) if sign == "{"][-MOST_OBJECTS:]
    end = 0
    for place in places:
        if place < end:
            continue
        try:
            value, end = DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        yield value


def _verdict(rubric: Rubric, value: Mapping[str, Any]) -> Verdict | None:
    found = {part: _value(rubric, value.get(part)) for part in rubric.parts}
    if any(one is None for one in found.values()):
        return None
    return {part: one for part, one in found.items() if one is not None}


def _value(rubric: Rubric, value: Any) -> str | int | bool | None:
    if rubric.kind == "checklist":
        return value if isinstance(value, bool) else None
    if rubric.kind == "rating":
        low, high = rubric.scale
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return int(value) if is_number and low <= value <= high and value == int(value) else None
    word = value.strip().casefold() if isinstance(value, str) else ""
    return word if word in VERDICTS else None
