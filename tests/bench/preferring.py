"""Preferences: can one who knows no medicine tell the better answer? Bags of characters and of names, on heads not learned from.

Each learns, for a template in a language, which answers are chosen and which rejected, every answer alone, from the preferences of four
fifths of the heads with all their faults, as a reward model does; then it scores both answers of the other heads: 50 % is a guess."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import polars as pl
from clock import print_aim, print_table
from graphs import Graphs
from numpy.typing import NDArray

from kgtools.templates.generate.make import generate
from kgtools.templates.pack import LANGUAGES, find_pack

AIM, FEWEST, FOLDS, STEPS, RATE, DECAY = 0.60, 200, 5, 60, 0.5, 1e-4
SEED, MAX_TAILS = 7, 12
PACKS = ("clinicalgpt", "extended")
Bags = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The features of all answers one after another, and for each the number of its answer."""


def bench(graphs: Graphs, scratch: Path, _rounds: int) -> None:
    """Print how often the better answer is told, by fault and template."""
    store = graphs.store(scratch / "graph")
    packs = [find_pack(name) for name in PACKS]
    result = generate(store, packs, LANGUAGES, None, SEED, MAX_TAILS, task="preference")
    report(result.records, graphs.whole)


def report(pairs: pl.DataFrame, whole: bool) -> None:
    """The table for preferences, and the aim where there are enough of them."""
    template = pl.col("template").str.extract(r"/(.+)\.\w+#\d+$")
    fault = pl.col("meta").str.json_path_match("$.fault")
    by_template = pairs.with_columns(template.alias("name")).partition_by("lang", "name", as_dict=True)
    rows, worst = [], 0.0
    for (lang, name), some in sorted(by_template.items()):
        letters, names = right(some, letters_of(some)), right(some, names_of(some))
        told = some.select(fault.alias("fault")).with_columns(pl.Series("letters", letters), pl.Series("names", names))
        means = told.group_by("fault").agg(pl.len(), pl.col("letters", "names").mean()).sort("fault")
        for kind, count, by_letters, by_names in means.iter_rows():
            rows.append((lang, name, kind, f"{count:,}", f"{by_letters:.1%}", f"{by_names:.1%}"))
            worst = max(worst, by_letters, by_names) if count >= FEWEST else worst
    columns = ("language", "template", "fault", "preferences", "by characters", "by names")
    print_table(f"PREFER  the better of {pairs.height:,} pairs, told without medicine", columns, rows)
    if whole:
        aim = f"at most {AIM:.0%} told, wherever there are {FEWEST} preferences: {worst:.1%}"
        print_aim(aim, worst <= AIM)


def letters_of(pairs: pl.DataFrame) -> Bags:
    """The characters of each answer, the chosen ones first."""
    return _bags([list(side[0]["content"]) for name in ("chosen", "rejected") for side in pairs[name].to_list()])


def names_of(pairs: pl.DataFrame) -> Bags:
    """The names by which each answer differs from the other one, the chosen ones first."""
    told = [orjson.loads(meta) for meta in pairs["meta"]]
    return _bags([about[side] or [] for side in ("unsaid", "wrong") for about in told])


def _bags(answers: Sequence[Sequence[str]]) -> Bags:
    known: dict[str, int] = defaultdict(lambda: len(known))
    features = [known[each] for answer in answers for each in answer]
    return np.array(features, dtype=np.int64), np.repeat(np.arange(len(answers)), [len(answer) for answer in answers])


def right(pairs: pl.DataFrame, bags: Bags) -> NDArray[np.float64]:
    """For each pair 1 where a model of the other heads scores the chosen answer higher, 0 where lower, 0.5 where it cannot tell."""
    features, answers = bags
    count = pairs.height
    heads = [str(orjson.loads(meta)["head"]) for meta in pairs["meta"]]
    fold = np.array([zlib.crc32(head.encode()) % FOLDS for head in heads])
    label = np.repeat([1.0, 0.0], count)
    found = np.full(count, 0.5)
    for held in range(FOLDS):
        learned = np.tile(fold != held, 2)
        inside = learned[answers]
        weights = learn(features[inside], answers[inside], label, learned, features.max(initial=0) + 1)
        score = np.bincount(answers, weights[features], 2 * count)
        gap = score[:count] - score[count:]
        told = np.where(np.abs(gap) < 1e-9, 0.5, gap > 0)
        found[fold == held] = told[fold == held]
    return found


def learn(
    features: NDArray[np.int64],
    answers: NDArray[np.int64],
    label: NDArray[np.float64],
    learned: NDArray[np.bool_],
    size: int,
) -> NDArray[np.float64]:
    """The weights of a logistic regression on counts, by gradient descent with a step of its own for each feature (Adagrad)."""
    weights, bias, steps = np.zeros(size), 0.0, np.full(size, 1e-8)
    number = max(1, int(learned.sum()))
    for _ in range(STEPS):
        score = np.bincount(answers, weights[features], len(label)) + bias
        error = np.where(learned, 1 / (1 + np.exp(-np.clip(score, -30, 30))) - label, 0.0)
        slope = np.bincount(features, error[answers], size) / number + DECAY * weights
        steps += slope**2
        weights -= RATE * slope / np.sqrt(steps)
        bias -= RATE * float(error.sum()) / number
    return weights
