"""What each format makes of a record, and which records it cannot hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.export.convert import ConvertOptions, convert
from kgtools.corpora.export.definitions import DEFINITIONS
from kgtools.corpora.export.format import find
from kgtools.corpora.verify.adapters import compute_score, reward
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from tests.corpora.exporters.making import HOSTILE, drops, exam, preference, record, rows_in, talk

FORMATS = registry.names("formats")
LINES = ConvertOptions(file="jsonl")
TWO = talk("咳嗽怎么办？", "多喝水。", "还咳呢？", HOSTILE, system="你是医生。")


def test_there_are_the_formats_that_we_promise() -> None:
    assert set(FORMATS) >= {
        "alpaca", "cmexam", "lm-eval", "medqa", "messages", "sharegpt", "super-ni", "trl-grpo", "trl-preference",
        "trl-prompt-completion", "verl",
    }  # fmt: skip


@pytest.fixture
def rows_of(folder_of: Callable[..., Path], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """The rows that a format makes of records."""

    def make(name: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        convert(folder_of(list(rows)), name, tmp_path / name, LINES)
        return rows_in(tmp_path / name)

    return make


def test_messages_are_what_they_were(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    assert [row["messages"] for row in rows_of("messages", record("a", TWO))] == [TWO]


def test_alpaca_has_earlier_turns_in_its_history(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("alpaca", record("a", TWO))

    assert (row["instruction"], row["input"], row["output"]) == ("还咳呢？", "", HOSTILE)
    assert (row["system"], row["history"]) == ("你是医生。", [["咳嗽怎么办？", "多喝水。"]])


def test_alpaca_of_one_turn_has_an_empty_history(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("alpaca", record("a", talk("问", "答")))

    assert (row["system"], row["history"]) == ("", [])


def test_sharegpt_calls_the_speakers_human_and_gpt(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("sharegpt", record("a", TWO))

    assert [turn["from"] for turn in row["conversations"]] == ["system", "human", "gpt", "human", "gpt"]
    assert [turn["value"] for turn in row["conversations"]] == [turn["content"] for turn in TWO]


def test_sharegpt_ranks_preferences(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("sharegpt", preference("p", talk("问"), "好", "坏"))

    assert row["conversations"] == [{"from": "human", "value": "问"}]
    assert (row["chosen"], row["rejected"]) == ({"from": "gpt", "value": "好"}, {"from": "gpt", "value": "坏"})


def test_a_completion_is_the_last_answer_alone(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("trl-prompt-completion", record("a", TWO))

    assert row["prompt"] + row["completion"] == TWO
    assert row["completion"] == [{"role": "assistant", "content": HOSTILE}]


def test_a_preference_keeps_its_three_sides(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    pair = preference("p", talk("问", "答", "再问", system="你是医生。"), HOSTILE, "坏")

    (row,) = rows_of("trl-preference", pair)

    assert {side: row[side] for side in ("prompt", "chosen", "rejected")} == {
        side: pair[side] for side in ("prompt", "chosen", "rejected")
    }


def test_medqa_has_the_letter_and_the_text_of_the_answer(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (row,) = rows_of("medqa", exam("x"))

    assert row["options"] == {"A": "糖尿病", "B": "痛风", "C": "高血压"}
    assert (row["question"], row["answer"], row["answer_idx"]) == ("尿酸高见于哪种病？x", "痛风", "B")
    assert row["meta_info"] == "第一部分"


@pytest.mark.parametrize(
    ("text", "answer", "letter"),
    [
        ("哪种？\nA. 甲\nB. 乙\nC. 丙", "B", "B"),
        ("哪种？\n选项A：甲\n选项B：乙", "乙", "B"),
        ("Which?\nOptions:\nA) one two\nB) three", "A", "A"),
    ],
)
def test_options_are_found_in_the_text_of_a_question(
    rows_of: Callable[..., list[dict[str, Any]]], text: str, answer: str, letter: str
) -> None:
    (row,) = rows_of("medqa", record("a", talk(text, "答"), answer=answer))

    assert row["answer_idx"] == letter
    assert row["question"] == text.split("\n")[0]


def test_a_task_object_holds_the_instances_of_one_task_language_and_instruction(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [
        record("a", talk("问一", HOSTILE)),
        record("b", talk("问二", "答二")),
        record("c", talk("Q", "A", system="Be brief."), lang="en"),
    ]

    convert(folder_of(rows), "super-ni", tmp_path, ConvertOptions())

    first, second = (orjson.loads(file.read_bytes()) for file in sorted(tmp_path.glob("task*.json")))
    assert first["Instances"] == [
        {"id": "a", "input": "问一", "output": HOSTILE},
        {"id": "b", "input": "问二", "output": "答二"},
    ]
    assert (second["Definition"], second["Input_language"]) == (["Be brief."], ["English"])
    assert (first["Source"], first["Positive Examples"]) == (["tiny (CC0-1.0)"], [])


MEDS_INS = [
    "Contributors", "Source", "URL", "Categories", "Definition", "Reasoning", "Input_language", "Output_language",
    "Instruction_language", "Domains", "Split Type", "Positive Examples", "Negative Examples", "Instances",
]  # fmt: skip
"""The keys of its published task files in their order, with the one that its guideline for contributors adds."""


def test_a_task_file_has_the_keys_of_meds_ins_and_a_file_for_each_template_and_language(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [
        record("a", talk("问一", "答一"), task="list", template="clinicalgpt@2.0.0/symptom.zh#1"),
        record("b", talk("问二", "答二"), task="list", template="clinicalgpt@2.0.0/symptom.zh#2"),
        record("c", talk("Q", "A"), task="list", template="clinicalgpt@2.0.0/symptom.en#1", lang="en"),
        record("d", talk("问三", "答三"), task="list", template="mine@1/dose.zh#1", split="test"),
    ]

    convert(folder_of(rows), "super-ni", tmp_path, ConvertOptions())

    tasks = {file.name: orjson.loads(file.read_bytes()) for file in tmp_path.glob("task*.json")}
    assert {name: [row["id"] for row in task["Instances"]] for name, task in tasks.items()} == {
        "task1_list_clinicalgpt-symptom_zh_train.json": ["a", "b"],
        "task2_list_clinicalgpt-symptom_en_train.json": ["c"],
        "task3_list_mine-dose_zh_test.json": ["d"],
    }
    assert {tuple(task) for task in tasks.values()} == {tuple(MEDS_INS)}
    assert {task["Definition"][0] for task in tasks.values()} == {DEFINITIONS["list"].zh, DEFINITIONS["list"].en}


def test_as_many_task_files_can_be_written_as_there_are_kinds_of_records(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [record(str(n), talk("问", "答", system=f"第{n}种")) for n in range(1_100)]

    assert convert(folder_of(rows), "super-ni", tmp_path, ConvertOptions()).written == 1_100
    assert len(list(tmp_path.glob("task*.json"))) == 1_100


def test_more_kinds_of_records_than_files_can_be_are_refused(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    rows = [record(str(n), talk("问", "答"), task=f"第{n}种") for n in range(201)]

    with pytest.raises(InputError, match="more than 200 kinds of records"):
        convert(folder_of(rows), "lm-eval", tmp_path / "out", ConvertOptions())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("listed", "choices", "target"),
    [("\nA. 糖尿病\nB. 痛风\nC. 高血压", ["A", "B", "C"], "B"), ("", ["糖尿病", "痛风", "高血压"], "痛风")],
)
def test_lm_eval_weighs_letters_where_the_question_lists_them_and_texts_where_it_does_not(
    rows_of: Callable[..., list[dict[str, Any]]], listed: str, choices: list[str], target: str
) -> None:
    row = exam("a") | {"messages": talk(f"尿酸高见于哪种病？{listed}", "B")}

    (written,) = rows_of("lm-eval", row)

    assert (written["choices"], written["target"], written["gold"]) == (choices, target, 1)


UNFIT = [
    ("alpaca", record("x", talk("问", "答", "再问")), "not-in-turns"),
    ("alpaca", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    ("sharegpt", record("x", talk("问", "答")[::-1]), "not-in-turns"),
    ("sharegpt", preference("x", talk("问", "答"), "好", "坏"), "not-in-turns"),
    ("messages", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    ("trl-prompt-completion", record("x", talk("问")), "no-answer"),
    ("trl-prompt-completion", record("x", talk("问", "答")[1:]), "no-question"),
    ("trl-prompt-completion", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    ("trl-preference", record("x", talk("问", "答")), "is-no-preference"),
    ("medqa", record("x", TWO), "several-turns"),
    ("medqa", record("x", talk("问", "答")), "no-options"),
    ("medqa", exam("x", "BC"), "several-answers"),
    ("medqa", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    ("super-ni", record("x", TWO), "several-turns"),
    ("super-ni", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    ("super-ni", record("x", talk(" \n", "答")), "no-question"),
    ("super-ni", record("x", talk("问", "\t")), "no-answer"),
    ("lm-eval", record("x", TWO), "several-turns"),
    ("lm-eval", preference("x", talk("问"), "好", "坏"), "is-a-preference"),
    *(
        (name, record("x", talk("问", "答"), split="dev"), "unknown-split")
        for name in FORMATS
        if name != "trl-preference"
    ),
]


@pytest.mark.parametrize(("name", "row", "reason"), UNFIT)
def test_a_record_that_a_format_cannot_hold_is_a_counted_drop(
    folder_of: Callable[..., Path], tmp_path: Path, name: str, row: dict[str, Any], reason: str
) -> None:
    exported = convert(folder_of([row]), name, tmp_path, ConvertOptions(allow_empty=True))

    assert (exported.written, exported.dropped, drops(tmp_path)) == (0, {reason: 1}, {"x": reason})
    assert {file.name for file in tmp_path.iterdir()} == {"rejects.parquet", "run.json"}


def test_every_format_has_a_record_that_it_cannot_hold() -> None:
    assert {name for name, *_ in UNFIT} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_a_dropped_record_is_written(folder_of: Callable[..., Path], tmp_path: Path, name: str) -> None:
    rows = [record("x", talk("张三的秘密", "答", "再问"), split="dev")]

    convert(folder_of(rows), name, tmp_path, ConvertOptions(allow_empty=True))

    assert all("张三".encode() not in file.read_bytes() for file in tmp_path.iterdir())
    assert pl.read_parquet(tmp_path / "rejects.parquet").columns == ["record", "source", "task", "split", "reason"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_row_says_whose_record_it_is(folder_of: Callable[..., Path], tmp_path: Path, name: str) -> None:
    row = preference("x", talk("问"), "好", "坏") if name == "trl-preference" else exam("x")

    convert(folder_of([row]), name, tmp_path, ConvertOptions(file=find(name).endings[0]))

    rows = rows_in(tmp_path) or orjson.loads(next(tmp_path.glob("task*.json")).read_bytes())["Instances"]
    assert [row["id"] for row in rows] == ["x"]


def test_a_file_kind_that_a_format_has_not_is_named(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--file parquet: the format super-ni is written as json"):
        convert(folder_of([exam("x")]), "super-ni", tmp_path / "out", ConvertOptions(file="parquet"))


def test_cmexam_is_read_by_the_reader_of_cmexam(
    folder_of: Callable[..., Path], tmp_path: Path, kgtools: Callable[..., Any]
) -> None:
    convert(folder_of([exam("x"), exam("y", "AC")]), "cmexam", tmp_path / "out", ConvertOptions())
    (file,) = (tmp_path / "out").glob("*.csv")

    ran = kgtools("read", "cmexam", file, "--license", "CC0-1.0", "--out", tmp_path / "back")

    assert ran.code == 0, ran.err
    back = pl.read_parquet(tmp_path / "back" / "records.parquet")
    assert sorted(back["answer"]) == ["AC", "B"]
    assert all(orjson.loads(meta)["options"] == {"A": "糖尿病", "B": "痛风", "C": "高血压"} for meta in back["meta"])


def test_verl_and_trl_have_the_item_that_their_rewards_grade_by(rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    (verl,), (trl,) = rows_of("verl", exam("x")), rows_of("trl-grpo", exam("x"))

    assert verl["prompt"] == trl["prompt"] == exam("x")["messages"][:1]
    assert (verl["data_source"], verl["ability"], verl["reward_model"]["style"]) == ("kgtools/mcq", "medicine", "rule")
    assert verl["extra_info"] == {
        "split": "train",
        "id": "x",
        "task": "mcq",
        "lang": "zh",
        "source": "tiny",
        "license": "CC0-1.0",
    }
    for answer, total in (("答案：B", 1.0), ("答案：A", 0.0)):
        truth = verl["reward_model"]["ground_truth"]
        assert compute_score(verl["data_source"], answer, truth, verl["extra_info"]) == total
        assert reward([answer], item=[trl["item"]]) == [total]


def test_what_has_no_item_is_in_no_prompt_of_reinforcement_learning(
    folder_of: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("verl", "trl-grpo"):
        convert(folder_of([exam("x"), record("a", TWO)]), name, tmp_path / name, ConvertOptions())

        assert drops(tmp_path / name) == {"a": "no-item"}
