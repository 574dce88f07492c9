"""The words of tasks: both languages, the same variables, as many ways, and nothing lost round what a template says."""

import re
from pathlib import Path

import pytest

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import LANGUAGES, Template, find_pack
from kgtools.templates.tasks.ask import ITEM_TASKS
from kgtools.templates.tasks.comparisons import comparisons, phrases_for
from kgtools.templates.tasks.wording import FOLDER, NAMES, word, wordings
from kgtools.templates.variants import variables

PARTS = ("case", "given", "cypher_question")
"""What stands in the prompts of tasks and is worded by itself."""
ROW = {
    "question": "Q?", "statement": "S.", "truth": "T.", "options": ["A. a", "B. b"], "right": ["B. b"], "letters": "B", "type": "t",
    "count": "2", "several": False, "is_true": False, "before": "B.", "hidden": ["H"], "form": "mcq", "sought": "s",
    "asks": "first", "of_one": "S1", "of_other": "S2", "of_both": "S3", "only": "S4",
}  # fmt: skip


def test_every_task_is_worded_in_both_languages_and_nothing_else_is() -> None:
    assert {path.name for path in FOLDER.glob("*.j2")} == {
        f"{task}.{lang}.j2" for task in (*ITEM_TASKS, *PARTS) for lang in LANGUAGES
    }


@pytest.mark.parametrize("task", ITEM_TASKS)
def test_languages_have_as_many_ways_that_read_the_same_names(task: str) -> None:
    zh, en = (wordings(task, lang) for lang in ("zh", "en"))

    assert len(zh) == len(en) >= 3
    for one, other in zip(zh, en, strict=True):
        assert variables(one.user) == variables(other.user) <= set(NAMES)
        assert variables(one.assistant) | {"type"} == variables(other.assistant) | {"type"} <= set(NAMES)


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_prompts_have_as_many_ways_in_both_languages_that_read_the_same_names(part: str) -> None:
    zh, en = (wordings(part, lang) for lang in ("zh", "en"))

    assert [variables(way.user) for way in zh] == [variables(way.user) for way in en]


@pytest.mark.parametrize("task", ITEM_TASKS)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("several", [True, False])
def test_every_way_says_the_question_in_the_words_of_its_language(task: str, lang: str, several: bool) -> None:
    rows = {
        name: [value] * len(wordings(task, lang))
        for name, value in (ROW | {"several": several, "is_true": several}).items()
    }

    users, assistants = word(task, lang, list(range(len(wordings(task, lang)))), rows)

    for user, assistant in zip(users, assistants, strict=True):
        assert "Q?" in user or "S" in user
        assert assistant
        assert lang == "zh" or not re.search(r"[\u4e00-\u9fff]", user + assistant)
        words = set(re.findall(r"[A-Za-z_]{3,}", user + assistant))
        assert lang == "en" or words <= ({"Cypher", "cypher", "name", "name_en"} if task == "cypher" else set())
        assert not re.search(r"  |\n\n|\n ", user)
    if task == "mcq":
        assert all(user.split("\n")[1:3] == ["A. a", "B. b"] for user in users)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["mcq", "list"])
@pytest.mark.parametrize("asks", ["both", "first"])
def test_every_way_compares_the_two_heads(lang: str, form: str, asks: str) -> None:
    ways = list(range(len(wordings("compare", lang))))

    users, _ = word(
        "compare",
        lang,
        ways,
        {name: [value] * len(ways) for name, value in (ROW | {"form": form, "asks": asks}).items()},
    )

    for user in users:
        assert ("S3" in user) == (asks == "both")
        assert asks == "both" or "S4" in user or ("S1" in user and "S2" in user)
        assert user.split("\n")[0].endswith(("？", "?"))
        assert (form == "mcq") == ("A. a" in user.split("\n"))


TEMPLATES = [each for name in ("clinicalgpt", "extended") for each in find_pack(name).templates]
NOT_COMPARED = {"subtype", "department_parent", "department_units", "drug_products", "product_drug"}
"""Templates of relations for which a comparison has no natural words: whose parts or kinds are no one else's."""


def test_every_relation_of_our_packs_is_worded_but_those_that_no_two_heads_share() -> None:
    relations = [each for each in TEMPLATES if each.info.relations]

    assert {each.name for each in relations if phrases_for(each.info, each.lang) is None} == NOT_COMPARED
    assert len({key for key in comparisons() if all(lang in comparisons()[key] for lang in LANGUAGES)}) == len(
        comparisons()
    )


@pytest.mark.parametrize(
    "template", [each for each in TEMPLATES if phrases_for(each.info, each.lang)], ids=lambda each: each.id
)
def test_a_comparison_names_both_heads_and_claims_no_more_than_its_relation_says(template: Template) -> None:
    phrases = phrases_for(template.info, template.lang)
    assert phrases is not None
    asks, one, other, both, only = phrases.say("both", "Q1", "Q2")
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    said = [forward.get(name, name) for name in template.info.relations]

    assert asks == "both"
    assert ("Q1" in one, "Q2" in other) == (True, True)
    assert all("Q1" in each and "Q2" in each for each in (both, only) if each)
    assert bool(only) == (template.info.tail != "Food")
    for text in filter(None, (one, both, only)):
        assert template.lang == "en" or not re.search(r"[A-Za-z]{2}", text)
        assert template.lang == "zh" or (not re.search(r"[\u3000-\u9fff]", text) and text[0].islower())
        assert not text.endswith(("？", "?", "。", "."))
        for claim in ontology().claims.values():
            if not set(said) <= set(claim.of):
                assert not re.search(getattr(claim, template.lang), text, re.IGNORECASE), (text, claim)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.en.j2")), ids=lambda path: path.name)
def test_english_words_hold_no_chinese(path: Path) -> None:
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", path.read_text(encoding="utf-8"))
