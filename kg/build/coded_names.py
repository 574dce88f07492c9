"""English names by code: a table of codes and Chinese names, and one of codes and English names (ICD-10, ATC)."""

import re
from collections import Counter
from pathlib import Path

import orjson
import polars as pl

from kgtools.kg.build.name_tables import read_table
from kgtools.kg.build.normalize import HAN
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import read_text
from kgtools.tools.inputs.packings import suffix_of

ICD10 = re.compile(r"([A-Z]\d[0-9A-Z])(?:\.?([0-9A-Z]{1,4}))?(?:[x+*].*)?")
"""`A01`, `A01.0`, `A010`, `A01.000x001`: category, subdivision, and what extends the code."""
ATC = re.compile(r"[A-Z]\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?")
"""`A01`, `A01A`, `A01AA01`: a level of the ATC classification, from the second on."""
LEVEL = re.compile(r"^([A-Z]\d{0,2}[A-Z]{0,2}\d{0,2})\s+(.+)$")
"""`A01AA01  氟化钠`: a code and a name in one text, as the levels of an ATC tree are written."""
CODES = 0.9
"""The share of a column's texts that must be codes."""
JOINING = r"\b(?:and|or|with|without|other|due to|complicating|following|elsewhere|associated)\b|[;,]"
"""Words that join things in an English title: `Asphyxia and hypoxemia`."""
JOINING_ZH = r"[和与及或伴、，,]|其他|其它|所致|引起|并发|合并|后|相关"
"""The same in Chinese: `窒息和低氧血症`."""
LEAVE = re.compile(
    r", unspecified\b[^,;]*$|,? unspecified\b|^unspecified |(?:(?<!\s)\s+)?(?:\[[^\]]{0,300}\]|\([A-Z][A-Za-z-]*\)$)",
    re.IGNORECASE,
)
"""What a title of a classification says beyond the name: `Gout, unspecified`, `... disorder (PTSD)`."""


def join_by_code(zh: Path, en: Path) -> tuple[pl.DataFrame, dict[str, int]]:
    """`zh`, `en` of the names whose code both files have, and what was left out by reason.

    An extension of a code names something narrower than the code (`narrower-code`: A01.000x001, K29.101); a title that joins
    things where the Chinese name does not is wider (`wider-name`: Asphyxia and hypoxemia for 窒息); `no-english`: the other
    file lacks the code. Raises InputError where a file has no column of codes."""
    chinese, english = _read_codes(zh, han=True), _read_codes(en, han=False)
    kinds = {path: _kind(table["key"]) for path, table in ((zh, chinese), (en, english))}
    if kinds[zh] != kinds[en]:
        raise InputError(
            f"{en}: holds codes of {kinds[en]}, {zh} those of {kinds[zh]}; join two tables of one classification"
        )
    lost: Counter[str] = Counter()
    lost["narrower-code"] = chinese.filter(pl.col("key") == "").height
    titles = english.filter(pl.col("key") != "").unique("key", keep="first", maintain_order=True)
    with_code = chinese.filter(pl.col("key") != "")
    both = with_code.join(titles.select("key", en="name"), on="key", how="left", maintain_order="left")
    lost["no-english"] = both["en"].null_count()
    both = both.drop_nulls("en").with_columns(
        pl.Series("en", [LEAVE.sub("", title).strip() for title in both.drop_nulls("en")["en"]], dtype=pl.String)
    )
    wider = pl.col("en").str.contains(f"(?i){JOINING}") & ~pl.col("name").str.contains(JOINING_ZH)
    lost["wider-name"] = both.filter(wider).height
    return both.filter(~wider).select(zh="name", en="en"), {key: number for key, number in lost.items() if number}


def _read_codes(path: Path, han: bool) -> pl.DataFrame:
    """`key` (a whole code without its points; empty for an extension) and `name` of each row."""
    rows = _levels(path) if suffix_of(path) in (".json", ".jsonl") else _columns(path, han)
    codes = [_key(code) for code in rows["code"]]
    return rows.select(pl.Series("key", codes, dtype=pl.String), "name")


def _kind(keys: pl.Series) -> str:
    codes = keys.filter(keys != "")
    return "ATC" if codes.str.contains(r"^[A-Z]\d\d[A-Z]{2}\d\d$").sum() * 5 >= len(codes) else "ICD-10"


def _key(code: str) -> str:
    """A code as it is compared; empty where it extends another: `A01.000` is A01.0, `A01.000x001` extends it."""
    code = code.strip()
    if re.fullmatch(r"[A-Z]\d\d[A-Z].*", code):
        return code if ATC.fullmatch(code) else ""
    long = re.fullmatch(r"([A-Z]\d[0-9A-Z])\.(\d)(\d\d)", code)
    if long:
        return f"{long[1]}{long[2]}" if long[3] == "00" else ""
    if "x" in code[4:] or "+" in code or "*" in code:
        return ""
    return code.replace(".", "") if ICD10.fullmatch(code) or ATC.fullmatch(code) else ""


def _levels(path: Path) -> pl.DataFrame:
    """The codes and names of JSON lines (or one list) whose texts are `CODE  name`, each once."""
    text = read_text(path)
    try:
        lines = [line for line in text.split("\n") if line.strip()]
        records = orjson.loads(text) if text.lstrip().startswith("[") else [orjson.loads(line) for line in lines]
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON: {error.msg}; was the download cut off?") from error
    texts = (
        value for record in records if isinstance(record, dict) for value in record.values() if isinstance(value, str)
    )
    names_by_code = {match[1]: match[2].strip() for value in texts if (match := LEVEL.match(" ".join(value.split())))}
    if not names_by_code:
        raise InputError(f"{path}: no text in it is a code with a name behind it, such as A01AA01 氟化钠")
    return pl.DataFrame(
        {"code": list(names_by_code), "name": list(names_by_code.values())},
        schema={"code": pl.String, "name": pl.String},
    )


def _columns(path: Path, han: bool) -> pl.DataFrame:
    """The column of codes and the column of names beside it: in Chinese, or not."""
    rows = read_table(path, header=False)
    codes = [name for name in rows.columns if _is_coded(rows[name])]
    if not codes:
        raise InputError(f"{path}: no column of it holds codes of ICD-10 or ATC")
    others = [name for name in rows.columns if name != codes[0]]
    named = [name for name in others if rows[name].str.contains(HAN).mean() >= 0.5] if han else others  # type: ignore[operator]  # a mean of truth values is a number
    if not named:
        raise InputError(f"{path}: no column beside the codes holds names{' in Chinese' if han else ''}")
    longest = max(named, key=lambda name: int(rows[name].str.len_chars().sum()))
    return rows.select(code=codes[0], name=longest)


def _is_coded(column: pl.Series) -> bool:
    texts = column.slice(1 if len(column) > 1 else 0).str.strip_chars()  # the first may be a heading
    share = texts.str.contains(r"^[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{0,4})?(?:[x+*].*)?$").mean()
    return share is not None and float(share) >= CODES  # type: ignore[arg-type]  # as above
