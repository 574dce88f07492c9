"""Expressions of a Cypher query that the embedded store would answer differently from Neo4j."""

import re
from collections.abc import Set

from kgtools.kg.cypher.nulls import (
    NUMERIC,
    QUANTIFIERS,
    Facts,
    check_case,
    check_in,
    check_operands,
    check_quantifier,
    enclosing,
    fractional,
)
from kgtools.kg.cypher.tokens import CLAUSES, EXPECTING, Query, words

# What both stores were found to answer alike, some of it through INLINE in portable.py.
FUNCTIONS = words(
    "ABS ALL ANY CEIL COALESCE COLLECT COUNT FLOOR HEAD ISEMPTY LABELS LAST LEFT MAX MIN NONE RANGE REPLACE RIGHT SIGN "
    "SINGLE SIZE SQRT SUM TAIL TOFLOAT TOINTEGER TOLOWER TOSTRING TYPE"
)
INFIX = words("AND AS ASC ASCENDING CONTAINS DESC DESCENDING ELSE END ENDS IN IS OR STARTS THEN WHEN XOR")
WRITES = words(
    "CREATE MERGE SET DELETE DETACH REMOVE DROP ALTER COPY LOAD INSTALL UNINSTALL UPDATE ATTACH CALL FOREACH EXPORT "
    "IMPORT INSERT PROJECT PROJECT_GRAPH BEGIN COMMIT ROLLBACK CHECKPOINT COMMENT ANALYZE USE"
)
FIRST = words("MATCH OPTIONAL UNWIND WITH RETURN")
CONSTANTS = words("TRUE FALSE NULL")
PATHS = "paths are not portable; name the nodes and relationships in the pattern"
DATES = "dates are not portable; compare ISO strings"
SPACE = "it strips only ASCII space here; write replace(x, ' ', '')"
CASING = "it differs on letters such as ß; write toLower(x)"
ENGINE = "it is not Cypher on Neo4j; write "
IDS = "internal ids differ between stores; write n.id"
INSTEAD = {
    **dict.fromkeys(("NODES", "RELATIONSHIPS", "LENGTH", "SHORTESTPATH", "ALLSHORTESTPATHS"), PATHS),
    **dict.fromkeys(("DATE", "DATETIME", "LOCALDATETIME", "TIME", "TIMESTAMP", "DURATION"), DATES),
    **dict.fromkeys(("TRIM", "LTRIM", "RTRIM", "BTRIM"), SPACE),
    **dict.fromkeys(("TOUPPER", "UPPER"), CASING),
    **dict.fromkeys(("ID", "ELEMENTID"), IDS),
    **dict.fromkeys(("STARTNODE", "ENDNODE"), "name both ends in the pattern, (a)-[r]->(b), and use a or b"),
    **dict.fromkeys(("STDEV", "STDEVP", "PERCENTILECONT"), "return the numbers and compute it from them"),
    "LABEL": ENGINE + "labels(n)[0], or type(r) for a relationship",
    "SUBSTRING": "it counts from 1 here and from 0 in Neo4j; write left(x, n), right(x, n) or STARTS WITH",
    "KEYS": "it lists properties that are null here; write n.property IS NOT NULL",
    "PROPERTIES": "it holds properties that are null here; name the properties",
    "ROUND": "it rounds halves differently; write floor(x * 100 + 0.5) / 100",
    "LOG": "it is the decimal logarithm here and the natural one in Neo4j; compute it from the result",
    "AVG": "its last digits differ between stores; write 1.0 * sum(x) / count(x)",
    "SPLIT": "the embedded store drops empty parts; use CONTAINS, STARTS WITH or replace()",
    "REVERSE": "the embedded store cannot reverse a list; use ORDER BY ... DESC",
    "EXISTS": "write EXISTS { MATCH (a)-[:R]->(b) } or n.property IS NOT NULL",
    "REDUCE": "the embedded store has none; use UNWIND and sum()",
    "LOWER": "write toLower(x)",
    "CAST": ENGINE + "toInteger(x), toFloat(x) or toString(x)",
    "OFFSET": ENGINE + "n.id",
    "IFNULL": ENGINE + "coalesce(x, y)",
    "CONCAT": ENGINE + "x + y",
    "CEILING": ENGINE + "ceil(x)",
    "LN": ENGINE + "nothing, compute it from the result",
    "LEN": ENGINE + "size(x)",
    "LIST_EXTRACT": ENGINE + "head(x) or last(x)",
    "LIST_CONTAINS": ENGINE + "y IN x",
    "ARRAY_EXTRACT": ENGINE + "head(x) or last(x)",
    "ARRAY_CONTAINS": ENGINE + "y IN x",
    "REGEXP_MATCHES": ENGINE + "x =~ 'pattern'",
}
OPERATORS = {
    "||": "|| is not in the embedded store; write x + y",
    "&": "& is not an operator on Neo4j and n:A&B is not in the embedded store; a node has one label",
    "!": "! is not portable; write NOT",
    "!=": "!= is not Cypher; write <>",
    "==": "== is not Cypher; write =",
    "+=": "kgtools query only reads",
    "::": "type tests are not portable",
    "|": "| is portable only between labels or types",
    "..": "slices are counted from 1 here and from 0 in Neo4j; write head(x), tail(x) or last(x)",
}
PORTABLE_PATTERN = re.compile(
    r"""(?: \\[dDwW.*+?()\[\]{}|^$\\/-] | [^\\\[\](){}*+?] | \((?:\?:)? | \)
    | \[\^?(?:\\[dDwW.*+?()\[\]{}|^$\\/-] | [^\\\[\]&^])+\]
    | (?<![*+?}(|])(?:[*+?]|\{\d+(?:,\d*)?\})\??  )*""",
    re.VERBOSE | re.DOTALL,
)


