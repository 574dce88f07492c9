"""MATCH in SQL: nodes and relationships as tables that are joined, each relationship once, paths of any length by recursion."""

from dataclasses import dataclass, field, replace
from typing import Any

from kgtools.kg.cypher.analysis import STAR, has_lookup, has_query, names_in, split_and
from kgtools.kg.cypher.comparisons import equal
from kgtools.kg.cypher.expressions import compile_expr, condition
from kgtools.kg.cypher.functions.elements import column
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.paths import NO_IDS, call_shortest, look_up, types_of
from kgtools.kg.cypher.properties import labels_test, property_of
from kgtools.kg.cypher.scope import Block, Context, Env
from kgtools.kg.cypher.types import TEXT, TEXTS, Type
from kgtools.kg.cypher.values import Value, identity

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
    if block.asks:  # else the engine joins nothing before it has asked: all with all
        block.flush()
    drawn = Drawn()
    paths, within = _without_lookups(clause.paths)
    conjuncts = [*split_and(clause.where), *within]
    names = {path.name for path in clause.paths if path.name}
    names |= {link.name for path in clause.paths for link in path.links if link.name and link.least is not None}
    late = [conjunct for conjunct in conjuncts if has_lookup(conjunct) or names_in(conjunct) & names]
    early = [conjunct for conjunct in conjuncts if conjunct not in late]
    for path in paths:
        _path(block, path, conjuncts, early, late, drawn)
    _refuse_twice(block, drawn)
    for conjunct in early:
        block.where.append(condition(conjunct, block.env))
    if names or late:
        # what a path consists of is looked up, and a subquery is asked, for the rows that are left, not for all that could be joined
        block.flush()
    for conjunct in late:
        block.where.append(condition(conjunct, block.env))
    block.asks = block.asks or bool(late)


def _without_lookups(paths: tuple[tree.Path, ...]) -> tuple[list[tree.Path], list[tree.Expr]]:
    """The paths, and the conditions within their nodes and relationships for which something is looked up: they are asked behind."""
    late: list[tree.Expr] = []

    def take(part: Any) -> Any:
        if not has_lookup(part.where) or (isinstance(part, tree.Link) and part.least is not None):
            return part
        late.extend(split_and(part.where))
        return replace(part, where=None)

    return [
        replace(path, nodes=tuple(map(take, path.nodes)), links=tuple(map(take, path.links))) for path in paths
    ], late


def _path(
    block: Block, path: tree.Path, conjuncts: list[tree.Expr], early: list[tree.Expr], late: list[tree.Expr], drawn: Drawn
) -> None:  # fmt: skip
    """Add one path. `conjuncts`: the parts of the condition; of those that wait for it, `early` are asked as soon as they can be, and
    `late` when all is drawn; what is asked here is taken out."""
    if path.name and path.name in block.env.scope:
        raise block.context.fault(path.at, f"{path.name} is defined already")
    nodes: list[Value] = []
    pieces: list[Value] = []  # what is between them: a relationship, or a path
    seeds = [_seed(block, node, conjuncts) for node in path.nodes]
    for at, node in enumerate(path.nodes):
        if at == 0:
            if not _is_end(block, path, node):
                nodes.append(_node(block, node, None, joined=bool(path.links) and not path.shortest))
        else:
            link = path.links[at - 1]
            if path.shortest:
                nodes.append(_node(block, node, None))
                _settle(block, nodes, pieces, early, drawn)
                pieces.append(_shortest(block, path, nodes[0], nodes[1], late, drawn))
                continue
            if link.least is not None:
                left, right = seeds[at - 1], seeds[at]
                if at > 1 or not left[0]:
                    left = (min(left[0], 1), "")
                if not (left[1] and right[1]):
                    _settle(block, nodes, pieces, early, drawn)
                end, piece = _walk(block, link, nodes[-1], node, left, right, drawn)
                pieces.append(piece)
            else:
                begin, end, piece = _step(block, link, nodes[-1] if nodes else None, node, drawn)
                if not nodes:
                    nodes.append(begin)
                    if path.nodes[0].name:
                        block.scope[path.nodes[0].name] = begin
                pieces.append(piece)
            nodes.append(end)
    if path.name:
        block.scope[path.name] = _path_value(block.context, path.name, nodes, pieces)


