"""The embedded engine: a database file made once with COPY from parquet, then only read."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from orjson import JSONDecodeError, loads

from kgtools.kg.ontology import ontology
from kgtools.kg.stores.columns import ENTITY_COLUMNS, LISTS, TRIPLE_COLUMNS, quote
from kgtools.kg.stores.reconcile import StoredGraph
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.errors import CypherError, StoreError
from kgtools.tools.frames import Schema, load_table, write_table
from kgtools.tools.inputs.files import to_json
from kgtools.tools.registry import suggestion

PAIRS = "pairs.json"
ROOM = 1 << 40
"""Bytes of address space for each open database; the engine's own 8 TB are too much for more than 15 at once."""
NO_PROPERTY = re.compile(r"Cannot find property (\S+) for")
NO_TABLE = re.compile(r"Table (\S+) does not exist")


def build(path: Path, entities: Entities, triples: Triples) -> None:
    """Make the database file."""
    import ladybug

    ends = _typed_ends(entities, triples)
    with _scratch(path.parent, ".copy-") as scratch:
        try:
            database = ladybug.Database(str(path.absolute()), max_db_size=ROOM)
        except RuntimeError as error:
            raise _unopened(path, error) from error
        connection = ladybug.Connection(database, num_threads=1)  # two that copy nodes may wait for each other for ever
        try:
            connection.execute("CALL auto_checkpoint=false")  # one at the end, not one after each COPY
            _create_tables(connection, ends)
            _copy(connection, scratch, entities, ends)
            connection.execute("CHECKPOINT")
            path.with_name(PAIRS).write_bytes(to_json(_pairs(ends)))
        except RuntimeError as error:
            raise _refused(path, error) from error
        finally:
            connection.close()
            database.close()


def read_back(path: Path, room: Path | None = None) -> StoredGraph:
    """All that is in the database file; `room`: a folder to write to, by default where the system keeps what is for a while."""
    with _scratch(room, ".back-") as scratch:
        reader = Reader(path)
        file = scratch / "back.parquet"
        try:
            return StoredGraph(reader.entities(file), reader.triples(file))
        finally:
            reader.close()


@contextmanager
def _scratch(room: Path | None, prefix: str) -> Iterator[Path]:
    """A folder in `room` (or where the system keeps what is for a while), by a path without signs of a pattern: COPY takes `[`,
    `*` and `?` in paths for one."""
    with (
        tempfile.TemporaryDirectory(dir=room.absolute() if room else None, prefix=prefix) as real,
        tempfile.TemporaryDirectory(prefix="kgtools-") as links,
    ):
        link = Path(links) / "scratch"
        link.symlink_to(real, target_is_directory=True)
        yield link


class Reader:
    """The database file, open for reading as long as this object lives."""

    def __init__(self, path: Path) -> None:
        import ladybug

        self.path = path
        try:
            self._database = ladybug.Database(str(path.absolute()), read_only=True, max_db_size=ROOM)
            self._connection = ladybug.Connection(self._database)
            self._pairs = {
                name: [(h, t) for h, t in pairs] for name, pairs in loads(path.with_name(PAIRS).read_bytes()).items()
            }
        except (RuntimeError, OSError, JSONDecodeError) as error:
            raise _unopened(path, error) from error

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows; nodes and relationships come as their properties. Raises CypherError."""
        from kgtools.kg.cypher.portable import parameters, refuse_missing, to_embedded

        names = frozenset({*ontology().entities, *ontology().relations, *ENTITY_COLUMNS, *TRIPLE_COLUMNS})
        text = to_embedded(cypher, names=names, pairs=self._pairs)
        wanted = parameters(cypher)
        refuse_missing(wanted, params)  # the engine takes a missing parameter for null
        try:
            result = self._connection.execute(text, {name: params[name] for name in wanted})
        except RuntimeError as error:
            raise CypherError(_explained(error)) from error
        if isinstance(result, list):
            raise CypherError("one statement at a time")
        return result.get_column_names(), _rows(result)

    def entities(self, file: Path) -> Entities:
        """Every entity of the database, sorted by id; `file`: a place to write to."""
        frames = [ENTITIES.frame()]
        for type_ in ontology().entities:
            returned = ", ".join(f"n.{name} AS {name}" for name in ENTITY_COLUMNS)
            query = f"MATCH (n:{quote(type_)}) RETURN '{type_}' AS type, {returned}"
            frames.append(_read_back(self._connection, query, file, ENTITIES))
        return pl.concat(frames).sort("id")

    def triples(self, file: Path) -> Triples:
        """Every triple of the database, sorted by id; `file`: a place to write to."""
        frames = [TRIPLES.frame()]
        for relation in ontology().relations:
            returned = ", ".join(f"r.{name} AS {name}" for name in TRIPLE_COLUMNS)
            query = f"MATCH (h)-[r:{quote(relation)}]->(t) RETURN h.id AS head, '{relation}' AS relation, t.id AS tail, {returned}"
            frames.append(_read_back(self._connection, query, file, TRIPLES))
        return pl.concat(frames).sort("id")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._database.close()


def _rows(result: Any) -> Iterator[list[Any]]:
    try:
        while result.has_next():
            yield [_plain(value) for value in result.get_next()]
    except RuntimeError as error:
        raise CypherError(_sentence(error)) from error
    finally:
        result.close()


def _plain(value: Any) -> Any:
    """Python values as Neo4j's driver gives them: no engine keys, whole numbers as int."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in ("_ID", "_LABEL", "_SRC", "_DST")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if type(value).__name__ == "Decimal" and value == value.to_integral_value() else value


