"""Text as a tree, and what is said of text that is no Cypher."""

from pathlib import Path
from time import perf_counter

import pytest

from kgtools.kg.cypher.grammar import parse as parsing
from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.grammar.bars import separate
from kgtools.kg.cypher.grammar.parse import build_parser, parse
from kgtools.tools.errors import CypherError


@pytest.mark.parametrize(
    ("cypher", "said", "place"),
    [
        ("MATCH (d RETURN d", "RETURN is not expected here; expected", 9),
        ("RETURN 1 +", "the query ends here; expected", 10),
        ("MATCH (d) CREATE (x)", "kgtools query only reads; it does not CREATE", 10),
        ("MATCH (d) WHERE d.name == '糖尿病' RETURN d", "= is not expected here", 24),
        ("RETURN '糖尿病' , 'abc", "a text in ' does not end", 15),
        ("RETURN 1 /* x", "a comment does not end", 9),
        ("RETURN 1; RETURN 2", "one statement at a time", 10),
        ("RETURN 1 != 2", "! is not expected here", 9),
        ("MATCH（d) RETURN d", "（ is no sign of Cypher; write (", 5),
        ("RETURN '\\q'", "\\q is no escape; write \\\\ for a backslash", 8),
        ("RETURN 1 AS x UNION RETURN 2 AS x UNION ALL RETURN 3 AS x", "UNION and UNION ALL cannot be mixed", 34),
        ("RETURN 99999999999999999999 AS x", "the number is too large", 7),
        ("RETURN (1 + 2) - [3, 4][0] AS x", "of a difference put what is behind - in brackets", 18),
        ("RETURN (1 + 2) - [size('a')][0] AS x", "of a difference put what is behind - in brackets", 22),
        ("MATCH (a)-[:R]->(b) RETURN (1 2)", "2 is not expected here", 30),
        ("MATCH p = shortestPath((a)-->(b)-->(c)) RETURN p", "a shortest path has one relationship", 10),
    ],
)
def test_a_fault_is_named_with_its_place(cypher: str, said: str, place: int) -> None:
    with pytest.raises(CypherError) as raised:
        parse(cypher)

    first, line, caret = str(raised.value).split("\n")
    assert said in first
    assert first.endswith(f"(line 1, column {place + 1})")
    assert line == f"  {cypher}"
    wide = sum(2 if ord(sign) > 0x2E80 else 1 for sign in cypher[:place])
    assert caret == " " * (2 + wide) + "^"


def test_a_fault_of_a_later_line_shows_that_line() -> None:
    with pytest.raises(CypherError) as raised:
        parse("MATCH (d:Disease)\nWHERE d.name = 'x')\nRETURN d")

    assert str(raised.value).startswith(") is not expected here; expected")
    assert "(line 2, column 19)\n  WHERE d.name = 'x')\n                    ^" in str(raised.value)


def test_nothing_is_no_query() -> None:
    with pytest.raises(CypherError, match="the query is empty"):
        parse(" \n// nothing\n")


def expr(text: str) -> object:
    (clause,) = parse(f"RETURN {text} AS x").parts[0]
    assert isinstance(clause, tree.Project)
    return clause.items[0].of


