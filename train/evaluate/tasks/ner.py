"""Named entities by type, as ChiMed-GPT was asked for them: worked examples, and F1 of entities, word for word and where they overlap.

ChiMed-GPT (Tian et al. 2023) reports F1 on CCKS-2019 and ChiMST, few-shot; its prompt, its number of examples and how strictly it compares are not
published. Strict is the figure of CCKS: type and name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import polars as pl
from pydantic import Field

from kgtools.train.evaluate.entities.match import match_loosely, match_strictly
from kgtools.train.evaluate.entities.names import fold
from kgtools.train.evaluate.entities.typed import Entity, read_entities
from kgtools.train.evaluate.metric import Metric, rate
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, PromptSettings, Sample, ScoreSettings, Task
from kgtools.train.evaluate.tasks.meds_bench import f1_of_sums, precision_of_sums, recall_of_sums

PARTS = ("tp", "fp", "fn")
NONE = {"zh": "无", "en": "none"}
ASKS = {
    "zh": "请找出下面文本中的{types}。每种类型写一行，格式为“类型：实体、实体”；没有的写“无”。\n文本：{text}",
    "en": "Find the {types} in the text below. Write one line for each type, as `type: entity, entity`; write `none` where there is none.\n"
    "Text: {text}",
}
LABEL = re.compile(r"^[^\n:：]{0,12}实体(?:识别|抽取)[:：]\s*")
ASKING = re.compile(r"答[:：]|[^\n]{0,12}实体有哪些[?？]")
ASKED = re.compile(r"实体|选项|类型|问题")
"""How the templates of PromptCBLUE ask for entities."""
JOINS = {"zh": "、", "en": ", "}
COLON = {"zh": "：", "en": ": "}


class NerPrompts(PromptSettings):
    """What there is to choose. `types`: that are asked for; else those that a record names, or that its answer has."""

    prompt: Literal["lines", "own"] = Field("lines", description="whose words ask: own, as the records do")
    types: tuple[str, ...] = Field((), description="types of entities, where records name none: [疾病, 药物]")


class NerScores(ScoreSettings):
    """What there is to choose."""

    repeats: Literal["count", "once"] = Field(
        "count",
        description="count: an entity that stands twice must be said twice; once: each entity of a text counts once",
    )


def ask(one: Sample, shots: Sequence[Sample], settings: NerPrompts) -> list[Sample] | str:
    """The prompt of a record whose `meta` has `entities`, a list of `{type, text}`, and, where they are told, `types`, a list, and `text`; or
    whose answer is a line `type：entity、entity` for each of the types. Else why there is none."""
    types = _types_of(one, settings)
    right = _entities_of(one, types)
    if not types or right is None:
        return "no entities by type"
    asked = {"types": list(types), "entities": [list(entity) for entity in right], "text": _text_of(one)}
    if settings.prompt == "own" and not shots:
        return [replace(one, reference=_lines(right, types, one.lang), asked=asked)]
    messages: list[dict[str, str]] = []
    for shot in shots:
        of_shot = _types_of(shot, settings)
        entities = _entities_of(shot, of_shot)
        if entities is None:
            return "no worked example with entities by type"
        messages += [
            {"role": "user", "content": _put(shot, of_shot, settings)},
            {"role": "assistant", "content": _lines(entities, of_shot, shot.lang)},
        ]
    messages.append({"role": "user", "content": _put(one, types, settings)})
    return [replace(one, messages=tuple(messages), reference=_lines(right, types, one.lang), asked=asked)]


def kin(one: Sample, settings: NerPrompts) -> str | None:
    """Worked examples are of records with types, of the same set of PromptCBLUE where that tells; each is asked for its own types."""
    return str(one.meta.get("task_dataset") or "") if _types_of(one, settings) else None


def _types_of(one: Sample, settings: NerPrompts) -> tuple[str, ...]:
    of_ner = one.meta.get("task_type") == "ner"  # of PromptCBLUE, whose other tasks have choices that are no types
    known = settings.types or one.meta.get("types") or (of_ner and one.meta.get("answer_choices"))
    if not known:
        known = [str(entity["type"]) for entity in one.meta.get("entities") or ()]
    return tuple(dict.fromkeys(map(str, known)))


def _entities_of(one: Sample, types: Sequence[str]) -> list[Entity] | None:
    found = one.meta.get("entities")
    if isinstance(found, list):
        return [(str(entity["type"]), str(entity["text"])) for entity in found if entity["type"] in types]
    return read_entities(one.reference or "", types, _text_of(one)) if types else None


def _text_of(one: Sample) -> str:
    """What entities are looked for in: of PromptCBLUE without the words that ask for them."""
    if one.meta.get("text") or one.meta.get("task_type") != "ner":
        return str(one.meta.get("text") or one.question)
    types = [str(type_) for type_ in one.meta.get("answer_choices") or ()]
    lines = LABEL.sub("", one.question).split("\n")
    kept = [line for line in lines if line.strip() and not ASKING.fullmatch(line.strip()) and not _lists(line, types)]
    return "\n".join(kept) or one.question


def _lists(line: str, types: Sequence[str]) -> bool:
    """Whether a line names all types that are asked for, and that they are asked for."""
    return all(type_ in line for type_ in types) and ASKED.search(line) is not None


def _put(one: Sample, types: Sequence[str], settings: NerPrompts) -> str:
    if settings.prompt == "own":
        return one.question
    lang = _lang(one.lang)
    return ASKS[lang].format(types=JOINS[lang].join(types), text=_text_of(one))


def _lines(entities: Sequence[Entity], types: Sequence[str], lang: str) -> str:
    """The right answer, a line for each type."""
    lang = _lang(lang)
    by_type = {type_: [name for of, name in entities if of == type_] for type_ in types}
    return "\n".join(f"{type_}{COLON[lang]}{JOINS[lang].join(names) or NONE[lang]}" for type_, names in by_type.items())


def _lang(lang: str) -> str:
    return "zh" if lang == "zh" else "en"


def score(given: Sequence[tuple[Sample, Answer]], settings: NerScores) -> pl.DataFrame:
    """`state` (read, no_answer, missing), `extracted` (lines `type: name`), `unread` and, as numbers, `strict_tp`, `strict_fp`, `strict_fn`,
    `relaxed_tp` and so on, and for each type `strict_tp:TYPE` and so on."""
    types = sorted({type_ for sample, _ in given for type_ in sample.asked["types"]})
    names = [f"{how}_{part}" for how in MATCHES for part in PARTS] + [
        f"strict_{part}:{type_}" for type_ in types for part in PARTS
    ]
    kinds: dict[str, Any] = {"state": pl.String, "extracted": pl.String, "unread": pl.Float64} | dict.fromkeys(
        names, pl.Float64
    )
    rows = [_score(sample, answer, settings) for sample, answer in given]
    return pl.DataFrame([[row.get(name) for name in kinds] for row in rows], schema=kinds, orient="row")


def _score(sample: Sample, answer: Answer, settings: NerScores) -> dict[str, Any]:
    """An answer that cannot be read has no entity: all of the reference are missed."""
    types: list[str] = sample.asked["types"]
    read = read_entities(answer.text, types, sample.asked["text"]) if answer.text is not None else None
    said: list[Entity] = read or []
    right: list[Entity] = [(type_, name) for type_, name in sample.asked["entities"]]
    if settings.repeats == "once":
        said, right = _once(said), _once(right)
    state = "missing" if answer.text is None else "no_answer" if read is None else "read"
    row: dict[str, Any] = {
        "state": state, "extracted": "\n".join(f"{type_}: {name}" for type_, name in said), "unread": float(read is None),
    }  # fmt: skip
    for how, match in MATCHES.items():
        row |= {
            f"{how}_{part}": float(value) for part, value in match(said, right, sample.asked["text"])._asdict().items()
        }
    for type_ in types:
        counts = match_strictly([one for one in said if one[0] == type_], [one for one in right if one[0] == type_])
        row |= {f"strict_{part}:{type_}": float(value) for part, value in counts._asdict().items()}
    return row


MATCHES: Mapping[str, Callable[[Sequence[Entity], Sequence[Entity], str], Any]] = {
    "strict": lambda said, right, _: match_strictly(said, right),
    "relaxed": match_loosely,
}


def _once(entities: Sequence[Entity]) -> list[Entity]:
    return list({(type_, fold(name)): (type_, name) for type_, name in entities}.values())


def metrics(_: NerScores, scores: pl.DataFrame) -> list[Metric]:
    """Micro F1, precision and recall over documents; F1 of each type, of the documents that were asked for it."""
    values: dict[str, Callable[[Floats], Floats]] = {
        "f1": f1_of_sums,
        "precision": precision_of_sums,
        "recall": recall_of_sums,
    }
    found = [
        Metric(f"{how}_{name}", tuple(f"{how}_{part}" for part in PARTS), value)
        for how in MATCHES
        for name, value in values.items()
    ]
    types = [name.partition(":")[2] for name in scores.columns if name.startswith("strict_tp:")]
    of_types = [Metric(f"f1 {type_}", tuple(f"strict_{part}:{type_}" for part in PARTS), f1_of_sums) for type_ in types]
    return [*found, rate("unread", "unread", better=False), *(of_types if len(types) > 1 else [])]


TASK = Task(
    about="Named entities by type: F1, strict and relaxed, over documents.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=NerPrompts,
    scoring=NerScores,
    kin=kin,
)
