"""The diagnosis planted in notes in every way that it is found there: afterwards no input holds it, and nothing else is gone."""

import re
import unicodedata
from pathlib import Path

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kgtools.corpora.ehr.diagnoses import answers, labels, number_diagnoses, one, parse
from kgtools.corpora.ehr.headings import INPUT, TESTS, Section, split
from kgtools.corpora.ehr.leaks import holds, pattern_of, without_diagnosis, without_impressions, without_label
from kgtools.corpora.reader import Corpus, Example
from kgtools.corpora.readers import ehr
from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "data" / "corpora" / "cmb" / "CMB-cases.json"
NOTE = {
    "主诉": "转移性右下腹痛8小时。",
    "现病史": "患者8小时前无明显诱因出现脐周隐痛，后转移至右下腹，伴恶心，无腹泻。自服药物无效，来院就诊。",
    "既往史": "否认药物过敏，否认手术史。",
    "体格检查": "T 38.1℃，BP 120/80mmHg，右下腹压痛及反跳痛阳性，肠鸣音减弱。",
    "辅助检查": "血常规：WBC 15.2×10^9/L，N 86%。\n腹部超声：右下腹可见管状低回声，直径1.2cm。",
}
DIAGNOSIS = "急性阑尾炎"

PLANTED = {
    "label": [
        ("现病史", "外院考虑“急性阑尾炎”，予抗感染治疗"),
        ("现病史", "以“急性 阑尾炎”收入院"),
        ("现病史", "急诊拟急性阑尾炎收住"),
        ("现病史", "诊断为急性\n阑尾炎"),
        ("现病史", "外院考虑阑尾炎"),
        ("现病史", "查：急\u3000性·阑尾炎可能性大"),
        ("体格检查", "符合（急性阑尾炎）体征"),
        ("既往史", "3年前有急性阑尾炎发作史"),
        ("主诉", "确诊急性阑尾炎1天"),
        ("辅助检查", "超声示急性、阑尾炎改变"),
    ],
    "impression": [
        ("辅助检查", "\n腹部CT：\n所见：阑尾增粗，周围渗出。\n印象：\n1. 急性阑尾炎\n2. 盆腔少量积液\n"),
        ("辅助检查", "\n腹部CT：阑尾增粗。诊断意见：急性阑尾炎；腹腔积液。"),
        ("辅助检查", "\nCT检查：阑尾增粗，印象：急性阑尾炎。"),
        ("辅助检查", "\n【诊断印象】急性阑尾炎伴周围炎"),
        ("辅助检查", "\n超声提示：阑尾炎性改变"),
        ("辅助检查", "\n结论：阑尾炎"),
        ("辅助检查", "\n病理诊断：急性化脓性阑尾炎"),
        ("辅助检查", "\n影像诊断：阑尾炎\n建议结合临床"),
        ("辅助检查", "\nCT FINDINGS: dilated appendix.\nIMPRESSION:\n\n1. Acute appendicitis.\n2. Small fluid."),
    ],
    "stated": [
        ("现病史", "外院查血后，诊断：急性阑尾炎，予头孢治疗"),
        ("现病史", "入院诊断：急性阑尾炎、腹膜炎。予禁食"),
        ("体格检查", "考虑，Impression: acute appendicitis"),
    ],
    "section": [
        ("现病史", "入院诊断：急性阑尾炎、腹膜炎"),
        ("体格检查", "Impression: acute appendicitis"),
        ("", "初步诊断：急性阑尾炎"),
        ("", "入院诊断\n1. 急性阑尾炎\n2. 局限性腹膜炎"),
        ("", "【印象】急性阑尾炎？"),
        ("", "Assessment: acute appendicitis"),
    ],
}
EVERY = [(kind, place, text) for kind, plants in PLANTED.items() for place, text in plants]


def bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def read(text: str, folder: Path) -> tuple[list[Example], Corpus]:
    path = folder / "notes.txt"
    path.write_text(text, encoding="utf-8")
    corpus = Corpus([path])
    return list(ehr.read(corpus, ehr.EhrSettings())), corpus


def note(place: str = "", plant: str = "", diagnosis: str = f"出院诊断：{DIAGNOSIS}") -> str:
    lines = [
        f"{name}：{text + plant + ('。' if plant else '') if name == place else text}" for name, text in NOTE.items()
    ]
    return "\n".join([*lines, *([plant] if plant and not place else []), diagnosis])


