"""Preferences: a better and a worse answer to one question, in the three shapes that trainers know."""

from collections.abc import Iterator
from typing import Any

from kgtools.corpora.dialogue.speakers import NotTurns, turns_in
from kgtools.corpora.dialogue.turns import (
    any_conversation,
    end_with_question,
    is_parts,
    rounds,
    text_of,
    texts,
    with_words,
)
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Pair, Reader, Turn
from kgtools.corpora.text.escapes import without_escapes
from kgtools.corpora.text.normalize import lang_of

SHAPES = (
    ("prompt", "chosen", "rejected"), ("question", "response_chosen", "response_rejected"), ("conversations", "chosen", "rejected"),
    ("question", "chosen", "rejected"), ("query", "chosen", "rejected"), ("instruction", "chosen", "rejected"),
)  # fmt: skip


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example | Pair]:
    """Texts or lists of messages; chosen and rejected also as one message. Without a prompt, what both begin with is it."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.rows():
            try:
                prompt, chosen, rejected = _sides(row)
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            prompt = with_words(corpus, prompt)
            key = "\n".join(texts(prompt))
            yield Pair(place, prompt, chosen, rejected, lang_of(key, chosen), key, split, meta={"id": row.get("id")})


def _sides(row: dict[str, Any]) -> tuple[list[Turn], str, str]:
    shape = next((shape for shape in SHAPES if set(shape) <= set(row)), None)
    if shape is None and {"chosen", "rejected"} <= set(row):
        return _implicit(row["chosen"], row["rejected"])
    if shape is None:
        raise NotTurns("missing-field", f"expected one of: {'; '.join(' '.join(shape) for shape in SHAPES)}")
    system = row.get("system") or None
    first = row[shape[0]]
    if shape[0] == "instruction" and isinstance(first, str) and (more := row.get("input")):
        first = f"{first}\n{text_of(more, 'input')}"
    if isinstance(first, str):
        dialogue = turns_in(without_escapes(first)[0]) or [Turn("user", first)]
        first = [{"role": role, "content": said} for role, said in dialogue]
    prompt = any_conversation(first, system)
    before = rounds(row.get("history"))
    at = prompt[0].role == "system"
    prompt = end_with_question([*prompt[:at], *before, *prompt[at:]])
    return prompt, _answer(row[shape[1]], prompt, shape[1]), _answer(row[shape[2]], prompt, shape[2])


def _answer(value: Any, prompt: list[Turn], key: str) -> str:
    if isinstance(value, str) or is_parts(value):
        return text_of(value, key)
    turns = any_conversation([value] if isinstance(value, dict) else value)
    turns = turns[len(prompt) :] if len(turns) > len(prompt) and turns[: len(prompt)] == prompt else turns
    if len(turns) != 1 or turns[0].role != "assistant":
        raise NotTurns("not-one-answer", f"{key} must be one message of the assistant's")
    return turns[0].content


def _implicit(chosen: Any, rejected: Any) -> tuple[list[Turn], str, str]:
    if isinstance(chosen, str) or isinstance(rejected, str):
        raise NotTurns("missing-field", "texts chosen and rejected need a prompt")
    better, worse = any_conversation(chosen), any_conversation(rejected)
    if better[:-1] != worse[:-1] or {better[-1].role, worse[-1].role} != {"assistant"}:
        raise NotTurns(
            "prompts-differ", "chosen and rejected must begin with the same messages and end with the assistant's"
        )
    return end_with_question(better[:-1]), better[-1].content, worse[-1].content


def fits(preview: FilePreview) -> str | None:
    shape = next((shape for shape in (*SHAPES, ("chosen", "rejected")) if preview.has(*shape)), None)
    return (
        f"{', '.join(shape)}, as pairs for preference training have them"
        if shape and preview.layout != "text"
        else None
    )


READER = Reader(
    title="Preferences",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON of {prompt, chosen, rejected}, {question, response_chosen, response_rejected}, {conversations, chosen, rejected}, "
    "{instruction, input, chosen, rejected}",
    read=read,
    fits=fits,
    general=True,
)
