"""The published files of five exams give the counts that were published or counted for them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.corpora.readers.exams import take_all

REAL = ROOT.parent / "shared" / "data" / "corpora"
CMMLU_TEST = {
    "anatomy": 148, "clinical_knowledge": 237, "college_medicine": 273, "college_medical_statistics": 106, "genetics": 176,
    "nutrition": 145, "professional_medicine": 376, "traditional_chinese_medicine": 185, "virology": 169,
}  # fmt: skip


@pytest.fixture
def real() -> Path:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return REAL


def test_medqa_us_has_its_1273_questions_in_two_steps(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "medqa", [real / "medqa"])

    assert Counter(found.meta("category")) == {"step1": 679, "step2&3": 594}
    assert (found.rejects, set(found.column("split")), set(found.meta("region"))) == ([], {"test"}, {"US"})
    assert all(list(options) == ["A", "B", "C", "D"] for options in found.meta("options"))


def test_medmcqa_dev_has_its_4183_questions_with_two_equal_options_in_21(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "medmcqa", [real / "medmcqa" / "dev.json"], collisions="yes")

    assert (found.outcome.written, found.rejects) == (4183, [])
    assert Counter(found.column("answer")) == {"A": 1348, "B": 1085, "C": 925, "D": 825}
    assert Counter(found.meta("choice_type")) == {"multi": 1367, "single": 2816}
    assert (found.meta("explanation").count(None), found.meta("topic").count(None)) == (1977, 3760)
    assert found.meta("category").count("Dental") == 1318


def test_medmcqa_dev_without_the_equal_options_has_4162(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "medmcqa", [real / "medmcqa" / "dev.json"])

    assert (found.outcome.written, found.reasons()) == (4162, {"options-collide": 21})


def test_cmmlu_has_its_questions_of_each_subject(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "cmmlu", [real / "cmmlu"], collisions="yes", prompt="cmmlu")
    counts = Counter(zip(found.column("split"), found.meta("subject"), strict=True))

    assert counts == {("test", subject): n for subject, n in CMMLU_TEST.items()} | {("train", s): 5 for s in CMMLU_TEST}
    assert found.rejects == []


def test_pubmedqa_has_552_yes_338_no_and_110_maybe(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "pubmedqa", [real / "pubmedqa" / "ori_pqal.json"], answers="both")

    assert Counter(found.meta("decision")) == {"yes": 2 * 552, "no": 2 * 338, "maybe": 2 * 110}
    assert Counter(found.column("answer"))["C"] == 110
    assert (Counter(found.column("task")), len(set(found.column("group")))) == ({"mcq": 1000, "qa": 1000}, 1000)


def test_the_73_cases_of_cmb_are_opened_without_answers(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "cmb-clin", [real / "cmb" / "CMB-cases.json"])

    assert (found.outcome.written, found.rejects, set(found.column("answer"))) == (73, [], {None})
    assert len(set(found.meta("case"))) == 73