def _settle(block: Block, nodes: list[Value], pieces: list[Value], early: list[tree.Expr], drawn: Drawn) -> None:
    """Make a table of the rows before something is looked up for each of them, so that it is looked up for those alone."""
    for conjunct in [each for each in early if names_in(each) <= block.env.scope.keys()]:
        block.where.append(condition(conjunct, block.env))
        early.remove(conjunct)
    own = {f"\0v{at}": value for at, value in enumerate([*nodes, *pieces])}
    single = {f"\0s{at}": Value(TEXT, sql) for at, (_, sql) in enumerate(drawn.single)}
    lists = {f"\0l{at}": Value(TEXTS, sql) for at, (_, sql) in enumerate(drawn.lists)}
    block.flush({**block.scope, **own, **single, **lists})
    values = [block.scope.pop(name) for name in own]
    nodes[:], pieces[:] = values[: len(nodes)], values[len(nodes) :]
    drawn.single[:] = [(types, block.scope.pop(f"\0s{at}").sql) for at, (types, _) in enumerate(drawn.single)]
    drawn.lists[:] = [(types, block.scope.pop(f"\0l{at}").sql) for at, (types, _) in enumerate(drawn.lists)]


def _is_end(block: Block, path: tree.Path, node: tree.Node) -> bool:
    """Whether a path begins with a node of which nothing is asked but which it is: the end of a relationship, looked up in no table."""
    if not path.links or path.shortest or path.links[0].least is not None or path.links[0].name in block.env.scope:
        return False
    other = path.nodes[1]
    if node.name and (
        node.name in block.env.scope
        or node.name in block.context.with_columns
        or node.name in (other.name, path.links[0].name)
    ):
        return False
    return node.labels is None and node.properties is None and node.where is None


def _step(
    block: Block, link: tree.Link, left: Value | None, node: tree.Node, drawn: Drawn
) -> tuple[Value, Value, Value]:
    """One relationship, with the nodes at its ends; `left`: the one that is known, None for any."""
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
    if left is None:
        left = Value(block.context.node, parts={"id": f"{table}.{begin}"})
    else:
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
    return left, other, value


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


def _node(block: Block, node: tree.Node, id_: str | None, joined: bool = False) -> Value:
    """A node of a pattern; `id_`: the end of a relationship that it is; `joined`: it will be compared with one. It is a table only where
    more is asked of it."""
    context = block.context
    known = block.env.scope.get(node.name or "")
    if known is not None:
        if known.kind == "null":
            known = Value(context.node, parts={name: "CAST(NULL AS VARCHAR)" for name, _ in context.node.fields})
        if known.kind != "node":
            raise context.fault(node.at, f"{node.name} is {known.type.word}, and stands for a node here")
        if id_ is not None:
            block.where.append(f"{id_} = {identity(known)}")
        elif not joined:  # null is no end of a relationship, and DuckDB would join a subquery in a slower way
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
        block.scope[link.name] = Value(Type("list", context.link), _looked_up(context, links, "link", link.name))
    piece = Value(Type("path"), parts={"nodes": nodes, "links": links})
    return other, piece


def _looked_up(context: Context, ids: str, kind: str, name: str | None) -> str:
    """A list of ids as one of nodes or relationships; as it is where no more is asked of `name` than how many they are."""
    asked = name in context.with_elements or STAR in context.with_elements
    return look_up(context, ids, kind) if asked else ids


def lone_node_path(context: Context, name: str, node: Value) -> Value:
    """The path of one node alone, null where the node is."""
    path = _path_value(context, name, [node], [])
    assert path.parts is not None
    none = f"{identity(node)} IS NULL"
    return replace(path, parts={key: f"CASE WHEN {none} THEN NULL ELSE {sql} END" for key, sql in path.parts.items()})


