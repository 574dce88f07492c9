"""The clinical record that every reader of patient records gives, and the example that is made of it.

The notes are what the model reads, as ClinicalGPT joins them; the diagnosis is what it answers, and is nowhere else."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.diagnoses import Diagnosis
from kgtools.corpora.ehr.headings import HAN, INPUT, TESTS, TOLD, Piece, Section
from kgtools.corpora.ehr.leaks import holds, without_diagnosis
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, Turn
from kgtools.tools.config import Settings


class LangSettings(Settings):
    """`lang`: of the records; auto tells it from each record's own text."""

    lang: Literal["auto", "zh", "en"] = "auto"


@dataclass(frozen=True)
class ClinicalRecord:
    """One visit. `sections`: texts by section; `patient`: what all visits of a patient share; `taken`: what the
    reader itself took out, by kind (section: a diagnosis of its running text; impression: of a report). All but the place may
    be empty."""

    place: Place
    lang: str
    sections: Mapping[Section, str]
    diagnoses: tuple[Diagnosis, ...]
    record_id: str = ""
    patient: str = ""
    visit_type: str = ""
    department: str = ""
    sex: str = ""
    age_years: float | None = None
    disease_group: str = ""
    split: str | None = None
    taken: Mapping[str, int] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


JOINT = {"zh": "；", "en": "; "}
"""Between the diagnoses of an answer."""

PARTS: tuple[tuple[dict[str, str], tuple[Section, ...]], ...] = (
    ({"zh": "主诉:", "en": "Chief complaint: "}, (Section.COMPLAINT,)),
    ({"zh": "现病史和体格检查:", "en": "History and physical examination: "}, TOLD[1:]),
    ({"zh": "检验检查:", "en": "Tests: "}, TESTS),
)
LABELS = {
    Section.PRESENT: ("", ""), Section.PAST: ("既往史", "Past history"), Section.ALLERGY: ("过敏史", "Allergies"),
    Section.PERSONAL: ("个人史", "Social history"), Section.MARITAL: ("婚育史", "Obstetric history"),
    Section.FAMILY: ("家族史", "Family history"), Section.EXAM: ("体格检查", "Physical examination"),
    Section.LABS: ("实验室检查", "Laboratory"), Section.IMAGING: ("影像学检查", "Imaging"),
    Section.OTHER: ("辅助检查", "Other tests"), Section.PATHOLOGY: ("病理检查", "Pathology"), Section.COMPLAINT: ("", ""),
}  # fmt: skip
COLON = r"\s*(?:[：:]|】[：:]?)"
FACTS = {
    "sex": re.compile(rf"(?:性\s*别|sex|gender){COLON}\s*(男|女|male|female|[mf]\b)", re.I),
    "age": re.compile(rf"(?:年\s*龄|\bage){COLON}\s*(\d{{1,3}}\s*(?:岁|个?月|天)?)", re.I),
    "department": re.compile(rf"(?:科\s*室|科\s*别|department|service){COLON}[ \t]*([^\s，,；;。]{{2,20}})", re.I),
    "patient": re.compile(
        rf"(?:病案号|病历号|住院号|门诊号|登记号|患者编号|MRN|patient id){COLON}\s*([\w-]{{2,}})", re.I
    ),
    "visit": re.compile(rf"(?:就诊类型|就诊类别|visit type){COLON}\s*(\w{{2,12}})", re.I),
}
"""What is told of the patient and the visit before the first heading or among the patient's data."""
SEXES = {
    "男": "male", "男性": "male", "m": "male", "male": "male", "man": "male", "boy": "male", "1": "male",
    "女": "female", "女性": "female", "f": "female", "female": "female", "woman": "female", "girl": "female", "2": "female",
}  # fmt: skip
VISITS = {
    "outpatient": "门诊|outpatient|amb|ambulatory|clinic|9202", "emergency": "急诊|emergency|emer|ed|er|9203",
    "inpatient": "住院|入院|inpatient|imp|acute|nonac|9201|262", "followup": "随访|复诊|followup|follow-up",
}  # fmt: skip
SEX_IN_STORY = re.compile(
    r"^\D{0,12}(男|女)(?=性|[，,、 ]|病)|\b(male|female|man|woman|boy|girl)\b|(?:中年|青年|老年)(男|女)", re.I | re.M
)
AGE_IN_STORY = re.compile(
    r"(?<!\d)(\d{1,3})\s*周?岁(?!\d|以|时|前|起)|(?<!\d)(\d{1,3})[ -]?(?:years?[ -]old|yo\b|y/o)", re.I
)
AGE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:周?(岁)|(个?月|mo)|(天|日|d\b)|(周|w)|)", re.IGNORECASE)
"""`45岁`, `8个月`, `3天`, `45`."""


