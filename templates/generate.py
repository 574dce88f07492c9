"""A graph and template packs into records with their whole lineage."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import MESSAGES, PREFERENCES, RECORDS, Preferences, Records
from kgtools.kg.build.inputs import GraphMetadata, files_of
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.licenses import LICENSES
from kgtools.kg.stores import Store
from kgtools.templates.coverage import COVERAGE, make_coverage
from kgtools.templates.drops import choose_drops
from kgtools.templates.facts import GraphView, view
from kgtools.templates.groups import groups_within
from kgtools.templates.licenses import licence_text
from kgtools.templates.pack import LANGUAGES, Pack, refuse_general
from kgtools.templates.preferences.balance import lengths, names
from kgtools.templates.preferences.rejected import wrong_answers
from kgtools.templates.render import question_of
from kgtools.templates.select import Selection, facts_for, sample, select, without
from kgtools.templates.workers import Texts, render_selections
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import digests, write_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.licenses.check import all_of, operand
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest
from kgtools.tools.progress import SILENT, Progress, track

TASKS = {"qa": RECORDS, "preference": PREFERENCES}


@dataclass(frozen=True)
class GenerateCounts:
    """What came of a run. `triples`: language -> what became of its facts, a reason of REASONS -> facts. Of preferences also
    `lengths`, `names` (`preferences/balance.py`) and `refused`: language -> why a wrong answer was not taken -> tries."""

    records: int
    by_template: dict[str, int]
    by_license: dict[str, int]
    triples: dict[str, dict[str, int]]
    lengths: dict[str, dict[str, dict[str, float]]] | None = None
    names: dict[str, dict[str, float]] | None = None
    refused: dict[str, dict[str, int]] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `run.json` and `--format json` have them; of records without what preferences have."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class RecordTables:
    """The tables that a run writes, and its counts. `records`: records, or preferences where these were asked for."""

    records: Records | Preferences
    coverage: pl.DataFrame
    counts: GenerateCounts


def generate(
    store: Store,
    packs: list[Pack],
    langs: tuple[str, ...],
    count: int | None,
    seed: int,
    max_tails: int,
    workers: int = 1,
    task: str = "qa",
    drop: str | None = None,
    progress: Progress = SILENT,
) -> RecordTables:
    """Records (task qa) or preferences in a seeded order, and what became of every fact. The same settings give the same bytes.

    `drop`: what is left out, as `--drop` says it; by default what each pack leaves out."""
    if task not in TASKS:
        raise UsageError(f"--task {task}: there are {', '.join(TASKS)}")
    for lang in langs:
        if lang not in LANGUAGES:
            raise UsageError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    if max_tails < 1 or workers < 1 or (count is not None and count < 0):
        raise UsageError("--max-tails and --workers must be 1 or more, --count 0 or more")
    graph = view(store)
    by_relation = {str(name): part for (name,), part in graph.facts.partition_by("relation", as_dict=True).items()}
    drops = {pack.info.name: choose_drops(pack, drop) for pack in packs}
    wanted = [template for pack in packs for template in pack.templates if template.lang in langs]
    for template in wanted:
        refuse_general(template)
    with ThreadPoolExecutor() as pool:  # polars works outside of the lock
        work = [(template, facts) for template in wanted if (facts := facts_for(by_relation, template))]
        progress.start("selecting facts", len(work), "templates")
        chosen = pool.map(
            lambda job: select(graph, pl.concat(job[1]), job[0], seed, max_tails, drops[job[0].pack]), work
        )
        selections = sample(one_answer_each(list(track(chosen, progress))), count)
        askable = pl.concat([pl.Series(dtype=pl.List(pl.String)), *(each.groups["fact_ids"] for each in selections)])
        if task == "preference":
            selections, refused = wrong_answers(graph, by_relation, selections, seed)
        coverage_work = pool.submit(
            make_coverage, graph, selections, tuple(lang for lang in LANGUAGES if lang in langs)
        )
        progress.start("rendering", sum(each.groups.height for each in selections), "records")
        texts = [render_selections(selections, workers, progress)]
        if task == "preference":
            progress.start("rendering wrong answers", sum(each.groups.height for each in selections), "records")
            texts.append(render_selections([_with_rejected(selection) for selection in selections], workers, progress))
        make = _records if task == "qa" else _preferences
        filled = [job for job in zip(selections, *texts, strict=True) if job[0].groups.height]
        frames = list(pool.map(lambda job: make(graph, *job), filled))
        coverage = coverage_work.result()
    schema = TASKS[task]
    records = pl.concat(frames).sort("key", "id").drop("key") if frames else schema.frame()
    records = records.with_columns(groups_within(askable, records["facts"]))
    counts = _counts(records, coverage)
    if task == "preference":
        counts = replace(counts, lengths=lengths(records), names=names(records), refused=refused)
    return RecordTables(schema.check(records, f"the {schema.noun}"), COVERAGE.check(coverage, "the coverage"), counts)


def _with_rejected(selection: Selection) -> Selection:
    return replace(selection, groups=selection.groups.with_columns(pl.col("rejected").alias("tails")))


def write(
    tables: RecordTables, folder: Path, settings: dict[str, Any], graph: GraphMetadata, packs: Iterable[Pack]
) -> None:
    """`records.parquet`, `records.jsonl` (or both of preferences), `coverage.parquet`, `LICENSES.md` and `run.json` in `folder`.
    `graph`: what the store tells about itself; `packs`: those that made the tables."""
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
    (folder / "run.json").write_bytes(
        manifest("generate", settings, files_of(graph), outputs=outputs, **tables.counts.to_dict())
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


def _records(graph: GraphView, selection: Selection, texts: Texts) -> pl.DataFrame:
    joiner = "、" if selection.template.lang == "zh" else ", "
    groups = _with_columns(graph, selection, user=texts[0], assistant=texts[1])
    return groups.with_columns(
        _hashed(groups, "user", "assistant").alias("id"),
        pl.lit("qa").alias("task"),
        _messages(user="user", assistant="assistant").alias("messages"),
        pl.col("tails").list.join(joiner).alias("answer"),
        pl.struct(pl.col("id").alias("head")).struct.json_encode().alias("meta"),
    ).select("key", *RECORDS.columns)


def _preferences(graph: GraphView, selection: Selection, texts: Texts, worse: Texts) -> pl.DataFrame:
    groups = _with_columns(graph, selection, user=texts[0], assistant=texts[1], worse=worse[1])
    about = pl.struct(pl.col("id").alias("head"), "fault", "wrong", "unsaid")
    return groups.with_columns(
        _hashed(groups, "user", "assistant", "worse").alias("id"),
        pl.lit("preference").alias("task"),
        _messages(user="user").alias("prompt"),
        _messages(assistant="assistant").alias("chosen"),
        _messages(assistant="worse").alias("rejected"),
        about.struct.json_encode().alias("meta"),
    ).select("key", *PREFERENCES.columns)


def _with_columns(graph: GraphView, selection: Selection, **texts: list[str]) -> pl.DataFrame:
    """The groups with the columns that records and preferences have alike, and with these texts. `id` is still the head's."""
    template, masks = selection.template, selection.groups["mask"].unique()
    sources = {mask: " + ".join(_names_of_mask(graph, mask, 0)) for mask in masks}
    licenses = {mask: all_of(sorted({*_names_of_mask(graph, mask, 1), operand(template.license)})) for mask in masks}
    return selection.groups.with_columns(
        pl.lit(template.lang).alias("lang"),
        pl.col("fact_ids").alias("facts"),
        pl.lit("").alias("group"),
        pl.col("mask").replace_strict(sources, return_dtype=pl.String).alias("source"),
        pl.concat_str(pl.lit(f"{template.id}#"), pl.col("variant") + 1).alias("template"),
        pl.col("mask").replace_strict(licenses, return_dtype=pl.String).alias("license"),
        pl.lit(None, pl.String).alias("split"),
        *(pl.Series(name, column, dtype=pl.String) for name, column in texts.items()),
    )


def _hashed(groups: pl.DataFrame, *texts: str) -> pl.Series:
    return digests(groups.select(pl.concat_str("template", "id", *texts, separator=SEPARATOR)).to_series())


def _messages(**texts: str) -> pl.Expr:
    """A message of each role, from the column named."""
    messages = [pl.struct(pl.lit(role).alias("role"), pl.col(text).alias("content")) for role, text in texts.items()]
    return pl.concat_arr(*messages).arr.to_list().cast(MESSAGES)


def _names_of_mask(graph: GraphView, mask: int, part: int) -> list[str]:
    """The names (part 0) or licences (part 1) of the sources and tables of a mask."""
    return list(dict.fromkeys(both[part] for bit, both in sorted(graph.licenses.items()) if mask & bit))


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
