"""A paper's tables by one command: what is there is not done again, what is missing is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.tools.errors import InputError
from kgtools.train.evaluate.reproduce import reproduce
from tests.conftest import Ran

Command = Callable[..., Ran]
CHAPTERS = {"第一部分　呼吸系统疾病": 4, "第二部分　消化系统疾病": 2}
RECIPE = """
title: A small evaluation
paper: clinicalgpt
system: tiny
parts:
  exam:
    task: exam
    records: {bring: questions of an exam, reader: medqa, files: ["**/Mainland/test.jsonl"]}
    prompts: {prompt: clinicalgpt}
    fills: [exam]
  exam-wrong:
    task: exam
    like: exam
    scoring: {seed: 9}
  own:
    task: exam
    records: {bring: questions of your own}
  later:
    task: of-the-future
    records: {bring: something else}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six questions in MedQA's shape."""
    folder = tmp_path / "sets" / "Mainland"
    folder.mkdir(parents=True)
    rows = [
        {
            "question": f"{chapter}的问题{number}是", "options": {"A": "甲", "B": "乙", "C": "丙", "D": f"丁{number}"}, "answer": "乙",
            "answer_idx": "B", "meta_info": chapter,
        }
        for chapter, count in CHAPTERS.items()
        for number in range(count)
    ]  # fmt: skip
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "test.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "sets"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


def say_b(prompts: Path, out: Path) -> None:
    """A model that always says B, and says it once."""
    if (out / "run.json").exists():
        return
    out.mkdir(parents=True)
    ids = [orjson.loads(line)["id"] for line in (prompts / "prompts.jsonl").read_bytes().splitlines()]
    (out / "answers.jsonl").write_bytes(b"".join(orjson.dumps({"id": id_, "answer": "B"}) + b"\n" for id_ in ids))
    said = {"command": "evaluate answer", "settings": {"model": "b"}}
    (out / "run.json").write_bytes(orjson.dumps(said))


def states(result: Any) -> dict[str, tuple[str, ...]]:
    return {one.part: (one.records, one.prompts, one.answers, one.scores) for one in result.states}


def test_without_answers_prompts_are_written_and_each_part_says_what_it_lacks(
    kgtools: Command, data: Path, recipe: Path, tmp_path: Path
) -> None:
    ran = kgtools("evaluate", "all", "--recipe", recipe, "--data", data, "--out", tmp_path / "out")

    assert ran.code == 0
    assert len((tmp_path / "out" / "prompts" / "exam" / "prompts.jsonl").read_bytes().splitlines()) == 6
    assert (
        f"exam: needs answers to {tmp_path}/out/prompts/exam/prompts.jsonl in {tmp_path}/out/answers/exam.jsonl"
        in ran.err
    )
    assert f"own: needs questions of your own: records in {data}/own" in ran.err
    assert "later: needs the task of-the-future, which is not installed" in ran.err
    assert not (tmp_path / "out" / "report").exists()


def test_a_model_s_answers_become_scores_and_a_report(data: Path, recipe: Path, tmp_path: Path) -> None:
    result = reproduce(str(recipe), data, tmp_path / "out", answer=say_b)

    assert states(result)["exam"] == ("written", "written", "written", "written")
    assert result.report is not None
    table = next(one for one in result.report.tables if one.key == "exam")
    assert [row.label for row in table.rows] == ["b (exam)", "b (exam-wrong)"]
    assert [cell and (cell.figure, cell.n) for cell in table.rows[0].cells] == [
        (100.0, 4),
        None,
        (100.0, 2),
        None,
        None,
    ]


def test_nothing_is_done_twice(data: Path, recipe: Path, tmp_path: Path) -> None:
    reproduce(str(recipe), data, tmp_path / "out", answer=say_b)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.*") if "report" not in str(file)}

    again = reproduce(str(recipe), data, tmp_path / "out", answer=say_b)

    assert states(again)["exam"] == states(again)["exam-wrong"] == ("there", "there", "there", "there")
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_what_changed_is_done_again_and_no_more(data: Path, recipe: Path, tmp_path: Path) -> None:
    reproduce(str(recipe), data, tmp_path / "out", answer=say_b)
    recipe.write_text(RECIPE.replace("seed: 9", "seed: 10"), encoding="utf-8")

    again = states(reproduce(str(recipe), data, tmp_path / "out"))

    assert (again["exam"][3], again["exam-wrong"][3]) == ("there", "written")


def test_other_questions_want_other_answers(data: Path, recipe: Path, tmp_path: Path) -> None:
    reproduce(str(recipe), data, tmp_path / "out", answer=say_b)
    file = data / "Mainland" / "test.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("问题", "考题"), encoding="utf-8")

    again = reproduce(str(recipe), data, tmp_path / "out")

    fault = next(one.fault for one in again.states if one.part == "exam")
    assert "they answer other prompts, or an older version of these" in fault


def test_a_user_s_own_records_and_answers_are_taken(
    kgtools: Command, data: Path, recipe: Path, write_records: Any, tmp_path: Path
) -> None:
    from tests.train.evaluate.conftest import exam_row

    write_records([exam_row("坏血病缺乏的是", ["维生素A", "维生素C"], "B")], "sets/own")
    kgtools("evaluate", "all", "--recipe", recipe, "--data", data, "--out", tmp_path / "out", "--only", "own")
    (id_,) = [
        orjson.loads(line)["id"] for line in (tmp_path / "out/prompts/own/prompts.jsonl").read_bytes().splitlines()
    ]
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "own.jsonl").write_bytes(orjson.dumps({"id": id_, "answer": "B"}))

    ran = kgtools(
        "evaluate", "all", "--recipe", recipe, "--data", data, "--out", tmp_path / "out", "--only", "own", "--answers", tmp_path / "given",
        "--format", "json",
    )  # fmt: skip

    (part,) = ran.json["parts"]
    assert (part["records"], part["prompts"], part["answers"], part["scores"]) == ("there", "there", "there", "written")


def test_one_part_s_fault_does_not_stop_the_others(kgtools: Command, data: Path, recipe: Path, tmp_path: Path) -> None:
    reproduce(str(recipe), data, tmp_path / "out", answer=say_b)
    (data / "own").mkdir()
    (data / "own" / "records.parquet").write_bytes(b"no table")

    ran = kgtools("evaluate", "all", "--recipe", recipe, "--data", data, "--out", tmp_path / "out")

    assert ran.code == 1
    assert "own: failed:" in ran.err
    assert "ClinicalGPT, Table 4" in ran.out


def test_a_recipe_with_a_setting_that_its_task_has_not_says_where(data: Path, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("{prompt: clinicalgpt}", "{prompt: clinicalgtp}"), encoding="utf-8")

    result = reproduce(str(recipe), data, tmp_path / "out")

    assert f"{recipe}: parts.exam.prompts.prompt: " in result.states[0].fault


def test_a_recipe_whose_part_is_like_none_is_refused(data: Path, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("like: exam", "like: exams"), encoding="utf-8")

    with pytest.raises(InputError, match="exam-wrong: like names a part with records"):
        reproduce(str(recipe), data, tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "exan"), "--only exan: the recipe has no such part; did you mean exam"),
        (("max_new_tokens=8",), "max_new_tokens=8: settings of answers are for --model"),
        (("--server", "http://localhost:1/v1"), "--server needs --model"),
    ],
)
def test_words_that_mean_nothing_are_refused(
    kgtools: Command, data: Path, recipe: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ran = kgtools("evaluate", "all", "--recipe", recipe, "--data", data, "--out", tmp_path / "out", *words)

    assert ran.code == 2
    assert said in ran.err
