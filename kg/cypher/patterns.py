"""Patterns of a Cypher query, and where Neo4j's trail (no relationship twice in one MATCH) differs from a walk."""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import combinations, product

from kgtools.kg.cypher.tokens import Query

TWICE = (
    "both could match the same relationship here, which one MATCH of Neo4j excludes; "
    "use two MATCH clauses, or add WHERE a.id <> b.id"
)
LOOPS = (
    "an undirected relationship from a node to itself counts twice here and once in Neo4j; "
    "draw an arrow, or add WHERE a.id <> b.id for the two ends"
)
ONE_LABEL = "n:A:B is A or B here and A and B in Neo4j; a node has one label, write (n:A) or (n:A|B)"
LABELS = "only (n:A) and (n:A|B) are portable label expressions"
NOTHING_JOINS = (
    "no {} joins these labels in this graph, and the embedded store then answers wrongly; leave the pattern out"
)
LENGTH = "paths of variable length are counted differently here; write out each length"
PATHS = "paths and shortest paths are not portable; write out the pattern and return properties"

Labels = frozenset[str]
Pairs = Mapping[str, Collection[tuple[str, str]]]  # relationship type: the (start, end) labels that it joins


@dataclass(frozen=True)
class Node:
    """A node pattern; `name` is unique where the query gives none."""

    at: int
    name: str
    labels: Labels


@dataclass(frozen=True)
class Link:
    """A relationship pattern between two node names, from left to right as written."""

    at: int
    name: str
    types: Labels
    arrow: str
    left: str
    right: str

    @property
    def ends(self) -> list[tuple[str, str]]:
        """Each (start, end) that the arrow allows."""
        pair = (self.left, self.right)
        return {">": [pair], "<": [pair[::-1]], "": [pair, pair[::-1]]}[self.arrow]


@dataclass
class Pattern:
    """What one MATCH draws; `structural` are the token indexes that are no expression."""

    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    structural: set[int] = field(default_factory=set)


def starts_pattern(query: Query, index: int) -> bool:
    """Whether the bracket opens a pattern such as (a)-[:R]->(b), and not an expression."""
    if query[index].word != "(":
        return False
    after = query.following(query.partner[index] + 1, 3)
    return after[:2] in (["-", "["], ["-", "-"]) or after in (["<", "-", "["], ["<", "-", "-"])


def read_match(query: Query, start: int, end: int) -> Pattern:
    """The comma-separated patterns of a MATCH."""
    pattern = Pattern()
    for first, last in query.split(start, end, ","):
        if query[first + 1].word == "=" or (query[first + 1].word == "(" and query[first].kind == "name"):
            raise query.refusal(first, PATHS)
        stop = read_pattern(query, first, pattern)
        if stop != last:
            raise query.refusal(stop, f"{query[stop].text} is not portable in a pattern")
    return pattern


def read_pattern(query: Query, index: int, pattern: Pattern) -> int:
    """Add the pattern that starts at index; the index after it."""
    node, index = read_node(query, index, pattern)
    while query[index].word in ("-", "<"):
        at, arrow = index, ""
        if query[index].word == "<":
            arrow, index = "<", index + 1
        pattern.structural.update((at, index))
        name, types, index = read_detail(query, index + 1, pattern)
        if query[index].word != "-":
            raise query.refusal(index, "a relationship is written -[r:TYPE]-> or <-[r:TYPE]- or -[r:TYPE]-")
        pattern.structural.add(index)
        index += 1
        if query[index].word == ">":
            if arrow:
                raise query.refusal(at, "<--> is not portable; write -- for either direction")
            pattern.structural.add(index)
            arrow, index = ">", index + 1
        following, index = read_node(query, index, pattern)
        pattern.links.append(Link(at, name, types, arrow, node.name, following.name))
        node = following
    return index


def read_node(query: Query, index: int, pattern: Pattern) -> tuple[Node, int]:
    if query[index].word != "(":
        raise query.refusal(index, LENGTH if query[index].word in ("+", "*", "{") else "expected a node, such as (n:A)")
    if query[index + 1].word == "(":
        raise query.refusal(index, LENGTH)
    close = query.partner[index]
    name, labels, after = read_inside(query, index, close, pattern)
    if query[after].word == "{":
        after = query.partner[after] + 1
    if after != close:
        raise query.refusal(after, LABELS if query[after].word != "WHERE" else "write WHERE after the whole pattern")
    node = Node(index, name or f" {index}", labels)
    pattern.nodes.append(node)
    return node, close + 1


