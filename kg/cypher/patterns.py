"""MATCH in SQL: nodes and relationships as tables that are joined, each relationship once, paths of any length by recursion."""

from dataclasses import dataclass, field

from kgtools.kg.cypher import tree
from kgtools.kg.cypher.analysis import STAR, has_query, names_in, split_and
from kgtools.kg.cypher.expressions import compile_expr, condition
from kgtools.kg.cypher.functions import column
from kgtools.kg.cypher.operators import equal, labels_test, property_of
from kgtools.kg.cypher.scope import Block, Env
from kgtools.kg.cypher.values import (
    TEXT,
    TEXTS,
    Type,
    Value,
    identity,
    sql_type,
)

FEW = 2_000
"""Relationships of which paths without a limit are walked from everywhere: in a real graph a tree, such as that of departments."""


@dataclass
class Drawn:
    """What one MATCH has drawn: `links`, (types or None for any, SQL of the id) of single relationships and (types, SQL of the list
    of ids) of paths, of which none may be twice."""

    single: list[tuple[frozenset[str] | None, str]] = field(default_factory=list)
    lists: list[tuple[frozenset[str] | None, str]] = field(default_factory=list)


def match(block: Block, clause: tree.Match) -> None:
    """Add the patterns and the condition of a MATCH to the rows."""
    drawn = Drawn()
    conjuncts = split_and(clause.where)
    for path in clause.paths:
        _path(block, path, conjuncts, drawn)
    _refuse_twice(block, drawn)
    plain = [conjunct for conjunct in conjuncts if not has_query(conjunct)]
    for conjunct in plain:
        block.where.append(condition(conjunct, block.env))
    if len(plain) < len(conjuncts):
        block.flush()  # a subquery is asked for the rows that are left, not for all that could be joined
    for conjunct in conjuncts:
        if conjunct not in plain:
            block.where.append(condition(conjunct, block.env))
    if any(path.name or any(link.name and link.least is not None for link in path.links) for path in clause.paths):
        block.flush()  # what a path consists of is looked up once, and is a column then


def types_of(labels: tree.Labels | None) -> frozenset[str] | None:
    """The types that a relationship may have; None for any, as far as its form tells."""
    if labels is None:
        return None
    if labels.op == "name":
        return frozenset((labels.name,))
    if labels.op == "or" and all(one.op == "name" for one in labels.of):
        return frozenset(one.name for one in labels.of)
    return None


def _path(block: Block, path: tree.Path, conjuncts: list[tree.Expr], drawn: Drawn) -> None:
    if path.name and path.name in block.env.scope:
        raise block.context.fault(path.at, f"{path.name} is defined already")
    nodes: list[Value] = []
    pieces: list[Value] = []  # what is between them: a relationship, or a path
    seeds = [_seed(block, node, conjuncts) for node in path.nodes]
    for at, node in enumerate(path.nodes):
        if at == 0:
            nodes.append(_node(block, node, None))
        else:
            link = path.links[at - 1]
            if path.shortest:
                end = _node(block, node, None)
                pieces.append(_shortest(block, path, link, nodes[-1], end, drawn))
            elif link.least is not None:
                left, right = seeds[at - 1], seeds[at]
                if at > 1 or not left[0]:
                    left = (min(left[0], 1), "")
                if not (left[1] and right[1]):
                    _settle(block, nodes, pieces, drawn)
                end, piece = _walk(block, link, nodes[-1], node, left, right, drawn)
                pieces.append(piece)
            else:
                end, piece = _step(block, link, nodes[-1], node, drawn)
                pieces.append(piece)
            nodes.append(end)
    if path.name:
        block.scope[path.name] = _path_value(block, path.name, nodes, pieces)


def _settle(block: Block, nodes: list[Value], pieces: list[Value], drawn: Drawn) -> None:
    """Make a table of the rows before something is looked up for each of them, so that it is looked up for those alone."""
    own = {f"\0v{at}": value for at, value in enumerate([*nodes, *pieces])}
    single = {f"\0s{at}": Value(TEXT, sql) for at, (_, sql) in enumerate(drawn.single)}
    lists = {f"\0l{at}": Value(TEXTS, sql) for at, (_, sql) in enumerate(drawn.lists)}
    block.flush({**block.scope, **own, **single, **lists})
    values = [block.scope.pop(name) for name in own]
    nodes[:], pieces[:] = values[: len(nodes)], values[len(nodes) :]
    drawn.single[:] = [(types, block.scope.pop(f"\0s{at}").sql) for at, (types, _) in enumerate(drawn.single)]
    drawn.lists[:] = [(types, block.scope.pop(f"\0l{at}").sql) for at, (types, _) in enumerate(drawn.lists)]


