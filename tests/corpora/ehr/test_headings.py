"""Texts of records cut at their headings: what is a heading, what only looks like one, and that no word is lost."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.ehr.headings import DIAGNOSES, HEADING, KNOWN, SECTIONS, Section, find, split
from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "data" / "corpora" / "cmb" / "CMB-cases.json"


def sections(text: str) -> list[tuple[str, str]]:
    return [(piece.section.value, piece.text) for piece in split(text)]


FORMS = [
    "{}：甲",
    "{}:甲",
    "{}\n甲",
    "【{}】甲",
    "【{}】：甲",
    "（1）{}：甲",
    "1. {}: 甲",
    "一、{}\n甲",
    "（二）{}\n甲",
    "  ■{}：甲",
    "**{}**：甲",
]


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_heading_is_found_in_every_form(name: str) -> None:
    for form in FORMS:
        found = [(piece.section, piece.kind, piece.text) for piece in split(form.format(name))]
        assert found == [(*KNOWN[name], "甲")], form


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_heading_in_capitals_and_with_underscores_is_the_same(name: str) -> None:
    assert find(name.upper().replace(" ", "_")) == find(f" {name.title()}：") == KNOWN[name]


def test_no_heading_stands_in_two_sections() -> None:
    names = [name for words in (*SECTIONS.values(), *DIAGNOSES.values()) for name in words.split("|")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "text",
    [
        "主诉：头痛。\n现病史：患者主诉：头痛三天，外院诊断：不详，予检查后好转",
        "主诉：头痛。\n现病史：既往史不详，家族史无特殊，体格检查未做",
        "Chief Complaint: headache\nHPI: he was told the diagnosis: unclear, and his past medical history: none",
        "主诉：头痛。\n现病史：否认过敏史；诊断：不明；治疗后好转。复查：正常",
    ],
)
def test_a_heading_inside_of_a_sentence_is_none(text: str) -> None:
    assert [name for name, _ in sections(text)] == ["chief_complaint", "present_illness"]


def test_a_record_on_one_line_is_cut_at_its_sentences() -> None:
    text = "主诉：头痛2天。现病史：头痛2天，无发热。体格检查：神清。诊断：偏头痛。"
    assert sections(text) == [
        ("chief_complaint", "头痛2天。"), ("present_illness", "头痛2天，无发热。"), ("physical_exam", "神清。"),
        ("diagnosis", "偏头痛。"),
    ]  # fmt: skip


def test_headings_are_found_with_spaces_in_them_and_joined() -> None:
    text = "主  诉：痛\n既往史、个人史及家族史：无\n现病史和体格检查：腹软\n诊　断：甲"
    assert [name for name, _ in sections(text)] == ["chief_complaint", "past_history", "present_illness", "diagnosis"]


def test_a_second_history_is_what_was_before() -> None:
    assert [name for name, _ in sections("现病史：甲\n病史：乙")] == ["present_illness", "past_history"]
    assert [name for name, _ in sections("病史：甲")] == ["present_illness"]


def test_reasons_and_differentials_are_no_diagnosis() -> None:
    text = "诊断依据：甲\n鉴别诊断：乙\n诊断：丙"
    assert [name for name, _ in sections(text)] == ["reasons", "reasons", "diagnosis"]


def test_an_impression_behind_its_findings_stays_in_the_report() -> None:
    report = "辅助检查：胸部CT\n所见：斑片影\n印象：肺炎\n初步诊断：肺炎"
    assert [name for name, _ in sections(report)] == ["other_aux", "diagnosis"]
    assert [name for name, _ in sections("辅助检查：WBC 15\n印象：肺炎")] == ["other_aux", "diagnosis"]
    assert [p.section for p in split("检查：WBC 15\n印象：肺炎", reports=True)] == [Section.OTHER]


@given(st.text(alphabet=st.sampled_from("主诉现病史：:【】\n。（1）一、甲 \u3000aPE[]*#诊断"), max_size=60))
def test_no_letter_is_lost_but_those_of_headings(text: str) -> None:
    kept = "".join(piece.text for piece in split(text))
    assert [c for c in kept if c in "甲"] == [c for c in text if c == "甲"]


def test_cutting_stays_quick_on_long_lines() -> None:
    text = ("1" * 5000 + " " * 5000 + "（" * 5000 + "主诉" * 2000 + "、主诉" * 2000 + "A.") * 3
    assert sum(1 for _ in HEADING.finditer(text)) < len(text)


def test_the_published_cases_have_their_sections() -> None:
    if not CASES.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    cases = [row["case"] for row in orjson.loads(CASES.read_bytes())]
    found = [{piece.section for piece in split(case)} for case in cases]
    assert len(cases) == 73
    assert all(Section.PRESENT in sections and Section.ABOUT not in sections for sections in found)
    assert sum(Section.EXAM in sections for sections in found) >= sum("体格检查" in case for case in cases)
    without = [case for case, sections in zip(cases, found, strict=True) if Section.COMPLAINT not in sections]
    assert len(without) == 11
    assert all("主诉“" in case for case in without if "主诉" in case)  # inside of a sentence
