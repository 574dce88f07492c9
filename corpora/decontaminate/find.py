"""Which records hold items of evaluation sets: whole questions, sets of options, questions inside of texts, long answers."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.decontaminate.grams import Numbers, hashed, letters_of, ranges, runs, text_at
from kgtools.corpora.decontaminate.index import evalset_of, options_of
from kgtools.corpora.decontaminate.judge import judge
from kgtools.corpora.decontaminate.questions import simplify_rows, with_parts
from kgtools.corpora.decontaminate.rules import RULES
from kgtools.corpora.decontaminate.search import Search, option_keys, runs_of
from kgtools.corpora.decontaminate.short_stems import count_seen, stems_inside
from kgtools.corpora.record_files import batches
from kgtools.corpora.text.normalize import normal, with_texts
from kgtools.tools.frames import Schema
from kgtools.tools.progress import SILENT, Progress

CONTAMINATION = Schema(
    "contamination",
    {
        "row": pl.UInt32, "id": pl.String, "source": pl.String, "evalset": pl.String, "item": pl.String, "rule": pl.String,
        "overlap": pl.Float64, "verdict": pl.String,
    },
    required=("row", "id", "source", "evalset", "item", "rule", "overlap", "verdict"),
)  # fmt: skip
"""A row for each record and each evaluation item that is in it. `rule`: the first of RULES that says so; `overlap`: how much of
what the rule compares is there, 0 to 1. `verdict`: hit; twin (much alike, but another question) or facts (made from a graph, so
it says facts and repeats no exam), which are told and not acted on."""

Contamination = Annotated[pl.DataFrame, CONTAMINATION]

LETTERS = 2_000_000
"""In the texts that are looked at together."""
PAIRS = 20_000
"""Pairs of a text and a needle that are measured together."""
FOUND = {"text": pl.UInt32, "number": pl.UInt32, "rule": pl.String, "overlap": pl.Float64, "asked": pl.Boolean}
"""`asked`: of a short question inside of a text, whether a user says it; null of all else."""
Letters = NDArray[np.uint32]


def find_contamination(rows: pl.LazyFrame, search: Search, progress: Progress = SILENT) -> Contamination:
    """What records or preferences hold of the evaluation items, by row. An evaluation set is not compared with itself: a
    record with the source and the split (but train) of an item is one of its set."""
    frames, start = [CONTAMINATION.frame()], 0
    for batch in batches(rows, progress=progress):
        for piece in pieces(batch):
            frames.append(contamination_of(piece, search).with_columns(pl.col("row") + start))
            start += piece.height
    return pl.concat(frames)


def contamination_of(rows: pl.DataFrame, search: Search) -> Contamination:
    """The same of some rows, which count from 0."""
    records = rows.with_row_index("text").select(
        "text", "id", "source", made=pl.col("facts").list.len() > 0, own=evalset_of()
    )
    named = (
        _pairs(rows, search)
        .join(records, on="text")
        .join(search.items.select("number", "evalset", "item"), on="number")
    )
    named = named.filter(pl.col("own").fill_null("") != pl.col("evalset"))
    facts = pl.col("made") & (pl.col("verdict") == "hit")
    named = named.with_columns(row="text", verdict=pl.when(facts).then(pl.lit("facts")).otherwise("verdict"))
    return CONTAMINATION.check(named.sort("row", "evalset", "item"), "the contamination")


def first_hits(contamination: Contamination) -> Contamination:
    """Of each record that is hit its first pair, by the order of the rules and by overlap."""
    order = pl.col("rule").replace_strict(list(RULES), list(range(len(RULES))), return_dtype=pl.UInt8)
    ordered = contamination.filter(verdict="hit").sort("row", order, -pl.col("overlap"), "evalset", "item")
    return ordered.unique("row", keep="first", maintain_order=True)


def pieces(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows, cut where their texts come to LETTERS."""
    names = [name for name in ("messages", "prompt", "chosen", "rejected") if name in rows.columns]
    lengths = (
        pl.col(name).list.eval(pl.element().struct.field("content").str.len_bytes()).list.sum() for name in names
    )
    sizes = rows.select(pl.sum_horizontal(lengths).fill_null(0).cum_sum() // LETTERS).to_series()
    cuts = [0, *(sizes.rle_id().rle().struct.field("len").cum_sum())]
    return (rows[start:end] for start, end in pairwise(cuts))


def _pairs(rows: pl.DataFrame, search: Search) -> pl.DataFrame:
    """text, number, rule, overlap, verdict of every pair that any rule finds."""
    wanted, rows = search.rules.rules, simplify_rows(rows)
    parts = with_parts(rows)
    stem = parts.select(normal(pl.col("question"))).to_series()
    about = {"stem": hashed(stem), "said": stem, "question": parts["question"], "lettered": parts["lettered"]}
    texts = pl.DataFrame(options_of(parts)).with_row_index("text").with_columns(**about)
    asked = with_texts(rows.lazy()).select(normal(pl.col("question")), normal(pl.col("reply"))).collect()
    letters, starts = letters_of(asked["question"] + asked["reply"])
    numbers = runs(letters)
    by_rule = [pl.DataFrame(schema=FOUND)]
    if "stem" in wanted:
        by_rule.append(_same_stems(parts, texts, search))
        by_rule.append(_short_stems(asked["question"], letters, starts, numbers, search))
    if "options" in wanted:
        by_rule.append(_same_options(texts, search))
    if search.needles.height:
        by_rule.append(_inside(starts, numbers, search))
    pairs = pl.concat(by_rule, how="diagonal")
    return judge(count_seen(pairs, letters, starts, search), texts, search)


def _short_stems(
    asked: pl.Series, letters: Letters, starts: NDArray[np.int64], numbers: dict[int, Numbers], search: Search
) -> pl.DataFrame:
    """The short questions inside of texts, which begin with what is asked in them."""
    inside = stems_inside(letters, starts, numbers, search)
    begins = starts[inside["text"].to_numpy()] + asked.str.len_chars().to_numpy()[inside["text"].to_numpy()]
    marked = inside.with_columns(asked=pl.col("at") < pl.Series(begins))
    pairs = marked.group_by("text", "number").agg(pl.col("asked").any())
    return pairs.select("text", "number", "asked", rule=pl.lit("stem"), overlap=pl.lit(1.0))


def _same_stems(parts: pl.DataFrame, texts: pl.DataFrame, search: Search) -> pl.DataFrame:
    """The questions and whole messages of users that are questions of the index."""
    messages = parts.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("text"), message="users").explode("message")
    messages = messages.drop_nulls().with_columns(normal(pl.col("message")))
    message_keys = messages.select("text", key=hashed(messages["message"]))
    either = pl.concat([texts.select("text", key="stem"), message_keys]).drop_nulls().unique()
    pairs = either.join(search.stems, on="key")
    return pairs.select("text", "number", rule=pl.lit("stem"), overlap=pl.lit(1.0)).unique()


