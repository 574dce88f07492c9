"""Tables of English names: TSV, CSV, XLSX or a JSON object, as a table that a graph can take."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from kgtools.kg.build.casing import recase
from kgtools.kg.build.coded_names import join_by_code
from kgtools.kg.build.inputs import NamesMetadata, NameTable
from kgtools.kg.build.name_rules import clean_name
from kgtools.kg.build.name_tables import read_table
from kgtools.kg.build.normalize import HAN
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import NAMES, Entities, Triples
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.originals import originals
from kgtools.tools.licenses.check import check_license
from kgtools.tools.registry import suggestion
from kgtools.tools.spreadsheets import column_as_it_was

KNOWN_COLUMNS = (
    ("zh", "en"),
    ("translation_value", "source_value"),
    ("chinese", "english"),
    ("chinese_term", "english_term"),
)
OURS = Path(__file__).parents[1] / "english" / "names.tsv"
"""The table that comes with kgtools: departments, body parts, frequent examinations, foods, symptoms and diseases, values."""
OUR_NAME, OUR_LICENSE = "kgtools", "Apache-2.0"


def read_names(
    path: Path,
    zh: str | None,
    en: str | None,
    type_column: str | None,
    types: tuple[str, ...],
    name: str | None,
    license_: str,
    keep_case: bool = False,
    join: Path | None = None,
) -> NameTable:
    """One English name for each Chinese name (and type): of several the shortest, then the first by alphabet.

    A type may be an attribute: then the names are its values. Every name gets the case that it has in the middle of a sentence
    (`recase`), unless `keep_case`. `join`: a file of codes and English names; the table then holds codes and Chinese names
    (`kg/build/coded_names.py`). The metadata count what was left out: `no-han`, `han-in-english`, `empty`, `ambiguous`, `unknown-type`,
    `repeated`, and of a join what it gives. Raises InputError for a file or columns that cannot be read, UsageError for types
    that do not exist and a licence that is none."""
    if types and type_column:
        raise UsageError("--type and --type-column both say of what type the names are; leave one of them out")
    check_types(types, _types())
    license_ = check_license(license_, "--license")
    lost: dict[str, int] = {}
    with originals() as files:
        path = files.take(path)
        if join is None:
            rows, inputs = read_table(path), {}
            zh, en = _columns(path, rows, zh, en)
        else:
            rows, lost = join_by_code(path, join := files.take(join))
            zh, en, inputs = "zh", "en", {join.name: files.sha256(join)}
        inputs[path.name] = files.sha256(path)
    if type_column is None and "type" in rows.columns and not types:
        type_column = "type"
    table = _select(path, rows, zh, en, type_column)
    recased = 0
    if not keep_case:
        before, table = table, table.with_columns(recase(table["en"]))
        recased = int((before["en"] != table["en"]).sum())
    chosen, dropped = _choose(table)
    if types:
        chosen = (
            chosen.drop("type").join(pl.DataFrame({"type": sorted(set(types))}), how="cross").select("zh", "en", "type")
        )
    table_name = path.name.split(".")[0].lower() if name is None else name
    if not table_name.strip() or not table_name.isprintable() or set(table_name) & set("/\\"):
        raise UsageError(f"--name {table_name!r}: expected a printable name without slashes, such as --name hpo")
    metadata = NamesMetadata(
        license=license_,
        files=inputs,
        file=path.name,
        sha256=inputs[path.name],
        read=rows.height,
        names=chosen.height,
        recased=recased,
        dropped=dict(sorted((Counter(dropped) + Counter(lost)).items())),
    )
    return NameTable(table_name, metadata, NAMES.check(chosen.sort("zh", "type", "en"), str(path)))


def _select(path: Path, rows: pl.DataFrame, zh: str, en: str, type_column: str | None) -> pl.DataFrame:
    """The columns of names and types as `zh`, `en` and `type`, cleaned."""
    if type_column is not None and type_column not in rows.columns:
        raise InputError(f"{path}:1: no column {type_column!r}; there are: {', '.join(rows.columns)}")
    types = pl.col(type_column).replace("", None) if type_column else pl.lit(None, pl.String)
    return rows.select(
        clean_name(column_as_it_was(pl.col(zh))).alias("zh"),
        clean_name(column_as_it_was(pl.col(en))).alias("en"),
        types.alias("type"),
    )


def check_types(types: Iterable[str], known_types: Collection[str]) -> None:
    """Raises UsageError for a --type that is none of those known."""
    for type_ in types:
        if type_ not in known_types:
            raise UsageError(f"--type {type_}: no such entity type; {suggestion(type_, list(ontology().entities))}")


def _types() -> list[str]:
    """What a table's names may be of: entity types, and attributes for values."""
    return [*ontology().entities, *ontology().attributes]


