"""Comparisons of compiled values, with Neo4j's meaning: SQL of true, false or null."""

from collections.abc import Callable
from dataclasses import replace

from kgtools.kg.cypher.properties import property_of
from kgtools.kg.cypher.regexes import translate
from kgtools.kg.cypher.scope import Env
from kgtools.kg.cypher.types import ELEMENTS, NULL, SCALARS, TEXT, Type
from kgtools.kg.cypher.values import Value, box, cast, identity, literal, once, quote

NOTHING = "CAST(NULL AS BOOLEAN)"


def equal(left: Value, right: Value, env: Env) -> str:
    """Whether two values are equal: null where either is null or holds one that decides, false for two of different kinds."""
    kinds = {left.kind, right.kind}
    if "null" in kinds:
        return NOTHING
    if left.kind in ELEMENTS and left.kind == right.kind:
        return f"({identity(left)} = {identity(right)})"
    if kinds <= {"int", "float"}:
        plain = f"({left.sql} = {right.sql})"
        return f"({plain} AND NOT isnan({left.sql}))" if kinds == {"float"} else plain
    if "any" in kinds:
        return _equal_any(left, right)
    if left.kind != right.kind:
        return f"CASE WHEN {box(left)} IS NULL OR {box(right)} IS NULL THEN NULL ELSE false END"
    if left.kind == "list":
        return _equal_lists(left, right, env)
    if left.kind == "map":
        return _equal_maps(left, right, env)
    if left.kind == "path":
        raise TypeError("paths are not compared; compare nodes(p) or relationships(p)")
    return f"({left.sql} = {right.sql})"


def as_any(value: Value, other: Value) -> str:
    """A value as one of several kinds; `other`: what it is held against."""
    kinds = (value.type.kinds or {value.kind}) | (other.type.kinds or {other.kind})
    if not kinds <= set(SCALARS):
        raise TypeError("lists and maps among values of several kinds are not compared; compare what is in them")
    return value.sql if value.kind == "any" else cast(value, Type("any", kinds=frozenset(kinds)))


def _equal_any(left: Value, right: Value) -> str:
    one, other = as_any(left, right), as_any(right, left)
    same = " WHEN ".join(f"{rank} THEN ({one}).{name} = ({other}).{name}" for rank, name in ((1, "t"), (2, "b")))
    numbers = f"({one}).n = ({other}).n AND coalesce(({one}).i = ({other}).i, true)"
    alike = f"CASE ({one}).k WHEN {same} ELSE {numbers} END"
    null = f"{one} IS NULL OR {other} IS NULL"
    return f"CASE WHEN {null} THEN NULL WHEN ({one}).k <> ({other}).k THEN false ELSE {alike} END"


def _less_any(op: str, left: Value, right: Value) -> str:
    one, other = as_any(left, right), as_any(right, left)
    cases = " ".join(
        f"WHEN {rank} THEN ({one}).{name} {op} ({other}).{name}" for rank, name in ((1, "t"), (2, "b"), (3, "n"))
    )
    return f"CASE WHEN ({one}).k = ({other}).k THEN CASE ({one}).k {cases} END END"


def _asked_before(left: Value, right: Value, env: Env, compare: Callable[[Value, Value], str]) -> str | None:
    """A comparison that goes over a list, of a subquery: SQL asks none in a lambda, so both sides are columns of a struct there. None
    where there is no subquery."""
    if env.within or left.parts is not None or not any("(SELECT" in side.sql for side in (left, right)):
        return None
    pair = env.context.name("x")
    inner = compare(*(replace(side, sql=f"{pair}.{name}", constant=None) for side, name in ((left, "l"), (right, "r"))))
    return once(f"struct_pack(l := {left.sql}, r := {right.sql})", pair, inner)


def _equal_lists(left: Value, right: Value, env: Env) -> str:
    if made := _asked_before(left, right, env, lambda one, other: _equal_lists(one, other, env)):
        return made
    one, other = left.type.of or NULL, right.type.of or NULL
    simple = (
        one.kind == other.kind and one.kind in ("text", "int", "bool") and not (left.type.nulls or right.type.nulls)
    )
    if simple:
        return f"({left.sql} = {right.sql})"
    place = env.context.name("x")
    pair = equal(Value(one, f"({left.sql})[{place}]"), Value(other, f"({right.sql})[{place}]"), env)
    flags = f"list_transform(range(1, len({left.sql}) + 1), lambda {place}: {pair})"
    test = env.context.name("b")
    return (
        f"CASE WHEN {left.sql} IS NULL OR {right.sql} IS NULL THEN NULL WHEN len({left.sql}) <> len({right.sql}) THEN false "
        f"WHEN list_contains({flags}, false) THEN false WHEN len(list_filter({flags}, lambda {test}: {test} IS NULL)) > 0 THEN NULL ELSE true END"
    )


def _equal_maps(left: Value, right: Value, env: Env) -> str:
    """Each side is named once: a whole node has half a hundred keys."""
    one, other = env.context.name("x"), env.context.name("x")
    made = _equal_keys(replace(left, sql=one), replace(right, sql=other), env)
    return once(left.sql, one, once(right.sql, other, made))


