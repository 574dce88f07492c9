"""A Cypher query as a tree, what `parse` gives and `compile` reads; all of it is frozen, and `at` is a place in the text, from 0.

How a fault at a place is told stands here too."""

from dataclasses import dataclass, field
from typing import Literal as OneOf

from kgtools.tools.errors import CypherError


@dataclass(frozen=True, eq=False)
class Literal:
    """A number, text, truth value or null. 1, 1.0 and true are three."""

    value: int | float | str | bool | None
    at: int = field(default=0, compare=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and (type(self.value), self.value) == (type(other.value), other.value)

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True)
class Param:
    """`$name`."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Variable:
    """A name that a clause before has bound."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Property:
    """`of.name`."""

    of: "Expr"
    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Index:
    """`of[key]`."""

    of: "Expr"
    key: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Slice:
    """`of[first..last]`, last not included."""

    of: "Expr"
    first: "Expr | None"
    last: "Expr | None"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class HasLabel:
    """`of:A|B`, of a node or a relationship."""

    of: "Expr"
    labels: "Labels"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class List:
    """`[a, b]`."""

    items: tuple["Expr", ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Map:
    """`{key: value}`."""

    items: tuple[tuple[str, "Expr"], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Projected:
    """`of {.name, .*, key: value, other}`. `everything`: `.*` is in it."""

    of: Variable
    items: tuple[tuple[str, "Expr"], ...]
    everything: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """`name(args)`, the name in small letters. `star`: `count(*)`."""

    name: str
    args: tuple["Expr", ...]
    distinct: bool = False
    star: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Unary:
    """`NOT x`, `-x`."""

    op: OneOf["not", "-"]
    of: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Binary:
    """Two operands; `op` as Cypher writes it, in capitals where it is a word: `+`, `=`, `AND`, `STARTS WITH`."""

    op: str
    left: "Expr"
    right: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class IsNull:
    """`of IS NULL`, `of IS NOT NULL`."""

    of: "Expr"
    negated: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Case:
    """`CASE subject WHEN a THEN b ELSE c END`."""

    subject: "Expr | None"
    branches: tuple[tuple["Expr", "Expr"], ...]
    default: "Expr | None"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Comprehension:
    """`[variable IN source WHERE where | value]`."""

    variable: str
    source: "Expr"
    where: "Expr | None"
    value: "Expr | None"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Quantified:
    """`all(variable IN source WHERE where)`, any, none, single."""

    kind: str
    variable: str
    source: "Expr"
    where: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Reduce:
    """`reduce(total = start, variable IN source | value)`."""

    total: str
    start: "Expr"
    variable: str
    source: "Expr"
    value: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Subquery:
    """`EXISTS { query }`, COUNT, COLLECT; a pattern by itself is a query of one MATCH."""

    kind: OneOf["EXISTS", "COUNT", "COLLECT"]
    query: "Query"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class PatternComprehension:
    """`[(a)-[:R]->(b) WHERE where | value]`."""

    path: "Path"
    where: "Expr | None"
    value: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class PatternPredicate:
    """`(a)-[:R]->(b)` as a condition."""

    path: "Path"
    at: int = field(default=0, compare=False)


Expr = (
    Literal | Param | Variable | Property | Index | Slice | HasLabel | List | Map | Projected | Call | Unary | Binary | IsNull | Case
    | Comprehension | Quantified | Reduce | Subquery | PatternComprehension | PatternPredicate
)  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """A label expression: `name` (any where empty), or `and`, `or`, `not` of others."""

    op: OneOf["name", "any", "and", "or", "not"]
    name: str = ""
    of: tuple["Labels", ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Node:
    """`(name:labels {properties} WHERE where)`."""

    name: str | None
    labels: Labels | None = None
    properties: Map | Param | None = None
    where: "Expr | None" = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Link:
    """`-[name:types*least..most {properties} WHERE where]->`; `most` None: no limit; `least` None: one, by itself."""

    name: str | None
    types: Labels | None
    direction: OneOf["out", "in", "both"]
    least: int | None = None
    most: int | None = None
    properties: Map | Param | None = None
    where: "Expr | None" = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Path:
    """Nodes with the links between them. `shortest`: one or all of the shortest."""

    name: str | None
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    shortest: OneOf["", "one", "all"] = ""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Match:
    """MATCH."""

    paths: tuple[Path, ...]
    where: Expr | None
    optional: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Unwind:
    """UNWIND of AS name."""

    of: Expr
    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Item:
    """`of AS name`; `name` is the text of `of` where none is given."""

    of: Expr
    name: str
    aliased: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Sort:
    """A key of ORDER BY."""

    of: Expr
    descending: bool


@dataclass(frozen=True)
class Project:
    """WITH or RETURN. `star`: `*` stands first."""

    kind: OneOf["WITH", "RETURN"]
    items: tuple[Item, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[Sort, ...] = ()
    skip: Expr | None = None
    limit: Expr | None = None
    where: Expr | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class CallQuery:
    """CALL (imports) { query }; `imports` None: those of its first WITH, or none; `*` is all."""

    query: "Query"
    imports: tuple[str, ...] | None
    everything: bool = False
    optional: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class CallProcedure:
    """CALL name(args) YIELD columns WHERE where."""

    name: str
    args: tuple[Expr, ...]
    columns: tuple[tuple[str, str], ...] | None
    where: Expr | None
    at: int = field(default=0, compare=False)


Clause = Match | Unwind | Project | CallQuery | CallProcedure


@dataclass(frozen=True)
class Query:
    """Single queries, each a tuple of clauses, put together by UNION, all of them or `distinct`."""

    parts: tuple[tuple[Clause, ...], ...]
    distinct: bool = False
    text: str = field(default="", compare=False)


def fault(text: str, at: int, why: str) -> CypherError:
    """An error at a place of the query: line and column from 1, the line itself, and a caret under the place."""
    before = text[:at]
    line, column = before.count("\n") + 1, at - before.rfind("\n")
    shown = text.split("\n")[line - 1]
    begin = max(0, column - 61)
    cut = shown[begin : begin + 100]
    width = sum(2 if ord(sign) > 0x2E80 else 1 for sign in cut[: column - 1 - begin])
    return CypherError(f"{why} (line {line}, column {column})\n  {cut}\n  {' ' * width}^")
