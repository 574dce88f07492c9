"""Records without what evaluations ask: decontaminate."""

from pathlib import Path

import click

from kgtools.corpora.commands import format_option, out_option, pairs
from kgtools.tools.options import empty_option

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

    from kgtools.corpora.commands.decontaminate_output import print_decontaminated, print_index
    from kgtools.corpora.decontaminate.examples import write_examples
    from kgtools.corpora.decontaminate.index import save_index as save
    from kgtools.corpora.decontaminate.rules import rules_of
    from kgtools.corpora.decontaminate.run import OnHit, indexed, run
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.inputs.originals import originals
    from kgtools.tools.outputs.atomic import check_file
    from kgtools.tools.progress import step

    chosen = rules_of(rules, pairs(settings, "--set"))
    for option, place in (("--examples", examples), ("--save-index", save_index)):
        if place:
            check_file(place, option)
    with originals() as given:
        records = records and given.from_pipe(records)
        evalsets = tuple(map(given.from_pipe, evalsets))
        with step("indexing what the evaluation sets ask"):
            items = indexed(evalsets, splits)
            if save_index:
                save(items, save_index)
        if records is None:
            if save_index is None:
                raise UsageError("name the RECORDS to search, or --save-index FILE")
            print_index(items, save_index, style)
            return
        with step(f"looking at {records}"):
            done = run(records, None if dry_run else out, items, chosen, cast(OnHit, on_hit), allow_empty)
            untold = write_examples(done.found, records, evalsets, examples) if examples else 0
    print_decontaminated(done, None if dry_run or on_hit == "fail" else out, untold, style)
    if on_hit == "fail" and done.hit:
        raise Findings(f"{done.hit:,} {done.table} hold items of the evaluation sets; nothing was written")
