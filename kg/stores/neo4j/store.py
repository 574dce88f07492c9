"""A graph in a Neo4j server: one label per entity type, one relationship type per relation, and our metadata beside it.

The metadata are nodes of the label `__Kgtools` (kg/stores/neo4j/metadata.py): what each source said, so that the graph can be merged
anew and proved. A change writes the rows that differ and reads everything back. Up to `AT_ONCE` rows are one transaction;
more are written in batches, and until the last is in, the metadata say that a change is under way."""

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NameTable
from kgtools.kg.columns import quote
from kgtools.kg.stores.neo4j import indexes, metadata, read, write
from kgtools.kg.stores.neo4j.connection import Server
from kgtools.kg.stores.reconcile import Fault, StoredGraph
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import CypherError, InputError, StoreError
from kgtools.tools.outputs.signals import Stopped, note_placed

AT_ONCE = 20_000
PIECES = 16
WAIT_S = 2.0
PLAIN = {str, int, float, bool, type(None)}
LABEL = quote(metadata.LABEL)
FOREIGN = f"MATCH (n:!{LABEL}) RETURN count(n)"
PUT = f"UNWIND $rows AS row MERGE (n:{LABEL} {{id: row[0]}}) SET n.data = row[1]"
DROP = f"UNWIND $rows AS row MATCH (n:{LABEL} {{id: row}}) DELETE n"
GET = f"UNWIND $starts AS start MATCH (n:{LABEL}) WHERE n.id STARTS WITH start RETURN n.id, n.data"
LOCK = f"MERGE (n:{LABEL} {{id: 'lock'}}) SET n.data = $who"
HOLDERS = (
    "SHOW TRANSACTIONS YIELD database, metaData WHERE database = $database AND metaData.kgtools <> $who "
    "AND metaData.for IN $kinds RETURN metaData.kgtools"
)


@dataclass(frozen=True)
class State:
    """The first page of the metadata: the files of the graph, those of a change under way, the sources that may be in the graph."""

    now: dict[str, str] | None
    then: dict[str, str] | None
    sources: tuple[str, ...]


