"""CMeKG: the site's JSON, crawls of it (JSON lines, one file per type, triples in TSV) and its name lists (CSV)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.source import UNTYPED, Collector, Options, Reading, rows_as_frame, short_names
from kgtools.kg.sources.cmekg_json import Head, Refuse, heads, types_of_classes
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.delimited import BAD_QUOTE, read_rows
from kgtools.tools.inputs.files import read_text
from kgtools.tools.inputs.packings import unpacked_name
from kgtools.tools.registry import suggestion

TEXT = pl.String
NAMES = {"row": pl.UInt32, "name": TEXT, "type": TEXT, "name_en": TEXT, "reason": TEXT}
STATED = {"row": pl.UInt32, "head": TEXT, "type": TEXT, "field": TEXT, "tail": TEXT, "tail_type": TEXT, "reason": TEXT}
STEMS = {
    "Symptom": ("symptom",),
    "Examination": ("examination", "treat", "check"),
    "Disease": ("disease",),
    "Drug": ("drug", "medicine"),
}
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
LATIN, HAN = re.compile("[A-Za-z]"), re.compile("[\u3400-\u9fff]")


class ParsedFile(NamedTuple):
    """What a file says, in the columns NAMES and SAID; `type` is null where the file does not type the head.

    `broken`: row, field, text and reason of what could not be read."""

    names: pl.DataFrame
    stated: pl.DataFrame
    broken: list[tuple[int, str, str, str]]


def read(paths: list[Path], options: Options) -> Reading:
    """The entities of CMeKG's public shapes, told apart by their content; the row is the line, or the place in a list.

    A head's type is what stands in the file (class, 分类, `@@type`, the key of its list); else `--type`; else what the
    file's name says (symptom.json); else what the other files say of the name. A name with two types is two entities.
    A head without any is refused as `unknown-type`; a file without one typed head is an InputError."""
    options.refuse("cmekg", "mapping", "counting")
    kinds = list(ontology().entities)
    if options.type is not None and options.type not in kinds:
        raise UsageError(f"--type {options.type} is no entity type; {suggestion(options.type, kinds)}")
    names, collect = short_names(paths), Collector()
    parsed = {path: _parse(path, read_text(path)) for path in paths}
    types = pl.concat([rows_as_frame([], NAMES), *(part.names for part in parsed.values())]).filter(
        pl.col("reason").is_null()
    )
    types = types.select("name", known="type").drop_nulls().unique().sort("name", "known")
    for path, (named, stated, broken) in parsed.items():
        fallback = options.type or _type_of_stem(Path(unpacked_name(path)).stem)
        named, stated = _add_types(named, "name", fallback, types), _add_types(stated, "head", fallback, types)
        if named.is_empty() and broken:
            raise InputError(f"{path}:{broken[0][0]}: no record has a name; is this a file of CMeKG?")
        if named.height and (named["type"] == UNTYPED).all():
            raise InputError(
                f"{path}:{named['row'][0]}: nothing says what kind of entity {named['name'][0]!r} is; rename the file"
                " to symptom.json, treatment.json, disease.json or drug.json, or say --type Symptom"
            )
        collect.start(names[path])
        for row, field, text, reason in broken:
            collect.refuse(row, field, text, reason)
        collect.add(named.with_columns(field=pl.lit("name")), stated.rename({"type": "head_type"}))
        collect.finish()
    return collect.reading("cmekg", ontology().sources["cmekg"])


def _add_types(frame: pl.DataFrame, name: str, fallback: str | None, types: pl.DataFrame) -> pl.DataFrame:
    """Every row with a type: its own, the fallback, each that is known of the name, or `untyped` and refused."""
    frame = frame.with_columns(pl.coalesce("type", pl.lit(fallback, TEXT)))
    if not frame["type"].null_count():
        return frame
    untyped = pl.when(pl.col("type").is_null()).then(name).alias("key")
    each = frame.with_columns(untyped).join(
        types.rename({"name": "key"}), on="key", how="left", maintain_order="left_right"
    )
    return each.with_columns(type=pl.coalesce("type", "known")).select(
        *(pl.col(column) for column in frame.columns if column not in ("type", "reason")),
        pl.col("type").fill_null(UNTYPED),
        pl.coalesce("reason", pl.when(pl.col("type").is_null()).then(pl.lit("unknown-type"))).alias("reason"),
    )


def _type_of_stem(stem: str) -> str | None:
    """The one entity type whose words are in the name of a file."""
    classes = ontology().sources["cmekg"].classes
    words = {kind: (*STEMS.get(kind, ()), *classes.get(kind, ())) for kind in STEMS}
    kinds = [kind for kind, each in words.items() if any(word in stem.lower() for word in each)]
    return kinds[0] if len(kinds) == 1 else None


def _parse(path: Path, text: str) -> ParsedFile:
    first = text.lstrip().split("\n", 1)[0]
    broken: list[tuple[int, str, str, str]] = []

    def refuse(row: int, field: str, text: str, reason: str) -> None:
        broken.append((row, field, _scalar(text)[0], reason))

    if first.startswith(("{", "[")):
        return _frames(heads(path, text, refuse), broken)
    if [cell.strip() for cell in first.split(",")] == ["name", "class"]:
        return _frames(_name_list(path, text, refuse), broken)
    if "\t" in first:
        return _triples(path, text)
    raise InputError(
        f"{path}:1: none of CMeKG's shapes: JSON, a list `name,class`, or triples with TABs;"
        " any other table can be read as the source table with --mapping"
    )


def _frames(heads: Iterable[Head], broken: list[tuple[int, str, str, str]]) -> ParsedFile:
    names: list[tuple[int, str, str | None, str | None, str | None]] = []
    stated: list[tuple[int, str, str | None, str, str, None, str | None]] = []
    for row, raw, type_, fields in heads:
        name, half = _scalar(raw)
        english = next(
            (value for field, values in fields if field == "英文名称" for value in values if _is_latin(value)), None
        )
        names.append((row, name, type_, english, half))
        for field, values in fields:
            for value in values:
                tail, reason = _scalar(value)
                stated.append((row, name, type_, _scalar(field)[0], tail, None, half or reason))
    return ParsedFile(rows_as_frame(names, NAMES), rows_as_frame(stated, STATED), broken)


def _scalar(text: str) -> tuple[str, str | None]:
    """Text that can be written as UTF-8, and why it is refused where half a surrogate pair stood in it."""
    if LONE_SURROGATE.search(text):
        return LONE_SURROGATE.sub("\ufffd", text), "lone-surrogate"
    return text, None


def _is_latin(text: str) -> bool:
    return bool(LATIN.search(text)) and not HAN.search(text) and not LONE_SURROGATE.search(text)


def _name_list(path: Path, text: str, refuse: Refuse) -> Iterator[Head]:
    types = types_of_classes()
    for line in list(read_rows(path, text, ","))[1:]:
        if line.cells is None:
            refuse(line.number, "row", line.text, BAD_QUOTE)
            continue
        if not any(line.cells):
            continue
        if len(line.cells) != 2:
            raise InputError(
                f"{path}:{line.number}: {len(line.cells)} columns, expected name,class; quote a name with commas"
            )
        name, class_ = line.cells
        if class_.strip() not in types:
            refuse(line.number, "class", class_, "unknown-type")
            continue
        yield Head(line.number, name, types[class_.strip()], [("class", [class_])])


def _triples(path: Path, text: str) -> ParsedFile:
    """`head TAB relation TAB tail`, each line one; a head is typed by its 分类, or by `head@@type`."""
    lines = pl.DataFrame({"line": text.split("\n")}).with_row_index("row", 1)
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    wrong = lines.filter(pl.col("line").str.count_matches("\t", literal=True) != 2)
    if wrong.height:
        columns = wrong["line"][0].count("\t") + 1
        raise InputError(
            f"{path}:{wrong['row'][0]}: {columns} columns, expected head TAB relation TAB tail; was the file cut off?"
        )
    parts = pl.col("line").str.split("\t").list
    stated = lines.select("row", head=parts.get(0), field=parts.get(1).str.strip_chars(), tail=parts.get(2))
    stated = (
        _type_by_suffix(stated) if stated["head"].str.contains("@@", literal=True).any() else _type_by_class(stated)
    )
    names = stated.select(
        "row", pl.col("head").alias("name"), "type", pl.lit(None, TEXT).alias("name_en"), reason="refused"
    )
    names = names.unique(["name", "type"], keep="first", maintain_order=True)
    return ParsedFile(names.cast(NAMES), stated.select(list(STATED)).cast(STATED), [])  # type: ignore[arg-type]  # its stub forbids a dict of names


def _type_by_class(stated: pl.DataFrame) -> pl.DataFrame:
    """A 分类 that is a class is the head's class and gives its type; any other is an ordinary attribute."""
    types = types_of_classes()
    classes = pl.col("tail").str.strip_chars()
    is_class = (pl.col("field") == "分类") & classes.is_in(list(types))
    kinds = (
        stated.filter(is_class)
        .select("head", type=classes.replace_strict(types, default=None, return_dtype=TEXT))
        .unique()
    )
    stated = stated.with_columns(
        field=pl.when(is_class).then(pl.lit("class")).otherwise("field"),
        own=pl.when(is_class).then(classes.replace_strict(types, default=None, return_dtype=TEXT)),
        **dict.fromkeys(("tail_type", "reason", "refused"), pl.lit(None, TEXT)),
    )
    with_types = stated.join(kinds.sort("head", "type"), on="head", how="left", maintain_order="left_right")
    return with_types.filter(pl.col("own").is_null() | (pl.col("own") == pl.col("type"))).drop("own")