def _step(block: Block, link: tree.Link, left: Value, node: tree.Node, drawn: Drawn) -> tuple[Value, Value]:
    """One relationship, and the node at its other end."""
    known = block.env.scope.get(link.name or "")
    if known is not None and known.kind != "link":
        raise block.context.fault(link.at, f"{link.name} is {known.type.word}, and stands for a relationship here")
    table = block.context.name("r")
    source = "triples"
    if link.direction == "both":
        source = "undirected"
    block.tables.append(f"{source} AS {table}")
    value = Value(block.context.link, parts={name: f"{table}.{name}" for name, _ in block.context.link.fields})
    begin, end = {"out": ("head", "tail"), "in": ("tail", "head"), "both": ("begins", "ends")}[link.direction]
    block.where.append(f"{table}.{begin} = {identity(left)}")
    if known is not None:
        block.where.append(f"{table}.id = {identity(known)}")
        value = known
    other = _node(block, node, f"{table}.{end}")
    _link_conditions(block, link, value, f"{table}.relation")
    if link.name and known is None:
        block.scope[link.name] = value
    types = types_of(link.types)
    drawn.single.append((types, f"{table}.id"))
    if link.where is not None:
        block.where.append(condition(link.where, block.env))
    return other, value


def _link_conditions(block: Block, link: tree.Link, value: Value, relation: str) -> None:
    if link.types is not None:
        block.where.append(labels_test(link.types, relation, block.env, "link"))
    for name, wanted in _properties(block, link.properties):
        block.where.append(equal(property_of(value, name, block.env, link.at), wanted, block.env))


def _properties(block: Block, given: tree.Map | tree.Param | None) -> list[tuple[str, Value]]:
    if given is None:
        return []
    if isinstance(given, tree.Map):
        return [(name, compile_expr(value, block.env)) for name, value in given.items]
    value = compile_expr(given, block.env)
    if value.kind != "map":
        raise block.context.fault(given.at, f"${given.name} stands for properties; a map is expected")
    return [(name, property_of(value, name, block.env, given.at)) for name, _ in value.type.fields]


def _node(block: Block, node: tree.Node, id_: str | None) -> Value:
    """A node of a pattern; `id_`: the end of a relationship that it is. It is a table only where more is asked of it."""
    context = block.context
    known = block.env.scope.get(node.name or "")
    if known is not None:
        if known.kind == "null":
            known = Value(context.node, parts={name: "CAST(NULL AS VARCHAR)" for name, _ in context.node.fields})
        if known.kind != "node":
            raise context.fault(node.at, f"{node.name} is {known.type.word}, and stands for a node here")
        if id_ is not None:
            block.where.append(f"{id_} = {identity(known)}")
        else:
            block.where.append(f"{identity(known)} IS NOT NULL")
        value = known
    elif (
        id_ is not None
        and node.labels is None
        and node.properties is None
        and node.where is None
        and (not node.name or node.name not in context.with_columns)
    ):
        value = Value(context.node, parts={"id": id_})
    else:
        table = context.name("n")
        block.tables.append(f"entities AS {table}")
        value = Value(context.node, parts={name: f"{table}.{name}" for name, _ in context.node.fields})
        if id_ is not None:
            block.where.append(f"{table}.id = {id_}")
    if node.name and known is None:
        block.scope[node.name] = value
    if node.labels is not None:
        block.where.append(labels_test(node.labels, column(value, "type", block.env), block.env, "node"))
    for name, wanted in _properties(block, node.properties):
        block.where.append(equal(property_of(value, name, block.env, node.at), wanted, block.env))
    if node.where is not None:
        block.where.append(condition(node.where, block.env))
    return value


