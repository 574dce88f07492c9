"""What is told of a chain: exact match, and which questions it is of."""

from pathlib import Path

import polars as pl
import pytest

from kgtools.train.effects import exact_match, make_exam, matches
from kgtools.train.inference.answer import ANSWERS
from tests.train.conftest import question, records, reply


@pytest.mark.parametrize(
    ("answer", "right", "same"),
    [
        ("急性中耳炎可以挂耳鼻喉科。", "急性中耳炎可以挂耳鼻喉科。", True),
        (" 急性中耳炎可以挂耳鼻喉科\n", "急性中耳炎可以挂耳鼻喉科。", True),
        ("It affects\nthe  skin", "It affects the skin.", True),
        ("急性中耳炎可以挂耳鼻喉科、五官科。", "急性中耳炎可以挂耳鼻喉科。", False),
        ("急性中耳炎可以挂耳鼻喉", "急性中耳炎可以挂耳鼻喉科。", False),
        ("it affects the skin.", "It affects the skin.", False),
        ("1.5", "15", False),
        ("", "。", True),
    ],
)
def test_an_answer_matches_but_for_white_space_and_a_full_stop(answer: str, right: str, same: bool) -> None:
    assert matches(answer, right) is same
    assert matches(right, answer) is same


def test_an_exam_has_questions_of_the_train_split_and_of_the_test_split(tmp_path: Path) -> None:
    splits = ["train", None, "validation", "test"] * 100
    place = records(
        tmp_path / "all", [{"messages": question(n) + reply("ok"), "split": s} for n, s in enumerate(splits)]
    )

    one, again, other = (make_exam(place, seed, tmp_path / f"{n}") for n, seed in enumerate((0, 0, 1)))

    def asked(folder: Path | None) -> list[str]:
        assert folder
        return pl.read_parquet(folder / "records.parquet")["id"].to_list()

    assert len(asked(one.trained)) == 128
    assert {int(id_[1:]) % 4 for id_ in asked(one.trained)} == {0, 1}
    assert {int(id_[1:]) % 4 for id_ in asked(one.held_out)} == {3}
    assert asked(one.trained) == asked(again.trained) != asked(other.trained)
    assert len(asked(one.held_out)) == 100


def test_where_nothing_is_split_no_question_is_held_out(tmp_path: Path) -> None:
    found = make_exam(records(tmp_path / "all", [question(1) + reply("ok")]), 0, tmp_path / "out")

    assert (found.held_out, found.unseen) == (None, found.trained)


def test_exact_match_is_the_share_of_answers_that_are_those_of_their_records(tmp_path: Path) -> None:
    place = records(tmp_path / "all", [question(n) + reply(f"答{n}。") for n in range(4)])
    texts = {"r3": "答3", "r0": "答1。", "r2": "答2。", "r1": ""}
    rows = [(id_, 0, question(0), text, None, True, 1, 1, 0, None) for id_, text in texts.items()]
    ANSWERS.frame(rows).write_parquet(tmp_path / "answers.parquet")

    assert exact_match(tmp_path, place) == 0.5
