"""Values of Cypher, and how each stands in SQL.

A node or relationship is a group of columns (`parts`), so that joins and filters see plain columns; where one value is needed, in a
list or a CASE, it is a struct of the same columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from kgtools.kg.columns import attribute_values
from kgtools.kg.cypher.types import (
    BOOL,
    ELEMENTS,
    FLOAT,
    INT,
    NULL,
    NUMERIC,
    PROPERTIES,
    SCALARS,
    TEXT,
    WORDS,
    Kind,
    Type,
    sql_type,
    unify,
)
from kgtools.kg.ontology import ontology


@dataclass(frozen=True)
class Value:
    """An expression in SQL with its type. `parts`: the columns of a node, relationship (name -> SQL) or path (`nodes`, `links`).
    `constant`: what it is, where that is known before the query runs."""

    type: Type
    sql: str = ""
    parts: Mapping[str, str] | None = None
    constant: Any = field(default=None, compare=False)

    @property
    def kind(self) -> Kind:
        """The kind of its type."""
        return self.type.kind


def quote(text: str) -> str:
    """A text as a literal of SQL."""
    return (
        "'" + text.replace("'", "''") + "'"
        if "\0" not in text
        else "concat(" + ", chr(0), ".join(map(quote, text.split("\0"))) + ")"
    )


def literal(value: Any) -> Value:
    """A constant. Raises TypeError for what is no value of Cypher, and for lists of several kinds."""
    if value is None:
        return Value(NULL, "NULL")
    if isinstance(value, bool):
        return Value(BOOL, "true" if value else "false", constant=value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise TypeError("the number is too large; give it as a text")
        return Value(INT, f"CAST('{value}' AS BIGINT)" if value < 0 else f"{value}::BIGINT", constant=value)
    if isinstance(value, float):
        return Value(FLOAT, f"CAST('{value!r}' AS DOUBLE)", constant=value)
    if isinstance(value, str):
        return Value(TEXT, quote(value), constant=value)
    if isinstance(value, list | tuple):
        items = [literal(item) for item in value]
        kind = NULL
        for item in items:
            kind = unify(kind, item.type)
        of = Type("list", kind, any(item.kind == "null" for item in items))
        return Value(
            of,
            "[" + ", ".join(cast(item, kind) for item in items) + "]" + ("" if kind.kind != "null" else "::VARCHAR[]"),
            constant=list(value),
        )
    if isinstance(value, Mapping):
        return struct({str(key): literal(item) for key, item in value.items()})
    raise TypeError(f"{type(value).__name__} is no value of Cypher")


def struct(items: Mapping[str, Value], sparse: Iterable[str] = ()) -> Value:
    """A map. Its fields are called f0, f1, ... in SQL, where capitals do not count."""
    fields = tuple((name, value.type) for name, value in items.items())
    if not items:
        return Value(Type("map", fields=()), "struct_pack(none := NULL)")
    packed = ", ".join(f"f{at} := {cast(value, value.type)}" for at, value in enumerate(items.values()))
    return Value(Type("map", fields=fields, sparse=frozenset(sparse)), f"struct_pack({packed})")


def cast(value: Value, type_: Type) -> str:
    """The value's SQL as one expression of a type that holds it too."""
    return convert(box(value), value.type, type_)


def convert(sql: str, type_: Type, other: Type) -> str:
    """SQL of one type as SQL of another that holds it too."""
    if type_.kind == "null" or (_inner(type_) == "null" and _depth(type_) <= _depth(other)):
        return f"CAST({sql} AS {sql_type(other)})"
    if other.kind == "any" and type_.kind != "any":
        return _as_any(sql, type_)
    if other.kind == "list" and type_.kind == "list" and type_.of != other.of:
        assert type_.of is not None
        assert other.of is not None
        return (
            f"list_transform({sql}, lambda y: {convert('y', type_.of, other.of)})"
            if _is_rebuilt(type_.of, other.of)
            else sql
        )
    if other.kind == "map" and _is_rebuilt(type_, other):
        mine = {name: (f"({sql}).f{at}", kind) for at, (name, kind) in enumerate(type_.fields)}
        fields = ", ".join(f"f{at} := {convert(*mine[name], kind)}" for at, (name, kind) in enumerate(other.fields))
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({fields}) END"
    return sql


def _depth(type_: Type) -> int:
    """How many lists lie in each other: 2 of `[[1]]`."""
    return 0 if type_.kind != "list" or type_.of is None else 1 + _depth(type_.of)


