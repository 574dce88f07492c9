"""Is what a store holds what it should hold? Counts and order-free checksums, by entity type and relation."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.frames import AT_ONCE

SEPARATOR, NULL = "\x1f", "\x1e"
EXAMPLES = 5
MASK = (1 << 64) - 1


@dataclass(frozen=True)
class StoredGraph:
    """What is in a store, read back from it: a triple that is there twice is two rows; `foreign`: what -> how many."""

    entities: Entities
    triples: Triples
    foreign: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A file of a store that is not what was written: what is wrong, and the way out where there is another than loading."""

    file: str
    what: str
    way_out: str = ""


@dataclass(frozen=True)
class Compared:
    """One entity type or relation: rows that should be there and that are, with their checksums, and what differs.

    `lost`, `foreign`, `changed` and `doubled` count rows; `examples` name some of them."""

    kind: str
    name: str
    wanted: int
    found: int
    wanted_checksum: str
    found_checksum: str
    lost: int = 0
    foreign: int = 0
    changed: int = 0
    doubled: int = 0
    examples: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether counts and checksums are the same."""
        return self.wanted == self.found and self.wanted_checksum == self.found_checksum


@dataclass(frozen=True)
class Reconciliation:
    """Every type and relation compared, what the store holds besides, and files that are not what was written."""

    rows: list[Compared]
    foreign: dict[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the store holds just what it should hold."""
        return not self.foreign and not self.faults and all(row.agrees for row in self.rows)

    @property
    def differences(self) -> list[Compared]:
        """The types and relations that differ."""
        return [row for row in self.rows if not row.agrees]

    def to_dict(self) -> dict[str, Any]:
        """What `reconcile.json` and `--format json` say."""
        rows = [asdict(row) | {"agrees": row.agrees} for row in self.rows]
        files = [{"file": fault.file, "what": fault.what} for fault in self.faults]
        return {"agrees": self.agrees, "rows": rows, "foreign": self.foreign, "files": files}


def reconcile(entities: Entities, triples: Triples, stored: StoredGraph) -> Reconciliation:
    """What should be there against what is there."""
    words = ontology()
    rows = [
        *_compare("entity", "type", words.entities, entities, stored.entities),
        *_compare("relation", "relation", words.relations, triples, stored.triples),
    ]
    return Reconciliation(rows, {name: number for name, number in sorted(stored.foreign.items()) if number})


def _compare(kind: str, key: str, order: Iterable[str], wanted: pl.DataFrame, found: pl.DataFrame) -> list[Compared]:
    names = {*wanted[key].unique(), *found[key].unique()}
    known = [name for name in order if name in names]
    others = sorted(names - set(known), key=str)
    if found is wanted or are_equal(wanted, found):  # nearly always
        parts = wanted.select(key, _hashes(wanted)).partition_by(key, as_dict=True)
        sums = {name: (len(parts[name,]), _add_up(parts[name,]["hash"])) for name in [*known, *others]}
        return [Compared(kind, name, rows, rows, sum_, sum_) for name, (rows, sum_) in sums.items()]
    rows = []
    for name in [*known, *others]:  # a part at a time, for the parts together take as much room again
        of_name = pl.col(key).eq_missing(pl.lit(name, pl.String))
        rows.append(_compare_one(kind, str(name), wanted.filter(of_name), found.filter(of_name)))
    return rows


def are_equal(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """As `DataFrame.equals`, which takes ten times as long for lists as for their lengths and what is in them."""
    lists = [name for name, kind in one.schema.items() if isinstance(kind, pl.List)]
    if one.schema != other.schema or not one.drop(lists).equals(other.drop(lists)):
        return False
    return all(
        a.list.len().equals(b.list.len()) and a.explode().equals(b.explode())
        for a, b in zip(one.select(lists), other.select(lists), strict=True)
    )


def _compare_one(kind: str, name: str, wanted: pl.DataFrame, found: pl.DataFrame) -> Compared:
    expected = checksum(wanted)
    if wanted.sort("id").equals(found.sort("id")):
        return Compared(kind, name, wanted.height, found.height, expected, expected)
    doubled = found.filter(found["id"].is_duplicated()).unique("id")
    lost = wanted.join(found, on="id", how="anti")
    foreign = found.join(wanted, on="id", how="anti", nulls_equal=True)
    pairs = wanted.join(found.unique("id", keep="first", maintain_order=True), on="id", how="inner", suffix=" found")
    columns = [column for column in wanted.columns if column != "id"]
    changed = pairs.filter(pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c} found")) for c in columns))
    examples = [
        f"{what}: {_called(row)}{_where(row, columns) if what == 'changed' else ''}"
        for what, rows in (("lost", lost), ("foreign", foreign), ("changed", changed), ("doubled", doubled))
        for row in rows.sort("id").head(EXAMPLES).iter_rows(named=True)
    ]
    return Compared(
        kind, name, wanted.height, found.height, expected, checksum(found),
        lost.height, foreign.height, changed.height, doubled.height, tuple(examples),
    )  # fmt: skip


def _called(row: dict[str, Any]) -> str:
    return f"{row['head']} -> {row['tail']}" if "head" in row else str(row["id"])


def _where(row: dict[str, Any], columns: list[str]) -> str:
    """The first column that differs, with both of its values."""
    for column in columns:
        wanted, found = row[column], row[f"{column} found"]
        if wanted != found:
            return f" ({column}: {_short(wanted)}, found {_short(found)})"
    return ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def checksum(rows: pl.DataFrame) -> str:
    """The sum of the rows' 64-bit BLAKE2b hashes, in hex: the same in any order and on any machine, another for any
    other value. A row is its columns in order, lists joined by a comma-free separator and preceded by their length."""
    return _add_up(_hashes(rows))


def _hashes(rows: pl.DataFrame) -> pl.Series:
    cells = [
        pl.concat_str(pl.col(name).list.len().cast(pl.String), pl.col(name).list.join(NULL), separator=NULL).fill_null(
            NULL
        )
        if kind == pl.List(pl.String)
        else pl.col(name).fill_null(NULL)
        for name, kind in rows.schema.items()
    ]
    text = pl.concat_str(cells, separator=SEPARATOR).cast(pl.Binary)
    parts = [pl.Series("hash", [], pl.UInt64)]
    for part in rows.iter_slices(AT_ONCE):
        hashed = [hashlib.blake2b(row, digest_size=8).digest() for row in part.select(text).to_series().to_list()]
        parts.append(pl.Series("hash", hashed, pl.Binary).bin.reinterpret(dtype=pl.UInt64, endianness="big"))
    return pl.concat(parts)


def _add_up(hashes: pl.Series) -> str:
    return f"{sum(hashes.to_list()) & MASK:016x}"
