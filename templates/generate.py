"""A graph and template packs into records with their whole lineage."""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from corpora.record import MESSAGES, RECORDS, Records
from kg.stores import Store
from templates.facts import View, view
from templates.pack import LANGUAGES, Pack, Template, load_pack
from templates.render import render
from templates.select import CODES, REASONS, Selection, sample, select
from tools.errors import UsageError
from tools.files import digest, manifest, sha256, staging
from tools.frames import Schema, write_parquet

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
    facts = graph.facts.with_row_index("fact")
    templates = [template for pack in packs for template in pack.templates if template.lang in langs]
    selections = sample([select(graph, facts, template, seed, max_tails) for template in templates], count)
    texts = _render(selections, workers)
    frames = [_records(graph, selection, *text) for selection, text in zip(selections, texts, strict=True) if text[0]]
    records = pl.concat(frames).sort("key", "id").drop("key") if frames else RECORDS.frame()
    coverage = _coverage(graph, selections, langs)
    return Result(
        RECORDS.check(records, "the records"), COVERAGE.check(coverage, "the coverage"), _counts(records, coverage)
    )


def write(result: Result, folder: Path, settings: dict[str, Any], about: dict[str, Any]) -> None:
    """`records.parquet`, `records.jsonl`, `coverage.parquet` and `run.json` in `folder`, all or nothing."""
    with staging(folder) as stage:
        write_parquet(result.records, stage / "records.parquet", compression="zstd", compression_level=1)
        (stage / "records.jsonl").write_bytes(result.records.write_ndjson().encode())
        write_parquet(result.coverage, stage / "coverage.parquet", compression="zstd", compression_level=1)
        outputs = {name: sha256(stage / name) for name in ("records.parquet", "records.jsonl", "coverage.parquet")}
        inputs = {
            f"{name}/{file}": value
            for name, a in sorted(about["sources"].items())
            for file, value in a["files"].items()
        }
        inputs |= {f"names/{name}": a["sha256"] for name, a in sorted(about["names"].items())}
        (stage / "run.json").write_bytes(manifest("generate", settings, inputs, outputs=outputs, **result.counts))


Job = tuple[Template, int, list[str], list[list[str]]]
Texts = tuple[list[int], list[str], list[str]]


def _render(selections: list[Selection], workers: int) -> list[Texts]:
    """For each selection: the rows in the order rendered, the user's and the assistant's texts."""
    jobs: list[Job] = []
    places: list[tuple[int, list[int]]] = []
    for number, selection in enumerate(selections):
        groups = selection.groups.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "variant", "name", "tails"
        )
        for variant in range(len(selection.template.variants)):
            for part in groups.filter(pl.col("variant") == variant).iter_slices(NOT_ALONE):
                jobs.append((selection.template, variant, part["name"].to_list(), part["tails"].to_list()))
                places.append((number, part["row"].to_list()))
    here = (render(template, template.variants[variant], heads, tails) for template, variant, heads, tails in jobs)
    texts: list[Texts] = [([], [], []) for _ in selections]
    for (number, rows), (users, assistants) in zip(
        places, here if workers == 1 else _in_processes(jobs, workers), strict=True
    ):
        texts[number][0].extend(rows)
        texts[number][1].extend(users)
        texts[number][2].extend(assistants)
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


def _records(
    graph: View, selection: Selection, rows: list[int], users: list[str], assistants: list[str]
) -> pl.DataFrame:
    template, joiner = selection.template, "、" if selection.template.lang == "zh" else ", "
    groups = selection.groups[pl.Series(rows, dtype=pl.UInt32)]
    fact_ids = graph.facts["id"]
    flat = groups["facts"].explode()
    lengths = groups["facts"].list.len()
    owner = pl.int_range(groups.height, eager=True).repeat_by(lengths).explode()
    listed = (
        pl.DataFrame({"owner": owner, "fact": fact_ids.gather(flat)})
        .group_by("owner", maintain_order=True)
        .agg("fact")["fact"]
    )
    question = pl.struct(pl.lit("user").alias("role"), pl.col("user").alias("content"))
    answer = pl.struct(pl.lit("assistant").alias("role"), pl.col("assistant").alias("content"))
    sources = {mask: _joined(graph, mask, 0, " + ") for mask in groups["mask"].unique()}
    licenses = {mask: _joined(graph, mask, 1, " AND ") for mask in groups["mask"].unique()}
    about = template.info.attribute or "+".join(template.info.relations)
    marks = [f"{template.id}#{variant + 1}" for variant in groups["variant"]]
    contents = zip(marks, groups["id"], users, assistants, strict=True)
    return groups.with_columns(
        pl.Series("user", users, dtype=pl.String), pl.Series("assistant", assistants, dtype=pl.String),
        pl.Series("mark", marks, dtype=pl.String), pl.Series("record", [digest("\x1f".join(c)) for c in contents], dtype=pl.String),
        pl.Series("fact_ids", listed, dtype=pl.List(pl.String)),
    ).select(
        "key",
        pl.col("record").alias("id"),
        pl.lit("qa").alias("task"),
        pl.lit(template.lang).alias("lang"),
        pl.concat_list(question, answer).cast(MESSAGES).alias("messages"),
        pl.col("tails").list.join(joiner).alias("answer"),
        pl.col("fact_ids").alias("facts"),
        pl.Series("group", [digest(f"{about}|{id_}") for id_ in groups["id"].to_list()], dtype=pl.String),
        pl.col("mask").replace_strict(sources, return_dtype=pl.String).alias("source"),
        pl.col("mark").alias("template"),
        pl.col("mask").replace_strict(licenses, return_dtype=pl.String).alias("license"),
        pl.lit(None, pl.String).alias("split"),
        pl.Series("meta", [orjson.dumps({"head": id_}).decode() for id_ in groups["id"].to_list()], dtype=pl.String),
    )  # fmt: skip


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
        rows = graph.facts.with_row_index("fact").join(fates, on="fact", how="left", maintain_order="left")
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
    by_template = records.group_by(pl.col("template").str.replace(r"#\d+$", "")).len().sort("template")
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