def read_detail(query: Query, index: int, pattern: Pattern) -> tuple[str, Labels, int]:
    """The name and types between the dashes, and the index of the second dash."""
    if query[index].word != "[":
        return "", frozenset(), index
    close = query.partner[index]
    name, types, after = read_inside(query, index, close, pattern)
    if query[after].word == "{":
        after = query.partner[after] + 1
    if after != close:
        raise query.refusal(after, LENGTH if query[after].word == "*" else "only [r:A] and [r:A|B] are portable here")
    return name, types, close + 1


def read_inside(query: Query, index: int, close: int, pattern: Pattern) -> tuple[str, Labels, int]:
    """The name and labels after an opening bracket, and the index of what follows them."""
    pattern.structural.update((index, close))
    name, labels, index = "", set[str](), index + 1
    if query[index].identifier and query[index].word != "WHERE":
        name = query[index].identifier
        pattern.structural.add(index)
        index += 1
    while query[index].word in ((":",) if not labels else ("|",)):
        if not query[index + 1].identifier:
            raise query.refusal(index + 1, LABELS)
        labels.add(query[index + 1].identifier)
        pattern.structural.update((index, index + 1))
        index += 2
    if labels and query[index].word in (":", "&"):
        raise query.refusal(index, ONE_LABEL)
    if query[index].word == "IS":
        raise query.refusal(index, LABELS)
    return name, frozenset(labels), index


def differences(query: Query, start: int, end: int) -> set[Labels]:
    """Pairs of names that a WHERE makes different: its AND-terms `a.id <> b.id`, `a.id < b.id` and `a <> b`."""
    terms = query.split(start, end, "AND")
    if any(query[index].word in ("OR", "XOR") for index in query.shallow(start, end)):
        return set()
    return {pair for first, last in terms for pair in difference(query, first, last)}


def difference(query: Query, start: int, end: int) -> Iterator[Labels]:
    identifiers = [query[index].identifier for index in range(start, end)]
    words = query.following(start, end - start)
    if end - start == 3 and words[1] == "<>" and all(identifiers[::2]):
        yield frozenset((identifiers[0], identifiers[2]))
    properties = end - start == 7 and words[1] == words[5] == "." and identifiers[2] == identifiers[6] != ""
    if properties and words[3] in ("<>", "<", ">") and identifiers[0] and identifiers[4]:
        yield frozenset((identifiers[0], identifiers[4]))


def check_trail(
    query: Query, pattern: Pattern, labels: dict[str, Labels], different: Set[Labels], counted: bool
) -> None:
    """Refuse what finds other rows as a walk; `counted` is false where only existence matters."""

    def distinct(left: str, right: str) -> bool:
        one, other = labels.get(left) or frozenset(), labels.get(right) or frozenset()
        apart = bool(one and other) and not one & other
        return left != right and (apart or frozenset((left, right)) in different)

    for link in pattern.links:
        if counted and not link.arrow and not distinct(link.left, link.right):
            raise query.refusal(link.at, LOOPS)
    for one, other in combinations(pattern.links, 2):
        if one.types and other.types and not one.types & other.types:
            continue
        if one.name and other.name and frozenset((one.name, other.name)) in different:
            continue
        for (start, end), (other_start, other_end) in product(one.ends, other.ends):
            if not distinct(start, other_start) and not distinct(end, other_end):
                raise query.refusal(other.at, TWICE)


def possible_labels(
    query: Query, pattern: Pattern, known: dict[str, Labels], pairs: Pairs, required: bool
) -> dict[str, Labels]:
    """The labels that each variable can have where the pattern matches; `known` are those of the variables so far.

    Where nothing can match, an optional pattern must be refused: the engine then takes rows of another label's table.
    """
    every = frozenset(label for joined in pairs.values() for pair in joined for label in pair)
    possible = {**{node.name: node.labels or every for node in pattern.nodes}, **known}
    for node in pattern.nodes:
        possible[node.name] &= node.labels or every
    changed = bool(pairs)
    while changed:
        before = dict(possible)
        for link in pattern.links:
            joined = {pair for kind in link.types or pairs for pair in pairs.get(kind, ())}
            fitting = [
                (start, end) if ends[0] == link.left else (end, start)
                for ends in dict.fromkeys(link.ends)
                for start, end in joined
                if start in possible[ends[0]] and end in possible[ends[1]]
            ]
            if not fitting and not required:
                raise query.refusal(link.at, NOTHING_JOINS.format("|".join(sorted(link.types)) or "relationship"))
            possible[link.left] &= frozenset(left for left, _ in fitting)
            possible[link.right] &= frozenset(right for _, right in fitting)
        changed = possible != before
    return possible
