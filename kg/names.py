"""Tables of English names: TSV, CSV, XLSX or a JSON object, as a table that a graph can take."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

import orjson
import polars as pl

from kg.inputs import NameTable
from kg.normalize import HAN, clean_name
from kg.ontology import ontology
from kg.tables import NAMES
from tools.errors import InputError, MissingExtraError, UsageError
from tools.files import read_bytes, read_text, sha256
from tools.licenses import check_license
from tools.registry import suggestion

KNOWN_COLUMNS = (
    ("zh", "en"),
    ("translation_value", "source_value"),
    ("chinese", "english"),
    ("chinese_term", "english_term"),
)
FIRST_WORD = re.compile(r"^[A-Z][a-z]+(-[a-z]+)*,?$")
EPONYMS = {
    "anomaly",
    "body",
    "bodies",
    "disease",
    "law",
    "lines",
    "phenomenon",
    "reaction",
    "sign",
    "syndrome",
    "test",
    "tumor",
}


def read_names(
    path: Path,
    zh: str | None,
    en: str | None,
    type_column: str | None,
    types: tuple[str, ...],
    name: str | None,
    license_: str,
    sentence_case: bool = False,
) -> NameTable:
    """One English name for each Chinese name (and type): of several the shortest, then the first by alphabet.

    `sentence_case`: the table begins every name in upper case; plain words get their lower case back (`lower_cased`).
    `about` counts what was left out: `no-han`, `han-in-english`, `empty`, `ambiguous`, `unknown-type`, `repeated`.
    Raises InputError for a file or columns that cannot be read, UsageError for types that do not exist and a licence that is
    none."""
    if types and type_column:
        raise UsageError("--type and --type-column both say of what type the names are; leave one of them out")
    for type_ in types:
        if type_ not in ontology().entities:
            raise UsageError(f"--type {type_}: no such entity type; {suggestion(type_, list(ontology().entities))}")
    license_ = check_license(license_, "--license")
    rows = _read(path)
    zh, en = _columns(path, rows, zh, en)
    if type_column is None and "type" in rows.columns and not types:
        type_column = "type"
    if type_column is not None and type_column not in rows.columns:
        raise InputError(f"{path}:1: no column {type_column!r}; there are: {', '.join(rows.columns)}")
    type_expression = pl.col(type_column).replace("", None) if type_column else pl.lit(None, pl.String)
    table = rows.select(
        clean_name(pl.col(zh)).alias("zh"), clean_name(pl.col(en)).alias("en"), type_expression.alias("type")
    )
    lower_cased = 0
    if sentence_case:
        before, table = table, table.with_columns(_plain_words(table["en"]))
        lower_cased = int((before["en"] != table["en"]).sum())
    kept, dropped = _kept(table)
    if types:
        kept = (
            kept.drop("type").join(pl.DataFrame({"type": sorted(set(types))}), how="cross").select("zh", "en", "type")
        )
    called = path.name.split(".")[0].lower() if name is None else name
    if not called or set(called) & set("/\\\0"):
        raise UsageError(f"--name {called!r}: expected a name for the table without slashes, such as --name hpo")
    about = {
        "file": path.name,
        "sha256": sha256(path),
        "license": license_,
        "read": rows.height,
        "names": kept.height,
        "lower_cased": lower_cased,
        "dropped": dropped,
    }
    return NameTable(called, about, NAMES.check(kept.sort("zh", "type", "en"), str(path)))


def _read(path: Path) -> pl.DataFrame:
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xls"):
        return _excel(path)
    text = read_text(path)
    if suffix == ".json":
        try:
            pairs = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            raise InputError(f'{path}: expected one JSON object of names, such as {{"Pertussis": "百日咳"}}')
        return pl.DataFrame(
            {"key": list(pairs), "value": list(pairs.values())}, schema={"key": pl.String, "value": pl.String}
        )
    return _text_table(path, text)


def _text_table(path: Path, text: str) -> pl.DataFrame:
    tabs = "\t" in text.partition("\n")[0]
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter="\t" if tabs else ",",
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
        strict=True,
    )
    try:
        header, rows = next(lines), []
        for cells in lines:
            if cells and len(cells) != len(header):
                raise InputError(f"{path}:{lines.line_num}: {len(cells)} columns, expected {len(header)}")
            if cells:
                rows.append(cells)
    except csv.Error as error:
        raise InputError(f"{path}:{lines.line_num}: not valid CSV: {error}; was the download cut off?") from error
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(f"{path}:1: the column {twice!r} is there twice; rename one")
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")


def _excel(path: Path) -> pl.DataFrame:
    read_bytes(path)
    try:
        import pandas as pd
        from python_calamine import CalamineError
    except ImportError as error:
        raise MissingExtraError(
            f"{path}: reading a spreadsheet needs more packages: pip install 'kgtools[xlsx]'"
        ) from error
    try:
        frame = pd.read_excel(path, dtype=str, engine="calamine", keep_default_na=False)
    except (CalamineError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a spreadsheet: {error}") from error
    return pl.DataFrame({str(column): frame[column].astype(str).to_list() for column in frame.columns})


def _plain_words(names: pl.Series) -> pl.Series:
    """The names with a lower-case beginning where their first word is no proper noun.

    It is one where the other names have it in upper case further in, more often than in lower case, or where it
    names a disease or a sign (`Alzheimer disease`) and no other name has it in lower case."""
    inside = Counter(word for name in names.drop_nulls() for word in name.split()[1:])

    def plain(name: str) -> str:
        first, *rest = name.split(" ")
        if not FIRST_WORD.match(first) or inside[first] > inside[first.lower()]:
            return name
        eponym = bool(rest) and rest[0] in EPONYMS and not inside[first.lower()]
        return name if eponym else name[0].lower() + name[1:]

    return pl.Series("en", [None if name is None else plain(name) for name in names], dtype=pl.String)


def _columns(path: Path, rows: pl.DataFrame, zh: str | None, en: str | None) -> tuple[str, str]:
    if zh is None and en is None:
        known = next((pair for pair in KNOWN_COLUMNS if set(pair) <= set(rows.columns)), None)
        if known is None:
            raise InputError(
                f"{path}:1: which columns hold the names? Say --zh COLUMN --en COLUMN; there are: {', '.join(rows.columns)}"
            )
        return known
    for option, column in (("--zh", zh), ("--en", en)):
        if column is None:
            raise UsageError(f"{option} is missing: name both columns; there are: {', '.join(rows.columns)}")
        if column not in rows.columns:
            raise InputError(f"{path}:1: {option}: no column {column!r}; there are: {', '.join(rows.columns)}")
    return str(zh), str(en)


def _kept(table: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    judged = table.with_columns(
        pl.when((pl.col("zh").fill_null("") == "") | (pl.col("en").fill_null("") == "")).then(pl.lit("empty"))
        .when(~pl.col("zh").str.contains(HAN)).then(pl.lit("no-han"))
        .when(pl.col("en").str.contains(HAN)).then(pl.lit("han-in-english"))
        .when(pl.col("type").is_not_null() & ~pl.col("type").is_in(list(ontology().entities))).then(pl.lit("unknown-type"))
        .alias("reason")
    )  # fmt: skip
    dropped = dict(judged.drop_nulls("reason").group_by("reason").len().sort("reason").iter_rows())
    all_good = judged.filter(pl.col("reason").is_null())
    good = all_good.unique(["zh", "en", "type"])
    kept = good.sort(pl.col("en").str.len_chars(), "en").unique(["zh", "type"], keep="first", maintain_order=True)
    if good.height > kept.height:
        dropped["ambiguous"] = good.height - kept.height
    if all_good.height > good.height:
        dropped["repeated"] = all_good.height - good.height
    return kept.select("zh", "en", "type"), dropped
