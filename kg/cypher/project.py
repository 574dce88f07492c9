"""WITH and RETURN in SQL: columns, groups, order and limit."""

from dataclasses import replace
from typing import Any

from kgtools.kg.cypher.aggregates import aggregate
from kgtools.kg.cypher.analysis import AGGREGATES, children, has_aggregate, has_lookup, has_query, names_in
from kgtools.kg.cypher.expressions import compile_expr, condition
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.properties import whole
from kgtools.kg.cypher.scope import Block, Context, Env, Select, export, sort_keys, within
from kgtools.kg.cypher.types import ELEMENTS, INT, SCALARS, Type, sql_type
from kgtools.kg.cypher.values import Value, box, cast, identity, quote

PLACE = "\0n"
"""The name of the number that a row has in an order. Names of ours begin with NUL, which no name of a query holds."""


def _items(block: Block, clause: tree.Project) -> list[tree.Item]:
    """The items, `*` among them as the names that there are."""
    names = list(block.scope) if clause.star else []
    if clause.star and not names and not clause.items:
        raise block.context.fault(clause.at, f"{clause.kind} * with nothing defined")
    items = [tree.Item(tree.Variable(name), name, True, clause.at) for name in sorted(names)]
    items += clause.items
    if clause.kind == "WITH":
        for item in clause.items:
            if not item.aliased and not isinstance(item.of, tree.Variable):
                raise block.context.fault(item.at, "an expression in WITH needs a name: AS name")
    names = [item.name for item in items]
    for number, item in enumerate(items):
        if item.name in names[:number]:
            raise block.context.fault(item.at, f"{item.name} is returned twice; give one another name")
    return items


def project(block: Block, clause: tree.Project, final: bool = False) -> str:
    """Make the rows those of a projection, its order and limit settled; where it is `final`, they are left to the last SELECT, whose ORDER
    BY and LIMIT this gives."""
    context = block.context
    items = _items(block, clause)
    grouped = any(has_aggregate(item.of) for item in items)
    before = block.env
    if grouped:
        _group(block, items)
        values = {item.name: block.scope.pop(f"\0{at}") for at, item in enumerate(items)}
    else:
        values = {item.name: compile_expr(item.of, before) for item in items}
        named_again = any(has_query(item.of) for item in items) and (clause.order or clause.where or clause.distinct)
        if named_again or has_lookup(clause.where):
            # a subquery is asked once, and is a column where it is named again
            block.flush({**block.scope, **{f"\0{at}": value for at, value in enumerate(values.values())}})
            values = {item.name: block.scope.pop(f"\0{at}") for at, item in enumerate(items)}
            before = block.env
    known = tuple((item.of, values[item.name]) for item in items)
    if clause.distinct:
        for value in values.values():
            refuse_unlike(value, "DISTINCT", context, clause.at)
        _distinct(block, values)
        values = dict(block.scope)
        known = tuple((item.of, values[item.name]) for item in items)
    free = before.scope if not grouped and not clause.distinct else block.outer
    # behind `x AS y, -x AS x` x is the new one, and what was said of the old one is not said of it
    anew = {item.name for item in items if item.of != tree.Variable(item.name)}
    still = tuple((expr, value) for expr, value in known if not names_in(expr) & anew)
    return _order(block, clause, values, known, Env(context, {**free, **values}, still), final)


def _distinct(block: Block, values: dict[str, Value]) -> None:
    """Each row once, in the place of the first of its kind where rows have an order."""
    if not block.order:
        block.flush(values, distinct=True)
        return
    by = ", ".join([*block.order, *sort_keys(values.values())])
    number = Value(INT, f"row_number() OVER (ORDER BY {by})")
    block.order = []
    block.flush({**values, PLACE: number})
    first = f"min({block.scope.pop(PLACE).sql})"
    columns, named = export(block.context, block.scope)
    keys = [column.rpartition(" AS ")[0] for column in columns]
    table = block.context.name("q")
    select = block.select([*columns, f"{first} AS n"], f" GROUP BY {', '.join(keys)}")
    block.tables, block.where = [f"({select}) AS {table}"], []
    block.scope = {name: within(value, table) for name, value in named.items()}
    block.order = [f"{table}.n"]


def refuse_unlike(value: Value, what: str, context: Context, at: int) -> None:
    """Raises CypherError where values of several kinds would be taken for different that Cypher takes for equal: 1 and 1.0."""
    if {"int", "float"} <= value.type.kinds:
        raise context.fault(at, f"{what} of {value.type.word} is not covered; use toFloat(x) or toString(x)")


