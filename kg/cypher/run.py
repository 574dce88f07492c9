"""A query in Cypher answered from the two tables of a graph."""

import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, TypeVar

from kgtools.kg.cypher.compile import Compiled, compile_query
from kgtools.kg.cypher.grammar.parse import parse
from kgtools.kg.cypher.values import python, quote
from kgtools.tools.errors import CypherError

T = TypeVar("T")
AT_ONCE = 2_000
"""Rows that are in memory."""
ROOM = 4 * 10**9
"""Bytes that a query may write to the disk."""
LOOKS = 0.2
"""Seconds between two looks at what it has written, at most a tenth of ROOM on a fast disk, and at whether it is stopped."""
SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB",
    "max_temp_directory_size": f"{ROOM}B",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "order_by_non_integer_literal": "true",
}
"""The engine's: what it may take before it writes to a disk, and there; nothing is fetched; what is the same in all rows may be sorted by."""


class Engine:
    """DuckDB with the tables of one graph, given as Parquet, as views. It reads these files and nothing else, and no network.

    Several answers can be read at once, each over a connection of its own."""

    def __init__(self, entities: Path, triples: Path, threads: int | None = None) -> None:
        import duckdb

        with ExitStack() as stack:
            scratch = stack.enter_context(TemporaryDirectory(prefix="kgtools-"))
            settings = SETTINGS if threads is None else SETTINGS | {"threads": threads}
            self._connection = stack.enter_context(closing(duckdb.connect(":memory:", config=settings)))
            self._scratch, self._entities, self._triples = Path(scratch), entities, triples
            self._functions: set[str] = set()
            files = [_plain(file, self._scratch) for file in (entities, triples)]
            self._connection.execute(f"SET temp_directory = {quote(scratch)}")
            self._connection.execute(f"SET allowed_paths = [{', '.join(map(quote, files))}]")
            self._connection.execute(f"SET allowed_directories = [{quote(scratch)}]")
            self._connection.execute("SET enable_external_access = false")
            for name, file in zip(("entities", "triples"), files, strict=True):
                self._connection.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM read_parquet({quote(file)}, hive_partitioning = false)"
                )
            self._connection.execute(
                "CREATE VIEW undirected AS SELECT *, head AS begins, tail AS ends FROM triples "
                "UNION ALL SELECT *, tail AS begins, head AS ends FROM triples WHERE head <> tail"
            )
            self.close = weakref.finalize(self, stack.pop_all().close)

    def answer(self, cypher: str, params: Mapping[str, Any]) -> tuple[list[str], Iterator[list[Any]]]:
        """Column names and rows of a query that reads; nodes and relationships as their properties, paths as lists of them.

        Raises CypherError."""
        from kgtools.tools.terminal import tell

        try:
            compiled = compile_query(parse(cypher), params, lambda relations: _count(self._triples, relations))
        except RecursionError as error:
            raise CypherError("the query has too much within each other; use WITH between") from error
        for note in compiled.notes:
            tell(note)
        rows = self._rows_of_one_thread(compiled) if compiled.one_by_one else self._rows(compiled)
        first = list(islice(rows, 1))  # what goes wrong is said before anything is written
        return list(compiled.columns), chain(first, rows)

    def _rows(self, compiled: Compiled) -> Iterator[list[Any]]:
        import duckdb

        kinds = list(compiled.columns.values())
        for name in sorted(compiled.functions - self._functions):
            self._register(name)
        with (
            closing(self._connection.cursor()) as cursor,
            _within_room(cursor, self._scratch),
            _stoppable(cursor) as run,
        ):
            try:
                result = run(lambda: cursor.execute(compiled.sql, dict(compiled.params) or None))
                while rows := run(lambda: result.fetchmany(AT_ONCE)):
                    for row in rows:
                        yield [python(value, kind) for value, kind in zip(row, kinds, strict=True)]
            except duckdb.Error as error:
                raise CypherError(_explain(error)) from error

    def _rows_of_one_thread(self, compiled: Compiled) -> Iterator[list[Any]]:
        engine = Engine(self._entities, self._triples, threads=1)
        with closing(engine):
            yield from engine._rows(compiled)

    def _register(self, name: str) -> None:
        """Give the engine a function that SQL does not have."""
        from kgtools.kg.cypher import shortest, texts

        if name == "shortest":
            shortest.register(self._connection, self._triples)
        else:
            from duckdb.func import FunctionNullHandling

            function, given, made = texts.FUNCTIONS[name]
            nulls = FunctionNullHandling.SPECIAL if name in texts.OF_NULL else FunctionNullHandling.DEFAULT
            self._connection.create_function(name, function, list(given), made, null_handling=nulls)
        self._functions.add(name)


def _count(triples: Path, relations: frozenset[str] | None) -> int:
    import polars as pl

    from kgtools.tools.frames import scan_table

    rows = scan_table(triples)
    chosen = rows if relations is None else rows.filter(pl.col("relation").is_in(sorted(relations)))
    return int(chosen.select(pl.len()).collect().item())


@contextmanager
def _within_room(connection: Any, scratch: Path) -> Iterator[None]:
    """Interrupt a query that has written more than ROOM to the disk: the engine's own limit does not count all that it writes."""
    done = Event()

    def watch() -> None:
        while not done.wait(LOOKS):
            if sum(file.stat().st_size for file in scratch.glob("*") if not file.is_symlink()) > ROOM:
                connection.interrupt()

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


@contextmanager
def _stoppable(connection: Any) -> Iterator[Callable[[Callable[[], T]], T]]:
    """Runs what it is given in a thread, and interrupts that where the caller is stopped: of a signal the engine hears nothing."""

    def run(function: Callable[[], T]) -> T:
        running = pool.submit(function)
        try:
            while not wait([running], LOOKS).done:
                pass  # polars' handler of Ctrl-C lets a wait go on that has no end
            return running.result()
        finally:
            if not running.done():
                connection.interrupt()

    with ThreadPoolExecutor(1) as pool:
        yield run


def _plain(file: Path, scratch: Path) -> str:
    """A path of the file that the engine does not take for a pattern: `[`, `*` and `?` are signs of one."""
    path = str(file.absolute())
    if not set(path) & set("[]*?{}"):
        return path
    link = scratch / file.name
    link.symlink_to(file.absolute())
    return str(link)


def _explain(error: Exception) -> str:
    """The engine's message: what the data make wrong as it is (`/ by zero`), what the compiler should not have let through as that."""
    text = str(error).split("\n")[0]
    if type(error).__name__ in ("OutOfMemoryException", "InterruptException"):
        return "the query makes more rows than there is room for; name labels, types or a property, or a smaller length of a path"
    if "executing the UDF: " in text:
        return text.partition("executing the UDF: ")[2].partition(": ")[2]
    kind, found, message = text.partition(": ")
    if kind in ("Invalid Input Error", "Out of Range Error", "Conversion Error"):
        return message
    return f"a folder does not cover this query; ask it in parts, with WITH between ({message if found else text})"
