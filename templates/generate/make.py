"""A graph and template packs into records with their whole lineage."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from kgtools.kg.stores import Readable
from kgtools.templates.coverage.ledger import COVERAGE, Fates
from kgtools.templates.facts import GraphView, view
from kgtools.templates.generate.candidates import Candidates, find_candidates, queried
from kgtools.templates.generate.groups import FactGroups
from kgtools.templates.generate.permute import permute_answers
from kgtools.templates.generate.records import make_records
from kgtools.templates.generate.spill import AT_ONCE, TOGETHER, Ranges, Scratch, Spill
from kgtools.templates.generate.tables import GenerateCounts, RecordTables
from kgtools.templates.generate.workers import Texts, render_batches
from kgtools.templates.holdout.asked import NOTHING, HoldOut
from kgtools.templates.holdout.mark import COLUMN, apart, tying_facts
from kgtools.templates.holdout.proof import prove
from kgtools.templates.pack import LANGUAGES, Pack
from kgtools.templates.preferences.balance import lengths, names
from kgtools.templates.preferences.rejected import Rejections
from kgtools.templates.select import Selection
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.cypher.make import execute_some
from kgtools.templates.tasks.draw import Drawn, Sample, SourceCounts
from kgtools.templates.tasks.plan import Plan
from kgtools.templates.tasks.records import count_distractors, list_names
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.memory import give_back_now
from kgtools.tools.progress import SILENT, Progress

NO_CAPS, DEFAULT_ITEMS = Sample(), ItemOptions()


def generate(
    store: Readable,
    packs: list[Pack],
    langs: tuple[str, ...],
    count: int | None,
    seed: int,
    max_tails: int,
    workers: int = 1,
    task: str = "qa",
    drop: str | None = None,
    progress: Progress = SILENT,
    sample: Sample = NO_CAPS,
    items: ItemOptions = DEFAULT_ITEMS,
    hold_out: HoldOut = NOTHING,
    permute: bool = False,
    beside: Path | None = None,
) -> RecordTables:
    """Records or preferences in a seeded order, and what became of every fact. The same settings give the same bytes.

    `task`: `qa`, `preference`, or tasks with shares (`qa=0.5,mcq=0.5`); `drop`: what is left out, as `--drop` says it; by default
    what each pack leaves out. What memory does not hold waits in a folder `beside` the output, or where temporary files are."""
    plan = Plan.of(task, replace(sample, count=count), items, hold_out, permute)
    _refuse_wrong(langs, max_tails, workers, count)
    graph = view(store)
    graph, permuted = permute_answers(graph, seed) if plan.permute else (graph, None)
    scratch = Scratch(beside)
    spill, fates = Spill(scratch.path / "asked"), Fates(graph, langs)
    candidates = find_candidates(store, graph, packs, langs, seed, max_tails, drop, plan, spill, fates, progress)
    if sum(candidates.drawn.records.values()) > AT_ONCE:
        give_back_now()
    ties, sources = FactGroups(graph.facts["id"], graph.pairs), SourceCounts(graph.facts["mask"], graph.licenses)
    for each in candidates.selections:
        selection = candidates.load(each, ["key", "facts", COLUMN])
        ties.tie(tying_facts(selection))
        if plan.sample.stratify or plan.sample.per_source:
            sources.add(selection)
    counts = GenerateCounts(0, {}, {}, {}, permuted=permuted)
    made = candidates
    if plan.makes_preferences:
        made, refused = _reject(candidates, graph, seed, spill)
        counts = replace(counts, refused=refused)
    keys = []
    for each in made.selections:
        selection = made.load(each, ["key", "facts"])
        fates.add(selection)
        keys.append(selection.groups["key"].to_numpy())
    coverage = COVERAGE.check(fates.table(), "the coverage")
    ranges = Ranges(scratch.path / "ranges", keys)
    progress.start("rendering", sum(map(len, keys)), "records")
    with ThreadPoolExecutor() as pool:  # polars works outside of the lock
        for chunks, texts in render_batches(in_batches(made), workers, progress):
            ranges.put(pl.concat(pool.map(partial(_make, graph, ties, plan.permute, texts), chunks)))
    files = []
    for number, part in enumerate(ranges.sort()):
        files.append(scratch.path / f"{number:06}.parquet")
        write_table(plan.table.check(part, f"the {plan.table.noun}"), files[-1], compression="uncompressed")
    tables = RecordTables(plan.table, tuple(files), coverage, counts, None, scratch)
    counts = _counts(tables.scan(), coverage, counts)
    if plan.hold_out:
        crossing = sum(each.kept.crossing for each in candidates.selections)
        counts = replace(counts, hold_out=prove(tables.scan(), graph, candidates.held, crossing).to_dict())
    if plan.makes_preferences:
        pairs = tables.scan().collect()
        counts = replace(counts, lengths=lengths(pairs), names=names(pairs))
    if plan.sample.stratify or plan.sample.per_source:
        counts = replace(counts, by_source=sources.to_dict())
    if not plan.asked_tasks:
        return replace(tables, counts=counts)
    by_task = _by_task(tables.scan(), plan)
    counts = replace(counts, by_task=by_task, distractors=count_distractors(tables.scan()))
    if "cypher" in plan.shares:
        queries = (made.load(each, ["key", "facts", "meta"]) for each in made.selections if each.task == "cypher")
        counts = replace(counts, executed=execute_some(queried(store), queries))
    types = {t.info.tail or t.info.head for t in candidates.templates} | {t.info.head for t in candidates.templates}
    types |= set(graph.entities["type"]) if "explain" in plan.item_tasks else set()
    return replace(tables, counts=counts, names=list_names(graph, types))


def _reject(
    candidates: Candidates, graph: GraphView, seed: int, spill: Spill
) -> tuple[Candidates, dict[str, dict[str, int]]]:
    """The questions that are kept, each with a wrong answer, and why others were refused."""
    rejections = Rejections(graph, seed)
    found = [
        spill.put(each.task, rejections.find(side, closed))
        for each in candidates.selections
        for side, closed in apart(candidates.load(each), candidates.held)
    ]
    return replace(candidates, selections=found, drawn=Drawn(None, {})), rejections.refused


OTHER_ANSWER = {"preference": "rejected", "truefalse": "truth"}
"""Tasks whose records say two things of a head, and the column of the second."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a selection, whose records are made together. `texts`, `others`: where among the texts of a batch theirs are."""

    task: str
    selection: Selection
    texts: int
    others: int | None


