"""Diagnoses: what an answer states and what it only speaks of, and the figures that come of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml

from kgtools.train.evaluate.readings.diagnoses import Vocabulary, read_diagnoses
from kgtools.train.evaluate.readings.icd_chapters import chapter_of
from tests.conftest import Ran

FILE = yaml.safe_load((Path(__file__).parent / "diagnosis_cases.yaml").read_text(encoding="utf-8"))
CASES = FILE["cases"] + FILE["long"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['answer'][:30]}|{','.join(case['labels'])}")
def test_an_answer_states_what_a_physician_reads_in_it(case: Any, request: pytest.FixtureRequest) -> None:
    if case.get("not_yet"):
        request.applymarker(pytest.mark.xfail(strict=True, reason=case["why"]))
    names = [tuple(one) for one in FILE["names"][case["lang"]]]
    by_first = {one[0]: one for one in names}
    labels = [by_first[label] for label in case["labels"]]

    found = read_diagnoses(case["answer"], labels, Vocabulary(names), case["lang"])

    assert {case["labels"][number] for number in found.right} == set(case["right"]), case["why"]
    assert set(found.wrong) == set(case["wrong"]), case["why"]


def test_there_are_at_least_sixty_cases_and_two_languages_of_them() -> None:
    assert len(FILE["cases"]) >= 60
    assert min(sum(case["lang"] == lang for case in CASES) for lang in ("zh", "en")) >= 30


def test_another_disease_whose_name_holds_the_label_is_told_by_a_name_of_its_own() -> None:
    known = Vocabulary([("高血压",), ("肺动脉高血压",)])

    found = read_diagnoses("诊断：肺动脉高血压", [("高血压",)], known, "zh")

    assert (set(found.right), found.wrong) == (set(), ("肺动脉高血压",))


@pytest.mark.parametrize(
    "text", ["", "  \n", "诊断：" * 3_000, "肺炎" * 5_000, "可能为" + "肺炎、" * 3_000, "：" * 9_000, "‮肺\x00炎{{ }}"]
)
def test_hostile_answers_are_read_without_harm(text: str) -> None:
    read_diagnoses(text, [("肺炎",)], Vocabulary([("肺炎",), ("肺结核",)]), "zh")


@pytest.mark.parametrize(
    ("code", "chapter"),
    [("J18.9", "respiratory"), ("d50", "blood and immune"), ("D48.9", "neoplasms"), ("", ""), ("?", "")],
)
def test_a_code_has_the_chapter_of_icd_10(code: str, chapter: str) -> None:
    assert chapter_of(code) == chapter


def patient(notes: str, diagnosis: str, **meta: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": notes}, {"role": "assistant", "content": diagnosis}]
    return {"task": "diagnosis", "messages": messages, "answer": diagnosis, "meta": {"icd10": []} | meta}


COUGH = patient("主诉:咳嗽", "肺炎", disease_group="呼吸")
FEVER = patient("主诉:发热", "肺结核", disease_group="呼吸")
BELLY = patient("主诉:腹痛", "急性阑尾炎；高血压", icd10=["K35.8", "I10"])


@pytest.fixture
def score(
    write_records: Callable[..., Path], write_answers: Callable[..., Path], kgtools: Callable[..., Ran], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """The figures over all, of answers to records in their order."""

    def run(rows: list[dict[str, Any]], answers: list[str], *words: str) -> dict[str, Any]:
        records = write_records(rows)
        file = write_answers({f"r{number}": text for number, text in enumerate(answers)})
        ran = kgtools("evaluate", "diagnosis", records, file, "--out", tmp_path / "scores", "--format", "json", *words)
        assert ran.code == 0, ran.err
        return {cell["metric"]: cell["figure"] for cell in ran.json["cells"] if cell["by"] == "all"} | {
            "states": ran.json["states"]
        }

    return run


def test_an_answer_that_lists_everything_wins_the_rate_and_loses_precision(score: Any) -> None:
    found = score([COUGH, FEVER], ["诊断：肺炎、肺结核", "诊断：肺炎、肺结核"])

    assert (found["accuracy"], found["precision"]) == (1.0, 0.5)


def test_the_mean_of_groups_weighs_a_small_group_as_a_large_one(score: Any) -> None:
    found = score([COUGH, FEVER, BELLY], ["肺炎", "排除肺结核", "急性阑尾炎"])

    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["group_mean"] == pytest.approx((1 / 2 + 1 / 1) / 2)  # 呼吸 one of two, digestive (K35) one of one
    assert found["recall"] == pytest.approx(2 / 4)
    assert found["all_labels"] == pytest.approx(1 / 3)


def test_plain_containment_counts_what_is_denied(score: Any) -> None:
    found = score([COUGH, FEVER], ["排除肺炎", "诊断是肺结核"])

    assert (found["plain_containment"], found["accuracy"], found["unread"]) == (1.0, 0.5, 0.5)
    assert found["states"] == {"none": 1, "read": 1}


@pytest.mark.parametrize(
    ("answer", "exact"),
    [
        ("急性阑尾炎；高血压", 1.0),
        ("诊断：\n1. 高血压\n2. 急性阑尾炎", 1.0),
        ("急性阑尾炎", 0.0),
        ("考虑急性阑尾炎，伴高血压", 0.0),
    ],
)
def test_exact_is_a_list_of_the_labels_and_no_more(answer: str, exact: float, score: Any) -> None:
    assert score([BELLY, COUGH], [answer, "肺炎"])["exact"] == (exact + 1) / 2


def test_the_mode_exact_scores_only_names_that_stand_alone(score: Any) -> None:
    found = score([COUGH, FEVER], ["肺炎", "我认为是肺结核"], "mode=exact")

    assert found["accuracy"] == 0.5


def test_a_table_of_names_makes_another_name_right_by_name_or_by_code(score: Any, tmp_path: Path) -> None:
    table = tmp_path / "names.yaml"
    table.write_text("J18.9: [肺炎, 肺部感染]\nK35.8: [盲肠周围炎]\n", encoding="utf-8")

    without = score([COUGH, BELLY], ["肺部感染", "盲肠周围炎"])
    (tmp_path / "records" / "records.parquet").unlink()
    (tmp_path / "records").rmdir()
    with_names = score([COUGH, BELLY], ["肺部感染", "盲肠周围炎"], f"names={table}")

    assert (without["accuracy"], with_names["accuracy"]) == (0.0, 1.0)
    run = orjson.loads((tmp_path / "scores" / "run.json").read_bytes())
    assert "names" in run["inputs"]


@pytest.mark.parametrize(
    ("text", "said"), [("- 肺炎", "expected a key a disease"), ("J18: 肺炎", "J18: expected a list of names")]
)
def test_a_table_of_names_that_is_none_is_refused(
    text: str, said: str, write_records: Any, write_answers: Any, kgtools: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "names.yaml").write_text(text, encoding="utf-8")

    ran = kgtools(
        "evaluate", "diagnosis", write_records([COUGH]), write_answers({"r0": "肺炎"}), f"names={tmp_path / 'names.yaml'}", "--out", tmp_path / "s"
    )  # fmt: skip

    assert ran.code == 2
    assert said in ran.err


def test_without_modifiers_the_short_name_is_right_and_the_opposite_still_wrong(score: Any) -> None:
    acute, chronic = patient("主诉:胃痛", "急性胃炎"), patient("主诉:反酸", "慢性胃炎")

    found = score([acute, chronic], ["胃炎", "急性胃炎"], "modifiers=drop")

    assert (found["accuracy"], found["precision"]) == (0.5, 0.5)


def test_cases_with_questions_are_asked_where_these_are_for_a_diagnosis(
    kgtools: Callable[..., Ran], write_records: Any, tmp_path: Path
) -> None:
    def pair(question: str, solution: str, number: int) -> dict[str, Any]:
        messages = [{"role": "user", "content": f"男，40岁\n\n{question}"}, {"role": "assistant", "content": solution}]
        return {"task": "qa", "messages": messages, "answer": solution, "meta": {"question": question, "pair": number}}

    rows = [
        pair("该患者的诊断及诊断依据是什么？", "诊断：急性阑尾炎。\n诊断依据：\n转移性右下腹痛\n鉴别诊断：肠梗阻", 1),
        pair("如何治疗？", "手术", 2),
    ]

    ran = kgtools("evaluate", "prompts", "diagnosis", write_records(rows), "--out", tmp_path / "p", "--format", "json")

    assert ran.json["refused"] == {"the question is not for a diagnosis": 1}
    assert pl.read_parquet(tmp_path / "p" / "records.parquet")["answer"].to_list() == ["急性阑尾炎"]


def test_worked_examples_and_a_question_stand_around_the_notes(
    kgtools: Callable[..., Ran], write_records: Any, tmp_path: Path
) -> None:
    ran = kgtools(
        "evaluate", "prompts", "diagnosis", write_records([COUGH, BELLY]), "--out", tmp_path / "p", "prompt=ask", "shots=1"
    )  # fmt: skip

    assert ran.code == 0, ran.err
    first = orjson.loads((tmp_path / "p" / "prompts.jsonl").read_bytes().splitlines()[0])["messages"]
    assert [one["role"] for one in first] == ["user", "assistant", "user"]
    assert first[1]["content"] == "急性阑尾炎；高血压"
    assert first[2]["content"].startswith("主诉:咳嗽\n\n")