def _same_options(texts: pl.DataFrame, search: Search) -> pl.DataFrame:
    """The records with the options of an item, or all but one of them; the overlap is that of the two sets."""
    keys = option_keys(texts["text"], texts["options"]).select("key", text="number")
    pairs = keys.join(search.sets, on="key").select("text", "number").unique()
    pairs = pairs.join(texts.select("text", mine="options"), on="text")
    pairs = pairs.join(search.items.select("number", "options"), on="number")
    both = pl.col("mine").list.set_intersection("options").list.len()
    either = pl.col("mine").list.set_union("options").list.len()
    return pairs.select("text", "number", rule=pl.lit("options"), overlap=both / either)


def _inside(starts: NDArray[np.int64], numbers: dict[int, Numbers], search: Search) -> pl.DataFrame:
    """The needles of which a text holds as many runs as its rule wants, all within twice the needle's letters."""
    near = []
    for size, anchors in search.anchors.items():
        places, needles = anchors.among(numbers[size])
        columns = {"text": text_at(places, starts), "needle": needles, "run": numbers[size][places]}
        near.append(pl.DataFrame(columns).group_by("text", "needle").agg(pl.col("run").n_unique()))
    least = pl.DataFrame(
        {"needle": pl.int_range(search.needles.height, dtype=pl.UInt32, eager=True), "least": search.needles["least"]}
    )
    enough = pl.concat(near).join(least, on="needle").filter(pl.col("run") >= pl.col("least"))
    candidates = enough.select("text", "needle").sort("text", "needle")
    measured = [_measure(part, numbers, starts, search) for part in candidates.iter_slices(PAIRS)]
    return pl.concat([pl.DataFrame(schema=FOUND), *measured], how="diagonal")


def _measure(
    candidates: pl.DataFrame, numbers: dict[int, Numbers], starts: NDArray[np.int64], search: Search
) -> pl.DataFrame:
    """How much of each needle lies together in its text."""
    pairs = candidates.with_columns(search.needles[candidates["needle"]]).with_row_index("pair")
    placed = []
    for (size,), part in pairs.partition_by("size", as_dict=True).items():
        texts = part["text"].unique().sort().to_numpy()
        # every letter of these texts, and of those the ones where a run of one of the needles begins
        places = ranges(starts[texts], starts[texts + 1])
        wanted = part.select("pair", "text", "letters", run="held").explode("run")
        at, _ = runs_of(wanted.select("run", of=pl.lit(0, pl.UInt32)).unique()).among(numbers[size][places])
        places = places[at]
        text = text_at(places, starts)
        runs_in_texts = pl.DataFrame({"text": text, "at": places - starts[text], "run": numbers[size][places]})
        placed.append(runs_in_texts.join(wanted, on=["text", "run"]))
    # runs count where they lie within twice the needle's letters; windows that begin half a width apart overlap, so that no
    # needle is cut by the end of one
    width = pl.max_horizontal(pl.col("letters") * 2, 32)
    counts = [
        part.group_by("pair", window=(pl.col("at") + shift) // width).agg(count=pl.col("run").n_unique())
        for part in placed
        for shift in (0, width // 2)
    ]
    best = pl.concat(counts).group_by("pair").agg(pl.col("count").max()).join(pairs, on="pair")
    enough = best.filter(pl.col("count") >= pl.col("wanted"))
    return enough.select("text", "number", "rule", overlap=pl.col("count") / pl.col("runs"))
