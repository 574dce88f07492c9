"""One Cypher for both stores: rewrite what the embedded engine spells differently, refuse what it answers differently.

The engine (ladybug 0.22) was compared with Neo4j 5.26, construct by construct: what is refused was seen to differ or to
fail, or belongs to a family (paths, dates, trigonometry) of which some member does.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from types import MappingProxyType

from kgtools.kg.cypher.expressions import check_expressions, check_variables, check_words, learn_aliases, one_statement
from kgtools.kg.cypher.nulls import Facts
from kgtools.kg.cypher.patterns import (
    LENGTH,
    Labels,
    Pairs,
    Pattern,
    check_trail,
    differences,
    possible_labels,
    read_match,
    read_pattern,
    starts_pattern,
)
from kgtools.kg.cypher.tokens import CLAUSES, LONGEST, Query, refusal, tokenize, words
from kgtools.tools.errors import CypherError

NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
AS_INT = "CAST(CASE WHEN regexp_full_match(CAST({x} AS STRING), '-?[0-9]+') THEN {x} ELSE NULL END AS INT64)"
AS_FLOAT = f"CAST(CASE WHEN regexp_full_match(CAST({{x}} AS STRING), '{NUMBER}') THEN {{x}} ELSE NULL END AS DOUBLE)"
# What Neo4j's functions are in the engine's words. The engine's own macros would be neater, but a database that holds one
# with CASE or `=` in it cannot be opened again. The engine computes both branches of a CASE: a cast may only see what it
# can cast. It cannot print a float's digits.
INLINE: dict[str, str] = {
    "TYPE": "CASE WHEN {x} IS NULL THEN NULL ELSE label({x}) END",
    "LABELS": "CASE WHEN {x} IS NULL THEN NULL ELSE label({x}) END",
    "ISEMPTY": "(size({x}) = 0)",
    "HEAD": "CASE WHEN size({x}) = 0 THEN NULL ELSE list_any_value(list_slice({x}, 1, 1)) END",
    "LAST": "CASE WHEN size({x}) = 0 THEN NULL ELSE list_any_value(list_slice({x}, size({x}), size({x}))) END",
    "TAIL": "list_slice({x}, 2, size({x}))",
    "SUM": "coalesce(sum({x}), 0)",
    "TOFLOAT": AS_FLOAT,
    "TOINTEGER": "CASE WHEN regexp_full_match(CAST({x} AS STRING), '-?[0-9]+') "
    f"THEN {AS_INT} WHEN {AS_FLOAT} < 0 THEN CAST(ceil({AS_FLOAT}) AS INT64) ELSE CAST(floor({AS_FLOAT}) AS INT64) END",
    "TOSTRING": "CASE WHEN {x} IS NULL THEN NULL WHEN typeof({x}) = 'BOOL' THEN lower(CAST({x} AS STRING)) "
    "ELSE concat(CAST({x} AS STRING), left('', CAST(CASE WHEN typeof({x}) IN ['DOUBLE', 'FLOAT'] "
    "THEN 'toString() of a float' ELSE '0' END AS INT64))) END",
}
PLAIN = {"TYPE": "label({x})", "LABELS": "label({x})"}
NO_PAIRS: Pairs = MappingProxyType({})
DIRECTIONS = words("ASC ASCENDING DESC DESCENDING")
CONDITION = frozenset(["WHERE", "AND", "OR", "XOR", "NOT", "WHEN", "("])
RELABELLED = "a second label for the same variable is joined by OR here; write it where the variable is first named"
WHOLE = "a whole node or relationship has another shape in each store; return properties, such as {0}.id"
SHADOWED = "ORDER BY {0} takes the earlier {0} in the embedded store; give what is called so here another name"
SHUFFLED = "collect() loses the order of WITH ... ORDER BY here; return rows with ORDER BY"


@dataclass
class Scope:
    """The variables of a part of a query: nodes with their labels, other names that stand for graph elements, and for values."""

    nodes: dict[str, Labels] = field(default_factory=dict)
    elements: set[str] = field(default_factory=set)
    possible: dict[str, Labels] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)

    def copy(self) -> "Scope":
        return Scope(dict(self.nodes), set(self.elements), dict(self.possible), set(self.values))

    def names(self) -> set[str]:
        """All variables."""
        return {*self.nodes, *self.elements, *self.values}


@dataclass(frozen=True)
class Clause:
    word: str
    at: int
    start: int
    end: int


@dataclass(frozen=True)
class Edit:
    """The text from `start` to `end` becomes `new`; `{x}` in it is the text of `inner`, itself edited."""

    start: int
    end: int
    new: str
    inner: tuple[int, int] = (0, 0)


@dataclass
class Reading:
    """One walk over a query: what was learned, and the edits to make."""

    query: Query
    names: frozenset[str]
    pairs: Pairs
    facts: Facts = field(default_factory=Facts)
    columns: list[list[str]] = field(default_factory=list)
    aliases: list[Edit] = field(default_factory=list)
    sorted_by: list[Edit] = field(default_factory=list)


def to_embedded(cypher: str, *, names: frozenset[str] = frozenset(), pairs: Pairs = NO_PAIRS) -> str:
    """The query as the embedded engine takes it.

    `names` are the graph's labels, types and properties; `pairs` the labels that each of its relationship types joins.

    Raises CypherError naming the construct, its line and column, and the portable form.
    """
    query = tokenize(cypher)
    end = one_statement(query)
    check_words(query, end)
    reading = Reading(query, names, pairs)
    reading.facts.optional = any(token.word == "OPTIONAL" for token in query.tokens)
    learn_aliases(query, reading.facts)
    read_clauses(reading, 0, end, Scope(), counted=True, outermost=True)
    check_expressions(query, end, reading.facts)
    aliases = {query[index + 1].identifier for index in range(end) if query[index].word == "AS"}
    variables = aliases | reading.facts.nodes | reading.facts.links
    check_variables(query, end, reading.facts, {name for name in variables if not name.startswith(" ")})
    check_known_names(reading, end)
    respelled = spelled_differently(query, end, reading.facts)
    outside = [
        edit for edit in respelled if not any(s.start <= edit.start and edit.end <= s.end for s in reading.sorted_by)
    ]
    return edited(cypher, outside + reading.aliases + reading.sorted_by)


def parameters(cypher: str) -> set[str]:
    """The names of the parameters that a query reads."""
    return {token.text[1:].strip("`") for token in tokenize(cypher).tokens if token.kind == "param"}


def refuse_missing(wanted: set[str], given: Collection[str]) -> None:
    """Raise CypherError where a query reads a parameter that is not given."""
    for name in sorted(wanted - set(given)):
        raise CypherError(f"the query reads ${name}; give it: --param {name}=VALUE")


def clauses(query: Query, start: int, end: int) -> list[Clause]:
    found: list[tuple[str, int]] = []
    for index in query.shallow(start, end):
        before = query[index - 1]
        opens = index == start or before.ends_operand or before.word in ("UNION", "ALL", "*")
        if opens and query[index].word in CLAUSES:
            found.append((query[index].word, index))
    ends = [*(at for _, at in found[1:]), end]
    return [Clause(word, at, at + 1 + (word == "OPTIONAL"), stop) for (word, at), stop in zip(found, ends, strict=True)]


def read_clauses(reading: Reading, start: int, end: int, scope: Scope, counted: bool, outermost: bool = False) -> None:
    query, facts, shuffled, projecting = reading.query, reading.facts, False, ""
    found = clauses(query, start, end)
    for clause, following in zip(found, [*found[1:], None], strict=True):
        facts.clause.update(dict.fromkeys(range(clause.start, clause.end), clause.word))
        if clause.word in ("MATCH", "OPTIONAL"):
            pattern = read_match(query, clause.start, clause.end)
            where = following if following and following.word == "WHERE" else None
            different = differences(query, where.start, where.end) if where else set()
            take_pattern(reading, pattern, scope, different, counted, required=outermost and clause.word == "MATCH")
            continue
        read_expressions(reading, clause.start, clause.end, scope)
        if clause.word == "UNION":
            scope, shuffled = Scope(), False
        if clause.word in ("WITH", "RETURN"):
            refuse_shadowed(query, clause, scope, following)
            collects = [at for at in range(clause.start, clause.end) if query.following(at, 2) == ["COLLECT", "("]]
            if shuffled and collects:
                raise query.refusal(collects[0], SHUFFLED)
            projecting = clause.word
        if clause.word == "ORDER":
            shuffled = shuffled or projecting == "WITH"
        if clause.word == "RETURN" and outermost:
            read_return(reading, clause, scope, following)
        if clause.word in ("WITH", "UNWIND"):
            scope = projected(query, clause, scope)


def take_pattern(
    reading: Reading, pattern: Pattern, scope: Scope, different: set[Labels], counted: bool, required: bool
) -> None:
    """Add a pattern's variables to the scope, refusing what the engine would match otherwise."""
    for node in pattern.nodes:
        if node.labels and node.labels != scope.nodes.setdefault(node.name, node.labels):
            raise reading.query.refusal(node.at, RELABELLED)
        scope.nodes.setdefault(node.name, node.labels)
    check_trail(reading.query, pattern, scope.nodes, different, counted)
    possible = possible_labels(reading.query, pattern, scope.possible, reading.pairs, required)
    scope.possible = possible if required else {**possible, **scope.possible}
    scope.elements |= {link.name for link in pattern.links if link.name}
    reading.facts.structural |= pattern.structural
    reading.facts.nodes |= {node.name for node in pattern.nodes}
    reading.facts.links |= {link.name for link in pattern.links if link.name}