ONE, TWO, THREE = (tree.Literal(number) for number in (1, 2, 3))
LABELS = [tree.Labels("name", name) for name in "AB"]
A, N = tree.HasLabel(tree.Variable("x"), LABELS[0]), tree.Property(tree.Variable("x"), "n")
A_OR_B, Y_OR = (tree.HasLabel(tree.Variable(name), tree.Labels("or", of=tuple(LABELS))) for name in "xy")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 + 2 * 3", tree.Binary("+", ONE, tree.Binary("*", TWO, THREE))),
        ("1 - 2 - 3", tree.Binary("-", tree.Binary("-", ONE, TWO), THREE)),
        ("2 ^ 3 ^ 1", tree.Binary("^", tree.Binary("^", TWO, THREE), ONE)),
        ("1 < 2 < 3", tree.Binary("AND", tree.Binary("<", ONE, TWO), tree.Binary("<", TWO, THREE))),
        ("NOT 1 = 2", tree.Unary("not", tree.Binary("=", ONE, TWO))),
        ("-1", tree.Literal(-1)),
        ("$`a b`", tree.Param("a b")),
        ("'\\u4e2d\\'\\n'", tree.Literal("中'\n")),
        ("0x1F", tree.Literal(31)),
        (".5", tree.Literal(0.5)),
        ("[1, 2][0..1]", tree.Slice(tree.List((ONE, TWO)), tree.Literal(0), ONE)),
        ("[x IN [1] WHERE x = 1 | 2]", tree.Comprehension("x", tree.List((ONE,)), tree.Binary("=", tree.Variable("x"), ONE), TWO)),
        ("[x IN [1] WHERE x:A | x.n]", tree.Comprehension("x", tree.List((ONE,)), A, N)),
        ("[x IN [1] WHERE x:A|B | x.n]", tree.Comprehension("x", tree.List((ONE,)), A_OR_B, N)),
        ("[x IN [1] WHERE (x:A|B)]", tree.Comprehension("x", tree.List((ONE,)), A_OR_B, None)),
        ("[x IN [1] WHERE x = 1 | x:A|B]", tree.Comprehension("x", tree.List((ONE,)), tree.Binary("=", tree.Variable("x"), ONE), A_OR_B)),
        ("[x IN [1] | x:A|B]", tree.Comprehension("x", tree.List((ONE,)), None, A_OR_B)),
        ("[x IN [1] WHERE x:A|(B) /* | ] */ | '] WHERE x:A | '][0]",
         tree.Index(tree.Comprehension("x", tree.List((ONE,)), A_OR_B, tree.Literal("] WHERE x:A | ")), tree.Literal(0))),
        ("[x IN [1] WHERE any(y IN [x] WHERE y:A|B) | x.n]",
         tree.Comprehension("x", tree.List((ONE,)), tree.Quantified("any", "y", tree.List((tree.Variable("x"),)), Y_OR), N)),
        ("n.order", tree.Property(tree.Variable("n"), "order")),
        ("toUpper ( 'a' )", tree.Call("toupper", (tree.Literal("a"),))),
        ("1 IS NULL = true", tree.Binary("=", tree.IsNull(ONE, False), tree.Literal(True))),
    ],
)  # fmt: skip
def test_an_expression_is_the_tree_that_it_means(text: str, meant: object) -> None:
    assert expr(text) == meant


def test_a_bar_is_found_in_one_walk_over_the_text() -> None:
    for part in ("'\\'", "[x WHERE x:A | ", "[/*", "`", '["\\'):
        text = f"| [ {part * (90_000 // len(part))}\\"
        start = perf_counter()

        separate(text)

        assert perf_counter() - start < 2


@pytest.mark.parametrize(
    ("arrow", "direction", "least", "most"),
    [
        ("-->", "out", None, None), ("<--", "in", None, None), ("--", "both", None, None), ("<-->", "both", None, None),
        ("-[:R]->", "out", None, None), ("<-[r]-", "in", None, None), ("-[*]-", "both", 1, None), ("-[*2]->", "out", 2, 2),
        ("-[:R*1..3]->", "out", 1, 3), ("-[*..3]->", "out", 1, 3), ("-[r:R*0..]->", "out", 0, None),
    ],
)  # fmt: skip
def test_a_relationship_has_its_direction_and_length(
    arrow: str, direction: str, least: int | None, most: int | None
) -> None:
    (match, _) = parse(f"MATCH (a){arrow}(b) RETURN a").parts[0]

    assert isinstance(match, tree.Match)
    (link,) = match.paths[0].links
    assert (link.direction, link.least, link.most) == (direction, least, most)


def test_the_tables_are_those_of_the_grammar_and_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of the grammar: python -m kgtools.kg.cypher.grammar.parse."""
    query = "MATCH (d:Disease {name: 'x'})-[r:A|B*1..2]->(s) WHERE d.name =~ 'a.*' RETURN s.name AS n, count(*) ORDER BY n LIMIT 3"
    fresh = build_parser(parsing.GRAMMAR.read_bytes())
    monkeypatch.setattr(parsing, "build_parser", lambda _: pytest.fail("the grammar was read"))

    assert parsing._parser.__wrapped__().parse(query) == fresh.parse(query)


def test_without_tables_the_grammar_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parsing, "TABLES", tmp_path / "none")

    assert parsing._parser.__wrapped__().parse("RETURN 1") == build_parser(parsing.GRAMMAR.read_bytes()).parse(
        "RETURN 1"
    )
