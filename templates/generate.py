"""A graph and template packs into records with their whole lineage."""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl

from corpora.record import MESSAGES, RECORDS, Records
from kg.normalize import SEPARATOR
from kg.stores import Store
from templates.facts import View, view
from templates.pack import LANGUAGES, Pack, Template, load_pack
from templates.render import render
from templates.select import CODES, REASONS, Selection, facts_for, sample, select
from tools.errors import UsageError
from tools.files import manifest, sha256, staging
from tools.frames import Schema, digests, write_table

COVERAGE = Schema(
    "coverage",
    {
        "triple": pl.String,
        "kind": pl.String,
        "relation": pl.String,
        "lang": pl.String,
        "records": pl.UInt32,
        "reason": pl.String,
    },
    required=("triple", "kind", "relation", "lang", "records"),
)
"""A row for each triple (attribute values and aliases too) and language: in how many records it stands, or why in none."""

NOT_ALONE = 20_000
"""Rows in one piece of work for a worker."""


@dataclass(frozen=True)
class Result:
    """The tables that a run writes, and its counts."""

    records: Records
    coverage: pl.DataFrame
    counts: dict[str, Any]


def generate(
    store: Store,
    packs: list[Pack],
    langs: tuple[str, ...],
    count: int | None,
    seed: int,
    max_tails: int,
    workers: int = 1,
) -> Result:
    """Records in a seeded order, and what became of every fact. The same settings give the same bytes."""
    for lang in langs:
        if lang not in LANGUAGES:
            raise UsageError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    if max_tails < 1 or workers < 1 or (count is not None and count < 0):
        raise UsageError("--max-tails and --workers must be 1 or more, --count 0 or more")
    graph = view(store)
    by_relation = {str(name): part for (name,), part in graph.facts.partition_by("relation", as_dict=True).items()}
    wanted = [template for pack in packs for template in pack.templates if template.lang in langs]
    with ThreadPoolExecutor() as pool:  # polars works outside of the lock
        work = [(template, facts) for template in wanted if (facts := facts_for(by_relation, template))]
        found = pool.map(lambda job: select(graph, pl.concat(job[1]), job[0], seed, max_tails), work)
        selections = sample(list(found), count)
        coverage_work = pool.submit(_coverage, graph, selections, tuple(lang for lang in LANGUAGES if lang in langs))
        texts = _render(selections, workers)
        whole = [(s, *text) for s, text in zip(selections, texts, strict=True) if s.groups.height]
        frames = list(pool.map(lambda job: _records(graph, *job), whole))
        coverage = coverage_work.result()
    records = pl.concat(frames).sort("key", "id").drop("key") if frames else RECORDS.frame()
    return Result(
        RECORDS.check(records, "the records"), COVERAGE.check(coverage, "the coverage"), _counts(records, coverage)
    )


def write(result: Result, folder: Path, settings: dict[str, Any], graph: dict[str, Any]) -> None:
    """`records.parquet`, `records.jsonl`, `coverage.parquet` and `run.json` in `folder`, all or nothing."""
    with staging(folder) as stage:
        lines = result.records.select("id", "lang", "messages")
        with ThreadPoolExecutor() as pool:
            writing = {
                "records.parquet": pool.submit(_written, result.records, stage / "records.parquet"),
                "records.jsonl": pool.submit(_written, lines, stage / "records.jsonl"),
                "coverage.parquet": pool.submit(_written, result.coverage, stage / "coverage.parquet"),
            }
            outputs = {name: work.result() for name, work in writing.items()}
        inputs = {
            f"{name}/{file}": value
            for name, a in sorted(graph["sources"].items())
            for file, value in a["files"].items()
        }
        inputs |= {f"names/{name}": a["sha256"] for name, a in sorted(graph["names"].items())}
        (stage / "run.json").write_bytes(manifest("generate", settings, inputs, outputs=outputs, **result.counts))


def _written(frame: pl.DataFrame, path: Path) -> str:
    write_table(frame, path)
    return sha256(path)


Job = tuple[Template, int, list[str], list[list[str]]]
Texts = tuple[list[str], list[str]]


def _render(selections: list[Selection], workers: int) -> list[Texts]:
    """For each selection, the user's and the assistant's texts in the order of its groups."""
    jobs: list[tuple[int, Job]] = []
    for number, selection in enumerate(selections):
        for (variant,), groups in selection.groups.partition_by("variant", as_dict=True, maintain_order=True).items():
            for part in groups.iter_slices(NOT_ALONE):
                jobs.append((number, (selection.template, variant, part["name"].to_list(), part["tails"].to_list())))
    work = [job for _, job in jobs]
    here = (render(template, template.variants[variant], heads, tails) for template, variant, heads, tails in work)
    texts: list[Texts] = [([], []) for _ in selections]
    done = here if workers == 1 else _in_processes(work, workers)
    for (number, _), (users, assistants) in zip(jobs, done, strict=True):
        texts[number][0].extend(users)
        texts[number][1].extend(assistants)
    return texts


