"""Origins, `source/file:row#field`: where a source says a fact."""

import re
from typing import NamedTuple

import polars as pl

from kgtools.tools.errors import InputError

ORIGIN = re.compile(r"(?P<source>[^/]*)/(?P<file>.*?):(?P<row>\d+)#(?P<field>.*)", re.DOTALL)
"""`xywy/medical.json:22#common_drug`."""
AMBIGUOUS = re.compile(r":(?=\d+#)|%(?=[0-9A-Fa-f]{2})|[\x00-\x1f\x7f\x85\u2028\u2029]")
"""What a file's name must not hold as it is: what looks like the end of it, what looks escaped, and what breaks lines."""
ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
"""`%3A`: signs as AMBIGUOUS escapes them."""


class Origin(NamedTuple):
    """An origin in its parts."""

    source: str
    file: str
    row: int
    field: str


def origin_of(text: str) -> Origin:
    """The parts of an origin; a file and a field may hold any signs. Raises InputError for a text that is none."""
    parts = ORIGIN.fullmatch(text)
    if parts is None:
        raise InputError(f"the graph has an origin {text!r}; expected source/file:row#field")
    file = ESCAPED.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), parts["file"])
    return Origin(parts["source"], file, int(parts["row"]), parts["field"])


def origins(source: str, rows: pl.DataFrame) -> pl.Series:
    """The origin of each row of a source, of its `file`, `row` and `field`."""
    names = rows["file"].unique()
    spelled = {name: AMBIGUOUS.sub(_escape, name) for name in names if AMBIGUOUS.search(name)}
    file = pl.col("file").replace(spelled) if spelled else pl.col("file")
    return rows.select(
        pl.concat_str(pl.lit(f"{source}/"), file, pl.lit(":"), "row", pl.lit("#"), "field").alias("origins")
    ).to_series()


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
