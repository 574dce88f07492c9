"""The headings of patient records, Chinese and English, and a text cut at them.

A heading stands at the start of a line or of a sentence, may be numbered (`（1）`, `1.`, `一、`) or in brackets (`【主诉】`), and
ends in a colon, a closing bracket or (alone on its line) the line's end. A word inside of a sentence is no heading."""

import re
import unicodedata
from enum import StrEnum
from typing import Any, NamedTuple


class Section(StrEnum):
    """What a part of a record tells."""

    ABOUT = "about"
    COMPLAINT = "chief_complaint"
    PRESENT = "present_illness"
    PAST = "past_history"
    ALLERGY = "allergy"
    PERSONAL = "personal_history"
    MARITAL = "marital_obstetric"
    FAMILY = "family_history"
    EXAM = "physical_exam"
    LABS = "lab_tests"
    IMAGING = "imaging"
    OTHER = "other_aux"
    PATHOLOGY = "pathology"
    DIAGNOSIS = "diagnosis"
    REASONS = "reasons"
    TREATMENT = "treatment"
    ADVICE = "advice"


TESTS = (Section.LABS, Section.IMAGING, Section.OTHER, Section.PATHOLOGY)
TOLD = (
    Section.COMPLAINT, Section.PRESENT, Section.PAST, Section.ALLERGY, Section.PERSONAL, Section.MARITAL, Section.FAMILY,
    Section.EXAM,
)  # fmt: skip
INPUT = TOLD + TESTS
"""The sections that a model sees, in their order; all others tell of the diagnosis or what followed from it."""

SECTIONS: dict[Section, str] = {
    Section.ABOUT: "一般资料|一般信息|基本信息|患者基本信息|病人基本信息|患者信息|基本资料|基本情况|case summary|profile"
    "|patient basic information|patient information|basic information|demographics|identification|attending|facility",
    Section.COMPLAINT: "主诉|病人主诉|患者主诉|chief complaint|chief complaints|presenting complaint|cc|reason for visit"
    "|reason for admission|reason for consultation",
    Section.PRESENT: "现病史|病史|病史摘要|简要病史|现病史和体格检查|入院情况|病例摘要|history of present illness"
    "|history of the present illness|present illness|hpi|history|medical history|clinical history|interval history",
    Section.PAST: "既往史|即往史|既往病史|过去史|过去病史|past medical history|past history|pmh|pmhx|past surgical history|psh"
    "|previous medical history",
    Section.ALLERGY: "过敏史|药物过敏史|食物药物过敏史|allergy|allergies|drug allergies",
    Section.PERSONAL: "个人史|社会史|生活史|personal history|social history|social hx",
    Section.MARITAL: "婚育史|月经史|月经婚育史|婚姻史|生育史|孕产史|婚史|obstetric history|menstrual history|marital history"
    "|gynecologic history|gynaecological history|ob history",
    Section.FAMILY: "家族史|family history|family hx|fh",
    Section.EXAM: "体格检查|体检|查体|体查|入院体检|入院查体|体征|pe|专科检查|专科查体|专科情况|生命体征|physical exam"
    "|physical examination|exam|examination|vital signs|vitals|on examination|admission physical exam",
    Section.LABS: "实验室检查|检验|化验|化验检查|检验结果|实验室检验|laboratory examination|laboratory tests|laboratory data|labs"
    "|laboratory results|lab results|laboratory studies|lab tests|laboratory findings",
    Section.IMAGING: "影像学检查|影像检查|影像学|影像资料|imaging|imaging examination|imaging studies|radiology|imaging findings"
    "|radiographic studies",
    Section.OTHER: "辅助检查|辅检|检验检查|检查|检查结果|辅助检查结果|门诊检查|auxiliary examination|auxiliary examinations"
    "|ancillary tests|pertinent results|diagnostic tests|investigations|tests|studies|results|other aux",
    Section.PATHOLOGY: "病理|病理检查|病理学检查|组织病理|pathology|pathological examination|pathology report",
    Section.REASONS: "诊断依据|诊断根据|诊断分析|鉴别诊断|病例分析|病例讨论|分析|讨论|diagnostic basis|differential diagnosis"
    "|differential diagnoses|discussion|medical decision making|mdm",
    Section.TREATMENT: "诊疗经过|治疗经过|诊治经过|治疗|治疗计划|治疗方案|诊疗计划|治疗原则|处理|处置|手术记录|手术经过|手术名称|手术"
    "|病程记录|出院情况|出院时情况|治疗结果|住院经过|处方|用药|计划|治疗术式|术式|treatment|treatment plan|plan|hospital course|brief hospital course"
    "|assessment and plan|assessment/plan|assessment & plan|a/p|a&p|impression and plan|impression/plan|procedures|procedure|operation"
    "|major surgical or invasive procedure|medications on admission|discharge medications|medications|current medications"
    "|therapeutic principle|discharge condition|condition on discharge|discharge disposition|disposition|course in hospital"
    "|discharge exam|transitional issues|discharge physical exam|physical exam on discharge|discharge labs|management",
    Section.ADVICE: "建议|医嘱|出院医嘱|注意事项|随访|随诊|健康教育|总结建议|预后|转归|advice|recommendations|discharge instructions"
    "|followup instructions|follow-up instructions|follow up instructions|followup|follow-up|follow up|instructions|prognosis",
}  # fmt: skip

