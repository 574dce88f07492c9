"""Any table of triples, typed rows, or nodes and edges, as a mapping file describes it (`docs/how-to/own-table.md`)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from kgtools.kg.build.name_rules import clean_name
from kgtools.kg.source import UNTYPED, Collector, Options, Reading, short_names
from kgtools.kg.sources.mapping import (
    Cell,
    Constant,
    EdgeRows,
    EntityRows,
    Table,
    TableMapping,
    TripleRows,
    load_mapping,
)
from kgtools.kg.sources.table_files import LISTS, ROW, read_cells
from kgtools.kg.tables import MENTIONS, STATEMENTS
from kgtools.tools.errors import InputError

TEXT = pl.String
EXAMPLE = """\
source: mykg
title: My knowledge graph
license: CC-BY-4.0
fields: {symptom: {relation: HAS_SYMPTOM}}
tables:
  - {files: ["*.csv"], triples: {head: head, head_type: {value: Disease}, relation: relation, tail: tail}}"""


class OpenTable(NamedTuple):
    """A file, cut into cells for one of the mapping's tables; `broken`: what could not be."""

    path: Path
    table: Table
    cells: pl.DataFrame
    broken: pl.DataFrame


def read(paths: list[Path], options: Options) -> Reading:
    """What the tables say. Refused, with reasons: `unknown-type` (a word for a type that the mapping does not have),
    `unknown-node` (an edge to an id that no row has), `bad-quote` (a row of text that no rule of quotation can part) and
    `not-text` (a cell that holds more than texts). Fields, columns and tables that gave nothing are told."""
    options.refuse("table", "type", "counting")
    mapping = load_mapping(options, TableMapping, "table", EXAMPLE)
    opened = [each for path in paths for each in _open(path, mapping)]
    nodes = _nodes(mapping, opened)
    names, collect = short_names(paths), Collector()
    for path, table, cells, broken in opened:
        collect.start(names[path])
        for row, field, text, reason in broken.iter_rows():
            collect.refuse(row, field, text, reason)
        if table.triples:
            collect.add(*_triples(mapping, table.triples, cells))
        elif table.rows:
            collect.add(*_rows(mapping, table.rows, cells))
        elif table.edges:
            collect.add(MENTIONS.frame(), _edges(mapping, table.edges, cells, nodes))
        collect.finish()
    reading = collect.reading(mapping.source, mapping)
    return replace(reading, idle=tuple(_find_idle(mapping, opened, set(reading.statements["field"]))))


def _find_idle(mapping: TableMapping, opened: list[OpenTable], used: set[str]) -> Iterator[str]:
    """What of the mapping gave nothing, each in the mapping's own words."""
    for number, table in enumerate(mapping.tables):
        if not any(each.table is table for each in opened):
            yield f"tables.{number} (no file fits {', '.join(table.files)})"
    columns = {
        name: column.field or name
        for each in opened
        if each.table.rows
        for name, column in each.table.rows.columns.items()
    }
    yield from (f"columns.{name} (no row has a value)" for name, field in sorted(columns.items()) if field not in used)
    used_fields = used | set(columns.values())
    yield from (f"fields.{name} (no row says it)" for name in sorted(mapping.fields) if name not in used_fields)


def _open(path: Path, mapping: TableMapping) -> list[OpenTable]:
    opened = [
        OpenTable(path, table, *read_cells(path, table, _columns_of(table), table.rows.columns if table.rows else ()))
        for table in mapping.tables
        if table.reads(path)
    ]
    if not opened:
        patterns = ", ".join(pattern for table in mapping.tables for pattern in table.files)
        raise InputError(f"{path}: no table of the mapping reads it; their files are {patterns}")
    for _, table, cells, _ in opened:
        columns = [name for name in cells.columns if not name.startswith("\0")]
        lists = table.rows.columns if table.rows else ()
        for name in _columns_of(table):
            if name not in columns:
                there = ", ".join(columns)
                raise InputError(f"{path}:1: no column {name!r}; there are {there}; fix the mapping, or give a header")
            if cells.schema[name] == LISTS and name not in lists:
                raise InputError(f"{path}: the column {name!r} holds lists, expected one text in each row")
    return opened


def _columns_of(table: Table) -> list[str]:
    """The columns that a table needs."""
    form = table.triples or table.rows or table.edges
    cells = [value for key, value in form if key != "separator" and isinstance(value, str)] if form else []
    return [*cells, *(table.rows.columns if table.rows else ())]


def _cell(cell: Cell) -> pl.Expr:
    """The text of a cell, empty where there is none."""
    return pl.lit(cell.value) if isinstance(cell, Constant) else pl.col(cell).fill_null("")


def _type(mapping: TableMapping, word: pl.Expr) -> pl.Expr:
    """The entity type of the source's word; null where the mapping has none."""
    return clean_name(word).replace_strict(mapping.types(), default=None, return_dtype=TEXT)


def _of_field(mapping: TableMapping, what: str) -> pl.Expr:
    """`head`, `tail` or `kind` of each row's field; null where the field is unknown."""
    values = {name: getattr(field, what) for name, field in mapping.fields.items()} | {"": None}
    return pl.col("field").replace_strict(values, default=None, return_dtype=TEXT)