def in_batches(candidates: Candidates) -> Iterator[tuple[list[Chunk], list[Selection]]]:
    """About so many records at a time as memory holds, and what is rendered for them."""
    chunks: list[Chunk] = []
    wanted: list[Selection] = []
    for each in candidates.selections:
        selection = candidates.load(each)
        for groups in selection.groups.iter_slices(TOGETHER):
            part = replace(selection, groups=groups, left_out=selection.left_out.clear())
            other = OTHER_ANSWER.get(each.task)
            chunks.append(Chunk(each.task, part, len(wanted), len(wanted) + 1 if other else None))
            wanted += [part, _with_tails(part, other)] if other else [part]
            if sum(chunk.selection.groups.height for chunk in chunks) >= TOGETHER:
                yield chunks, wanted
                chunks, wanted = [], []
    if chunks:
        yield chunks, wanted


def _make(graph: GraphView, ties: FactGroups, permuted: bool, texts: list[Texts], chunk: Chunk) -> pl.DataFrame:
    other = None if chunk.others is None else texts[chunk.others]
    return make_records(graph, ties, chunk.task, chunk.selection, texts[chunk.texts], other, permuted)


def count_plan(
    store: Readable,
    packs: list[Pack],
    langs: tuple[str, ...],
    seed: int,
    max_tails: int,
    task: str,
    drop: str | None = None,
    progress: Progress = SILENT,
    sample: Sample = NO_CAPS,
    items: ItemOptions = DEFAULT_ITEMS,
    hold_out: HoldOut = NOTHING,
) -> pl.DataFrame:
    """How many records a run would make, without making them: `task`, `relation`, `lang`, `records`, in this order.

    Of preferences it is how many questions there are; to some of these no answer is surely wrong."""
    plan = Plan.of(task, sample, items, hold_out)
    _refuse_wrong(langs, max_tails)
    graph, scratch = view(store), Scratch()
    spill, fates = Spill(scratch.path / "asked"), Fates(graph, langs)
    candidates = find_candidates(store, graph, packs, langs, seed, max_tails, drop, plan, spill, fates, progress)
    schema = {"task": pl.String, "relation": pl.String, "lang": pl.String, "records": pl.Int64}
    rows = [
        (
            each.task,
            each.kept.template.info.topic,
            each.kept.template.lang,
            candidates.drawn.records.get((each.task, each.at), 0),
        )
        for each in candidates.selections
    ]
    counted = pl.DataFrame(rows, schema, orient="row").group_by("task", "relation", "lang").agg(pl.col("records").sum())
    return counted.filter(pl.col("records") > 0).sort("task", "relation", "lang")


def _refuse_wrong(langs: tuple[str, ...], max_tails: int, workers: int = 1, count: int | None = None) -> None:
    for lang in langs:
        if lang not in LANGUAGES:
            raise UsageError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    if max_tails < 1 or workers < 1 or (count is not None and count < 0):
        raise UsageError("--max-tails and --workers must be 1 or more, --count 0 or more")


def _by_task(records: pl.LazyFrame, plan: Plan) -> dict[str, dict[str, int]]:
    """Task -> language -> records."""
    counted = records.group_by("task", "lang").len().sort("task", "lang").collect(engine="streaming")
    by_task: dict[str, dict[str, int]] = {name: {} for name in plan.shares}
    for name, lang, number in counted.iter_rows():
        by_task[name][lang] = number
    return by_task


def _with_tails(selection: Selection, column: str) -> Selection:
    """The selection with what this column says in place of its answers; where it says nothing, the answers."""
    said = pl.when(pl.col(column).list.len() > 0).then(column).otherwise("tails")
    return replace(selection, groups=selection.groups.with_columns(said.alias("tails")))


def _counts(records: pl.LazyFrame, coverage: pl.DataFrame, counts: GenerateCounts) -> GenerateCounts:
    by_variant = records.group_by("template").len()
    by_template = by_variant.group_by(pl.col("template").str.replace(r"#\d+$", "")).agg(pl.col("len").sum())
    by_license = records.group_by("license").len().sort("license")
    fates = coverage.group_by("lang", pl.col("reason").fill_null("exported")).len().sort("lang", "reason")
    drops: dict[str, dict[str, int]] = {}
    for lang, reason, number in fates.iter_rows():
        drops.setdefault(lang, {})[reason] = number
    templates = dict(by_template.sort("template").collect(engine="streaming").iter_rows())
    return replace(
        counts, records=sum(templates.values()), by_template=templates, by_license=dict(by_license.collect(engine="streaming").iter_rows()),
        triples=drops,
    )  # fmt: skip
