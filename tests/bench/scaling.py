"""Scale: a made graph of a size, loaded from CSV by the command, and an alignment in which all share one code.

What the public graphs are too small to show: peak of memory per million triples, and whether it grows in proportion."""

import csv
import random
from pathlib import Path

from clock import command, print_aim, print_table
from graphs import Graphs

SIZES = (250_000, 500_000, 1_000_000)
MAPPING = """\
source: made
title: Made
license: CC0-1.0
fields: {symptom: {relation: HAS_SYMPTOM}, code: {attribute: icd10}}
tables: [{files: ["*.csv"], triples: {head: head, head_type: {value: Disease}, relation: relation, tail: tail}}]
"""
MOST_MB, CODED, ALIGN_S = 1_500, 4_000, 20.0


def bench(_: Graphs, scratch: Path, rounds: int) -> None:  # noqa: ARG001 - one run each: they are long, and memory is the same each time
    """Print the table of scale."""
    rows, peaks = [], []
    for size in SIZES:
        seconds, peak = _load(scratch / str(size), size)
        peaks.append(peak)
        rows.append((f"load of {size:,} triples", f"{seconds:.1f}", f"{peak:,}", f"{peak / size * 1e6:,.0f}"))
    growth = (peaks[-1] - peaks[0]) / (SIZES[-1] - SIZES[0]) * 1e6
    seconds, peak = _align(scratch / "coded")
    rows.append((f"align, {CODED:,} diseases of one code", f"{seconds:.1f}", f"{peak:,}", ""))
    print_table("SCALE  a made graph, CSV -> reconciled", ("", "seconds", "peak MB", "MB per million triples"), rows)
    print(f"each further million triples: {growth:,.0f} MB")
    print_aim(f"at most {MOST_MB:,} MB for each further million triples", growth <= MOST_MB)
    print_aim(
        f"an alignment in which {CODED:,} share a code takes at most {ALIGN_S:.0f} s: {seconds:.1f} s",
        seconds <= ALIGN_S,
    )


def _load(folder: Path, size: int) -> tuple[float, int]:
    """Seconds and megabytes of a load of so many triples, five of each disease and skewed towards few symptoms."""
    draw = random.Random(0)
    rows = ((f"病种{n // 5}症", "symptom", f"症状{int(draw.paretovariate(0.3)) % 200_000}感") for n in range(size))
    return _loaded(folder, rows)


def _align(folder: Path) -> tuple[float, int]:
    """The same of an alignment of diseases that all have one code."""
    names = (f"病{chr(0x4E00 + n % 5_000)}{chr(0x5E00 + n // 7)}炎" for n in range(CODED))
    _loaded(folder, ((name, "code", "I10.9") for name in names))
    return command("align", "--dry-run", "--graph", str(folder / "graph"))


def _loaded(folder: Path, rows) -> tuple[float, int]:
    folder.mkdir()
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    with (folder / "made.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("head", "relation", "tail"))
        table.writerows(rows)
    words = ("table", str(folder / "made.csv"), "--mapping", str(folder / "mapping.yaml"))
    return command("load", *words, "--graph", str(folder / "graph"))