def _triples(mapping: TableMapping, spec: TripleRows, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = cells.select(
        row=ROW,
        field=clean_name(_cell(spec.relation)),
        head=_cell(spec.head),
        tail=_cell(spec.tail),
        head_word=_cell(spec.head_type) if spec.head_type else pl.lit(None, TEXT),
        tail_word=_cell(spec.tail_type) if spec.tail_type else pl.lit(None, TEXT),
    )
    for end in ("head", "tail") if spec.separator else ():
        parts = pl.col(end).str.split(spec.separator or "").list
        last = pl.when(parts.len() > 1).then(parts.last()).otherwise(pl.lit(""))
        name = pl.when(parts.len() > 1).then(parts.head(parts.len() - 1).list.join(spec.separator or "")).otherwise(end)
        rows = rows.with_columns(last.alias(f"{end}_word"), name.alias(end))
    untyped = pl.col("head_word").is_null()
    rows = rows.with_columns(
        head_type=pl.when(untyped).then(_of_field(mapping, "head")).otherwise(_type(mapping, pl.col("head_word"))),
        tail_type=pl.when(_of_field(mapping, "kind") == "relation").then(_type(mapping, pl.col("tail_word"))),
        lost_tail=(_of_field(mapping, "kind") == "relation") & pl.col("tail_word").is_not_null(),
    )
    unknown = pl.lit("unknown-type")
    rows = rows.with_columns(
        head_type=pl.coalesce("head_type", _raw_type("head_word")),
        refused=pl.when(pl.col("head_type").is_null()).then(unknown),
        reason=pl.when(pl.col("head_type").is_null() | (pl.col("lost_tail") & pl.col("tail_type").is_null())).then(
            unknown
        ),
    )
    field = pl.lit(spec.head if isinstance(spec.head, str) else "head")
    named = rows.select("row", type="head_type", name="head", reason="refused", field=field)
    return named.unique(["type", "name"], keep="first", maintain_order=True), rows


def _raw_type(word: str) -> pl.Expr:
    """The source's own word for a type that the mapping does not have."""
    word_ = clean_name(pl.col(word))
    return pl.when(word_ != "").then(word_).otherwise(pl.lit(UNTYPED))


def _name_rows(mapping: TableMapping, spec: EntityRows, cells: pl.DataFrame) -> pl.DataFrame:
    """Every row's entity: `row`, `name`, `type`, `name_en`, `id`, and `reason` where its type is unknown."""
    return (
        cells.select(row=ROW, name=_cell(spec.name), word=_cell(spec.type), id=_id(spec.id), name_en=_id(spec.name_en))
        .with_columns(type=_type(mapping, pl.col("word")))
        .with_columns(
            type=pl.coalesce("type", _raw_type("word")),
            reason=pl.when(pl.col("type").is_null()).then(pl.lit("unknown-type")),
        )
    )


def _id(column: str | None) -> pl.Expr:
    return clean_name(pl.col(column)) if column else pl.lit(None, TEXT)


def _rows(mapping: TableMapping, spec: EntityRows, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    named = _name_rows(mapping, spec, cells)
    head = named.select("row", "reason", head="name", head_type="type")
    parts = [STATEMENTS.frame().select("row", "reason", "head", "head_type", "field", "tail")]
    for name, column in spec.columns.items():
        values = cells[name]
        if values.dtype == TEXT:
            lists = (
                values.str.replace_all(column.split, "\0").str.split("\0") if column.split else values.reshape((-1, 1))
            )
            values = lists.cast(LISTS)
        each = head.with_columns(values.alias("tail"), field=pl.lit(column.field or name)).explode("tail")
        parts.append(each.filter(pl.col("tail").str.strip_chars() != "").select(parts[0].columns))
    return named.with_columns(field=pl.lit(spec.name)), pl.concat(parts)


def _nodes(mapping: TableMapping, opened: list[OpenTable]) -> pl.DataFrame:
    """`id`, `name`, `type` and `reason` of all rows with ids. Raises InputError where an id stands for two entities."""
    nodes = [
        _name_rows(mapping, table.rows, cells).with_columns(file=pl.lit(str(path)))
        for path, table, cells, _ in opened
        if table.rows and table.rows.id
    ]
    if not nodes:
        return pl.DataFrame(schema={"id": TEXT, "name": TEXT, "type": TEXT, "reason": TEXT})
    each = pl.concat(nodes).drop_nulls("id").with_columns(clean_name(pl.col("name")).alias("clean"))
    each = each.with_columns(pl.col("clean").str.replace_all(r"\s", "")).unique(
        ["id", "clean", "type"], keep="first", maintain_order=True
    )
    twice = each.filter(pl.col("id").is_duplicated()).sort("id", maintain_order=True)
    if twice.height:
        one, other = twice.head(2).rows(named=True)
        raise InputError(
            f"{other['file']}:{other['row']}: the id {one['id']} is {other['name']!r} here and {one['name']!r} at"
            f" {one['file']}:{one['row']}; name a column whose ids are unique over all tables"
        )
    return each.select("id", "name", "type", "reason")


def _edges(mapping: TableMapping, spec: EdgeRows, cells: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    rows = cells.select(
        row=ROW, field=clean_name(_cell(spec.relation)), head_id=_cell(spec.head), tail_id=_cell(spec.tail)
    )
    for end in ("head", "tail"):
        ends = nodes.select(
            pl.col("id").alias("key"),
            pl.col("name").alias(end),
            pl.col("type").alias(f"{end}_type"),
            pl.col("reason").alias(f"{end}_reason"),
        )
        rows = rows.with_columns(key=clean_name(pl.col(f"{end}_id")))
        rows = rows.join(ends, on="key", how="left", maintain_order="left").with_columns(
            pl.when(pl.col(end).is_null())
            .then(pl.lit("unknown-node"))
            .otherwise(f"{end}_reason")
            .alias(f"{end}_reason"),
            pl.coalesce(end, f"{end}_id").alias(end),
        )
    return rows.with_columns(
        head_type=pl.col("head_type").fill_null(UNTYPED),
        tail_type=pl.when(_of_field(mapping, "kind") == "relation").then("tail_type"),
        reason=pl.coalesce("head_reason", "tail_reason"),
    )
