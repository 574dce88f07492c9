"""MedQA: questions of medical licensing exams of Mainland China, Taiwan and the United States, with 4 or 5 options."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.exams.questions import (
    CLINICALGPT,
    LM_EVAL,
    LM_EVAL_ZH,
    PLAIN,
    ExamSettings,
    Question,
    cell_text,
    choose_prompt,
    lang_of,
    letters_of,
    options_by_letter,
    records,
)
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Row
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, Reader

PROMPTS = {
    "zh": {"own": CLINICALGPT, "clinicalgpt": CLINICALGPT, "lm-eval": LM_EVAL_ZH},
    "en": {"own": PLAIN, "plain": PLAIN, "lm-eval": LM_EVAL},
}
REGIONS = {"mainland": "Mainland", "taiwan": "Taiwan", "us": "US"}
STEPS = ("step1", "step2&3")
CHAPTER = re.compile(r"^第[一二三四五六七八九十百零\d]+(?:部分|章|篇)\s*")
"""`第三章 ` before the name of a chapter."""
CATEGORIES = Categories(
    label="meta_info",
    words=(
        ("儿科|小儿", "Pediatrics"),
        ("药理", "Pharmacology"),
        ("伦理", "Medical ethics"),
        ("法规", "Health law"),
        ("呼吸", "Respiratory"),
        ("消化", "Digestive"),
        ("泌尿|肾", "Urinary"),
        ("血液", "Hematology"),
        ("风湿|免疫", "Rheumatic immune"),
        ("精神神经", "Neuropsychiatric"),
        ("女性生殖|妇", "Gynecology"),
        ("循环|心血管", "Circulatory"),
    ),
    unless="(?:免疫|微生物|寄生虫|生理|病理|解剖|组织|胚胎|生物化学|生化|遗传|细胞生物|分子生物|流行病|统计|心理|影像|诊断)学"
    "|检验|保健|预防|妇幼|免疫(?:接种|规划|抑制|调节)|计划免疫|药物?$|用药$|药品|消化和吸收|肾上腺|[补温]肾|肾[虚阳阴气精]"
    "|血液(?:循环|制|净化)|(?:体外|微)循环|风湿性?心|风湿热",
)
"""The chapters of the prep book as ClinicalGPT's table names them. Subjects come before organs: a chapter of paediatrics
may be about breathing; and a basic science is no department: 医学免疫学 is not that of rheumatic diseases."""
SUBJECTS = ("Pediatrics", "Pharmacology", "Medical ethics", "Health law")
MAPPED = {category for _, category in CATEGORIES.words}


class MedqaSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["own", "clinicalgpt", "plain", "lm-eval"] = Field(
        "own", description="clinicalgpt (Chinese) and plain (English), or lm-eval; own: the first two, by language"
    )


def read(corpus: Corpus, settings: MedqaSettings) -> Iterator[Example]:
    """`{question, options, answer, answer_idx, meta_info}`, a line each. The textbooks beside the questions are passed over."""
    for file in corpus.files:
        if word_in_path(file, {"textbooks": "textbooks"}):
            corpus.count("files of textbooks")
            continue
        split, region = word_in_path(file, SPLITS), word_in_path(file, REGIONS)
        for row in file.json():
            question = _question(corpus, row, split, region)
            if question:
                prompt = choose_prompt(PROMPTS[question.lang], settings.prompt, question.lang)
                for record in records(corpus, question, prompt, settings):
                    unmapped = record.meta["region"] == "Mainland" and record.meta["category"] not in MAPPED
                    corpus.count("records of an unmapped category", unmapped)
                    yield record


def _question(corpus: Corpus, row: Row, split: str | None, region: str | None) -> Question | None:
    values, label = row.values, cell_text(row.values.get("meta_info"))
    key, answer = values.get("answer_idx") or "", cell_text(values.get("answer"))
    options = {letter: cell_text(text) for letter, text in options_by_letter(values.get("options")).items()}
    if not cell_text(key) and [*options.values()].count(answer) == 1:
        key = next(letter for letter, text in options.items() if text == answer)
        corpus.count("keys taken from the answer's text")
    elif not cell_text(key) and answer and set(letters_of(answer)) and set(letters_of(answer)) <= set(options):
        key = answer
        corpus.count("keys taken from an answer that is letters")
    elif answer and answer != cell_text(key) and options.get(letters_of(key), answer) != answer:
        corpus.refuse(row.place, "key-and-answer-differ", "answer is not the text of the option that answer_idx names")
        return None
    lang = lang_of(values.get("question"))
    region = region or ("US" if label in STEPS else "Taiwan" if label.startswith("taiwan") else _by_lang(lang))
    return Question(
        row.place, values.get("question"), options, key, lang, split, label if region == "US" else None,
        category_of(label) if region == "Mainland" else label, meta={"region": region, "meta_info": label},
    )  # fmt: skip


def _by_lang(lang: str) -> str:
    return "Mainland" if lang == "zh" else "US"


def category_of(label: str) -> str:
    """The category of a chapter: `第三部分　精神神经系统疾病` is Neuropsychiatric; a chapter of no category is one itself."""
    chapter = " ".join(CHAPTER.sub("", label.strip()).split())
    found = next((category for words, category in CATEGORIES.words if re.search(words, chapter)), chapter)
    return chapter if found not in SUBJECTS and re.search(CATEGORIES.unless, chapter) else found


def fits(preview: FilePreview) -> str | None:
    if preview.has("question", "options", "answer", "answer_idx") and _by_letter(preview.rows[0]["options"]):
        return "options by letter and answer_idx, as MedQA has them"
    return None


def _by_letter(options: Any) -> bool:
    return isinstance(options, dict) and {"A", "B"} <= set(options)


READER = Reader(
    title="MedQA (Mainland, Taiwan, US)",
    license="unknown",
    license_note="the repository is MIT; the questions are those of exams and of a prep book",
    files="questions/{Mainland,Taiwan,US}/**/*.jsonl; the folders say the region, the names the split",
    read=read,
    fits=fits,
    settings=MedqaSettings,
    categories=CATEGORIES,
    url="https://github.com/jind11/MedQA",
)
