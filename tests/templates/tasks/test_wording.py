"""The words of tasks: both languages, the same variables, as many ways, and nothing lost round what a template says."""

import re
from pathlib import Path

import pytest

from kgtools.templates.pack import LANGUAGES, variables
from kgtools.templates.tasks.ask import ITEM_TASKS
from kgtools.templates.tasks.wording import FOLDER, NAMES, word, wordings

PARTS = ("case", "given", "cypher_question")
"""What stands in the prompts of tasks and is worded by itself."""
ROW = {
    "question": "Q?", "statement": "S.", "truth": "T.", "options": ["A. a", "B. b"], "right": ["B. b"], "letters": "B", "type": "t",
    "count": "2", "several": False, "is_true": False, "before": "B.", "hidden": ["H"], "form": "mcq", "sought": "s",
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


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.en.j2")), ids=lambda path: path.name)
def test_english_words_hold_no_chinese(path: Path) -> None:
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", path.read_text(encoding="utf-8"))