def missing_names(entities: Entities, triples: Triples) -> pl.DataFrame:
    """`zh`, `en` (empty), `type`, `unlocks`, `triples` of every entity without an English name that may be taught: how many triples
    it has, and how many of them lack nothing else in English. Those that unlock most come first."""
    sound = pl.col("doubts").list.filter(~pl.element().str.contains(" ", literal=True)).list.len() == 0
    named = entities.select(
        "id", "type", "name", pl.col("name_en").is_not_null().alias("english"), sound.alias("sound")
    )
    ends = pl.concat([triples.select("head", "tail"), triples.select(head="tail", tail="head")])
    other = named.select(tail="id", other="english")
    counted = (
        ends.join(other, on="tail")
        .group_by("head")
        .agg(pl.len().alias("triples"), pl.col("other").sum().alias("unlocks"))
    )
    lacking = named.filter(~pl.col("english") & pl.col("sound")).join(counted, left_on="id", right_on="head")
    rows = lacking.select(
        zh="name",
        en=pl.lit(""),
        type="type",
        unlocks=pl.col("unlocks").cast(pl.Int64),
        triples=pl.col("triples").cast(pl.Int64),
    )
    return rows.sort("unlocks", "triples", "type", "zh", descending=[True, True, False, False])


def _columns(path: Path, rows: pl.DataFrame, zh: str | None, en: str | None) -> tuple[str, str]:
    if zh is None and en is None:
        usual = next((pair for pair in KNOWN_COLUMNS if set(pair) <= set(rows.columns)), None)
        if usual is None:
            raise InputError(
                f"{path}:1: which columns hold the names? Say --zh COLUMN --en COLUMN; there are: {', '.join(rows.columns)}"
            )
        return usual
    for option, column in (("--zh", zh), ("--en", en)):
        if column is None:
            raise UsageError(f"{option} is missing: name both columns; there are: {', '.join(rows.columns)}")
        if column not in rows.columns:
            raise InputError(f"{path}:1: {option}: no column {column!r}; there are: {', '.join(rows.columns)}")
    return str(zh), str(en)


def _choose(table: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    judged = table.with_columns(
        pl.when((pl.col("zh").fill_null("") == "") | (pl.col("en").fill_null("") == "")).then(pl.lit("empty"))
        .when(~pl.col("zh").str.contains(HAN)).then(pl.lit("no-han"))
        .when(pl.col("en").str.contains(HAN)).then(pl.lit("han-in-english"))
        .when(pl.col("type").is_not_null() & ~pl.col("type").is_in(_types())).then(pl.lit("unknown-type"))
        .alias("reason")
    )  # fmt: skip
    dropped = dict(judged.drop_nulls("reason").group_by("reason").len().sort("reason").iter_rows())
    all_good = judged.filter(pl.col("reason").is_null())
    good = all_good.unique(["zh", "en", "type"])
    best = good.sort(pl.col("en").str.len_chars(), "en").unique(["zh", "type"], keep="first", maintain_order=True)
    if good.height > best.height:
        dropped["ambiguous"] = good.height - best.height
    if all_good.height > good.height:
        dropped["repeated"] = all_good.height - good.height
    return best.select("zh", "en", "type"), dropped
