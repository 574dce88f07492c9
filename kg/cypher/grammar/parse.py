"""Cypher text as a tree; what is no Cypher is told with line, column, a caret and what was expected."""

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.grammar.bars import BAR, separate
from kgtools.kg.cypher.grammar.syntax import Builder
from kgtools.kg.cypher.grammar.tree import fault
from kgtools.tools.errors import CypherError

GRAMMAR, TABLES = (Path(__file__).with_name(name) for name in ("cypher.lark", "cypher.json.gz"))
LONGEST = 100_000
"""Characters of a query: a hundred pages, which nobody writes by hand."""
DEEPEST = 100
"""Brackets within brackets: far more than anybody reads, and few enough for Python's own stack."""
WRITES = (
    "CREATE",
    "MERGE",
    "SET",
    "DELETE",
    "DETACH",
    "REMOVE",
    "DROP",
    "LOAD",
    "FOREACH",
    "INSERT",
    "USE",
    "ALTER",
    "START",
    "FINISH",
)
WORDS = {
    "NAME": "a name", "QUOTED": "", "FUNCTION": "a function", "INT": "a number", "FLOAT": "", "STRING": "a text", "COMPARE": "<", "EQUAL": "=",
    "ADD": "+", "MULTIPLY": "/", "STAR": "*", "MINUS": "", "PLUS": "", "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{",
    "RBRACE": "}", "COMMA": ",", "DOT": ".", "COLON": ":", "SEMICOLON": "", "VBAR": "|", "AMPERSAND": "&", "BANG": "!", "PERCENT": "%",
    "DOLLAR": "$", "CIRCUMFLEX": "^", "REL_LINE": "-->", "REL_OPEN": "-[", "REL_END": "->", "DIRECTION": "DESC", "SUBQUERY": "EXISTS {",
    "QUANTIFIER": "", "REDUCE": "", "SHORTEST": "", "_BAR": "", "$END": "the end", "__ANON_0": "..", "__ANON_1": "=~",
}  # fmt: skip
"""What the grammar's terminals are called in a message; those without a word are not named."""
COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
"""`// text`, `/* text */`."""
MOST = 8
"""Things that a message says were expected."""
VALUES = {"LPAR", "LSQB", "INT", "FLOAT", "STRING"}
"""What a list holds, and no relationship in a pattern."""


def parse(text: str) -> tree.Query:
    """The tree of one query. Raises CypherError for what is no query, or one that writes."""
    from lark.exceptions import UnexpectedInput

    if len(text) > LONGEST:
        raise CypherError(
            f"the query has {len(text):,} characters, more than {LONGEST:,}; load what it lists as a parameter"
        )
    _refuse_deep(text)
    try:
        parsed = _parser().parse(separate(text))
    except UnexpectedInput as error:
        raise _explain(text, error) from error
    return Builder(text).query(parsed)


@cache
def _parser() -> Any:
    """Lark's parser of the grammar: from the tables that were made of it before, for to make them takes ten times as long."""
    import lark

    grammar = GRAMMAR.read_bytes()
    try:
        kept = json.loads(gzip.decompress(TABLES.read_bytes()), object_pairs_hook=_with_numbers)
        if kept["of"] == [lark.__version__, hashlib.sha256(grammar).hexdigest()]:
            return lark.Lark.__new__(lark.Lark)._load(kept)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        pass  # another version of lark: the grammar itself is read
    return build_parser(grammar)


def build_parser(grammar: bytes) -> Any:
    """Lark's parser, made of the grammar."""
    import lark

    options: dict[str, Any] = {
        "parser": "lalr",
        "start": "query",
        "maybe_placeholders": False,
        "propagate_positions": True,
    }
    return lark.Lark(grammar.decode(), **options)


def write_tables() -> None:
    """Make the tables of the grammar as it is, for the version of lark that is installed: `python -m kgtools.kg.cypher.grammar.parse`."""
    import lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    grammar = GRAMMAR.read_bytes()
    data, memo = build_parser(grammar).memo_serialize([TerminalDef, Rule])
    kept = {"of": [lark.__version__, hashlib.sha256(grammar).hexdigest()], "data": data, "memo": memo}
    TABLES.write_bytes(gzip.compress(json.dumps(kept, separators=(",", ":")).encode(), mtime=0))


def _with_numbers(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    """An object of JSON with its keys that are numbers as such: places in lark's tables."""
    return {int(key) if key.isdigit() else key: value for key, value in pairs}


def _refuse_deep(text: str) -> None:
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth > DEEPEST:
            raise fault(text, at, f"more than {DEEPEST} brackets within each other")


def _explain(text: str, error: Any) -> CypherError:
    """What lark says, in the words of Cypher."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF

    at = error.pos_in_stream if error.pos_in_stream is not None and error.pos_in_stream >= 0 else len(text)
    if isinstance(error, UnexpectedCharacters):
        return fault(text, at, _character(text, at))
    token = getattr(error, "token", None)
    if isinstance(error, UnexpectedEOF) or token is None or token.type == "$END":
        at, shown = len(text.rstrip()), "the query ends here"
        if not COMMENT.sub("", text).strip():
            return CypherError("the query is empty")
    else:
        shown = f"{'|' if token.value == BAR else token.value} is not expected here"
        if text[max(0, at - 1) : at + 1] == "/*":
            return fault(text, at - 1, "a comment does not end")
        word = str(token.value).upper()
        if word in WRITES:
            return fault(text, at, f"kgtools query only reads; it does not {word}")
        if ";" in text[:at]:
            return fault(text, at, "one statement at a time; ask each in a query of its own")
    if token is not None and token.type in VALUES and _is_minus_list(text[:at]):
        return fault(
            text, at, "after ) this - [ begins a relationship; of a difference put what is behind - in brackets"
        )
    expected = _expected(error)
    return fault(text, at, f"{shown}; expected {expected}" if expected else shown)


def _is_minus_list(text: str) -> bool:
    """Whether it ends within `(a + b) - [...]`, which is read as the beginning of `(a)-[...]->(b)`."""
    before, _, inside = text.rstrip().removesuffix("]").rpartition("[")
    before = before.rstrip()
    return "]" not in inside and before.endswith("-") and before[:-1].rstrip().endswith(")")


def _character(text: str, at: int) -> str:
    sign = text[at : at + 1]
    if sign in "'\"`":
        return f"a text in {sign} does not end"
    if text.startswith("/*", at):
        return "a comment does not end"
    near = {
        "≠": "<>",
        "≤": "<=",
        "≥": ">=",
        "（": "(",
        "）": ")",
        "，": ",",
        "：": ":",
        "；": ";",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
    }
    if sign in near:
        return f"{sign} is no sign of Cypher; write {near[sign]}"
    if text.startswith("!=", at):
        return "!= is not Cypher; write <>"
    if text.startswith("==", at - 1):
        return "== is not Cypher; write ="
    return f"{sign} is not expected here"


def _expected(error: Any) -> str:
    names = sorted(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    words = [WORDS.get(name, name.replace("SKIP", "SKIP")) for name in names]
    words = list(dict.fromkeys(word for word in words if word))
    return ", ".join(words[:MOST]) + (", ..." if len(words) > MOST else "")


if __name__ == "__main__":
    write_tables()
