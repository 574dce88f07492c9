"""The questions that are asked in Cypher of a pattern or an attribute, each with its query, its rows and the facts behind these."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kgtools.templates.tasks.cypher.graph import QueriedGraph
from kgtools.templates.tasks.cypher.query import Pattern, Query, column_of, key_of, name_of, variables

MOST_ROWS, MOST_FACTS, MOST_SIGNS = 25, 300, 2_000
"""Of an answer; and characters of it."""
TOP, FEWEST = 5, 2
"""Of a ranking; things that are counted."""
MOST_STEPS = 3_000
"""Triples that are walked for one question."""
LONGEST_VALUE = 30
"""Characters of a value by which is asked whose it is."""


@dataclass(frozen=True)
class Asked:
    """A question and its answer. `kind`: one of KINDS; `names`: what it names, in order; `entities`: those of its question and rows;
    `via`: of a chain the patterns after the first."""

    kind: str
    names: tuple[str, ...]
    query: Query
    columns: tuple[str, ...]
    rows: list[list[Any]]
    facts: set[int]
    entities: set[int]
    via: tuple[Pattern, ...] = ()

    def fits(self, graph: QueriedGraph) -> bool:
        """Whether the answer is not empty, small, and rests on no doubtful fact."""
        if not 0 < len(self.rows) <= MOST_ROWS or len(self.facts) > MOST_FACTS or self.facts & graph.in_doubt:
            return False
        return sum(len(str(value)) for row in self.rows for value in row) <= MOST_SIGNS


@dataclass(frozen=True)
class Place:
    """Where questions are asked from: a pattern or an attribute in a language, a head, what the template says of it, and chains of
    patterns that go on from the pattern's head."""

    graph: QueriedGraph
    lang: str
    pattern: Pattern | None
    attribute: tuple[str, str] | None
    head: int
    others: Sequence[int]
    chains: Sequence[tuple[Pattern, ...]]

    def asked(self, entity: int) -> str:
        """The name by which the query finds an entity."""
        return self.graph.asked(entity, self.lang) or ""

    def shown(self, entities: Iterable[int]) -> list[list[Any]]:
        """A row a name, sorted."""
        return [[name] for name in sorted({self.graph.shown(each, self.lang) for each in entities})]


Maker = Callable[[Place, random.Random], Asked | None]


def ask_tails(place: Place, draw: random.Random) -> Asked | None:
    """What the template asks: all tails of the head, or all values."""
    del draw
    if place.attribute is not None:
        return _ask_values(place)
    assert place.pattern is not None
    head, tail = variables(place.pattern.head, place.pattern.tail)
    links = place.graph.links(place.pattern).get(place.head, [])
    column = column_of(place.pattern.tail)
    text = f"MATCH ({_node(head, place.pattern.head, place, 'a', bare=True)}){place.pattern}({tail}:{place.pattern.tail})\n"
    text += _return(tail, column, place)
    return _asked("tails", place, [place.head], text, (column,), place.shown(each for each, _ in links), links)


def _ask_values(place: Place) -> Asked:
    type_, attribute = place.attribute or ("", "")
    found = place.graph.values(attribute).get(place.head, [])
    head = variables(type_, type_)[0]
    text = f"MATCH ({_node(head, type_, place, 'a')})\nUNWIND {head}.{attribute} AS {attribute}\n"
    text += f"RETURN {attribute}\nORDER BY {attribute}"
    rows = [[value] for value in sorted(value for value, _ in found)]
    query = Query(text, {"a": place.asked(place.head)})
    facts = {fact for _, fact in found}
    return Asked("tails", (place.asked(place.head),), query, (attribute,), rows, facts, {place.head})


def ask_holders(place: Place, draw: random.Random) -> Asked | None:
    """Whose attribute has a value."""
    type_, attribute = place.attribute or ("", "")
    values = place.graph.values(attribute)
    short = [value for value, _ in values.get(place.head, []) if len(value) <= LONGEST_VALUE and "\n" not in value]
    short = [value for value in short if place.lang == "zh" or value.isascii()]
    if not short:
        return None
    value = draw.choice(sorted(short))
    types = place.graph.types
    held = [(head, fact) for head, each in values.items() if types[head] == type_ for own, fact in each if own == value]
    head, column = variables(type_, type_)[0], column_of(type_)
    text = f"MATCH ({head}:{type_})\nWHERE $a IN {head}.{attribute}\n"
    text += _return(head, column, place)
    rows, facts = place.shown(each for each, _ in held), {fact for _, fact in held}
    return Asked("holders", (value,), Query(text, {"a": value}), (column,), rows, facts, {each for each, _ in held})


def ask_count(place: Place, draw: random.Random) -> Asked | None:
    """How many tails the head has."""
    del draw
    assert place.pattern is not None
    head, tail = place.pattern.head, place.pattern.tail
    links = place.graph.links(place.pattern).get(place.head, [])
    if len({each for each, _ in links}) < FEWEST:
        return None
    variable = variables(head, tail)[1]
    text = f"MATCH ({_node('', head, place, 'a')}){place.pattern}({variable}:{tail})\n"
    text += f"RETURN count(DISTINCT {variable}) AS number"
    return _asked("count", place, [place.head], text, ("number",), [[len({each for each, _ in links})]], links)


