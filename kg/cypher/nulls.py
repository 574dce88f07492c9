"""Where null, and a number among strings or floats, is treated otherwise by the embedded engine than by Neo4j."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from kgtools.kg.cypher.tokens import Query, words

NUMERIC = words("ABS CEIL COUNT FLOOR SIGN SIZE SQRT SUM TOFLOAT TOINTEGER")
FRACTIONAL = words("CEIL FLOOR SQRT TOFLOAT")
QUANTIFIERS = words("ALL ANY NONE SINGLE")
NEVER_NULL = frozenset({"id", "name"})  # every entity has these
JOINED = "a null joined with + is dropped here and makes null in Neo4j; write coalesce(x, '') or coalesce(x, [])"
NULL_IN = "x IN list is not null-safe in the embedded store; write coalesce(x, '') IN list, without null in the list"
MIXED = "CASE takes its type from its first result here, so 2.5 after 1 is cut; write all results as floats (0.0 for 0)"


@dataclass
class Facts:
    """What is known of a query before its expressions are judged."""

    structural: set[int] = field(default_factory=set)  # token indexes that are pattern, not expression
    clause: dict[int, str] = field(default_factory=dict)  # token index: the clause that it stands in
    nodes: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    optional: bool = False
    numeric: set[str] = field(default_factory=set)  # aliases of numbers
    fractional: set[str] = field(default_factory=set)  # aliases of floats


def fractional(query: Query, start: int, end: int, facts: Facts) -> bool:
    tokens = [query[index] for index in range(start, end)]
    return any(
        (token.kind == "number" and not token.text.isdigit())
        or token.word in FRACTIONAL
        or token.identifier in facts.fractional
        for token in tokens
    )


def check_quantifier(query: Query, index: int, close: int, facts: Facts) -> None:
    """A null among its conditions counts as false here: refuse properties that may be null."""
    inside = False
    for at in range(index + 2, close):
        inside = inside or query[at].word == "WHERE"
        property_ = query[at].word == "." and nullable(operand_kind(query, at - 1, at + 2, facts))
        wrapped = any(query[opener - 1].word == "COALESCE" for opener in enclosing(query, at))
        if inside and property_ and not wrapped and query[at + 2].word != "IS":
            raise query.refusal(at - 1, f"a null inside {query[index].text}() is false here; write coalesce(x, '')")


def check_in(query: Query, index: int, facts: Facts) -> None:
    if query[index - 2].word == "(" and query[index - 3].word in QUANTIFIERS:
        return
    start = operand_start(query, index)
    openers = list(enclosing(query, index))
    negated = query[start - 1].word == "NOT" or any(query[opener - 1].word == "NOT" for opener in openers)
    if not negated and facts.clause.get(index) == "WHERE":
        return
    items = query.split(index + 2, query.partner[index + 1], ",") if query[index + 1].word == "[" else []
    literal = bool(items) and all(
        last - first == 1 and query[first].kind in ("string", "number", "param") for first, last in items
    )
    if not literal and (query[index + 1].word == "[" or nullable(operand_kind(query, start, index, facts))):
        bound = {query[opener + 1].identifier for opener in openers if query[opener - 1].word in QUANTIFIERS}
        if query[index + 1].word == "[" or query[start].identifier not in bound:
            raise query.refusal(index, NULL_IN)


def check_case(query: Query, index: int, facts: Facts) -> None:
    parts = case_parts(query, index)
    simple = parts[0][1] < parts[0][2]
    for word, start, end in parts:
        literal = end - start == 1 and (
            query[start].kind in ("string", "number") or query[start].word in ("TRUE", "FALSE")
        )
        if simple and word == "WHEN" and not literal:
            raise query.refusal(
                start, "CASE x WHEN null matches here and not in Neo4j; write CASE WHEN x = y or x IS NULL"
            )
    results = [(start, end) for word, start, end in parts if word in ("THEN", "ELSE") and query[start].word != "NULL"]
    floats = [fractional(query, start, end, facts) for start, end in results]
    if any(floats) and not all(floats):
        raise query.refusal(index, MIXED)


def case_parts(query: Query, index: int) -> list[tuple[str, int, int]]:
    """(keyword, start, end) of the pieces of a CASE, the first of them the operand between CASE and WHEN."""
    cuts, depth = [index], 0
    for at in query.shallow(index + 1, len(query.tokens)):
        word = query[at].word if query[at - 1].word != "." else ""
        if depth == 0 and word in ("WHEN", "THEN", "ELSE", "END"):
            cuts.append(at)
        if depth == 0 and word == "END":
            break
        depth += (word == "CASE") - (word == "END")
    return [(query[cut].word, cut + 1, end) for cut, end in pairwise(cuts)] or [("CASE", index, index)]


def check_operands(query: Query, index: int, facts: Facts) -> None:
    kinds = {
        operand_kind(query, operand_start(query, index), index, facts),
        operand_kind(query, index + 1, operand_end(query, index + 1), facts),
    }
    if query[index].word == "+":
        if "number" not in kinds and any(nullable(kind) for kind in kinds):
            raise query.refusal(index, JOINED)
    elif kinds == {"text", "number"}:
        raise query.refusal(
            index, "the embedded store compares '1' and 1 as numbers; write both as strings or as numbers"
        )


def operand_start(query: Query, index: int) -> int:
    """Where the operand that ends before index starts: a literal, name, property, call or bracket."""
    start = query.partner.get(index - 1, index - 1)
    while query[start].word in ("(", "[") and query[start - 1].ends_operand and start > 0:
        start = query.partner.get(start - 1, start - 1)
    while query[start - 1].word == ".":
        start -= 2
    return start


def operand_end(query: Query, index: int) -> int:
    if query[index].word == "-":
        index += 1
    end = query.partner.get(index, index) + 1
    while query[end].word in ("(", "["):
        end = query.partner[end] + 1
    while query[end].word == ".":
        end += 2
    return end


def operand_kind(query: Query, start: int, end: int, facts: Facts) -> str:
    """text, number, sure (of another type, never null) or nullable."""
    first = query[start]
    if first.kind == "string":
        return "text"
    if first.kind == "number" or first.word == "-" or first.word in NUMERIC or first.identifier in facts.numeric:
        return "number"
    if first.kind == "param" or first.word in ("[", "COLLECT", "RANGE"):
        return "sure"
    if first.word == "(" and query.partner[start] == end - 1:
        inner = [operand_kind(query, left, right, facts) for left, right in query.split(start + 1, end - 1, "+")]
        return "nullable" if any(nullable(kind) for kind in inner) else "sure"
    if first.word == "COALESCE":
        last = query[end - 2]
        return "sure" if last.kind in ("string", "number", "param") or last.word == "]" else "nullable"
    never_null = query[start + 1].word == "." and end - start == 3 and query[start + 2].identifier in NEVER_NULL
    return "sure" if (never_null or first.word in ("TYPE", "LABELS")) and not facts.optional else "nullable"


def nullable(kind: str) -> bool:
    return kind == "nullable"


def enclosing(query: Query, index: int) -> Iterator[int]:
    """The brackets that are open at index, innermost first, out to the braces of a subquery or map."""
    at = index - 1
    while at >= 0:
        partner = query.partner.get(at, at)
        if partner > at:
            yield at
            if query[at].word == "{":
                return
        at = min(at, partner) - 1
