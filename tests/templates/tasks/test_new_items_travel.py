"""Comparisons and explanations after they are made: planned, graded, converted and rewarded like every other item."""

from pathlib import Path

import orjson
import polars as pl
import pytest

from kgtools.corpora.api import convert, grade
from kgtools.corpora.verify.adapters import compute_score, graded, reward
from kgtools.templates import api

TASKS = "compare,explain"


@pytest.fixture(scope="module")
def made(named_graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("items") / "out"
    api.generate(named_graph, task=TASKS, lang="zh", seed=3, out=out)
    return out


@pytest.fixture(scope="module")
def rows(made: Path) -> pl.DataFrame:
    return pl.read_parquet(made / "records.parquet")


def test_a_plan_counts_what_a_run_makes(made: Path, rows: pl.DataFrame, named_graph: Path) -> None:
    planned = api.plan(named_graph, task=TASKS, lang="zh", seed=3)
    counts = orjson.loads((made / "run.json").read_bytes())["by_task"]

    assert dict(planned.group_by("task").agg(pl.col("records").sum()).iter_rows()) == dict(
        rows.group_by("task").len().iter_rows()
    )
    assert {task: sum(each.values()) for task, each in counts.items()} == dict(rows.group_by("task").len().iter_rows())
    assert {"HAS_SYMPTOM", "NEEDS_EXAMINATION", "description"} <= set(planned["relation"])


def test_caps_hold_for_them(named_graph: Path, tmp_path: Path) -> None:
    few = api.generate(named_graph, task=TASKS, per_relation=3, per_head=1, out=tmp_path / "few").records.collect()
    heads = few.select("task", "lang", pl.col("meta").str.json_path_match("$.head"))
    relation = pl.col("template").str.extract(r"/(.*)\.").alias("relation")

    assert heads.group_by("task", "lang", "meta").len()["len"].max() == 1
    assert few.group_by("task", "lang", relation).len()["len"].max() == 3


def test_their_own_answers_are_graded_in_a_table_by_task(made: Path, rows: pl.DataFrame, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    lines = [
        {"id": id_, "answer": messages[-1]["content"]} for id_, messages in rows.select("id", "messages").iter_rows()
    ]
    answers.write_bytes(b"\n".join(map(orjson.dumps, lines)))

    result = grade(made, answers, out=tmp_path / "scores")
    by_task = {rate["value"]: rate for rate in result.rates if rate["by"] == "task"}

    assert set(by_task) == {"compare", "explain"}
    assert all(rate["answer"] > 0.98 for rate in by_task.values())
    assert result.scores is not None
    assert result.scores.filter(task="explain")["hops"].unique().to_list() == [1]
    assert result.scores["entities"].min() > 0.5


@pytest.mark.parametrize("form", ["verl", "trl-grpo"])
def test_all_of_them_are_prompts_with_an_item(made: Path, rows: pl.DataFrame, tmp_path: Path, form: str) -> None:
    licenses = rows["license"].unique().to_list()

    result = convert(
        made, format=form, out=tmp_path / form, allow_license=[each for row in licenses for each in row.split(" AND ")]
    )

    assert result.written == rows.height


@pytest.mark.parametrize("form", ["medqa", "cmexam"])
def test_those_with_options_are_questions_of_exams(made: Path, rows: pl.DataFrame, tmp_path: Path, form: str) -> None:
    licenses = rows["license"].unique().to_list()
    with_options = rows.filter(pl.col("meta").str.json_path_match("$.choice").is_not_null())

    result = convert(
        made, format=form, out=tmp_path / form, allow_license=[each for row in licenses for each in row.split(" AND ")]
    )

    assert with_options.height > 10
    assert result.written == with_options.height


def test_every_adapter_pays_for_them(rows: pl.DataFrame) -> None:
    for task in TASKS.split(","):
        row = rows.filter(task=task).sort("id").row(0, named=True)
        item, text = orjson.dumps(orjson.loads(row["meta"])["item"]).decode(), row["messages"][-1]["content"]
        question = row["messages"][0]["content"]
        paid = [
            reward([text], item=[item], question=[question])[0],
            compute_score("kgtools", text, item, {"question": question}),
            graded(text, item, {"question": question}),
        ]

        assert paid == [1.0] * 3
        assert reward(["不知道"], item=[item]) == [0.0]