def ask_heads(place: Place, draw: random.Random) -> Asked | None:
    """Which heads have a tail, or how many, where they are too many to be listed."""
    assert place.pattern is not None
    tail = draw.choice(place.others)
    head, turned = variables(place.pattern.head, place.pattern.tail)[0], place.pattern.turned()
    links = place.graph.links(turned).get(tail, [])
    if len(links) > MOST_FACTS:
        return None
    column = column_of(place.pattern.head)
    text = f"MATCH ({head}:{place.pattern.head}){place.pattern}({_node('', place.pattern.tail, place, 'a')})\n"
    if len(links) > MOST_ROWS or (len(links) >= FEWEST and draw.random() < 0.25):
        rows: list[list[Any]] = [[len({each for each, _ in links})]]
        text += f"RETURN count(DISTINCT {head}) AS number"
        return _asked("count_heads", place, [tail], text, ("number",), rows, links)
    text += _return(head, column, place)
    return _asked("heads", place, [tail], text, (column,), place.shown(each for each, _ in links), links)


def ask_both(place: Place, draw: random.Random) -> Asked | None:
    """Which heads have two tails."""
    assert place.pattern is not None
    if len(place.others) < 2:
        return None
    tails = draw.sample(place.others, 2)
    turned = place.pattern.turned()
    one, other = (place.graph.links(turned).get(tail, []) for tail in tails)
    if len(one) + len(other) > MOST_STEPS:
        return None
    both = {each for each, _ in one} & {each for each, _ in other}
    head, column = variables(place.pattern.head, place.pattern.tail)[0], column_of(place.pattern.head)
    text = f"MATCH ({head}:{place.pattern.head}){place.pattern}({_node('', place.pattern.tail, place, 'a')})\n"
    text += f"MATCH ({head}){place.pattern}({_node('', place.pattern.tail, place, 'b')})\n"
    text += _return(head, column, place)
    links = [each for each in (*one, *other) if each[0] in both]
    return _asked("both", place, tails, text, (column,), place.shown(both), links)


def ask_shared(place: Place, draw: random.Random) -> Asked | None:
    """Which heads share most tails with the head."""
    del draw
    assert place.pattern is not None
    turned = place.graph.links(place.pattern.turned())
    mine = dict(place.graph.links(place.pattern).get(place.head, []))
    if sum(len(turned.get(tail, [])) for tail in mine) > MOST_STEPS:
        return None
    by_name: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for tail in mine:
        for other, fact in turned.get(tail, []):
            if other != place.head:
                by_name[place.graph.shown(other, place.lang)].append((tail, other, fact))
    ranked = sorted(by_name.items(), key=lambda each: (-len({tail for tail, _, _ in each[1]}), each[0]))[:TOP]
    if len(ranked) < TOP or len({tail for tail, _, _ in ranked[0][1]}) < 2:
        return None
    type_, column = place.pattern.head, column_of(place.pattern.head)
    head, variable = variables(type_, place.pattern.tail)
    text = f"MATCH ({_node(head, type_, place, 'a')}){place.pattern}({variable}:{place.pattern.tail})"
    text += f"{place.pattern.turned()}(same:{type_})\nWHERE same <> {head}\n"
    text += f"RETURN {name_of('same', place.lang)} AS {column}, count(DISTINCT {variable}) AS shared\n"
    text += f"ORDER BY shared DESC, {column}\nLIMIT {TOP}"
    rows = [[name, len({tail for tail, _, _ in each})] for name, each in ranked]
    links = [(other, fact) for _, each in ranked for _, other, fact in each]
    links += [(tail, mine[tail]) for tail in sorted({tail for _, each in ranked for tail, _, _ in each})]
    return _asked("shared", place, [place.head], text, (column, "shared"), rows, links)


def ask_exists(place: Place, draw: random.Random) -> Asked | None:
    """Whether the head has a tail: one of its own, or one of another's, as often as not."""
    assert place.pattern is not None
    links = place.graph.links(place.pattern)
    mine = {each for each, _ in links.get(place.head, [])}
    if draw.random() < 0.5:
        tail = draw.choice(place.others)
    else:
        turned = place.graph.links(place.pattern.turned())
        near, _ = draw.choice(turned[draw.choice(place.others)])
        theirs = [each for each, _ in links.get(near, [])]
        theirs = [each for each in theirs if each not in mine and each != place.head and place.asked(each)]
        if not theirs:
            return None
        tail = draw.choice(theirs)
    text = f"RETURN EXISTS {{\n  MATCH ({_node('', place.pattern.head, place, 'a')}){place.pattern}"
    text += f"({_node('', place.pattern.tail, place, 'b')})\n}} AS answer"
    said = [each for each in links.get(place.head, []) if each[0] == tail]
    return _asked("exists", place, [place.head, tail], text, ("answer",), [[tail in mine]], said)


