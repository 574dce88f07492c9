"""Records that say the same: `kgtools dedup`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.corpora.commands import tell_written
from kgtools.tools.options import empty_option, format_option, out_option
from kgtools.tools.output import print_json, print_table

if TYPE_CHECKING:
    from kgtools.corpora.dedup.run import DedupResult


@click.command()
@click.argument("records", type=click.Path(path_type=Path))
@click.option(
    "--on",
    type=click.Choice(("question", "answer", "whole")),
    default="whole",
    show_default=True,
    help="What is compared.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="Jaccard similarity of n-grams from which on two are near duplicates; 1: exact ones only.",
)
@click.option("--ngram", type=click.IntRange(1, 64), default=5, show_default=True, help="Characters in a piece.")
@click.option(
    "--keep",
    type=click.Choice(("first", "longest")),
    default="first",
    show_default=True,
    help="Which of a cluster stays.",
)
@click.option("--tag", is_flag=True, help="Keep all, with duplicate_of in the meta of a duplicate.")
@out_option("./deduplicated", "Folder for the records, duplicates.parquet and run.json.")
@empty_option
@click.option("--dry-run", is_flag=True, help="Say what would be removed, write nothing.")
@format_option("table", "json")
def dedup(
    records: Path, on: str, threshold: float, ngram: int, keep: str, tag: bool, out: Path, allow_empty: bool,
    dry_run: bool, style: str,
) -> None:  # fmt: skip
    """Remove records that repeat another, word for word or nearly.

    RECORDS is a folder that read, generate or merge wrote, or a Parquet file. Width, case, spaces, punctuation, traditional
    characters and the order of sentences do not count. Near duplicates are found by MinHash and then measured: what goes is
    as similar as the threshold to a record that stays, as a whole and without the text that many records share, such as an
    instruction. Another number or a word that decides (left and right, type 1 and 2, with and without) keeps two records
    apart, and so do other facts. A cluster, chains included, gets one group, so that split keeps it together.
    duplicates.parquet says what went in favour of what.

    \b
    Example:
      kgtools dedup ./records --on question --tag --out ./deduplicated
    """
    from typing import cast

    from kgtools.corpora import api
    from kgtools.corpora.dedup.find import Keep, On
    from kgtools.tools.progress import show_progress

    with show_progress(f"comparing {records}") as progress:
        result = api.dedup(
            records, on=cast(On, on), threshold=threshold, ngram=ngram, keep=cast(Keep, keep), tag=tag, out=out,
            allow_empty=allow_empty, dry_run=dry_run, progress=progress,
        )  # fmt: skip
    print_result(result, style)


def print_result(result: "DedupResult", style: str) -> None:
    """How many records say what another says, and whose they are."""
    if style == "json":
        print_json(result.to_dict())
        return
    rows = [["read", result.total], ["exact duplicates", result.exact], ["near duplicates", result.near]]
    rows += [["clusters", result.clusters], ["largest cluster", result.largest], ["written", result.written]]
    rows += [[f"near, similarity {name}", number] for name, number in result.similarity.items()]
    print_table(["", result.table], rows)
    if result.between:
        heads = ["source", "kept_source", "kind", "records"]
        print_table(heads, [[row[head] for head in heads] for row in result.between], "in favour of which source")
    tell_written(result.table, result.out)