def example(corpus: Corpus, record: ClinicalRecord) -> Example | None:
    """The record as notes -> diagnosis; refused where it has no diagnosis, no notes, or notes that give it away."""
    answers = dx.answers(record.diagnoses)
    if not answers:
        corpus.refuse(record.place, "no-diagnosis", "a visit without a diagnosis")
        return None
    sections = {name: tidy(record.sections.get(name, "")) for name in INPUT}
    sections = {
        name: text for name, text in sections.items() if text and not (name in TESTS and dx.NOTHING.fullmatch(text))
    }
    if not any(sections.values()):
        corpus.refuse(record.place, "no-notes", "nothing but a diagnosis")
        return None
    must, soft = _labels(answers, record.diagnoses)
    cut = without_diagnosis(sections, must, soft)
    text = render_notes(record, cut.sections)
    fault = cut.fault or ("diagnosis-in-text" if any(holds(text, label) for label in must) else "")
    if not must or fault:
        corpus.refuse(record.place, fault or "diagnosis-unclear", "its notes cannot be parted from its diagnosis")
        return None
    for section in sorted(set(record.sections) - {*INPUT, Section.ABOUT}):
        corpus.count(f"sections left out: {section}")
    counts = Counter(record.taken) + cut.counts
    for kind, number in sorted(counts.items()):
        corpus.count(f"diagnosis cut out: {kind}", number)
    answer = JOINT[record.lang].join(diagnosis.text for diagnosis in answers)
    return Example(
        record.place, (Turn("user", text), Turn("assistant", answer)), "diagnosis", record.lang, answer,
        key=record.patient, split=record.split, meta=_meta(record, answers, counts),
    )  # fmt: skip


def _labels(answers: Sequence[Diagnosis], diagnoses: Iterable[Diagnosis]) -> tuple[set[str], set[str]]:
    must: set[str] = set()
    soft: set[str] = set()
    for diagnosis in diagnoses:
        whole, parts = dx.labels(diagnosis)
        (must if diagnosis in answers else soft).update(whole)
        soft |= parts
    return must, soft - must


def _meta(record: ClinicalRecord, answers: Sequence[Diagnosis], counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        **record.meta, "department": record.department, "visit_type": record.visit_type, "sex": record.sex,
        "age_years": record.age_years, "disease_group": record.disease_group,
        "icd10": [diagnosis.icd10 for diagnosis in answers if diagnosis.icd10],
        "suspected": [n for n, diagnosis in enumerate(answers, start=1) if diagnosis.certainty == "suspected"],
        "cuts": dict(sorted(counts.items())),
    }  # fmt: skip


def render_notes(record: ClinicalRecord, sections: Mapping[Section, str]) -> str:
    """The notes as ClinicalGPT joins them, empty parts left out; sex and age first where only fields say them."""
    zh = record.lang == "zh"
    lines = [_who(record, sections)]
    for heading, names in PARTS:
        texts = [(LABELS[name][0 if zh else 1], tidy(sections[name])) for name in names if sections.get(name)]
        if len(texts) == 1 and names == TESTS:
            texts = [("", texts[0][1])]
        text_of_section = "\n".join(f"{label}{':' if zh else ': '}{text}" if label else text for label, text in texts)
        lines.append(heading[record.lang] + text_of_section if text_of_section else "")
    return "\n".join(line for line in lines if line)


def _who(record: ClinicalRecord, sections: Mapping[Section, str]) -> str:
    story = sections.get(Section.COMPLAINT, "") + "\n" + sections.get(Section.PRESENT, "")
    zh = record.lang == "zh"
    sex = {"male": "男", "female": "女"}.get(record.sex, "") if zh else record.sex
    years = f"{record.age_years:g}" if record.age_years is not None else ""
    age = (f"{years}岁" if zh else f"{years} years old") if years and not AGE_IN_STORY.search(story) else ""
    words = [word for word in ("" if SEX_IN_STORY.search(story) else sex, age) if word]
    if not words:
        return ""
    return "患者:" + "，".join(words) if zh else "Patient: " + ", ".join(words)