def ask_without(place: Place, draw: random.Random) -> Asked | None:
    """Which tails of the head another head does not have that shares some with it."""
    assert place.pattern is not None
    links, turned = place.graph.links(place.pattern), place.graph.links(place.pattern.turned())
    other, _ = draw.choice(turned[draw.choice(place.others)])
    if other == place.head or not place.asked(other):
        return None
    theirs = {each for each, _ in links.get(other, [])}
    mine = links.get(place.head, [])
    tail, column = variables(place.pattern.head, place.pattern.tail)[1], column_of(place.pattern.tail)
    text = f"MATCH ({_node('', place.pattern.head, place, 'a')}){place.pattern}({tail}:{place.pattern.tail})\n"
    text += f"WHERE NOT EXISTS {{ MATCH ({_node('', place.pattern.head, place, 'b')}){place.pattern}({tail}) }}\n"
    text += _return(tail, column, place)
    rows = place.shown(each for each, _ in mine if each not in theirs)
    return _asked("without", place, [place.head, other], text, (column,), rows, [*mine, *links.get(other, [])])


def ask_chain(place: Place, draw: random.Random) -> Asked | None:
    """What a chain of patterns leads to from all heads that have a tail."""
    assert place.pattern is not None
    if not place.chains:
        return None
    chain, start = draw.choice(place.chains), draw.choice(place.others)
    found = place.graph.links(place.pattern.turned()).get(start, [])
    if len(found) > MOST_FACTS:
        return None
    facts, at = {fact for _, fact in found}, {each for each, _ in found}
    entities = {start, *at}
    names = [variables(place.pattern.head, place.pattern.head)[0]]
    text = (
        f"MATCH ({_node('', place.pattern.tail, place, 'a')}){place.pattern.turned()}({names[0]}:{place.pattern.head})"
    )
    for pattern in chain:
        links = place.graph.links(pattern)
        steps = [step for each in sorted(at) for step in links.get(each, [])]
        if len(facts) + len(steps) > MOST_FACTS:
            return None
        facts |= {fact for _, fact in steps}
        at = {each for each, _ in steps}
        entities |= at
        name = variables(pattern.head, pattern.tail)[1]
        names.append(name if name not in names else f"{name}{len(names)}")
        text += f"{pattern}({names[-1]}:{pattern.tail})"
    column = column_of(chain[-1].tail)
    text += f"\nRETURN DISTINCT {name_of(names[-1], place.lang)} AS {column}\nORDER BY {column}"
    query = Query(text, {"a": place.asked(start)})
    return Asked("chain", (place.asked(start),), query, (column,), place.shown(at), facts, entities, chain)


OF_PATTERN: dict[str, tuple[Maker, float]] = {
    "tails": (ask_tails, 3), "count": (ask_count, 1), "heads": (ask_heads, 2), "both": (ask_both, 2), "shared": (ask_shared, 1.5),
    "exists": (ask_exists, 1.5), "without": (ask_without, 1.5), "chain": (ask_chain, 2),
}  # fmt: skip
"""Kind -> what makes it of a pattern, and how often it is tried first."""
OF_ATTRIBUTE: dict[str, tuple[Maker, float]] = {"tails": (ask_tails, 2), "holders": (ask_holders, 1)}


def ask_one(place: Place, draw: random.Random) -> Asked | None:
    """A question of one kind, of the first in a drawn order that has an answer; None where none has."""
    makers = OF_ATTRIBUTE if place.attribute else OF_PATTERN
    if place.pattern is not None and not place.pattern.is_plain:
        makers = {"tails": OF_PATTERN["tails"]}
    elif place.pattern is not None and not place.others:
        makers = {kind: OF_PATTERN[kind] for kind in ("tails", "count", "shared")}
    order = sorted(makers, key=lambda kind: draw.random() ** (1 / makers[kind][1]), reverse=True)
    for kind in order:
        asked = makers[kind][0](place, draw)
        if asked is not None and asked.fits(place.graph):
            return asked
    return None


def _node(variable: str, type_: str, place: Place, parameter: str, bare: bool = False) -> str:
    """A node that is named: `d:Disease {name: $a}`; `bare`: nothing else says its variable."""
    return f"{'' if bare else variable}:{type_} {{{key_of(place.lang)}: ${parameter}}}"


def _return(variable: str, column: str, place: Place) -> str:
    """The end of a query that lists names; each once, where two entities may be shown by one name, or found twice."""
    plain = place.lang == "zh" and (
        place.pattern is None or (len(place.pattern.relations) == 1 and place.pattern.arrow != "")
    )
    distinct = "" if plain else "DISTINCT "
    return f"RETURN {distinct}{name_of(variable, place.lang)} AS {column}\nORDER BY {column}"


def _asked(
    kind: str, place: Place, named: Sequence[int], text: str, columns: tuple[str, ...], rows: list[list[Any]],
    links: Iterable[tuple[int, int]],
) -> Asked:  # fmt: skip
    links = list(links)
    names = tuple(map(place.asked, named))
    query = Query(text, dict(zip("ab", names, strict=False)))
    return Asked(kind, names, query, columns, rows, {fact for _, fact in links}, {*named, *(each for each, _ in links)})
