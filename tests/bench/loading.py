"""Load: raw files to a reconciled graph, beside parsing alone and beside DuckDB, which gets the finished tables."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from clock import command, in_turns, print_aim, print_table
from graphs import Graphs

from kgtools.kg import graph
from kgtools.kg.source import Options
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools import registry

AIM_S, AIM_PER_S = 15.0, 40_000


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of loading."""
    whole, peak = _command(graphs, scratch)
    reports = [report for _, report in graphs.prepared()]
    statements = sum(report.totals["triples"]["read"] for report in reports)
    triples = sum(report.totals["relations"]["distinct"] for report in reports)
    entities, stored = _normalised(graphs, scratch)
    load, parse, duck = in_turns(
        rounds,
        _fresh(
            scratch,
            lambda folder: graph.load(FolderStore(folder / "graph"), graphs.files.items()),
        ),
        lambda: _parse(graphs),
        _fresh(scratch, lambda folder: _duckdb(folder, scratch)),
    )
    print_table(
        f"LOAD  {statements:,} statements read, {triples:,} distinct triples of the sources -> {entities:,} entities, {stored:,} triples",
        ("", "seconds", "statements/s", "triples/s", "kgtools takes"),
        [
            ("kgtools load, in process", load, *_rates(statements, triples, load.median), ""),
            (f"kgtools load, the command ({peak:,} MB)", f"{whole:.2f}", *_rates(statements, triples, whole), ""),
            ("(a) our readers alone", parse, *_rates(statements, triples, parse.median), f"{load / parse} x"),
            ("(b) DuckDB, tables ready", duck, *_rates(statements, triples, duck.median), f"{load / duck} x"),
        ],
    )
    if not graphs.whole:
        return
    print_aim(f"the command takes at most {AIM_S:.0f} s: {whole:.1f} s", whole <= AIM_S)
    rate = triples / load.median
    print_aim(
        f"at least {AIM_PER_S:,} triples/s, the distinct ones of each source: {rate:,.0f} (of the merged graph: {stored / load.median:,.0f})",
        rate >= AIM_PER_S,
    )


def _rates(statements: int, triples: int, seconds: float) -> tuple[str, str]:
    return f"{statements / seconds:,.0f}", f"{triples / seconds:,.0f}"


def _fresh(scratch: Path, work: Callable[[Path], None]) -> Callable[[], None]:
    """The work in a folder of its own, which is gone afterwards."""

    def run() -> None:
        with TemporaryDirectory(dir=scratch) as folder:
            work(Path(folder))

    return run


def _command(graphs: Graphs, scratch: Path) -> tuple[float, int]:
    """Seconds and peak megabytes of `kgtools load` as a user runs it: start, imports and printing too."""
    with TemporaryDirectory(dir=scratch) as folder:
        return command("load", *graphs.arguments(), "--graph", str(Path(folder) / "graph"))


def _parse(graphs: Graphs) -> None:
    for source, paths in graphs.files.items():
        registry.find("sources", source)(paths, Options())


def _normalised(graphs: Graphs, scratch: Path) -> tuple[int, int]:
    """Write the finished tables for DuckDB; their numbers of rows."""
    with TemporaryDirectory(dir=scratch) as folder:
        store = FolderStore(Path(folder) / "graph")
        graph.change(store, graphs.loaded)
        entities, triples = store.entities(), store.triples()
    entities.write_parquet(scratch / "entities.parquet")
    triples.write_parquet(scratch / "triples.parquet")
    return entities.height, triples.height


def _duckdb(folder: Path, tables: Path) -> None:
    """Both tables into a database file, checkpointed, count and checksum read back and compared."""
    with duckdb.connect(folder / "graph.duckdb") as connection:
        for table in ("entities", "triples"):
            connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{tables / table}.parquet')")
        connection.execute("CHECKPOINT")
        for table in ("entities", "triples"):
            there, wanted = (
                connection.execute(f"SELECT count(*), bit_xor(hash(rows)) FROM {place} AS rows").fetchone()
                for place in (table, f"read_parquet('{tables / table}.parquet')")
            )
            if there != wanted:
                raise RuntimeError(f"DuckDB read back another table of {table}")