def _order(
    block: Block, clause: tree.Project, values: dict[str, Value], known: tuple[tuple[tree.Expr, Value], ...], env: Env, final: bool
) -> str:  # fmt: skip
    """ORDER BY, SKIP, LIMIT, WHERE. Rows within a query get a number where their order counts. `known`: the items as they are written."""
    context = block.context
    cut = clause.skip is not None or clause.limit is not None
    keys = _sort_terms(clause, known, env)
    if cut and not keys and not block.order:
        context.notes.append(
            "LIMIT or SKIP without ORDER BY: which rows are given is not promised by Cypher; here the first, sorted by all columns"
        )
    skip, limit = (
        _count(expr, word, Env(context, {})) for expr, word in ((clause.skip, "SKIP"), (clause.limit, "LIMIT"))
    )
    wide = (
        not keys and not block.order and not cut and any(value.kind in (*ELEMENTS, "path") for value in values.values())
    )
    terms = [*keys, *block.order]
    sorted_by = {term.rsplit(" NULLS ", 1)[0].rsplit(" ", 1)[0] for term in keys}
    terms += [f"{key} ASC NULLS LAST" for key in dict.fromkeys(sort_keys(values.values())) if key not in sorted_by]
    if final:
        block.scope = values
        context.one_by_one |= wide  # too much to sort: in the order in which one thread joins
        order = f" ORDER BY {', '.join(terms)}" if terms and not wide else ""
        return order + (f" LIMIT {limit}" if limit else "") + (f" OFFSET {skip}" if skip else "")
    if clause.where is not None and not cut:
        block.where.append(condition(clause.where, env))
    if not clause.order and not cut:
        block.flush(values)
        return ""
    number = f"row_number() OVER (ORDER BY {', '.join(terms)})" if terms else "row_number() OVER ()"
    block.order = []
    block.flush({**values, PLACE: Value(INT, number)})
    place = block.scope.pop(PLACE).sql
    if skip:
        block.where.append(f"{place} > {skip}")
    if limit:
        block.where.append(f"{place} <= {skip or 0} + {limit}")
    block.order = [place]
    if clause.where is not None and cut:
        block.where.append(condition(clause.where, block.env))
        block.asks = has_lookup(clause.where)
    return ""


def _sort_terms(clause: tree.Project, known: tuple[tuple[tree.Expr, Value], ...], env: Env) -> list[str]:
    """ORDER BY in SQL, without what is the same in all rows: null is the greatest. What is written as one of the `known` items is that
    column, whatever its names stand for behind it; a name alone is what it stands for."""
    terms = []
    for sort in clause.order:
        at = getattr(sort.of, "at", 0)
        column = next((value for expr, value in known if expr == sort.of and not isinstance(expr, tree.Variable)), None)
        if column is None and has_aggregate(sort.of):
            why = "ORDER BY an aggregate that is not returned; return it with AS and order by its name"
            raise env.context.fault(at, why)
        value = column or compile_expr(sort.of, env)
        if value.kind in ("map", "path", *ELEMENTS) or not value.type.kinds <= set(SCALARS):
            raise env.context.fault(at, f"ORDER BY {value.type.word} is not covered; order by a property")
        if value.kind != "null" and value.constant is None:
            terms.append(f"{box(value)} {'DESC NULLS FIRST' if sort.descending else 'ASC NULLS LAST'}")
    return terms


def _count(expr: tree.Expr | None, word: str, env: Env) -> str:
    """The number of SKIP or LIMIT in SQL; none where there is none."""
    if expr is None:
        return ""
    value = compile_expr(expr, env)
    why = f"{word} takes an integer that is 0 or more"
    if value.kind != "int" or (isinstance(value.constant, int) and value.constant < 0):
        raise env.context.fault(getattr(expr, "at", 0), why)
    if value.constant is not None:
        return value.sql
    return f"CASE WHEN {value.sql} >= 0 THEN {value.sql} ELSE error({quote(why)})::BIGINT END"  # SQL takes null for no limit


