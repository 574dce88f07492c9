"""Properties and labels of compiled values, with Neo4j's meaning."""

from dataclasses import replace

from kgtools.kg.cypher.functions.elements import column
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import ELEMENTS, NULL, PROPERTIES, TEXT, TEXTS, Type, is_plain, kinds_of, sql_type
from kgtools.kg.cypher.values import RANKS, Value, any_of_json, attribute_sql, literal, quote
from kgtools.tools.registry import suggestion


def property_of(value: Value, name: str, env: Env, at: int) -> Value:
    """A property of a node or relationship, or a key of a map."""
    if value.kind == "null":
        return literal(None)
    if value.kind == "map":
        fields = [key for key, _ in value.type.fields]
        if name not in fields:
            return literal(None)
        index = fields.index(name)
        return Value(value.type.fields[index][1], f"({value.sql}).f{index}")
    if value.kind == "any" and value.type.fields:
        return _key_of_any(value, name)
    if value.kind not in ELEMENTS:
        raise env.context.fault(
            at, f".{name} is asked of {value.type.word}; a node, a relationship or a map has properties"
        )
    columns = PROPERTIES[value.kind]
    if value.kind == "node" and name in env.context.attributes:
        return Value(TEXTS, attribute_sql(column(value, "attributes", env), name))
    if name not in columns:
        names = [*columns, *(env.context.attributes if value.kind == "node" else ())]
        raise env.context.fault(at, f"{value.type.word} has no property {name}; {suggestion(name, names)}")
    type_ = Type("list", TEXT) if dict(value.type.fields)[name].kind == "list" else TEXT
    return Value(type_, column(value, name, env))


def _key_of_any(value: Value, name: str) -> Value:
    """A key of a map that is kept as JSON, since others beside it have other keys, or are no maps."""
    type_ = dict(value.type.fields).get(name, NULL)
    if type_.kind == "null":
        return literal(None)
    pointer = quote("/" + name.replace("~", "~0").replace("/", "~1"))
    item = f"json_extract(({value.sql}).j, {pointer})"
    if type_.kind == "text":
        made = f"json_extract_string(({value.sql}).j, {pointer})"
    elif is_plain(type_):
        made = f"CAST({item} AS {sql_type(type_)})"
    else:
        type_ = (
            type_
            if type_.kind == "any"
            else Type("any", kinds=kinds_of(type_), fields=type_.fields if type_.kind == "map" else ())
        )
        made = any_of_json(item)
    wrong = f"error({quote(f'.{name} is asked of a value that is no map')})::{sql_type(type_)}"
    return Value(
        type_,
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN ({value.sql}).k = {RANKS['map']} THEN {made} ELSE {wrong} END",
    )


def whole(value: Value, env: Env) -> Value:
    """A node or relationship with all columns that the query may ask of it."""
    if value.parts is None or all(name in value.parts for name, _ in value.type.fields):
        return value
    return replace(value, parts={name: column(value, name, env) for name, _ in value.type.fields})


def labels_test(labels: tree.Labels, column: str, env: Env, kind: str) -> str:
    """Whether the one label of a node, or the type of a relationship, fits a label expression."""
    if labels.op == "name":
        known = env.context.labels if kind == "node" else env.context.relations
        if labels.name not in known:
            word = "entity type" if kind == "node" else "relation"
            raise env.context.fault(
                labels.at, f"the ontology has no {word} {labels.name}; {suggestion(labels.name, sorted(known))}"
            )
        return f"({column} = {quote(labels.name)})"
    if labels.op == "any":
        return f"({column} = {column})" if kind == "node" else "true"  # null of no node, true of no relationship
    inner = [labels_test(one, column, env, kind) for one in labels.of]
    if labels.op == "not":
        return f"(NOT {inner[0]})"
    if labels.op == "or" and all(one.op == "name" for one in labels.of):
        return f"({column} IN ({', '.join(quote(one.name) for one in labels.of)}))"
    return f"({f' {labels.op.upper()} '.join(inner)})"
