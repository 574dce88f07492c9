"""Functions of texts."""

from collections.abc import Callable

from kgtools.kg.cypher.functions.arguments import needs, null_of
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import INT, TEXT, TEXTS, Type
from kgtools.kg.cypher.values import Value, literal, quote

SPACE = " \\t\\n\\v\\f\\r\\x1c\\x1d\\x1e\\x1f\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}"
"""What Java's Character.isWhitespace takes for white space, as RE2 writes it: no NBSP, U+2007 and U+202F, but U+3000."""


PLAIN = "[\\x00-\\x7f\\x{2e80}-\\x{9fff}\\x{3000}-\\x{303f}\\x{ff00}-\\x{ff20}]*"
"""Letters of ASCII, Han and their signs: where small and capital are as in SQL, one for one."""


def _on_text(name: str, template: str, type_: Type = TEXT) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("text",), f"{name}()")
        return null_of(type_) if value.kind == "null" else Value(type_, template.format(x=value.sql))

    return function


def _trim(name: str, side: str) -> Callable[..., Value]:
    patterns = {"l": f"^[{SPACE}]+", "r": f"[{SPACE}]+$", "": f"^[{SPACE}]+|[{SPACE}]+$"}

    def function(env: Env, at: int, value: Value, signs: Value | None = None) -> Value:
        for given in (value, signs) if signs else (value,):
            needs(env, at, given, ("text",), f"{name}()")
            if given.kind == "null":
                return null_of(TEXT)
        if signs is not None:
            return Value(TEXT, f"{side}trim({value.sql}, {signs.sql})")
        return Value(TEXT, f"regexp_replace({value.sql}, {quote(patterns[side])}, '', 'g')")

    return function


def _replace(env: Env, at: int, text: Value, old: Value, new: Value) -> Value:
    for value in (text, old, new):
        needs(env, at, value, ("text",), "replace()")
    if any(value.kind == "null" for value in (text, old, new)):
        return null_of(TEXT)
    plain = f"replace({text.sql}, {old.sql}, {new.sql})"
    if old.constant:
        return Value(TEXT, plain)
    # Java puts it before every character, and at the end
    between = f"regexp_replace({_with_halves(text.sql)}, '', replace({new.sql}, chr(92), chr(92) || chr(92)), 'g')"
    return Value(
        TEXT,
        f"CASE WHEN {text.sql} IS NULL OR {new.sql} IS NULL THEN NULL WHEN {old.sql} = '' AND {new.sql} <> '' THEN {between} ELSE {plain} END",
    )


def _with_halves(sql: str) -> str:
    """A text as Java parts it into characters: a rare one is two, and half of one a question mark."""
    return f"regexp_replace({sql}, '[\\x{{10000}}-\\x{{10FFFF}}]', '??', 'g')"


def _substring(env: Env, at: int, text: Value, start: Value, length: Value | None = None) -> Value:
    needs(env, at, text, ("text",), "substring()")
    for value in (start, length):
        if value is not None:
            needs(env, at, value, ("int",), "a place in substring()")
    if text.kind == "null" or start.kind == "null":
        return null_of(TEXT)
    begin = _not_negative(start, "substring")
    rest = f", {_not_negative(length, 'substring')}" if length is not None and length.kind != "null" else ""
    return Value(TEXT, f"substr({text.sql}, {begin} + 1{rest})")


def _not_negative(value: Value, name: str) -> str:
    if isinstance(value.constant, int) and value.constant >= 0:
        return value.sql
    return f"(CASE WHEN {value.sql} < 0 THEN error('{name}() with a negative number')::BIGINT ELSE {value.sql} END)"


def _end(name: str) -> Callable[..., Value]:
    def function(env: Env, at: int, text: Value, length: Value) -> Value:
        needs(env, at, text, ("text",), f"{name}()")
        needs(env, at, length, ("int",), f"the length in {name}()")
        if text.kind == "null" or length.kind == "null":
            return null_of(TEXT)
        return Value(TEXT, f"{name}({text.sql}, {_not_negative(length, name)})")

    return function


def _split(env: Env, at: int, text: Value, sign: Value) -> Value:
    needs(env, at, text, ("text",), "split()")
    needs(env, at, sign, ("text",), "split()")
    if "null" in (text.kind, sign.kind):
        return null_of(TEXTS)
    of = text.sql
    if not sign.constant:  # '' parts every character from the next
        of = f"CASE WHEN {sign.sql} = '' THEN {_with_halves(of)} ELSE {of} END"
    return Value(TEXTS, f"CASE WHEN {text.sql} = '' THEN [''] ELSE string_split({of}, {sign.sql}) END")


def _reverse(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text", "list"), "reverse()")
    if value.kind == "null":
        return literal(None)
    if value.kind == "list":
        return Value(value.type, f"list_reverse({value.sql})")
    env.context.functions.add("reversed_text")  # SQL keeps a letter and its accent together
    plain = f"regexp_full_match({value.sql}, {quote(PLAIN)})"
    return Value(TEXT, f"CASE WHEN {plain} THEN reverse({value.sql}) ELSE reversed_text({value.sql}) END")


def _in_case(name: str, function: str) -> Callable[..., Value]:
    """toUpper and toLower: `ß` and `ﬁ` are two capitals, and the last small letter of a Greek word is another."""

    def change(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("text",), f"{name}()")
        if value.kind == "null":
            return null_of(TEXT)
        env.context.functions.add(f"full_{function}")
        plain = f"regexp_full_match({value.sql}, {quote(PLAIN)})"
        return Value(TEXT, f"CASE WHEN {plain} THEN {function}({value.sql}) ELSE full_{function}({value.sql}) END")

    return change


def _normalize(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text",), "normalize()")
    if value.kind == "null":
        return null_of(TEXT)
    env.context.functions.add("normal_form")
    return Value(TEXT, f"normal_form({value.sql})")


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "toupper": _in_case("toUpper", "upper"), "upper": _in_case("upper", "upper"), "tolower": _in_case("toLower", "lower"),
    "lower": _in_case("lower", "lower"), "normalize": _normalize,
    "trim": _trim("trim", ""), "btrim": _trim("btrim", ""), "ltrim": _trim("ltrim", "l"), "rtrim": _trim("rtrim", "r"),
    "replace": _replace, "substring": _substring, "left": _end("left"), "right": _end("right"), "split": _split, "reverse": _reverse,
    "char_length": _on_text("char_length", "length({x})", INT), "character_length": _on_text("character_length", "length({x})", INT),
}  # fmt: skip
