"""Dialogues: what a doctor says next, held against what the doctor said (ClinicalGPT, Table 2).

The paper cuts each dialogue at a random round; which round, which library, tokens, smoothing and decoding it does not say. Here the seed and the
record's id choose the round, and every setting is printed."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from kgtools.train.evaluate.metrics.texts import TextScores, score_texts, text_metrics
from kgtools.train.evaluate.task import PromptSettings, Sample, Task

Message = dict[str, str]


class DialoguePrompts(PromptSettings):
    """What there is to choose. There are no worked examples: their turns and those of the dialogue would be one dialogue."""

    shots: int = Field(0, ge=0, le=0, description="none: a model would take them for turns of the dialogue")
    cut: Literal["random", "last", "every"] = Field(
        "random",
        description="the doctor's turn that is asked for: one drawn by the seed, the one it ends with, or every one",
    )


def ask(one: Sample, _: Sequence[Sample], settings: DialoguePrompts) -> list[Sample] | str:
    """The dialogue up to a turn of the patient, and the doctor's next turn; or why there is none."""
    turns = [*one.messages, {"role": "assistant", "content": one.reference or ""}]
    places = [place for place in range(1, len(turns)) if _answers(turns[place - 1], turns[place])]
    if settings.cut == "last":
        places = [place for place in places if place == len(turns) - 1]
    if not places:
        return "no turn of a doctor after one of a patient" + (" at its end" if settings.cut == "last" else "")
    if settings.cut == "random":
        places = [random.Random(f"{settings.seed}|cut|{one.record}").choice(places)]
    return [_cut(one, turns, place) for place in places]


def _answers(before: Message, after: Message) -> bool:
    return (before["role"], after["role"]) == ("user", "assistant") and bool(after["content"].strip())


def _cut(one: Sample, turns: Sequence[Message], place: int) -> Sample:
    doctors = sum(turn["role"] == "assistant" for turn in turns[:place])
    asked = {"turn": doctors + 1, "round": "later" if doctors else "first"}
    return replace(one, messages=tuple(turns[:place]), reference=turns[place]["content"], asked=asked)


TASK = Task(
    about="The next turn of a doctor in a dialogue: BLEU, GLEU and ROUGE with the turn that was said.",
    ask=ask,
    score=score_texts,
    metrics=text_metrics,
    prompts=DialoguePrompts,
    scoring=TextScores,
    dimensions=("round",),
    as_it_stands={"cut": "last"},
)