def one_statement(query: Query) -> int:
    """The number of tokens without a last semicolon."""
    end = len(query.tokens) - (query[len(query.tokens) - 1].word == ";")
    for index in range(end):
        if query[index].word == ";":
            raise query.refusal(index, "one statement at a time; ask each in a query of its own")
    return end


def check_words(query: Query, end: int) -> None:
    """Refuse what is no reading clause: after an operand only an operator or a clause can follow."""
    for index in range(end):
        token = query[index]
        opens = index == 0 or query[index - 1].ends_operand or query[index - 1].word == "*"
        if opens and token.word in WRITES:
            subquery = "; write EXISTS { MATCH .. } or COUNT { MATCH .. }" if token.word == "CALL" else ""
            raise query.refusal(index, f"kgtools query only reads; it does not {token.word}{subquery}")
        if index == 0 and token.word not in FIRST:
            raise query.refusal(index, "a query starts with MATCH, OPTIONAL MATCH, UNWIND, WITH or RETURN")
        touching = query[index - 1].end == token.start and token.kind in ("name", "number")
        if query[index - 1].kind == "number" and touching:
            raise query.refusal(index - 1, "only decimal numbers are portable, without _ and letters")
        if index and query[index - 1].ends_operand and token.kind == "name" and token.word not in CLAUSES | INFIX:
            raise query.refusal(index, f"{token.text} is not portable here")
    if end == 0:
        raise query.refusal(0, "the query is empty")


def learn_aliases(query: Query, facts: Facts) -> None:
    """Note which `AS name` stands for a number, and which for a float."""
    for index, token in enumerate(query.tokens):
        if token.word == "AS":
            start = index
            while start > 0 and query[start - 1].word not in (",", "RETURN", "WITH", "DISTINCT", "UNWIND", "(", "{"):
                start = min(start - 1, query.partner.get(start - 1, start - 1))
            alias = query[index + 1].identifier
            if (
                query[start].word in NUMERIC
                or query[start].kind == "number"
                or query[start].identifier in facts.numeric
            ):
                facts.numeric.add(alias)
            if fractional(query, start, index, facts):
                facts.fractional.add(alias)