@pytest.mark.parametrize(("kind", "place", "plant"), EVERY)
def test_a_planted_diagnosis_is_cut_and_counted(kind: str, place: str, plant: str, tmp_path: Path) -> None:
    (example,), corpus = read(note(place, plant), tmp_path)
    prompt = bare(example.messages[0].content)
    assert bare(DIAGNOSIS) not in prompt
    assert "appendicitis" not in prompt
    assert "阑尾炎" not in prompt
    assert example.answer == DIAGNOSIS
    assert kind in example.meta["cuts"]
    assert corpus.changes[f"diagnosis cut out: {kind}"] == example.meta["cuts"][kind]
    for name, text in NOTE.items():
        told = [clause for clause in re.split("[，。\n]", text) if clause]
        missing = [clause for clause in told if bare(clause) not in prompt]
        assert len(missing) <= (kind == "stated"), f"{name}: {missing}"


def test_a_clean_record_is_untouched(tmp_path: Path) -> None:
    (example,), corpus = read(note(), tmp_path)
    assert example.messages[0].content == (
        f"主诉:{NOTE['主诉']}\n现病史和体格检查:{NOTE['现病史']}\n既往史:{NOTE['既往史']}\n体格检查:{NOTE['体格检查']}\n"
        f"检验检查:{NOTE['辅助检查']}"
    )
    assert example.meta["cuts"] == {"section": 1}
    assert not corpus.rejects


def test_what_cannot_be_cut_safely_is_a_reject(tmp_path: Path) -> None:
    complaint = "主诉：急性阑尾炎\n现病史：腹痛。\n诊断：急性阑尾炎"
    endless = f"主诉：腹痛\n现病史：{'腹痛加重' * 60}急性阑尾炎{'对症处理' * 60}\n诊断：急性阑尾炎"
    nothing = "现病史：急性阑尾炎。\n诊断：急性阑尾炎"
    found, corpus = read("\n=====\n".join([complaint, endless, nothing, "主诉：痛\n诊断：待查", "诊断：痔"]), tmp_path)
    assert not found
    reasons = ["diagnosis-in-complaint", "diagnosis-in-text", "nothing-but-diagnosis", "no-diagnosis", "no-notes"]
    assert [reject[3] for reject in corpus.rejects] == reasons
    assert all("阑尾" not in reject[4] for reject in corpus.rejects)


def test_another_diagnosis_of_the_record_is_cut_where_it_can_be(tmp_path: Path) -> None:
    text = note("现病史", "门诊以“腹痛待查”收入，血压高", f"初步诊断：腹痛待查；转移性右下腹痛\n出院诊断：{DIAGNOSIS}")
    (example,), _ = read(text, tmp_path)
    assert "腹痛待查" not in example.messages[0].content
    assert "主诉:转移性右下腹痛8小时" in example.messages[0].content


def test_a_conclusion_ends_where_another_report_begins() -> None:
    text = "胸片：\n印象：\n1. 肺炎\n2. 胸水\n（2）心电图：窦性心律。\n结论：正常\n\n血常规：WBC 15。"
    rest, counts = without_impressions(text, Section.OTHER)
    assert rest.split() == ["胸片：", "（2）心电图：窦性心律。", "血常规：WBC", "15。"]
    assert counts == {"impression": 2}


@pytest.mark.parametrize(
    "impression",
    [
        "印象：\n1. 建议CT增强检查\n2. 阑尾炎\n3. MRI表现：盆腔占位", "印象：\n肝脏CT表现符合肝癌\n建议MRI检查", "印象：1、CT复查；2、CT：肝癌；",
        "印象\n(1) 肝癌；(2) 超声：门脉癌栓；(3) 胆囊造影：结石", "IMPRESSION:\n1. CT: liver mass.\n2. MRI recommended:\n3. Scan: cirrhosis",
        "【影像诊断】\n\n1. 肝癌\n", "诊断意见：肝癌\n建议结合病理检查", "结论：符合肝癌CT表现\n", "IMPRESSION: CT evidence of hepatoma:\n",
        "Impression:\n\n1. Hepatoma.\n\n2. Ascites.\n\nLikely cirrhosis.\n",
    ],
)  # fmt: skip
def test_an_impression_is_cut_to_its_end_whatever_it_names(impression: str) -> None:
    rest, counts = without_impressions(
        f"腹部CT：肝右叶低密度影。\n{impression}\n（2）心电图：窦性心律。", Section.IMAGING
    )
    assert rest.split() == ["腹部CT：肝右叶低密度影。", "（2）心电图：窦性心律。"]
    assert counts["impression"] >= 1


def test_what_laboratory_tests_show_is_no_conclusion() -> None:
    text = "血常规提示：WBC 5.5。肝功能提示：ALT 50U/L。CT提示肺纹理增多，考虑随访。"
    assert without_impressions(text, Section.LABS) == (text, {})