def _group(block: Block, items: list[tree.Item]) -> None:
    """Aggregate the rows: one for each combination of the items without an aggregate. The values are left
    under hidden names."""
    if block.outer:
        block.flush(block.env.scope)  # an aggregate of names from around it would be one of the rows around it
    context, env = block.context, block.env
    keys = {at: compile_expr(item.of, env) for at, item in enumerate(items) if not has_aggregate(item.of)}
    calls: list[tree.Call] = []
    for at, item in enumerate(items):
        if at not in keys:
            _find_calls(item.of, calls)
    selected: dict[str, Value] = {}
    groups: list[str] = []
    for at, value in keys.items():
        if value.parts is not None and value.kind in ELEMENTS:
            groups.append(identity(value))
            others = {name: sql if name == "id" else f"any_value({sql})" for name, sql in value.parts.items()}
            selected[f"k{at}"] = replace(value, parts=others)
        else:
            refuse_unlike(value, "a group", context, items[at].at)
            plain = replace(value, sql=box(value), parts=None) if value.parts is not None else value
            if plain.kind == "null":
                plain = replace(plain, sql=f"CAST(NULL AS {sql_type(plain.type)})")
            selected[f"k{at}"] = plain
            if value.constant is None and plain.kind != "null":
                groups.append(plain.sql)
            else:
                selected[f"k{at}"] = replace(plain, sql=f"any_value({plain.sql})")
    for number, call in enumerate(calls):
        selected[f"a{number}"] = _aggregate(call, env, block.order)
    columns, values = export(context, selected)
    table = context.name("g")
    # without a key it is one row, of no rows too, and where all that is aggregated is null and so in no aggregate of SQL's
    rest = f" GROUP BY {', '.join(groups)}" if groups else f" HAVING count(*) {'>' if keys else '>='} 0"
    block.tables, block.where = [f"({block.select(columns, rest)}) AS {table}"], []
    block.order = []
    values = {name: within(value, table) for name, value in values.items()}
    known = [(items[at].of, values[f"k{at}"]) for at in keys] + [
        (call, values[f"a{number}"]) for number, call in enumerate(calls)
    ]
    inner = Env(context, dict(block.outer), tuple(known))
    block.scope = {}
    for at, item in enumerate(items):
        if at in keys:
            block.scope[f"\0{at}"] = values[f"k{at}"]
        else:
            _refuse_loose(item.of, known, inner)
            block.scope[f"\0{at}"] = compile_expr(item.of, inner)


def _refuse_loose(expr: Any, known: list[tuple[tree.Expr, Value]], env: Env) -> None:
    """Raises CypherError for a name beside an aggregate that is none of the group's."""
    if any(expr == one for one, _ in known):
        return
    if isinstance(expr, tree.Variable) and expr.name not in env.scope:
        raise env.context.fault(
            expr.at,
            f"{expr.name} stands beside an aggregate and is not one of the columns that group; put it in WITH before",
        )
    if isinstance(expr, tree.Comprehension | tree.Quantified | tree.Reduce):
        return
    for child in children(expr):
        _refuse_loose(child, known, env)


def _find_calls(expr: Any, calls: list[tree.Call]) -> None:
    if isinstance(expr, tree.Call) and expr.name in AGGREGATES:
        if expr not in calls:
            calls.append(expr)
        return
    for child in children(expr):
        _find_calls(child, calls)


def _aggregate(call: tree.Call, env: Env, order: list[str]) -> Value:
    if call.star:
        if call.name != "count":
            raise env.context.fault(call.at, f"{call.name}(*) is not defined")
        return Value(Type("int"), "count(*)")
    if any(has_aggregate(arg) for arg in call.args):
        raise env.context.fault(call.at, "an aggregate of an aggregate; use WITH between")
    args = [compile_expr(arg, env) for arg in call.args]
    args = [whole(arg, env) if call.name == "collect" else arg for arg in args]
    if call.distinct:
        refuse_unlike(args[0], f"{call.name}(DISTINCT)", env.context, call.at)
    return aggregate(call.name, args, call.distinct, order, env, call.at)


def compile_return(block: Block, clause: tree.Project, final: bool) -> Select:
    """The rows of a RETURN. `final`: they are the answer, in an order that is certain; else they are a subquery's, with what their
    order goes by."""
    rest = project(block, clause, final)
    values = {name: whole(value, block.env) for name, value in block.scope.items()}
    if final:
        columns = [f"{cast(value, value.type)} AS r{at}" for at, value in enumerate(values.values())]
        named = {name: Value(value.type, f"r{at}") for at, (name, value) in enumerate(values.items())}
        return Select(block.select(columns, rest), named)
    columns, named = export(block.context, values)
    order = []
    for key in block.order:
        columns.append(f"{key} AS {(name := block.context.name('o'))}")
        order.append(name)
    return Select(block.select(columns), named, tuple(order))
