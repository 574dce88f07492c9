"""Records into train, validation and test: split."""

from pathlib import Path

import click

from kgtools.corpora.commands import format_option, out_option, pairs
from kgtools.tools.options import SEED, empty_option, identified_option


@click.command()
@click.argument("records", required=False, type=click.Path(path_type=Path))
@click.option(
    "--shares", metavar="SPLIT=SHARE,...", help="Shares of the records.  [default: train=0.9,validation=0.05,test=0.05]"
)
@click.option("--counts", metavar="SPLIT=N,...", help="So many records; train is what is left where it is not counted.")
@click.option(
    "--published", is_flag=True, help="Keep the split that a corpus gives its records; the rest by shares or counts."
)
@click.option("--as", "plan", metavar="PLAN", help="As a paper did (clinicalgpt), or by a YAML file of rules.")
@click.option(
    "--by",
    metavar="COLUMN,...",
    help="The same proportions in each split of these; meta.KEY too.  [default: source,task,lang]",
)
@click.option(
    "--tie",
    metavar="KEY,...",
    help="Keys of meta, or fields; records with the same value (a patient, a page) stay together, whatever their source.",
)
@click.option("--seed", type=SEED, help="Another seed than 0 or the plan's.")
@identified_option
@empty_option
@out_option("./split", "Folder for the records with their split, removed.parquet and run.json.")
@format_option("table", "json")
def split(
    records: Path | None, shares: str | None, counts: str | None, published: bool, plan: str | None, by: str | None,
    tie: str | None, seed: int | None, identified: bool, allow_empty: bool, out: Path, style: str,
) -> None:  # fmt: skip
    """Split records into train, validation and test, whole groups at a time.

    RECORDS is a folder that read, generate, dedup or merge wrote, or a Parquet file; without it, the papers' plans are listed.
    What shares a group (a patient's visits, near duplicates that dedup --tag found) or a fact (in either direction, language
    or task) is in one split; both are counted again in what was written. Where more records hang together by facts than a
    tenth of the smallest split held out, they are divided, and those that then share facts with several splits are left out
    (shares-facts). The test set depends on the seed and the groups, not on their order, and stays the same when the others'
    sizes change. People's records that were never de-identified are refused (exit 1, nothing written).

    \b
    Example:
      kgtools split ./records --shares train=0.8,validation=0.1,test=0.1 --seed 1 --out ./split
    """
    from kgtools.corpora.commands.output import print_plans, print_split
    from kgtools.corpora.split import plan as plans
    from kgtools.corpora.split.run import run
    from kgtools.tools.progress import step

    if records is None:
        print_plans({name: plans.load_plan(name) for name in plans.names()}, style)
        return
    chosen = plans.made(
        plan,
        shares=None if shares is None else pairs(tuple(shares.split(",")), "--shares"),
        counts=None if counts is None else pairs(tuple(counts.split(",")), "--counts"),
        published=published,
        by=by,
        tie=tie,
        seed=seed,
    )
    with step(f"splitting {records}"):
        done = run(records, out, chosen, identified, allow_empty)
    print_split(done, out, style)