def read_expressions(reading: Reading, start: int, end: int, scope: Scope) -> None:
    """Read the subqueries and pattern conditions between start and end."""
    query, index = reading.query, start
    while index < end:
        if query[index].word in ("EXISTS", "COUNT") and query[index + 1].word == "{":
            counted, close = query[index].word == "COUNT", query.partner[index + 1]
            if query[index + 2].word != "MATCH":
                raise query.refusal(index, f"write {query[index].word} {{ MATCH (a)-[:R]->(b) }}, with MATCH")
            read_clauses(reading, index + 2, close, scope.copy(), counted)
            index = close
        elif query.following(index, 2) == ["COLLECT", "{"]:
            raise query.refusal(index, "COLLECT { } is not in the embedded store; use OPTIONAL MATCH and collect()")
        elif starts_pattern(query, index):
            check_condition(query, index)
            pattern = Pattern()
            index = read_pattern(query, index, pattern) - 1
            if query[index + 1].word in ("+", "*", "{"):
                raise query.refusal(index + 1, LENGTH)
            take_pattern(reading, pattern, scope.copy(), set(), counted=False, required=False)
        index += 1


def check_condition(query: Query, index: int) -> None:
    before = query[index - 1].word
    if before == "[":
        raise query.refusal(index - 1, "comprehensions are not in the embedded store; use MATCH and collect()")
    if before not in CONDITION or (before == "(" and query[index - 2].identifier and query[index - 2].ends_operand):
        raise query.refusal(index, "a pattern is a condition only; write EXISTS { MATCH .. } or COUNT { MATCH .. }")


