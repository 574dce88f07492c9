"""Open questions from records to figures, with one reference answer or several."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import Ran
from tests.train.evaluate.metrics.libraries import nltk_figures, rouge_figures

Command = Callable[..., Ran]
ANSWERS = ["多喝水，注意休息。", "建议验血常规。", "口服布洛芬退烧。"]


def question(text: str, answer: str | None, **more: Any) -> dict[str, Any]:
    """The record of an open question."""
    said = [] if answer is None else [{"role": "assistant", "content": answer}]
    return {"task": "qa", "messages": [{"role": "user", "content": text}, *said]} | more


@pytest.fixture
def ask(write_records: Callable[..., Path], kgtools: Command, tmp_path: Path) -> Callable[..., Any]:
    """What writing the prompts of rows prints as JSON."""

    def make(rows: list[dict[str, Any]], *words: str) -> Any:
        ran = kgtools(
            "evaluate", "prompts", "qa", write_records(rows), "--out", tmp_path / "prompts", "--format", "json", *words
        )
        assert ran.code == 0, ran.err
        return ran.json

    return make


@pytest.fixture
def score(kgtools: Command, write_answers: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, float]]:
    """The figures of one answer to each prompt of tmp_path/prompts."""

    def run(text: str, *words: str) -> dict[str, float]:
        ids = pl.read_parquet(tmp_path / "prompts" / "records.parquet")["id"]
        file = write_answers(dict.fromkeys(ids, text))
        ran = kgtools(
            "evaluate", "qa", tmp_path / "prompts", file, "--out", tmp_path / "scores", "--format=json", *words
        )
        assert ran.code == 0, ran.err
        return {cell["metric"]: cell["figure"] for cell in ran.json["cells"] if cell["by"] == "all"}

    return run


@pytest.mark.parametrize(
    "rows",
    [
        [question("发烧怎么办？", ANSWERS[0], meta={"references": ANSWERS[1:]})],
        [question("发烧怎么办？", answer) for answer in ANSWERS],
    ],
    ids=["in one record", "in a record each"],
)
def test_an_answer_is_held_against_every_reference(ask: Any, score: Any, rows: list[dict[str, Any]]) -> None:
    asked = ask(rows)

    found = score("口服布洛芬，多喝水。", "tokenize=char")

    text, references = list("口服布洛芬，多喝水。"), [list(answer) for answer in ANSWERS]
    best = {
        name: max(rouge_figures(text, one)[name] for one in references) for name in ("rouge_1", "rouge_2", "rouge_l")
    }
    theirs = nltk_figures([text], [references], "none") | best
    assert asked["samples"] == 1
    assert {name: found[name] for name in theirs} == pytest.approx(theirs, abs=1e-9)


def test_records_that_ask_the_same_are_counted(ask: Any) -> None:
    asked = ask([question("发烧怎么办？", answer) for answer in ANSWERS] + [question("咳嗽怎么办？", "止咳糖浆。")])

    assert asked["samples"] == 2
    assert asked["refused"] == {"asks what another record asks: its answer is one more reference": 2}


def test_rouge_may_be_the_mean_over_the_references(ask: Any, score: Any) -> None:
    ask([question("发烧怎么办？", ANSWERS[0], meta={"references": [ANSWERS[1]]})])

    found = score("多喝水。", "tokenize=char", "references=mean")

    each = [rouge_figures(list("多喝水。"), list(one))["rouge_l"] for one in ANSWERS[:2]]
    assert found["rouge_l"] == pytest.approx(sum(each) / 2, abs=1e-9)


def test_worked_examples_stand_before_the_question(ask: Any, tmp_path: Path) -> None:
    ask([question(f"问题{number}？", f"回答{number}。") for number in range(3)], "shots=2")

    for row in pl.read_parquet(tmp_path / "prompts" / "records.parquet").iter_rows(named=True):
        texts = [message["content"] for message in row["messages"]]
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * 2 + ["user"]
        assert texts[-1].replace("问题", "回答").replace("？", "。") == row["answer"]
        assert texts[-1] not in texts[:-1]


def test_a_record_without_a_question_or_an_answer_is_counted(ask: Any) -> None:
    talk = {"task": "qa", "messages": [{"role": "assistant", "content": "您好"}]}

    asked = ask([question("发烧怎么办？", ANSWERS[0]), question("咳嗽？", None), talk])

    assert asked["refused"] == {"no question": 1, "no reference answer": 1}


def test_a_question_and_its_reference_in_other_records_have_another_id(ask: Any, tmp_path: Path) -> None:
    """What an answer is held against is part of what is asked: figures of other references are other figures."""
    ids = set()
    for place, others in enumerate(([], ANSWERS[1:])):
        rows = [question("发烧怎么办？", ANSWERS[0], meta={"references": others})]
        ids.add(_id_of(ask, rows, tmp_path, f"records{place}"))

    assert len(ids) == 2


def _id_of(ask: Any, rows: list[dict[str, Any]], tmp_path: Path, name: str) -> str:
    ask(rows)
    (tmp_path / "records").rename(tmp_path / name)
    id_: str = pl.read_parquet(tmp_path / "prompts" / "records.parquet")["id"][0]
    return id_
