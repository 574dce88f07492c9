"""What decontaminate prints, for people and for programs."""

from pathlib import Path

import polars as pl

from kgtools.corpora.decontaminate.run import Done
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell


def print_decontaminated(done: Done, out: Path | None, untold: int, style: str) -> None:
    """Which sources hold items of which evaluation sets, and by which rule they were found."""
    if style == "json":
        print_json({key: value for key, value in vars(done).items() if key != "found"})
        return
    print_table(["evaluation set", "items"], list(done.evalsets.items()))
    if done.pairs:
        print_table(list(done.pairs[0]), [list(row.values()) for row in done.pairs], f"{done.table} by evaluation set")
    rows = [["read", done.records], ["hit", done.hit], ["twin", done.twin], ["facts", done.facts]]
    print_table(["", done.table], [*rows, ["written", done.written]])
    if untold:
        tell(f"{untold:,} examples are not on the page: their evaluation set is an index, without texts")
    tell("no records were written" if out is None else f"the {done.table} are in {out}")


def print_index(items: pl.DataFrame, path: Path, style: str) -> None:
    """What an index holds."""
    evalsets = dict(items.group_by("evalset").len().sort("evalset").iter_rows())
    if style == "json":
        print_json({"evalsets": evalsets})
        return
    print_table(["evaluation set", "items"], list(evalsets.items()))
    tell(f"the index, without texts, is {path}")
