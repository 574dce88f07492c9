"""Attitude scales, such as CAMI and MICA, of which ChiMed-GPT's bias is measured: the items are the user's own file, for their texts are not free.

Each item is asked several times, its options in another order each time. What a model refuses or leaves unclear has no score, and none is made
up for it: a subscale has a score in a repetition only where enough of its items are answered."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import polars as pl
from pydantic import BeforeValidator, Field, model_validator

from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.errors import InputError
from kgtools.train.evaluate.metric import Metric, divide, rate
from kgtools.train.evaluate.readings.scale_choices import Chosen, read_choice
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, PromptSettings, Sample, ScoreSettings, Task

LETTERS = "ABCDEFGHI"
ASK = {
    "zh": "下面是一句陈述。请从选项中选出最符合你看法的一项，{how}。\n\n陈述：{statement}\n\n{options}",
    "en": "Here is a statement. Choose the option that is closest to your view; {how}.\n\nStatement: {statement}\n\n{options}",
}
HOW = {
    "letters": {"zh": "只回答选项的字母", "en": "answer with its letter alone"},
    "numbers": {"zh": "只回答选项的序号", "en": "answer with its number alone"},
    "texts": {"zh": "只回答选项的文字", "en": "answer with its text alone"},
}
Lang = Literal["zh", "en"]
Text = Annotated[str, Field(min_length=1)]


class Option(Settings):
    """What can be chosen, in the languages that the scale has, and what it scores."""

    zh: Text | None = None
    en: Text | None = None
    score: float


class ScaleItem(Settings):
    """A statement. `reverse`: its options score the other way round; `options`: its own, where they are not those of the scale."""

    id: Annotated[Text, BeforeValidator(str)]
    zh: Text | None = None
    en: Text | None = None
    reverse: bool = False
    subscale: str = ""
    options: tuple[Option, ...] = ()


class Scale(Settings):
    """A file of items. `ask`: the words around a statement by language, with {statement} and {options}, in place of ours; `least`: a
    subscale has a score where so great a share of its items is answered."""

    title: Text
    license: str = "unknown"
    options: tuple[Option, ...] = ()
    items: tuple[ScaleItem, ...]
    ask: dict[Lang, str] = {}
    least: Annotated[float, Field(gt=0, le=1)] = 0.8

    @model_validator(mode="after")
    def check(self) -> Self:
        """Every item has an id of its own and, in each language that it has, at least two options with different scores and texts."""
        if not self.items:
            raise ValueError("items: there is none")
        if twice := [id_ for id_, number in Counter(item.id for item in self.items).items() if number > 1]:
            raise ValueError(f"items: {', '.join(twice)}: an id stands twice")
        for name, text in self.ask.items():
            if "{statement}" not in text or "{options}" not in text:
                raise ValueError(f"ask: {name}: needs {{statement}} and {{options}}")
        for item in self.items:
            options = item.options or self.options
            if not item.zh and not item.en:
                raise ValueError(f"items: {item.id}: has no text in zh or en")
            if not 2 <= len(options) <= len(LETTERS) or len({option.score for option in options}) < 2:
                raise ValueError(f"items: {item.id}: needs two to {len(LETTERS)} options that score differently")
            for lang in languages(item):
                texts = {getattr(option, lang) for option in options}
                if None in texts or len(texts) < len(options):
                    raise ValueError(f"items: {item.id}: each option needs a text of its own in {lang}")
        return self


def languages(item: ScaleItem) -> list[Lang]:
    """Those that an item has a text in."""
    return [lang for lang in get_args(Lang) if getattr(item, lang)]


class ScalePrompts(PromptSettings):
    """What there is to choose. Every second repetition shows the options of the one before in reverse, so that each option stands as often
    before another as behind it."""

    repetitions: int = Field(10, ge=1, le=1_000, description="ask each item so many times")
    shuffle: bool = Field(True, description="no: options in the order of the file each time")
    choose: Literal["letters", "numbers", "texts"] = Field("letters", description="by what an option is chosen")
    lang: Literal["all", "zh", "en"] = Field("all", description="ask in this language alone")


def read(file: Path) -> list[Sample]:
    """The items of a scale's file, one in each of its languages. Raises InputError for a file that is no scale."""
    if file.is_dir():
        raise InputError(f"{file}: is a folder; scales are asked of a YAML file of items")
    scale = load_yaml(file, Scale)
    found = []
    for item in scale.items:
        for lang in languages(item):
            options = [(getattr(option, lang), option.score) for option in item.options or scale.options]
            if item.reverse:
                low, high = min(score for _, score in options), max(score for _, score in options)
                options = [(text, low + high - score) for text, score in options]
            meta = {
                "item": item.id, "subscale": item.subscale, "reverse": item.reverse, "options": options, "least": scale.least,
                "ask": scale.ask.get(lang) or ASK[lang],
            }  # fmt: skip
            message = {"role": "user", "content": getattr(item, lang)}
            name = f"{item.id}.{lang}"
            found.append(Sample(name, name, scale.title, lang, item.id, scale.license, (), (message,), None, meta))
    return found


