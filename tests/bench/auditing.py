"""Audit: the whole suite, beside the same questions written by hand in SQL and asked of DuckDB."""

from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from clock import Spread, in_turns, print_aim, print_table
from graphs import Graphs
from questions import EDGE, NODE, SQL

from kgtools.kg.audit import Audit, audits, run
from kgtools.kg.graph import change
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.folder.store import FolderStore

AIM = 3.0


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of auditing. Both databases stay open; every row is fetched; the first round is for warming."""
    store = FolderStore(scratch / "audited")
    change(store, graphs.loaded)
    rows: list[tuple[object, ...]] = []
    ours, theirs = [0.0] * rounds, [0.0] * rounds
    with duckdb.connect(scratch / "audited.duckdb") as connection:
        _tables(connection, store, scratch)
        for audit in audits():
            if audit.name not in SQL:
                rows.append((audit.name, "", "", "", "no SQL to compare with"))
                continue
            count = _same_answer(store, connection, audit)
            a, b = in_turns(rounds, partial(run, store, audit), partial(_ask, connection, audit))
            ours, theirs = _sum(ours, a), _sum(theirs, b)
            rows.append((audit.name, f"{count:,}", f"{a.median * 1000:.1f}", f"{b.median * 1000:.1f}", a / b))
    total_ours, total_theirs = Spread(tuple(ours)), Spread(tuple(theirs))
    ratio = total_ours / total_theirs
    rows.append(("all", "", f"{total_ours.median * 1000:.1f}", f"{total_theirs.median * 1000:.1f}", ratio))
    print_table(
        "AUDIT  the answers of both are equal, row by row", ("audit", "rows", "kgtools ms", "duckdb ms", "ratio"), rows
    )
    if graphs.whole:
        print_aim(f"the suite takes at most {AIM:.0f} times as long as SQL: {ratio.median:.2f}", ratio.median <= AIM)


def _sum(totals: list[float], spread: Spread) -> list[float]:
    return [total + figure for total, figure in zip(totals, spread.figures, strict=True)]


def _tables(connection: duckdb.DuckDBPyConnection, store: FolderStore, scratch: Path) -> None:
    """The graph as tables `node` and `edge` in the database file; the questions' lists as variables."""
    for name, columns, frame in (("node", NODE, store.entities()), ("edge", EDGE, store.triples())):
        file = scratch / f"{name}.parquet"
        frame.select(columns).write_parquet(file)
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet($file)", {"file": str(file)})
    connection.execute("CHECKPOINT")


def _ask(connection: duckdb.DuckDBPyConnection, audit: Audit) -> list[tuple[Any, ...]]:
    sql, known = SQL[audit.name], ontology()
    words = {word for source in known.sources.values() for words in source.residue.values() for word in words}
    values = {"residue": sorted(words), "signatures": known.signatures()}
    return connection.execute(sql, {key: value for key, value in values.items() if f"${key}" in sql}).fetchall()


def _same_answer(store: FolderStore, connection: duckdb.DuckDBPyConnection, audit: Audit) -> int:
    """The number of rows; raises RuntimeError where the two answers differ in any row."""
    ours, theirs = run(store, audit).rows, [list(row) for row in _ask(connection, audit)]
    if sorted(map(repr, ours)) != sorted(map(repr, theirs)):
        lost = sorted({*map(repr, ours)} ^ {*map(repr, theirs)})[:2]
        raise RuntimeError(f"{audit.name}: {len(ours):,} rows from kgtools, {len(theirs):,} from SQL: {lost}")
    return len(ours)
