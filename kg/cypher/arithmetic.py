"""Arithmetic of compiled values, and the joining of texts and lists, with Neo4j's meaning."""

from kgtools.kg.cypher.functions import FUNCTIONS
from kgtools.kg.cypher.properties import whole
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import FLOAT, INT, NULL, NUMBERS, NUMERIC, TEXT, Type, sql_type, unify
from kgtools.kg.cypher.values import Value, as_float, box, cast, convert, literal


def arithmetic(op: str, left: Value, right: Value, env: Env, at: int) -> Value:
    if op in ("+", "||") and "list" in (left.kind, right.kind):
        return _join_lists(op, left, right, env, at)
    if "null" in (left.kind, right.kind):
        other = left if right.kind == "null" else right
        return (
            literal(None)
            if other.kind in ("null", "text", "list")
            else Value(
                FLOAT if op == "^" else other.type, f"CAST(NULL AS {sql_type(FLOAT if op == '^' else other.type)})"
            )
        )
    if NUMERIC in (left.type, right.type) and op != "||" and "text" not in (left.kind, right.kind):
        return _numeric_arithmetic(op, left, right, env, at)
    if op in ("+", "||") and "text" in (left.kind, right.kind):
        return _join_texts(op, left, right, env, at)
    if left.kind not in NUMBERS or right.kind not in NUMBERS or op == "||":
        raise env.context.fault(at, f"{op} between {left.type.word} and {right.type.word} is not defined")
    if op == "^":
        return Value(FLOAT, f"pow({left.sql}::DOUBLE, {right.sql}::DOUBLE)")
    if left.kind == right.kind == "int":
        if op in ("/", "%"):
            zero = "error('/ by zero')::BIGINT"
            sign = "//" if op == "/" else "%"
            if isinstance(right.constant, int) and right.constant not in (0, -1):
                return Value(INT, f"({left.sql} {sign} {right.sql})")
            return Value(
                INT,
                f"(CASE WHEN {right.sql} = 0 AND {left.sql} IS NOT NULL THEN {zero} ELSE {left.sql} {sign} nullif({right.sql}, 0) END)",
            )
        return Value(INT, f"({left.sql} {op} {right.sql})")
    dividend, divisor = f"{left.sql}::DOUBLE", f"{right.sql}::DOUBLE"
    if op == "/" and right.kind == "int" and not right.constant and None in (left.constant, right.constant):
        # of a float by the integer 0 Neo4j makes infinity only where both are written in the query
        zero = f"{right.sql} = 0 AND {left.sql} IS NOT NULL"
        return Value(FLOAT, f"(CASE WHEN {zero} THEN error('/ by zero')::DOUBLE ELSE {dividend} / {divisor} END)")
    return Value(
        FLOAT,
        f"({dividend} - {divisor} * trunc({dividend} / {divisor}))" if op == "%" else f"({dividend} {op} {divisor})",
    )


def _numeric_arithmetic(op: str, left: Value, right: Value, env: Env, at: int) -> Value:
    """Where a side is an integer or a float, as the rows have it: of two integers an integer, else a float."""
    for side in (left, right):
        if side.kind not in NUMBERS and side.type != NUMERIC:
            raise env.context.fault(
                at, f"{op} between {left.type.word} and {right.type.word} is not covered; use toFloat(x)"
            )
    floats = arithmetic(op, Value(FLOAT, _double(left)), Value(FLOAT, _double(right)), env, at)
    if op == "^" or "float" in (left.kind, right.kind):
        return floats
    integers = [Value(INT, f"({side.sql}).i") if side.kind == "any" else side for side in (left, right)]
    whole = " AND ".join(f"{side.sql} IS NOT NULL" for side in integers)
    made = convert(arithmetic(op, integers[0], integers[1], env, at).sql, INT, NUMERIC)
    return Value(NUMERIC, f"CASE WHEN {whole} THEN {made} ELSE {convert(floats.sql, FLOAT, NUMERIC)} END")


def _double(value: Value) -> str:
    return as_float(value).sql if value.kind == "any" else f"CAST({value.sql} AS DOUBLE)"


def _join_texts(op: str, left: Value, right: Value, env: Env, at: int) -> Value:
    if isinstance(left.constant, str) and isinstance(right.constant, str):
        return literal(left.constant + right.constant)
    sides = []
    for side in (left, right):
        if (side.kind not in ("text", "int", "float") and side.type != NUMERIC) or (op == "||" and side.kind != "text"):
            raise env.context.fault(
                at, f"{op} between {left.type.word} and {right.type.word} is not defined; use toString(x)"
            )
        sides.append(FUNCTIONS["tostring"](env, at, side).sql if side.kind != "text" else side.sql)
    return Value(TEXT, f"({sides[0]} || {sides[1]})")


def _join_lists(op: str, left: Value, right: Value, env: Env, at: int) -> Value:
    if "null" in (left.kind, right.kind):
        return literal(None)
    if left.kind != right.kind and op == "||":
        raise env.context.fault(at, f"|| between {left.type.word} and {right.type.word} is not defined; use +")
    left, right = whole(left, env), whole(right, env)
    inner = [side.type.of or NULL if side.kind == "list" else side.type for side in (left, right)]
    nested = [side.kind == "list" for side in (left, right)]
    type_ = Type("list", unify(*inner), any(side.kind == "list" and side.type.nulls for side in (left, right)))
    of = type_.of or NULL
    sides = [
        cast(side, type_) if is_list else f"[{cast(side, of)}]"
        for side, is_list in zip((left, right), nested, strict=True)
    ]
    null = " OR ".join(f"{box(side)} IS NULL" for side in (left, right))
    return Value(type_, f"CASE WHEN {null} THEN NULL ELSE list_concat({sides[0]}, {sides[1]}) END")