def refuse_shadowed(query: Query, clause: Clause, scope: Scope, order: Clause | None) -> None:
    """Refuse an ORDER BY that names what is called here as something else was before."""
    if order is None or order.word != "ORDER":
        return
    start, known = clause.start + (query[clause.start].word == "DISTINCT"), scope.names()
    items = [(first, last) for first, last in query.split(start, clause.end, ",") if query[last - 2].word == "AS"]
    anew = {
        query[last - 1].identifier
        for first, last in items
        if last - first != 3 or query[first].identifier != query[last - 1].identifier
    }
    for at in range(order.start, order.end):
        if query[at].identifier in anew & known and query[at - 1].word != "." and query[at + 1].word != "(":
            raise query.refusal(at, SHADOWED.format(query[at].identifier))


def projected(query: Query, clause: Clause, scope: Scope) -> Scope:
    """The scope after WITH or UNWIND."""
    kept = scope.copy() if clause.word == "UNWIND" else Scope()
    start = clause.start + (query[clause.start].word == "DISTINCT")
    for first, last in query.split(start, clause.end, ","):
        name, alias = query[first].identifier, query[last - 1].identifier
        plain = last - first == 1 or (last - first == 3 and query[first + 1].word == "AS")
        if query[first].word == "*" and last - first == 1:
            kept = scope.copy()
        elif plain and name in scope.nodes:
            kept.nodes[alias] = scope.nodes[name]
            kept.possible[alias] = scope.possible[name]
        elif (plain and name in scope.elements) or collected(query, first, last, scope):
            kept.elements.add(alias)
        elif alias and (plain or query[last - 2].word == "AS"):
            kept.values.add(alias)
    return kept


