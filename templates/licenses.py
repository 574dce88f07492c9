"""What generated records tell of licences: those of the sources, of the tables of English names and of the packs."""

from collections.abc import Iterable

import polars as pl

from kgtools.kg.build.inputs import GraphMetadata
from kgtools.kg.licenses import Giver, giver_table, givers
from kgtools.templates.pack import Pack
from kgtools.tools.licenses.check import notes


def licence_text(records: pl.DataFrame, packs: Iterable[Pack], metadata: GraphMetadata) -> bytes:
    """What stands beside records or preferences, in Markdown: who gave how many of them under which licence, and what may be done.

    What gave none is not told."""
    sources = records["source"].str.split(" + ").list.unique().explode().value_counts()
    numbers = dict(sources.iter_rows())
    counted = [(giver, numbers.get(giver.name, 0)) for giver in givers(metadata)]
    by_pack = dict(records["template"].str.extract(r"^([^@]+)@").value_counts().iter_rows())
    counted += [
        (Giver("templates", pack.info.name, pack.info.version, pack.info.license, ""), by_pack.get(pack.info.name, 0))
        for pack in packs
    ]
    rows = dict(records.group_by("license").len().sort("license").iter_rows())
    lines = [
        "# Licences",
        "Each row is under all licences of what it was made from; they stand in its field `license`.",
        giver_table((giver, number) for giver, number in counted if number),
        "A row that several gave counts for each.",
        notes(rows, exported=False),
    ]
    return ("\n\n".join(lines) + "\n").encode()
