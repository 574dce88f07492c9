"""Neo4j: loading into a real server, reading from it and auditing on it, beside what one would write without kgtools."""

import os
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from clock import Spread, in_turns, print_aim, print_table, seconds
from graphs import Graphs

from kgtools.kg.audit import audits, run, run_all
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.merge import merge
from kgtools.kg.columns import ENTITY_COLUMNS, TRIPLE_COLUMNS, quote
from kgtools.kg.exporters import ExportOptions, neo4j_admin
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.stores.neo4j.store import Neo4jStore
from kgtools.kg.tables import Entities, Triples
from tests.neo4j.login import Login
from tests.neo4j.server import Server, temporary_server

HEAP = ("1g", "3g")
BATCH, SLICE = 10_000, 3_000
AIM_TRIPLES, AIM_OF_BARE, AIM_READ, AIM_AUDITS_S = 30_000, 0.6, 60_000, 5.0


def bench(graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the tables of Neo4j; the server is of its own and gone afterwards."""
    prepared = graphs.prepared()
    said = sum(report.totals["relations"]["distinct"] for _, report in prepared)
    inputs = Inputs().with_sources([tables for tables, _ in prepared])
    entities, triples = merge(inputs)
    elements = entities.height + triples.height
    with _server() as login:
        store = Neo4jStore(login.uri)
        ours, bare = in_turns(
            rounds,
            lambda: change(store, lambda _: inputs),
            lambda: _bare(login, entities, triples),
            before=login.clear,
        )
        login.clear()
        one_by_one = seconds(lambda: _one_by_one(login, entities, triples))
        login.clear()
        if not change(store, lambda _: inputs).agrees:
            raise RuntimeError("what was read back differs")
        again = seconds(lambda: change(store, lambda _: inputs))
        reading = in_turns(rounds, store.triples)[0]
        asked = _audits(store, scratch, inputs, rounds)
        store.server.close()
    imported = _imported(scratch)
    rate, slice_rate = elements / ours.median, 2 * SLICE / one_by_one

    def row(what: str, took: float | Spread, handled: int = elements, beside: object = "") -> tuple[object, ...]:
        seconds_ = took if isinstance(took, Spread) else Spread((took,))
        return what, seconds_, f"{handled / seconds_.median:,.0f}", beside

    print_table(
        f"NEO4J  load of {entities.height:,} entities and {triples.height:,} triples into a server with a heap of {HEAP[1]}",
        ("", "seconds", "elements/s", "kgtools takes"),
        [
            row("kgtools load: merged, written, read back", ours),
            row("  the same again, nothing to write", again),
            row(f"(a) a query for each of {2 * SLICE:,} elements", one_by_one, 2 * SLICE, f"{slice_rate / rate:.3f} x"),
            row("(b) bare UNWIND CREATE, nothing checked", bare, beside=f"{ours / bare} x"),
            row("(c) export, neo4j-admin import, start", sum(imported), beside=f"{ours.median / sum(imported):.2f} x"),
            row("    the import command alone", imported[1], beside=f"{ours.median / imported[1]:.2f} x"),
            row("reading all triples", reading, triples.height),
            ("the audits", asked, "", ""),
        ],
    )
    if graphs.whole:
        merged = triples.height / ours.median
        print_aim(
            f"at least {AIM_TRIPLES:,} triples/s: {merged:,.0f} of the merged graph, {said / ours.median:,.0f} of the sources",
            merged >= AIM_TRIPLES,
        )
        share = (bare / ours).median
        print_aim(f"at least {AIM_OF_BARE:.0%} of the speed of (b): {share:.0%}", share >= AIM_OF_BARE)
        read = triples.height / reading.median
        print_aim(f"at least {AIM_READ:,} triples read a second: {read:,.0f}", read >= AIM_READ)
        print_aim(f"the audits take at most {AIM_AUDITS_S:.0f} s: {asked.median:.2f}", asked.median <= AIM_AUDITS_S)


@contextmanager
def _server() -> Iterator[Login]:
    """A server for the bench alone, named in the environment."""
    with temporary_server(heap=HEAP) as server:
        login = server.start().login
        before = {name: os.environ.get(name) for name in login.environment}
        os.environ.update(login.environment)
        try:
            yield login
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _bare(login: Login, entities: Entities, triples: Triples) -> None:
    """What a script does: an index to find the ends by, then CREATE in batches, nothing checked and nothing read back."""
    ends = triples.with_columns(_type("head"), _type("tail")).sort("head")
    with login.driver() as driver, driver.session() as session:
        for (type_,), rows in entities.partition_by("type", as_dict=True).items():
            session.run(f"CREATE INDEX FOR (n:{quote(str(type_))}) ON (n.id)").consume()
            values = ", ".join(f"{name}: row[{place}]" for place, name in enumerate(ENTITY_COLUMNS))
            _send(
                session,
                f"UNWIND $rows AS row CREATE (n:{quote(str(type_))} {{{values}}})",
                rows.select(ENTITY_COLUMNS),
            )
        session.run("CALL db.awaitIndexes(600)").consume()
        values = ", ".join(f"{name}: row[{place}]" for place, name in enumerate(TRIPLE_COLUMNS, start=2))
        for key, rows in ends.partition_by("relation", "head type", "tail type", as_dict=True).items():
            relation, head, tail = (quote(str(name)) for name in key)
            query = (
                f"UNWIND $rows AS row MATCH (h:{head} {{id: row[0]}}) MATCH (t:{tail} {{id: row[1]}}) "
                f"CREATE (h)-[:{relation} {{{values}}}]->(t)"
            )
            _send(session, query, rows.select("head", "tail", *TRIPLE_COLUMNS))


def _type(end: str) -> pl.Expr:
    return pl.col(end).str.extract(r"(?s)^([^:]*):").alias(f"{end} type")


def _send(session: Any, query: str, rows: pl.DataFrame) -> None:
    for start in range(0, rows.height, BATCH):
        part = rows.slice(start, BATCH).rows()
        session.execute_write(lambda tx, part=part: tx.run(query, rows=part).consume())


def _one_by_one(login: Login, entities: Entities, triples: Triples) -> None:
    """A MERGE of its own for each node and each relationship, as object mappers do."""
    ends = triples.head(SLICE).with_columns(_type("head"), _type("tail"))
    with login.driver() as driver, driver.session() as session:
        for row in entities.head(SLICE).iter_rows(named=True):
            query = f"MERGE (n:{quote(row['type'])} {{id: $id}}) SET n.name = $name, n.sources = $sources"
            session.run(query, id=row["id"], name=row["name"], sources=row["sources"]).consume()
        for row in ends.iter_rows(named=True):
            query = (
                f"MERGE (h:{quote(row['head type'])} {{id: $head}}) MERGE (t:{quote(row['tail type'])} {{id: $tail}}) "
                f"MERGE (h)-[r:{quote(row['relation'])}]->(t) SET r.id = $id, r.sources = $sources"
            )
            session.run(query, **{name: row[name] for name in ("head", "tail", "id", "sources")}).consume()


def _audits(store: Neo4jStore, scratch: Path, inputs: Inputs, rounds: int) -> Spread:
    """Seconds of all audits on the server; raises RuntimeError where an answer is not that of a folder."""
    folder = FolderStore(scratch / "same")
    change(folder, lambda _: inputs)
    for audit in audits():
        if run(store, audit).rows != run(folder, audit).rows:
            raise RuntimeError(f"{audit.name}: the stores differ")
    return in_turns(rounds, lambda: list(run_all(store, audits())))[0]


def _imported(scratch: Path) -> tuple[float, float, float]:
    """Seconds of writing the CSV files, of the importer, and of a server's start on what it made."""
    store = FolderStore(scratch / "same")
    folder = scratch / "csv"
    start = time.perf_counter()
    neo4j_admin.FORMAT.write(store, folder, ExportOptions())
    written = time.perf_counter()
    with temporary_server(heap=HEAP) as server:
        _import(server, folder)
        done = time.perf_counter()
        server.start()
        return written - start, done - written, time.perf_counter() - done


def _import(server: Server, folder: Path) -> None:
    """The command of `import.sh`, with the server's own neo4j-admin."""
    options = [
        word for word in shlex.split((folder / "import.sh").read_text(encoding="utf-8")) if word.startswith("--")
    ]
    done = server.admin("database", "import", "full", "neo4j", *options, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"the import ended with {done.returncode}: {done.stderr or done.stdout}")
