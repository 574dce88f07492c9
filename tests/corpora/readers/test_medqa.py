"""MedQA: three regions, 4 or 5 options, and chapters that become the categories of ClinicalGPT's table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.readers.medqa import CATEGORIES, category_of
from tests.conftest import Ran
from tests.corpora.readers.exams import FOUR, FOUR_EN, PUBLISHED, lines, medqa, take

MAINLAND = {
    f"data_clean/questions/Mainland/{name}.jsonl": lines(
        *(medqa(f"{number}?", meta_info=label) for number, label in enumerate(labels))
    )
    for name, labels in {
        "train": ["第一部分　呼吸系统疾病", "第四部分　运动系统疾病", "卫生法规", ""],
        "test": ["第十二章　风湿免疫性疾病", "第三部分　精神神经系统疾病"],
    }.items()
}


def test_region_and_split_are_told_by_the_path_and_the_language_by_the_text(tmp_path: Path) -> None:
    found = take(tmp_path, "medqa", PUBLISHED["medqa"])

    assert sorted(zip(found.meta("region"), found.column("split"), found.column("lang"), strict=True)) == [
        ("Mainland", "train", "zh"), ("Mainland", "train", "zh"), ("Taiwan", "validation", "zh"), ("US", "test", "en"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "region"),
    [
        (medqa(), "Mainland"),
        (medqa(meta_info="taiwanese_test_Q"), "Taiwan"),
        (medqa("Which?", options=FOUR_EN, answer="beta", meta_info="step1"), "US"),
    ],
)
def test_without_a_telling_path_the_region_is_told_by_the_row(tmp_path: Path, row: dict[str, Any], region: str) -> None:
    found = take(tmp_path, "medqa", {"some.jsonl": lines(row)})

    assert (found.meta("region"), found.column("split")) == ([region], [None])


def test_chinese_is_asked_as_clinicalgpt_asks_and_english_plainly(tmp_path: Path) -> None:
    found = take(tmp_path, "medqa", PUBLISHED["medqa"])
    by_lang = {record["lang"]: record["messages"] for record in found.records if record["meta"]["region"] != "Taiwan"}

    assert by_lang["en"] == [
        {"role": "user", "content": "Question: Which {one}?\nA. alpha\nB. beta\nC. gamma\nD. delta"},
        {"role": "assistant", "content": "The answer is B. beta"},
    ]
    assert "回答选项:\n选项A：甲\n选项B：乙\n选项C：丙\n选项D：丁" in by_lang["zh"][0]["content"]


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("第三部分　精神神经系统疾病", "Neuropsychiatric"), ("第四部分　运动系统疾病", "运动系统疾病"), ("卫生法规", "Health law"),
        ("第2章 泌尿系统疾病", "Urinary"), ("第十一篇　小儿呼吸系统疾病", "Pediatrics"), ("　女性生殖系统疾病　", "Gynecology"),
        ("第一章", "第一章"), ("第一印象", "第一印象"), ("呼吸", "Respiratory"), ("", ""),
    ],
)  # fmt: skip
def test_a_chapter_is_its_category_or_one_of_its_own(label: str, category: str) -> None:
    assert category_of(label) == (category if label != "第一章" else "")


DEPARTMENTS = {
    "Respiratory": "呼吸系统 呼吸系统疾病 呼吸内科学",
    "Digestive": "消化系统 消化系统疾病 消化内科",
    "Urinary": "泌尿系统（含男性生殖系统） 泌尿外科学 肾内科学 肾脏病学 肾病综合征 肾小球疾病",
    "Hematology": "血液系统疾病 血液病学",
    "Rheumatic immune": "风湿免疫性疾病 风湿性疾病 风湿免疫科 免疫系统疾病 自身免疫性疾病",
    "Gynecology": "女性生殖系统 妇产科学 妇科",
    "Circulatory": "循环系统疾病 心血管系统 心血管内科学",
    "Pharmacology": "药理学 临床药理学",
    "Medical ethics": "医学伦理学",
    "Health law": "卫生法规 药事管理与法规",
}
OF_THEIR_OWN = (
    "医学免疫学 免疫学 临床免疫学检验 计划免疫与免疫接种 免疫抑制剂 医学微生物学 病理学 生理学 呼吸系统解剖学 消化系统病理学 消化和吸收"
    " 作用于呼吸系统的药物 循环系统药物 心血管系统用药 血液学检验 血液循环 血液制品 血液净化 体外循环 肾上腺疾病 补肾药 肾虚 妇幼保健 妇女保健"
    " 风湿性心脏病 风湿热 预防医学 医学心理学 诊断学"
)


@pytest.mark.parametrize("category", DEPARTMENTS)
def test_what_a_department_treats_is_its_category(category: str) -> None:
    assert {label: category_of(label) for label in DEPARTMENTS[category].split()} == dict.fromkeys(
        DEPARTMENTS[category].split(), category
    )


@pytest.mark.parametrize("label", OF_THEIR_OWN.split())
def test_a_basic_science_or_another_subject_is_no_department(label: str) -> None:
    assert category_of(f"第三部分　{label}") == label


@pytest.mark.parametrize(("words", "category"), CATEGORIES.words)
def test_each_word_of_the_mapping_makes_its_category(words: str, category: str) -> None:
    assert {category_of(f"第九部分　{word}系统") for word in words.split("|")} == {category}


def test_records_of_an_unmapped_chapter_are_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "medqa", MAINLAND)

    assert found.outcome.changed == {"records of an unmapped category": 2}
    assert found.meta("category") == [
        "Rheumatic immune", "Neuropsychiatric", "Respiratory", "运动系统疾病", "Health law", None,
    ]  # fmt: skip


def test_the_textbooks_of_the_download_are_passed_over(tmp_path: Path) -> None:
    found = take(tmp_path, "medqa", MAINLAND | {"data_clean/textbooks/en/Anatomy.txt": "The heart.\n" * 9})

    assert (found.outcome.written, found.rejects) == (6, [])
    assert found.outcome.changed["files of textbooks"] == 1


def test_a_key_that_is_missing_is_taken_from_the_text_of_the_answer(tmp_path: Path) -> None:
    rows = [medqa(answer="丙", answer_idx=None), medqa("无", answer="戊", answer_idx=None)]

    found = take(tmp_path, "medqa", {"train.jsonl": lines(*rows)})

    assert (found.column("answer"), found.reasons()) == (["C"], {"no-key": 1})
    assert found.outcome.changed["keys taken from the answer's text"] == 1


def test_a_key_that_is_not_the_text_of_the_answer_is_refused(tmp_path: Path) -> None:
    found = take(
        tmp_path,
        "medqa",
        {"train.jsonl": lines(medqa(answer="丙"), medqa(answer=" 乙 "), medqa(options=[*FOUR.values()]))},
    )

    assert found.reasons() == {"key-and-answer-differ": 1}


def test_categories_prints_the_mapping(kgtools: Callable[..., Ran]) -> None:
    ran = kgtools("read", "medqa", "--categories", "--format", "json")

    assert ran.code == 0
    assert {"words": "泌尿|肾", "category": "Urinary"} in ran.json["words"]
    assert "categories" not in ran.json


def test_categories_counts_the_rows_of_files_and_names_what_is_unmapped(
    kgtools: Callable[..., Ran], tmp_path: Path
) -> None:
    take(tmp_path, "medqa", MAINLAND)

    found = kgtools("read", "medqa", tmp_path / "exam", "--categories", "--format", "json").json

    assert [row for row in found["categories"] if not row["mapped"]] == [
        {"category": "运动系统疾病", "records": 1, "mapped": False, "labels": {"第四部分　运动系统疾病": 1}}
    ]
    assert (sum(row["records"] for row in found["categories"]), found["without"], found["rejected"]) == (5, 1, 0)


def test_categories_prints_a_table_and_writes_nothing(kgtools: Callable[..., Ran], tmp_path: Path) -> None:
    take(tmp_path, "medqa", MAINLAND)

    ran = kgtools("read", "medqa", tmp_path / "exam", "--categories", "--out", tmp_path / "new")

    assert "运动系统疾病" in ran.out
    assert "without a category: 1; rejected: 0" in ran.err
    assert not (tmp_path / "new").exists()


def test_a_reader_without_categories_names_those_that_have_some(kgtools: Callable[..., Ran]) -> None:
    ran = kgtools("read", "pubmedqa", "--categories")

    assert ran.code == 2
    assert "have no categories" in ran.err
    assert "medqa" in ran.err


def test_categories_of_an_exam_without_a_mapping_are_its_own_labels(
    kgtools: Callable[..., Ran], tmp_path: Path
) -> None:
    take(tmp_path, "medmcqa", PUBLISHED["medmcqa"])

    found = kgtools("read", "medmcqa", tmp_path / "exam", "--categories", "--format", "json").json

    assert [(row["category"], row["records"]) for row in found["categories"]] == [("Dental", 4)]


def test_categories_count_what_would_be_written(kgtools: Callable[..., Ran], tmp_path: Path) -> None:
    take(
        tmp_path,
        "medqa",
        {"Mainland/train.jsonl": lines(medqa("好\0吗？"), medqa("一？"), medqa("二？"), medqa("三？"))},
    )

    found = kgtools("read", "medqa", tmp_path / "exam", "--categories", "--limit", "2", "--format", "json").json

    assert ([row["records"] for row in found["categories"]], found["rejected"]) == ([2], 1)


def test_categories_need_the_name_of_a_reader(kgtools: Callable[..., Ran]) -> None:
    assert kgtools("read", "auto", "--categories").code == 2
