"""Tasks: records of each a second, its texts beside a loop that calls a compiled template for each; the cost of lineage; memory.

The loop is given what each record says, as kgtools found it, and makes the texts alone, so that it tells what the texts take, not how
long somebody else would look for what is surely wrong. Of `fewshot`, `dialogue` and `cypher` some texts are made while it looks."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
from clock import command, in_turns, print_aim, print_table, seconds
from graphs import Graphs
from loop import MAX_TAILS, SEED, compile_block

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates import render
from kgtools.templates.coverage.ledger import Fates
from kgtools.templates.facts import view
from kgtools.templates.generate.candidates import find_candidates
from kgtools.templates.generate.make import Chunk, generate, in_batches
from kgtools.templates.generate.spill import Scratch, Spill
from kgtools.templates.generate.tables import write
from kgtools.templates.generate.workers import Texts, render_batches
from kgtools.templates.pack import LANGUAGES, Pack, find_pack
from kgtools.templates.select import Selection
from kgtools.templates.tasks import wording
from kgtools.templates.tasks.ask import ASKED_TASKS, ItemOptions
from kgtools.templates.tasks.draw import Sample
from kgtools.templates.tasks.plan import Plan
from kgtools.templates.tasks.records import with_words
from kgtools.templates.variants import Variant
from kgtools.tools.progress import SILENT

PACKS = ("clinicalgpt", "extended")
LEAST, LINEAGE, MOST_MB = 3.0, 0.3, 1_500
Batches = list[tuple[list[Chunk], list[Selection]]]


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the tables."""
    store = graphs.store(scratch / "graph")
    packs = [find_pack(name) for name in PACKS]
    rows, ratio = [], {}
    for task in ("qa", *ASKED_TASKS):
        rows.append(_row(store, packs, task, scratch / task, rounds, ratio))
    columns = ("task", "records", "seconds", "records/s", "texts: seconds", "loop", "times as fast")
    print_table("TASKS  from an open graph to written files, zh and en, one worker", columns, rows)
    _lineage(store, packs, scratch, rounds)
    _memory(scratch)
    if graphs.whole:
        print_aim(
            f"texts of qa at least {LEAST:.0f} times as fast as the loop: {ratio['qa']:.1f}", ratio["qa"] >= LEAST
        )


def _row(
    store: FolderStore, packs: list[Pack], task: str, out: Path, rounds: int, ratio: dict[str, float]
) -> tuple[str, ...]:
    """A task's row; `ratio` is told by how much its texts are faster."""
    out.mkdir()
    whole = seconds(lambda: _generate(store, packs, task, out))
    count = pl.scan_parquet(out / "records.parquet").select(pl.len()).collect().item()
    batches = _chosen(store, packs, task)
    ours, loop = [_texts(batches)], []
    with _one_at_a_time():
        loop.append(_texts(batches))
    assert ours == loop, f"the loop makes other texts of {task}"

    def of_loop() -> None:
        with _one_at_a_time():
            _texts(batches)

    mine, rival = in_turns(rounds, lambda: _texts(batches), of_loop)
    ratio[task] = (rival / mine).median
    return (
        task, f"{count:,}", f"{whole:.1f}", f"{count / whole:,.0f}", f"{mine.median:.2f}", f"{rival.median:.2f}", str(rival / mine),
    )  # fmt: skip


def _generate(store: FolderStore, packs: list[Pack], task: str, out: Path) -> None:
    tables = generate(store, packs, LANGUAGES, None, SEED, MAX_TAILS, task=task, beside=out)
    write(tables, out, {}, store.metadata(), packs)


def _chosen(store: FolderStore, packs: list[Pack], task: str) -> Batches:
    """What a task says, before it is worded."""
    graph, scratch = view(store), Scratch()
    plan, spill, fates = Plan.of(task, Sample(), ItemOptions()), Spill(scratch.path / "asked"), Fates(graph, LANGUAGES)
    candidates = find_candidates(store, graph, packs, LANGUAGES, SEED, MAX_TAILS, None, plan, spill, fates, SILENT)
    return list(in_batches(candidates))