def _typed_ends(entities: Entities, triples: Triples) -> pl.DataFrame:
    types = entities.select("id", "type")
    ends = triples.join(types.rename({"id": "head", "type": "head_type"}), on="head", how="left")
    return ends.join(types.rename({"id": "tail", "type": "tail_type"}), on="tail", how="left")


def _pairs(ends: pl.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """For each relation, the pairs of types that the ontology allows and those that are there."""
    pairs = {name: {(h, t) for h in r.domain for t in r.range} for name, r in ontology().relations.items()}
    for relation, head, tail in ends.select("relation", "head_type", "tail_type").unique().iter_rows():
        pairs[relation].add((head, tail))
    return {name: sorted(found) for name, found in pairs.items()}


def _create_tables(connection: Any, ends: pl.DataFrame) -> None:
    columns = ", ".join(f"{name} STRING{'[]' if name in LISTS else ''}" for name in ENTITY_COLUMNS)
    for type_ in ontology().entities:
        connection.execute(f"CREATE NODE TABLE {quote(type_)} ({columns}, PRIMARY KEY (id))")
    columns = ", ".join(f"{name} STRING{'[]' if name in LISTS else ''}" for name in TRIPLE_COLUMNS)
    for relation, pairs in _pairs(ends).items():
        between = ", ".join(f"FROM {quote(head)} TO {quote(tail)}" for head, tail in pairs)
        connection.execute(f"CREATE REL TABLE {quote(relation)} ({between}, {columns})")


def _copy(connection: Any, scratch: Path, entities: Entities, ends: pl.DataFrame) -> None:
    file = scratch / "rows.parquet"
    source = "'" + str(file).replace("\\", "\\\\").replace("'", "\\'") + "'"
    for (type_,), rows in entities.partition_by("type", as_dict=True).items():
        write_table(rows.select(ENTITY_COLUMNS), file)
        connection.execute(f"COPY {quote(type_)} FROM {source}")
    for (relation, head, tail), rows in ends.partition_by("relation", "head_type", "tail_type", as_dict=True).items():
        write_table(rows.select("head", "tail", *TRIPLE_COLUMNS), file)
        connection.execute(f"COPY {quote(relation)} FROM {source} (from='{head}', to='{tail}')")


def _read_back(connection: Any, query: str, file: Path, schema: Schema) -> pl.DataFrame:
    """The rows of a query through a parquet file; the engine writes none for no rows."""
    target = "'" + str(file).replace("\\", "\\\\").replace("'", "\\'") + "'"
    connection.execute(f"COPY ({query}) TO {target}")
    if not file.exists():
        return schema.frame()
    rows = load_table(file, memory_map=False)
    file.unlink()
    return rows.select(pl.col(name).cast(kind) for name, kind in schema.columns.items())


def _refused(path: Path, error: RuntimeError) -> StoreError:
    text = _sentence(error)
    full = any(word in text.lower() for word in ("no space", "disk", "file too large", "io exception"))
    way_out = "free some space and load again" if full else "load again into a new folder"
    return StoreError(
        f"{path.parent.parent}: the embedded engine could not build the graph: {text}; {way_out}: the old graph is untouched"
    )


def _explained(error: RuntimeError) -> str:
    """The engine's message, with the names that it does not know put right where one is near."""
    text = _sentence(error)
    for pattern, known in (
        (NO_PROPERTY, [*ENTITY_COLUMNS, *TRIPLE_COLUMNS]),
        (NO_TABLE, [*ontology().entities, *ontology().relations]),
    ):
        if found := pattern.search(text):
            return f"the graph has no {found[1]}; {suggestion(found[1], known)}"
    return text


def _unopened(path: Path, error: Exception) -> StoreError:
    """Why a database cannot be opened, with the way out: the engine takes addresses for the largest one that there may be."""
    if "Mmap" in str(error):
        return StoreError(
            f"{path}: the embedded engine needs {ROOM >> 40} TB of address space, of which it uses what the graph takes; lift the limit: "
            "ulimit -v unlimited"
        )
    return StoreError(f"{path}: the database cannot be opened: {_sentence(error)}; load the sources again")


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
