"""`read auto` promises only what a reader does with the first rows, and a look-alike gets no corpus' licence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.detect import who_reads
from kgtools.corpora.read import read
from tests.conftest import Ran
from tests.corpora.readers.exams import CMEXAM, cmb, lines, medmcqa, take, whole

FIVE = {"question": "下列哪项正确？", "opa": "甲", "opb": "乙", "opc": "丙", "opd": "丁", "ope": "戊", "answer": "E"}
PAPER = {
    "QUESTION": "Do mitochondria play a role?", "CONTEXTS": ["They do."], "LABELS": ["RESULTS"], "MESHES": ["Plants"], "YEAR": "2011",
    "LONG_ANSWER": "They seem to.", "final_decision": "yes",
}  # fmt: skip
HEAD = ",Question,A,B,C,D,Answer\n"
LOOK_ALIKES: dict[str, tuple[str, str, str]] = {
    "MedMCQA in Chinese": ("medmcqa", "a.jsonl", lines(medmcqa("糖尿病患者首选下列哪种药物进行治疗？"))),
    "MedMCQA with a column more": ("medmcqa", "a.jsonl", lines(medmcqa() | {"hospital": "x"})),
    "CMMLU in English": ("cmmlu", "a.csv", HEAD + "0,Which organ makes insulin?,Liver,Pancreas,Spleen,Kidney,B\n"),
    "CMExam with a column more": ("cmexam", "a.csv", 'Question,Options,Answer,出处\n可用哪些药？,"A 甲\nB 乙",A,题库\n'),
    "CMB without its subject": ("cmb", "a.jsonl", lines({k: v for k, v in cmb().items() if k != "exam_subject"})),
    "CMD with a column more": ("cmd", "a.csv", "department,title,ask,answer,医院\n内科,血压高,能喝咖啡吗？,少量。,x\n"),
    "CMExam by another name": ("cmexam", "own.csv", CMEXAM),
    "CMB by another name": ("cmb", "exam.jsonl", lines(cmb())),
    "CMExam without explanations": ("cmexam", "a.csv", 'Question,Options,Answer\n可用哪些药？,"A 甲\nB 乙",A\n'),
    "CMMLU of a subject that it has not": ("cmmlu", "nurses_2024.csv", HEAD + "0,胰岛素由哪个器官分泌？,肝,胰,脾,肾,B\n"),
    "C-Eval of a subject that it has not": ("ceval", "quiz.csv", "id,question,A,B,C,D,answer\n0,胰岛素由哪个器官分泌？,肝,胰,脾,肾,B\n"),
    "PubMedQA of no PMID": ("pubmedqa", "a.json", whole({"case1": PAPER})),
    "PubMedQA without its labels": ("pubmedqa", "a.json", whole({"21645374": {k: v for k, v in PAPER.items() if k != "LABELS"}})),
    "safety prompts of another scenario": (
        "safety-prompts", "a.json",
        whole({"Insult": [{"prompt": "你好", "response": "好", "type": "Insult"}] * 30,
         "Self_Harm": [{"prompt": "a", "response": "b", "type": "x"}]}),
    ),
    "safety prompts of another type": ("safety-prompts", "a.json", '{"Insult": [{"prompt": "你好", "response": "好", "type": "Rude"}]}'),
    "CMtMedQA's safety alone": ("cmtmedqa", "a.jsonl", lines({"instruct": "怎么办？", "output": "去医院看看。"})),
    "safety prompts of another": ("safety-prompts", "a.json", '{"Insult": [{"prompt": "你好", "response": "好", "model": "x"}]}'),
}  # fmt: skip
OWN = {
    "medmcqa": ("a.jsonl", lines(medmcqa(), medmcqa(cop=...)), "MIT"),
    "cmmlu": ("anatomy.csv", HEAD + "0,胰岛素由哪个器官分泌？,肝,胰,脾,肾,B\n", "CC-BY-NC-SA-4.0"),
    "ceval": (
        "physician_val.csv",
        "id,question,A,B,C,D,answer\n0,胰岛素由哪个器官分泌？,肝,胰,脾,肾,B\n",
        "CC-BY-NC-SA-4.0",
    ),
    "pubmedqa": ("a.json", whole({"21645374": PAPER}), "MIT"),
    "cmexam": ("val.csv", CMEXAM, "Apache-2.0"),
    "cmb": ("CMB-train-merge.jsonl", lines(cmb()), "Apache-2.0"),
    "cmd": ("a.csv", "department,title,ask,answer\n内科,血压高,能喝咖啡吗？,少量。\n", "MIT"),
    "safety-prompts": ("a.json", '{"Insult": [{"prompt": "你好", "response": "好", "type": "Insult"}]}', "Apache-2.0"),
}


@pytest.mark.parametrize("what", LOOK_ALIKES)
def test_a_look_alike_has_no_licence_unless_the_user_gives_one(what: str, tmp_path: Path) -> None:
    name, file, data = LOOK_ALIKES[what]
    (tmp_path / file).write_text(data, encoding="utf-8")

    unknown = read(name, [tmp_path / file], tmp_path / "u", {})
    given = read(name, [tmp_path / file], tmp_path / "g", {}, license="CC0-1.0")

    assert (unknown.license, given.license) == ("unknown", "CC0-1.0")
    assert f"{file} has not just the name, the columns and the language of the files of" in unknown.license_note


@pytest.mark.parametrize("name", OWN)
def test_a_corpus_own_file_has_its_licence(name: str, tmp_path: Path) -> None:
    file, data, license_ = OWN[name]
    (tmp_path / file).write_text(data, encoding="utf-8")

    assert read(name, [tmp_path / file], tmp_path / "o", {}).license == license_


def test_the_decisions_of_the_test_set_do_not_take_the_licence_from_the_papers(tmp_path: Path) -> None:
    data = {"ori_pqal.json": whole({"21645374": PAPER}), "test_ground_truth.json": whole({"21645374": "yes"})}

    assert take(tmp_path, "pubmedqa", data).outcome.license == "MIT"


def test_five_options_are_not_promised_to_a_reader_of_four_and_the_way_out_is_told(
    tmp_path: Path, kgtools: Callable[..., Ran]
) -> None:
    (tmp_path / "a.jsonl").write_text(lines(FIVE, FIVE), encoding="utf-8")

    ran = kgtools("read", "auto", tmp_path / "a.jsonl")

    assert who_reads([tmp_path / "a.jsonl"]).matches == []
    assert ran.code == 1
    assert "its keys are question, opa, opb, opc, opd, ope, answer; nearest is the reader medqa" in ran.err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"conversations": [{"from": "observation", "value": "x"}]}, "sharegpt comes nearest"),
        (FIVE | {"cop": 1}, "it refuses 2 of the first 2 rows: options-not-read 2"),
        ({"q": "问", "a": "答"}, "its keys are q, a; nearest is the reader alpaca"),
        ({"mesages": []}, "nearest is the reader messages"),
        ({"data": [{"q": "问"}]}, "its keys are data; nearest is"),
        (
            [[{"id": "Patients", "Sentence": "问"}]],
            "its rows are lists of objects with the keys id, Sentence, expected objects",
        ),
        ({"text": "问", "summary": "答"}, "its keys are text, summary; nearest is the reader text"),
    ],
)
def test_what_nobody_reads_is_one_line_with_the_nearest_reader(
    row: Any, said: str, tmp_path: Path, kgtools: Callable[..., Ran]
) -> None:
    (tmp_path / "a.jsonl").write_text(lines(row, row), encoding="utf-8")

    ran = kgtools("read", "auto", tmp_path / "a.jsonl")

    assert (ran.code, len(ran.err.strip().splitlines())) == (1, 1)
    assert said in ran.err


@pytest.mark.parametrize("text", ["[" * 9999, '{"a": "' + "x" * 999 + '"}'])
def test_of_a_file_without_a_row_that_can_be_read_it_is_said_why(
    text: str, tmp_path: Path, kgtools: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgtools.corpora.files.file.LONGEST", 500)
    (tmp_path / "a.json").write_text(text, encoding="utf-8")

    ran = kgtools("read", "auto", tmp_path / "a.json")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("kgtools: error: no row can be read: a.json:1: ")


def test_a_reader_that_can_read_nothing_says_who_can(tmp_path: Path, kgtools: Callable[..., Ran]) -> None:
    (tmp_path / "a.jsonl").write_text(lines({"instruction": "问", "output": "答"}), encoding="utf-8")

    ran = kgtools("read", "sharegpt", tmp_path / "a.jsonl", "--out", tmp_path / "o")

    assert ran.code == 2
    assert "the reader alpaca fits a.jsonl" in ran.err


def test_a_general_reader_is_promised_with_the_keys_that_it_leaves(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        lines({"Question": "问", "Complex_CoT": "想", "Response": "答"}), encoding="utf-8"
    )

    assert who_reads([tmp_path / "a.jsonl"]).matches == [
        ("a.jsonl", "alpaca", "Question and Response, as Alpaca has instruction and output; not read: Complex_CoT")
    ]


def test_the_language_of_a_question_is_its_own_and_so_is_its_prompt(tmp_path: Path) -> None:
    zh = take(tmp_path / "a", "medmcqa", {"a.jsonl": lines(medmcqa("糖尿病患者首选下列哪种药物？", opa="二甲双胍"))})
    en = take(
        tmp_path / "b", "cmmlu", {"a.csv": HEAD + "0,Which organ makes insulin?,Liver,Pancreas,Spleen,Kidney,B\n"}
    )

    assert (zh.column("lang"), en.column("lang")) == (["zh"], ["en"])
    assert zh.said("user")[0].startswith("糖尿病患者首选下列哪种药物？\n回答选项:")
    assert en.said("assistant") == ["The answer is B. Pancreas"]
    assert en.outcome.changed["records in another language than their corpus"] == 1


def test_a_talk_in_another_language_than_its_corpus_says_so(tmp_path: Path) -> None:
    row = {"instruction": "你是医生，请回答病人的问题。", "input": "头痛三天了怎么办？", "output": "去医院检查。"}
    found = take(tmp_path, "chatdoctor", {"a.jsonl": lines(row)})

    assert found.column("lang") == ["zh"]
