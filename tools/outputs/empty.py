"""Nothing takes the place of something only where the user says so."""

from collections.abc import Iterable, Mapping
from itertools import islice

from kgtools.tools.errors import InputError

SHOWN = 3
"""Rows that are named where nothing was made: the first few show the pattern."""


def refuse_empty(
    kept: int, what: str, allow: bool, reasons: Mapping[str, int] | None = None, first: Iterable[str] = ()
) -> None:
    """Raises InputError where a run has made nothing; what was there before then stays.

    `what`: in words, what there is none of; `reasons`: why things were dropped, counted; `first`: where, for the first of them.
    `allow`: the user asked for it, with `--allow-empty`."""
    if kept or allow:
        return
    why = ", ".join(f"{reason}: {number:,}" for reason, number in (reasons or {}).items() if number)
    where = "; ".join(islice(first, SHOWN))
    raise InputError(
        f"{what}{f' ({why})' if why else ''}{f', the first: {where}' if where else ''}; nothing was written, and what was there is "
        "as it was; --allow-empty writes it all the same"
    )