DIAGNOSES: dict[str, str] = {
    "principal": "主要诊断|主诊断|第一诊断|出院主要诊断|principal diagnosis|primary diagnosis|primary diagnoses"
    "|primary discharge diagnosis",
    "discharge": "出院诊断|最后诊断|最终诊断|确定诊断|确诊诊断|确诊|修正诊断|补充诊断|discharge diagnosis|discharge diagnoses"
    "|final diagnosis|final diagnoses|confirmed diagnosis",
    "secondary": "次要诊断|其他诊断|其它诊断|出院其他诊断|secondary diagnosis|secondary diagnoses|other diagnoses|other diagnosis",
    "plain": "诊断|临床诊断|疾病诊断|诊断结果|诊断名称|西医诊断|中医诊断|术后诊断|diagnosis|diagnoses|dx|clinical diagnosis"
    "|diagnosis name|disease",
    "preliminary": "初步诊断|入院诊断|门诊诊断|急诊诊断|拟诊|术前诊断|初诊诊断|目前诊断|preliminary diagnosis|admission diagnosis"
    "|admitting diagnosis|working diagnosis|provisional diagnosis|initial diagnosis|preoperative diagnosis|admission diagnoses",
    "impression": "印象|初步印象|临床印象|诊断印象|诊断意见|病情摘要及初步印象|impression|impressions|assessment"
    "|clinical impression",
}  # fmt: skip
"""Headings of a diagnosis by its kind: the answer is of the first kind that a record has, secondary ones behind."""

BARE = ("病史", "history", "medical history", "clinical history")
"""The present illness, unless the record has one already: then what was before."""


class Piece(NamedTuple):
    """A part of a record under its heading. `kind`: of a diagnosis; else empty. `cut_out`: of a running text."""

    section: Section
    text: str
    heading: str = ""
    kind: str = ""
    cut_out: bool = False


def key_of(heading: str) -> str:
    """A heading or key as headings are compared: `主 诉：` is `主诉`, `Chief_Complaint` is `chief complaint`."""
    text = unicodedata.normalize("NFKC", heading).strip(" \t\n:#*[]【】").lower()
    return re.sub(r"[\s_]+", "", text) if HAN.search(text) else re.sub(r"[\s_]+", " ", text)


HAN = re.compile("[\u3400-\u9fff]")
"""A Chinese character: of the common blocks alone, for headings have no rare ones."""
KNOWN: dict[str, tuple[Section, str]] = {
    name: (section, kind)
    for section, kind, names in [
        *((section, "", names) for section, names in SECTIONS.items()),
        *((Section.DIAGNOSIS, kind, names) for kind, names in DIAGNOSES.items()),
    ]
    for name in names.split("|")
}


def _name(name: str) -> str:
    return r"[ \u3000]{0,4}".join(name) if HAN.search(name) else re.escape(name).replace(r"\ ", "[ _]")


