"""Talks of patients with doctors as messages in turn: the patient's first, the doctor's last."""

import re
from collections.abc import Iterable, Sequence

from kgtools.corpora.dialogue.turns import from_question_to_answer, merge_neighbours
from kgtools.corpora.reader import Corpus, Turn

EMPTY = re.compile(r"\s*+(?:[（(]\s*+空\s*+[)）]\s*+)?")
"""What stands where a picture or a voice message was: nothing, or `（空）`."""
SPEAKERS = {"user": "患者", "assistant": "医生"}


def take_turns(corpus: Corpus, spoken: Sequence[Turn], opening: str = "") -> list[Turn]:
    """What was said, in turn, behind what the patient told before (the opening).

    Neighbours of one speaker become one message; without an opening the doctor's messages before the first of the patient are
    cut off, and always the patient's behind the last of the doctor. Raises NotTurns where no question with an answer is left."""
    turns = merge_neighbours(drop_empty(corpus, spoken))
    full = sum(not EMPTY.fullmatch(turn.content) for turn in spoken)
    corpus.count("messages joined to the one before, of the same speaker", full - len(turns))
    if opening.strip():
        turns = _put_opening_first(corpus, opening.strip(), turns)
    return from_question_to_answer(corpus, turns)


def _put_opening_first(corpus: Corpus, opening: str, turns: list[Turn]) -> list[Turn]:
    if not turns or turns[0].role != "user":
        return [Turn("user", opening), *turns]
    repeats = "".join(opening.split()) in "".join(turns[0].content.split())
    corpus.count("openings left out that the first message repeats", repeats)
    return turns if repeats else [Turn("user", f"{opening}\n\n{turns[0].content}"), *turns[1:]]


def drop_empty(corpus: Corpus, turns: Sequence[Turn]) -> list[Turn]:
    """The turns without those that say nothing, which are counted."""
    full = [turn for turn in turns if not EMPTY.fullmatch(turn.content)]
    corpus.count("empty messages left out", len(turns) - len(full))
    return full


def as_lines(turns: Iterable[Turn]) -> str:
    """The talk as one text, a line for each message: `医生：...`."""
    return "\n".join(f"{SPEAKERS[role]}：{' '.join(content.split())}" for role, content in turns)
