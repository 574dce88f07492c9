"""Keep nodes of one label out of a query's sight: those in which a store keeps its books."""

from kg.cypher.tokens import CLAUSES, Query, tokenize, words
from tools.errors import CypherError

WRITING = words("CALL CREATE DELETE DETACH FOREACH LOAD MERGE REMOVE SET SHOW USE")


def without_label(cypher: str, label: str) -> str:
    """The query, in which a node pattern that stands alone and names no label matches no node of `label`.

    Such nodes have no relationships, so no other pattern can match them. What cannot be read is left as it is: the server
    will say what is wrong with it."""
    try:
        query = tokenize(cypher)
    except CypherError:
        return cypher
    hidden = f":!`{label.replace('`', '``')}`"
    parts, done = [], 0
    for place in _bare_nodes(query):
        parts += [cypher[done:place], hidden]
        done = place
    return "".join([*parts, cypher[done:]])


def _bare_nodes(query: Query) -> list[int]:
    """Where in the text the name of each lone node without a label ends."""
    found: list[int] = []
    clauses = [""]
    for index, token in enumerate(query.tokens):
        if token.word == "{":
            clauses.append(clauses[-1])
        elif token.word == "}":
            clauses.pop()
        elif token.word in CLAUSES | WRITING and query[index - 1].word not in (".", ":"):
            clauses[-1] = token.word
        elif token.word == "(" and clauses[-1] in ("MATCH", "OPTIONAL"):
            opens = query[index - 1].word in ("MATCH", ",", "=")
            close = query.partner[index]
            named = bool(query[index + 1].identifier) and query[index + 1].word != "WHERE"
            after = index + 1 + named
            lone = query[close + 1].word not in ("-", "<", "+", "*", "{") and query[index - 1].word not in ("-", ">")
            if opens and lone and (after == close or query[after].word in ("{", "WHERE")):
                found.append(query[after - 1].end)
    return found
