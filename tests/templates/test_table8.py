"""ClinicalGPT (Wang et al. 2023), Table 8, row by row: 甲 is the head and 乙 the tail in Chinese, `x` and `y` in English.

Where the paper leaves words out (None), the pack's are its own and marked `ours`."""

import pytest

from kgtools.templates.pack import Template, find_pack
from kgtools.templates.render import render

PACK = find_pack("clinicalgpt-paper")

CHINESE = [
    ("related_disease", 1, "甲和哪些疾病有关联？", "甲与乙可能有关联。"),
    ("related_disease", 2, "甲可能与哪些其他疾病有关？", "甲可能与乙有关联。"),
    ("symptom", 1, "甲有哪些常见症状？", "甲的常见症状包括乙。"),
    ("symptom", 2, "患有甲的患者可能出现哪些症状？", "甲患者可能出现如乙等症状。"),
    ("symptom", 3, "甲的典型临床表现是什么？", "甲的典型临床表现包括乙。"),
    ("symptom", 4, "患有甲的患者在临床上通常表现为哪些症状？", "患有甲的患者在临床上通常表现为乙。"),
    ("examination", 1, "诊断甲需要进行哪些检查？", "诊断甲需要进行如乙等检查。"),
    ("examination", 2, "如何检查以确定患有甲？", "确定患有甲需要进行乙等检查。"),
    ("drug_indication", 1, "甲主要用于治疗哪些疾病？", "甲主要用于治疗乙等疾病。"),
    ("drug_indication", 2, "甲的适应症是什么？", "甲的适应症包括乙。"),
    ("treatment", 1, "如何治疗甲？", "治疗甲的方法包括乙。"),
    ("treatment", 2, "甲的常见治疗方法有哪些？", "甲的常见治疗方法包括乙。"),
    ("complication", 1, "甲会引起哪些并发症？", "甲会引起乙等并发症。"),
    ("complication", 2, "患有甲的患者可能出现哪些并发症？", "患有甲的患者可能出现乙等并发症。"),
    ("drug_interaction", 1, "甲与哪些药物存在相互作用？", "甲与乙存在相互作用。"),
    ("drug_interaction", 2, "使用甲时需要注意哪些药物相互作用？", "使用甲时需注意与乙的相互作用。"),
    ("drug_symptom", 1, "甲主要用于治疗哪些症状？", "甲主要用于治疗乙等症状。"),
    ("drug_symptom", 2, "甲的主要治疗作用是什么？", "甲的主要治疗作用为治疗乙。"),
]
ENGLISH = [
    ("related_disease", 1, "What diseases are related to x?", "X may be related to y."),
    ("related_disease", 2, "What other diseases may be associated with x?", "X may be associated with y."),
    ("symptom", 1, "What are the common symptoms of x?", "The common symptoms of x include y."),
    ("symptom", 2, "What symptoms might a patient with x exhibit?", "Patients with x may exhibit symptoms such as y."),
    (
        "symptom",
        3,
        "What are the typical clinical manifestations of x?",
        "The typical clinical manifestations of x include y.",
    ),
    ("symptom", 4, None, "Patients with x typically present with y in a clinical setting."),
    ("examination", 1, "What tests are needed to diagnose x?", "Tests such as y are required to diagnose x."),
    (
        "examination",
        2,
        "How can one check to confirm if they have x?",
        "To confirm if one has x, tests such as y are required.",
    ),
    ("drug_indication", 1, "What diseases can x primarily treat?", None),
    ("drug_indication", 2, "What are the indications of x?", "The indications of x include y."),
    ("treatment", 1, "How can x be treated?", "X can be treated with methods such as y."),
    ("treatment", 2, "What are the common treatment methods for x?", "The common treatment methods for x include y."),
    ("complication", 1, "What complications can x cause?", "X can cause complications such as y."),
    (
        "complication",
        2,
        "What complications might a patient with x develop?",
        "A patient with x might develop complications such as y.",
    ),
    ("drug_interaction", 1, "What drugs interact with x?", "X interacts with y."),
    (
        "drug_interaction",
        2,
        "What drug interactions should be considered when using x?",
        "When using x, interactions with y should be considered.",
    ),
    (
        "drug_symptom",
        1,
        "What symptoms can x primarily treat?",
        "X is primarily used to treat symptoms such as y.",
    ),
    (
        "drug_symptom",
        2,
        "What is the main therapeutic action of x?",
        "The main therapeutic action of x is to treat y.",
    ),
]
ENDS = {
    "related_disease": ("Disease", "Disease"),
    "symptom": ("Disease", "Symptom"),
    "examination": ("Disease", "Examination"),
    "drug_indication": ("Drug", "Disease"),
    "treatment": ("Disease", "Treatment"),
    "complication": ("Disease", "Disease"),
    "drug_interaction": ("Drug", "Drug"),
    "drug_symptom": ("Drug", "Symptom"),
}


def template(name: str, lang: str) -> Template:
    return next(t for t in PACK.templates if (t.name, t.lang) == (name, lang))


def said(name: str, lang: str, variant: int, head: str, tail: str) -> tuple[str, str]:
    chosen = template(name, lang)
    (user,), (assistant,) = render(chosen, chosen.variants[variant - 1], [head], [[tail]])
    return user, assistant


@pytest.mark.parametrize(("name", "variant", "question", "answer"), CHINESE)
def test_a_chinese_row_is_as_the_paper_has_it(name: str, variant: int, question: str, answer: str) -> None:
    assert said(name, "zh", variant, "甲", "乙") == (question, answer)


@pytest.mark.parametrize(("name", "variant", "question", "answer"), ENGLISH)
def test_an_english_row_is_as_the_paper_has_it(
    name: str, variant: int, question: str | None, answer: str | None
) -> None:
    user, assistant = said(name, "en", variant, "x", "y")

    assert user == question or question is None
    assert assistant == answer or answer is None


@pytest.mark.parametrize(("lang", "rows"), [("zh", CHINESE), ("en", ENGLISH)])
def test_the_pack_holds_the_rows_of_the_table_and_no_others(
    lang: str, rows: list[tuple[str, int, str | None, str | None]]
) -> None:
    held = {(t.name, variant.number) for t in PACK.templates if t.lang == lang for variant in t.variants}

    assert held == {(name, variant) for name, variant, _, _ in rows}
    assert len(rows) == 18


@pytest.mark.parametrize(("lang", "rows"), [("zh", CHINESE), ("en", ENGLISH)])
def test_words_are_marked_ours_exactly_where_the_paper_has_none(
    lang: str, rows: list[tuple[str, int, str | None, str | None]]
) -> None:
    marked = {
        (t.name, n): mark for t in PACK.templates if t.lang == lang for n, mark in enumerate(t.info.origin[lang], 1)
    }

    assert marked == {
        (name, n): "ours" if None in (question, answer) else "paper" for name, n, question, answer in rows
    }


@pytest.mark.parametrize("name", ENDS)
def test_a_row_asks_about_the_types_that_the_paper_names(name: str) -> None:
    assert (PACK.info.templates[name].head, PACK.info.templates[name].tail) == ENDS[name]
