"""The aggregates of Cypher in SQL: over the rows of a group."""

from kgtools.kg.cypher.functions.arguments import needs
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import ELEMENTS, FLOAT, INT, NULL, NUMBERS, NUMERIC, SCALARS, Type, sql_type
from kgtools.kg.cypher.values import Value, box, convert, identity, literal


def aggregate(name: str, args: list[Value], distinct: bool, order: list[str], env: Env, at: int) -> Value:
    """An aggregate over the rows of a group; `order`: what their order goes by, where it is promised. Raises CypherError."""
    least = 2 if name.startswith("percentile") else 1
    if len(args) != least:
        raise env.context.fault(at, f"{name}() takes {least} argument{'s' * (least > 1)}")
    value = args[0]
    if name == "count":
        sql = identity(value) if value.kind in ELEMENTS else box(value)
        return Value(INT, f"count({'DISTINCT ' * distinct}{sql})" if value.kind != "null" else "0::BIGINT * count(*)")
    if name == "collect":
        return _collect(value, distinct, order)
    if name in ("min", "max"):
        return _extreme(name, value, env, at)
    if value.kind == "any" and value.type.kinds == {"int", "float"}:
        return _mixed_aggregate(name, [Value(FLOAT, f"({value.sql}).n"), *args[1:]], value, distinct, env, at)
    needs(env, at, value, NUMBERS, f"{name}()")
    return _number_aggregate(name, args, distinct, env, at)


def _collect(value: Value, distinct: bool, order: list[str]) -> Value:
    if value.kind == "null":
        return Value(Type("list", NULL), "[]::VARCHAR[]")
    type_, sql = Type("list", value.type), box(value)
    test = identity(value) if value.kind in ELEMENTS else sql
    if distinct and order:
        # the first of each, in the order of the rows
        rows = f"list({sql} ORDER BY {', '.join([*order, test])}) FILTER (WHERE {test} IS NOT NULL)"
        return Value(
            type_,
            f"coalesce(list_filter({rows}, lambda x, i: list_position({rows}, x) = i), CAST([] AS {sql_type(type_)}))",
        )
    if value.constant is not None:
        return Value(type_, f"coalesce(list({'DISTINCT ' * distinct}{sql}), CAST([] AS {sql_type(type_)}))")
    by = ", ".join([*order, test])  # rows of several nodes may have one place, as UNWIND numbers those of each
    full = f"FILTER (WHERE {test} IS NOT NULL)"
    made = f"list_sort(list(DISTINCT {sql}) {full})" if distinct else f"list({sql} ORDER BY {by}) {full}"
    return Value(type_, f"coalesce({made}, CAST([] AS {sql_type(type_)}))")


def _extreme(name: str, value: Value, env: Env, at: int) -> Value:
    if value.kind == "null":
        return literal(None)
    if value.kind in ("map", "path", *ELEMENTS) or not value.type.kinds <= set(SCALARS):
        raise env.context.fault(at, f"{name}() of {value.type.word} is not covered; use a property")
    return Value(value.type, f"{name}({value.sql})")


def _mixed_aggregate(name: str, args: list[Value], value: Value, distinct: bool, env: Env, at: int) -> Value:
    """Of integers and floats: as floats, but that a sum of integers alone is one."""
    if name == "sum":
        made = _float_aggregate("sum", args[0].sql, distinct)
        whole = f"bool_and(({value.sql}).i IS NOT NULL OR {value.sql} IS NULL)"
        exact = _number_aggregate("sum", [Value(INT, f"({value.sql}).i")], distinct, env, at).sql
        integer = convert(exact, INT, NUMERIC)
        return Value(
            NUMERIC, f"CASE WHEN coalesce({whole}, true) THEN {integer} ELSE {convert(made, FLOAT, NUMERIC)} END"
        )
    if name.startswith("percentile"):
        raise env.context.fault(at, f"{name}() of integers and floats is not covered; use toFloat(x)")
    return _number_aggregate(name, args, distinct, env, at)


def _float_aggregate(name: str, sql: str, distinct: bool) -> str:
    """An aggregate of floats in a certain order, for the last digits depend on it."""
    if distinct:
        return f"list_aggregate(list_sort(list(DISTINCT {sql}) FILTER (WHERE {sql} IS NOT NULL)), '{name}')"
    return f"{name}({sql} ORDER BY {sql})"


def _number_aggregate(name: str, args: list[Value], distinct: bool, env: Env, at: int) -> Value:
    value, word = args[0], "DISTINCT " * distinct
    null = value.kind == "null"
    sql = "CAST(NULL AS BIGINT)" if null else value.sql
    if name == "sum":
        if value.kind == "float":
            # of nothing it is the integer 0
            none, made = (
                convert("0::BIGINT", INT, NUMERIC),
                convert(_float_aggregate("sum", sql, distinct), FLOAT, NUMERIC),
            )
            return Value(NUMERIC, f"CASE WHEN count({sql}) = 0 THEN {none} ELSE {made} END")
        return Value(INT, f"coalesce(CAST(sum({word}{sql}) AS BIGINT), 0)")
    double = f"CAST({sql} AS DOUBLE)"
    if name == "avg":
        return Value(FLOAT, _float_aggregate("avg", double, distinct))
    if name in ("stdev", "stdevp"):
        which = "stddev_samp" if name == "stdev" else "stddev_pop"
        return Value(
            FLOAT,
            f"coalesce({_float_aggregate(which, double, distinct)}, CASE WHEN count({sql}) > 0 THEN 0.0::DOUBLE END)",
        )
    share = args[1]
    if not isinstance(share.constant, int | float) or isinstance(share.constant, bool) or not 0 <= share.constant <= 1:
        raise env.context.fault(at, f"{name}() takes a percentile from 0.0 to 1.0")
    if name == "percentilecont":
        made = f"quantile_cont({word}{double}, {float(share.constant)!r})"
        if value.kind == "float":
            return Value(FLOAT, made)
        # where it is one of the values, it stays the integer that it is
        place = f"({float(share.constant)!r}::DOUBLE * (count({word}{sql}) - 1))"
        any_ = NUMERIC
        return Value(
            any_,
            f"CASE WHEN {place} = floor({place}) THEN {convert(f'CAST({made} AS BIGINT)', INT, any_)} ELSE {convert(made, FLOAT, any_)} END",
        )
    return Value(value.type if not null else INT, f"quantile_disc({word}{sql}, {float(share.constant)!r})")
