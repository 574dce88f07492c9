"""Cypher as tokens: enough to tell a construct from the same characters in a string, a comment or a backticked name."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kgtools.tools.errors import CypherError


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEXEMES = re.compile(
    r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<param>\$(?:\w+|`(?:[^`]|``)*`))
  | (?P<number>(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<op><=|>=|<>|=~|\.\.|\|\||\+=|!=|==|::|[-+*/%^=<>.,:;|&!()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
LONGEST, MOST, DEEPEST, CASES = 100_000, 5_000, 50, 20
"""Characters and tokens of a query, brackets within each other, and CASE in CASE, for which the engine takes twice as long each."""
CLOSERS = {"(": ")", "[": "]", "{": "}"}
CLAUSES = words("MATCH OPTIONAL WHERE WITH RETURN UNWIND UNION ORDER SKIP LIMIT")
# Names after which an operand must still come: what follows is no clause, no index and no binary operator.
EXPECTING = words(
    "ALL AND AS BY CASE CONTAINS DISTINCT ELSE ENDS IN IS LIMIT MATCH NOT OPTIONAL OR ORDER RETURN SKIP STARTS "
    "THEN UNION UNWIND WHEN WHERE WITH XOR"
)


@dataclass(frozen=True)
class Token:
    """One lexeme. `word` is a bare name in capitals or an operator, and empty for all that cannot be a keyword."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text if self.kind == "op" else ""

    @property
    def identifier(self) -> str:
        """The name that it spells, without backticks; empty for what is no name."""
        if self.kind == "quoted":
            return self.text[1:-1].replace("``", "`")
        return self.text if self.kind == "name" else ""

    @property
    def ends_operand(self) -> bool:
        if self.kind == "op":
            return self.text in (")", "]", "}")
        return self.word not in EXPECTING


NOTHING = Token("nothing", "", 0)


@dataclass(frozen=True)
class Query:
    """The text, its tokens without space and comments, and for every bracket the index of its partner."""

    text: str
    tokens: list[Token]
    partner: dict[int, int]

    def __getitem__(self, index: int) -> Token:
        return self.tokens[index] if 0 <= index < len(self.tokens) else NOTHING

    def following(self, start: int, count: int) -> list[str]:
        return [self[index].word for index in range(start, start + count)]

    def source(self, start: int, end: int) -> str:
        """The text of the tokens from start up to end, with the space and comments between them."""
        return self.text[self[start].start : self[end - 1].end] if start < end else ""

    def refusal(self, index: int, message: str) -> CypherError:
        return refusal(self.text, self[index].start if index < len(self.tokens) else len(self.text), message)

    def shallow(self, start: int, end: int) -> Iterator[int]:
        """The indexes from start up to end that are inside no bracket opened there; the brackets are given."""
        index = start
        while index < end:
            yield index
            if index in self.partner and self.partner[index] > index:
                index = self.partner[index]
                if index < end:
                    yield index
            index += 1

    def split(self, start: int, end: int, *words: str) -> list[tuple[int, int]]:
        """The ranges between the given words, as far as these are inside no bracket."""
        cuts = [index for index in self.shallow(start, end) if self[index].word in words]
        return list(zip([start, *(cut + 1 for cut in cuts)], [*cuts, end], strict=True))


def refusal(text: str, offset: int, message: str) -> CypherError:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return CypherError(f"line {line}, column {column}: {message}")


def tokenize(text: str) -> Query:
    """The query's tokens. Raises CypherError where a string, name, comment or bracket has no end."""
    if len(text) > LONGEST:
        raise CypherError(f"{len(text):,} characters; a query may have {LONGEST:,}: give values with --param")
    tokens: list[Token] = []
    offset = 0
    while offset < len(text):
        found = LEXEMES.match(text, offset)
        kind = found.lastgroup if found else None
        if found is None or kind is None or found.end() == offset or (text.startswith("/*", offset) and kind == "op"):
            raise refusal(text, offset, f"cannot read {text[offset : offset + 10]!r}; is a quote or comment left open?")
        if kind != "space":
            tokens.append(Token(kind, found.group(), offset))
        if len(tokens) > MOST:
            raise refusal(
                text, offset, f"more than {MOST:,} words and signs; give values with --param, or ask in parts"
            )
        offset = found.end()
    return Query(text, tokens, partners(text, tokens))


def partners(text: str, tokens: list[Token]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    opened: list[int] = []
    cases = 0
    for index, token in enumerate(tokens):
        if token.word in CLOSERS:
            opened.append(index)
        elif token.word in CLOSERS.values():
            if not opened or CLOSERS[tokens[opened[-1]].word] != token.word:
                raise refusal(text, token.start, f"{token.text} closes nothing")
            pairs[index] = opened.pop()
            pairs[pairs[index]] = index
        elif token.word in ("CASE", "END") and (not index or tokens[index - 1].word != "."):
            cases = max(0, cases + (1 if token.word == "CASE" else -1))
        if len(opened) > DEEPEST or cases > CASES:
            raise refusal(text, token.start, f"nested more than {DEEPEST if len(opened) > DEEPEST else CASES} deep")
    if opened:
        raise refusal(text, tokens[opened[-1]].start, f"{tokens[opened[-1]].text} is never closed")
    return pairs


def parameters(cypher: str) -> set[str]:
    """The names of the parameters that a query reads."""
    return {token.text[1:].strip("`") for token in tokenize(cypher).tokens if token.kind == "param"}


def refuse_missing(wanted: set[str], given: Collection[str]) -> None:
    """Raises CypherError where a query reads a parameter that is not given."""
    for name in sorted(wanted - set(given)):
        raise CypherError(f"the query reads ${name}; give it: --param {name}=VALUE")