def tidy(text: str) -> str:
    """Without the indents and the blank lines of a form."""
    return "\n".join(line for line in (line.strip(" \t\r\u3000") for line in text.splitlines()) if line)


def record_of(
    place: Place,
    pieces: Iterable[Piece],
    setting: str = "auto",
    facts: Mapping[str, str] = MappingProxyType({}),
    more: Sequence[Diagnosis] = (),
    **known: Any,
) -> ClinicalRecord:
    """A record of pieces. `facts`: what fields say of patient and visit, by the words of FACTS; `more`: diagnoses from fields;
    `known`: what the reader knows better. What neither says is looked for in the text about the patient and in the story."""
    texts: dict[Section, list[str]] = {}
    diagnoses = list(more)
    taken = Counter(known.pop("taken", {}))
    for piece in pieces:
        if piece.section is Section.DIAGNOSIS:
            diagnoses += dx.parse(piece.text, piece.kind)
            taken["section"] += piece.cut_out
        else:
            texts.setdefault(piece.section, []).append(piece.text)
    sections = {section: "\n".join(parts) for section, parts in texts.items()}
    about = sections.get(Section.ABOUT, "")
    facts = {**{name: match[1] for name, pattern in FACTS.items() if (match := pattern.search(about))}, **facts}
    sexes_and_ages = [sex_and_age_in(text) for text in (sections.get(Section.PRESENT, ""), about)]
    sex = next((sex for sex, _ in sexes_and_ages if sex), "")
    age = next((age for _, age in sexes_and_ages if age is not None), None)
    age_in_fields = age_of(facts.get("age", ""))
    fields: dict[str, Any] = {
        "record_id": facts.get("record", ""), "patient": facts.get("patient", ""), "department": facts.get("department", ""),
        "visit_type": visit_of(facts.get("visit", "")), "sex": sex_of(facts.get("sex", "")) or sex,
        "age_years": age if age_in_fields is None else age_in_fields, "disease_group": facts.get("group", ""),
    }  # fmt: skip
    lang = language(setting, sections.values())
    return ClinicalRecord(
        place,
        lang,
        sections,
        dx.number_diagnoses(add_codes(diagnoses, facts.get("icd10", ""))),
        taken=taken,
        **fields | known,
    )


def add_codes(diagnoses: Sequence[Diagnosis], codes: str) -> list[Diagnosis]:
    """The diagnoses with the codes of a field, where there are as many of these."""
    each = re.split(r"[\s;；,，|]+", codes.strip())
    if not codes.strip() or len(each) != len(diagnoses):
        return list(diagnoses)
    return [replace(one, icd10=one.icd10 or code) for one, code in zip(diagnoses, each, strict=True)]


def language(setting: str, texts: Iterable[str]) -> str:
    """The language that was set, or that of the texts: Chinese where one in five letters is Han."""
    if setting != "auto":
        return setting
    text = "".join(texts)
    letters = sum(map(str.isalpha, text))
    return "zh" if len(HAN.findall(text)) * 5 >= max(letters, 1) else "en"


def sex_of(text: str) -> str:
    """`male`, `female`, or nothing."""
    return SEXES.get(text.strip().lower(), "")


def age_of(text: str) -> float | None:
    """Years: `45岁`, `8个月`, `45`, `3 days`; None where there is no number."""
    match = AGE.search(text)
    if not match:
        return None
    per_year = 12 if match[3] else 365 if match[4] else 52 if match[5] else 1
    years = float(match[1]) / per_year
    return round(years, 2) if years <= 150 else None


def visit_of(text: str) -> str:
    """outpatient, emergency, inpatient, followup, or nothing."""
    word = text.strip().lower()
    return next((kind for kind, words in VISITS.items() if any(w == word or (HAN.match(w) and w in word)
                for w in words.split("|"))), "")  # fmt: skip


def sex_and_age_in(story: str) -> tuple[str, float | None]:
    """What the beginning of a story says of the patient: `患者，男，49岁，…`."""
    start = story[:80]
    sex = SEX_IN_STORY.search(start)
    age = AGE_IN_STORY.search(start)
    word = next((group for group in sex.groups() if group), "") if sex else ""
    return sex_of(word), float(age[1] or age[2]) if age else None
