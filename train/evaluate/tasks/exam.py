"""Exams: questions with options, answered by letters; an answer that cannot be read is wrong, and counted.

Three ways of scoring stand side by side where the answers allow it: the letters of the text that a model generated, the letter that it
finds likeliest (constrained), and the option whose text it finds likeliest (log-likelihood; also by character and by byte of the text). Beside
ours stand the figures of published scorers where they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import orjson
import polars as pl
from pydantic import BeforeValidator, Field, field_validator

from kgtools.corpora.exams.choices import Choice, choice_of
from kgtools.corpora.exams.questions import (
    CLINICALGPT,
    LETTERED,
    LM_EVAL,
    LM_EVAL_ZH,
    PLAIN,
    Prompt,
    right_answer,
)
from kgtools.corpora.verify import Item, read_letters
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion
from kgtools.train.evaluate.compat.exams.modes import MODES, judge
from kgtools.train.evaluate.metric import Metric, divide, macro, rate, share
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, PromptSettings, Sample, ScoreSettings, Task

MEDALPACA = replace(
    PLAIN, ask="Answer this multiple choice question.\n\n{question}\n{options}\n\nThe Answer to the question is:",
    option="{letter}: {text}", one="{letter}: {text}", several="{options}",
)  # fmt: skip
"""As the code of MedAlpaca asks (eval/eval_usmle.py), which lets the model go on behind the last line; here the question ends with it."""
PROMPTS: dict[str, dict[str, Prompt]] = {
    "clinicalgpt": {"zh": CLINICALGPT, "en": PLAIN},
    "letters": {
        "zh": replace(LETTERED, ask="{question}\n{options}\n请直接给出正确答案的字母。"),
        "en": replace(LM_EVAL, ask="{question}\n{options}\nAnswer with the letter of the right option alone."),
    },
    "cot": {
        "zh": replace(
            LETTERED, ask="{question}\n{options}\n请逐步分析每个选项，最后以“答案：字母”结束。", one="答案：{letters}", several="答案：{letters}",
        ),
        "en": replace(
            LM_EVAL, ask='{question}\n{options}\nThink step by step, and end with "Answer: LETTER".', one="Answer: {letters}",
            several="Answer: {letters}",
        ),
    },
    "lm-eval": {"zh": LM_EVAL_ZH, "en": LM_EVAL},
    "medalpaca": {"zh": MEDALPACA, "en": MEDALPACA},
}  # fmt: skip
"""How a question is put, and answered in a worked example, by name and language; `own` asks as the record does."""
Style = Literal["own", "clinicalgpt", "letters", "cot", "lm-eval", "medalpaca"]


class ExamPrompts(PromptSettings):
    """What there is to choose. `rotations`: a question is asked so many times, its options each time one place further."""

    prompt: Style = Field("own", description="whose words ask: own, as the records do")
    rotations: int = Field(
        1, ge=1, le=10, description="ask each question so many times, its options each time one place further"
    )


def _as_names(value: Any) -> Any:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


class ExamScores(ScoreSettings):
    """What there is to choose."""

    compat: Names = Field((), description=f"published scorers beside ours, with commas: {', '.join(MODES)}; all")
    macro: Literal["category", "subject", "step"] = Field(
        "category", description="macro_accuracy is the mean over its values: category, subject"
    )
    among: Names = Field((), description="of macro_accuracy: only these values, with commas")

    @field_validator("compat")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if names == ("all",):
            return tuple(MODES)
        if unknown := next((name for name in names if name not in MODES), None):
            raise ValueError(f"there is no scorer {unknown}; {suggestion(unknown, sorted(MODES))}")
        return names


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
        examples += [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": _say(shot, of_shot, settings.prompt)},
        ]
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
    prompt = _prompt(one, style)
    listed = "\n".join(prompt.option.format(letter=letter, text=text) for letter, text in choice.options.items())
    # what a question is about, where its record has that apart: the paper of a question of PubMedQA
    abstract = one.meta.get("abstract")
    about = f"Abstract: {abstract}\n" if isinstance(abstract, str) and abstract else ""
    return about + prompt.ask.format(question=choice.question, options=listed)


def _say(one: Sample, choice: Choice, style: str) -> str:
    """The right answer to a worked example, in the words of a style; `cot` comes to it by the explanation that the record has."""
    right = right_answer(choice.options, choice.letters, "", _prompt(one, style))
    explanation = one.meta.get("explanation") if style == "cot" else None
    return f"{explanation}\n{right}" if isinstance(explanation, str) and explanation else right


def _prompt(one: Sample, style: str) -> Prompt:
    by_lang = PROMPTS["clinicalgpt" if style == "own" else style]
    return by_lang["zh" if one.lang == "zh" else "en"]


STATES = ("read", "mixed", "abstained", "no_answer", "missing", "likelihoods")
"""`likelihoods`: nothing was generated, the model was asked for the likelihoods of the options alone."""
WAYS = ("constrained", "loglikelihood", "per_character", "per_byte")
"""By the likelihood of a letter; of an option's text; of that for each of its characters, and bytes."""


