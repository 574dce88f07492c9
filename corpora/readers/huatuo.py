"""Huatuo: questions and answers wrapped in lists (Huatuo-26M), and BenTsao's, whose talks stand in one text."""

import re
from collections.abc import Iterator
from typing import Any

from kgtools.corpora.dialogue.speakers import NotTurns, read_flat
from kgtools.corpora.dialogue.turns import in_turns
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader, Turn
from kgtools.corpora.readers.alpaca import PARTED, instruction

LITE = ("label", "related_diseases", "score")
"""What Huatuo26M-Lite tells of a question beside its answer."""
DEEPEST = 4
"""Lists in each other, at most, in which texts are looked for."""
URL = re.compile(r"\s*(https?://|www\.)\S+\s*", re.IGNORECASE)
"""A question that is an address, as some rows have it."""


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{instruction: [q], input, output: [a]}`, `{questions: [...], answers: [...]}`, `{question, answer}` or BenTsao's rows.

    Of several paraphrases of one question the first is asked, the others stand in the meta; of several answers to one question
    each is a record. Published rows have one of the two; several of both are refused."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.rows():
            try:
                questions, answers = _sides(row)
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            for number, answer in enumerate(answers, start=1):
                yield from _example(corpus, place, row, questions, answer, number, split)


def _example(
    corpus: Corpus, place: Place, row: dict[str, Any], questions: list[str], answer: str, number: int, split: str | None
) -> Iterator[Example]:
    if URL.fullmatch(answer):
        corpus.refuse(place, "answer-is-a-url", f"answer {number} is an address; the text must be fetched there")
        return
    turns = read_flat(questions[0]) or [Turn("user", questions[0])]
    corpus.count(PARTED, len(turns) > 1)
    try:
        turns = in_turns(corpus, [*turns, Turn("assistant", answer)])
    except NotTurns as why:
        corpus.refuse(place, why.reason, str(why))
        return
    meta = {"paraphrases": questions[1:]} | {key: row.get(key) for key in ("id", *LITE)}
    first = next(said for role, said in turns if role == "user")
    yield instruction(place, turns, "dialogue" if len(turns) > 2 else "qa", meta, key=first, split=split)


def _sides(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    asked = next((row[key] for key in ("instruction", "questions", "question") if key in row), None)
    given = next((row[key] for key in ("output", "answers", "answer") if key in row), None)
    questions, answers, more = _texts(asked), _texts(given), _texts(row.get("input") or "")
    if asked is None or given is None:
        raise NotTurns("missing-field", "expected instruction and output, or questions and answers")
    if questions is None or answers is None or more is None:
        raise NotTurns("wrong-type", "questions, answers and input must be texts or lists of texts")
    if not questions or not answers:
        raise NotTurns("empty-message", "a row without a question or without an answer")
    if len(set(questions)) > 1 and len(answers) > 1:
        raise NotTurns(
            "which-answer", f"{len(questions)} questions and {len(answers)} answers, and nothing says which go together"
        )
    addition = "\n".join(text for text in more if text.strip())
    return [f"{question}\n{addition}" if addition else question for question in questions], answers


def _texts(value: Any, depth: int = 0) -> list[str] | None:
    """The texts of a text or of lists of them (some copies wrap twice), those that are not blank; None for anything else."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    if not isinstance(value, list) or depth == DEEPEST:
        return None
    found = [_texts(item, depth + 1) for item in value]
    return None if None in found else [text for texts in found for text in texts or ()]


def fits(preview: FilePreview) -> str | None:
    first = preview.rows[0] if preview.holds_objects and preview.rows and isinstance(preview.rows[0], dict) else {}
    if isinstance(first.get("instruction"), list) and isinstance(first.get("output"), list):
        return "instruction and output in lists, as Huatuo-26M has them"
    if isinstance(first.get("questions"), list) and isinstance(first.get("answers"), list | str):
        return "lists of questions and of answers, as Huatuo-26M has them"
    if {"question", "answer", "related_diseases"} <= set(first):
        return "question, answer and related_diseases, as Huatuo26M-Lite has them"
    if isinstance(first.get("instruction"), str) and "output" in first and read_flat(first["instruction"]):
        return "<user>: and <bot>: in its instruction, as BenTsao has them"
    return None


READER = Reader(
    title="Huatuo-26M and BenTsao",
    license="unknown",
    license_note="Huatuo-26M states none beside its code; BenTsao is Apache-2.0 (--license Apache-2.0)",
    files="JSON of {instruction: [q], output: [a]}, {questions, answers}, Lite's {question, answer} or BenTsao's {instruction, input, output}",
    read=read,
    fits=fits,
    private=True,
    url="https://github.com/FreedomIntelligence/Huatuo-26M",
)
