"""Small exams in the shapes in which they are published, each with dirt; and what reading them gives."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.read import ReadResult, read


@dataclass(frozen=True)
class Taken:
    """The records of a run with their meta as objects, the rejects by line and reason, and the outcome."""

    records: list[dict[str, Any]]
    rejects: list[tuple[str, int, str]]
    outcome: ReadResult

    def reasons(self) -> dict[str, int]:
        return dict(sorted(Counter(reason for *_, reason in self.rejects).items()))

    def meta(self, key: str) -> list[Any]:
        return [record["meta"].get(key) for record in self.records]

    def said(self, role: str) -> list[str]:
        return [turn["content"] for record in self.records for turn in record["messages"] if turn["role"] == role]

    def column(self, name: str) -> list[Any]:
        return [record[name] for record in self.records]


def take(folder: Path, name: str, files: dict[str, bytes | str], **settings: str) -> Taken:
    """Write these files into a folder and read it."""
    place = folder / "exam"
    for file, data in files.items():
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    return take_all(folder, name, [place], **settings)


def take_all(folder: Path, name: str, paths: list[Path], **settings: str) -> Taken:
    outcome = read(name, paths, folder / "out", settings, allow_empty=True)
    rows = pl.read_parquet(folder / "out" / "records.parquet").rows(named=True)
    rejects = pl.read_parquet(folder / "out" / "rejects.parquet").select("file", "line", "reason").rows()
    return Taken([row | {"meta": orjson.loads(row["meta"])} for row in rows], rejects, outcome)


def lines(*rows: Any) -> str:
    return "".join(orjson.dumps(row).decode() + "\n" for row in rows)


def array(*rows: Any) -> str:
    return orjson.dumps(list(rows), option=orjson.OPT_INDENT_2).decode()


def whole(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


FOUR = {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}
FOUR_EN = {"A": "alpha", "B": "beta", "C": "gamma", "D": "delta"}


def medqa(question: str = "卧位时正常的是（　　）。", key: str = "B", **changed: Any) -> dict[str, Any]:
    row = {
        "question": question,
        "options": FOUR,
        "answer": FOUR.get(key, ""),
        "meta_info": "卫生法规",
        "answer_idx": key,
    }
    return row | changed


def cmb(id_: str = "1", **changed: Any) -> dict[str, Any]:
    row = {
        "exam_type": "医师考试", "exam_class": "执业医师", "exam_subject": "内科学", "question": f"第{id_}题？",
        "answer": "D", "question_type": "单项选择题", "option": FOUR | {"E": ""}, "id": id_,
    }  # fmt: skip
    return row | changed


def cmb_key(id_: str, key: str, **changed: Any) -> dict[str, Any]:
    kept = ("id", "exam_type", "exam_class", "exam_subject", "question_type")
    return {name: cmb(id_)[name] for name in kept} | {"answer": key} | changed


def medmcqa(question: str = "Which one?", cop: Any = 2, **changed: Any) -> dict[str, Any]:
    row = {
        "question": question, "exp": "Because of beta.", "cop": cop, "opa": "alpha", "opb": "beta", "opc": "gamma",
        "opd": "delta", "subject_name": "Dental", "topic_name": None, "id": question, "choice_type": "multi",
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


def pubmedqa(decision: Any = "yes", **changed: Any) -> dict[str, Any]:
    row = {
        "QUESTION": "Does it {help}?", "CONTEXTS": ["It was tried.", "It was seen."], "LABELS": ["AIM", "RESULTS"],
        "MESHES": [], "YEAR": "2011", "final_decision": decision, "LONG_ANSWER": "It helps some.",
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


def step(number: int, **changed: Any) -> dict[str, Any]:
    return {"no": number, "question": f"Question {number}?", "options": FOUR_EN} | changed


def mlec(question: str = "下列正确的是", **changed: Any) -> dict[str, Any]:
    row = {
        "qid": question,
        "qtype": "A1",
        "qtext": question,
        "qimage": "",
        "options": FOUR | {"E": "戊"},
        "answer": "E",
    }
    return row | changed


CMEXAM = (
    "Question,Options,Answer,Explanation,Disease Group,Area of Competency,Clinical Department,Medical Discipline,Difficulty level\n"
    '痛风的关节痛在夜间？,"A 是的\nB 不是\nC 5 μg/mL\nD B 超\nE 以上都不是",A,因为尿酸。,免疫系统疾病,诊断,内科,临床医学,2\n'
    '可用哪些药？,"A 甲药\\nB 乙药\\nC 丙\\nneq 丁\\nE 戊",CA E,nan,nan,,内科,药学,1\n'
    '没有答案？,"A 甲\nB 乙",nan,,,,,,\n'
    '答案在选项之外？,"A 甲\nB 乙",E,,,,,,\n'
    '选项相同？,"A 甲\nB 乙\nC 甲",B,,,,,,\n'
    "没有选项？,nan,B,,,,,,\n"
    ',"A 甲\nB 乙",B,,,,,,\n'
)
CEVAL = "id,question,A,B,C,D,answer,explanation\n0,下列{正确}的是____,甲,乙,丙,丁,C,因为。\n1,空答案,甲,乙,丙,丁,,\n"
CMMLU = ",Question,A,B,C,D,Answer\n0,壁层的分部不包括,甲,乙,丙,丁,B\n1,比例是,1/16 ,3/16,1/16,1/8,A\n2,少一列,甲,乙,B\n"

PUBLISHED: dict[str, dict[str, bytes | str]] = {
    "medqa": {
        "questions/Mainland/train.jsonl": lines(medqa(), medqa("另一题", "E", answer="", options=FOUR | {"E": "戊"})) + "{oops\n",
        "questions/US/4_options/phrases_no_exclude_test.jsonl": lines(
            medqa("Which {one}?", options=FOUR_EN, answer="beta", meta_info="step2&3", metamap_phrases=["one"])
        ),
        "questions/Taiwan/dev.jsonl": lines(medqa("下列何者為非？", meta_info="taiwanese_test_Q")),
    },
    "cmexam": {"test_with_annotations.csv": CMEXAM},
    "cmb": {
        "CMB-test/CMB-test-choice-question-merge.json": array(
            *({key: value for key, value in cmb(id_).items() if key != "answer"} for id_ in "123")
        ),
        "CMB-test/CMB-test-choice-answer.json": array(cmb_key("1", "CA"), cmb_key("2", "B"), cmb_key("9", "B")),
        "CMB-val/CMB-val-merge.json": array(cmb("4", explanation="因为丁。"), cmb("5", answer="E")),
    },
    "cmb-clin": {
        "CMB-Clin-qa.json": array(
            {
                "id": "0", "title": "案例分析-秘密诊断", "description": "现病史：腹痛3小时。",
                "QA_pairs": [{"question": "诊断？", "solution": "诊断：甲。"}, {"question": "", "solution": "乙"},
                             {"question": "治疗？", "solution": "手术。"}],
            },
            {"id": "1", "title": "无", "description": "现病史", "QA_pairs": []},
        ),
        "CMB-cases.json": array({"id": "7", "case": "现病史：发热。", "first_question": "我发热了。"}),
    },
    "ceval": {"dev/physician_dev.csv": CEVAL, "test/physician_test.csv": CEVAL.replace(",C,因为。", ",,")},
    "cmmlu": {"dev/anatomy.csv": CMMLU, "test/virology.csv": CMMLU.replace("壁层", "病毒")},
    "medmcqa": {
        "dev.json": lines(
            medmcqa(), medmcqa("Fourth?", 4), medmcqa("Zero?", 0), medmcqa("Same?", opd="beta"), medmcqa("", 1),
            medmcqa("Five?", 5),
        ),
        "test.json": lines(medmcqa("Secret?", ...), medmcqa("Hidden?", -1)),
    },
    "pubmedqa": {
        "ori_pqal.json": whole(
            {"11": pubmedqa(), "12": pubmedqa("maybe"), "13": pubmedqa("perhaps"), "14": pubmedqa("no", CONTEXTS="none")}
        ),
        "test_ground_truth.json": whole({"12": "maybe", "99": "no"}),
    },
    "usmle": {
        "step1.json": array(step(1), step(2), step(3, options=FOUR_EN | {"E": "beta"}), step(4)),
        "step2.json": array(step(1)),
        "step1_solutions.json": whole({"1": "D", "2": "A", "3": "A", "4": "Z"}),
        "step2_solutions.json": whole({"1": "B", "77": "C"}),
        "question_with_images.json": whole({"step1": [2], "step2": [], "step3": [5]}),
    },
    "mlec-qa": {
        "Clinic_train.json": array(mlec(), mlec("看图", qimage="img/1.png"), mlec("双选", answer="F"), mlec("空", answer="")),
        "TCM_test.json": array(mlec("中医题", options={"a": "甲", "b": "乙"}, answer="b")),
    },
}  # fmt: skip
"""The files of each exam, by reader."""
