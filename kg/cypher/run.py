"""A query in Cypher answered from the two tables of a graph."""

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kgtools.kg.cypher.compile import Compiled, compile_query
from kgtools.kg.cypher.parse import parse
from kgtools.kg.cypher.values import python, quote
from kgtools.tools.errors import CypherError

AT_ONCE = 2_000
"""Rows that are in memory."""
SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB",
    "max_temp_directory_size": "4GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""The engine's: what it may take before it writes to a disk, and there; nothing is fetched."""


def answer(entities: Path, triples: Path, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterator[list[Any]]]:
    """Column names and rows of a query that reads; nodes and relationships as their properties, paths as lists of them.

    `entities`, `triples`: the tables as Parquet. Raises CypherError."""
    from kgtools.tools.terminal import tell

    try:
        query = parse(cypher)
        compiled = compile_query(query, params, lambda relations: _count(triples, relations))
    except RecursionError as error:
        raise CypherError("the query has too much within each other; use WITH between") from error
    for note in compiled.notes:
        tell(note)
    rows = _rows(entities, triples, compiled)
    first = list(islice(rows, 1))  # what goes wrong is said before anything is written
    return list(compiled.columns), chain(first, rows)


def _count(triples: Path, relations: frozenset[str] | None) -> int:
    import polars as pl

    from kgtools.tools.frames import scan_table

    rows = scan_table(triples)
    chosen = rows if relations is None else rows.filter(pl.col("relation").is_in(sorted(relations)))
    return int(chosen.select(pl.len()).collect().item())


def _rows(entities: Path, triples: Path, compiled: Compiled) -> Iterator[list[Any]]:
    import duckdb

    kinds = list(compiled.columns.values())
    with _connection(entities, triples, compiled) as connection:
        try:
            if compiled.one_by_one:
                connection.execute("SET threads = 1")
            result = connection.execute(compiled.sql, dict(compiled.params) or None)
            while rows := result.fetchmany(AT_ONCE):
                for row in rows:
                    yield [python(value, kind) for value, kind in zip(row, kinds, strict=True)]
        except duckdb.Error as error:
            raise CypherError(_explain(error)) from error


@contextmanager
def _connection(entities: Path, triples: Path, compiled: Compiled) -> Iterator[Any]:
    """The engine with the tables as views. It reads these files and nothing else, and no network."""
    import duckdb

    with (
        TemporaryDirectory(prefix="kgtools-") as scratch,
        closing(duckdb.connect(":memory:", config=SETTINGS)) as connection,
    ):
        files = [_plain(file, Path(scratch)) for file in (entities, triples)]
        connection.execute(f"SET temp_directory = {quote(scratch)}")
        connection.execute(f"SET allowed_paths = [{', '.join(map(quote, files))}]")
        connection.execute(f"SET allowed_directories = [{quote(scratch)}]")
        connection.execute("SET enable_external_access = false")
        for name, file in zip(("entities", "triples"), files, strict=True):
            connection.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet({quote(file)}, hive_partitioning = false)"
            )
        connection.execute(
            "CREATE VIEW undirected AS SELECT *, head AS begins, tail AS ends FROM triples "
            "UNION ALL SELECT *, tail AS begins, head AS ends FROM triples WHERE head <> tail"
        )
        if compiled.float_text:
            from duckdb.sqltypes import DOUBLE, VARCHAR

            connection.create_function("float_text", float_text, [DOUBLE], VARCHAR)
        if compiled.shortest:
            from kgtools.kg.cypher.shortest import register

            register(connection, triples)
        yield connection


def float_text(number: float) -> str:
    """A float as Java writes it: `1.0`, `1.5E10` from ten million on, `1.0E-4` under a thousandth."""
    if math.isnan(number) or math.isinf(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    digits, _, exponent = f"{Decimal(repr(number)):E}".partition("E")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"


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
    if type(error).__name__ == "OutOfMemoryException":
        return "the query makes more rows than there is room for; name labels, types or a property, or a smaller length of a path"
    kind, found, message = text.partition(": ")
    if kind in ("Invalid Input Error", "Out of Range Error", "Conversion Error"):
        return message
    return f"a folder does not cover this query; ask it in parts, with WITH between ({message if found else text})"
