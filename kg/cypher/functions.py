"""The functions of Cypher in SQL, each as Neo4j computes it."""

from collections.abc import Callable

from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.values import (
    BOOL,
    FLOAT,
    INT,
    NULL,
    NUMBERS,
    NUMERIC,
    PROPERTIES,
    RANKS,
    SCALARS,
    TEXT,
    TEXTS,
    Type,
    Value,
    as_float,
    attribute_sql,
    cast,
    identity,
    literal,
    once,
    part,
    quote,
    sql_type,
    struct,
    unify,
)

DATES = "dates are texts in a graph; compare ISO texts"


IDS = "internal ids differ between stores; use n.id"


INSTEAD = {
    **dict.fromkeys(("date", "datetime", "localdatetime", "time", "localtime", "timestamp", "duration"), DATES),
    **dict.fromkeys(("id", "elementid"), IDS),
    "exists": "write EXISTS { (a)-[:R]->(b) } or n.property IS NOT NULL",
    "rand": "its answer is another each time", "randomuuid": "its answer is another each time",
    "length": "length() is asked of a path; size() of a list or text",
}  # fmt: skip


SPACE = " \\t\\n\\v\\f\\r\\x1c\\x1d\\x1e\\x1f\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}"
"""What Java's Character.isWhitespace takes for white space, as RE2 writes it: no NBSP, U+2007 and U+202F, but U+3000."""


PLAIN = "[\\x00-\\x7f\\x{2e80}-\\x{9fff}\\x{3000}-\\x{303f}\\x{ff00}-\\x{ff20}]*"
"""Letters of ASCII, Han and their signs: where small and capital are as in SQL, one for one."""


def needs(env: Env, at: int, value: Value, kinds: tuple[str, ...], what: str) -> None:
    if value.kind != "null" and value.kind not in kinds:
        raise env.context.fault(at, f"{what} is asked of {value.type.word}")


def _null(type_: Type) -> Value:
    return Value(type_, f"CAST(NULL AS {sql_type(type_)})")


def _on_text(name: str, template: str, type_: Type = TEXT) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("text",), f"{name}()")
        return _null(type_) if value.kind == "null" else Value(type_, template.format(x=value.sql))

    return function


def _trim(name: str, side: str) -> Callable[..., Value]:
    patterns = {"l": f"^[{SPACE}]+", "r": f"[{SPACE}]+$", "": f"^[{SPACE}]+|[{SPACE}]+$"}

    def function(env: Env, at: int, value: Value, signs: Value | None = None) -> Value:
        for given in (value, signs) if signs else (value,):
            needs(env, at, given, ("text",), f"{name}()")
            if given.kind == "null":
                return _null(TEXT)
        if signs is not None:
            return Value(TEXT, f"{side}trim({value.sql}, {signs.sql})")
        return Value(TEXT, f"regexp_replace({value.sql}, {quote(patterns[side])}, '', 'g')")

    return function


def _replace(env: Env, at: int, text: Value, old: Value, new: Value) -> Value:
    for value in (text, old, new):
        needs(env, at, value, ("text",), "replace()")
    if any(value.kind == "null" for value in (text, old, new)):
        return _null(TEXT)
    plain = f"replace({text.sql}, {old.sql}, {new.sql})"
    if old.constant:
        return Value(TEXT, plain)
    # Java puts it before every character, and at the end; of a rare one, which is two in Java, half a one is a question mark
    halves = f"regexp_replace({text.sql}, '[\\x{{10000}}-\\x{{10FFFF}}]', '??', 'g')"
    between = f"regexp_replace({halves}, '', replace({new.sql}, chr(92), chr(92) || chr(92)), 'g')"
    return Value(
        TEXT,
        f"CASE WHEN {text.sql} IS NULL OR {new.sql} IS NULL THEN NULL WHEN {old.sql} = '' AND {new.sql} <> '' THEN {between} ELSE {plain} END",
    )


def _substring(env: Env, at: int, text: Value, start: Value, length: Value | None = None) -> Value:
    needs(env, at, text, ("text",), "substring()")
    for value in (start, length):
        if value is not None:
            needs(env, at, value, ("int",), "a place in substring()")
    if text.kind == "null" or start.kind == "null":
        return _null(TEXT)
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
            return _null(TEXT)
        return Value(TEXT, f"{name}({text.sql}, {_not_negative(length, name)})")

    return function


def _split(env: Env, at: int, text: Value, sign: Value) -> Value:
    needs(env, at, text, ("text",), "split()")
    needs(env, at, sign, ("text",), "split()")
    if "null" in (text.kind, sign.kind):
        return _null(TEXTS)
    return Value(TEXTS, f"CASE WHEN {text.sql} = '' THEN [''] ELSE string_split({text.sql}, {sign.sql}) END")


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
            return _null(TEXT)
        env.context.functions.add(f"full_{function}")
        plain = f"regexp_full_match({value.sql}, {quote(PLAIN)})"
        return Value(TEXT, f"CASE WHEN {plain} THEN {function}({value.sql}) ELSE full_{function}({value.sql}) END")

    return change


