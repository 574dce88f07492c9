"""What is judged: an answer, or two to one prompt; what is asked of each, and the rows that it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.tools.errors import InputError
from kgtools.train.evaluate.judge import pairs, ratings
from kgtools.train.evaluate.judge.ask import Judgement, Judgements, Question
from kgtools.train.evaluate.judge.pairs import Combine
from kgtools.train.evaluate.judge.rubric import Rubric, render
from kgtools.train.evaluate.judge.tables import COMMON, dimensions_of
from kgtools.train.evaluate.task import Answer, Sample


@dataclass(frozen=True)
class Subject:
    """What is judged: an answer, or two to one prompt. `gone`: what a pair comes to without a judge, as an answer is missing."""

    sample: Sample
    number: int
    answer: Answer
    other: Answer | None = None

    @property
    def gone(self) -> str | None:
        """None where there is something to judge."""
        if self.other is None:
            return "missing" if self.answer.text is None else None
        if self.answer.text is not None and self.other.text is not None:
            return None
        return "tie" if self.answer.text == self.other.text else "lose" if self.answer.text is None else "win"


def pair_answers(
    first: Sequence[tuple[Sample, Answer]], second: Sequence[tuple[Sample, Answer]], a: Path, b: Path
) -> list[Subject]:
    """Pairs of answers to one prompt with one number; of prompts that both files answer. Raises InputError where one file has more answers to
    a prompt than the other."""
    others = {(one.id, answer.number): answer for one, answer in second}
    ids = {one.id for one, _ in first} & {one.id for one, _ in second}
    given = [(one, answer) for one, answer in first if one.id in ids]
    keys = {(one.id, answer.number) for one, answer in given}
    if uneven := sorted(keys ^ {key for key in others if key[0] in ids}):
        id_, number = uneven[0]
        raise InputError(
            f"{a} and {b}: only one of them has answer {number} to {id_}; let both models answer equally often"
        )
    return [Subject(one, answer.number, answer, others[one.id, answer.number]) for one, answer in given]


def questions_about(rubric: Rubric, one: Subject, place: int) -> list[Question]:
    """What is asked of a subject: of a pair both orders, of an answer to a checklist each criterion."""
    text, lang = one.answer.text or "", one.sample.lang
    if one.other is not None:
        other = one.other.text or ""
        data = [{"first": text, "second": other}, {"first": other, "second": text}]
    elif rubric.kind == "rating":
        data = [{"answer": text}]
    else:
        data = [{"answer": text, "criterion": each.criterion} for each in rubric.criteria_of(one.sample)]
    return [Question(place, turn, lang, tuple(render(rubric, one.sample, each))) for turn, each in enumerate(data)]


def gather(rubric: Rubric, subjects: Sequence[Subject], said: Judgements) -> list[list[Judgement] | None]:
    """What was said of each subject, in the order of its questions; None where nothing was asked."""
    found: list[list[Judgement] | None] = []
    for place, one in enumerate(subjects):
        count = (
            2 if rubric.kind == "pairwise" else 1 if rubric.kind == "rating" else len(rubric.criteria_of(one.sample))
        )
        found.append(None if one.gone else [said.by_key[place, turn] for turn in range(count)])
    return found


def make_common(
    subjects: Sequence[Subject], judged: Sequence[list[Judgement] | None], names: Sequence[str]
) -> pl.DataFrame:
    rows = []
    for one, said in zip(subjects, judged, strict=True):
        sample = one.sample
        rows.append((
            sample.id, sample.record, one.number, sample.source, sample.lang, sample.group, dimensions_of(sample, names), sample.reference,
            one.answer.text, one.other.text if one.other else None, [each.text for each in said or ()], [each.request for each in said or ()],
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=COMMON, orient="row")


def make_parts(
    rubric: Rubric, subjects: Sequence[Subject], judged: Sequence[list[Judgement] | None], how: Combine
) -> dict[str, tuple[list[int], pl.DataFrame]]:
    """The numbers of the whole, under no name, and of each aspect or tag: places of subjects and a row for each."""
    every = list(range(len(subjects)))
    if rubric.kind == "pairwise":
        names = {"": rubric.main, **{name: name for name in rubric.aspects}}
        return {
            key: (every, pl.DataFrame(
                [pairs.pair_row(said, one.gone, part, how) for one, said in zip(subjects, judged, strict=True)], schema=pairs.COLUMNS,
            ))
            for key, part in names.items()
        }  # fmt: skip
    if rubric.kind == "rating":
        groups = {"": rubric.aspects, **{name: (name,) for name in rubric.aspects}}
        return {
            key: (every, pl.DataFrame([ratings.rating_row(said, parts) for said in judged], schema=ratings.COLUMNS))
            for key, parts in groups.items()
        }
    criteria = [rubric.criteria_of(one.sample) for one in subjects]
    tags = sorted({tag for each in criteria for one in each for tag in one.tags})
    found = {}
    for tag in ("", *tags):
        places, rows = [], []
        for place, (each, said) in enumerate(zip(criteria, judged, strict=True)):
            chosen = [number for number, one in enumerate(each) if not tag or tag in one.tags]
            if chosen:
                places.append(place)
                part = None if said is None else [said[number] for number in chosen]
                rows.append(ratings.checklist_row(part, [each[number] for number in chosen]))
        found[tag] = (places, pl.DataFrame(rows, schema=ratings.COLUMNS))
    return found


def make_verdicts(
    rubric: Rubric, common: pl.DataFrame, judged: Sequence[list[Judgement] | None], parts: Mapping[str, pl.DataFrame]
) -> list[tuple[Any, ...]]:
    """The rows of `verdicts.parquet`; nothing of what no judge was asked."""
    rows: list[tuple[Any, ...]] = []
    keys = common.select("id", "sample", "source", "group", "by").rows()
    for place, ((id_, number, *about), said) in enumerate(zip(keys, judged, strict=True)):
        if said is None:
            continue
        if rubric.kind == "pairwise":
            found = [
                (name or rubric.main, *pairs.labels(scores.row(place, named=True))) for name, scores in parts.items()
            ]
        elif rubric.kind == "rating":
            found = [(name, *ratings.rating_label(said[0], name)) for name in rubric.aspects]
        else:
            found = [(str(turn), *ratings.met_label(one)) for turn, one in enumerate(said)]
        rows += [(id_, number, part, *about, label, value) for part, label, value in found]
    return rows
