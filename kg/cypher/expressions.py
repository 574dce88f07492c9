"""Expressions of Cypher in SQL: names, lists and maps, conditions, subqueries."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kgtools.kg.cypher.analysis import AGGREGATES, has_query
from kgtools.kg.cypher.arithmetic import arithmetic
from kgtools.kg.cypher.comparisons import NOTHING, equal, is_in, less, matches, test_text
from kgtools.kg.cypher.functions import FUNCTIONS, INSTEAD
from kgtools.kg.cypher.functions.elements import column
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.paths import NO_IDS, call_shortest, look_up
from kgtools.kg.cypher.properties import labels_test, property_of, whole
from kgtools.kg.cypher.scope import Env, within
from kgtools.kg.cypher.types import BOOL, ELEMENTS, INT, NULL, NUMBERS, PROPERTIES, TEXT, Type, sql_type, unify
from kgtools.kg.cypher.values import Value, box, cast, identity, literal, quote, struct
from kgtools.tools.registry import suggestion

LARGEST = 300_000
"""Characters of SQL for one expression: each function names what it is of several times, and of theirs again."""


def compile_expr(expr: tree.Expr, env: Env) -> Value:
    """The value of an expression. Raises CypherError at the place of what is wrong or not covered."""
    for known, value in env.known:
        if known == expr:
            return value
    try:
        value = COMPILE[type(expr)](expr, env)
    except TypeError as error:
        if type(error) is not TypeError or not error.args or "argument" in str(error):
            raise
        raise env.context.fault(getattr(expr, "at", 0), str(error)) from error
    if len(value.sql) > LARGEST:
        raise env.context.fault(getattr(expr, "at", 0), "too much within each other; use WITH between")
    return value


def condition(expr: tree.Expr, env: Env) -> str:
    """The SQL of what must be true. Raises CypherError for what is no condition."""
    value = compile_expr(expr, env)
    if value.kind not in ("bool", "null"):
        raise env.context.fault(getattr(expr, "at", 0), f"a condition is expected, and this is {value.type.word}")
    return value.sql if value.kind == "bool" else "CAST(NULL AS BOOLEAN)"


def _bound_param(value: Any, env: Env) -> Value:
    """A parameter in SQL, by its name; of a map each of its values."""
    if isinstance(value, dict):
        return struct({str(key): _bound_param(item, env) for key, item in value.items()})
    made = literal(value)
    if made.kind == "null" or (
        made.kind == "list" and (made.type.of or NULL).kind not in ("text", "int", "float", "bool")
    ):
        return made
    return replace(made, sql=f"CAST(${env.context.bind(value)} AS {sql_type(made.type)})")


def _literal(expr: tree.Literal, _: Env) -> Value:
    return literal(expr.value)


def _param(expr: tree.Param, env: Env) -> Value:
    if expr.name not in env.context.params:
        raise env.context.fault(expr.at, f"the query reads ${expr.name}; give it: --param {expr.name}=VALUE")
    try:
        return _bound_param(env.context.params[expr.name], env)
    except TypeError as error:
        raise env.context.fault(expr.at, f"${expr.name}: {error}") from error


def _variable(expr: tree.Variable, env: Env) -> Value:
    return env.find(expr.name, expr.at)


def _property(expr: tree.Property, env: Env) -> Value:
    return property_of(compile_expr(expr.of, env), expr.name, env, expr.at)


def _list(expr: tree.List, env: Env) -> Value:
    items = [whole(compile_expr(item, env), env) for item in expr.items]
    kind = NULL
    for item in items:
        kind = unify(kind, item.type)
    if kind.kind != "any" and all(item.constant is not None or item.kind == "null" for item in items):
        return literal([item.constant for item in items])
    nullable = any(may_be_null(item, inner) for item, inner in zip(expr.items, items, strict=True))
    return Value(Type("list", kind, nullable), "[" + ", ".join(cast(item, kind) for item in items) + "]")


def may_be_null(expr: tree.Expr, value: Value) -> bool:
    """Whether a value may be null, as far as its form tells: a property is, behind OPTIONAL MATCH, whatever it is of."""
    return value.constant is None and not (isinstance(expr, tree.Call) and expr.name in ("count", "collect"))


def _map(expr: tree.Map, env: Env) -> Value:
    return struct({name: whole(compile_expr(value, env), env) for name, value in dict(expr.items).items()})


def _projected(expr: tree.Projected, env: Env) -> Value:
    of = env.find(expr.of.name, expr.of.at)
    if of.kind == "null":
        return literal(None)
    if of.kind not in ("map", *ELEMENTS) and not of.type.fields:
        raise env.context.fault(
            expr.at, f"{{...}} is asked of {of.type.word}; a node, a relationship or a map has keys"
        )
    if of.kind == "any" and expr.everything:
        raise env.context.fault(
            expr.at, "{.*} of maps that differ in their keys is not covered; name the keys, as in row {.id, .name}"
        )
    items = dict(_properties(of, env)) if expr.everything else {}
    sparse = items.keys() if of.kind != "map" else of.type.sparse
    given = {name: whole(compile_expr(value, env), env) for name, value in expr.items}
    made = struct(items | given, [name for name in items if name in sparse and name not in given])
    if of.kind in ("map", "any"):
        return replace(made, sql=f"CASE WHEN {of.sql} IS NULL THEN NULL ELSE {made.sql} END")
    return replace(made, sql=f"CASE WHEN {identity(of)} IS NULL THEN NULL ELSE {made.sql} END")


def _properties(value: Value, env: Env) -> list[tuple[str, Value]]:
    if value.kind == "map":
        return [(name, property_of(value, name, env, 0)) for name, _ in value.type.fields]
    names = (*PROPERTIES[value.kind], *(env.context.attributes if value.kind == "node" else ()))
    return [(name, property_of(value, name, env, 0)) for name in names]


def _index(expr: tree.Index, env: Env) -> Value:
    if (
        isinstance(expr.of, tree.Call)
        and expr.of.name == "labels"
        and expr.key == tree.Literal(0)
        and len(expr.of.args) == 1
    ):
        node = compile_expr(expr.of.args[0], env)
        if node.kind == "node":
            return Value(TEXT, column(node, "type", env))  # its one label, without a list around it
    of, key = compile_expr(expr.of, env), compile_expr(expr.key, env)
    if of.kind in ("map", *ELEMENTS) or (of.kind == "any" and of.type.fields):
        if key.kind == "text" and not isinstance(key.constant, str) and of.kind != "any":
            return _any_property(whole(of, env), key, env)
        if not isinstance(key.constant, str):
            raise env.context.fault(expr.at, "the key in [...] must be a text, or a parameter that is one")
        return property_of(of, key.constant, env, expr.at)
    if "null" in (of.kind, key.kind):
        return literal(None)
    if of.kind != "list" or key.kind != "int":
        raise env.context.fault(
            expr.at, f"[...] with {key.type.word} is asked of {of.type.word}; a list has places, from 0"
        )
    assert of.type.of is not None
    if key.constant is not None:
        place = f"{key.constant + 1 if key.constant >= 0 else key.constant}"
    else:
        place = f"(CASE WHEN {key.sql} >= 0 THEN {key.sql} + 1 ELSE {key.sql} END)"
    return Value(of.type.of, f"({of.sql})[{place}]")


def _any_property(of: Value, key: Value, env: Env) -> Value:
    """The property of a node or relationship, or the value in a map, whose name is in a column."""
    items = dict(_properties(of, env))
    type_ = NULL
    for item in items.values():
        type_ = unify(type_, item.type)
    if type_.kind == "null":
        return literal(None)
    cases = " ".join(f"WHEN {quote(name)} THEN {cast(item, type_)}" for name, item in items.items())
    return Value(type_, f"CASE {key.sql} {cases} END")


def _slice(expr: tree.Slice, env: Env) -> Value:
    of = compile_expr(expr.of, env)
    bounds = [compile_expr(bound, env) if bound is not None else None for bound in (expr.first, expr.last)]
    if of.kind == "null" or any(bound is not None and bound.kind == "null" for bound in bounds):
        return literal(None)
    if of.kind != "list" or any(bound is not None and bound.kind != "int" for bound in bounds):
        raise env.context.fault(expr.at, "[a..b] is asked of a list, with integers")
    size = f"len({of.sql})"
    first = _bound(bounds[0], size) if bounds[0] else "0"
    last = _bound(bounds[1], size) if bounds[1] else size
    empty = f"CAST([] AS {sql_type(of.type)})"
    missing = [f"{box(bound)} IS NULL" for bound in bounds if bound is not None and bound.constant is None]
    null = " OR ".join([f"{of.sql} IS NULL", *missing])
    return Value(
        of.type,
        f"CASE WHEN {null} THEN NULL WHEN {first} >= {last} THEN {empty} ELSE list_slice({of.sql}, {first} + 1, {last}) END",
    )


def _bound(bound: Value, size: str) -> str:
    """A place from 0 to the size, given from the front or, where it is negative, from the end."""
    return f"(CASE WHEN {bound.sql} < 0 THEN greatest({size} + {bound.sql}, 0) ELSE least({bound.sql}, {size}) END)"


def _each(source: Value, env: Env, at: int, what: str) -> tuple[Value, str]:
    """The variable of a lambda over a list, and its name in SQL."""
    if source.kind != "list":
        raise env.context.fault(at, f"{what} is asked of {source.type.word}; it goes over a list")
    assert source.type.of is not None
    name = env.context.name("x")
    return Value(source.type.of, name), name


def _comprehension(expr: tree.Comprehension, env: Env) -> Value:
    source = compile_expr(expr.source, env)
    if source.kind == "null":
        return literal(None)
    each, name = _each(source, env, expr.at, "[x IN ...]")
    inner = env.bind({expr.variable: each})
    if has_query(expr.where) or has_query(expr.value):
        return _comprehension_by_rows(expr, env, source)
    inner = replace(inner, within=True)
    result = source.sql
    if expr.where is not None:
        result = f"list_filter({result}, lambda {name}: {condition(expr.where, inner)})"
    if expr.value is None:
        return Value(source.type, result)
    value = compile_expr(expr.value, inner)
    nulls = may_be_null(expr.value, value)
    return Value(Type("list", value.type, nulls), f"list_transform({result}, lambda {name}: {cast(value, value.type)})")


def _comprehension_by_rows(expr: tree.Comprehension, env: Env, source: Value) -> Value:
    """The same where something in it is a query: the list is made rows, and the rows a list."""
    if env.within:
        raise env.context.fault(
            expr.at, "a pattern or subquery in a list in a list is not covered; use UNWIND and MATCH"
        )
    assert source.type.of is not None
    table = env.context.name("u")
    inner = env.bind({expr.variable: Value(source.type.of, f"{table}.x")})
    where = f" WHERE {condition(expr.where, inner)}" if expr.where is not None else ""
    value = compile_expr(expr.value, inner) if expr.value is not None else inner.scope[expr.variable]
    type_ = Type("list", value.type, True)
    rows = f"(SELECT unnest({source.sql}) AS x, generate_subscripts({source.sql}, 1) AS i) AS {table}"
    made = f"(SELECT list({cast(value, value.type)} ORDER BY {table}.i) FROM {rows}{where})"
    return Value(
        type_, f"CASE WHEN {source.sql} IS NULL THEN NULL ELSE coalesce({made}, CAST([] AS {sql_type(type_)})) END"
    )


def _quantified(expr: tree.Quantified, env: Env) -> Value:
    source = compile_expr(expr.source, env)
    if source.kind == "null":
        return Value(BOOL, "CAST(NULL AS BOOLEAN)")
    each, name = _each(source, env, expr.at, f"{expr.kind}(x IN ...)")
    inner = env.bind({expr.variable: each})
    if has_query(expr.where):
        made = _comprehension_by_rows(
            tree.Comprehension(expr.variable, expr.source, None, expr.where, expr.at), env, source
        ).sql
    else:
        made = f"list_transform({source.sql}, lambda {name}: {condition(expr.where, replace(inner, within=True))})"
    flags = made
    test = env.context.name("b")
    true, false = f"list_contains({flags}, true)", f"list_contains({flags}, false)"
    null = f"len(list_filter({flags}, lambda {test}: {test} IS NULL)) > 0"
    count = f"len(list_filter({flags}, lambda {test}: {test}))"
    cases = {
        "any": f"WHEN {true} THEN true WHEN {null} THEN NULL ELSE false",
        "all": f"WHEN {false} THEN false WHEN {null} THEN NULL ELSE true",
        "none": f"WHEN {true} THEN false WHEN {null} THEN NULL ELSE true",
        "single": f"WHEN {count} > 1 THEN false WHEN {null} THEN NULL ELSE {count} = 1",
    }
    return Value(BOOL, f"CASE WHEN {source.sql} IS NULL THEN NULL {cases[expr.kind]} END")


def _reduce(expr: tree.Reduce, env: Env) -> Value:
    """A fold from the left. SQL's has the elements' type for the total: both stand in one struct, of which one is used."""
    source, start = compile_expr(expr.source, env), compile_expr(expr.start, env)
    if source.kind == "null":
        return literal(None)
    each, name = _each(source, env, expr.at, "reduce(...)")
    if has_query(expr.value):
        raise env.context.fault(
            expr.at, "a pattern or subquery in reduce() is not covered; use UNWIND and an aggregate"
        )
    total = env.context.name("x")

    def compile_with(type_: Type) -> Value:
        names = {expr.total: Value(type_, f"{total}.t"), expr.variable: Value(each.type, f"{name}.e")}
        return compile_expr(expr.value, replace(env.bind(names), within=True))

    value = compile_with(start.type)
    type_ = unify(start.type, value.type)
    if type_ != start.type:
        value = compile_with(type_)
    held, of = sql_type(type_), sql_type(each.type)
    begin = f"struct_pack(t := CAST({box(start)} AS {held}), e := CAST(NULL AS {of}))"
    items = f"list_transform({source.sql}, lambda {name}: struct_pack(t := CAST(NULL AS {held}), e := {name}))"
    folded = (
        f"list_reduce({items}, lambda {total}, {name}: struct_pack(t := {cast(value, type_)}, e := {name}.e), {begin})"
    )
    return Value(type_, f"CASE WHEN {source.sql} IS NULL THEN NULL ELSE ({folded}).t END")


def _not(expr: tree.Unary, env: Env) -> Value:
    if expr.op == "not":
        return Value(BOOL, f"(NOT {condition(expr.of, env)})")
    value = compile_expr(expr.of, env)
    if value.kind == "null":
        return value
    if value.kind not in NUMBERS:
        raise env.context.fault(expr.at, f"- is asked of {value.type.word}; a number is expected")
    return Value(value.type, f"(-{value.sql})")


def _is_null(expr: tree.IsNull, env: Env) -> Value:
    value = compile_expr(expr.of, env)
    sql = identity(value) if value.kind in ELEMENTS else box(value)
    return Value(BOOL, f"({sql} IS {'NOT ' if expr.negated else ''}NULL)")


def _binary(expr: tree.Binary, env: Env) -> Value:
    if expr.op in ("AND", "OR"):
        return Value(BOOL, f"({condition(expr.left, env)} {expr.op} {condition(expr.right, env)})")
    if expr.op == "XOR":
        return Value(BOOL, f"({condition(expr.left, env)} <> {condition(expr.right, env)})")
    left, right = compile_expr(expr.left, env), compile_expr(expr.right, env)
    if expr.op == "=":
        return Value(BOOL, equal(left, right, env))
    if expr.op == "<>":
        return Value(BOOL, f"(NOT {equal(left, right, env)})")
    if expr.op in ("<", ">", "<=", ">="):
        return Value(BOOL, less(expr.op, left, right, env, expr.at))
    if expr.op == "IN":
        return Value(BOOL, is_in(left, right, env, expr.at))
    if expr.op in ("STARTS WITH", "ENDS WITH", "CONTAINS"):
        return Value(BOOL, test_text(expr.op, left, right))
    if expr.op == "=~":
        return Value(BOOL, matches(left, right, env, expr.at))
    return arithmetic(expr.op, left, right, env, expr.at)


def _case(expr: tree.Case, env: Env) -> Value:
    subject = compile_expr(expr.subject, env) if expr.subject is not None else None
    results = [whole(compile_expr(then, env), env) for _, then in expr.branches]
    default = whole(compile_expr(expr.default, env), env) if expr.default is not None else literal(None)
    type_ = NULL
    for result in (*results, default):
        type_ = unify(type_, result.type)
    branches = []
    for (when, _), result in zip(expr.branches, results, strict=True):
        test = condition(when, env) if subject is None else equal(subject, compile_expr(when, env), env)
        branches.append(f"WHEN {test} THEN {cast(result, type_)}")
    return Value(type_, f"CASE {' '.join(branches)} ELSE {cast(default, type_)} END")


def _has_label(expr: tree.HasLabel, env: Env) -> Value:
    value = compile_expr(expr.of, env)
    if value.kind == "null":
        return Value(BOOL, NOTHING)
    if value.kind not in ELEMENTS:
        raise env.context.fault(expr.at, f"a label is asked of {value.type.word}")
    kind = column(value, "type" if value.kind == "node" else "relation", env)
    return Value(BOOL, labels_test(expr.labels, kind, env, value.kind))


def _call(expr: tree.Call, env: Env) -> Value:
    if expr.name == "exists" and len(expr.args) == 1 and isinstance(expr.args[0], tree.PatternPredicate):
        return _pattern_predicate(expr.args[0], env)
    if expr.name in AGGREGATES:
        raise env.context.fault(expr.at, f"{expr.name}() stands where nothing is aggregated; use WITH before")
    if expr.name not in FUNCTIONS:
        instead = INSTEAD.get(expr.name) or suggestion(expr.name, sorted([*FUNCTIONS, *AGGREGATES]))
        raise env.context.fault(expr.at, f"{expr.name}() is not covered; {instead}")
    if expr.distinct or expr.star:
        raise env.context.fault(expr.at, f"{expr.name}() does not aggregate; leave DISTINCT and * out")
    args = [whole(compile_expr(arg, env), env) if expr.name in WHOLE else compile_expr(arg, env) for arg in expr.args]
    function = FUNCTIONS[expr.name]
    try:
        return function(env, expr.at, *args)
    except TypeError as error:
        if "positional argument" in str(error):
            raise env.context.fault(expr.at, f"{expr.name}() with {len(args)} arguments is not defined") from error
        raise


WHOLE = ("coalesce", "head", "last", "properties", "keys", "tostring")
"""Functions that hand a node on as a whole."""


def _subquery(expr: tree.Subquery, env: Env) -> Value:
    if env.within:
        raise env.context.fault(expr.at, "a subquery in a list is not covered here; use UNWIND")
    select = env.context.subquery(expr.query, env)
    if expr.kind == "EXISTS":
        return Value(BOOL, f"EXISTS ({select.sql})")
    if expr.kind == "COUNT":
        return Value(INT, f"(SELECT count(*) FROM ({select.sql}))")
    if len(select.columns) != 1:
        raise env.context.fault(expr.at, "COLLECT {} returns one column")
    (value,) = select.columns.values()
    table = env.context.name("s")
    value, order = within(value, table), [f"{table}.{key}" for key in select.order]
    type_, sql = Type("list", value.type, True), cast(value, value.type)
    by = ", ".join([*order, *([sql] if value.constant is None else [])]) or "1"
    made = f"(SELECT list({sql} ORDER BY {by}) FROM ({select.sql}) AS {table})"
    return Value(type_, f"coalesce({made}, CAST([] AS {sql_type(type_)}))")


def _pattern_predicate(expr: tree.PatternPredicate, env: Env) -> Value:
    query = tree.Query(((tree.Match((expr.path,), None, False, expr.at),),))
    return _subquery(tree.Subquery("EXISTS", query, expr.at), env)


def _pattern_comprehension(expr: tree.PatternComprehension, env: Env) -> Value:
    match = tree.Match((expr.path,), expr.where, False, expr.at)
    back = tree.Project("RETURN", (tree.Item(expr.value, "value", True, expr.at),), at=expr.at)
    return _subquery(tree.Subquery("COLLECT", tree.Query(((match, back),)), expr.at), env)


def _shortest(expr: tree.Path, env: Env) -> Value:
    """shortestPath or allShortestPaths of two nodes that are known: a path, or a list of them."""
    context = env.context
    if env.within:
        raise context.fault(
            expr.at, "a shortest path in a list is not covered; use UNWIND and MATCH p = shortestPath(...)"
        )
    ends = []
    for node in expr.nodes:
        if not node.name or node.labels or node.properties or node.where:
            raise context.fault(
                node.at,
                "here a shortest path is between two names that MATCH has found, as in shortestPath((a)-[*]-(b))",
            )
        ends.append(env.find(node.name, node.at))
        if ends[-1].kind != "node":
            raise context.fault(node.at, f"{node.name} is {ends[-1].type.word}; a shortest path is between nodes")
    found = call_shortest(env, expr, ends[0], ends[1], {"node": NO_IDS, "link": NO_IDS})
    type_ = Type("path", fields=(("nodes", context.node), ("links", context.link)))
    if expr.shortest == "one":
        parts = {key: look_up(context, f"({found})[1].{key}s", key) for key in ("node", "link")}
        return Value(type_, parts={f"{key}s": sql for key, sql in parts.items()})
    table = context.name("u")
    looked = ", ".join(f"{key}s := {look_up(context, f'{table}.x.{key}s', key)}" for key in ("node", "link"))
    rows = f"(SELECT unnest({found}) AS x, generate_subscripts({found}, 1) AS i) AS {table}"
    made = f"(SELECT list(struct_pack({looked}) ORDER BY {table}.i) FROM {rows})"
    return Value(Type("list", type_), f"coalesce({made}, CAST([] AS {sql_type(Type('list', type_))}))")


COMPILE: dict[type, Callable[[Any, Env], Value]] = {
    tree.Literal: _literal, tree.Param: _param, tree.Variable: _variable, tree.Property: _property, tree.Index: _index, tree.Slice: _slice,
    tree.HasLabel: _has_label, tree.List: _list, tree.Map: _map, tree.Projected: _projected, tree.Call: _call, tree.Unary: _not,
    tree.Binary: _binary, tree.IsNull: _is_null, tree.Case: _case, tree.Comprehension: _comprehension, tree.Quantified: _quantified,
    tree.Reduce: _reduce, tree.Subquery: _subquery, tree.PatternComprehension: _pattern_comprehension, tree.PatternPredicate: _pattern_predicate,
    tree.Path: _shortest,
}  # fmt: skip
