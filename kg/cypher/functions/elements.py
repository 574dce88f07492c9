"""Functions of nodes, relationships and paths, and of the properties that they and maps have."""

from collections.abc import Callable

from kgtools.kg.cypher.functions.arguments import needs, null_of
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import INT, PROPERTIES, TEXT, TEXTS, Type
from kgtools.kg.cypher.values import RANKS, Value, attribute_sql, identity, literal, once, part, quote, struct


def _labels(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("node",), "labels()")
    if value.kind == "null":
        return null_of(TEXTS)
    return Value(TEXTS, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE [{column(value, 'type', env)}] END")


def column(value: Value, name: str, env: Env) -> str:
    """A column of a node or relationship, looked up where it was not carried along."""
    if value.parts is None or name in value.parts:
        return part(value, name)
    table = env.context.name("e")
    return f"(SELECT {table}.{name} FROM {'entities' if value.kind == 'node' else 'triples'} AS {table} WHERE {table}.id = {identity(value)})"


def _type(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("link",), "type()")
    return null_of(TEXT) if value.kind == "null" else Value(TEXT, column(value, "relation", env))


def _node_at(name: str) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("link",), "startNode() or endNode()")
        if value.kind == "null":
            return literal(None)
        if env.within:
            raise env.context.fault(
                at, "startNode() and endNode() in a list are not covered; name the nodes in the pattern"
            )
        table = env.context.name("e")
        packed = ", ".join(f"{key} := {table}.{key}" for key, _ in env.context.node.fields)
        end = column(value, name, env)
        return Value(
            env.context.node, f"(SELECT struct_pack({packed}) FROM entities AS {table} WHERE {table}.id = {end})"
        )

    return function


def _properties_of(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("node", "link", "map"), "properties()")
    if value.kind in ("null", "map"):
        return value
    columns = PROPERTIES[value.kind]
    types = {key: TEXTS if kind.kind == "list" else TEXT for key, kind in value.type.fields}
    items = {name: Value(types[name], part(value, name)) for name in columns}
    if value.kind == "node":
        items |= {name: Value(TEXTS, attribute_sql(part(value, "attributes"), name)) for name in env.context.attributes}
    made = struct(dict(sorted(items.items())), sparse=items)
    return Value(made.type, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE {made.sql} END")


def _keys(env: Env, at: int, value: Value) -> Value:
    if value.kind == "any" and value.type.fields:
        wrong = "error('keys() is asked of a value that is no map')::VARCHAR[]"
        return Value(
            TEXTS,
            f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN ({value.sql}).k = {RANKS['map']} THEN json_keys(({value.sql}).j) ELSE {wrong} END",
        )
    needs(env, at, value, ("node", "link", "map"), "keys()")
    if value.kind == "null":
        return null_of(TEXTS)
    if value.kind == "map":
        if value.type.sparse:
            each, whole = env.context.name("x"), env.context.name("x")
            names = ", ".join(
                f"CASE WHEN {whole}.f{place} IS NOT NULL THEN {quote(name)} END"
                if name in value.type.sparse
                else quote(name)
                for place, (name, _) in enumerate(value.type.fields)
            )
            own = f"list_filter([{names}], lambda {each}: {each} IS NOT NULL)"
            return Value(TEXTS, once(value.sql, whole, f"CASE WHEN {whole} IS NOT NULL THEN {own} END"))
        names = ", ".join(quote(name) for name, _ in value.type.fields)
        return Value(TEXTS, f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE CAST([{names}] AS VARCHAR[]) END")
    columns = PROPERTIES[value.kind]
    names = ", ".join(f"CASE WHEN {part(value, name)} IS NOT NULL THEN {quote(name)} END" for name in sorted(columns))
    name = env.context.name("x")
    own = f"list_filter([{names}], lambda {name}: {name} IS NOT NULL)"
    if value.kind == "node":
        known = ", ".join(map(quote, env.context.attributes))
        own = f"list_sort(list_concat({own}, list_filter(json_keys({part(value, 'attributes')}), lambda {name}: {name} IN ({known}))))"
    return Value(TEXTS, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE {own} END")


def _length(env: Env, at: int, value: Value) -> Value:
    if value.kind == "null":
        return null_of(INT)
    if value.kind != "path":
        raise env.context.fault(at, f"length() is asked of {value.type.word}; size() gives how long a list or text is")
    return Value(INT, f"len({part(value, 'links')})")


def _of_path(name: str) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("path",), f"{'nodes' if name == 'nodes' else 'relationships'}()")
        if value.kind == "null":
            return literal(None)
        return Value(Type("list", dict(value.type.fields)[name]), part(value, name))

    return function


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "labels": _labels, "type": _type,
    "startnode": _node_at("head"), "endnode": _node_at("tail"), "properties": _properties_of, "keys": _keys, "length": _length,
    "nodes": _of_path("nodes"), "relationships": _of_path("links"), "rels": _of_path("links"),
}  # fmt: skip