def _path_value(context: Context, name: str, nodes: list[Value], pieces: list[Value]) -> Value:
    """A path: its nodes and relationships, put together of single ones and of walks."""
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
        parts={
            "nodes": _looked_up(context, node_ids, "node", name),
            "links": _looked_up(context, link_ids, "link", name),
        },
    )


def _shortest(block: Block, path: tree.Path, left: Value, right: Value, late: list[tree.Expr], drawn: Drawn) -> Value:
    """The shortest paths between two nodes, among those that the condition lets through; what it asks of them is taken out of `late`."""
    context, link = block.context, path.links[0]
    avoid = {"node": NO_IDS, "link": NO_IDS}
    for conjunct in [each for each in late if names_in(each) & {path.name, link.name}]:
        if _is_limit(conjunct, path.name):
            continue  # where the shortest one is too long, so are all
        kind = _asks_each(conjunct, path.name, link.name)
        if kind is None or avoid[kind] != NO_IDS:
            raise context.fault(
                path.at,
                "of a shortest path a condition is covered that goes over all of its nodes or relationships: all(n IN nodes(p) WHERE ...), "
                "none(...), once each; for others write WITH * WHERE ... behind, which asks the paths that were found",
            )
        assert isinstance(conjunct, tree.Quantified)
        avoid[kind] = _ids_without(block, conjunct, kind)
        late.remove(conjunct)
    table = context.name("p")
    block.tables.append(f"(SELECT unnest({call_shortest(block.env, path, left, right, avoid)}) AS found) AS {table}")
    links = f"{table}.found.links"
    drawn.lists.append((types_of(link.types), links))
    if link.name:
        block.scope[link.name] = Value(Type("list", context.link), _looked_up(context, links, "link", link.name))
    return Value(Type("path"), parts={"nodes": f"{table}.found.nodes", "links": links})


def _is_limit(expr: tree.Expr, name: str | None) -> bool:
    """`length(p) < 5`, `length(p) <= 5`."""
    return (
        isinstance(expr, tree.Binary) and expr.op in ("<", "<=") and isinstance(expr.left, tree.Call) and expr.left.name == "length"
        and expr.left.args == (tree.Variable(name or ""),) and not names_in(expr.right)
    )  # fmt: skip


def _asks_each(expr: tree.Expr, path: str | None, links: str | None) -> str | None:
    """What a condition goes over that all nodes, or all relationships, of a path must meet, and that names nothing else."""
    if (
        not isinstance(expr, tree.Quantified)
        or expr.kind not in ("all", "none")
        or names_in(expr.where) - {expr.variable}
    ):
        return None
    if has_query(expr.where):
        return None
    if expr.source == tree.Variable(links or ""):
        return "link"
    calls = {
        tree.Call(name, (tree.Variable(path or ""),)): kind
        for name, kind in (("nodes", "node"), ("relationships", "link"))
    }
    return calls.get(expr.source) if isinstance(expr.source, tree.Call) else None


def _ids_without(block: Block, expr: tree.Quantified, kind: str) -> str:
    """SQL of the ids of all nodes, or relationships, that keep a path from meeting a condition."""
    context = block.context
    table, type_ = (context.name("n"), context.node) if kind == "node" else (context.name("r"), context.link)
    value = Value(type_, parts={name: f"{table}.{name}" for name, _ in type_.fields})
    test = condition(expr.where, block.env.bind({expr.variable: value}))
    fits = f"coalesce({test}, false)" if expr.kind == "all" else f"coalesce(NOT {test}, false)"
    source = "entities" if kind == "node" else "triples"
    return (
        f"(SELECT coalesce(list({table}.id ORDER BY {table}.id), {NO_IDS}) FROM {source} AS {table} WHERE NOT {fits})"
    )


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
