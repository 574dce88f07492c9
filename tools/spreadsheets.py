"""Cells of tables that people open in a spreadsheet: text that it would run as a formula gets an apostrophe before it.

OWASP, CSV injection. The apostrophe is taken off again where such a table is read, so that nothing is lost; numbers stay."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

BEGINS = r"[=+\-@＝＋－＠\t\r\n]"
FORMULA = re.compile(f"'*{BEGINS}")
"""Text that a spreadsheet runs, `=1+1`; or that `as_text` gave an apostrophe, or somebody else several: `'=1+1`."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")
"""What begins like a formula and is none: `-1.5`, `+3e-2`, `-12%`."""


def as_text(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell


def as_it_was(cell: str) -> str:
    """What `as_text` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def column_as_it_was(column: "pl.Expr") -> "pl.Expr":
    """The same of a column."""
    import polars as pl

    return pl.when(column.str.contains(f"^'+{BEGINS}")).then(column.str.slice(1)).otherwise(column)