def _is_rebuilt(type_: Type, other: Type) -> bool:
    """Whether SQL has to put a value together anew to make it one of another type."""
    return _holds_any(other) or (type_.kind == "map" and type_.fields != other.fields)


def _holds_any(type_: Type) -> bool:
    return (
        type_.kind == "any"
        or (type_.of is not None and _holds_any(type_.of))
        or any(_holds_any(kind) for _, kind in type_.fields)
    )


def _as_any(sql: str, type_: Type) -> str:
    if type_.kind == "text":
        made = _pack(1, t=sql)
    elif type_.kind == "bool":
        made = _pack(2, b=sql)
    elif type_.kind == "int":
        made = _pack(3, n=f"CAST({sql} AS DOUBLE)", i=sql)
    elif type_.kind == "float":
        made = _pack(3, n=sql)
    else:
        made = _pack(RANKS[type_.kind], j=f"CAST({json(sql, type_)} AS VARCHAR)")
    return f"CASE WHEN {sql} IS NULL THEN NULL ELSE {made} END"


def _pack(rank: int, **parts: str) -> str:
    """A value of several kinds: its rank, and the columns that are not null."""
    columns = {"t": "VARCHAR", "b": "BOOLEAN", "n": "DOUBLE", "i": "BIGINT", "j": "VARCHAR"}
    fields = (f"{name} := {parts.get(name, f'CAST(NULL AS {kind})')}" for name, kind in columns.items())
    return f"struct_pack(k := {rank}::TINYINT, {', '.join(fields)})"


def any_of_json(sql: str) -> str:
    """JSON as a value of several kinds."""
    double, plain = f"CAST({sql} AS DOUBLE)", f"CAST({sql} AS VARCHAR)"
    integer = _pack(3, n=double, i=f"CAST({sql} AS BIGINT)")
    cases = {
        "VARCHAR": _pack(1, t=f"json_extract_string({sql}, '$')"), "BOOLEAN": _pack(2, b=f"CAST({sql} AS BOOLEAN)"), "DOUBLE": _pack(3, n=double),
        "BIGINT": integer, "UBIGINT": integer, "OBJECT": _pack(RANKS["map"], j=plain), "ARRAY": _pack(RANKS["list"], j=plain),
    }  # fmt: skip
    return f"CASE json_type({sql}) {' '.join(f'WHEN {quote(kind)} THEN {made}' for kind, made in cases.items())} END"


def items_of_any(value: Value) -> Value:
    """What UNWIND goes over: what a list holds, and of anything else itself; nothing of null."""
    sql = box(value)
    listed = f"list_transform(CAST(CAST(({sql}).j AS JSON) AS JSON[]), lambda y: {any_of_json('y')})"
    items = f"CASE WHEN {sql} IS NULL THEN NULL WHEN ({sql}).k = {RANKS['list']} THEN {listed} ELSE [{sql}] END"
    return Value(Type("list", Type("any", kinds=frozenset(WORDS)), nulls=True), items)


def attribute_sql(sql: str, name: str) -> str:
    """SQL of the values of an attribute, from the column `attributes`: null where it has none."""
    return f"json_keys(json_extract({sql}, {quote(f'$.{name}')}))"


RANKS = {"map": -4, "node": -3, "link": -2, "list": -1, "path": 0}
"""Where what is kept as JSON stands in the order of kinds, before text, truth values and numbers."""