def _texts(batches: Batches) -> list[Texts]:
    """The user's and the assistant's texts of all records."""
    made = []
    for chunks, texts in render_batches(batches, 1, SILENT):
        for chunk in chunks:
            if chunk.task == "qa":
                made.append(texts[chunk.texts])
            elif chunk.task != "dialogue":
                truths = [""] * chunk.selection.groups.height if chunk.others is None else texts[chunk.others][1]
                worded = with_words(chunk.task, chunk.selection, texts[chunk.texts], truths)
                made.append((worded["user"].to_list(), worded["assistant"].to_list()))
    return made


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """While it lasts a compiled block is called for each record, and none for all."""
    with patch.object(render, "render_loop", _call_each), patch.object(wording, "render_loop", _call_each):
        yield


def _call_each(
    _file: Path, lang: str, variant: Variant, names: Sequence[str], rows: Iterable[tuple[Any, ...]], _count: int
) -> Texts:
    user, assistant = _compiled(lang, variant)
    given = [dict(zip(names, row, strict=True)) for row in rows]
    return [user(each).strip() for each in given], [assistant(each).strip() for each in given]


COMPILED: dict[int, tuple[Any, Any]] = {}


def _compiled(lang: str, variant: Variant) -> tuple[Any, Any]:
    """The two blocks, compiled once."""
    if id(variant) not in COMPILED:
        COMPILED[id(variant)] = compile_block(lang, variant.user), compile_block(lang, variant.assistant)
    return COMPILED[id(variant)]


def _lineage(store: FolderStore, packs: list[Pack], scratch: Path, rounds: int) -> None:
    """What ids, facts, groups, licences, coverage and the order of all of them take, beside the same texts without."""
    rows, out = [], scratch / "lineage"
    out.mkdir()
    for task in ("qa", "mcq"):
        whole = partial(_generate, store, packs, task, out)
        with_all, bare = in_turns(rounds, whole, partial(_bare, store, packs, task, out / "bare.jsonl"))
        share = (with_all / bare).median - 1
        rows.append((task, str(with_all), str(bare), f"{share:+.0%}"))
        print_aim(f"lineage of {task} costs at most {LINEAGE:.0%}: {share:.0%}", share <= LINEAGE)
    print_table("LINEAGE  the same texts", ("task", "records, seconds", "texts alone", "lineage costs"), rows)


def _bare(store: FolderStore, packs: list[Pack], task: str, out: Path) -> None:
    """The texts of a task in the order of their keys, as lines of JSON."""
    batches = _chosen(store, packs, task)
    keys = pl.concat(chunk.selection.groups["key"] for chunks, _ in batches for chunk in chunks)
    texts = _texts(batches)
    columns = {
        "user": [text for users, _ in texts for text in users],
        "assistant": [t for _, each in texts for t in each],
    }
    pl.DataFrame(columns).with_columns(keys.alias("key")).sort("key").drop("key").write_ndjson(out)


def _memory(scratch: Path) -> None:
    """The peak of the command as a user runs it, of fewer and of more records of one graph."""
    rows, graph = [], str(scratch / "graph")
    for words in (("qa",), ("mcq", "--rotations", "1"), ("mcq", "--rotations", "4")):
        out = scratch / "memory"
        took, peak = command("generate", "--graph", graph, "--out", str(out), "--task", *words)
        count = pl.scan_parquet(out / "records.parquet").select(pl.len()).collect().item()
        rows.append((" ".join(words), f"{count:,}", f"{took:.1f}", f"{peak:,}"))
    print_table("MEMORY  kgtools generate", ("--task", "records", "seconds", "peak MB"), rows)
    most = max(int(row[-1].replace(",", "")) for row in rows)
    print_aim(f"less than {MOST_MB:,} MB: {most:,}", most < MOST_MB)
