"""Random read-only queries over a graph, valid on Neo4j, whose answers do not depend on the order of rows; and smaller ones of them.

What a query leaves to chance is never looked at: rows are cut only in a total order, lists that are collected from rows in
no order are bags, floats that depend on the order of addition are neither compared nor grouped by."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.kg.cypher.choices import Choices, Node
from tests.kg.cypher.choices import shrink as shrink_tree
from tests.kg.cypher.differential import Question
from tests.kg.cypher.expressions import (
    MOST_ROWS,
    SCALARS,
    Graph,
    Map,
    Of,
    Pen,
    Scope,
    Type,
    condition,
    expression,
    groupable,
    leaf,
    literal,
    loose,
    node_pattern,
    path_pattern,
    sort_key,
    sortable,
)

DEPTH = 2


@dataclass(frozen=True)
class Query:
    """A question and the choices that made it."""

    question: Question
    tree: Node


@dataclass(frozen=True)
class Item:
    """A column: what is written, its name and type; `variable`: it is this variable as it was."""

    text: str
    name: str
    type: Type
    variable: str | None = None
    aggregate: bool = False


def generate(random: Random, graph: Graph) -> Query:
    """A random query."""
    choices = Choices(random)
    return Query(write(choices, graph), choices.tree)


def shrink(query: Query, graph: Graph, wrong: Callable[[Question], bool], tries: int = 300) -> Query:
    """A smaller query that is still `wrong`."""
    tree, question = shrink_tree(
        query.tree, lambda choices: write(choices, graph), wrong, lambda made: len(made.cypher), tries
    )
    return Query(question, tree)


def write(choices: Choices, graph: Graph) -> Question:
    """The query of these choices."""
    pen = Pen(choices, graph)
    separator = pen.pick((" ", "\n", "  \n\t", " /* 病 */ ", ' // what\'s "next"\n'), (6, 2, 0.5, 0.3, 0.3))
    unites = pen.chance(0.08)
    clauses, items, by = _single(pen, united=unites)
    bags = {item.name for item in items if loose(item.type)}
    if unites:
        exact = all(groupable(item.type) for item in items)
        union = pen.pick(("UNION ALL", "UNION")) if exact else "UNION ALL"
        names = [item.name for item in items]
        with pen.within("union"):
            more, others, _ = _single(pen, united=True, columns=names, exact=union == "UNION")
        bags |= {item.name for item in others if loose(item.type)}
        clauses, by = [*clauses, pen.word(union), *more], ()
    end = pen.pick(("", ";"), (0.95, 0.05))
    return Question(
        "", separator.join(clauses) + end, pen.params, tuple(map(_bare, by)), tuple(sorted(map(_bare, bags)))
    )


def _bare(name: str) -> str:
    """The name of a column without backticks."""
    return name[1:-1] if name[0] == name[-1] == "`" and "`" not in name[1:-1] else name


def _single(
    pen: Pen, united: bool = False, columns: list[str] | None = None, exact: bool = False
) -> tuple[list[str], list[Item], tuple[str, ...]]:
    """Clauses up to RETURN, its columns, and those it is sorted by."""
    scope, clauses = Scope(), []
    for number in range(5):
        if number and not pen.pick((False, True), (0.45 + 0.1 * number, 0.55 - 0.1 * number)):
            break
        with pen.within("clause"):
            text, scope = _clause(pen, scope, first=number == 0)
            clauses += [text] if text else []
    with pen.within("return"):
        text, items, _, by = _projection(pen, scope, "RETURN", not united, columns, exact, free=not united)
    return [*clauses, text], items, by


def _clause(pen: Pen, scope: Scope, first: bool) -> tuple[str, Scope]:
    kinds = ("match", "unwind", "with", "optional", "call", "shortest", "nothing", "cut")
    weights = (7, 1, 0.4, 0.5, 0.2, 0.3, 0.3, 0) if first else (2.5, 1, 3, 2.5, 1, 0.3, 0, 0.1)
    kind = pen.pick(kinds, weights)
    if kind == "match" or (kind in ("optional", "shortest") and scope.rows > MOST_ROWS / 3):
        return _match(pen, scope, "MATCH") if scope.rows < MOST_ROWS else _with(pen, scope)
    if kind == "optional":
        return _match(pen, scope, "OPTIONAL MATCH")
    if kind == "unwind":
        return _unwind(pen, scope)
    if kind == "call":
        return _call(pen, scope)
    if kind == "shortest":
        return _shortest(pen, scope)
    if kind == "cut" and scope.types:
        text = f"{pen.word('WITH')} * {pen.word('LIMIT')} {pen.pick((1, 3, 0))} {pen.word('WITH')} count(*) {pen.word('AS')} "
        name = pen.name("n")
        return text + name, Scope({name: "int"})
    return _with(pen, scope) if kind == "with" or not first else ("", scope)


def _match(pen: Pen, scope: Scope, word: str) -> tuple[str, Scope]:
    """MATCH with one pattern or more."""
    outer, patterns = scope, []
    pen.walked.clear()
    scope = replace(scope, ordered=False)
    for number in range(pen.pick((1, 2, 3), (7, 2.2, 0.4))):
        if number and scope.rows > MOST_ROWS / 8:
            break
        with pen.within("pattern"):
            text, scope = path_pattern(pen, scope, outer=outer, least=0 if number else pen.pick((1, 0), (0.7, 0.3)))
            if pen.chance(0.12):
                name = pen.name("p")
                scope = scope.plus(name, "path")
                text = f"{name} = {text}"
            patterns.append(text)
    where = f" {pen.word('WHERE')} {condition(pen, scope, DEPTH)}" if pen.chance(0.35) else ""
    optional = word == "OPTIONAL MATCH"
    rows = max(scope.rows, outer.rows if optional else 1.0)
    perhaps = optional and (outer == Scope() or outer.perhaps)
    return f"{pen.word(word)} {', '.join(patterns)}{where}", replace(scope, rows=rows, perhaps=perhaps)


def _shortest(pen: Pen, scope: Scope) -> tuple[str, Scope]:
    """Shortest paths between two nodes, which differ."""
    ends = []
    for _ in range(2):
        text, scope, name, _ = node_pattern(pen, replace(scope, key=None), scope, bind=True, fresh=True)
        if name is None:
            name = pen.name("a")
            text, scope = f"({name}:Disease)", scope.plus(name, "node")
        ends.append((text, name))
    path, function = pen.name("p"), pen.pick(("shortestPath", "allShortestPaths"))
    types = pen.pick(("", ":HAS_COMPLICATION", ":HAS_SYMPTOM|HAS_DRUG|RELATED_SYMPTOM"))
    steps, way = pen.pick(("*..3", "*", "*1..4", "*..2")), pen.pick(("-", "->"))
    one, two = ends[0][1], ends[1][1]
    text = (
        f"{pen.word('MATCH')} {ends[0][0]}, {ends[1][0]} {pen.word('WHERE')} {one} <> {two} {pen.word('WITH')} * "
        f"{pen.word('MATCH')} {path} = {function}(({one})-[{types}{steps}]{way}({two}))"
    )
    type_ = "spath" if function == "shortestPath" else "path"
    return text, replace(scope.plus(path, type_), ordered=False, rows=scope.rows, perhaps=False)


def _unwind(pen: Pen, scope: Scope) -> tuple[str, Scope]:
    """UNWIND of a list."""
    inner = pen.pick(("int", "str", "mixed", "bool", "float", "node"), (3, 3, 0.6, 0.5, 0.5, 0.5))
    bags = [(name, type_) for name, type_ in scope.types.items() if isinstance(type_, Of) and groupable(type_.inner)]
    name = pen.name("x")
    key = None
    if bags and pen.pick((False, True), (0.4, 0.6)):
        source, type_ = pen.pick(bags)
        inner = type_.inner
    elif inner == "node":
        inner = "int"
        source, key = f"range(1, {pen.pick((2, 1, 3, 0))})", scope.key
        key = None if key is None else (*key, name)
    elif scope.rows > MOST_ROWS / 4:
        source = leaf(pen, scope, Of("list", inner))
    else:
        source = expression(pen, scope, Of("list", inner), DEPTH)
    new = scope.plus(name, inner)
    return f"{pen.word('UNWIND')} {source} {pen.word('AS')} {name}", replace(
        new, key=key, ordered=False, rows=scope.rows * 2.5, perhaps=False
    )


def _call(pen: Pen, scope: Scope) -> tuple[str, Scope]:
    """CALL { } that reads."""
    imported = [name for name, type_ in scope.types.items() if type_ in ("node", "rel", *SCALARS)]
    chosen = [name for name in imported if pen.chance(0.5)] if imported else []
    inner = Scope({name: scope.types[name] for name in chosen}, {k: v for k, v in scope.seen.items() if k in chosen})
    inner = replace(inner, key=())
    clauses = []
    for _ in range(pen.pick((1, 2), (0.75, 0.25))):
        with pen.within("inner"):
            text, inner = _match(pen, inner, pen.pick(("MATCH", "OPTIONAL MATCH")))
            clauses.append(text)
    with pen.within("returned"):
        text, items, after, _ = _projection(pen, inner, "RETURN", True, fresh=True)
    clauses.append(text)
    form = pen.pick((f"({', '.join(chosen)}) ", "old"), (0.8, 0.2))
    if form == "old":
        form = ""
        clauses[:0] = [f"{pen.word('WITH')} {', '.join(chosen)}"] if chosen else []
    types = {**scope.types, **{item.name: item.type for item in items}}
    seen = {**scope.seen, **{k: v for k, v in after.seen.items() if k not in scope.types}}
    key = None if scope.key is None or after.key is None else (*scope.key, *after.key)
    rows = scope.rows * max(after.rows, 1.0)
    return f"{pen.word('CALL')} {form}{{ {' '.join(clauses)} }}", Scope(types, seen, key, False, rows)


def _with(pen: Pen, scope: Scope) -> tuple[str, Scope]:
    """WITH, its WHERE behind it."""
    if scope.types and pen.chance(0.15):
        name, type_ = pen.name("x"), pen.pick(("str", "int"))
        more = pen.pick(("", f", {expression(pen, scope, type_, DEPTH)} {pen.word('AS')} {name}"))
        text, new = f"{pen.word('WITH')} *{more}", replace(scope.plus(name, type_) if more else scope, perhaps=False)
    else:
        text, _, new, _ = _projection(pen, scope, "WITH", True)
    if pen.chance(0.3):
        text += f" {pen.word('WHERE')} {condition(pen, new, DEPTH)}"
    return text, new


def _projection(
    pen: Pen,
    scope: Scope,
    word: str,
    limit: bool,
    columns: list[str] | None = None,
    exact: bool = False,
    fresh: bool = False,
    free: bool = False,
) -> tuple[str, list[Item], Scope, tuple[str, ...]]:
    """WITH or RETURN: its text, columns, the scope behind it, and the columns it is sorted by. `columns`: those it must have;
    `exact`: of groupable types; `fresh`: under new names; `free`: they may do without one."""
    aggregates = pen.chance(0.3)
    count = len(columns) if columns else pen.pick((1, 2, 3, 4), (2, 4, 3, 1))
    distinct = not aggregates and pen.chance(0.2)
    items: list[Item] = []
    for number in range(count):
        with pen.within("item"):
            wanted = columns[number] if columns else None
            if aggregates and (number >= count / 2 or pen.chance(0.3)):
                item = _aggregate(pen, scope, wanted, exact)
            else:
                item = _item(pen, scope, wanted, distinct or aggregates or exact, fresh, free)
            if item.name not in [other.name for other in items]:
                items.append(item)
    aggregates = any(item.aggregate for item in items)
    after = _after(scope, items, aggregates, distinct)
    keyword = f"{pen.word(word)} {pen.word('DISTINCT ') if distinct else ''}"
    text = keyword + ", ".join(item.text for item in items)
    with pen.within("order"):
        order, by, ordered = _order(pen, scope, items, after, aggregates or distinct, limit)
    rows = min(after.rows, 30.0) if "LIMIT" in order.upper() else after.rows
    return text + order, items, replace(after, ordered=ordered, rows=rows), by


def _after(scope: Scope, items: list[Item], aggregates: bool, distinct: bool) -> Scope:
    """The scope behind a projection."""
    types: dict[str, Type] = {item.name: item.type for item in items}
    seen = {item.name: scope.seen[item.variable] for item in items if item.variable in scope.seen}
    if aggregates or distinct:
        keys = [item for item in items if not item.aggregate]
        whole = all(sortable(item.type) or item.type in ("node", "rel") for item in keys)
        rows = 1.0 if not keys else max(scope.rows / 4, 1.0)
        return Scope(types, seen, tuple(item.name for item in keys) if whole else None, False, rows)
    names = {item.variable: item.name for item in items if item.variable}
    key = tuple(names[name] for name in scope.key) if scope.key is not None and set(scope.key) <= names.keys() else None
    return Scope(types, seen, key, False, scope.rows)


def _item(pen: Pen, scope: Scope, name: str | None, exact: bool, fresh: bool, free: bool) -> Item:
    """A column that is no aggregate; `free`: it may do without AS."""
    fit = [each for each, type_ in scope.types.items() if type_ != "spath" and (groupable(type_) or not exact)]
    if fit and pen.pick((False, True), (0.55, 0.45)):
        variable = pen.pick(fit)
        type_ = scope.types[variable]
        new = name or (pen.name("c") if fresh or pen.chance(0.15) else variable)
        text = variable if new == variable else f"{variable} {pen.word('AS')} {new}"
        return Item(text, new, type_, variable)
    type_ = _type(pen, scope, exact)
    text = _value(pen, scope, type_)
    if free and pen.chance(0.15) and "\n" not in text and " {" not in text:
        return Item(text, text, type_)
    shadow = [each for each, of in scope.types.items() if of in ("node", "int", "str")]
    new = name or (pen.pick(shadow) if shadow and not fresh and pen.chance(0.05) else pen.name("c"))
    return Item(f"{text} {pen.word('AS')} {new}", new, type_)


def _type(pen: Pen, scope: Scope, exact: bool) -> Type:
    options: list[Type] = [
        "str",
        "int",
        "bool",
        "float",
        Of("list", "str"),
        Of("list", "int"),
        Map((("a", "str"), ("b", "int"))),
    ]
    weights = [5.0, 4.0, 2.0, 1.0, 1.2, 0.8, 0.6]
    if scope.of("path"):
        options += [Of("list", "node"), Of("list", "rel")]
        weights += [0.7, 0.5]
    if not exact:
        options += [Of("bag", "str"), "floatx", "mixed"]
        weights += [1.2, 0.3, 0.2]
    if scope.of("node"):
        options.append(Map((("name", "str"), ("n", "int"))))
        weights.append(0.6)
    return pen.pick(options, weights)


def _value(pen: Pen, scope: Scope, type_: Type) -> str:
    """An expression, or for a map of a name a projection of a node."""
    nodes = scope.of("node")
    if isinstance(type_, Map) and type_.fields[0][0] == "name" and nodes:
        more = pen.pick(("", ".name_en, ", ".id, .sources, ", ".*, "))
        return f"{pen.pick(nodes)} {{{more}.name, n: {expression(pen, scope, 'int', 1)}}}"
    if type_ == Of("bag", "str") and pen.chance(0.2) and nodes:
        return f"keys({pen.pick(nodes)})"
    return expression(pen, scope, type_, DEPTH)


def _aggregate(pen: Pen, scope: Scope, name: str | None, exact: bool) -> Item:
    """An aggregate, or one in an expression."""
    new, as_ = name or pen.name("g"), pen.word("AS")
    distinct = pen.word("DISTINCT ") if pen.chance(0.25) else ""
    kinds = ["all", "count", "collect", "sum", "least", "mean", "spread", "disc", "node", "plus", "case"]
    kind = pen.pick(kinds, (3, 3, 0 if exact else 3, 2, 2.5, 0 if exact else 1.5, 0 if exact else 1, 1, 1, 1, 0.7))
    inner = pen.pick(("int", "str", "float", "mixed"), (3, 3, 0.6, 0.4))
    number = "int" if inner in ("str", "mixed") or exact else inner
    type_: Type = "int"
    if kind == "all":
        text = "count(*)"
    elif kind == "count":
        text = f"count({distinct}{expression(pen, scope, inner, 1)})"
    elif kind == "collect":
        type_ = Of("list" if scope.ordered else "bag", inner)
        text = f"collect({distinct}{expression(pen, scope, inner, 1)})"
    elif kind == "sum":
        type_ = "floatx" if number == "float" else "int"
        text = f"sum({distinct}{expression(pen, scope, number, 1)})"
    elif kind == "least":
        type_ = inner
        text = f"{pen.pick(('min', 'max'))}({expression(pen, scope, inner, 1)})"
    elif kind == "mean":
        type_ = "floatx"
        text = f"avg({distinct}{expression(pen, scope, number, 1)})"
    elif kind == "spread":
        type_ = "floatx"
        function = pen.pick(("stDev", "stDevP", "percentileCont"))
        more = f", {pen.pick((0.5, 0.0, 1.0, 0.3, 0.9))}" if function == "percentileCont" else ""
        text = f"{function}({distinct}{expression(pen, scope, number, 1)}{more})"
    elif kind == "disc":
        type_ = number
        text = f"percentileDisc({expression(pen, scope, number, 1)}, {pen.pick((0.5, 0.0, 1.0, 0.3, 0.9))})"
    elif kind == "plus":
        text = f"(count({distinct}{expression(pen, scope, inner, 1)}) {pen.pick('+-*')} {pen.pick((1, 2, 10))})"
    elif kind == "case":
        type_ = "str"
        text = f"CASE WHEN count({expression(pen, scope, inner, 1)}) > {pen.pick((1, 0, 3))} THEN {literal(pen, Scope(), 'str')} END"
    elif names := scope.of("node", "rel"):
        if exact or pen.chance(0.6):
            text = f"count({distinct}{pen.pick(names)})"
        else:
            chosen = pen.pick(names)
            type_ = Of("list" if scope.ordered else "bag", scope.types[chosen])
            text = f"collect({distinct}{chosen})"
    else:
        text = "count(*)"
    return Item(f"{text} {as_} {new}", new, type_, aggregate=True)


def _order(
    pen: Pen, scope: Scope, items: list[Item], after: Scope, closed: bool, limit: bool
) -> tuple[str, tuple[str, ...], bool]:
    """ORDER BY, SKIP and LIMIT; the columns that the rows are sorted by; whether their order is total."""
    unlike = closed and scope.perhaps  # known.py: of nothing Neo4j computes no column that it sorts by
    if not pen.chance(0.4) or unlike:
        return "", (), after.key == ()
    keys: list[tuple[str, str | None]] = []
    columns = [item for item in items if sortable(item.type)]
    for _ in range(pen.pick((1, 2, 0), (3, 1, 1))):
        if columns:
            column = pen.pick(columns)
            keys.append((column.name, column.name))
    hidden = {item.name for item in items if item.variable != item.name}
    open_ = not closed and not hidden & scope.types.keys()
    if open_ and pen.chance(0.15):
        keys.append((expression(pen, scope, pen.pick(("str", "int")), 1), None))
    within = after if after.key is not None else scope if open_ and scope.key is not None else None
    total = within is not None and (limit or pen.chance(0.5)) and pen.chance(0.75)
    if total and within is not None:
        known = {name for name, _ in keys}
        keys += [
            (key, key if within is after and key in after.types else None)
            for key in sort_key(within)
            if key not in known
        ]
    text, by, prefix = [], [], True
    for key, column in keys:
        text.append(key + pen.word(pen.pick(("", " DESC", " ASC", " DESCENDING"), (5, 3, 1, 0.2))))
        prefix = prefix and column is not None
        by += [column] if prefix and column is not None else []
    order = f" {pen.word('ORDER BY')} {', '.join(text)}" if text else ""
    if total and limit and (text or after.key == ()):
        order += f" {pen.word('SKIP')} {pen.pick((1, 0, 2))}" if pen.chance(0.25) else ""
        order += (
            f" {pen.word('LIMIT')} {pen.pick((5, 1, 2, 3, 0, 10), (3, 1, 2, 2, 0.3, 2))}" if pen.chance(0.7) else ""
        )
    names = [item.name for item in items]
    if total and not any(loose(item.type) for item in items):
        by = names
    return order, tuple(dict.fromkeys(by)), bool(total)


__all__ = ["Graph", "Query", "generate", "shrink", "write"]