def json(sql: str, type_: Type) -> str:
    """A value as JSON of what Python shall have of it."""
    if type_.kind == "list":
        assert type_.of is not None
        return (
            f"to_json(list_transform({sql}, lambda z: {json('z', type_.of)}))"
            if type_.of.kind not in (*SCALARS, "null")
            else f"to_json({sql})"
        )
    if type_.kind == "map":
        if not type_.sparse:
            inner = {name: json(f"({sql}).f{at}", kind) for at, (name, kind) in enumerate(type_.fields)}
            return f"json_object({', '.join(f'{quote(name)}, {inner[name]}' for name in sorted(inner))})"
        parts = {}
        for at, (name, kind) in enumerate(type_.fields):
            text = f"concat({quote(orjson.dumps(name).decode() + ':')}, coalesce({json(f'm.f{at}', kind)}, 'null'))"
            parts[name] = f"CASE WHEN m.f{at} IS NOT NULL THEN {text} END" if name in type_.sparse else text
        joined = ", ".join(parts[name] for name in sorted(parts))
        return once(sql, "m", f"concat('{{', array_to_string([{joined}], ','), '}}')::JSON")  # which leaves nulls out
    if type_.kind in ELEMENTS:
        own = (f"{quote(name)}, ({sql}).{name}" for name, _ in type_.fields if name in PROPERTIES[type_.kind])
        made = f"json_merge_patch('{{}}', json_object({', '.join(own)}))"
        if type_.kind == "link" or "attributes" not in dict(type_.fields):
            return made
        attributes = f"({sql}).attributes"
        values = f"to_json(k) || ':' || to_json(json_keys(json_extract({attributes}, '$.' || k)))"
        known = ", ".join(map(quote, sorted(ontology().attributes)))
        keys = f"list_filter(json_keys({attributes}), lambda k: k IN ({known}))"
        patch = f"concat('{{', array_to_string(list_transform({keys}, lambda k: {values}), ','), '}}')::JSON"
        return f"json_merge_patch({made}, {patch})"
    if type_.kind == "path":
        nodes, links = (json(f"({sql}).{name}", Type("list", kind)) for name, kind in type_.fields)
        return f"json_object('nodes', {nodes}, 'links', {links})"
    if type_.kind == "any":
        raise TypeError("values of several kinds within others of several kinds are not covered")
    return f"to_json({sql})"


def once(sql: str, name: str, made: str) -> str:
    """SQL that names something long often, by a name."""
    return f"list_transform([{sql}], lambda {name}: {made})[1]"


def _inner(type_: Type) -> str:
    """The kind of what is in the innermost list."""
    while type_.kind == "list" and type_.of is not None:
        type_ = type_.of
    return type_.kind


def box(value: Value) -> str:
    """A value as one expression of SQL."""
    if value.parts is None:
        return value.sql
    if value.kind == "path":
        nodes, links = value.parts["nodes"], value.parts["links"]
        return f"CASE WHEN {nodes} IS NULL THEN NULL ELSE struct_pack(nodes := {nodes}, links := {links}) END"
    packed = ", ".join(f"{name} := {value.parts[name]}" for name, _ in value.type.fields)
    return f"CASE WHEN {value.parts['id']} IS NULL THEN NULL ELSE struct_pack({packed}) END"


def identity(value: Value) -> str:
    """What tells a node or relationship from all others."""
    return value.parts["id"] if value.parts is not None else f"({value.sql}).id"


def part(value: Value, name: str) -> str:
    """A column of a node, relationship or path."""
    return value.parts[name] if value.parts is not None else f"({value.sql}).{name}"


def python(value: Any, type_: Type) -> Any:
    """A value of DuckDB as Neo4j's driver and kgtools give it: nodes and relationships as their properties, paths as lists."""
    if value is None or type_.kind in (*SCALARS, "null"):
        return value
    if type_.kind == "any":
        return _python_any(value)
    if type_.kind == "list":
        assert type_.of is not None
        return [python(item, type_.of) for item in value]
    if type_.kind == "map":
        items = {name: python(value[f"f{at}"], kind) for at, (name, kind) in enumerate(type_.fields)}
        return {name: item for name, item in items.items() if item is not None or name not in type_.sparse}
    if type_.kind == "path":
        node, link = type_.fields[0][1], type_.fields[1][1]
        nodes, links = [python(one, node) for one in value["nodes"]], [python(one, link) for one in value["links"]]
        return _alternate(nodes, links)
    own = {name: value[name] for name in PROPERTIES[type_.kind] if value[name] is not None}
    return dict(sorted((own | attribute_values(own.get("attributes"))).items()))


def _python_any(value: dict[str, Any]) -> Any:
    if value["k"] <= 0:
        kept = orjson.loads(value["j"])
        return _alternate(kept["nodes"], kept["links"]) if value["k"] == RANKS["path"] else kept
    if value["k"] == 3:
        return value["n"] if value["i"] is None else value["i"]
    return value["t"] if value["k"] == 1 else value["b"]


def as_float(value: Value) -> Value:
    """Of an integer or a float the float."""
    return Value(FLOAT, f"({value.sql}).n") if value.type == NUMERIC else value


def _alternate(nodes: list[Any], links: list[Any]) -> list[Any]:
    """A path as a list: a node, a relationship, a node, ..."""
    return [part for pair in zip(nodes, links, strict=False) for part in pair] + [nodes[-1]]
