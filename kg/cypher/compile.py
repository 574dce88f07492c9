"""A tree of Cypher as one SELECT over the tables `entities` and `triples`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kgtools.kg.columns import LISTS
from kgtools.kg.cypher.analysis import asks_all, names_in, names_with_columns, names_with_elements, properties_in
from kgtools.kg.cypher.expressions import compile_expr, condition
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.patterns import lone_node_path, match
from kgtools.kg.cypher.project import compile_return, project, refuse_unlike
from kgtools.kg.cypher.properties import whole
from kgtools.kg.cypher.scope import Block, Context, Env, Select, export, sort_keys, within
from kgtools.kg.cypher.types import ELEMENTS, PROPERTIES, TEXT, TEXTS, Type, kinds_of, unify
from kgtools.kg.cypher.values import Value, box, cast, items_of_any, literal, quote
from kgtools.kg.ontology import ontology


@dataclass(frozen=True)
class Compiled:
    """SQL over `entities`, `triples` and `undirected`, with what goes beside it; `columns`: name -> type of each that it gives."""

    sql: str
    params: Mapping[str, Any]
    columns: Mapping[str, Type]
    notes: tuple[str, ...]
    one_by_one: bool
    functions: frozenset[str]


def compile_query(
    query: tree.Query, params: Mapping[str, Any], count: Callable[[frozenset[str] | None], int]
) -> Compiled:
    """The SQL of a query; `count`: how many triples of these relations (None: of all) there are. Raises CypherError at the place of
    what is wrong or not covered."""
    everything = asks_all(query)
    compiled = _compile(query, params, count, everything)
    if everything or not any(kinds_of(kind) & {*ELEMENTS, "path"} for kind in compiled.columns.values()):
        return compiled
    return _compile(query, params, count, everything=True)  # a node is returned, it may be from within a map


def _compile(
    query: tree.Query, params: Mapping[str, Any], count: Callable[[frozenset[str] | None], int], everything: bool
) -> Compiled:
    """`everything`: nodes and relationships come with all of their properties, not with those alone that the query names."""
    used = properties_in(query)
    attributes = tuple(sorted(ontology().attributes))
    if used.intersection(attributes):
        used.add("attributes")  # in which their values are
    node, link = (
        [name for name in PROPERTIES[kind] if everything or name in used or name == "id"] for kind in ELEMENTS
    )
    context = Context(
        text=query.text, params=params,
        node=Type("node", fields=_fields(["id", "type", *node])), link=Type("link", fields=_fields(["id", "relation", "head", "tail", *link])),
        with_columns=frozenset(names_with_columns(query)), with_elements=frozenset(names_with_elements(query)),
        labels=frozenset(ontology().entities), relations=frozenset(ontology().relations),
        attributes=attributes, subquery=subquery, count=count,
    )  # fmt: skip
    select = _union(query, Block(context), context, final=True)
    columns = {name: value.type for name, value in select.columns.items()}
    bound = {
        name: value for name, value in context.bound.items() if re.search(rf"\${name}\b", select.sql)
    }  # not those of LIMIT and the like
    return Compiled(
        select.sql,
        bound,
        columns,
        tuple(dict.fromkeys(context.notes)),
        context.one_by_one,
        frozenset(context.functions),
    )


def _fields(names: list[str]) -> tuple[tuple[str, Type], ...]:
    return tuple((name, TEXTS if name in LISTS else TEXT) for name in dict.fromkeys(names))


def subquery(query: tree.Query, env: Env) -> Select:
    """A query within an expression: EXISTS, COUNT and COLLECT."""
    block = Block(env.context, outer=env.scope)
    return _union(query, block, env.context, final=False)


def _union(query: tree.Query, block: Block, context: Context, final: bool) -> Select:
    selects = []
    for clauses in query.parts:
        own = Block(context, dict(block.scope), block.outer, list(block.tables), list(block.where))
        selects.append(_single(clauses, own, final and len(query.parts) == 1, final))
    if len(selects) == 1:
        return selects[0]
    names = list(selects[0].columns)
    for number, select in enumerate(selects[1:], start=1):
        if sorted(select.columns) != sorted(names):
            at = query.parts[number][-1].at
            raise context.fault(
                at,
                f"the parts of a UNION return the same columns; here {', '.join(select.columns)}, before {', '.join(names)}",
            )
    types = {}
    for name in names:
        kind = selects[0].columns[name].type
        for select in selects[1:]:
            try:
                kind = unify(kind, select.columns[name].type)
            except TypeError as error:
                raise context.fault(query.parts[-1][-1].at, f"{name}: {error}") from error
        types[name] = kind
        if query.distinct:
            refuse_unlike(Value(kind), "UNION", context, query.parts[-1][-1].at)
    parts = []
    for select in selects:
        try:
            shown = ", ".join(f"{cast(select.columns[name], types[name])} AS u{at}" for at, name in enumerate(names))
        except TypeError as error:
            raise context.fault(query.parts[-1][-1].at, f"UNION: {error}") from error
        parts.append(f"SELECT {shown} FROM ({select.sql})")
    word = " UNION " if query.distinct else " UNION ALL "
    table = context.name("q")
    columns = {name: Value(types[name], f"{table}.u{at}") for at, name in enumerate(names)}
    sql = f"SELECT * FROM ({word.join(parts)}) AS {table}"
    if final:
        sql += f" ORDER BY {', '.join(sort_keys(columns.values()))}" if sort_keys(columns.values()) else ""
    return Select(sql, {name: replace(value, sql=value.sql.partition(".")[2]) for name, value in columns.items()})


def _single(clauses: tuple[tree.Clause, ...], block: Block, final: bool, outermost: bool) -> Select:
    """One query without UNION. `outermost`: it must end with what it returns."""
    for number, clause in enumerate(clauses):
        last = number == len(clauses) - 1
        if isinstance(clause, tree.Project) and clause.kind == "RETURN":
            if not last:
                raise block.context.fault(clauses[number + 1].at, "nothing can stand behind RETURN; use WITH before")
            return compile_return(block, clause, final)
        if last and outermost and not isinstance(clause, tree.CallProcedure):
            raise block.context.fault(clause.at, "the query returns nothing; end it with RETURN")
        _clause(block, clause)
    if outermost:
        return compile_return(block, tree.Project("RETURN", (), star=True, at=clauses[-1].at), final)
    return Select(block.select(["1 AS one"]), {})


def _clause(block: Block, clause: tree.Clause) -> None:
    if isinstance(clause, tree.Match):
        _optional(block, clause) if clause.optional else match(block, clause)
    elif isinstance(clause, tree.Unwind):
        _unwind(block, clause)
    elif isinstance(clause, tree.Project):
        project(block, clause)
    elif isinstance(clause, tree.CallQuery):
        _call(block, clause)
    else:
        _procedure(block, clause)


def _optional(block: Block, clause: tree.Match) -> None:
    """OPTIONAL MATCH: the rows beside what matches, or nulls; but a path of one node that is known already is that node whether
    anything matches or not, as Neo4j has it."""
    block.flush()
    scope = block.env.scope
    alone = {path.name: str(path.nodes[0].name) for path in clause.paths if path.name and not path.links}
    known = {path: scope[node] for path, node in alone.items() if node in scope}
    inner = Block(block.context, outer={**block.outer, **block.scope})
    match(inner, clause)
    columns, values = export(block.context, inner.scope)
    table = block.context.name("m")
    before = block.tables.pop() if block.tables else "(SELECT 1 AS one) AS one"
    block.tables.append(f"{before} LEFT JOIN LATERAL ({inner.select([*columns, '1 AS there'])}) AS {table} ON true")
    block.scope |= {name: within(value, table) for name, value in values.items()}
    block.scope |= {name: lone_node_path(block.context, name, node) for name, node in known.items()}


def _unwind(block: Block, clause: tree.Unwind) -> None:
    if clause.name in block.env.scope:
        raise block.context.fault(clause.at, f"{clause.name} is defined already")
    value = compile_expr(clause.of, block.env)
    if value.kind == "null":
        block.where.append("false")
        block.scope[clause.name] = literal(None)
        return
    if value.kind == "any":
        value = items_of_any(value)
    elif value.kind != "list":
        value = Value(
            Type("list", value.type),
            f"CASE WHEN {box(value)} IS NULL THEN NULL ELSE [{box(whole(value, block.env))}] END",
        )
    assert value.type.of is not None
    # two lists that SQL unpacks in one SELECT go side by side
    block.scope[clause.name] = Value(value.type.of, f"unnest({value.sql})")
    block.order.append(f"generate_subscripts({value.sql}, 1)")
    block.flush()


def _call(block: Block, clause: tree.CallQuery) -> None:
    """CALL { }: for each row what a query gives."""
    context, env = block.context, block.env
    query = clause.query
    imports = clause.imports
    if imports is None and not clause.everything:
        first = query.parts[0][0]
        old = (
            isinstance(first, tree.Project)
            and first.kind == "WITH"
            and not (first.order or first.distinct or first.where)
        )
        imports = (
            tuple(names_in(tuple(item.of for item in first.items))) if old and isinstance(first, tree.Project) else ()
        )
        if old and isinstance(first, tree.Project) and first.star:
            imports = tuple(env.scope)
    for name in imports or ():
        env.find(name, clause.at)
    block.flush()
    env = block.env
    seen = dict(env.scope) if clause.everything else {name: env.scope[name] for name in imports or ()}
    inner = Block(context, outer=seen)
    if imports and clause.imports is None:
        inner = Block(context, scope=dict(seen), outer=seen)
    select = _union(query, inner, context, final=False)
    if not select.columns:
        raise context.fault(clause.at, "a subquery of CALL returns something")
    for name in select.columns:
        if name in env.scope:
            raise context.fault(clause.at, f"{name} is defined already")
    table = context.name("s")
    body = f"({select.sql}) AS {table}"
    if clause.optional:
        before = block.tables.pop() if block.tables else "(SELECT 1 AS one) AS one"
        block.tables.append(f"{before} LEFT JOIN LATERAL {body} ON true")
    else:
        block.tables.append(f"LATERAL {body}" if block.tables else body)
    columns = select.columns.items()
    # where a row of nulls may stand, nothing is the same in all rows
    block.scope |= {
        name: replace(within(value, table), constant=None if clause.optional else value.constant)
        for name, value in columns
    }
    block.order += [f"{table}.{key}" for key in select.order]


PROCEDURES = {
    "db.labels": ("label", "SELECT DISTINCT type AS x FROM entities"),
    "db.relationshiptypes": ("relationshipType", "SELECT DISTINCT relation AS x FROM triples"),
    "db.propertykeys": (
        "propertyKey",
        f"SELECT unnest([{', '.join(map(quote, sorted({*PROPERTIES['node'], *PROPERTIES['link']})))}]) AS x "
        "UNION SELECT x FROM (SELECT unnest(json_keys(attributes)) AS x FROM entities) WHERE x IN ({attributes})",
    ),
}
"""Procedures that read, with the column that each gives; `{attributes}`: those of the ontology."""


def _procedure(block: Block, clause: tree.CallProcedure) -> None:
    name = clause.name.lower()
    if name not in PROCEDURES:
        raise block.context.fault(
            clause.at,
            f"CALL {clause.name} is not covered; there are db.labels(), db.relationshipTypes() and db.propertyKeys()",
        )
    if clause.args:
        raise block.context.fault(clause.at, f"{clause.name}() takes no arguments")
    column, sql = PROCEDURES[name]
    shown = clause.columns if clause.columns is not None else ((column, column),)
    table = block.context.name("d")
    sql = sql.replace("{attributes}", ", ".join(map(quote, block.context.attributes)))
    block.tables.append(f"({sql}) AS {table}")
    for given, alias in shown:
        if given != column:
            raise block.context.fault(clause.at, f"{clause.name}() gives no {given}; it gives {column}")
        block.scope[alias] = Value(TEXT, f"{table}.x")
    if clause.where is not None:
        block.where.append(condition(clause.where, block.env))