def _seed(block: Block, node: tree.Node, conjuncts: list[tree.Expr]) -> tuple[int, str]:
    """Where a walk may begin: how few nodes that is (0: one that is known), and a query for their ids, none for what is known."""
    known = block.env.scope.get(node.name or "")
    context = block.context
    if known is not None and known.kind == "node":
        return 0, ""
    table = context.name("n")
    value = Value(context.node, parts={name: f"{table}.{name}" for name, _ in context.node.fields})
    env = Env(context, {**block.env.scope, **({node.name: value} if node.name else {})})
    tests, few = [], 3
    if node.labels is not None:
        tests.append(labels_test(node.labels, f"{table}.type", env, "node"))
        few = 2
    wanted = _properties(block, node.properties)
    tests += [equal(property_of(value, name, env, node.at), one, env) for name, one in wanted]
    for conjunct in conjuncts:
        free = names_in(conjunct)
        if node.name and free == {node.name} and not has_query(conjunct):
            tests.append(condition(conjunct, env))
            few = min(few, 1)
    if wanted:
        few = 1
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    return few, f"SELECT {table}.id FROM entities AS {table}{where}"


def _walk(
    block: Block, link: tree.Link, left: Value, node: tree.Node, from_left: tuple[int, str], from_right: tuple[int, str], drawn: Drawn
) -> tuple[Value, Value]:  # fmt: skip
    """A relationship of variable length, as Neo4j walks it: no relationship twice. It begins at the end where fewer nodes fit."""
    context = block.context
    if link.name and link.name in block.env.scope:
        raise context.fault(link.at, f"{link.name} is defined already")
    backwards = from_right[0] < from_left[0]
    few, seeds = from_right if backwards else from_left
    if not seeds:
        known = block.env.scope[node.name or ""] if backwards else left
        seeds = f"SELECT {identity(known)} AS id"
    least, most = link.least or 0, link.most
    if most is None and few > 1 and context.count(types_of(link.types)) > FEW:
        raise context.fault(
            link.at,
            "a path without a limit that may begin at any node never ends in practice; write *..5, or name one end by a property",
        )
    direction = link.direction
    if backwards and direction != "both":
        direction = "in" if direction == "out" else "out"
    edge, walk, table = context.name("r"), context.name("w"), context.name("w")
    source = "undirected" if direction == "both" else "triples"
    begin, end = {"out": ("head", "tail"), "in": ("tail", "head"), "both": ("begins", "ends")}[direction]
    value = Value(context.link, parts={name: f"{edge}.{name}" for name, _ in context.link.fields})
    tests = []
    if link.types is not None:
        tests.append(labels_test(link.types, f"{edge}.relation", block.env, "link"))
    tests += [
        equal(property_of(value, name, block.env, link.at), wanted, block.env)
        for name, wanted in _properties(block, link.properties)
    ]
    if link.where is not None:
        raise context.fault(
            link.at, "WHERE within a path of variable length is not covered; write it behind the pattern"
        )
    limit = [f"len({walk}.links) < {most}"] if most is not None else []
    tests += [f"{edge}.{begin} = {walk}.b", f"NOT list_contains({walk}.links, {edge}.id)", *limit]
    recursion = (
        f"WITH RECURSIVE {walk} AS (SELECT s.id AS a, s.id AS b, CAST([] AS VARCHAR[]) AS links, [s.id] AS nodes FROM ({seeds}) AS s "
        f"UNION ALL SELECT {walk}.a, {edge}.{end}, list_append({walk}.links, {edge}.id), list_append({walk}.nodes, {edge}.{end}) "
        f"FROM {walk}, {source} AS {edge} WHERE {' AND '.join(tests)}) "
        f"SELECT * FROM {walk} WHERE len(links) >= {least}" + (f" AND len(links) <= {most}" if most is not None else "")
    )
    block.tables.append(f"({recursion}) AS {table}")
    first, last = ("b", "a") if backwards else ("a", "b")
    block.where.append(f"{table}.{first} = {identity(left)}")
    other = _node(block, node, f"{table}.{last}")
    drawn.lists.append((types_of(link.types), f"{table}.links"))
    links, nodes = (f"list_reverse({table}.{name})" if backwards else f"{table}.{name}" for name in ("links", "nodes"))
    if link.name:
        block.scope[link.name] = Value(Type("list", context.link), look_up(block, links, "link", link.name))
    piece = Value(Type("path"), parts={"nodes": nodes, "links": links})
    return other, piece