def _normalize(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("text",), "normalize()")
    if value.kind == "null":
        return _null(TEXT)
    env.context.functions.add("normal_form")
    return Value(TEXT, f"normal_form({value.sql})")


def _on_number(name: str, template: str, type_: Type | None = None) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        if value.type == NUMERIC:
            value = as_float(value)
            if type_ is None:
                raise env.context.fault(at, f"{name}() of an integer or a float is not covered; use toFloat(x)")
        needs(env, at, value, NUMBERS, f"{name}()")
        given = type_ or value.type
        return (
            _null(given)
            if value.kind == "null"
            else Value(given, template.format(x=value.sql, d=f"CAST({value.sql} AS DOUBLE)"))
        )

    return function


def _round(env: Env, at: int, value: Value, digits: Value | None = None) -> Value:
    value = as_float(value)
    needs(env, at, value, NUMBERS, "round()")
    if value.kind == "null":
        return _null(FLOAT)
    x = f"CAST({value.sql} AS DOUBLE)"
    if digits is None or digits.constant == 0:
        if digits is not None:
            return Value(FLOAT, f"(CASE WHEN {x} < 0 THEN -floor(-{x} + 0.5) ELSE floor({x} + 0.5) END)::DOUBLE")
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
        return _null(TEXT)
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
        return _null(INT)
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
        return _null(FLOAT)
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
        return _null(BOOL)
    if value.kind == "text":
        return Value(BOOL, f"CASE lower({_cut(value.sql)}) WHEN 'true' THEN true WHEN 'false' THEN false END")
    return value if value.kind == "bool" else Value(BOOL, f"({value.sql} <> 0)")


def _size(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("list", "text"), "size()")
    if value.kind == "null":
        return _null(INT)
    return Value(INT, f"{'len' if value.kind == 'list' else 'length'}({value.sql})")


def _of_list(name: str, template: str, same: bool = False) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("list",), f"{name}()")
        if value.kind == "null":
            return literal(None)
        return Value(value.type if same else value.type.of or NULL, template.format(x=value.sql))

    return function


def _is_empty(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("list", "text", "map"), "isEmpty()")
    if value.kind == "null":
        return _null(BOOL)
    if value.kind == "map":
        return literal(not value.type.fields)
    return Value(BOOL, f"({'len' if value.kind == 'list' else 'length'}({value.sql}) = 0)")


def _coalesce(env: Env, at: int, *values: Value) -> Value:
    if not values:
        raise env.context.fault(at, "coalesce() needs a value")
    type_ = NULL
    for value in values:
        type_ = unify(type_, value.type)
    given = [cast(value, type_) for value in values if value.kind != "null"]
    return Value(type_, f"coalesce({', '.join(given)})") if given else literal(None)


def _labels(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("node",), "labels()")
    if value.kind == "null":
        return _null(TEXTS)
    return Value(TEXTS, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE [{column(value, 'type', env)}] END")


def column(value: Value, name: str, env: Env) -> str:
    """A column of a node or relationship, looked up where it was not carried along."""
    if value.parts is None or name in value.parts:
        return part(value, name)
    table = env.context.name("e")
    return f"(SELECT {table}.{name} FROM {'entities' if value.kind == 'node' else 'triples'} AS {table} WHERE {table}.id = {identity(value)})"


def _type(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("link",), "type()")
    return _null(TEXT) if value.kind == "null" else Value(TEXT, column(value, "relation", env))


def _node_at(name: str) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("link",), "startNode() or endNode()")
        if value.kind == "null":
            return literal(None)
        if env.within:
            raise env.context.fault(
                at, "startNode() and endNode() in a list are not covered; name the nodes in the pattern"
            )
        table = env.context.name("e")
        packed = ", ".join(f"{key} := {table}.{key}" for key, _ in env.context.node.fields)
        end = column(value, name, env)
        return Value(
            env.context.node, f"(SELECT struct_pack({packed}) FROM entities AS {table} WHERE {table}.id = {end})"
        )

    return function