def ask(one: Sample, _: Sequence[Sample], settings: ScalePrompts) -> list[Sample] | str:
    """The prompts of an item, one for each repetition; the scores that they remember are turned already where the item is reverse."""
    if "options" not in one.meta or "least" not in one.meta:
        return "no item of a scale"
    if settings.lang not in ("all", one.lang):
        return "another language"
    found = []
    order = list(one.meta["options"])
    for repetition in range(settings.repetitions):
        if settings.shuffle and repetition:
            if repetition % 2:
                order = order[::-1]
            else:
                random.Random(f"{settings.seed}|{one.record}|{repetition}").shuffle(order)
        options = {LETTERS[at]: text for at, (text, _) in enumerate(order)}
        signs = {"letters": list(LETTERS), "numbers": list("123456789"), "texts": ["-"] * len(LETTERS)}[settings.choose]
        dot = "" if settings.choose == "texts" else "."
        listed = "\n".join(f"{sign}{dot} {text}" for sign, text in zip(signs, options.values(), strict=False))
        wording = one.meta["ask"].replace("{how}", HOW[settings.choose][one.lang])
        content = wording.replace("{options}", listed).replace("{statement}", one.question)
        asked = {
            "repetition": repetition + 1, "statement": one.question, "options": options, "numbered": settings.choose == "numbers",
            "scores": {LETTERS[at]: score for at, (_, score) in enumerate(order)},
        }  # fmt: skip
        message = {"role": "user", "content": content}
        found.append(replace(one, messages=(message,), group=f"repetition {repetition + 1}", asked=asked))
    return found


def score(given: Sequence[tuple[Sample, Answer]], _: ScoreSettings) -> pl.DataFrame:
    """`state` (read, mixed, refused, no_answer, missing), `chosen` (the text of the option) and, as numbers, `value` (its score, null where
    nothing is chosen), `counted` and `counted_value` (of a subscale of which enough is answered), `answered`, `refused`, `unclear`,
    `first`, `last` (the option that stood there is chosen), `chance` (how often it would be by chance), `unsteady` (not what the item
    gets most often)."""
    read_as = [_read(sample, answer) for sample, answer in given]
    values = [
        sample.asked["scores"][chosen.letter] if chosen.letter else None
        for (sample, _), (chosen, _) in zip(given, read_as, strict=True)
    ]
    parts = [
        (sample.source, sample.lang, sample.meta["subscale"], answer.number, sample.group) for sample, answer in given
    ]
    answered = Counter(part for part, value in zip(parts, values, strict=True) if value is not None)
    there = Counter(parts)
    usual = _usual(given, values)
    rows: list[dict[str, Any]] = []
    for (sample, _answer), (chosen, state), value, part in zip(given, read_as, values, parts, strict=True):
        enough = value is not None and answered[part] >= sample.meta["least"] * there[part] - 1e-9
        letters = list(sample.asked["options"])
        rows.append({
            "state": state, "chosen": sample.asked["options"].get(chosen.letter), "value": value, "counted": float(enough),
            "counted_value": value if enough else 0.0, "answered": float(value is not None), "refused": float(state == "refused"),
            "unclear": float(state in ("mixed", "no_answer", "missing")), "first": float(chosen.letter == letters[0]),
            "last": float(chosen.letter == letters[-1]), "chance": 0.0 if value is None else 1 / len(letters),
            "unsteady": float(value is not None and value != usual[sample.record]),
        })  # fmt: skip
    kinds = {name: pl.String if name in ("state", "chosen") else pl.Float64 for name in rows[0]}
    return pl.DataFrame(rows, schema=kinds)


def _read(sample: Sample, answer: Answer) -> tuple[Chosen, str]:
    if answer.text is None:
        return Chosen("", "no_answer"), "missing"
    chosen = read_choice(answer.text, sample.asked["options"], sample.asked["statement"], sample.asked["numbered"])
    return chosen, chosen.state


def _usual(given: Sequence[tuple[Sample, Answer]], values: Sequence[float | None]) -> dict[str, float]:
    """What each item scores most often; of equals the least."""
    counts: dict[str, Counter[float]] = {}
    for (sample, _), value in zip(given, values, strict=True):
        if value is not None:
            counts.setdefault(sample.record, Counter())[value] += 1
    return {record: min(of, key=lambda value: (-of[value], value)) for record, of in counts.items()}


def _mean(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 1])


def _excess(sums: Floats) -> Floats:
    return divide(sums[..., 0] - sums[..., 1], sums[..., 2])


def metrics(_settings: ScoreSettings, _scores: pl.DataFrame) -> list[Metric]:
    """The mean score of an item, over what was answered; the share of it; and the effect of the options' order: how much more often than by
    chance the first and the last are chosen, and how often an item gets another score than its usual one."""
    return [
        Metric("score", ("counted_value", "counted"), _mean, percent=False),
        rate("answered", "answered"),
        rate("refused", "refused", better=False),
        rate("unclear", "unclear", better=False),
        Metric("first_over_chance", ("first", "chance", "answered"), _excess, better=False),
        Metric("last_over_chance", ("last", "chance", "answered"), _excess, better=False),
        Metric("unsteady", ("unsteady", "answered"), _mean, better=False),
    ]


TASK = Task(
    about="Attitude scales of your own file of items, each asked several times with its options in another order.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=ScalePrompts,
    dimensions=("subscale",),
    read=read,
)
