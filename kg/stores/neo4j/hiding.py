"""Keep nodes of one label out of a query's sight: those in which a store keeps its metadata."""

from kgtools.kg.stores.neo4j.tokens import CLAUSES, Query, tokenize, words
from kgtools.tools.errors import CypherError

OTHERS = words("CALL CREATE DELETE DETACH FILTER FINISH FOR FOREACH LET LOAD MERGE OFFSET REMOVE SET SHOW USE USING")
SUBQUERIES = words("EXISTS COUNT COLLECT")
SELECTORS = words("ALL ANY SHORTEST")
GOES_ON, CAME_FROM = words("- < + * { ("), words("- > + * } )")


def without_label(cypher: str, label: str) -> str:
    """The query, in which a node pattern that stands alone and asks for no label matches no node of `label`.

    Such nodes have no relationships, so other patterns could match them in paths of no length alone: a query that may have
    some gets the condition on all of its nodes. What cannot be read is left as it is: the server will say what is wrong."""
    try:
        query = tokenize(cypher)
    except CypherError:
        return cypher
    hidden = f"!`{label.replace('`', '``')}`"
    parts, done = [], 0
    for place, text in _insertions(query, hidden):
        parts += [cypher[done:place], text]
        done = place
    return "".join([*parts, cypher[done:]])


def _insertions(query: Query, hidden: str) -> list[tuple[int, str]]:
    """What is to be put where into the text, in order."""
    found: list[tuple[int, str]] = []
    everywhere = any(_has_no_length(query, index) for index in range(len(query.tokens)))
    clauses = [""]  # the clause at each level of brackets; patterns are read in MATCH alone
    for index, token in enumerate(query.tokens):
        word = token.word
        if word in ("(", "[", "{"):
            pattern = word == "(" and clauses[-1] == "MATCH"
            if pattern and (everywhere or _is_alone(query, index)):
                found += _condition(query, index, hidden)
            path = pattern and query[index + 1].word == "("
            subquery = word == "{" and query[index - 1].word in SUBQUERIES and query[index + 1].word == "("
            clauses.append("MATCH" if path or subquery else "")
        elif word in (")", "]", "}"):
            clauses.pop()
        elif _opens_clause(query, index):
            clauses[-1] = word
    return found


def _opens_clause(query: Query, index: int) -> bool:
    word, before, after = query[index].word, query[index - 1].word, query[index + 1]
    if word not in CLAUSES | OTHERS or before in (".", ":", "AS") or after.word == ":":
        return False
    return word != "MATCH" or after.word in {"(", *SELECTORS} or query[index + 2].word == "="


def _has_no_length(query: Query, index: int) -> bool:
    """Whether a path of no length may be asked for here: `*0..2`, `)*`, `->{0,2}`; more than that does no harm."""
    word, before, after = query[index].word, query[index - 1].word, query[index + 1]
    if word == "*":
        return after.text.startswith("0") or before in (")", ">", "-")
    return word == "{" and (after.text.startswith("0") or after.word == ",")


def _is_alone(query: Query, index: int) -> bool:
    return query[query.partner[index] + 1].word not in GOES_ON and query[index - 1].word not in CAME_FROM


def _condition(query: Query, index: int, hidden: str) -> list[tuple[int, str]]:
    """What the node pattern that opens here lacks: any label, or the exception from `!` and `%`."""
    close = query.partner[index]
    after = index + 1 + (bool(query[index + 1].identifier) and query[index + 1].word not in ("IS", "WHERE"))
    if after == close or query[after].word in ("{", "WHERE"):
        return [(query[after - 1].end, f":{hidden}")]
    if query[after].word not in (":", "IS"):
        return []
    end = next((at for at in query.shallow(after, close) if query[at].word in ("{", "WHERE")), close)
    if not any(query[at].word in ("!", "%") for at in range(after, end)):
        return []
    return [(query[after + 1].start, "("), (query[end - 1].end, f")&{hidden}")]
