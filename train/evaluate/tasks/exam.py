"""Exams: questions with options, answered by letters; an answer that cannot be read is wrong, and counted.

Three ways of scoring stand side by side where the answers allow it: the letters of the text that a model generated, the letter that it
finds likeliest (constrained), and the option whose text it finds likeliest (log-likelihood)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import orjson
import polars as pl
from pydantic import Field

from kgtools.corpora.exams.choices import Choice, choice_of
from kgtools.corpora.exams.questions import CLINICALGPT, LETTERED, LM_EVAL, LM_EVAL_ZH, PLAIN, Prompt
from kgtools.corpora.verify import Item, read_letters
from kgtools.train.evaluate.metric import Metric, divide, rate
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, PromptSettings, Sample, ScoreSettings, Task

PROMPTS: dict[str, dict[str, Prompt]] = {
    "clinicalgpt": {"zh": CLINICALGPT, "en": PLAIN},
    "letters": {
        "zh": replace(LETTERED, ask="{question}\n{options}\n请直接给出正确答案的字母。"),
        "en": replace(LM_EVAL, ask="{question}\n{options}\nAnswer with the letter of the right option alone."),
    },
    "cot": {
        "zh": replace(LETTERED, ask="{question}\n{options}\n请逐步分析每个选项，最后以“答案：字母”结束。"),
        "en": replace(LM_EVAL, ask='{question}\n{options}\nThink step by step, and end with "Answer: LETTER".'),
    },
    "lm-eval": {"zh": LM_EVAL_ZH, "en": LM_EVAL},
}
"""How a question is put, by name and language; `own` asks as the record does."""


class ExamPrompts(PromptSettings):
    """What there is to choose. `rotations`: a question is asked so many times, its options each time one place further."""

    prompt: Literal["own", "clinicalgpt", "letters", "cot", "lm-eval"] = Field(
        "own", description="whose words ask: own, as the records do"
    )
    rotations: int = Field(
        1, ge=1, le=10, description="ask each question so many times, its options each time one place further"
    )


class ExamScores(ScoreSettings):
    """What there is to choose."""


def ask(one: Sample, shots: Sequence[Sample], settings: ExamPrompts) -> list[Sample] | str:
    """The prompts of a question, one for each rotation; or why it is none."""
    choice = _choice(one)
    if choice is None:
        return "no question with options and a key"
    if settings.prompt == "own" and settings.rotations == 1 and not shots:
        return [replace(one, reference=choice.letters, asked=_asked(choice, 0))]
    examples: list[dict[str, str]] = []
    for shot in shots:
        of_shot = _choice(shot)
        if of_shot is None:
            return "no worked example with options and a key"
        asked = _put(shot, of_shot, settings.prompt)
        examples += [{"role": "user", "content": asked}, {"role": "assistant", "content": of_shot.letters}]
    system = [message for message in one.messages if message["role"] == "system"]
    found = []
    for turn in range(min(settings.rotations, len(choice.options))):
        turned = rotate(choice, turn)
        messages = (*system, *examples, {"role": "user", "content": _put(one, turned, settings.prompt)})
        found.append(replace(one, messages=messages, reference=turned.letters, asked=_asked(turned, turn)))
    return found


def rotate(choice: Choice, by: int) -> Choice:
    """The question with its options so many places further, the last ones first; the letters stay in their order."""
    letters, texts = list(choice.options), list(choice.options.values())
    moved = dict(zip(letters, texts[len(texts) - by :] + texts[: len(texts) - by], strict=True))
    at = {letter: letters[(number + by) % len(letters)] for number, letter in enumerate(letters)}
    return Choice(choice.question, moved, "".join(sorted(at[letter] for letter in choice.letters)))


def _choice(one: Sample) -> Choice | None:
    return choice_of(one.question, one.reference, orjson.dumps(dict(one.meta)).decode())


def _asked(choice: Choice, turn: int) -> dict[str, Any]:
    return {"options": choice.options, "rotation": turn}


def _put(one: Sample, choice: Choice, style: str) -> str:
    """The question in the words of a style; of `own`, in those of ClinicalGPT's exam or the plain English ones, as the readers ask."""
    by_lang = PROMPTS["clinicalgpt" if style == "own" else style]
    prompt = by_lang["zh" if one.lang == "zh" else "en"]
    listed = "\n".join(prompt.option.format(letter=letter, text=text) for letter, text in choice.options.items())
    return prompt.ask.format(question=choice.question, options=listed)


STATES = ("read", "mixed", "abstained", "no_answer", "missing")


def score(given: Sequence[tuple[Sample, Answer]], _: ExamScores) -> pl.DataFrame:
    """`extracted` (letters), `state` and, as numbers, `right`, `unread` (nothing can be read as an answer), `guess` (the chance
    of a blind guess, where nothing can be read); `right_constrained` and `right_loglikelihood` where there are likelihoods of the options."""
    rows = [_score(sample, answer) for sample, answer in given]
    kinds = {
        "extracted": pl.String, "state": pl.String, "right": pl.Float64, "unread": pl.Float64, "guess": pl.Float64,
        "right_constrained": pl.Float64, "right_loglikelihood": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _score(sample: Sample, answer: Answer) -> tuple[Any, ...]:
    options: Mapping[str, str] = sample.asked["options"]
    key = sample.reference or ""
    chance = 1 / (len(options) if len(key) == 1 else 2 ** len(options) - 1)
    if answer.text is None:
        return "", "missing", 0.0, 1.0, chance, *_likeliest(answer, options, key)
    chosen = read_letters(answer.text, Item("choice", options=options, right=key), sample.question)
    unread = float(chosen.state != "read")
    right = 0.0 if unread else float(chosen.letters == key)
    return chosen.letters, chosen.state, right, unread, unread * chance, *_likeliest(answer, options, key)


def _likeliest(answer: Answer, options: Mapping[str, str], key: str) -> tuple[float | None, float | None]:
    """Whether the likeliest letter, and the likeliest text of an option, is right; null where the model was not asked, and of questions
    with several right options. Of equal likelihoods the first counts."""
    if answer.scores is None or len(key) != 1:
        return None, None
    letters = {letter: answer.scores.get(letter) for letter in options}
    texts = {letter: answer.scores.get(f"text:{letter}") for letter in options}
    found = [
        None
        if any(value is None for value in scores.values())
        else float(max(scores, key=lambda letter: scores[letter]) == key)  # type: ignore[arg-type,return-value]
        for scores in (letters, texts)
    ]
    return found[0], found[1]


def _without_unread(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., -1] - sums[..., 1])


def _with_guesses(sums: Floats) -> Floats:
    return divide(sums[..., 0] + sums[..., 1], sums[..., -1])


def metrics(_: ExamScores, scores: pl.DataFrame) -> list[Metric]:
    """Accuracy with what cannot be read as wrong, left out, and as a guess; and the share of it."""
    found = [
        rate("accuracy", "right"),
        rate("unread", "unread", better=False),
        Metric("accuracy_of_read", ("right", "unread"), _without_unread),
        Metric("accuracy_with_guesses", ("right", "guess"), _with_guesses),
    ]
    for way in ("constrained", "loglikelihood"):
        if scores[f"right_{way}"].null_count() < scores.height:
            found.append(rate(f"accuracy_{way}", f"right_{way}"))
    return found


TASK = Task(
    about="Questions of exams, answered by the letters of their options.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=ExamPrompts,
    scoring=ExamScores,
    dimensions=("category", "subject", "choice", "rotation"),
)
