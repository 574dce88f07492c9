"""Open questions, held against one or several reference answers (ChiMed, MC, cMedQA2)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kgtools.train.evaluate.metrics.texts import REFERENCES, TextScores, score_texts, text_metrics
from kgtools.train.evaluate.task import PromptSettings, Sample, Task


def ask(one: Sample, shots: Sequence[Sample], _: PromptSettings) -> list[Sample] | str:
    """The question behind its worked examples, with all its reference answers; or why it is none."""
    if not one.messages or one.messages[-1]["role"] != "user":
        return "no question"
    if not (one.reference or "").strip():
        return "no reference answer"
    system = [message for message in one.messages if message["role"] == "system"]
    rest = [message for message in one.messages if message["role"] != "system"]
    examples: list[dict[str, str]] = []
    for shot in shots:
        said = shot.reference or ""
        examples += [{"role": "user", "content": shot.question}, {"role": "assistant", "content": said}]
    asked = {REFERENCES: others} if (others := _others(one)) else {}
    return [replace(one, messages=(*system, *examples, *rest), asked=asked)]


def gather(records: Sequence[Sample]) -> list[Sample]:
    """Of records that ask the same, word for word, the first, with the answers of the others as references of it."""
    by_question: dict[tuple[Any, ...], list[Sample]] = {}
    for one in records:
        asked = tuple((message["role"], message["content"]) for message in one.messages)
        by_question.setdefault(asked, []).append(one)
    return [same[0] if len(same) == 1 else _join(same) for same in by_question.values()]


def _join(same: Sequence[Sample]) -> Sample:
    texts = dict.fromkeys(text for one in same for text in (one.reference or "", *_others(one)) if text)
    first, *others = texts or [""]
    return replace(same[0], reference=first, meta=dict(same[0].meta) | {REFERENCES: others})


def _others(one: Sample) -> list[str]:
    """The answers that a record's `meta` has beside its own."""
    found = one.meta.get(REFERENCES)
    others = [text for text in found if isinstance(text, str) and text.strip()] if isinstance(found, list) else []
    return [text for text in dict.fromkeys(others) if text != one.reference]


TASK = Task(
    about="Open questions: BLEU, GLEU and ROUGE of an answer with the reference answers of its question.",
    ask=ask,
    score=score_texts,
    metrics=text_metrics,
    scoring=TextScores,
    gather=gather,
)
