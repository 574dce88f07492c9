"""Functions of numbers, and lists of them."""

from collections.abc import Callable

from kgtools.kg.cypher.functions.arguments import needs, null_of
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import BOOL, FLOAT, INT, NUMBERS, NUMERIC, Type
from kgtools.kg.cypher.values import Value, as_float, literal


def _on_number(name: str, template: str, type_: Type | None = None) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        if value.type == NUMERIC:
            value = as_float(value)
            if type_ is None:
                raise env.context.fault(at, f"{name}() of an integer or a float is not covered; use toFloat(x)")
        needs(env, at, value, NUMBERS, f"{name}()")
        given = type_ or value.type
        return (
            null_of(given)
            if value.kind == "null"
            else Value(given, template.format(x=value.sql, d=f"CAST({value.sql} AS DOUBLE)"))
        )

    return function


def _round(env: Env, at: int, value: Value, digits: Value | None = None) -> Value:
    value = as_float(value)
    needs(env, at, value, NUMBERS, "round()")
    if value.kind == "null":
        return null_of(FLOAT)
    x = f"CAST({value.sql} AS DOUBLE)"
    if digits is None or digits.constant == 0:
        return Value(FLOAT, f"floor({x} + 0.5)::DOUBLE")
    if not isinstance(digits.constant, int) or digits.constant < 0:
        raise env.context.fault(at, "round() takes a number of digits that is 0 or more")
    # by the digits that the number is written with, as BigDecimal does: 1.005 is below 1.005
    exact = f"CAST({x} AS DECIMAL(38, 15))" if digits.constant <= 12 else x
    made = f"CAST(round({exact}, {digits.constant}) AS DOUBLE)"
    return Value(
        FLOAT, f"(CASE WHEN abs({x}) < 1e22 THEN {made} ELSE {x} END)"
    )  # a larger one, infinity and NaN have no digits


def _range(env: Env, at: int, start: Value, end: Value, step: Value | None = None) -> Value:
    for value in (start, end, step):
        if value is not None and value.kind != "int":
            raise env.context.fault(at, f"range() is asked with {value.type.word}; integers are expected")
    steps = step.sql if step is not None else "1"
    if step is not None and step.constant == 0:
        raise env.context.fault(at, "range() with a step of 0 never ends")
    # as many as Neo4j makes, whose division cuts: range(1, 0, 2) is [1]
    count, each = f"greatest(({end.sql} - {start.sql}) // {steps} + 1, 0)", env.context.name("x")
    return Value(Type("list", INT), f"list_transform(range(0, {count}), lambda {each}: {start.sql} + {each} * {steps})")


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": _on_number("abs", "abs({x})"), "ceil": _on_number("ceil", "ceil({d})", FLOAT),
    "floor": _on_number("floor", "floor({d})", FLOAT), "sign": _on_number("sign", "CAST(sign({x}) AS BIGINT)", INT),
    "sqrt": _on_number("sqrt", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({d}) END)", FLOAT), "exp": _on_number("exp", "exp({d})", FLOAT),
    "log": _on_number("log", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE WHEN {d} = 0 THEN '-Infinity'::DOUBLE ELSE ln({d}) END)", FLOAT),
    "log10": _on_number("log10", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE WHEN {d} = 0 THEN '-Infinity'::DOUBLE ELSE log10({d}) END)", FLOAT),
    "isnan": _on_number("isNaN", "isnan({d})", BOOL), "round": _round, "range": _range, "pi": lambda *_: literal(3.141592653589793),
    "e": lambda *_: literal(2.718281828459045),
}  # fmt: skip
