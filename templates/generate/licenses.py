"""What generated records tell of licences: those of the sources, of the tables of English names and of the packs."""

from collections import Counter
from collections.abc import Iterable

import polars as pl

from kgtools.kg.build.inputs import GraphMetadata
from kgtools.kg.licenses import Giver, giver_table, givers
from kgtools.templates.pack import Pack
from kgtools.tools.licenses.check import notes


def licence_text(records: pl.LazyFrame, packs: Iterable[Pack], metadata: GraphMetadata) -> bytes:
    """What stands beside records or preferences, in Markdown: who gave how many of them under which licence, and what may be done.

    What gave none is not told."""
    by_source, by_template, rows = (_count(records, column) for column in ("source", "template", "license"))
    numbers, by_pack = Counter[str](), Counter[str]()
    for names, number in by_source.items():
        numbers.update(dict.fromkeys(names.split(" + "), number))
    for name, number in by_template.items():
        by_pack[name.partition("@")[0]] += number
    counted = [(giver, numbers.get(giver.name, 0)) for giver in givers(metadata)]
    counted += [
        (Giver("templates", pack.info.name, pack.info.version, pack.info.license, ""), by_pack.get(pack.info.name, 0))
        for pack in packs
    ]
    lines = [
        "# Licences",
        "Each row is under all licences of what it was made from; they stand in its field `license`.",
        giver_table((giver, number) for giver, number in counted if number),
        "A row that several gave counts for each.",
        notes(rows, exported=False),
    ]
    return ("\n\n".join(lines) + "\n").encode()


def _count(records: pl.LazyFrame, column: str) -> dict[str, int]:
    """How many records have each value of a column, in alphabetical order."""
    return dict(records.group_by(column).len().sort(column).collect(engine="streaming").iter_rows())
