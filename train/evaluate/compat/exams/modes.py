"""The published scorers by name, and what each makes of the answers to a set of questions."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random
from typing import NamedTuple

from kgtools.train.evaluate.compat.exams import ceval, cmb, cmexam, cmmlu, huatuogpt2, lm_eval, medalpaca, meds_bench
from kgtools.train.evaluate.compat.exams.mode import Asked, Mode
from kgtools.train.evaluate.task import Answer, Sample

MODES: dict[str, Mode] = {
    "c-eval": ceval.MODE,
    "cmb": cmb.MODE,
    "cmexam": cmexam.MODE,
    "cmmlu": cmmlu.MODE,
    "huatuogpt2": huatuogpt2.MODE,
    "huatuogpt2-texts": huatuogpt2.TEXTS,
    "huatuogpt2-phrase-or-texts": huatuogpt2.PHRASE_OR_TEXTS,
    "lm-eval": lm_eval.MODE,
    "medalpaca": medalpaca.MODE,
    "meds-bench": meds_bench.MODE,
}


class Verdict(NamedTuple):
    """What a mode says of an answer. `luck`: 1 where it is right by a guess alone. All None of an answer that it does not score by itself."""

    letters: str | None = None
    right: float | None = None
    luck: float | None = None


def judge(mode: Mode, given: Sequence[tuple[Sample, Answer]], seed: int) -> list[Verdict]:
    """A verdict for each answer, in their order; those to one prompt stand together, and a mode that makes one of them says so with
    the first. What is drawn hangs on the seed, the prompt and the answer's number."""
    return [
        verdict
        for _, answers in groupby(given, key=lambda pair: pair[0].id)
        for verdict in _judge(mode, list(answers), seed)
    ]


def _judge(mode: Mode, answers: Sequence[tuple[Sample, Answer]], seed: int) -> Iterator[Verdict]:
    texts = [answer.text or "" for _, answer in answers]
    for number, (sample, answer) in enumerate(answers):
        if number and not mode.each:
            yield Verdict()
            continue
        key, choice = sample.reference or "", sample.meta.get("choice")
        single = choice == "single" if choice else len(key) == 1
        generator = Random(f"{seed}|{sample.id}|{answer.number}")
        asked = Asked(sample.asked["options"], single, generator)
        letters, guess = mode.read([texts[number]] if mode.each else texts, asked)
        right = float(letters == mode.part_of_key(key))
        yield Verdict(letters, right, right if guess else 0.0)
