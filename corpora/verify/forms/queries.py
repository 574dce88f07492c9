"""Answers that are queries in Cypher, compared by their tokens: space, comments, the case of keywords, quotes and names of variables do
not count.

Two queries that are the same so far give the same rows on every graph. Two that differ may do so too: without a graph nobody can tell,
and such an answer counts as wrong. Who has the graph executes it and compares the rows, which `meta` of the record holds."""

import re
from collections.abc import Iterator
from functools import lru_cache

from kgtools.corpora.verify.forms.abstain import ABSTAINS
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.reading import Text, fold

FENCED = re.compile(r"```[ \t]*(?:[a-zA-Z]+[ \t]*)?\n(.*?)```", re.DOTALL)
BEGIN = re.compile(
    r"^(?:[ \t]*(?=(?:MATCH|OPTIONAL[ \t]+MATCH|WITH|UNWIND|RETURN|CALL)\b)"
    r"|[^\n:：/]{1,40}[:：][ \t]*(?=(?:OPTIONAL[ \t]+)?MATCH[ \t]*(?:\w{1,20}[ \t]*=[ \t]*)?\())",
    re.IGNORECASE | re.MULTILINE,
)
"""What stands before a query in its line: nothing, or words and a colon where a pattern follows."""
END = re.compile(r"\n[ \t]*\n|;[ \t]*(?:\n|$)")
TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<quoted>`(?:[^`]|``)*`)"
    r"|(?P<word>\$?[^\W\d]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>.)",
    re.DOTALL,
)
KEYWORDS = frozenset([
    "ALL", "AND", "AS", "ASC", "ASCENDING", "BY", "CALL", "CASE", "COLLECT", "CONTAINS", "COUNT", "DESC", "DESCENDING", "DISTINCT", "ELSE",
    "END", "ENDS", "EXISTS", "FALSE", "IN", "IS", "LIMIT", "MATCH", "NOT", "NULL", "OPTIONAL", "OR", "ORDER", "RETURN", "SKIP", "STARTS",
    "THEN", "TRUE", "UNION", "UNWIND", "WHEN", "WHERE", "WITH", "XOR",
])  # fmt: skip
SAME = {"ASCENDING": "ASC", "DESCENDING": "DESC"}
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
OPEN, CLOSE = "([{", ")]}"
Token = tuple[str, str]


def read_query(text: str, item: Item, found: list[Found] | None) -> Reading:
    """Whether an answer is the query that is asked for."""
    query = query_in(text)
    reading = Reading(Text(fold(query or text)))
    if query is None:
        reading.abstained = ABSTAINS.search(fold(text)) is not None
        reading.nothing = not reading.abstained
        return reading
    reading.claimed = 1
    reading.right = int(query == item.right or normal_form(query) == _normal_form_of_right(item.right))
    if found is not None:
        found.append(Found(0, len(reading.text.read), query, "query", "" if reading.right else "another query"))
    return reading


def query_in(text: str) -> str | None:
    """The query in an answer: its last fenced block, or from the first clause on to the first empty line; None where there is none."""
    blocks: list[str] = FENCED.findall(text)
    within = blocks[-1] if blocks else text
    begin = BEGIN.search(within)
    if begin is None:
        return None
    rest = within[begin.end() :]
    end = None if blocks else END.search(rest)
    return (rest[: end.start()] if end else rest).strip().removesuffix("```").rstrip("; \n\t")


@lru_cache(4_096)
def _normal_form_of_right(query: str) -> tuple[Token, ...]:
    """The normal form of a query that is asked for, which many answers are compared with."""
    return normal_form(query)


def normal_form(query: str) -> tuple[Token, ...]:
    """The tokens of a query, variables numbered in the order in which they come."""
    tokens = [token for token in _tokens(query) if token != ("keyword", "ASC")]
    names: dict[str, str] = {}
    brackets: list[str] = []
    normal: list[Token] = []
    types = False
    words = ["", *(word for _, word in tokens), ""]
    for at, (kind, word) in enumerate(tokens):
        inner = brackets[-1] if brackets else ""
        if kind == "sign":
            types = (word == ":" and inner in ("(", "[", "")) or (types and word in "|&!%")
            if word in OPEN:
                brackets.append(word)
            elif word in CLOSE and brackets:
                brackets.pop()
        elif kind in ("word", "quoted", "keyword"):
            before, behind = words[at], words[at + 2]
            key = inner == "{" and behind == ":" and before in "{,"
            if before == "." or types or key:
                normal.append(("name", word))
                continue
            if kind == "word" and behind == "(":
                kind, word = "function", word.lower()
            elif kind != "keyword" and not word.startswith("$"):
                kind, word = "variable", names.setdefault(word, str(len(names)))
        normal.append((kind, word))
    return tuple(normal)


def _tokens(query: str) -> Iterator[Token]:
    for match in TOKEN.finditer(query):
        kind, word = match.lastgroup or "", match[0]
        if kind == "space":
            continue
        if kind == "word" and (keyword := word.upper()) in KEYWORDS:
            yield "keyword", SAME.get(keyword, keyword)
        elif kind == "text":
            yield kind, ESCAPE.sub(_unescape, word[1:-1])
        elif kind == "quoted":
            yield kind, word[1:-1].replace("``", "`")
        else:
            yield kind, word


def _unescape(found: re.Match[str]) -> str:
    sign = found[1]
    return chr(int(sign[1:], 16)) if len(sign) == 5 else ESCAPED.get(sign, sign)
