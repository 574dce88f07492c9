"""Records without what evaluations ask: `kgtools decontaminate`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import empty_option, format_option, out_option, pairs
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.decontaminate.run import DecontaminateResult, IndexResult

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("records", type=PATH, required=False)
@click.option(
    "--against",
    "evalsets",
    multiple=True,
    required=True,
    type=PATH,
    metavar="EVALSET",
    help="Records, or an index, of an evaluation set; repeatable.",
)
@click.option(
    "--split", "splits", multiple=True, help="Of the evaluation sets only this split.  [default: all but train]"
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    type=click.Choice(("stem", "options", "ngrams", "answer")),
    help="Only by this rule.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A threshold, such as ngrams=0.9.")
@click.option(
    "--on-hit", type=click.Choice(("drop", "tag", "fail")), default="drop", show_default=True,
    help="Remove records that are hit, mark them in their meta, or write nothing and exit with 1.",
)  # fmt: skip
@out_option("./decontaminated", "Folder for the records, contaminated.parquet and run.json.")
@click.option("--save-index", type=PATH, help="Write the index of the evaluation sets, which holds no text.")
@click.option("--examples", type=PATH, help="Write a page (HTML) of records beside the items that are in them.")
@empty_option
@click.option("--dry-run", is_flag=True, help="Say what would be found, write no records.")
@format_option("table", "json")
def decontaminate(
    records: Path | None,
    evalsets: tuple[Path, ...],
    splits: tuple[str, ...],
    rules: tuple[str, ...],
    settings: tuple[str, ...],
    on_hit: str,
    out: Path,
    save_index: Path | None,
    examples: Path | None,
    allow_empty: bool,
    dry_run: bool,
    style: str,
) -> None:
    """Find the items of evaluation sets in records, and remove those records.

    RECORDS and EVALSET are folders that read, generate or merge wrote, or Parquet files of them; EVALSET may be an index that
    --save-index wrote. A record is hit by the same question, also inside a dialogue, by a question that is alike with the same
    options in whatever order and with whatever marks (or all but one of them), by most of a question's runs of letters, or by
    those of a long answer. Width, case, spaces, punctuation and traditional characters do not count. What is only much alike
    (twin) and what was made from a graph (facts) is reported and stays. contaminated.parquet says which record holds which item by
    which rule.

    \b
    Example:
      kgtools decontaminate ./records --against ./chatdoctor --save-index ./chatdoctor.index --out ./decontaminated
    """
    from typing import cast

    from kgtools.corpora import api
    from kgtools.corpora.decontaminate.run import OnHit
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.progress import show_progress

    if records is None:
        if save_index is None:
            raise UsageError("name the RECORDS to search, or --save-index FILE")
        with show_progress("indexing what the evaluation sets ask") as progress:
            index = api.index_evalsets(evalsets, save_index=save_index, split=splits, progress=progress)
        print_index(index, style)
        return
    with show_progress(f"looking at {records}") as progress:
        result = api.decontaminate(
            records, against=evalsets, split=splits, rule=rules, set=pairs(settings, "--set"), on_hit=cast(OnHit, on_hit), out=out,
            save_index=save_index, examples=examples, allow_empty=allow_empty, dry_run=dry_run, progress=progress,
        )  # fmt: skip
    print_result(result, style)
    if on_hit == "fail" and result.hit:
        raise Findings(f"{result.hit:,} {result.table} hold items of the evaluation sets; nothing was written")


def print_result(result: "DecontaminateResult", style: str) -> None:
    """Which sources hold items of which evaluation sets, and by which rule they were found."""
    if style == "json":
        print_json(result.to_dict())
        return
    print_table(["evaluation set", "items"], list(result.evalsets.items()))
    if result.pairs:
        print_table(
            list(result.pairs[0]), [list(row.values()) for row in result.pairs], f"{result.table} by evaluation set"
        )
    rows = [["read", result.total], ["hit", result.hit], ["twin", result.twin], ["facts", result.facts]]
    print_table(["", result.table], [*rows, ["written", result.written]])
    if result.untold:
        tell(f"{result.untold:,} examples are not on the page: their evaluation set is an index, without texts")
    tell("no records were written" if result.out is None else f"the {result.table} are in {result.out}")


def print_index(index: "IndexResult", style: str) -> None:
    """What an index holds."""
    if style == "json":
        print_json(index.to_dict())
        return
    print_table(["evaluation set", "items"], list(index.evalsets.items()))
    tell(f"the index, without texts, is {index.file}")
