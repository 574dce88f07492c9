"""Random expressions and patterns of Cypher, each of a type, over what is in scope; their values do not depend on the order of rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kgtools.kg.columns import quote
from kgtools.kg.tables import Entities, Triples
from tests.kg.cypher.choices import Choices


class Of(NamedTuple):
    """A list, or a bag: a list in no order."""

    kind: str
    inner: Any


class Map(NamedTuple):
    """A map: its keys and their types."""

    fields: tuple[tuple[str, Any], ...]


Type = str | Of | Map
"""int, float, floatx (a float that is not exact), str, bool, node, rel, path, spath (one of several shortest), mixed (int, str or bool)."""

NODE = {"name": "str", "id": "str", "name_en": "str", "name_en_from": "str", "sources": Of("list", "str")}
NODE |= {"aliases": Of("list", "str"), "doubts": Of("list", "str"), "attributes": "str"}
REL = {"id": "str", "sources": Of("list", "str"), "origins": Of("list", "str"), "contradicts": "str"}
READS: dict[str, list[tuple[str, Any]]] = {
    "node": [
        ("size({}.name)", "int"),
        ("size({}.sources)", "int"),
        ("({}.name_en IS NULL)", "bool"),
        ("({}.name CONTAINS '病')", "bool"),
        ("(size({}.name) / 2.0)", "float"),
    ],
    "rel": [("size({}.origins)", "int"), ("(type({}) < 'HAS_E')", "bool"), ("(size({}.id) * 0.1)", "float")],
}
"""What is read of a node or a relationship with a function."""
SCALARS = ("str", "int", "bool", "float")
MOST_ROWS = 1500.0


def groupable(type_: Type) -> bool:
    """Whether equal values can be told by every store: DISTINCT, grouping, UNION."""
    if isinstance(type_, Map):
        return all(groupable(inner) for _, inner in type_.fields)
    return (
        type_.kind == "list" and groupable(type_.inner) if isinstance(type_, Of) else type_ not in ("floatx", "spath")
    )


def sortable(type_: Type) -> bool:
    """Whether values have an order of their own."""
    return type_.kind == "list" and sortable(type_.inner) if isinstance(type_, Of) else type_ in (*SCALARS, "mixed")


def loose(type_: Type) -> bool:
    """Whether there is a bag in it."""
    if isinstance(type_, Map):
        return any(loose(inner) for _, inner in type_.fields)
    return isinstance(type_, Of) and (type_.kind == "bag" or loose(type_.inner))


@dataclass(frozen=True)
class Graph:
    """What a query may name: values of properties, the ids of entities, and triples (head, relation, tail) of ids."""

    values: dict[str, list[str]]
    entities: list[str]
    triples: list[tuple[str, str, str]]

    @classmethod
    def of(cls, entities: Entities, triples: Triples) -> "Graph":
        values = {key: entities[key].drop_nulls().unique().sort().to_list() for key in ("name", "id", "name_en")}
        values = {key: some or ["cough"] for key, some in values.items()}  # a graph may have no English names
        values["sources"] = entities["sources"].explode().drop_nulls().unique().sort().to_list()
        return cls(values, values["id"], sorted(triples.select("head", "relation", "tail").rows()))

    @property
    def labels(self) -> list[str]:
        return sorted(set(map(label_of, self.entities)))

    def steps(self, entity: str) -> list[tuple[str, str, str]]:
        """(arrow, relation, other entity) of all triples of an entity."""
        out = [("->", relation, tail) for head, relation, tail in self.triples if head == entity]
        return out + [("<-", relation, head) for head, relation, tail in self.triples if tail == entity]


def label_of(entity: str) -> str:
    return entity.partition(":")[0]


@dataclass(frozen=True)
class Scope:
    """The variables at one place. `seen`: for nodes an entity each, which are one row of the patterns so far; `key`: variables that
    tell every two rows apart, None: none do; `ordered`: rows are in a total order; `rows`: about how many there are; `perhaps`: they are
    those of an OPTIONAL MATCH that begins the query, or one of nulls."""

    types: dict[str, Type] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    key: tuple[str, ...] | None = ()
    ordered: bool = False
    rows: float = 1.0
    perhaps: bool = False

    def plus(self, name: str, type_: Type, entity: str | None = None) -> "Scope":
        seen = {k: v for k, v in self.seen.items() if k != name} | ({name: entity} if entity else {})
        return replace(self, types={**self.types, name: type_}, seen=seen)

    def of(self, *types: Type) -> list[str]:
        return [name for name, type_ in self.types.items() if type_ in types]

    def reads(self) -> list[tuple[str, Type]]:
        """Every variable, and what can be read of it without a function."""
        found: list[tuple[str, Type]] = []
        for name, type_ in self.types.items():
            found.append((name, type_))
            if type_ in ("node", "rel"):
                found += [(f"{name}.{key}", of) for key, of in (NODE if type_ == "node" else REL).items()]
                found += [(text.format(name), of) for text, of in READS[type_]]
            elif type_ in ("path", "spath"):
                found.append((f"length({name})", "int"))
            elif isinstance(type_, Map):
                found += [(f"{name}.{key}", of) for key, of in type_.fields]
        return found


class Pen:
    """What writes one query: its choices, parameters and names."""

    def __init__(self, choices: Choices, graph: Graph) -> None:
        self.choices, self.graph = choices, graph
        self.params: dict[str, Any] = {}
        self.walked: list[tuple[str, str, str]] = []  # of this MATCH, which uses no triple twice
        self._names = 0
        self.lower = choices.chance(0.15)
        self.chinese = choices.chance(0.1)
        self.pick, self.chance, self.within = choices.pick, choices.chance, choices.within

    def word(self, keyword: str) -> str:
        return keyword.lower() if self.lower else keyword

    def name(self, letter: str) -> str:
        self._names += 1
        written = f"变量{self._names}" if self.chinese else f"{letter}{self._names}"
        return quote(written) if self.chinese and self._names % 3 == 0 else written

    def param(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def weighted(self, options: Sequence[tuple[float, Callable[[], str]]]) -> str:
        return self.pick([make for _, make in options], [weight for weight, _ in options])()


def expression(pen: Pen, scope: Scope, type_: Type, depth: int) -> str:
    """An expression of the type, in brackets where it is made of parts."""
    with pen.within(f"expression {type_ if isinstance(type_, str) else type(type_).__name__}"):
        if depth <= 0 or pen.pick((True, False), (0.3, 0.7)):
            return leaf(pen, scope, type_)
        return pen.weighted([*_common(pen, scope, type_, depth - 1), *_special(pen, scope, type_, depth - 1)])


def leaf(pen: Pen, scope: Scope, type_: Type) -> str:
    """A literal, or something in scope."""
    there = [text for text, of in scope.reads() if of == type_]
    if there and pen.pick((False, True), (0.12, 0.88)):
        return pen.pick(there)
    return literal(pen, scope, type_)


def literal(pen: Pen, scope: Scope, type_: Type) -> str:
    """A value, at times null, at times a parameter."""
    if type_ in SCALARS or type_ == "mixed":
        if pen.chance(0.05):
            return pen.word("null")
        value = scalar(pen, str(type_))
        return pen.param(value) if pen.chance(0.12) else written(pen, value)
    if isinstance(type_, Map):
        return "{" + ", ".join(f"{key}: {leaf(pen, scope, inner)}" for key, inner in type_.fields) + "}"
    if isinstance(type_, Of) and type_.inner not in ("node", "rel"):
        return (
            "[" + ", ".join(leaf(pen, scope, type_.inner) for _ in range(pen.pick((1, 0, 2, 3), (3, 0.5, 3, 2)))) + "]"
        )
    if type_ == "floatx":
        return leaf(pen, scope, "float")
    return pen.word("null")


def scalar(pen: Pen, type_: str) -> Any:
    if type_ == "mixed":
        type_ = pen.pick(("int", "str", "bool", "float"))
    if type_ == "int":
        return pen.pick((1, 0, 2, 3, -1, 5, -3, 7, 12, 100))
    if type_ == "float":
        return pen.pick((1.0, 0.5, 2.0, -1.5, 2.5, 0.1, 1e3, 3.75, 1e-7, 12345678.9))
    if type_ == "bool":
        return pen.pick((True, False))
    values = pen.pick(
        [
            ["a", "", "病", "12", "-3.5", "x y ", "True", "%", "'", '"', "\\", "A", "é", "😀", "_"],
            *pen.graph.values.values(),
        ]
    )
    return pen.pick(values)


def written(pen: Pen, value: Any) -> str:
    """A scalar as Cypher has it."""
    if isinstance(value, bool):
        return pen.word("true" if value else "false")
    if not isinstance(value, str):
        return repr(value) if value >= 0 else f"({value!r})"
    mark = pen.pick(("'", '"'), (0.8, 0.2))
    text = value.replace("\\", "\\\\").replace(mark, "\\" + mark)
    if text and ord(text[0]) > 127 and ord(text[0]) < 0x10000 and pen.chance(0.05):
        text = f"\\u{ord(text[0]):04x}" + text[1:]
    return mark + text + mark


Options = list[tuple[float, Callable[[], str]]]


def _common(pen: Pen, scope: Scope, type_: Type, depth: int) -> Options:
    """Forms that any type has."""

    def sub(of: Type = type_) -> str:
        return expression(pen, scope, of, depth)

    def case() -> str:
        with_else = f" {pen.word('ELSE')} {sub()}" if pen.chance(0.6) else ""
        if pen.chance(0.4):
            of = pen.pick(("str", "int"))
            whens = " ".join(
                f"{pen.word('WHEN')} {sub(of)} {pen.word('THEN')} {sub()}" for _ in range(pen.pick((1, 2)))
            )
            return f"{pen.word('CASE')} {sub(of)} {whens}{with_else} {pen.word('END')}"
        whens = " ".join(
            f"{pen.word('WHEN')} {sub('bool')} {pen.word('THEN')} {sub()}" for _ in range(pen.pick((1, 2)))
        )
        return f"{pen.word('CASE')} {whens}{with_else} {pen.word('END')}"

    if loose(type_) or type_ in ("node", "rel", "path", "spath", "mixed"):
        return [(1, lambda: leaf(pen, scope, type_))]
    found: Options = [
        (0.4, lambda: leaf(pen, scope, type_)),
        (0.6, case),
        (0.6, lambda: f"coalesce({sub()}, {sub()})"),
    ]
    if type_ != "floatx" and not isinstance(type_, Map):
        found.append((0.3, lambda: f"{pen.pick(('head', 'last'))}({sub(Of('list', type_))})"))
        found.append((0.3, lambda: f"{indexed(pen, scope, type_, depth)}[{pen.pick((0, -1, 1, 2, -3))}]"))
    if type_ in SCALARS and depth > 0:
        found.append((0.2, lambda: "{" + f"k: {sub()}, l: {sub('int')}" + "}" + pen.pick((".k", "['k']"))))
    return found


def indexed(pen: Pen, scope: Scope, type_: Type, depth: int) -> str:
    """A list, as it can stand before an index."""
    text = expression(pen, scope, Of("list", type_), depth)
    if "COLLECT {" in text.upper():
        return f"tail({text})"  # of COLLECT { } itself, Neo4j makes LIMIT -2 of [-2]
    return text if text[0] in "[(" or text.replace(".", "").replace("_", "").isalnum() else f"({text})"


def _special(pen: Pen, scope: Scope, type_: Type, depth: int) -> Options:
    if isinstance(type_, Of):
        return _lists(pen, scope, type_, depth)
    if isinstance(type_, Map):
        return [(0.2, lambda: literal(pen, scope, type_))]
    makers = {"int": _ints, "float": _floats, "floatx": _inexact, "str": _texts, "bool": _bools, "node": _nodes}
    return makers[type_](pen, scope, depth) if type_ in makers else []


def _ints(pen: Pen, scope: Scope, depth: int) -> Options:
    def sub(of: Type = "int") -> str:
        return expression(pen, scope, of, depth)

    def chain() -> str:
        text = sub()
        for _ in range(pen.pick((1, 2, 3))):
            with pen.within("term"):
                operator = pen.pick(("+", "-", "*", "/", "%"))
                text += f" {operator} {sub() if operator in '+-' else pen.pick((2, 3, 7))}"
        return f"({text})"

    def reduced() -> str:
        total, item = pen.name("t"), pen.name("i")
        inner = scope.plus(total, "int").plus(item, "int")
        return f"reduce({total} = {sub()}, {item} {pen.word('IN')} {sub(Of('list', 'int'))} | {total} + {leaf(pen, inner, 'int')})"

    return [
        (1, chain),
        (1, lambda: f"size({sub(of_any(pen))})"),
        (0.5, lambda: f"size({sub('str')})"),
        (0.5, lambda: f"{pen.pick(('abs', 'sign'))}({sub()})"),
        (0.4, lambda: f"toInteger({sub(pen.pick(('str', 'float')))})"),
        (0.3, lambda: f"(-{sub()})"),
        (0.3, reduced),
        (0.7, lambda: counted(pen, scope, "COUNT")),
    ]


def _floats(pen: Pen, scope: Scope, depth: int) -> Options:
    def sub(of: Type = "float") -> str:
        return expression(pen, scope, of, depth)

    return [
        (1, lambda: f"({sub()} {pen.pick('+-*')} {sub(pen.pick(('float', 'int')))})"),
        (0.7, lambda: f"({sub()} / {pen.pick(('2', '4.0', '0.5', '3'))})"),
        (0.4, lambda: f"({sub('int')} % 2.5)"),
        (0.7, lambda: f"{pen.pick(('round', 'ceil', 'floor', 'abs'))}({sub()})"),
        (0.3, lambda: f"round({sub()}, {pen.pick((1, 0, 2))})"),
        (0.3, lambda: f"sqrt(abs({sub()}))"),
        (0.5, lambda: f"toFloat({sub(pen.pick(('int', 'str')))})"),
    ]


def _inexact(pen: Pen, scope: Scope, depth: int) -> Options:
    def sub(of: Type = "int") -> str:
        return expression(pen, scope, of, depth)

    return [(1, lambda: f"({sub()} ^ {pen.pick((2, 1, 0, 3))})"), (1, lambda: f"({sub('floatx')} * {sub()})")]


def _texts(pen: Pen, scope: Scope, depth: int) -> Options:
    def sub(of: Type = "str") -> str:
        return expression(pen, scope, of, depth)

    def joined() -> str:
        total, item = pen.name("t"), pen.name("i")
        return f"reduce({total} = '', {item} {pen.word('IN')} {sub(Of('list', 'str'))} | {total} + {item} + ',')"

    def cut() -> str:
        length = f", {pen.pick((1, 0, 2, 50))}" if pen.chance(0.6) else ""
        return f"substring({sub()}, {pen.pick((0, 1, 2, 9))}{length})"

    found: Options = [
        (1, lambda: f"({sub()} + {sub(pen.pick(('str', 'int')))})"),
        (1, lambda: f"{pen.pick(('toUpper', 'toLower', 'trim', 'reverse', 'ltrim', 'rtrim'))}({sub()})"),
        (0.6, lambda: f"replace({sub()}, {sub()}, {sub()})"),
        (0.6, cut),
        (0.5, lambda: f"{pen.pick(('left', 'right'))}({sub()}, {pen.pick((1, 0, 2, 30))})"),
        (0.5, lambda: f"toString({sub(pen.pick(('int', 'bool', 'float', 'str')))})"),
        (0.4, lambda: f"split({sub()}, {written(pen, pen.pick((':', ',', '病', '')))})[{pen.pick((0, 1, -1))}]"),
        (0.3, joined),
        (0.6, lambda: f"{nodes_of(pen, scope)}.{pen.pick(('name', 'id', 'name_en'))}"),
    ]
    if rels := scope.of("rel"):
        found.append((1, lambda: f"type({pen.pick(rels)})"))
    if nodes := scope.of("node"):
        found.append((0.7, lambda: f"labels({pen.pick(nodes)})[{pen.pick((0, -1))}]"))
        found.append((0.3, lambda: f"{pen.pick(nodes)}[{written(pen, pen.pick(('name', 'name_en')))}]"))
    return found


def _nodes(pen: Pen, scope: Scope, depth: int) -> Options:
    del depth
    return [(1, lambda: nodes_of(pen, scope))]


def nodes_of(pen: Pen, scope: Scope) -> str:
    """A node that is a variable, an end of a relationship or on a path; a map where there is none."""
    found = [name for name, type_ in scope.types.items() if type_ in ("node", "rel", "path", "spath")]
    if not found:
        return "{name: 'x'}"
    name = pen.pick(found)
    if scope.types[name] == "node":
        return name
    if scope.types[name] == "rel":
        return f"{pen.pick(('startNode', 'endNode'))}({name})"
    return pen.pick((f"nodes({name})[0]", f"last(nodes({name}))", f"nodes({name})[-1]"))


def _bools(pen: Pen, scope: Scope, depth: int) -> Options:
    def sub(of: Type = "bool") -> str:
        return expression(pen, scope, of, depth)

    def compared() -> str:
        of = pen.pick(("str", "int", "float", "mixed", "bool"), (3, 3, 1, 0.4, 0.3))
        if of in ("int", "float") and pen.chance(0.2):
            return f"({sub(of)} {pen.pick(('<', '<=', '>'))} {sub(of)} {pen.pick(('<', '<=', '>=', '<>'))} {sub(of)})"
        if of == "int" and pen.chance(0.2):
            return f"({sub(of)} {pen.pick(('=', '<', '>='))} {sub('float')})"
        return f"({sub(of)} {pen.pick(('=', '<>', '<', '<=', '>', '>='), (3, 2, 1, 1, 1, 1))} {sub(of)})"

    def chain() -> str:
        text = (pen.word("NOT ") if pen.chance(0.2) else "") + sub()
        for _ in range(pen.pick((1, 2, 3))):
            with pen.within("term"):
                text += (
                    f" {pen.word(pen.pick(('AND', 'OR', 'XOR')))} {pen.word('NOT ') if pen.chance(0.15) else ''}{sub()}"
                )
        return f"({text})"

    def contained() -> str:
        of = pen.pick(("str", "int", "mixed"))
        return f"({sub(of)} {pen.word('IN')} {sub(Of('list', of))})"

    def quantified() -> str:
        of, item = pen.pick(("str", "int")), pen.name("i")
        source = pen.pick([Of("list", of), *(type_ for type_ in scope.types.values() if type_ == Of("bag", of))])
        inner = expression(pen, scope.plus(item, of), "bool", min(depth, 1))
        return f"{pen.pick(('any', 'all', 'none', 'single'))}({item} {pen.word('IN')} {sub(source)} {pen.word('WHERE')} {inner})"

    def matched() -> str:
        pattern = pen.pick((".*病.*", ".*", "[a-zA-Z]+.*", "(?i)DISEASE.*", "\\d+", ".", "(药|病).?", ".*[:%].*", ""))
        return f"({sub('str')} =~ {written(pen, pattern)})"

    found: Options = [
        (2, compared),
        (1.2, chain),
        (0.5, lambda: f"({pen.word('NOT')} {sub()})"),
        (0.9, contained),
        (1, lambda: f"({sub('str')} {pen.word(pen.pick(('CONTAINS', 'STARTS WITH', 'ENDS WITH')))} {sub('str')})"),
        (0.9, lambda: f"({sub(pen.pick(('str', 'int', 'bool')))} {pen.word(pen.pick(('IS NULL', 'IS NOT NULL')))})"),
        (0.9, quantified),
        (0.4, matched),
        (0.9, lambda: counted(pen, scope, "EXISTS")),
        (0.3, lambda: f"toBoolean({sub('str')})"),
        (0.2, lambda: f"({sub(Of('list', 'int'))} {pen.pick(('=', '<>'))} {sub(Of('list', 'int'))})"),
    ]
    if nodes := scope.of("node"):
        found.append((0.8, lambda: f"({pen.pick(nodes)}{labelled(pen, None, True)})"))
        found.append((0.5, lambda: f"({pen.pick(nodes)} {pen.pick(('=', '<>'))} {nodes_of(pen, scope)})"))
        found.append((0.4, lambda: f"exists({pattern_predicate(pen, scope)})"))
    return found


def of_any(pen: Pen) -> Of:
    return Of("list", pen.pick(("str", "int")))


def _lists(pen: Pen, scope: Scope, type_: Of, depth: int) -> Options:
    inner = type_.inner

    def sub(of: Type = type_) -> str:
        return expression(pen, scope, of, depth)

    def comprehension() -> str:
        of = pen.pick([inner, *{of for of in ("str", "int", "node", "rel") if scope.of(Of(type_.kind, of))}])
        item = pen.pick([pen.name("i"), *scope.of("int", "str")], [1, *[0.1] * len(scope.of("int", "str"))])
        seen = scope.plus(item, of)
        where = f" {pen.word('WHERE')} {condition(pen, seen, min(depth, 1))}" if pen.chance(0.4) else ""
        what = "" if of == inner and pen.chance(0.3) else f" | {expression(pen, seen, inner, min(depth, 1))}"
        return f"[{item} {pen.word('IN')} {sub(Of(type_.kind, of))}{where}{what}]"

    def sliced() -> str:
        start, end = pen.pick(("", "0", "1", "-2", "9")), pen.pick(("", "1", "2", "-1", "20"))
        return f"{indexed(pen, scope, inner, depth)}[{start or ('0' if not end else '')}..{end}]"

    if type_.kind == "bag":
        found: Options = [(0.2, lambda: leaf(pen, scope, type_)), (1, comprehension)]
        if inner == "str":
            found.append((1.5, lambda: collected(pen, scope)))
            if scope.of("node"):
                found.append((0.5, lambda: f"keys({pen.pick(scope.of('node'))})"))
        return found
    if inner in ("node", "rel"):
        paths = scope.of("path")
        word = "nodes" if inner == "node" else "relationships"
        return [(1, lambda: f"{word}({pen.pick(paths)})")] if paths else []
    found = [
        (1, lambda: literal(pen, scope, type_)),
        (0.8, comprehension),
        (0.5, lambda: f"tail({sub()})"),
        (0.3, lambda: f"reverse({literal(pen, scope, type_)})"),  # of a property, Neo4j refuses it
        (0.5, sliced),
        (0.5, lambda: f"({sub()} + {sub(pen.pick((type_, inner)))})"),
    ]
    if inner == "int":
        step = pen.pick(("", ", 2", ", -1", ", 3"))
        found.append((1, lambda: f"range({pen.pick((0, 1, 5, -2))}, {pen.pick((3, 1, 0, 7))}{step})"))
    if inner == "str":
        found.append((0.8, lambda: f"split({sub('str')}, {written(pen, pen.pick((':', ' ', '病')))})"))
        found.append((0.7, lambda: f"labels({pen.pick(scope.of('node'))})" if scope.of("node") else "['x', null]"))
        found.append((0.8, lambda: collected(pen, scope, in_order=True)))
    return found


def labelled(pen: Pen, label: str | None, after_variable: bool = False) -> str:
    """A label, or an expression of labels."""
    others = pen.graph.labels
    if not after_variable and not label:
        return pen.pick(("", ":%", f":!{pen.pick(others)}"), (8, 0.3, 0.3))
    one, two = label or pen.pick(others), pen.pick(others)
    forms = (
        f":{one}",
        f":{one}|{two}",
        f":!{two}",
        f":{one}&!{two}",
        ":%",
        f":({one}|{two})&!{two}",
        f":{quote(one)}",
        ":Product",
    )
    return pen.pick(forms, (9, 1, 0.4, 0.4, 0.3, 0.2, 0.4, 0.1))


def node_pattern(
    pen: Pen, scope: Scope, outer: Scope, bind: bool, fresh: bool = False, entity: str | None = None
) -> tuple[str, Scope, str | None, str]:
    """(variable:Label {property: value}), the scope with it, its variable and an entity that fits; `outer`: what its map may
    read; `entity`: one that should fit."""
    with pen.within("node"):
        there = [] if fresh else scope.of("node")
        same = [name for name in there if scope.seen.get(name) == entity]
        reuse = 0.65 if entity is None or same else 0.03
        if there and pen.pick((False, True), (1 - reuse, reuse)):
            name = pen.pick(same or there)
            return f"({name})", scope, name, scope.seen.get(name) or entity or pen.graph.entities[0]
        if entity is None:
            triple = pen.pick(pen.graph.triples)
            entity = pen.pick((triple[0], triple[2], pen.pick(pen.graph.entities)), (3, 2, 0.5))
        label: str | None = label_of(entity)
        if pen.chance(0.02):
            label = pen.pick(pen.graph.labels)
        elif scope.rows * 27 < MOST_ROWS and pen.chance(0.25):
            label = None
        labels, properties, rows = labelled(pen, label), "", 27.0 if label is None else 5.0
        if pen.chance(0.08):
            key = pen.pick(("name", "id", "name_en"), (3, 1, 0.1))
            value = {"id": entity, "name": entity.partition(":")[2]}.get(key) or pen.pick(pen.graph.values[key])
            shown = pen.param(value) if pen.chance(0.3) else written(pen, value)
            reads = [text for text, of in outer.reads() if of == "str"]
            properties, rows = " {" + f"{key}: {pen.pick([shown, *reads[:3]], [4, *[0.2] * len(reads[:3])])}" + "}", 1.0
        scope = replace(scope, rows=scope.rows * rows)
        if not bind or pen.chance(0.12):
            return f"({labels}{properties})", replace(scope, key=None) if bind else scope, None, entity
        name = pen.name(pen.pick("abdn"))
        scope = scope.plus(name, "node", entity)
        return f"({name}{labels}{properties})", replace(scope, key=_longer(scope.key, name)), name, entity


def _longer(key: tuple[str, ...] | None, *names: str) -> tuple[str, ...] | None:
    return None if key is None else (*key, *names)


def relationship(pen: Pen, scope: Scope, entity: str, bind: bool) -> tuple[str, Scope, str]:
    """-[r:TYPE*1..2]->, the scope with it, and an entity that is behind it, seen from one."""
    with pen.within("relationship"):
        steps = pen.graph.steps(entity)
        fresh = [step for step in steps if step not in pen.walked] or steps or [("->", "HAS_SYMPTOM", entity)]
        way, relation, end = pen.pick(fresh)
        pen.walked += [(way, relation, end), ("<-" if way == "->" else "->", relation, entity)]
        way = "--" if pen.chance(0.2) else way
        types = pen.pick(("one", "any", "two", "not"), (6, 1.5, 1.5, 0.3))
        others = sorted({other for _, other, _ in pen.graph.triples})
        shown, many, rows = "" if types == "any" else f":{relation}", "", 2.3 if types == "any" else 0.8
        if types == "two":
            shown, rows = f"{shown}|{pen.pick(others)}", 1.2
        elif types == "not":
            shown, rows = f":!{pen.pick([other for other in others if other != relation])}", 2.2
        elif pen.chance(0.12) and scope.rows < MOST_ROWS / 20:
            forms = (
                ("*1..2", "*..2", "*0..1", "*1..3", "*", "*0..", "*2", "*2..") if shown else ("*1..2", "*0..1", "*2")
            )
            many = pen.pick(forms)
            many = "*1..3" if way == "--" and many in ("*", "*0..", "*2..") else many
            rows = 4.0 if shown else 9.0
            if many in ("*2", "*2.."):
                end = next(
                    (other for arrow, r, other in pen.graph.steps(end) if r == relation and way in (arrow, "--")), end
                )
        rows *= 1.9 if way == "--" else 1.0
        properties = " {sources: ['alpha']}" if pen.chance(0.02) else ""
        name = ""
        if bind and pen.pick((False, True), (0.35, 0.65)):
            name = pen.name("r")
            scope = scope.plus(name, Of("list", "rel") if many else "rel")
            scope = replace(scope, key=_longer(scope.key, name))
        elif bind:
            scope = replace(scope, key=None)
        inner = f"{name}{shown}{many}{properties}"
        body = f"[{inner}]" if inner or pen.chance(0.1) else ""
        text = f"<-{body}-" if way == "<-" else f"-{body}-{'>' if way == '->' else ''}"
        return text, replace(scope, rows=scope.rows * rows), end


def path_pattern(
    pen: Pen, scope: Scope, bind: bool = True, start: str | None = None, least: int = 0, outer: Scope | None = None
) -> tuple[str, Scope]:
    """A chain of nodes and relationships; `start`: the variable it begins with."""
    outer = outer or scope
    text, at = f"({start})", scope.seen.get(start or "") or pen.graph.entities[0]
    if start is None:
        text, scope, _, at = node_pattern(pen, scope, outer, bind)
    for step in range(3):
        if step >= least and not pen.pick((False, True), (0.4 + 0.2 * step, 0.6 - 0.2 * step)):
            break
        if scope.rows > MOST_ROWS:
            break
        with pen.within("step"):
            arrow, scope, at = relationship(pen, scope, at, bind)
            before = scope.rows
            end, scope, _, at = node_pattern(pen, scope, outer, bind, entity=at)
            scope = replace(scope, rows=max(before * (0.7 if ":" in end else 1.0), 1.0))
            text += arrow + end
    return text, scope


def pattern_predicate(pen: Pen, scope: Scope) -> str:
    """(a)-[:TYPE]->(): no new variables."""
    start = pen.pick(scope.of("node"))
    text, _ = path_pattern(pen, replace(scope, rows=1.0), bind=False, start=start, least=1)
    return text


def condition(pen: Pen, scope: Scope, depth: int) -> str:
    """What stands behind WHERE."""
    with pen.within("condition"):
        kind = pen.pick(("value", "any", "pattern"), (5, 3, 1))
        if kind == "pattern" and scope.of("node"):
            negated = pen.word("NOT ") if pen.chance(0.35) else ""
            more = (
                f" {pen.word(pen.pick(('AND', 'OR')))} {expression(pen, scope, 'bool', 1)}" if pen.chance(0.3) else ""
            )
            return f"{negated}{pattern_predicate(pen, scope)}{more}"
        texts = [text for text, of in scope.reads() if of == "str"]
        if kind == "value" and texts:
            return _valued(pen, pen.pick(texts))
        return expression(pen, scope, "bool", depth)


def _valued(pen: Pen, text: str) -> str:
    """A comparison of a text with what such a text may be."""
    key = text.rpartition(".")[2]
    values = pen.graph.values.get(key, pen.graph.values["name"])
    one, two = written(pen, pen.pick(values)), written(pen, pen.pick(values))
    many = ", ".join(written(pen, value) for value in values[pen.pick((0, 1)) :: 2])
    forms = (
        (3, f"{text} <> {one}"),
        (1, f"{text} < {one}"),
        (1, f"{text} >= {one}"),
        (1.5, f"{text} {pen.word('IN')} [{many}]"),
        (0.7, f"{text} {pen.word('IS NOT NULL')}"),
        (1, f"{text} {pen.word('IS NULL')}"),
        (1.5, f"{text} {pen.word('CONTAINS')} '病'"),
        (0.2, f"{pen.word('NOT')} {text} {pen.word('IN')} [{one}, {two}, {pen.word('null')}]"),
        (1, f"size({text}) > 1 {pen.word('OR')} {text} = {one}"),
        (0.5, f"{one} <= {text} <= {two}"),
        (1.5, f"{pen.word('NOT')} {text} {pen.word('STARTS WITH')} {pen.param(pen.pick(values)[:1])}"),
    )
    return pen.pick([form for _, form in forms], [weight for weight, _ in forms])


def inner_match(pen: Pen, scope: Scope) -> tuple[str, Scope]:
    """A pattern within a subquery, with its WHERE; and the scope in it."""
    nodes = scope.of("node")
    start = pen.pick(nodes) if nodes and pen.pick((False, True), (0.1, 0.9)) else None
    text, inner = path_pattern(pen, replace(scope, rows=1.0), start=start, least=1 if start else 0)
    if pen.chance(0.35):
        text += f" {pen.word('WHERE')} {condition(pen, inner, 1)}"
    return text, inner


def counted(pen: Pen, scope: Scope, word: str) -> str:
    """COUNT { } or EXISTS { }."""
    with pen.within("subquery"):
        text, inner = inner_match(pen, scope)
        full = pen.pick(("{0}", "{1} {0}", "{1} {0} {2} {3}", "{1} {0} {2} {4} {3}"), (3, 3, 0.5, 0.5))
        value = expression(pen, inner, pen.pick(("str", "int")), 1) + f" {pen.word('AS')} {pen.name('v')}"
        words = (pen.word("MATCH"), pen.word("RETURN"), value, pen.word("DISTINCT"))
        return f"{pen.word(word)} {{ {full.format(text, *words)} }}"


def collected(pen: Pen, scope: Scope, in_order: bool = False) -> str:
    """Text from a COLLECT { } or a pattern comprehension; in order, or a bag."""
    with pen.within("collect"):
        if not in_order and scope.of("node") and pen.chance(0.5):
            start = pen.pick(scope.of("node"))
            text, inner = path_pattern(pen, replace(scope, rows=1.0), start=start, least=1)
            where = f" {pen.word('WHERE')} {condition(pen, inner, 1)}" if pen.chance(0.3) else ""
            return f"[{text}{where} | {expression(pen, inner, 'str', 1)}]"
        text, inner = inner_match(pen, scope)
        value = expression(pen, inner, "str", 1)
        name, down = pen.name("v"), pen.pick(("", " DESC"))
        order = f" {pen.word('ORDER BY')} {name}{pen.word(down)}" if in_order else ""
        if in_order and pen.chance(0.3):
            order += f" {pen.word('LIMIT')} {pen.pick((1, 2, 0))}"
        distinct = pen.word("DISTINCT ") if pen.chance(0.3) else ""
        return f"{pen.word('COLLECT')} {{ {pen.word('MATCH')} {text} {pen.word('RETURN')} {distinct}{value} {pen.word('AS')} {name}{order} }}"


def sort_key(scope: Scope) -> Iterable[str]:
    """Expressions that put the rows of a scope in a total order; its key is known."""
    for name in scope.key or ():
        type_ = scope.types[name]
        if type_ in ("node", "rel"):
            yield f"{name}.id"
        elif type_ == Of("list", "rel"):
            yield f"[k IN {name} | k.id]"
        else:
            yield name