def collected(query: Query, start: int, end: int, scope: Scope) -> str:
    """The name of a graph element that collect() takes in here, or nothing."""
    for at in range(start, end):
        if query.following(at, 2) == ["COLLECT", "("]:
            name = query[at + 2 + (query[at + 2].word == "DISTINCT")].identifier
            if query[query.partner[at + 1] - 1].identifier == name and query[query.partner[at + 1] - 2].word != ".":
                return name if name in scope.nodes or name in scope.elements else ""
    return ""


def read_return(reading: Reading, clause: Clause, scope: Scope, order: Clause | None) -> None:
    """Note the columns of a final RETURN and name those that the engine would name otherwise, in ORDER BY too."""
    query, names, named = reading.query, list[str](), dict[tuple[str, ...], str]()
    for first, last in query.split(clause.start + (query[clause.start].word == "DISTINCT"), clause.end, ","):
        if query[first].word == "*" and last - first == 1:
            raise query.refusal(first, "RETURN * orders its columns differently; name them")
        aliased = query[last - 2].word == "AS"
        name = query[first].identifier if last - first == 1 + 2 * aliased else ""
        whole = name if name in scope.nodes or name in scope.elements else ""
        whole = whole or collected(query, first, last, scope)
        if whole:
            raise query.refusal(first, WHOLE.format(whole))
        text = query.source(first, last)
        names.append(query[last - 1].identifier if aliased else name or text)
        property_ = [query[at].kind for at in range(first, last)] == ["name", "op", "name"] and len(text.split()) == 1
        if not (aliased or name or property_):
            alias = f"`{text.replace('`', '``')}`"
            reading.aliases.append(Edit(query[last - 1].end, query[last - 1].end, f" AS {alias}"))
            named[tuple(query[at].text for at in range(first, last))] = alias
    for first, last in query.split(order.start + 1, order.end, ",") if order and order.word == "ORDER" else []:
        last -= query[last - 1].word in DIRECTIONS
        if column := named.get(tuple(query[at].text for at in range(first, last))):
            reading.sorted_by.append(Edit(query[first].start, query[last - 1].end, column))
    reading.columns.append(names)
    if names != reading.columns[0]:
        raise query.refusal(
            clause.at, "both sides of UNION need the same columns in the same order; alias them with AS"
        )


def check_known_names(reading: Reading, end: int) -> None:
    """Refuse a label, type or property that is known in another case only."""
    query, spelled = reading.query, {name.casefold(): name for name in sorted(reading.names)}
    for index in range(end):
        token, before = query[index], query[index - 1].word
        label = index in reading.facts.structural and before in (":", "|")
        key = index not in reading.facts.structural and (before == "." or query[index + 1].word == ":")
        known = spelled.get(token.identifier.casefold(), "")
        if token.identifier not in reading.names and known and (label or key):
            raise query.refusal(index, f"{token.identifier} matches nothing on Neo4j, where case counts; write {known}")


def spelled_differently(query: Query, end: int, facts: Facts) -> list[Edit]:
    """The edits for the functions of INLINE.

    sum(x) is null for no rows in the engine and 0 in Neo4j; label(x) is not null where an OPTIONAL MATCH found nothing.
    """
    spellings = INLINE if facts.optional else INLINE | PLAIN
    edits: list[Edit] = []
    for index in range(end):
        token = query[index]
        if index in facts.structural or query[index - 1].word == "." or query[index + 1].word != "(":
            continue
        close = query.partner[index + 1]
        if token.word in spellings:
            last = query[close + 3 if token.word == "LABELS" else close]
            inner = (query[index + 1].end, query[close].start)
            edits.append(Edit(token.start, last.end, spellings[token.word], inner))
    return edits


def edited(text: str, edits: list[Edit], start: int = 0, end: int | None = None) -> str:
    """The text from `start` to `end` with the edits that lie in it."""
    end = len(text) if end is None else end
    parts, done = [], start
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < done or edit.end > end:
            continue
        inner = edited(text, [e for e in edits if e is not edit], *edit.inner) if "{x}" in edit.new else ""
        parts += [text[done : edit.start], edit.new.replace("{x}", inner)]
        if len(parts[-1]) > 10 * LONGEST:
            raise refusal(text, edit.start, "functions within each other become too long for the embedded store")
        done = edit.end
    return "".join([*parts, text[done:end]])
