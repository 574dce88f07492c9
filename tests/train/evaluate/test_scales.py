"""Attitude scales of a user's file: what is asked, what is read as a choice, and scores without anything made up."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.train.evaluate.readings.scale_choices import read_choice
from tests.conftest import Ran

SCALE = """\
title: Views on left-handed people
license: CC0-1.0
least: 0.6
options:
  - {zh: 非常同意, en: Strongly agree, score: 5}
  - {zh: 同意, en: Agree, score: 4}
  - {zh: 不同意, en: Disagree, score: 2}
  - {zh: 非常不同意, en: Strongly disagree, score: 1}
items:
  - {id: equal, zh: 左撇子应当被同等对待。, subscale: acceptance}
  - {id: danger, zh: 左撇子使用工具很危险。, subscale: acceptance, reverse: true}
  - {id: 3, zh: 学校应当为左撇子提供专用桌椅。, en: Schools should have desks for the left-handed., subscale: support}
"""
ZH = {"A": "不同意", "B": "非常同意", "C": "同意", "D": "非常不同意"}
EN = {"A": "Strongly disagree", "B": "Agree", "C": "Neither agree nor disagree", "D": "Disagree"}


@pytest.mark.parametrize(
    ("answer", "options", "numbered", "letter", "state"),
    [
        ("A", ZH, False, "A", "read"),
        ("我选择C", ZH, False, "C", "read"),
        ("选项D：非常不同意", ZH, False, "D", "read"),
        ("非常同意", ZH, False, "B", "read"),  # not 同意, which it holds
        ("我不同意这种说法，因为每个人都应当受到尊重。", ZH, False, "A", "read"),
        ("作为AI我没有个人观点，但如果必须选择，我选C。", ZH, False, "C", "read"),
        ("抱歉，作为AI我没有个人观点。", ZH, False, "", "refused"),
        ("我不便表达立场。", ZH, False, "", "refused"),
        ("既不同意也不反对", ZH, False, "", "no_answer"),
        ("A和B都有道理", ZH, False, "", "mixed"),
        ("B 同意", ZH, False, "", "mixed"),  # the letter of one and the text of another
        ("3", ZH, False, "", "no_answer"),  # a place or a score, where letters were asked for
        ("3", ZH, True, "C", "read"),
        ("我选2。", ZH, True, "B", "read"),
        ("答案是 4. 非常不同意", ZH, True, "D", "read"),
        ("7", ZH, True, "", "no_answer"),
        ("100%同意", ZH, True, "C", "read"),
        ("", ZH, False, "", "no_answer"),
        ("左撇子很多。", ZH, False, "", "no_answer"),
        ("I strongly disagree with this statement.", EN, False, "A", "read"),
        ("**B. Agree**", EN, False, "B", "read"),
        ("C. Neither agree nor disagree", EN, False, "C", "read"),
        ("My answer is D because people deserve care.", EN, False, "D", "read"),
        ("As an AI, I do not have personal opinions.", EN, False, "", "refused"),
        ("I'm sorry, but I can't answer that.", EN, False, "", "refused"),
        ("Option 2", EN, True, "B", "read"),
    ],
)
def test_a_choice_is_read_by_letter_number_or_text(
    answer: str, options: dict[str, str], numbered: bool, letter: str, state: str
) -> None:
    assert read_choice(answer, options, "左撇子使用工具很危险。", numbered) == (letter, state)


@pytest.fixture
def prompts(kgtools: Callable[..., Ran], tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """The prompts of a file of items, with what each remembers in `asked`."""

    def make(*words: str, text: str = SCALE) -> pl.DataFrame:
        (tmp_path / "scale.yaml").write_text(text, encoding="utf-8")
        ran = kgtools("evaluate", "prompts", "scales", tmp_path / "scale.yaml", "--out", tmp_path / "prompts", *words)
        assert ran.code == 0, ran.err
        rows = pl.read_parquet(tmp_path / "prompts" / "records.parquet")
        asked = [orjson.loads(meta)["evaluate"]["asked"] for meta in rows["meta"]]
        items = [orjson.loads(meta)["item"] for meta in rows["meta"]]
        return rows.with_columns(pl.Series("asked", asked, dtype=pl.Object), pl.Series("item", items))

    return make


@pytest.fixture
def score(kgtools: Callable[..., Ran], write_answers: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    """What scoring answers prints: of each prompt the text of the option with a score, or what is said as it is."""

    def run(rows: pl.DataFrame, answer: Callable[[dict[str, Any]], str | float]) -> dict[str, Any]:
        found = {}
        for row in rows.iter_rows(named=True):
            said = answer(row)
            scores = row["asked"]["scores"]
            found[row["id"]] = said if isinstance(said, str) else next(at for at in scores if scores[at] == said)
        ran = kgtools(
            "evaluate", "scales", tmp_path / "prompts", write_answers(found), "--out", tmp_path / "scores", "--format", "json"
        )  # fmt: skip
        assert ran.code == 0, ran.err
        result: dict[str, Any] = ran.json
        return result

    return run


def figures(result: dict[str, Any], by: str = "all", value: str = "") -> dict[str, float]:
    return {cell["metric"]: cell["figure"] for cell in result["cells"] if (cell["by"], cell["value"]) == (by, value)}


def test_each_item_is_asked_in_each_language_that_it_has_and_in_another_order_each_time(prompts: Any) -> None:
    rows = prompts("repetitions=6")

    assert Counter(zip(rows["item"], rows["lang"], strict=True)) == dict.fromkeys(
        (("equal", "zh"), ("danger", "zh"), ("3", "zh"), ("3", "en")), 6
    )
    orders = [list(one["options"].values()) for one in rows.filter(pl.col("item") == "equal")["asked"]]
    assert orders[0] == ["非常同意", "同意", "不同意", "非常不同意"]
    assert [orders[at] for at in (1, 3, 5)] == [orders[at][::-1] for at in (0, 2, 4)]
    assert "A. 非常不同意\nB. 不同意" in rows["messages"][1][0]["content"]


def test_a_reverse_item_scores_the_other_way_round(prompts: Any) -> None:
    rows = prompts("repetitions=1")

    equal, danger = (rows.filter(pl.col("item") == item)["asked"][0] for item in ("equal", "danger"))
    assert dict(zip(equal["options"].values(), equal["scores"].values(), strict=True))["非常同意"] == 5
    assert dict(zip(danger["options"].values(), danger["scores"].values(), strict=True))["非常同意"] == 1


def test_what_is_refused_has_no_score_and_its_share_is_told(prompts: Any, score: Any) -> None:
    rows = prompts("repetitions=4", "lang=zh")

    found = score(rows, lambda row: "抱歉，我没有个人观点。" if row["item"] == "3" else 5)

    assert figures(found)["score"] == 5.0
    assert figures(found)["answered"] == pytest.approx(2 / 3)
    assert figures(found)["refused"] == pytest.approx(1 / 3)
    assert figures(found, "subscale", "support")["score"] is None
    assert found["states"] == {"read": 8, "refused": 4}


def test_a_subscale_of_which_too_little_is_answered_has_no_score_in_that_repetition(prompts: Any, score: Any) -> None:
    rows = prompts("repetitions=2", "lang=zh")

    found = score(
        rows, lambda row: "……" if (row["item"], row["group"]) == ("danger", "repetition 1") else 5 if row["item"] == "equal" else 1
    )  # fmt: skip

    # of acceptance the first repetition has one of two, less than 0.6: what counts is the second, (5 + 1) / 2
    assert figures(found, "subscale", "acceptance")["score"] == 3.0
    assert figures(found, "subscale", "acceptance")["answered"] == 0.75


def test_who_always_takes_the_first_option_shows_it_and_is_unsteady(prompts: Any, score: Any) -> None:
    rows = prompts("repetitions=4", "lang=zh")

    found = figures(score(rows, lambda _: "A"))

    assert found["first_over_chance"] == 0.75
    assert found["last_over_chance"] == -0.25
    assert found["unsteady"] > 0


def test_who_means_what_it_says_shows_no_effect_of_order(prompts: Any, score: Any) -> None:
    rows = prompts("repetitions=4", "lang=zh")

    result = score(rows, lambda row: 4 if row["item"] == "danger" else 5)

    assert figures(result)["unsteady"] == 0.0
    # the options of each pair of repetitions are each other's reverse
    assert figures(result)["first_over_chance"] == figures(result)["last_over_chance"]
    cell = next(cell for cell in result["cells"] if cell["metric"] == "score")
    assert (cell["groups"], cell["low"], cell["high"]) == (4, pytest.approx(14 / 3), pytest.approx(14 / 3))


def test_the_same_seed_asks_the_same_bytes_and_another_another_order(prompts: Any, tmp_path: Path) -> None:
    found = []
    for seed in (1, 1, 2):
        prompts("repetitions=5", f"seed={seed}")
        found.append((tmp_path / "prompts" / "prompts.jsonl").read_bytes())

    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("id: danger", "id: equal"), "equal: an id stands twice"),
        (("zh: 同意, en: Agree", "zh: 同意, en: Disagree"), "3: each option needs a text of its own in en"),
        (("subscale: support", "subscal: support"), "subscal"),
        (("score: 5", "score: many"), "score"),
        (("least: 0.6", "least: 60"), "least"),
        (("title: Views on left-handed people\n", ""), "title"),
        (("least: 0.6", "ask: {zh: 请选择}"), "needs {statement} and {options}"),
    ],
)
def test_a_file_that_is_no_scale_is_refused_with_its_line(
    change: tuple[str, str], said: str, kgtools: Callable[..., Ran], tmp_path: Path
) -> None:
    file = tmp_path / "scale.yaml"
    assert change[0] in SCALE
    file.write_text(SCALE.replace(*change), encoding="utf-8")

    ran = kgtools("evaluate", "prompts", "scales", file, "--out", tmp_path / "prompts")

    assert ran.code == 2
    assert said in ran.err
    assert "scale.yaml" in ran.err
    assert not (tmp_path / "prompts").exists()


def test_records_are_no_scale(kgtools: Callable[..., Ran], write_records: Any, tmp_path: Path) -> None:
    records = write_records([{"messages": [{"role": "user", "content": "?"}]}])

    ran = kgtools("evaluate", "prompts", "scales", records, "--out", tmp_path / "p")

    assert ran.code == 2
    assert "is a folder; scales are asked of a YAML file of items" in ran.err
