"""Audit: the whole suite, beside the same questions written by hand in SQL and asked of DuckDB: over the very files that kgtools
reads, and over tables of its own, which it made of them beforehand."""

from collections.abc import Sequence
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

AIM = 1.3


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the table of auditing. All three stay open; every row is fetched; the first round is for warming."""
    store = FolderStore(scratch / "audited")
    change(store, graphs.loaded)
    rows: list[tuple[object, ...]] = []
    totals = [[0.0] * rounds for _ in range(3)]
    with duckdb.connect(scratch / "audited.duckdb") as tables, duckdb.connect() as files:
        _tables(tables, store, scratch)
        _views(files, store)
        for audit in audits():
            if audit.name not in SQL:
                rows.append((audit.name, "", "", "", "", "no SQL to compare with", ""))
                continue
            count = _same_answer(store, tables, audit)
            spreads = in_turns(
                rounds, partial(run, store, audit), partial(_ask, files, audit), partial(_ask, tables, audit)
            )
            totals = [_sum(total, spread) for total, spread in zip(totals, spreads, strict=True)]
            rows.append((audit.name, f"{count:,}", *_row(spreads)))
    whole = [Spread(tuple(total)) for total in totals]
    rows.append(("all", "", *_row(whole)))
    heads = ("audit", "rows", "kgtools ms", "SQL, the same files ms", "SQL, tables ms", "to files", "to tables")
    print_table("AUDIT  the answers of all are equal, row by row", heads, rows)
    if graphs.whole:
        ratio = (whole[0] / whole[1]).median
        print_aim(f"the suite takes at most {AIM} times as long as SQL over the same files: {ratio:.2f}", ratio <= AIM)
        ratio = (whole[0] / whole[2]).median
        print_aim(
            f"the suite takes at most {AIM} times as long as SQL over tables made of them: {ratio:.2f}", ratio <= AIM
        )


def _row(spreads: Sequence[Spread]) -> list[object]:
    ours, *others = spreads
    return [*(f"{spread.median * 1000:.1f}" for spread in spreads), *(ours / other for other in others)]


def _sum(totals: list[float], spread: Spread) -> list[float]:
    return [total + figure for total, figure in zip(totals, spread.figures, strict=True)]


def _tables(connection: duckdb.DuckDBPyConnection, store: FolderStore, scratch: Path) -> None:
    """The graph as tables `node` and `edge` in the database file; the questions' lists as variables."""
    for name, columns, frame in (("node", NODE, store.entities()), ("edge", EDGE, store.triples())):
        file = scratch / f"{name}.parquet"
        frame.select(columns).write_parquet(file)
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet($file)", {"file": str(file)})
    connection.execute("CHECKPOINT")


def _views(connection: duckdb.DuckDBPyConnection, store: FolderStore) -> None:
    """The graph's own files under the names that the questions have."""
    for name, columns, file in (("node", NODE, "entities"), ("edge", EDGE, "triples")):
        (path,) = store.folder.glob(f"0*/{file}.parquet")
        connection.execute(f"CREATE VIEW {name} AS SELECT {', '.join(columns)} FROM read_parquet('{path}')")


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
