"""Records of hospitals in every layout that `ehr` reads, and what becomes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora import read as reading
from kgtools.corpora.detect import read_preview
from kgtools.corpora.ehr.headings import find
from kgtools.corpora.ehr.records import age_of, sex_of, visit_of
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus, Example
from kgtools.corpora.readers import ehr
from kgtools.tools.errors import InputError
from tests.workbooks import workbook

ROW = {
    "病案号": "P7", "性别": "女", "年龄": "45岁", "科室": "消化内科", "就诊类型": "门诊", "主诉": "上腹痛3天",
    "现病史": "3天前进食后上腹痛，伴反酸。", "既往史": "体健", "体格检查": "上腹压痛。", "辅助检查": "胃镜：胃窦黏膜充血。",
    "诊断": "1.慢性胃炎 2.反流性食管炎",
    "icd10": "K29.5;K21.0", "治疗": "抑酸。",
}  # fmt: skip
ENGLISH = {
    "patient_id": "P7", "sex": "F", "age": "45", "department": "Gastroenterology", "chief_complaint": "Epigastric pain for 3 days",
    "history_of_present_illness": "Pain after meals with regurgitation.", "physical_exam": "Epigastric tenderness.",
    "laboratory_tests": "WBC 5.0", "diagnosis": "Chronic gastritis",
}  # fmt: skip
PROMPT = """患者:女，45岁
主诉:上腹痛3天
现病史和体格检查:3天前进食后上腹痛，伴反酸。
既往史:体健
体格检查:上腹压痛。
检验检查:胃镜：胃窦黏膜充血。"""


TABLE = pl.DataFrame([ROW])
LAYOUTS: dict[str, bytes] = {
    "an object": orjson.dumps(ROW),
    "an array": orjson.dumps([ROW]),
    "lines": orjson.dumps(ROW) + b"\n",
    "csv": TABLE.write_csv().encode(),
    "csv in GB18030": TABLE.write_csv().encode("gb18030"),
    "tabs": TABLE.write_csv(separator="\t").encode(),
    "a workbook": workbook([list(ROW), list(ROW.values())]),
    "text": "\n".join(f"{key}：{value}" for key, value in ROW.items() if key not in ("icd10", "就诊类型")).encode(),
    "text in GB18030": "\n".join(f"【{key}】{value}" for key, value in ROW.items() if key != "icd10").encode("gb18030"),
    "a nested object": orjson.dumps(
        {
            "id": 1,
            "profile": {k: ROW[k] for k in ("病案号", "性别", "年龄", "科室", "就诊类型", "icd10")},
            "medical_record": ROW,
        }
    ),
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[Example], Corpus]]:
    def call(data: bytes | str, name: str = "records.txt", **settings: str) -> tuple[list[Example], Corpus]:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        corpus = Corpus([path])
        return list(ehr.read(corpus, ehr.EhrSettings.model_validate(settings))), corpus

    return call


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_record_is_read_from_every_layout(layout: str, read: Any) -> None:
    (example,), corpus = read(LAYOUTS[layout])
    assert example.messages[0].content == PROMPT
    assert example.answer == "慢性胃炎；反流性食管炎"
    assert (example.task, example.lang) == ("diagnosis", "zh")
    assert [turn.role for turn in example.messages] == ["user", "assistant"]
    assert not corpus.rejects
    assert (example.key, example.meta["sex"], example.meta["age_years"]) == ("P7", "female", 45)
    assert example.meta["department"] == "消化内科"
    if not layout.startswith("text"):
        assert example.meta["icd10"] == ["K29.5", "K21.0"]
        assert (example.key, example.meta["visit_type"]) == ("P7", "outpatient")
        assert (example.meta["sex"], example.meta["age_years"], example.meta["department"]) == (
            "female",
            45,
            "消化内科",
        )
        assert corpus.changes == {"sections left out: treatment": 1}


def test_an_english_record_is_rendered_in_english(read: Any) -> None:
    (example,), _ = read(orjson.dumps(ENGLISH))
    assert example.lang == "en"
    assert example.messages[0].content == (
        "Patient: female, 45 years old\nChief complaint: Epigastric pain for 3 days\n"
        "History and physical examination: Pain after meals with regurgitation.\n"
        "Physical examination: Epigastric tenderness.\nTests: WBC 5.0"
    )
    (forced,), _ = read(orjson.dumps(ENGLISH), lang="zh")
    assert forced.lang == "zh"


def test_diagnoses_may_be_objects_with_codes_and_types(read: Any) -> None:
    said = [
        {"name": "高血压", "type": "secondary", "code": "I10.x"}, {"诊断名称": "冠心病", "诊断类型": "主要诊断", "诊断编码": "I25.1"},
        {"text": "肺炎？", "type": "出院"},
    ]  # fmt: skip
    (example,), _ = read(orjson.dumps({"主诉": "胸痛", "现病史": "胸痛1天。", "诊断": said}))
    assert example.answer == "冠心病；肺炎；高血压"
    assert example.meta["icd10"] == ["I25.1", "I10.x"]
    assert example.meta["suspected"] == [2]


@pytest.mark.parametrize(
    "report",
    [
        {"CT": {"所见": "斑片影", "印象": "甲病"}}, {"影像学检查": {"CT": {"findings": "斑片影", "impression": "甲病"}}},
        {"检查": [{"name": "CT", "所见": "斑片影", "诊断意见": "甲病"}]}, {"影像学检查": "CT：斑片影。印象：甲病"},
        {"CT": {"所见": "斑片影", "结论": "甲病"}},
    ],
)  # fmt: skip
def test_an_impression_of_a_report_is_no_diagnosis(report: dict[str, Any], read: Any) -> None:
    found, corpus = read(orjson.dumps({"主诉": "咳嗽", **report}))
    assert not found
    assert [reject[3] for reject in corpus.rejects] == ["no-diagnosis"]
    (example,), _ = read(orjson.dumps({"主诉": "咳嗽", **report, "诊断": "乙病"}))
    assert "斑片影" in example.messages[0].content
    assert "甲病" not in example.messages[0].content
    assert example.meta["cuts"] == {"impression": 1}


def test_records_of_a_text_file_are_parted_by_lines(read: Any) -> None:
    one = "主诉：咳嗽。\n现病史：咳嗽3天。\n诊断：支气管炎"
    found, _ = read(f"{one}\n=======\n\n{one}\n-----\n{one}\n\f\n{one}\n====")
    assert [(example.place.line, example.place.row) for example in found] == [(1, 1), (6, 2), (10, 3), (14, 4)]
    found, _ = read(f"{one}\n##\n{one}", separator="##")
    assert len(found) == 2


def test_a_text_before_the_first_heading_is_left_out_and_counted(read: Any) -> None:
    (example,), corpus = read("支气管炎一例 张三\n主诉：咳嗽。\n诊断：支气管炎")
    assert example.messages[0].content == "主诉:咳嗽。"
    assert corpus.changes["text before the first heading left out"] == 1


def test_broken_rows_are_rejects_with_their_line(read: Any) -> None:
    lines = [
        orjson.dumps(ROW),
        b"{",
        b"[1]",
        b'{"a": 1}',
        b'{"\xe4\xb8\xbb\xe8\xaf\x89": "\xff"}',
        b'{"\xe8\xaf\x8a\xe6\x96\xad": "x"}',
    ]
    found, corpus = read(b"\n".join(lines))
    assert len(found) == 1
    reasons = ["bad-json", "not-an-object", "no-sections", "wrong-encoding", "no-sections"]
    assert [(reject[1], reject[3]) for reject in corpus.rejects] == list(zip(range(2, 7), reasons, strict=True))
    assert read("主诉：痛")[1].rejects[0][3] == "no-diagnosis"
    assert read("nothing at all")[1].rejects[0][3] == "no-sections"
    assert read(b"")[1].rejects[0][3] == "empty-file"


def test_a_text_without_separators_is_refused_where_it_is_too_long(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ehr, "LONGEST", 100)
    found, corpus = read("主诉：痛\n" * 50 + "=====\n主诉：痛\n现病史：痛\n诊断：甲病")
    assert len(found) == 1
    assert [reject[1:4] for reject in corpus.rejects] == [(1, 1, "too-long")]


def test_all_visits_of_a_patient_have_one_group(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"主诉": "复诊"}, ROW | {"病案号": "P8"}]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    outcome = reading.read("ehr", [tmp_path / "rows.jsonl"], tmp_path / "out", {})
    groups = pl.read_parquet(tmp_path / "out" / "records.parquet")["group"].to_list()
    assert outcome.written == 3
    assert groups[0] == groups[1] != groups[2]
    assert "P7" not in pl.read_parquet(tmp_path / "out" / "records.parquet").write_json()


def test_a_published_split_is_kept(read: Any) -> None:
    assert read(orjson.dumps(ROW | {"split": "dev"}))[0][0].split == "validation"


def test_strict_stops_at_a_visit_without_a_diagnosis(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("主诉：痛", encoding="utf-8")
    with pytest.raises(InputError, match=r"note\.txt:1: no-diagnosis"):
        list(ehr.read(Corpus([tmp_path / "note.txt"], strict=True), ehr.EhrSettings()))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_known_as_a_patient_record(layout: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LAYOUTS[layout])
    why = ehr.fits(read_preview(File(tmp_path / "file", "file", lambda *_: None)))
    assert why
    assert "主诉" in why


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("45岁", 45),
        ("8个月", 0.67),
        ("3天", 0.01),
        ("45", 45),
        ("92 years", 92),
        ("", None),
        ("XX岁", None),
        ("999", None),
    ],
)
def test_ages_are_in_years(text: str, years: float | None) -> None:
    assert age_of(text) == years


def test_words_for_sex_and_visits() -> None:
    assert [sex_of(word) for word in ("男", "F", "Female", "未知")] == ["male", "female", "female", ""]
    assert [visit_of(word) for word in ("门诊", "急诊留观", "IMP", "住院部", "AMB", "x")] == [
        "outpatient", "emergency", "inpatient", "inpatient", "outpatient", "",
    ]  # fmt: skip


def test_keys_of_facts_are_no_headings() -> None:
    assert not [name for name in ehr.FACT_OF if find(name)]