def _properties_of(env: Env, at: int, value: Value) -> Value:
    needs(env, at, value, ("node", "link", "map"), "properties()")
    if value.kind in ("null", "map"):
        return value
    columns = PROPERTIES[value.kind]
    types = {key: TEXTS if kind.kind == "list" else TEXT for key, kind in value.type.fields}
    items = {name: Value(types[name], part(value, name)) for name in columns}
    if value.kind == "node":
        items |= {name: Value(TEXTS, attribute_sql(part(value, "attributes"), name)) for name in env.context.attributes}
    made = struct(dict(sorted(items.items())), sparse=items)
    return Value(made.type, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE {made.sql} END")


def _keys(env: Env, at: int, value: Value) -> Value:
    if value.kind == "any" and value.type.fields:
        wrong = "error('keys() is asked of a value that is no map')::VARCHAR[]"
        return Value(
            TEXTS,
            f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN ({value.sql}).k = {RANKS['map']} THEN json_keys(({value.sql}).j) ELSE {wrong} END",
        )
    needs(env, at, value, ("node", "link", "map"), "keys()")
    if value.kind == "null":
        return _null(TEXTS)
    if value.kind == "map":
        if value.type.sparse:
            each, whole = env.context.name("x"), env.context.name("x")
            names = ", ".join(
                f"CASE WHEN {whole}.f{place} IS NOT NULL THEN {quote(name)} END"
                if name in value.type.sparse
                else quote(name)
                for place, (name, _) in enumerate(value.type.fields)
            )
            own = f"list_filter([{names}], lambda {each}: {each} IS NOT NULL)"
            return Value(TEXTS, once(value.sql, whole, f"CASE WHEN {whole} IS NOT NULL THEN {own} END"))
        names = ", ".join(quote(name) for name, _ in value.type.fields)
        return Value(TEXTS, f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE CAST([{names}] AS VARCHAR[]) END")
    columns = PROPERTIES[value.kind]
    names = ", ".join(f"CASE WHEN {part(value, name)} IS NOT NULL THEN {quote(name)} END" for name in sorted(columns))
    name = env.context.name("x")
    own = f"list_filter([{names}], lambda {name}: {name} IS NOT NULL)"
    if value.kind == "node":
        known = ", ".join(map(quote, env.context.attributes))
        own = f"list_sort(list_concat({own}, list_filter(json_keys({part(value, 'attributes')}), lambda {name}: {name} IN ({known}))))"
    return Value(TEXTS, f"CASE WHEN {identity(value)} IS NULL THEN NULL ELSE {own} END")


def _length(env: Env, at: int, value: Value) -> Value:
    if value.kind == "null":
        return _null(INT)
    if value.kind != "path":
        raise env.context.fault(at, f"length() is asked of {value.type.word}; size() gives how long a list or text is")
    return Value(INT, f"len({part(value, 'links')})")


def _of_path(name: str) -> Callable[..., Value]:
    def function(env: Env, at: int, value: Value) -> Value:
        needs(env, at, value, ("path",), f"{'nodes' if name == 'nodes' else 'relationships'}()")
        if value.kind == "null":
            return literal(None)
        return Value(Type("list", dict(value.type.fields)[name]), part(value, name))

    return function


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "toupper": _in_case("toUpper", "upper"), "upper": _in_case("upper", "upper"), "tolower": _in_case("toLower", "lower"),
    "lower": _in_case("lower", "lower"), "normalize": _normalize,
    "trim": _trim("trim", ""), "btrim": _trim("btrim", ""), "ltrim": _trim("ltrim", "l"), "rtrim": _trim("rtrim", "r"),
    "replace": _replace, "substring": _substring, "left": _end("left"), "right": _end("right"), "split": _split, "reverse": _reverse,
    "char_length": _on_text("char_length", "length({x})", INT), "character_length": _on_text("character_length", "length({x})", INT),
    "abs": _on_number("abs", "abs({x})"), "ceil": _on_number("ceil", "ceil({d})", FLOAT),
    "floor": _on_number("floor", "floor({d})", FLOAT), "sign": _on_number("sign", "CAST(sign({x}) AS BIGINT)", INT),
    "sqrt": _on_number("sqrt", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({d}) END)", FLOAT), "exp": _on_number("exp", "exp({d})", FLOAT),
    "log": _on_number("log", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE WHEN {d} = 0 THEN '-Infinity'::DOUBLE ELSE ln({d}) END)", FLOAT),
    "log10": _on_number("log10", "(CASE WHEN {d} < 0 THEN 'NaN'::DOUBLE WHEN {d} = 0 THEN '-Infinity'::DOUBLE ELSE log10({d}) END)", FLOAT),
    "isnan": _on_number("isNaN", "isnan({d})", BOOL), "round": _round, "range": _range, "pi": lambda *_: literal(3.141592653589793),
    "e": lambda *_: literal(2.718281828459045), "tostring": _to_string, "tostringornull": _to_string, "tointeger": _to_integer,
    "tointegerornull": _to_integer, "tofloat": _to_float, "tofloatornull": _to_float, "toboolean": _to_boolean, "tobooleanornull": _to_boolean,
    "size": _size, "head": _of_list("head", "({x})[1]"), "last": _of_list("last", "({x})[-1]"), "isempty": _is_empty,
    "tail": _of_list("tail", "list_slice({x}, 2, len({x}))", same=True), "coalesce": _coalesce, "labels": _labels, "type": _type,
    "startnode": _node_at("head"), "endnode": _node_at("tail"), "properties": _properties_of, "keys": _keys, "length": _length,
    "nodes": _of_path("nodes"), "relationships": _of_path("links"), "rels": _of_path("links"),
}  # fmt: skip
