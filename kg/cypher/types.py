"""The kinds of values that Cypher knows, and their types in SQL."""

from dataclasses import dataclass, replace
from typing import Literal

from kgtools.kg.columns import ENTITY_COLUMNS, LISTS, TRIPLE_COLUMNS

Kind = Literal["int", "float", "text", "bool", "null", "list", "map", "node", "link", "path", "any"]
ELEMENTS = ("node", "link")
"""What a graph consists of."""
PROPERTIES = {"node": ENTITY_COLUMNS, "link": TRIPLE_COLUMNS}
"""What a node and a relationship say of themselves; beside it a node has the column `type`, its label, and a relationship `relation`, its
type, `head` and `tail`."""
WORDS = {
    "int": "an integer", "float": "a float", "text": "a text", "bool": "a truth value", "null": "null", "list": "a list", "map": "a map",
    "node": "a node", "link": "a relationship", "path": "a path", "any": "a value of several kinds",
}  # fmt: skip


@dataclass(frozen=True)
class Type:
    """`of`: what a list holds; `nulls`: whether it may hold null; `fields`: of a map, name -> type; of a node or relationship as a
    struct its columns. `sparse`: the keys that a map has only where their value is not null. `kinds`: those of a value of several kinds;
    `fields` of it: the keys that a map among them may have."""

    kind: Kind
    of: "Type | None" = None
    nulls: bool = False
    fields: tuple[tuple[str, "Type"], ...] = ()
    sparse: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    @property
    def word(self) -> str:
        """What a message calls it."""
        if self.kind == "list" and self.of is not None and self.of.kind != "null":
            return f"a list of {WORDS[self.of.kind].partition(' ')[2] or 'null'}s"
        return WORDS[self.kind]


INT, FLOAT, TEXT, BOOL, NULL = Type("int"), Type("float"), Type("text"), Type("bool"), Type("null")
TEXTS = Type("list", TEXT)
SCALARS = ("text", "bool", "int", "float")
ANY_SQL = "STRUCT(k TINYINT, t VARCHAR, b BOOLEAN, n DOUBLE, i BIGINT, j VARCHAR)"
"""A value of several kinds: `k` is its place in the order of kinds (0 and below what is JSON in `j`; 1 text, 2 truth value, 3
number, of which `i` is an integer exactly)."""
NUMBERS = ("int", "float")
NUMERIC = Type("any", kinds=frozenset(NUMBERS))
"""An integer or a float: a sum, which is the integer 0 of nothing."""


def unify(one: Type, other: Type) -> Type:
    """The type of what is one or the other. Raises TypeError where that is none: a column of SQL has one type."""
    if one == other or other.kind == "null":
        return one
    if one.kind == "null":
        return other
    if one.kind != other.kind or "any" in (one.kind, other.kind):
        return _several(one, other)
    if one.kind == "list":
        assert one.of is not None
        assert other.of is not None
        return Type("list", unify(one.of, other.of), one.nulls or other.nulls)
    if one.kind == "map":
        theirs = dict(other.fields)
        if {name for name, _ in one.fields} != theirs.keys() or one.sparse != other.sparse:
            return _several(one, other)
        return Type(
            "map", fields=tuple((name, unify(kind, theirs[name])) for name, kind in one.fields), sparse=one.sparse
        )
    if one.kind in ELEMENTS and one.fields != other.fields:
        return one if len(one.fields) >= len(other.fields) else other
    return replace(one, nulls=one.nulls or other.nulls)


def _several(one: Type, other: Type) -> Type:
    """The type of what is one or the other, of two kinds or two sets of keys."""
    fields = {name: kind for side in (one, other) if side.kind in ("map", "any") for name, kind in side.fields}
    for name, kind in one.fields if one.kind in ("map", "any") else ():
        fields[name] = unify(kind, fields[name])
    return Type("any", kinds=kinds_of(one) | kinds_of(other), fields=tuple(sorted(fields.items())))


def kinds_of(type_: Type) -> frozenset[str]:
    """The kinds of a value, and of what is in it."""
    if type_.kind == "any":
        return type_.kinds
    own = frozenset({type_.kind}) - {"null"}
    if type_.kind == "list" and type_.of is not None:
        return own | kinds_of(type_.of)
    return own.union(*(kinds_of(kind) for _, kind in type_.fields)) if type_.kind == "map" else own


def sql_type(type_: Type) -> str:
    """The type's name in SQL."""
    plain = {"int": "BIGINT", "float": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN", "null": "VARCHAR"}
    if type_.kind in plain:
        return plain[type_.kind]
    if type_.kind == "any":
        return ANY_SQL
    if type_.kind == "list":
        assert type_.of is not None
        return f"{sql_type(type_.of)}[]"
    if type_.kind == "map":
        inner = ", ".join(f"f{at} {sql_type(kind)}" for at, (_, kind) in enumerate(type_.fields)) or "none VARCHAR"
        return f"STRUCT({inner})"
    if type_.kind == "path":
        node, link = type_.fields
        return f"STRUCT(nodes {sql_type(node[1])}[], links {sql_type(link[1])}[])"
    return "STRUCT(" + ", ".join(f"{name} VARCHAR{'[]' if name in LISTS else ''}" for name, _ in type_.fields) + ")"


def is_plain(type_: Type) -> bool:
    """Whether it is a scalar, or a list of such, or of such lists: what SQL makes of JSON by itself."""
    return type_.kind in SCALARS or (type_.kind == "list" and type_.of is not None and is_plain(type_.of))
