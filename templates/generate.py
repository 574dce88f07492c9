"""A graph and template packs into records with their whole lineage."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import polars as pl

from kgtools.corpora.record import Preferences, Records
from kgtools.kg.build.inputs import GraphMetadata, files_of
from kgtools.kg.licenses import LICENSES
from kgtools.kg.stores import Readable, Store
from kgtools.templates.coverage import COVERAGE, make_coverage
from kgtools.templates.drops import choose_drops
from kgtools.templates.facts import GraphView, view
from kgtools.templates.groups import groups_within
from kgtools.templates.holdout.asked import NOTHING, HoldOut
from kgtools.templates.holdout.draw import HeldOut, hold_out
from kgtools.templates.holdout.mark import apart, mark, tying_facts
from kgtools.templates.holdout.proof import prove
from kgtools.templates.licenses import licence_text
from kgtools.templates.pack import LANGUAGES, Pack, Template, refuse_general
from kgtools.templates.permute import permute_answers
from kgtools.templates.preferences.balance import lengths, names
from kgtools.templates.preferences.rejected import wrong_answers
from kgtools.templates.records import make_records
from kgtools.templates.render import question_of
from kgtools.templates.select import Selection, facts_for, select, without
from kgtools.templates.tasks.ask import ItemOptions, ask
from kgtools.templates.tasks.cypher.audited import ask_audits
from kgtools.templates.tasks.cypher.make import execute_some
from kgtools.templates.tasks.draw import Sample, count_sources, draw
from kgtools.templates.tasks.plan import Plan
from kgtools.templates.tasks.records import ItemNames, count_distractors, list_names
from kgtools.templates.workers import render_selections
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest
from kgtools.tools.progress import SILENT, Progress, track

NAMES_FILE = "names.parquet"
NO_CAPS, DEFAULT_ITEMS = Sample(), ItemOptions()


@dataclass(frozen=True)
class GenerateCounts:
    """What came of a run. `triples`: language -> what became of its facts, a reason of REASONS -> facts. Of preferences also
    `lengths`, `names` (`preferences/balance.py`) and `refused`: language -> why a wrong answer was not taken -> tries. Of items
    `by_task`: task -> language -> records, and `distractors`: language -> whose answers wrong options are -> options. `hold_out`: what
    was held out, and the proof of it (`holdout/proof.py`). `permuted`: of a control set, what `permute_answers` counts.
    `by_source`: of a sample by source or relation, relation -> graph -> records that it has a part in, and `all`. Of the task cypher `executed`:
    the queries that the store was asked, each with the rows that its record says."""

    records: int
    by_template: dict[str, int]
    by_license: dict[str, int]
    triples: dict[str, dict[str, int]]
    lengths: dict[str, dict[str, dict[str, float]]] | None = None
    names: dict[str, dict[str, float]] | None = None
    refused: dict[str, dict[str, int]] | None = None
    by_task: dict[str, dict[str, int]] | None = None
    distractors: dict[str, dict[str, int]] | None = None
    hold_out: dict[str, Any] | None = None
    permuted: dict[str, int] | None = None
    by_source: dict[str, dict[str, int]] | None = None
    executed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `run.json` and `--format json` have them; of records without what preferences have."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class RecordTables:
    """The tables that a run writes, and its counts. `records`: records, or preferences where these were asked for; `names`: of
    items, what a wrong answer may name."""

    records: Records | Preferences
    coverage: pl.DataFrame
    counts: GenerateCounts
    names: ItemNames | None = None


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
) -> RecordTables:
    """Records or preferences in a seeded order, and what became of every fact. The same settings give the same bytes.

    `task`: `qa`, `preference`, or tasks with shares (`qa=0.5,mcq=0.5`); `drop`: what is left out, as `--drop` says it; by default
    what each pack leaves out."""
    plan = Plan.of(task, replace(sample, count=count), items, hold_out, permute)
    _refuse_wrong(langs, max_tails, workers, count)
    graph = view(store)
    graph, permuted = permute_answers(graph, seed) if plan.permute else (graph, None)
    with ThreadPoolExecutor() as pool:  # polars works outside of the lock
        by_relation, wanted, held, asked = _ask(pool, store, graph, packs, langs, seed, max_tails, drop, plan, progress)
        selections = [selection for each in asked.values() for selection in each]
        askable = pl.concat([pl.Series(dtype=pl.List(pl.String)), *map(tying_facts, selections)])
        if plan.makes_preferences:
            sides = [side for selection in selections for side in apart(selection)]
            selections, refused = wrong_answers(graph, by_relation, sides, seed)
            asked = {"preference": selections}
        coverage_work = pool.submit(
            make_coverage, graph, selections, tuple(lang for lang in LANGUAGES if lang in langs)
        )
        jobs = [(name, each) for name, of_task in asked.items() for each in of_task if each.groups.height]
        others = {
            at: _with_tails(each, OTHER_ANSWER[name]) for at, (name, each) in enumerate(jobs) if name in OTHER_ANSWER
        }
        wanted_texts = [*(each for _, each in jobs), *others.values()]
        progress.start("rendering", sum(each.groups.height for each in wanted_texts), "texts")
        texts = render_selections(wanted_texts, workers, progress)
        second = dict(zip(others, texts[len(jobs) :], strict=True))
        filled = [(name, each, texts[at], second.get(at)) for at, (name, each) in enumerate(jobs)]
        frames = list(pool.map(lambda job: make_records(graph, job[0], job[1], job[2], job[3], plan.permute), filled))
        coverage = coverage_work.result()
    schema = plan.table
    records = pl.concat(frames).sort("key", "id").drop("key") if frames else schema.frame()
    tied = groups_within(askable, records["facts"])
    records = records.with_columns(pl.when(pl.col("group") == "").then(tied).otherwise("group").alias("group"))
    counts = replace(_counts(records, coverage), permuted=permuted)
    if plan.hold_out:
        crossing = sum(selection.crossing for selection in selections)
        counts = replace(counts, hold_out=prove(records, graph, held, crossing).to_dict())
    if plan.makes_preferences:
        counts = replace(counts, lengths=lengths(records), names=names(records), refused=refused)
    names_ = None
    if plan.sample.stratify or plan.sample.per_source:
        counts = replace(counts, by_source=count_sources(asked, graph.facts["mask"], graph.licenses))
    if plan.asked_tasks:
        by_task = {name: _by_lang(records.filter(pl.col("task") == name)) for name in plan.shares}
        counts = replace(counts, by_task=by_task, distractors=count_distractors(records))
        if "cypher" in asked:
            counts = replace(counts, executed=execute_some(_queried(store), asked["cypher"]))
        types = {t.info.tail or t.info.head for t in wanted} | {t.info.head for t in wanted}
        names_ = list_names(graph, types | (set(graph.entities["type"]) if "explain" in plan.item_tasks else set()))
    return RecordTables(
        schema.check(records, f"the {schema.noun}"), COVERAGE.check(coverage, "the coverage"), counts, names_
    )


OTHER_ANSWER = {"preference": "rejected", "truefalse": "truth"}
"""Tasks whose records say two things of a head, and the column of the second."""


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
    with ThreadPoolExecutor() as pool:
        *_, asked = _ask(pool, store, view(store), packs, langs, seed, max_tails, drop, plan, progress)
    rows = [
        (name, each.template.info.attribute or each.template.info.relations[0], each.template.lang, each.groups.height)
        for name, selections in asked.items()
        for each in selections
    ]
    schema = {"task": pl.String, "relation": pl.String, "lang": pl.String, "records": pl.Int64}
    counted = (
        pl.DataFrame(rows, schema=schema, orient="row")
        .group_by("task", "relation", "lang")
        .agg(pl.col("records").sum())
    )
    return counted.filter(pl.col("records") > 0).sort("task", "relation", "lang")


def _queried(store: Readable) -> Store:
    """The store, if it answers queries. Raises InputError for a graph that is nowhere written."""
    if not hasattr(store, "query"):
        raise InputError(
            "the task cypher asks the graph itself, and this one is written nowhere; correct it, load it, and run generate"
        )
    return cast(Store, store)


def _refuse_wrong(langs: tuple[str, ...], max_tails: int, workers: int = 1, count: int | None = None) -> None:
    for lang in langs:
        if lang not in LANGUAGES:
            raise UsageError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    if max_tails < 1 or workers < 1 or (count is not None and count < 0):
        raise UsageError("--max-tails and --workers must be 1 or more, --count 0 or more")


def _ask(
    pool: ThreadPoolExecutor, store: Readable, graph: GraphView, packs: list[Pack], langs: tuple[str, ...], seed: int, max_tails: int,
    drop: str | None, plan: Plan, progress: Progress,
) -> tuple[dict[str, pl.DataFrame], list[Template], HeldOut, dict[str, list[Selection]]]:  # fmt: skip
    """The facts by relation, the templates in these languages, what is held out, and what each task makes of their
    questions, as much of it as is kept."""
    by_relation = {str(name): part for (name,), part in graph.facts.partition_by("relation", as_dict=True).items()}
    drops = {pack.info.name: choose_drops(pack, drop) for pack in packs}
    wanted = [template for pack in packs for template in pack.templates if template.lang in langs]
    for template in wanted:
        refuse_general(template)
    work = [(template, facts) for template in wanted if (facts := facts_for(by_relation, template))]
    progress.start("selecting facts", len(work), "templates")
    chosen = pool.map(lambda job: select(graph, pl.concat(job[1]), job[0], seed, max_tails, drops[job[0].pack]), work)
    questions = one_answer_each(list(track(chosen, progress)))
    held = hold_out(graph, wanted, plan.hold_out, seed)
    items = (
        ask(
            graph, by_relation, questions, plan.asked_tasks, plan.items, seed, [pack.info for pack in packs], progress,
            held,
        )
        if plan.asked_tasks
        else {}
    )  # fmt: skip
    if "cypher" in plan.shares:
        items["cypher"] += ask_audits(_queried(store), graph, langs, seed)
    made = {name: items.get(name, questions) for name in plan.shares}
    if plan.hold_out:
        made = mark(graph, made, held)
    return by_relation, wanted, held, draw(made, plan.shares, plan.sample, graph.facts["mask"])


def _by_lang(records: pl.DataFrame) -> dict[str, int]:
    return dict(records.group_by("lang").len().sort("lang").iter_rows())


def _with_tails(selection: Selection, column: str) -> Selection:
    """The selection with what this column says in place of its answers; where it says nothing, the answers."""
    said = pl.when(pl.col(column).list.len() > 0).then(column).otherwise("tails")
    return replace(selection, groups=selection.groups.with_columns(said.alias("tails")))


def write(
    tables: RecordTables, folder: Path, settings: dict[str, Any], graph: GraphMetadata, packs: Iterable[Pack],
    command: str = "generate", **facts: Any,
) -> None:  # fmt: skip
    """`records.parquet`, `records.jsonl` (or both of preferences), `coverage.parquet`, `LICENSES.md` and `run.json` in `folder`; of
    items `names.parquet` too.
    `graph`: what the store tells about itself; `packs`: those that made the tables; `facts`: what `run.json` tells besides."""
    pairs = "rejected" in tables.records.columns
    noun, texts = ("preferences", ("prompt", "chosen", "rejected")) if pairs else ("records", ("messages",))
    lines = tables.records.select("id", "lang", *texts, "license")
    with ThreadPoolExecutor() as pool:
        writing = {
            f"{noun}.parquet": pool.submit(_write, tables.records, folder / f"{noun}.parquet"),
            f"{noun}.jsonl": pool.submit(_write, lines, folder / f"{noun}.jsonl"),
            "coverage.parquet": pool.submit(_write, tables.coverage, folder / "coverage.parquet"),
        }
        outputs = {name: work.result() for name, work in writing.items()}
    (folder / LICENSES).write_bytes(licence_text(tables.records, packs, graph))
    outputs[LICENSES] = sha256(folder / LICENSES)
    if tables.names is not None:
        outputs[NAMES_FILE] = _write(tables.names, folder / NAMES_FILE)
    (folder / "run.json").write_bytes(
        manifest(command, settings, files_of(graph), outputs=outputs, **tables.counts.to_dict(), **facts)
    )


def refuse_none(tables: RecordTables, graph: str, allow_empty: bool) -> None:
    """Raises InputError, with what became of the facts, where nothing was made of them."""
    by_lang = tables.counts.triples.items()
    reasons = {f"{lang}, {reason}": number for lang, fates in by_lang for reason, number in fates.items()}
    refuse_empty(tables.records.height, f"{graph}: none of its facts makes a record", allow_empty, reasons)


def _write(frame: pl.DataFrame, path: Path) -> str:
    write_table(frame, path)
    return sha256(path)


def one_answer_each(selections: list[Selection]) -> list[Selection]:
    """The selections without records whose question an earlier template asks in the same words of the same name."""
    asked: dict[str, list[pl.Series]] = {}
    kept = []
    for selection in selections:
        groups, gone = selection.groups, []
        for (variant,), part in groups.partition_by("variant", as_dict=True).items():
            question = question_of(selection.template, selection.template.variants[int(variant)])
            earlier = asked.setdefault(f"{selection.template.lang} {question}", [])
            gone += [part.filter(pl.col("name").is_in(names.implode()))["key"] for names in earlier]
            earlier.append(part["name"])
        if any(len(keys) for keys in gone):
            groups, left_out = without(
                groups, pl.col("key").is_in(pl.concat(gone).implode()), "same-question", selection.left_out
            )
            selection = Selection(selection.template, groups, left_out)
        kept.append(selection)
    return kept


def _counts(records: pl.DataFrame, coverage: pl.DataFrame) -> GenerateCounts:
    variants = records.group_by("template").len()
    by_template = (
        variants.group_by(pl.col("template").str.replace(r"#\d+$", "")).agg(pl.col("len").sum()).sort("template")
    )
    fates = coverage.group_by("lang", pl.col("reason").fill_null("exported")).len().sort("lang", "reason")
    drops: dict[str, dict[str, int]] = {}
    for lang, reason, number in fates.iter_rows():
        drops.setdefault(lang, {})[reason] = number
    by_license = dict(records.group_by("license").len().sort("license").iter_rows())
    return GenerateCounts(records.height, dict(by_template.iter_rows()), by_license, drops)
