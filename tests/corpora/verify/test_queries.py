"""Queries as answers: what is the same query is right however it is written, and what differs is not."""

import pytest

from kgtools.corpora.verify import Item, explain, score
from kgtools.corpora.verify.forms.queries import normal_form, query_in

QUERY = "MATCH (d:Disease {name: 'Crohn\\'s disease'})-[:HAS_SYMPTOM]->(s:Symptom)\nRETURN s.name AS symptom\nORDER BY symptom"
ITEM = Item("cypher", right=QUERY)
SAME = [
    QUERY,
    QUERY + ";",
    f"```cypher\n{QUERY}\n```",
    f"Here is the query:\n\n```\n{QUERY};\n```\nIt lists the symptoms.",
    QUERY.replace("\n", "  ").replace("MATCH", "match").replace("RETURN", "return").replace("ORDER BY", "Order by"),
    QUERY.replace("(d:", "(disease:").replace("(s:", "(x:").replace("s.name", "x.name"),
    QUERY.replace("'Crohn\\'s disease'", '"Crohn\'s disease"'),
    QUERY + " ASC",
    "// symptoms\n" + QUERY.replace("RETURN", "/* only names */ RETURN"),
    QUERY.replace("symptom\n", "`the symptom`\n").replace("BY symptom", "BY `the symptom`"),
    f"Answer: {QUERY}",
    f"查询语句：{QUERY}",
]
OTHER = [
    QUERY.replace("HAS_SYMPTOM", "HAS_DRUG"),
    QUERY.replace("]->", "]-"),
    QUERY.replace("Crohn\\'s", "crohn\\'s"),
    QUERY.replace("s.name AS", "d.name AS"),
    QUERY.replace("(s:Symptom)", "(d:Symptom)"),
    QUERY.replace("s.name", "s.Name"),
    QUERY + "\nLIMIT 1",
    QUERY + " DESC",
    QUERY.replace("RETURN", "RETURN DISTINCT"),
    "RETURN 1",
    f"// not: {QUERY}\nRETURN 1",
    "MATCH (",
]


@pytest.mark.parametrize("text", SAME)
def test_the_same_query_is_right(text: str) -> None:
    assert score(text, ITEM).verdict == "right"
    assert score(text, ITEM).total == 1.0


@pytest.mark.parametrize("text", OTHER)
def test_another_query_is_wrong(text: str) -> None:
    assert score(text, ITEM)[:3] == (0.0, "wrong", 0)


def test_no_query_is_no_answer_and_who_cannot_tell_abstains() -> None:
    assert score("The symptoms are fever and pain.", ITEM).verdict == "no_answer"
    assert score("", ITEM).verdict == "no_answer"
    assert score("I do not know.", ITEM).verdict == "abstained"


def test_the_last_fenced_query_counts() -> None:
    assert score(f"```\nRETURN 1\n```\nBetter:\n```\n{QUERY}\n```", ITEM).verdict == "right"
    assert score(f"```\n{QUERY}\n```\nBetter:\n```\nRETURN 1\n```", ITEM).verdict == "wrong"


def test_what_follows_a_query_after_an_empty_line_is_no_part_of_it() -> None:
    assert query_in("Sure.\nMATCH (n) RETURN n\n\nThis returns all nodes.") == "MATCH (n) RETURN n"


def test_a_renamed_variable_is_the_same_and_two_that_become_one_are_not() -> None:
    assert normal_form("MATCH (a)--(b) RETURN a, b") == normal_form("MATCH (x)--(y) RETURN x, y")
    assert normal_form("MATCH (a)--(b) RETURN a, b") != normal_form("MATCH (x)--(x) RETURN x, x")
    assert normal_form("MATCH (a)--(b) RETURN a, b") != normal_form("MATCH (a)--(b) RETURN b, a")


def test_an_explanation_shows_the_query_that_was_read() -> None:
    (found,) = explain(f"```\n{QUERY}\n```", ITEM).found

    assert (found.text, found.role, found.why) == (QUERY, "query", "")


def test_long_hostile_answers_are_read_at_once() -> None:
    for text in ("'" * 20_000, "MATCH " + "(" * 20_000, "RETURN `" + "``" * 10_000, "```\n" * 5_000, "/*" * 10_000):
        assert score(text, ITEM).answer == 0