def _type_by_suffix(stated: pl.DataFrame) -> pl.DataFrame:
    """`head@@type` and `tail@@type`; an unknown type refuses the row, unless it is that of an attribute's value."""
    types = {kind.zh: name for name, kind in ontology().entities.items()} | types_of_classes()
    fields = ontology().sources["cmekg"].fields
    relations = [name for name, field in fields.items() if field.kind == "relation"]
    for column in ("head", "tail"):
        parts = pl.col(column).str.split("@@").list
        suffixed = pl.col(column).str.contains("@@", literal=True)
        stated = stated.with_columns(
            pl.when(suffixed).then(parts.head(parts.len() - 1).list.join("@@")).otherwise(column).alias(column),
            pl.when(suffixed).then(parts.last().str.strip_chars()).alias(f"{column}_word"),
        ).with_columns(
            pl.col(f"{column}_word").replace_strict(types, default=None, return_dtype=TEXT).alias(f"{column}_type")
        )
    related = pl.col("field").is_in(relations)
    head_unknown = pl.col("head_word").is_not_null() & pl.col("head_type").is_null()
    tail_unknown = related & pl.col("tail_word").is_not_null() & pl.col("tail_type").is_null()
    return stated.with_columns(
        type=pl.coalesce("head_type", "head_word"),
        tail_type=pl.when(related).then("tail_type"),
        refused=pl.when(head_unknown).then(pl.lit("unknown-type")),
        reason=pl.when(head_unknown | tail_unknown).then(pl.lit("unknown-type")),
    )