def check_expressions(query: Query, end: int, facts: Facts) -> None:
    """Refuse the first token, in order, whose meaning differs between the stores."""
    for index in range(end):
        token = query[index]
        if token.kind == "string":
            check_string(query, index)
        elif token.kind == "number":
            check_number(query, index)
        elif token.kind == "op" and index not in facts.structural:
            check_operator(query, index, facts)
        elif token.identifier and index not in facts.structural:
            check_name(query, index, facts)


def check_string(query: Query, index: int) -> None:
    text = query[index].text
    if re.search(r"""(?<!\\)(?:\\\\)*\\(?![\\'"bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})""", text):
        raise query.refusal(
            index, r"only \\ \' \" \b \f \n \r \t and \uXXXX are portable escapes; write \\ for a backslash"
        )
    if query[index - 1].word == "CONTAINS" and len(text) == 2:
        raise query.refusal(index, "CONTAINS '' is false here and true in Neo4j; leave it out")


def check_number(query: Query, index: int) -> None:
    token = query[index]
    if token.text.isdigit() and int(token.text) >= 2**63:
        raise query.refusal(index, "the number is too large for Neo4j; write it as a string")


def check_operator(query: Query, index: int, facts: Facts) -> None:
    word = query[index].word
    inner = next(enclosing(query, index), -1)
    if word in OPERATORS:
        raise query.refusal(index, OPERATORS[word])
    if word in ("<", ">") and query[index + 1].word == word:
        raise query.refusal(index, f"{word}{word} is not Cypher on Neo4j")
    if word == "." and query[index + 1].word == "*":
        raise query.refusal(index, ".* is not Cypher on Neo4j; name the properties")
    if word == ":" and query[inner].word != "{":
        raise query.refusal(index, "n:A is no condition in the embedded store; write labels(n)[0] = 'A'")
    if word == "{":
        check_brace(query, index, facts)
    if word == "[":
        check_bracket(query, index)
    if word == "=~":
        check_regex(query, index + 1)
    if word in ("+", "=", "<>", "<", ">", "<=", ">=") and query[index - 1].ends_operand:
        check_operands(query, index, facts)


def check_brace(query: Query, index: int, facts: Facts) -> None:
    before = query[index - 1]
    if before.word in ("EXISTS", "COUNT") or index - 1 in facts.structural:
        return
    if before.identifier and before.ends_operand:
        raise query.refusal(index, "n {.a, .b} is not in the embedded store; return n.a, n.b")


def check_bracket(query: Query, index: int) -> None:
    close = query.partner[index]
    if query[index - 1].ends_operand and index > 0:
        if not (query[query.partner.get(index - 1, 0) - 1].word == "LABELS" and query[index - 1].word == ")"):
            raise query.refusal(
                index, "lists are counted from 1 here and from 0 in Neo4j; write head(x), last(x) or tail(x)"
            )
        return
    if query[index + 2].word == "IN" or any(query[at].word == "|" for at in query.shallow(index + 1, close)):
        raise query.refusal(index, "comprehensions are not in the embedded store; use UNWIND or MATCH, and collect()")
    if any(query[at].word == "NULL" for at in query.shallow(index + 1, close)):
        raise query.refusal(index, "null in a list is compared differently here; leave it out and test x IS NULL")
    kinds = {kind for first, last in query.split(index + 1, close, ",") if (kind := literal_kind(query, first, last))}
    if len(kinds) > 1:
        raise query.refusal(index, f"a list of {' and '.join(sorted(kinds))} becomes one of texts here; write one kind")


def literal_kind(query: Query, start: int, end: int) -> str:
    """What a literal is, in words; nothing for whatever else is there."""
    token = query[end - 1]
    if end - start > 2 or (end - start == 2 and query[start].word != "-"):
        return ""
    if token.word in ("TRUE", "FALSE"):
        return "truth values"
    return {"string": "texts", "number": "numbers"}.get(token.kind, "")