def _equal_keys(left: Value, right: Value, env: Env) -> str:
    mine, theirs = dict(left.type.fields), dict(right.type.fields)
    null = f"{left.sql} IS NULL OR {right.sql} IS NULL"
    if all(side.type.sparse and side.type.sparse >= own.keys() for side, own in ((left, mine), (right, theirs))):
        absent = literal(None)
        tests = []
        for name in sorted({*mine, *theirs}):
            one, other = (
                property_of(side, name, env, 0) if name in own else absent
                for side, own in ((left, mine), (right, theirs))
            )
            tests.append(
                f"CASE WHEN {one.sql} IS NULL OR {other.sql} IS NULL THEN {one.sql} IS NULL AND {other.sql} IS NULL ELSE {equal(one, other, env)} END"
            )
        return f"CASE WHEN {null} THEN NULL ELSE ({' AND '.join(tests)}) END"
    if left.type.sparse or right.type.sparse:
        raise TypeError("properties of a whole node are not compared with a map; compare one property")
    if mine.keys() != theirs.keys():
        return f"CASE WHEN {null} THEN NULL ELSE false END"
    pairs = [equal(property_of(left, name, env, 0), property_of(right, name, env, 0), env) for name in mine] or ["true"]
    return f"CASE WHEN {null} THEN NULL ELSE ({' AND '.join(pairs)}) END"


def less(op: str, left: Value, right: Value, env: Env, at: int) -> str:
    kinds = {left.kind, right.kind}
    if "null" in kinds:
        return NOTHING
    if kinds <= {"int", "float"}:
        plain = f"({left.sql} {op} {right.sql})"
        floats = [f"NOT isnan({side.sql})" for side in (left, right) if side.kind == "float" and side.constant is None]
        return f"({' AND '.join([plain, *floats])})"
    if left.kind == right.kind and left.kind in ("text", "bool"):
        return f"({left.sql} {op} {right.sql})"
    if "any" in kinds:
        return _less_any(op, left, right)
    simple = all(
        side.kind == "list"
        and side.type.of is not None
        and side.type.of.kind in ("text", "int")
        and not side.type.nulls
        for side in (left, right)
    )
    if simple and left.type.of == right.type.of:
        return f"({left.sql} {op} {right.sql})"
    if left.kind == right.kind and left.kind in ("list", "path", "map", *ELEMENTS):
        raise env.context.fault(
            at, f"{op} between {left.type.word} and another is not covered; compare what is in them"
        )
    return NOTHING  # of two kinds, neither is less


def is_in(left: Value, right: Value, env: Env, at: int) -> str:
    if right.kind == "null":
        return NOTHING
    if right.kind != "list":
        raise env.context.fault(at, f"IN {right.type.word}; a list is expected")
    assert right.type.of is not None
    missing = f"len({right.sql}) = 0"
    if left.kind == "null":
        return f"CASE WHEN {missing} THEN false ELSE NULL END"
    of = right.type.of
    plain = left.kind == of.kind and left.kind in ("text", "int", "bool")
    if plain and not right.type.nulls:
        found = f"list_contains({right.sql}, {left.sql})"
        if right.constant and not env.within:  # a join, however long the list
            return f"({left.sql} IN (SELECT unnest({right.sql})))"
        return f"CASE WHEN {missing} THEN false ELSE {found} END"
    if left.kind in ELEMENTS and of.kind == left.kind and not right.type.nulls:
        each = env.context.name("x")
        ids = f"list_transform({right.sql}, lambda {each}: {each}.id)"
        return f"CASE WHEN {missing} THEN false ELSE list_contains({ids}, {identity(left)}) END"
    if made := _asked_before(left, right, env, lambda one, other: is_in(one, other, env, at)):
        return made
    each, test = env.context.name("x"), env.context.name("b")
    flags = f"list_transform({right.sql}, lambda {each}: {equal(left, Value(of, each), env)})"
    null = f"len(list_filter({flags}, lambda {test}: {test} IS NULL)) > 0"
    return f"CASE WHEN {right.sql} IS NULL THEN NULL WHEN list_contains({flags}, true) THEN true WHEN {null} THEN NULL ELSE false END"


def test_text(op: str, left: Value, right: Value) -> str:
    left, right = (text_of(side) for side in (left, right))
    if left.kind != "text" or right.kind != "text":
        return NOTHING  # as of whatever is no text
    function = {"STARTS WITH": "starts_with", "ENDS WITH": "ends_with", "CONTAINS": "contains"}[op]
    return f"{function}({left.sql}, {right.sql})"


def text_of(value: Value) -> Value:
    """Of a value of several kinds the text, null where it is none."""
    return Value(TEXT, f"({value.sql}).t") if value.kind == "any" and "text" in value.type.kinds else value


def matches(left: Value, right: Value, env: Env, at: int) -> str:
    if "null" in (left.kind, right.kind) or left.kind != "text":
        return NOTHING
    if isinstance(right.constant, str):
        pattern = translate(right.constant)
        if not pattern.goes_back:
            return f"regexp_full_match({left.sql}, {quote(pattern.text)})"
    elif right.kind != "text":
        raise env.context.fault(at, f"=~ {right.type.word}; a text is expected")
    env.context.functions.add("java_matches")
    return f"java_matches({left.sql}, {right.sql})"