def score(given: Sequence[tuple[Sample, Answer]], settings: ExamScores) -> pl.DataFrame:
    """`extracted` (letters), `state` and, as numbers, `right`, `unread` (nothing can be read as an answer), `was_read`, `guess` (the chance of a
    blind guess, where nothing can be read); of each of WAYS `by_WAY`, the likeliest letter, and `right_WAY`, null where the model was not
    asked and of questions with several right options; of each published scorer `letters_NAME`, `right_NAME` and `luck_NAME` (right by its
    guess alone), null where it makes one of several answers."""
    given = [(sample, _with_usable(sample, answer)) for sample, answer in given]
    asked = any(answer.scores is not None for _, answer in given)
    rows = [(*_score(sample, answer), *_likeliest(sample, answer, asked)) for sample, answer in given]
    kinds: dict[str, Any] = {
        "extracted": pl.String, "state": pl.String, "right": pl.Float64, "unread": pl.Float64, "was_read": pl.Float64, "guess": pl.Float64,
        **{f"by_{way}": pl.String for way in WAYS}, **{f"right_{way}": pl.Float64 for way in WAYS},
    }  # fmt: skip
    frames = [pl.DataFrame(rows, schema=kinds, orient="row")]
    for name in settings.compat:
        columns = {f"letters_{name}": pl.String, f"right_{name}": pl.Float64, f"luck_{name}": pl.Float64}
        frames.append(pl.DataFrame(judge(MODES[name], given, settings.seed), schema=columns, orient="row"))
    return pl.concat(frames, how="horizontal")


def _with_usable(sample: Sample, answer: Answer) -> Answer:
    """The answer without likelihoods where neither those of all letters nor those of all texts are there."""
    options = sample.asked["options"]
    known = {letter for letter in options if answer.scores and answer.scores.get(letter) is not None}
    texts = {letter for letter in options if answer.scores and answer.scores.get(f"text:{letter}") is not None}
    return answer if len(options) in (len(known), len(texts)) else replace(answer, scores=None)


def _score(sample: Sample, answer: Answer) -> tuple[str, str, *tuple[float | None, ...]]:
    options: Mapping[str, str] = sample.asked["options"]
    key = sample.reference or ""
    chance = 1 / (len(options) if len(key) == 1 else 2 ** len(options) - 1)
    if answer.text is None:
        return ("", "missing", 0.0, 1.0, 0.0, chance) if answer.scores is None else ("", "likelihoods", *[None] * 4)
    chosen = read_letters(answer.text, Item("choice", options=options, right=key), sample.question)
    unread = float(chosen.state != "read")
    right = 0.0 if unread else float(chosen.letters == key)
    return chosen.letters, chosen.state, right, unread, 1.0 - unread, unread * chance


def _likeliest(sample: Sample, answer: Answer, asked: bool) -> tuple[Any, ...]:
    """The letters of WAYS, then whether each is right. Of equal likelihoods the first counts, as in lm-eval. A question without an answer is
    wrong where the others have likelihoods (`asked`)."""
    options, key = sample.asked["options"], sample.reference or ""
    nothing: list[str | None] = [None] * len(WAYS)
    if len(key) != 1 or (answer.scores is None and not (asked and answer.text is None)):
        return (*nothing, *nothing)
    if answer.scores is None:
        return (*nothing, *(0.0 for _ in WAYS))
    letters = _known(answer.scores, {letter: letter for letter in options})
    texts = _known(answer.scores, {letter: f"text:{letter}" for letter in options})
    found = [
        _highest(letters),
        _highest(texts),
        _highest({letter: value / len(options[letter]) for letter, value in texts.items()}),
        _highest({letter: value / len(options[letter].encode()) for letter, value in texts.items()}),
    ]
    return (*found, *(None if letter is None else float(letter == key) for letter in found))


def _known(scores: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """The likelihoods by letter; none where one is missing."""
    values = {letter: scores.get(name) for letter, name in names.items()}
    found = {letter: float(value) for letter, value in values.items() if value is not None}
    return found if len(found) == len(names) else {}


def _highest(scores: Mapping[str, float]) -> str | None:
    return max(scores, key=lambda letter: scores[letter], default=None)


def _with_guesses(sums: Floats) -> Floats:
    return divide(sums[..., 0] + sums[..., 1], sums[..., -1])


def metrics(settings: ExamScores, scores: pl.DataFrame) -> list[Metric]:
    """Accuracy with what cannot be read as wrong, left out, and as a guess; the share of it; the mean of the categories' accuracies; and
    accuracy by likelihoods and by published scorers, with what those owe to their guesses, where there are such."""
    found = [
        rate("accuracy", "right"),
        rate("unread", "unread", better=False),
        share("accuracy_of_read", "right", "was_read"),
        Metric("accuracy_with_guesses", ("right", "guess"), _with_guesses),
        macro("macro_accuracy", "right", settings.macro, settings.among),
    ]
    found += [rate(f"accuracy_{way}", f"right_{way}") for way in WAYS]
    for name in settings.compat:
        found += [
            rate(f"accuracy_{name}", f"right_{name}"),
            rate(f"luck_{name}", f"luck_{name}", better=False),
            macro(f"macro_accuracy_{name}", f"right_{name}", settings.macro, settings.among),
        ]
    values = scores["by"].str.json_path_match(f"$.{settings.macro}").drop_nulls().unique()
    if unknown := [name for name in settings.among if name not in values]:
        raise UsageError(
            f"among={','.join(settings.among)}: no question has the {settings.macro} {unknown[0]}; there are {', '.join(values.sort()) or 'none'}"
        )
    return [one for one in found if _says_something(one, scores, len(values))]


def _says_something(metric: Metric, scores: pl.DataFrame, values: int) -> bool:
    """Whether any sample has what the figure is of, any answer was guessed, and there are values to take a mean over."""
    if metric.name.startswith("luck_"):
        return bool(scores[metric.columns[0]].sum())
    return (metric.over is None or values > 1) and scores[metric.columns[0]].null_count() < scores.height


TASK = Task(
    about="Questions of exams, answered by the letters of their options.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=ExamPrompts,
    scoring=ExamScores,
    dimensions=("category", "subject", "choice", "rotation"),
)