def check_regex(query: Query, index: int) -> None:
    if query[index].kind != "string" or query[index + 1].word in ("+", "."):
        raise query.refusal(index, "=~ takes a literal pattern only; use CONTAINS, STARTS WITH or ENDS WITH")
    pattern = re.sub(r"\\([\\'\"])", r"\1", query[index].text[1:-1])
    if pattern.startswith("(?i)"):
        raise query.refusal(index, "(?i) folds other letters here; write toLower(x) =~ 'lower case'")
    if not PORTABLE_PATTERN.fullmatch(pattern):
        raise query.refusal(
            index,
            r"only . * + ? {m,n} [...] (...) | ^ $ \d \w and escaped signs mean the same in both stores' patterns",
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise query.refusal(index, f"not a regular expression: {error}") from error


def check_name(query: Query, index: int, facts: Facts) -> None:
    token, before = query[index], query[index - 1]
    if before.word == "." or before.word == "AS":
        if query[index + 1].word == "(" and before.word == ".":
            raise query.refusal(index, "plug-in functions are not portable")
        return
    if query[index + 1].word == "(" and (
        token.kind == "quoted" or token.word not in EXPECTING | INFIX or token.word == "ALL"
    ):
        check_call(query, index, facts)
    elif token.word == "IN":
        check_in(query, index, facts)
    elif token.word == "CASE":
        check_case(query, index, facts)
    elif token.word == "IS" and before.kind == "param":
        raise query.refusal(
            index, "a parameter cannot be tested for null in the embedded store; choose the query by it"
        )


def check_call(query: Query, index: int, facts: Facts) -> None:
    word, close = query[index].word, query.partner[index + 1]
    argument = query[index + 2].identifier if close == index + 3 else ""
    if word not in FUNCTIONS:
        known = INSTEAD.get(word, "it is not known to answer alike in both stores")
        raise query.refusal(index, f"{query[index].text}(): {known}")
    if word == "LABELS" and not (
        argument and [query[at].text for at in range(close + 1, close + 4)] == ["[", "0", "]"]
    ):
        raise query.refusal(index, "labels(n) is a string in the embedded store; write labels(n)[0]")
    if word == "LABELS" and argument in facts.links - facts.nodes:
        raise query.refusal(index, f"{argument} is a relationship; write type({argument})")
    if word == "TYPE" and argument in facts.nodes - facts.links:
        raise query.refusal(index, f"{argument} is a node; write labels({argument})[0]")
    if word == "REPLACE":
        arguments = query.split(index + 2, close, ",")
        if len(arguments) == 3 and query[arguments[1][0]].text in ("''", '""'):
            raise query.refusal(index, "replacing '' does nothing here and something in Neo4j; leave it out")
    if word in QUANTIFIERS:
        check_quantifier(query, index, close, facts)


def check_variables(query: Query, end: int, facts: Facts, variables: Set[str]) -> None:
    """Names of variables differ by case in Neo4j only."""
    spelled: dict[str, str] = {}
    for variable in sorted(variables):
        other = spelled.setdefault(variable.casefold(), variable)
        at = next((index for index in range(end) if query[index].identifier == variable), 0)
        if other != variable:
            raise query.refusal(at, f"{other} and {variable} are one variable in the embedded store; rename one")
    for index in range(end):
        token = query[index]
        plain = token.identifier and index not in facts.structural and query[index - 1].word != "."
        reserved = token.word in EXPECTING | INFIX | CONSTANTS or query[index + 1].word in ("(", ":", "{")
        known = spelled.get(token.identifier.casefold(), token.identifier)
        if plain and not reserved and known != token.identifier:
            raise query.refusal(index, f"{token.identifier} is not defined on Neo4j, where case counts; write {known}")