@pytest.mark.parametrize("section", [Section.PAST, Section.FAMILY, Section.ALLERGY, Section.PERSONAL])
def test_histories_keep_their_diagnoses(section: Section) -> None:
    text = "5年前诊断：高血压，服药。"
    assert without_impressions(text, section) == (text, {})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("family history", "MI"), ("COPDX", "COPD"), ("the mid-day dose", "MID D"), ("12 gout-like", "out"), ("糖尿", "糖尿病"),
    ],
)  # fmt: skip
def test_a_part_of_a_word_is_no_label(text: str, label: str) -> None:
    assert not holds(text, label)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("考虑ＣＯＰＤ急性加重", "COPD"), ("有 covid 19 史", "COVID-19"), ("Ⅱ型糖尿病", "II型糖尿病"), ("(MI)", "mi"),
        ("a\nleft-sided  PNEUMONIA.", "Left sided pneumonia"), ("急\u3000性，阑尾炎", "急性阑尾炎"),
    ],
)  # fmt: skip
def test_a_label_is_found_however_it_is_written(text: str, label: str) -> None:
    assert holds(text, label)


CLAUSES = st.lists(
    st.text(alphabet=st.sampled_from("咳嗽发热胸闷 abc12.3％（）“”"), min_size=1, max_size=12), min_size=1, max_size=6
)
LABELS = st.sampled_from(["肺炎", "2型糖尿病", "COPD", "Acute pneumonia", "痔", "克罗恩病（活动期）", "高血压3级"])


@given(CLAUSES, LABELS, st.data(), st.sampled_from(["，", "。", "；", ", ", ". ", "\n", "、"]))
def test_a_label_anywhere_is_cut_and_other_clauses_stay(
    clauses: list[str], label: str, data: st.DataObject, mark: str
) -> None:
    assume(not holds(mark.join(clauses), label))
    at = data.draw(st.integers(0, len(clauses)))
    text = mark.join([*clauses[:at], f"考虑{label}可能", *clauses[at:]])
    rest, number = without_label(text, pattern_of(label))
    assert not holds(rest, label)
    assert number
    if mark not in "、. ":
        kept = [bare(clause) for clause in clauses]
        assert bare(rest) == "".join(kept)


@given(st.dictionaries(st.sampled_from(list(Section)), st.text(max_size=80), max_size=5), LABELS)
def test_no_section_holds_a_label_afterwards_or_it_is_a_fault(sections: dict[Section, str], label: str) -> None:
    whole, parts = labels(parse(label)[0])
    cut = without_diagnosis(sections, whole, parts)
    assert cut.fault or not any(holds(text, one) for text in cut.sections.values() for one in whole)


def test_diagnoses_are_parted_from_numbers_codes_and_doubt() -> None:
    text = "1. 急性阑尾炎 K35.800\n2、高血压病2级（高危）; 3.肺炎？\n（4）[E11.900]2型糖尿病\nT12、L1压缩性骨折\n医师签名：某某\n"
    found = number_diagnoses(parse(text))
    assert [diagnosis.text for diagnosis in found] == [
        "急性阑尾炎", "高血压病2级（高危）", "肺炎", "2型糖尿病", "T12、L1压缩性骨折",
    ]  # fmt: skip
    assert [diagnosis.icd10 for diagnosis in found] == ["K35.800", "", "", "E11.900", ""]
    assert [diagnosis.order for diagnosis in found] == [1, 2, 3, 4, 5]


def test_odd_lines_of_a_diagnosis_are_read() -> None:
    assert [d.text for d in parse("凝血时间延长\n日期：2020-01-01\n王某医师：签名\n住院医师签字 某")] == [
        "凝血时间延长"
    ]
    assert [d.text for d in parse("肺炎\n诊疗计划：抗感染")] == ["肺炎"]
    assert [d.text for d in parse("西医诊断：肺炎\n中医诊断：咳嗽病")] == ["肺炎", "咳嗽病"]
    assert [d.text for d in parse("1.肺炎（重症）2.2型糖尿病3.3.5cm结节")] == ["肺炎（重症）", "2型糖尿病", "3.5cm结节"]
    assert len(parse("?" * 200 + "x" + "（" * 200 + "可能" * 200 + "，")) == 1


def test_the_answer_is_the_final_diagnosis_with_the_primary_first() -> None:
    said = (
        parse("初步诊断", "preliminary")
        + parse("乙；甲", "discharge")
        + parse("甲", "principal")
        + parse("丙", "secondary")
    )
    assert [diagnosis.text for diagnosis in answers(number_diagnoses(said))] == ["甲", "乙", "丙"]
    assert [d.text for d in answers(parse("印", "impression") + parse("入", "preliminary"))] == ["入"]


