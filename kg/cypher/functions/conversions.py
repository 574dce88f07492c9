"""toString, toInteger, toFloat and toBoolean, as Java reads and writes these values."""

from collections.abc import Callable

from kgtools.kg.cypher.functions.arguments import needs, null_of
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import BOOL, FLOAT, INT, SCALARS, TEXT, Type
from kgtools.kg.cypher.values import Value


def _on_each(function: Callable[..., Value], env: Env, at: int, value: Value, type_: Type) -> Value:
    """A function of a value of several kinds: of each what it is for that kind."""
    if not value.type.kinds <= set(SCALARS):
        raise env.context.fault(at, "a list or map may be among the values")
    ranks = {"text": ("1", "t", TEXT), "bool": ("2", "b", BOOL)}
    cases = [
        f"WHEN {rank} THEN {function(env, at, Value(kind, f'({value.sql}).{name}')).sql}"
        for own, (rank, name, kind) in ranks.items() if own in value.type.kinds
    ]  # fmt: skip
    whole, number = (
        function(env, at, Value(kind, f"({value.sql}).{name}")).sql for kind, name in ((INT, "i"), (FLOAT, "n"))
    )
    cases.append(f"WHEN 3 THEN CASE WHEN ({value.sql}).i IS NOT NULL THEN {whole} ELSE {number} END")
    return Value(type_, f"CASE ({value.sql}).k {' '.join(cases)} END")


def _to_string(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text", "int", "float", "bool", "any"), "toString()")
    if value.kind == "null":
        return null_of(TEXT)
    if value.kind == "any":
        return _on_each(_to_string, env, at, value, TEXT)
    if value.kind == "text":
        return value
    if value.kind == "float":
        env.context.functions.add("float_text")
        return Value(TEXT, f"float_text({value.sql})")
    return Value(TEXT, f"CAST({value.sql} AS VARCHAR)")


def _to_integer(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text", "int", "float", "bool", "any"), "toInteger()")
    if value.kind == "null":
        return null_of(INT)
    if value.kind == "any":
        return _on_each(_to_integer, env, at, value, INT)
    if value.kind == "int":
        return value
    if value.kind == "bool":
        return Value(INT, f"CAST({value.sql} AS BIGINT)")
    if value.kind == "float":
        return Value(INT, f"CAST(trunc({value.sql}) AS BIGINT)")
    env.context.functions.add("java_integer")
    plain = f"regexp_full_match({value.sql}, '-?[0-9]{{1,18}}')"
    return Value(INT, f"CASE WHEN {plain} THEN TRY_CAST({value.sql} AS BIGINT) ELSE java_integer({value.sql}) END")


def _cut(sql: str) -> str:
    """A text without what Java's String.trim takes away: blanks and control signs around it."""
    return f"regexp_replace({sql}, '^[\\x00-\\x20]+|[\\x00-\\x20]+$', '', 'g')"


def _to_float(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text", "int", "float", "any"), "toFloat()")
    if value.kind == "null":
        return null_of(FLOAT)
    if value.kind == "any":
        return _on_each(_to_float, env, at, value, FLOAT)
    if value.kind == "text":
        env.context.functions.add("java_float")
        plain = f"regexp_full_match({value.sql}, '-?[0-9]{{1,15}}([.][0-9]{{1,15}})?')"
        nan = f"regexp_full_match({_cut(value.sql)}, '[+-]?NaN') THEN 'NaN'::DOUBLE"  # which a function would hand on as null
        return Value(
            FLOAT, f"CASE WHEN {plain} THEN TRY_CAST({value.sql} AS DOUBLE) WHEN {nan} ELSE java_float({value.sql}) END"
        )
    return Value(FLOAT, f"CAST({value.sql} AS DOUBLE)")


def _to_boolean(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text", "int", "bool"), "toBoolean()")
    if value.kind == "null":
        return null_of(BOOL)
    if value.kind == "text":
        return Value(BOOL, f"CASE lower({_cut(value.sql)}) WHEN 'true' THEN true WHEN 'false' THEN false END")
    return value if value.kind == "bool" else Value(BOOL, f"({value.sql} <> 0)")


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "tostring": _to_string, "tostringornull": _to_string, "tointeger": _to_integer,
    "tointegerornull": _to_integer, "tofloat": _to_float, "tofloatornull": _to_float, "toboolean": _to_boolean, "tobooleanornull": _to_boolean,
}  # fmt: skip