def look_up(block: Block, ids: str, kind: str, name: str | None) -> str:
    """A list of ids as one of nodes, or of relationships, in its order; as it is where no more is asked of `name` than how many they are."""
    context = block.context
    if name not in context.with_elements and STAR not in context.with_elements:
        return ids
    type_ = context.node if kind == "node" else context.link
    table, row = context.name("e"), context.name("u")
    packed = ", ".join(f"{name} := {table}.{name}" for name, _ in type_.fields)
    rows = f"(SELECT unnest({ids}) AS id, generate_subscripts({ids}, 1) AS i) AS {row}"
    source = "entities" if kind == "node" else "triples"
    made = f"(SELECT list(struct_pack({packed}) ORDER BY {row}.i) FROM {rows} JOIN {source} AS {table} ON {table}.id = {row}.id)"
    return f"CASE WHEN {ids} IS NULL THEN NULL ELSE coalesce({made}, CAST([] AS {sql_type(Type('list', type_))})) END"


def _path_value(block: Block, name: str, nodes: list[Value], pieces: list[Value]) -> Value:
    """A path: its nodes and relationships, put together of single ones and of walks."""
    context = block.context
    node_ids, link_ids = f"[{identity(nodes[0])}]", "CAST([] AS VARCHAR[])"
    for node, piece in zip(nodes[1:], pieces, strict=True):
        if piece.kind == "link":
            node_ids = f"list_append({node_ids}, {identity(node)})"
            link_ids = f"list_append({link_ids}, {identity(piece)})"
        else:
            assert piece.parts is not None
            node_ids = f"list_concat({node_ids}, list_slice({piece.parts['nodes']}, 2, len({piece.parts['nodes']})))"
            link_ids = f"list_concat({link_ids}, {piece.parts['links']})"
    type_ = Type("path", fields=(("nodes", context.node), ("links", context.link)))
    return Value(
        type_,
        parts={"nodes": look_up(block, node_ids, "node", name), "links": look_up(block, link_ids, "link", name)},
    )


def _shortest(block: Block, path: tree.Path, link: tree.Link, left: Value, right: Value, drawn: Drawn) -> Value:
    """The shortest paths between two nodes, found by a search over the relationships (`kg.cypher.shortest`)."""
    context = block.context
    types = types_of(link.types)
    if (link.types is not None and types is None) or link.properties is not None or link.where is not None:
        raise context.fault(link.at, "a shortest path takes types as A|B, and no properties")
    if link.types is not None:
        labels_test(link.types, "x", block.env, "link")
    if (link.least or 0) > 1:
        raise context.fault(link.at, "a shortest path begins with a length of 0 or 1")
    context.shortest = True
    most = link.most if link.most is not None else (1 if link.least is None else -1)
    table = context.name("p")
    kinds = "|".join(sorted(types)) if types is not None else ""
    call = f"shortest('{kinds}', '{link.direction}', {most}::BIGINT, {path.shortest == 'all'}, {identity(left)}, {identity(right)})"
    block.tables.append(f"(SELECT unnest({call}) AS found) AS {table}")
    links = f"{table}.found.links"
    drawn.lists.append((types, links))
    if link.name:
        value = Value(Type("list", context.link), look_up(block, links, "link", link.name))
        block.scope[link.name] = value
    return Value(Type("path"), parts={"nodes": f"{table}.found.nodes", "links": links})


def _refuse_twice(block: Block, drawn: Drawn) -> None:
    """No relationship stands twice in what one MATCH draws."""

    def may_meet(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
        return one is None or other is None or bool(one & other)

    for at, (types, id_) in enumerate(drawn.single):
        for others, other in drawn.single[at + 1 :]:
            if may_meet(types, others):
                block.where.append(f"{id_} <> {other}")
        for others, ids in drawn.lists:
            if may_meet(types, others):
                block.where.append(f"NOT list_contains({ids}, {id_})")
    for at, (types, ids) in enumerate(drawn.lists):
        for others, other in drawn.lists[at + 1 :]:
            if may_meet(types, others):
                block.where.append(f"NOT list_has_any({ids}, {other})")
