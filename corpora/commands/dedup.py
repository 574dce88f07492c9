"""Records that say the same: dedup."""

from pathlib import Path

import click

from kgtools.corpora.commands import format_option, out_option
from kgtools.tools.options import empty_option


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

    from kgtools.corpora.commands.output import print_deduplicated
    from kgtools.corpora.dedup.find import Keep, Look, On
    from kgtools.corpora.dedup.run import run
    from kgtools.tools.progress import step

    look = Look(cast(On, on), threshold, ngram, cast(Keep, keep))
    with step(f"comparing {records}"):
        done = run(records, out, look, tag, dry_run, allow_empty)
    print_deduplicated(done, None if dry_run else out, style)
