"""Two stores asked the same: whether their answers are alike, and where not, both."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from kgtools.tools.errors import CypherError

Kind = Literal["same", "refused", "both-fail", "differs", "fails-here"]
TOLERANCE = 1e-9


class Asked(Protocol):
    """What answers Cypher: column names and rows."""

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]: ...


class Question(NamedTuple):
    """A query and its parameters. `by`: the columns that its rows are sorted by, all of them where they are in a total order;
    `bags`: the columns whose lists, inner ones too, are in no order."""

    name: str
    cypher: str
    params: dict[str, Any] = {}
    by: tuple[str, ...] = ()
    bags: tuple[str, ...] = ()


class Answer(NamedTuple):
    """Columns and rows, or what was raised."""

    columns: list[str]
    rows: list[list[Any]]
    error: Exception | None = None

    def __str__(self) -> str:
        if self.error is not None:
            return f"{type(self.error).__name__}: {' '.join(str(self.error).split())[:400]}"
        return f"{len(self.rows)} rows of {self.columns}: {repr(self.rows)[:1500]}"


@dataclass(frozen=True)
class Outcome:
    """What became of a question: `reason` is the refusal, or what differs first."""

    kind: Kind
    here: Answer
    there: Answer
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}\n  here:  {self.here}\n  there: {self.there}"


def compare(
    query: str,
    params: dict[str, Any],
    here: Asked,
    there: Asked,
    by: Sequence[str] = (),
    bags: Sequence[str] = (),
) -> Outcome:
    """Ask `here`, a folder, and `there`, a Neo4j. An answer where Neo4j raises differs; an error that is no refusal fails."""
    from neo4j.exceptions import Neo4jError

    return judge(ask(query, params, here, (Exception,)), ask(query, params, there, (Neo4jError,)), by, bags)


def ask(query: str, params: dict[str, Any], store: Asked, errors: tuple[type[Exception], ...]) -> Answer:
    """What the store answers; one of these errors is an answer too."""
    try:
        columns, rows = store.query(query, dict(params))
        return Answer(list(columns), [list(row) for row in rows])
    except errors as error:
        return Answer([], [], error)


def judge(here: Answer, there: Answer, by: Sequence[str] = (), bags: Sequence[str] = ()) -> Outcome:
    """Whether two answers are alike."""
    if here.error is not None and not isinstance(here.error, CypherError):
        return Outcome("fails-here", here, there, str(here))
    if here.error is not None:
        return Outcome("both-fail" if there.error is not None else "refused", here, there, str(here.error))
    if there.error is not None:
        return Outcome("differs", here, there, "an answer where Neo4j raises an error")
    reason = difference(here, there, by, bags)
    return Outcome("differs" if reason else "same", here, there, reason)


def difference(here: Answer, there: Answer, by: Sequence[str] = (), bags: Sequence[str] = ()) -> str:
    """What differs first between two answers; empty: nothing."""
    if here.columns != there.columns:
        return f"columns {here.columns}, not {there.columns}"
    if len(here.rows) != len(there.rows):
        return f"{len(here.rows)} rows, not {len(there.rows)}"
    loose = [name in bags for name in here.columns]
    mine, theirs = ([_row(row, loose) for row in answer.rows] for answer in (here, there))
    places = [here.columns.index(name) for name in by]
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if not all(alike(one[place], other[place]) for place in places):
            return f"row {number} in order has {[one[p] for p in places]!r}, not {[other[p] for p in places]!r}"
    for one, other in _unmatched(mine, theirs):
        return f"a row {one!r}, not {other!r}"
    return ""


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same: 1 is neither 1.0 nor true; floats as far as they are exact."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-300) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def _row(row: list[Any], loose: list[bool]) -> list[Any]:
    return [_bag(value) if bag else value for value, bag in zip(row, loose, strict=True)]


def _bag(value: Any) -> Any:
    """The value with each list in it sorted, whatever it holds."""
    if isinstance(value, dict):
        return {key: _bag(item) for key, item in value.items()}
    return sorted(map(_bag, value), key=_key) if isinstance(value, list) else value


def _key(value: Any) -> str:
    """A text to sort values by; floats that are alike are nearly always beside each other, and those that are not have another text."""
    if isinstance(value, float):
        return f"float {value:.10g}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_key(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_key, value)) + "]"
    return f"{type(value).__name__} {value!r}"


def _unmatched(mine: list[list[Any]], theirs: list[list[Any]]) -> Iterable[tuple[Any, Any]]:
    """Rows without a partner, in the order of their keys: rounding may part two that are alike, so each looks at all that are left."""
    left = sorted(theirs, key=_key)
    alone = []
    for row in sorted(mine, key=_key):
        place = next((number for number, other in enumerate(left) if alike(row, other)), None)
        if place is None:
            alone.append(row)
        else:
            del left[place]
    return zip(alone, left, strict=True)


def asked(question: Question, here: Asked, there: Asked) -> Outcome:
    """`compare` of a question."""
    return compare(question.cypher, question.params, here, there, question.by, question.bags)


def tell(outcomes: Iterable[tuple[Question, Outcome]], wrong: Callable[[Outcome], bool], most: int = 5) -> str:
    """The first questions whose outcome is wrong, as a failure prints them."""
    found = [(question, outcome) for question, outcome in outcomes if wrong(outcome)]
    shown = [f"{question.name}\n{question.cypher}\n{question.params or ''}\n{outcome}" for question, outcome in found]
    return f"{len(found)} of them\n\n" + "\n\n".join(shown[:most])