class Neo4jStore:
    """The graph of a Neo4j database, `neo4j://HOST:PORT/DATABASE` or `bolt://...`.

    What it reads is of one graph: where another process has changed that since the first look, reading raises StoreError."""

    def __init__(self, url: str) -> None:
        self.server = Server(url)
        self._seen: State | None = None

    def has_graph(self) -> bool:
        """Whether our metadata are in the database. Raises InputError for a database of others."""
        with self.server.one_line(), self.server.session() as session:
            if session.execute_read(_state) is not None:
                return True
            if others := session.run(FOREIGN).single()[0]:
                raise InputError(
                    f"{self.server.url}: the database holds {others:,} nodes that kgtools did not load; name an empty one"
                )
            return False

    @contextmanager
    def changing(self, command: str) -> Iterator["ServerTransaction"]:
        """Write what differs from the graph that is there, and read everything back."""
        with self.server.one_line(), self._alone(command) as who, self.server.session(read_only=False) as session:
            self._seen = None
            yield ServerTransaction(self.server, session, who)

    def inputs(self) -> Inputs:
        """What the graph is made of."""
        with self._reading() as (session, state):
            inputs: Inputs = session.execute_read(_inputs, state.now)
            return inputs

    def metadata(self) -> GraphMetadata:
        """What was loaded: `sources` and `names`, each by name."""
        with self._reading() as (session, state):
            paths = {path: digest for path, digest in (state.now or {}).items() if path.endswith("/about.json")}
            return metadata.graph_metadata(session.execute_read(_files, paths))

    def names(self) -> tuple[NameTable, ...]:
        """The tables of English names, in order."""
        with self._reading() as (session, state):
            paths = {path: digest for path, digest in (state.now or {}).items() if path.startswith("names/")}
            return metadata.from_files(session.execute_read(_files, paths)).names

    def entities(self) -> Entities:
        """All entities, sorted by id."""
        with self._reading() as (session, _):
            entities: Entities = session.execute_read(read.read_entities)
            return entities

    def triples(self) -> Triples:
        """All triples, sorted by id."""
        with self._reading() as (session, _):
            triples: Triples = session.execute_read(read.read_triples)
            return triples

    def read_back(self) -> StoredGraph:
        """All that is in the database."""
        with self._reading() as (session, _):
            stored: StoredGraph = session.execute_read(read.read_back)
            return stored

    def faults(self) -> list[Fault]:
        """Every file of the metadata that is not as it was written."""
        with self._reading() as (session, state):
            found: list[Fault] = session.execute_read(_faults, state.now)
            return found

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows, as they come; nodes and relationships as their properties."""
        answer = self._answer(cypher, params)
        return next(answer), answer

    def _answer(self, cypher: str, params: dict[str, Any]) -> Iterator[list[Any]]:
        """The column names, then the rows."""
        import neo4j

        from kgtools.kg.stores.neo4j.hiding import without_label
        from kgtools.kg.stores.neo4j.tokens import parameters, refuse_missing

        wanted: set[str] = set()
        with suppress(CypherError):  # what cannot be read, the server will explain
            wanted = parameters(cypher)
        refuse_missing(wanted, params)
        with self._reading() as (session, _):
            result = session.run(neo4j.Query(without_label(cypher, metadata.LABEL)), params)
            yield list(result.keys())
            for record in result:
                yield [_plain(value) for value in record.values()]

    @contextmanager
    def _reading(self) -> Iterator[tuple[Any, State]]:
        """A session, and the metadata of a complete graph. Raises StoreError where there is none."""
        with self.server.one_line(), self.server.session() as session:
            state = session.execute_read(_state)
            if state is None:
                raise StoreError(
                    f"{self.server.url}: no graph here; load one first: kgtools load SOURCE FILE... --graph {self.server.url}"
                )
            if state.then is not None:
                raise StoreError(
                    f"{self.server.url}: a change of the graph is under way or was interrupted; wait for it, or run it again"
                )
            self._seen = self._seen or state
            try:
                yield session, state
            except StoreError:
                self._refuse_changed(session)
                raise
            self._refuse_changed(session)

    def _refuse_changed(self, session: Any) -> None:
        """Raises StoreError where the graph is no longer the one of the first look."""
        if session.execute_read(_state) != self._seen:
            raise StoreError(f"{self.server.url}: the graph was changed while it was being read; run this again")

    @contextmanager
    def _alone(self, command: str) -> Iterator[str]:
        """Hold the database against other changes by kgtools, as long as the connection lives; who it is that does.

        What somebody who is gone has sent to the server is over before: it must not come in later. Raises StoreError."""
        who = f"kgtools {command} (process {os.getpid()} on {socket.gethostname()})"
        with self.server.session(read_only=False) as session:
            with self.server.named():
                indexes.prepare_metadata(session)
            (database,) = session.run("CALL db.info() YIELD name").value()
            self._wait(session, database, who, ["lock", "rows"])
            transaction = session.begin_transaction(metadata={"kgtools": who, "for": "lock"})
            try:
                transaction.run(LOCK, who=who).consume()
                with self.server.session() as other:
                    self._wait(other, database, who, ["rows"])
                yield who
            finally:
                with suppress(Exception):  # the lock goes with the connection
                    transaction.close()

    def _wait(self, session: Any, database: str, who: str, kinds: list[str]) -> None:
        """Until nobody else has a transaction of kgtools under way that is for such a thing. Raises StoreError."""
        end = time.monotonic() + WAIT_S
        while holders := session.run(HOLDERS, database=database, who=who, kinds=kinds).value():
            if time.monotonic() > end:
                raise StoreError(f"{self.server.url}: in use by {holders[0]}; wait until it is done and run this again")
            time.sleep(0.2)


class ServerTransaction:
    """The rows in which the graph of other inputs differs from the one that is there."""

    def __init__(self, server: Server, session: Any, who: str) -> None:
        self._server, self._session, self._who = server, session, who
        self._state: State | None = session.execute_read(_state)
        now = self._state.now if self._state else None
        self.inputs: Inputs = session.execute_read(_inputs, now) if now else Inputs()

    def write(self, inputs: Inputs, entities: Entities, triples: Triples) -> StoredGraph:
        """Write what differs, at once or in batches; gives all that is in the database afterwards."""
        session, state = self._session, self._state
        with self._server.named():
            indexes.prepare(session, entities)
        stored: StoredGraph = session.execute_read(read.read_back)
        known = {source.name for source in (*self.inputs.sources, *inputs.sources)}
        known |= set(state.sources if state else ())
        batches = write.batches(entities, triples, stored, known)
        files = metadata.to_files(inputs)
        if batches or state is None or state.then is not None or state.now != metadata.index(files):
            with self._refused_rows():
                stored = _write(self._server, self._who, state, files, batches, known)
        indexes.finish(session, entities)
        return stored

    @contextmanager
    def _refused_rows(self) -> Iterator[None]:
        """Rows that a constraint of others forbids are said with its name. Raises StoreError."""
        from neo4j.exceptions import ConstraintError

        try:
            yield
        except ConstraintError as error:
            with self._server.session() as session:
                reason = indexes.explain_constraint(session, str(error.message))
            if not reason:
                raise
            raise StoreError(f"{self._server.url}: {reason}") from None

    def commit(self) -> None:
        """Nothing: the last batch has made it the graph."""


@read.uncollected()
def _write(
    server: Server,
    who: str,
    state: State | None,
    files: dict[str, bytes],
    batches: list[write.Batch],
    known: set[str],
) -> StoredGraph:
    """The metadata and the batches, at once or one after another; what is there afterwards."""
    with server.session(read_only=False) as session:
        pieces, there = metadata.pieces(files), set(session.run(f"MATCH (n:{LABEL}) RETURN n.id").value())
        new = [(id_, data) for id_, data in pieces.items() if id_ not in there]
        paths, stale = metadata.index(files), sorted(there - {*pieces, metadata.STATE, "lock"})

        def put(rows: list[tuple[str, str]]) -> None:
            write.commit(session, who, lambda transaction, _: transaction.run(PUT, rows=rows).consume())

        def settle(transaction: Any, _: bool) -> None:
            transaction.run(PUT, rows=[(metadata.STATE, metadata.state(paths, None, known))]).consume()
            transaction.run(DROP, rows=stale).consume()

        def at_once(transaction: Any, again: bool) -> StoredGraph:
            transaction.run(PUT, rows=new).consume()
            for batch in batches:
                batch.send(transaction, batch.values(), again)
            settle(transaction, again)
            return read.read_back(transaction)

        if sum(batch.rows.height for batch in batches) <= AT_ONCE and len(new) <= PIECES:
            return write.commit(session, who, at_once)
        for start in range(0, len(new), PIECES):
            put(new[start : start + PIECES])
        put([(metadata.STATE, metadata.state(state.now if state else None, paths, known))])
        try:
            write.commit_each(lambda: server.session(read_only=False), who, batches)
            stored: StoredGraph = session.execute_read(read.read_back)
            write.commit(session, who, settle)
        except KeyboardInterrupt:
            raise StoreError("stopped in the middle of the change; run this again to complete it") from None
        except Stopped:
            note_placed("a part of the change, which the same command completes,")
            raise
        return stored


def _state(transaction: Any) -> State | None:
    """The first page of the metadata; None where there are none."""
    record = transaction.run(f"MATCH (n:{LABEL} {{id: $id}}) RETURN n.data", id=metadata.STATE).single()
    if record is None:
        return None
    told = metadata.read_state(record[0])
    return State(told["now"], told["then"], tuple(told["sources"]))


def _files(transaction: Any, paths: dict[str, str]) -> dict[str, bytes]:
    return metadata.join_files(paths, _pieces(transaction, paths))


def _pieces(transaction: Any, paths: dict[str, str]) -> dict[str, str]:
    starts = [f"{digest}/" for digest in set(paths.values())]
    return dict(record.values() for record in transaction.run(GET, starts=starts))


def _faults(transaction: Any, paths: dict[str, str]) -> list[Fault]:
    return metadata.faults(paths, _pieces(transaction, paths))


def _inputs(transaction: Any, paths: dict[str, str]) -> Inputs:
    return metadata.from_files(_files(transaction, paths))


def _plain(value: Any) -> Any:
    """A value as JSON has it: nodes and relationships as their properties, times as text, paths and points as lists."""
    if type(value) in PLAIN:  # nearly all are, and there may be millions
        return value
    from neo4j.graph import Entity, Path

    if isinstance(value, Entity):
        return {key: _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, Path):
        return [_plain(part) for pair in zip(value.nodes, value.relationships, strict=False) for part in pair] + [
            _plain(value.end_node)
        ]
    if hasattr(value, "iso_format"):
        return value.iso_format()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
