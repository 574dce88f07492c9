"""What of a judge's reply is a verdict, and what two verdicts about a pair come to."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.train.evaluate.judge.ask import Judgement
from kgtools.train.evaluate.judge.pairs import combine
from kgtools.train.evaluate.judge.ratings import checklist_row
from kgtools.train.evaluate.judge.rubric import Criterion, Rubric
from kgtools.train.evaluate.judge.verdict import read_verdict

WORDS = {"en": "{{ first }} {{ second }} {{ reply }}"}
PAIR = Rubric(about="x", kind="pairwise", version=1, prompt=WORDS)
TWO = Rubric(about="x", kind="pairwise", version=1, aspects=("safety",), prompt=WORDS)
RATING = Rubric(about="x", kind="rating", version=1, aspects=("clarity",), prompt={"en": "{{ answer }} {{ reply }}"})
CHECK = Rubric(
    about="x",
    kind="checklist",
    version=1,
    criteria_from="rubrics",
    prompt={"en": "{{ answer }} {{ criterion }} {{ reply }}"},
)

READ: list[tuple[Rubric, str, Any]] = [
    (PAIR, '{"overall": "first"}', "first"),
    (PAIR, '{"reason": "{both} fine", "overall": "tie"}', "tie"),
    (PAIR, 'Well.\n```json\n{"reason": "x",\n "overall": "Second "}\n```\nThat is all.', "second"),
    (PAIR, '{"overall": "first"} so {"overall": "first"}', "first"),
    (PAIR, 'A set {a, b}. {"overall": "first"}', "first"),
    (PAIR, '{"overall": "first", "score": 7}', "first"),
    (RATING, '{"clarity": 4}', 4),
    (RATING, '{"clarity": 4.0}', 4),
    (CHECK, '{"reason": "不符合", "met": false}', False),
]  # fmt: skip
UNREAD: list[tuple[Rubric, str]] = [
    (PAIR, ""), (PAIR, "The first."), (PAIR, "first"), (PAIR, '{"overall": "first"'), (PAIR, '{"overall": "A"}'), (PAIR, '{"overall": 1}'),
    (PAIR, '["first"]'), (PAIR, '{"overall": null}'), (PAIR, '{"overall": ["first"]}'), (PAIR, '{"verdict": {"overall": "first"}}'),
    (PAIR, 'It says {"overall": "first"}, but {"overall": "second"}'), (PAIR, '{"overall": "first", "overall": "second"}'),
    (PAIR, '{"overall": "first or second"}'), (PAIR, "{" * 100_000), (PAIR, '{"a":' * 5_000), (PAIR, '{"a":' + "[" * 40_000),
    (TWO, '{"overall": "first"}'), (TWO, '{"safety": "first"}'),
    (RATING, '{"clarity": 6}'), (RATING, '{"clarity": 0}'), (RATING, '{"clarity": 4.5}'), (RATING, '{"clarity": "4"}'), (RATING, '{"clarity": true}'),
    (RATING, '{"clarity": NaN}'), (RATING, '{"clarity": Infinity}'), (RATING, '{"clarity": 1e999}'),
    (CHECK, '{"met": "true"}'), (CHECK, '{"met": 1}'), (CHECK, "true"),
]  # fmt: skip


@pytest.mark.parametrize(("rubric", "text", "expected"), READ)
def test_a_verdict_is_a_json_object_wherever_it_stands(rubric: Rubric, text: str, expected: Any) -> None:
    verdict = read_verdict(rubric, text)

    assert verdict is not None
    assert verdict[rubric.parts[0]] == expected
    assert type(verdict[rubric.parts[0]]) is type(expected)


@pytest.mark.parametrize(
    ("rubric", "text"), UNREAD, ids=lambda value: str(value)[:30] if isinstance(value, str) else ""
)
def test_what_is_no_verdict_or_two_is_none(rubric: Rubric, text: str) -> None:
    assert read_verdict(rubric, text) is None


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    verdict = read_verdict(PAIR, text)

    assert verdict is None or re.search("first|second|tie", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("a_first", "b_first", "strict", "summed", "differ"),
    [
        # shown first, then second, and preferred both times
        ("first", "second", "win", "win", False),
        ("second", "first", "lose", "lose", False),
        ("tie", "tie", "tie", "tie", False),
        # whoever stands first is preferred: the order decides, not the answer
        ("first", "first", "tie", "tie", True),
        ("second", "second", "tie", "tie", True),
        # a tie in one order: 10 + 5 points against 0 + 5
        ("first", "tie", "tie", "win", True),
        ("tie", "second", "tie", "win", True),
        ("tie", "first", "tie", "lose", True),
        ("second", "tie", "tie", "lose", True),
    ],
)
def test_what_two_orders_come_to(a_first: str, b_first: str, strict: str, summed: str, differ: bool) -> None:
    assert combine(a_first, b_first, "strict") == (strict, differ)
    assert combine(a_first, b_first, "sum") == (summed, differ)


def said(*met: bool | None) -> list[Judgement]:
    return [
        Judgement("read" if one is not None else "unparsed", None if one is None else {"met": one}, "", "")
        for one in met
    ]


CRITERIA = [Criterion(criterion=name, points=points) for name, points in (("a", 5), ("b", 3), ("c", -8))]


@pytest.mark.parametrize(
    ("met", "score", "clipped"),
    [
        ((True, True, False), 1.0, 1.0),
        ((True, False, False), 5 / 8, 5 / 8),
        ((False, False, False), 0.0, 0.0),
        ((True, False, True), -3 / 8, 0.0),
        ((False, False, True), -1.0, 0.0),
    ],
)
def test_a_checklist_scores_what_is_earned_by_what_can_be(met: tuple[bool, ...], score: float, clipped: float) -> None:
    row = checklist_row(said(*met), CRITERIA)

    assert (row["score"], row["clipped"], row["outcome"]) == (pytest.approx(score), pytest.approx(clipped), "read")


def test_one_criterion_without_a_verdict_leaves_no_score() -> None:
    row = checklist_row(said(True, None, False), CRITERIA)

    assert (row["outcome"], row["scored"], row["is_unparsed"]) == ("unparsed", 0.0, 1.0)


def test_a_checklist_of_faults_alone_has_no_score_and_says_so() -> None:
    row = checklist_row(said(False), CRITERIA[2:])

    assert (row["outcome"], row["scored"]) == ("no points to earn", 0.0)