NAMES = "|".join(_name(name) for name in sorted(KNOWN, key=lambda name: (-len(name), name)))
TOGETHER = rf"(?>{NAMES})(?:[、,，/和与及](?>{NAMES}))*+"
DIGITS = "[一二三四五六七八九十]{1,3}"
NUMBER = (
    rf"(?:(?:[（(](?:\d{{1,2}}|{DIGITS})[)）]|(?:\d{{1,2}}(?:\.\d{{1,2}})*|{DIGITS})[、.．)）]|[①-⑳])[ \t\u3000]*)?"
)
GAP = r"[ \t\u3000]*"
AT_LINE = (
    rf"^[ \t\u3000#*>■●◆•=-]*+{NUMBER}[【\[*]*(?P<line>{TOGETHER})[*]*{GAP}(?:[（(][^（）()\n：:]{{0,12}}[)）]{GAP})?"
    rf"(?:[】\]][*]*{GAP}[：:]?|[：:][*]*|$)"
)
IN_LINE = rf"(?:(?<=[。！？!?；;）)】\]]){GAP}|(?<=\.)[ ]+|(?<=\S)[ \t\u3000]{{2,}}){NUMBER}[【\[]?(?P<word>{TOGETHER}){GAP}[：:】\]][：:]?"
HEADING = re.compile(rf"{AT_LINE}|{IN_LINE}", re.IGNORECASE | re.MULTILINE)
FINDINGS = re.compile(r"所见|描述|表现|findings?|technique|comparison", re.IGNORECASE)
"""Words of a report on images: what follows is no diagnosis of the patient's."""
OF_REPORTS = ("诊断意见", "诊断印象")
SENTENCES = re.compile(r"[。；;]\s*\S|\.\s+\S")
"""A line of more than one sentence: `发热。咳嗽`."""


def find(heading: str) -> tuple[Section, str] | None:
    """The section of a heading or key, and the kind of diagnosis; None for a word that is no heading."""
    key = key_of(heading)
    if key in KNOWN:
        return KNOWN[key]
    parts = [key_of(part) for part in re.split("[、,，/和与及]", heading)]
    return KNOWN[parts[0]] if len(parts) > 1 and all(part in KNOWN for part in parts) else None


def split(text: str, start: Section = Section.ABOUT, reports: bool = False) -> list[Piece]:
    """The pieces of a text in their order; what stands before the first heading belongs to `start`.

    `reports`: an impression inside of the tests is always that of a report and stays there, for `leaks` to cut; else where it
    stands behind findings, in a line, or under a word of reports (诊断意见)."""
    pieces = [Piece(start, "")]
    at = 0
    for match in HEADING.finditer(text):
        now = pieces[-1]._replace(text=text[at : match.start()])
        heading = match["line"] or match["word"]
        found = find(heading)
        if found is None or not _is_heading(match, found, now, reports):
            continue
        pieces[-1] = now
        section, kind = found
        if key_of(heading) in BARE and any(piece.section is Section.PRESENT for piece in pieces):
            section = Section.PAST
        pieces.append(Piece(section, "", key_of(heading), kind, cut_out=True))
        at = match.end()
    pieces[-1] = pieces[-1]._replace(text=text[at:])
    return [piece._replace(text=piece.text.strip()) for piece in pieces if piece.text.strip()]


def _is_heading(match: re.Match[str], meaning: tuple[Section, str], now: Piece, reports: bool) -> bool:
    section, kind = meaning
    if section is not Section.DIAGNOSIS:
        return True
    of_a_report = reports or match["word"] or key_of(match["line"]) in OF_REPORTS or FINDINGS.search(now.text)
    if kind == "impression" and now.section in TESTS and of_a_report:
        return False
    if kind == "plain" and now.section in TESTS and (reports or FINDINGS.search(now.text)):
        return False
    if match["word"] is None:
        return True
    line = match.string[match.end() :].partition("\n")[0]
    in_a_story = now.section in (Section.PRESENT, Section.PAST) and bool(SENTENCES.search(line))
    return not in_a_story and not re.search(r"[；;]\s*$", match.string[max(match.start() - 2, 0) : match.start()])


def as_text(value: Any) -> str:
    """A value of JSON as text: lists line by line, objects as `name：value`."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        pairs = ((key, as_text(inner)) for key, inner in value.items())
        return "\n".join(f"{key}：{text}" for key, text in pairs if text)
    if isinstance(value, list):
        return "\n".join(text for text in map(as_text, value) if text)
    return "" if value is None or isinstance(value, bool) else str(value)