@pytest.mark.parametrize("text", ["无", "待查", "-", "N/A", " ", "暂无。", "___", "1. "])
def test_a_diagnosis_that_says_nothing_is_none(text: str) -> None:
    assert parse(text) == []


def test_labels_without_doubt_brackets_and_stages() -> None:
    whole, parts = labels(one("考虑慢性阻塞性肺疾病（COPD），急性加重期？") or parse("甲")[0])
    assert "慢性阻塞性肺疾病" in parts
    assert "COPD" in parts
    assert "急性加重期" not in whole | parts
    assert labels(parse("急性阑尾炎（化脓性？）")[0])[0] >= {"急性阑尾炎", "急性阑尾炎（化脓性？）"}


def test_every_section_of_tests_loses_its_conclusions() -> None:
    for section in TESTS:
        assert without_impressions("CT：肺纹理增多。印象：肺炎。", section)[0] == "CT：肺纹理增多。"


def cases() -> list[str]:
    if not CASES.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return [row["case"] for row in orjson.loads(CASES.read_bytes())]


def test_published_cases_lose_what_is_planted_and_no_other_word(tmp_path: Path) -> None:
    text = "\n=====\n".join(f"{case}\n出院诊断：{DIAGNOSIS}" for case in cases())
    clean, _ = read(text, tmp_path)
    for plant in ("，考虑“急性 阑尾炎”收入院，", "，外院诊为急性阑尾炎。", "；急性\u3000阑尾炎可能，"):
        dirty = text.replace("，", plant, 200)
        found, corpus = read(dirty, tmp_path)
        assert not [example for example in found if holds(example.messages[0].content, DIAGNOSIS)]
        assert len(found) + len(corpus.rejects) == len(clean) == 73
        assert corpus.changes["diagnosis cut out: label"] + 20 * len(corpus.rejects) >= 100


def test_published_cases_without_their_diagnosis_are_untouched(tmp_path: Path) -> None:
    told = cases()
    found, corpus = read("\n=====\n".join(f"{case}\n出院诊断：从未有过的病" for case in told), tmp_path)
    assert not corpus.rejects
    whole = [example for example in found if example.meta["cuts"] == {"section": 1}]
    assert len(whole) == 65
    for example in whole:
        place = example.place.row - 1
        input_ = dict.fromkeys(INPUT, "")
        for piece in split(told[place]):
            if piece.section in input_:
                input_[piece.section] += piece.text
        text = bare(example.messages[0].content)
        for section, words in input_.items():
            assert all(bare(line) in text for line in words.splitlines()), section


def test_a_diagnosis_told_in_an_english_story_is_not_the_records(tmp_path: Path) -> None:
    text = "CC: fever\nHPI: Fever for 2 days. Dx: influenza A. Took oseltamivir.\nPE: T 38.9\nAssessment: Influenza A (H1N1)"
    (example,), _ = read(text, tmp_path)
    assert example.answer == "Influenza A (H1N1)"
    assert "nfluenza" not in example.messages[0].content
    assert example.meta["cuts"] == {"section": 1, "stated": 1}


def test_a_numbered_record_of_a_ward_keeps_its_notes_only(tmp_path: Path) -> None:
    text = (
        "一、主诉：咳嗽1周\n二、现病史：受凉后咳嗽，诊断“社区获得性肺炎”，左氧氟沙星治疗。\n三、既往史：2型糖尿病5年；否认高血压。\n"
        "四、查体：T 38.5℃。\n五、辅检：WBC 12。胸部CT：右下肺实变影。CT印象：右下肺炎。血气分析：正常。\n"
        "六、诊断：1.社区获得性肺炎（非重症）2.2型糖尿病\n七、诊断依据：1.咳嗽。2.CT示肺炎。\n八、鉴别诊断：肺结核\n九、处理：抗感染"
    )
    (example,), corpus = read(text, tmp_path)
    assert example.messages[0].content == (
        "主诉:咳嗽1周\n现病史和体格检查:受凉后咳嗽，左氧氟沙星治疗。\n既往史:否认高血压。\n体格检查:T 38.5℃。\n"
        "检验检查:WBC 12。胸部CT：右下肺实变影。血气分析：正常。"
    )
    assert example.answer == "社区获得性肺炎（非重症）；2型糖尿病"
    assert corpus.changes["sections left out: reasons"] == corpus.changes["sections left out: treatment"] == 1
