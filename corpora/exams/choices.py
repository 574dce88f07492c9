"""The questions of exams among records: their stem, their options and the letters of the answer."""

import re
from typing import Any, NamedTuple

import orjson
import polars as pl

LETTERS = "ABCDEFGHIJ"
LINE = re.compile(r"^[ \t]*(?:选项)?([A-J])[ \t]*[.．:：、)）][ \t]*(\S(?:.*[^ \t\n])?)[ \t]*$", re.MULTILINE)
"""A line that is an option: `A. 阿司匹林`, `选项B：...`."""
HEADING = re.compile(r"\n[ \t]*(?:回答选项|选项|Options|Choices)[ \t]*+(?:[:：][ \t]*+)?$", re.IGNORECASE)
"""`Options:` alone at the end of a question."""


class Choice(NamedTuple):
    """`letters`: of the answer, sorted, `BD`."""

    question: str
    options: dict[str, str]
    letters: str


def with_choices(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `question`, `options` (a text for each letter, null where there is none) and `letters`; null in all
    three where a record is no question with options."""
    kinds: dict[str, Any] = {
        "question": pl.String,
        "options": pl.Struct(dict.fromkeys(LETTERS, pl.String)),
        "letters": pl.String,
    }
    if "messages" not in rows.columns:
        return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in kinds.items())
    asked = rows["messages"].list.filter(pl.element().struct.field("role") == "user")
    texts = asked.list.last().struct.field("content").to_list()
    found = [choice_of(*row) for row in zip(texts, rows["answer"], rows["meta"], strict=True)]
    columns: dict[str, list[Any]] = {
        "question": [choice and choice.question for choice in found],
        "options": [choice and {letter: choice.options.get(letter) for letter in LETTERS} for choice in found],
        "letters": [choice and choice.letters for choice in found],
    }
    return rows.with_columns(pl.Series(name, columns[name], kind) for name, kind in kinds.items())


def choice_of(text: str | None, answer: str | None, meta: str) -> Choice | None:
    """The question that a user's message asks. Options are those of `options` in `meta`, else the lines `A. ...` of the text;
    `answer` names them by letters or is the text of one."""
    if text is None or answer is None:
        return None
    values: dict[str, Any] = orjson.loads(meta) if '"options"' in meta else {}
    lines = LINE.findall(text)
    options = _options_of(values.get("options")) or _in_order(lines)
    if len(options) < 2:
        return None
    letters = _letters(answer, options)
    if not letters:
        return None
    question = values.get("question")
    if not isinstance(question, str):
        question = HEADING.sub("", LINE.sub("", text).strip()).strip()
    return Choice(question, options, letters)


def _options_of(options: Any) -> dict[str, str]:
    if isinstance(options, list):
        options = dict(zip(LETTERS, options, strict=False)) if len(options) <= len(LETTERS) else {}
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        return {}
    kept = {key: value for key, value in sorted(options.items()) if value}
    return kept if all(len(key) == 1 and key in LETTERS for key in kept) else {}


def _in_order(lines: list[tuple[str, str]]) -> dict[str, str]:
    """The lines as options where their letters go from A on without a gap."""
    letters = "".join(letter for letter, _ in lines)
    return dict(lines) if lines and letters == LETTERS[: len(letters)] else {}


def _letters(answer: str, options: dict[str, str]) -> str:
    plain = "".join(sorted(set(re.sub(r"[\s,，、;；]", "", answer))))
    if plain and set(plain) <= set(options):
        return plain
    same = [letter for letter, text in options.items() if text == answer]
    return same[0] if len(same) == 1 else ""
