"""What a path is in SQL: lists of ids, looked up where more is asked of it, and the call that searches for the shortest."""

from collections.abc import Mapping

from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.properties import labels_test
from kgtools.kg.cypher.scope import Context, Env
from kgtools.kg.cypher.types import Type, sql_type
from kgtools.kg.cypher.values import Value, identity, quote

NO_IDS = "CAST([] AS VARCHAR[])"


def call_shortest(env: Env, path: tree.Path, left: Value, right: Value, avoid: Mapping[str, str]) -> str:
    """SQL of a list of `{nodes, links}`: the shortest path between two nodes, or all of them. `avoid`: ids that are in none."""
    context, link = env.context, path.links[0]
    types = types_of(link.types)
    if (link.types is not None and types is None) or link.properties is not None or link.where is not None:
        raise context.fault(link.at, "a shortest path takes types as A|B, and no properties")
    if link.types is not None:
        labels_test(link.types, "x", env, "link")
    if (link.least or 0) > 1:
        raise context.fault(link.at, "a shortest path begins with a length of 0 or 1")
    context.functions.add("shortest")
    most = link.most if link.most is not None else (1 if link.least is None else -1)
    begin, end = (node.name for node in path.nodes)
    lone = link.least == 0 and (begin is None or begin != end)  # of (a)-[*0..]-(a) Neo4j makes an error too
    kinds = "|".join(sorted(types)) if types is not None else ""
    given = [
        quote(kinds),
        quote(link.direction),
        f"{most}::BIGINT",
        str(path.shortest == "all"),
        str(lone),
        identity(left),
        identity(right),
    ]
    return f"shortest({', '.join([*given, avoid['node'], avoid['link']])})"


def types_of(labels: tree.Labels | None) -> frozenset[str] | None:
    """The types that a relationship may have; None for any, as far as its form tells."""
    if labels is None:
        return None
    if labels.op == "name":
        return frozenset((labels.name,))
    if labels.op == "or" and all(one.op == "name" for one in labels.of):
        return frozenset(one.name for one in labels.of)
    return None


def look_up(context: Context, ids: str, kind: str) -> str:
    """A list of ids as one of nodes, or of relationships, in its order."""
    type_ = context.node if kind == "node" else context.link
    table, row = context.name("e"), context.name("u")
    packed = ", ".join(f"{name} := {table}.{name}" for name, _ in type_.fields)
    rows = f"(SELECT unnest({ids}) AS id, generate_subscripts({ids}, 1) AS i) AS {row}"
    source = "entities" if kind == "node" else "triples"
    made = f"(SELECT list(struct_pack({packed}) ORDER BY {row}.i) FROM {rows} JOIN {source} AS {table} ON {table}.id = {row}.id)"
    return f"CASE WHEN {ids} IS NULL THEN NULL ELSE coalesce({made}, CAST([] AS {sql_type(Type('list', type_))})) END"