def _in_processes(jobs: list[Job], workers: int) -> Iterable[tuple[list[str], list[str]]]:
    os.environ["PYTHONSAFEPATH"] = "1"  # a user's own train.py must not be imported in place of ours
    sent = [(template.file.parent, template.name, template.lang, *rest) for template, *rest in jobs]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_there, sent)


def _there(job: tuple[Path, str, str, int, list[str], list[list[str]]]) -> tuple[list[str], list[str]]:
    """A job in another process, which finds the template by its place: parsed ones can't be sent."""
    folder, name, lang, variant, heads, tails = job
    template = _parsed(folder)[name, lang]
    return render(template, template.variants[variant], heads, tails)


@cache
def _parsed(folder: Path) -> dict[tuple[str, str], Template]:
    return {(template.name, template.lang): template for template in load_pack(folder).templates}


def _records(graph: View, selection: Selection, users: list[str], assistants: list[str]) -> pl.DataFrame:
    template, joiner = selection.template, "、" if selection.template.lang == "zh" else ", "
    question = pl.struct(pl.lit("user").alias("role"), pl.col("user").alias("content"))
    answer = pl.struct(pl.lit("assistant").alias("role"), pl.col("assistant").alias("content"))
    masks = selection.groups["mask"].unique()
    sources = {mask: _joined(graph, mask, 0, " + ") for mask in masks}
    licenses = {mask: _joined(graph, mask, 1, " AND ") for mask in masks}
    asked = template.info.attribute or "+".join(template.info.relations)
    groups = selection.groups.with_columns(
        pl.concat_str(pl.lit(f"{template.id}#"), pl.col("variant") + 1).alias("template"),
        pl.Series("user", users, dtype=pl.String),
        pl.Series("assistant", assistants, dtype=pl.String),
    )
    content = groups.select(pl.concat_str("template", "id", "user", "assistant", separator=SEPARATOR)).to_series()
    return groups.select(
        "key",
        digests(content).alias("id"),
        pl.lit("qa").alias("task"),
        pl.lit(template.lang).alias("lang"),
        pl.concat_arr(question, answer).arr.to_list().cast(MESSAGES).alias("messages"),
        pl.col("tails").list.join(joiner).alias("answer"),
        pl.col("fact_ids").alias("facts"),
        pl.concat_str(pl.lit(f"{asked}|"), "id").alias("group"),
        pl.col("mask").replace_strict(sources, return_dtype=pl.String).alias("source"),
        "template",
        pl.col("mask").replace_strict(licenses, return_dtype=pl.String).alias("license"),
        pl.lit(None, pl.String).alias("split"),
        pl.struct(pl.col("id").alias("head")).struct.json_encode().alias("meta"),
    )


def _joined(graph: View, mask: int, part: int, joiner: str) -> str:
    return joiner.join(dict.fromkeys(both[part] for bit, both in sorted(graph.licenses.items()) if mask & bit))


def _coverage(graph: View, selections: list[Selection], langs: tuple[str, ...]) -> pl.DataFrame:
    frames = []
    for lang in langs:
        mine = [selection for selection in selections if selection.template.lang == lang]
        exported = [s.groups.select(pl.col("facts").explode().alias("fact")).drop_nulls() for s in mine]
        parts = [frame.with_columns(pl.lit(CODES["exported"], pl.UInt8).alias("code")) for frame in exported] + [
            s.left_out for s in mine
        ]
        none = pl.DataFrame(schema={"fact": pl.UInt32, "code": pl.UInt8})
        fates = (
            pl.concat([none, *parts])
            .group_by("fact")
            .agg(pl.col("code").min(), (pl.col("code") == 0).sum().alias("records"))
        )
        rows = graph.facts.join(fates, on="fact", how="left", maintain_order="left")
        reason = (
            pl.col("code")
            .fill_null(CODES["no-template"])
            .replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String)
        )
        frames.append(
            rows.select(
                pl.col("id").alias("triple"), "kind", "relation", pl.lit(lang).alias("lang"),
                pl.col("records").fill_null(0).cast(pl.UInt32), pl.when(reason != "exported").then(reason).alias("reason"),
            )
        )  # fmt: skip
    return pl.concat(frames) if frames else COVERAGE.frame()


def _counts(records: pl.DataFrame, coverage: pl.DataFrame) -> dict[str, Any]:
    variants = records.group_by("template").len()
    by_template = (
        variants.group_by(pl.col("template").str.replace(r"#\d+$", "")).agg(pl.col("len").sum()).sort("template")
    )
    fates = coverage.group_by("lang", pl.col("reason").fill_null("exported")).len().sort("lang", "reason")
    drops: dict[str, dict[str, int]] = {}
    for lang, reason, number in fates.iter_rows():
        drops.setdefault(lang, {})[reason] = number
    by_license = dict(records.group_by("license").len().sort("license").iter_rows())
    return {
        "records": records.height,
        "by_template": dict(by_template.iter_rows()),
        "by_license": by_license,
        "triples": drops,
    }
