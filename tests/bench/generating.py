"""Generate: records with ids, lineage and coverage, beside the loop that one would write without kgtools."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from clock import in_turns, print_aim, print_table
from graphs import Graphs
from loop import MAX_TAILS, SEED, call_each, loop

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.facts import view
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import write
from kgtools.templates.pack import LANGUAGES, Pack, Template, find_pack
from kgtools.templates.render import render
from kgtools.templates.sandbox import Tails
from kgtools.templates.select import select

AIM = 4.0
PACKS = ("clinicalgpt", "extended")
Job = tuple[Template, int, list[str], list[Tails]]
"""A template, one of its variants, and the head and the tails of each record."""


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of generating."""
    store = graphs.store(scratch / "graph")
    packs = [find_pack(name) for name in PACKS]
    jobs = _jobs(store, packs)
    ours, plain = scratch / "records", scratch / "plain.jsonl"

    ours.mkdir()

    def kgtools(workers: int) -> None:
        write(generate(store, packs, LANGUAGES, None, SEED, MAX_TAILS, workers), ours, {}, store.metadata(), packs)

    kgtools(1)
    loop(store, packs, plain)
    count = _same_texts(ours / "records.jsonl", plain)
    one, two, rival, texts, calls = in_turns(
        rounds,
        lambda: kgtools(1),
        lambda: kgtools(2),
        lambda: loop(store, packs, plain),
        lambda: [render(template, template.variants[at], heads, tails) for template, at, heads, tails in jobs],
        lambda: [call_each(*job) for job in jobs],
    )
    templates = sum(len(pack.templates) for pack in packs)
    print_table(
        f"GENERATE  {count:,} records of {templates} templates in {len(packs)} packs, zh and en; the texts of both are equal",
        ("", "seconds", "records/s", "times as fast as its loop"),
        [
            ("kgtools, 1 worker: the whole lineage", one, f"{count / one.median:,.0f}", rival / one),
            ("kgtools, 2 workers: the same", two, f"{count / two.median:,.0f}", rival / two),
            ("loop: the same texts, nothing else", rival, f"{count / rival.median:,.0f}", ""),
            ("rendering alone: kgtools", texts, f"{count / texts.median:,.0f}", calls / texts),
            ("rendering alone: loop", calls, f"{count / calls.median:,.0f}", ""),
        ],
    )
    faster = (rival / one).median
    if graphs.whole:
        print_aim(f"at least {AIM:.0f} times the loop's records/s with 1 worker: {faster:.2f}", faster >= AIM)


def _jobs(store: FolderStore, packs: list[Pack]) -> list[Job]:
    """What kgtools renders, for the rows that measure rendering alone."""
    graph = view(store)
    jobs: list[Job] = []
    for template in (template for pack in packs for template in pack.templates):
        groups = select(graph, template, SEED, MAX_TAILS).groups
        for (variant,), part in groups.partition_by("variant", as_dict=True).items():
            tails = list(map(Tails.of, part["tails"].to_list(), part["partial"].to_list()))
            jobs.append((template, variant, part["name"].to_list(), tails))
    return jobs


def _same_texts(ours: Path, plain: Path) -> int:
    """The number of records; raises RuntimeError where the two files do not hold the same texts equally often."""
    a, b = (sorted(_contents(path)) for path in (ours, plain))
    if a != b:
        lost = next((pair for pair in zip(a, b, strict=False) if pair[0] != pair[1]), None)
        raise RuntimeError(f"the loop gives other texts, {len(b):,} for {len(a):,}; first difference: {lost}")
    return len(a)


def _contents(path: Path) -> Iterator[tuple[Any, ...]]:
    with path.open("rb") as file:
        for line in file:
            yield tuple(message["content"] for message in orjson.loads(line)["messages"])
