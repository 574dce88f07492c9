"""Records into train, validation and test: `kgtools split`, and what it prints."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.corpora.commands import tell_proof
from kgtools.tools.options import (
    SEED,
    complete_words,
    empty_option,
    format_option,
    identified_option,
    out_option,
    pairs,
)
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.split.plan import SplitPlan
    from kgtools.corpora.split.run import SplitResult


def plan_names() -> list[str]:
    """The plans of papers."""
    from kgtools.corpora.split.plan import names

    return names()


@click.command()
@click.argument("records", required=False, type=click.Path(path_type=Path))
@click.option(
    "--shares", metavar="SPLIT=SHARE,...", help="Shares of the records.  [default: train=0.9,validation=0.05,test=0.05]"
)
@click.option("--counts", metavar="SPLIT=N,...", help="So many records; train is what is left where it is not counted.")
@click.option(
    "--published", is_flag=True, help="Keep the split that a corpus gives its records; the rest by shares or counts."
)
@click.option(
    "--as", "plan", metavar="PLAN", shell_complete=complete_words(plan_names),
    help="As a paper did (clinicalgpt), or by a YAML file of rules.",
)  # fmt: skip
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
    (shares-facts). What generate --hold-out held out is in test, and what shares a fact or a group with it in none
    (shares-held-out); but of what is held out by wording or length alone (templates, hops) the facts may be in other splits,
    and are told apart. The test set depends on the seed and the groups, not on their order, and stays the same when the others' sizes
    change. People's records that were never de-identified are refused (exit 1, nothing written).

    \b
    Example:
      kgtools split ./records --shares train=0.8,validation=0.1,test=0.1 --seed 1 --out ./split
    """
    from typing import cast

    from kgtools.corpora import api
    from kgtools.corpora.split import plan as plans
    from kgtools.tools.progress import show_progress

    if records is None:
        print_plans({name: plans.load_plan(name) for name in plans.names()}, style)
        return
    with show_progress(f"splitting {records}") as progress:
        result = api.split(
            records,
            shares=cast(Any, None if shares is None else pairs(tuple(shares.split(",")), "--shares")),
            counts=cast(Any, None if counts is None else pairs(tuple(counts.split(",")), "--counts")),
            published=published, plan=plan, by=by, tie=tie, seed=seed, allow_identified=identified, allow_empty=allow_empty,
            out=out, progress=progress,
        )  # fmt: skip
    print_result(result, style)


def print_plans(plans: "dict[str, SplitPlan]", style: str) -> None:
    """The papers' ways to split, rule by rule."""
    if style == "json":
        print_json({name: plan.model_dump(mode="json") for name, plan in plans.items()})
        return
    for name, plan in plans.items():
        rows = [
            [
                ", ".join(rule.sources + rule.tasks) or "all others",
                "as published" if rule.published else "",
                *(_size(rule.counts or rule.shares or {}, split) for split in ("train", "validation", "test")),
                ", ".join(rule.cut),
                ", ".join(f"{key}: {of.groups:,} of {of.of}" for key, of in rule.subsets.items()),
            ]
            for rule in plan.rules
        ]
        heads = ["of", "", "train", "validation", "test", "cut at a reply", "subsets"]
        print_table(heads, rows, f"{name}: {plan.title}. {plan.notes.strip()}")


def _size(sizes: Mapping[Any, float], split: str) -> str:
    return f"{sizes[split]:,}" if split in sizes else ""


def print_result(result: "SplitResult", style: str) -> None:
    """How much is in each split, of each stratum, and what is not."""
    if style == "json":
        print_json(result.to_dict())
        return
    total = sum(result.splits.values()) or 1
    rows = [
        [name, number, result.asked[name], f"{number / total:.2%}", result.groups[name], result.facts[name]]
        for name, number in result.splits.items()
    ]
    rows += [[f"left out: {reason}", number] + [None] * 4 for reason, number in result.removed.items()]
    rows += [[f"{name}.parquet", number] + [None] * 4 for name, number in result.subsets.items()]
    print_table(["split", result.table, "asked", "share", "groups", "facts"], rows, f"{result.total:,} {result.table}")
    print_table(
        ["stratum", "train", "validation", "test", "removed"],
        [list(row.values()) for row in result.strata],
        "by stratum",
    )
    if result.parted:
        lost = result.removed.get("shares-facts", 0)
        tell(
            f"groups parted by their facts, each more than a tenth of the smallest split held out: {result.parted:,} with "
            f"{result.parted_records:,} {result.table}; left out, as they share facts with several splits: {lost:,} "
            f"({lost / result.total:.2%} of all)",
        )
    if result.held_out:
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in result.held_out.items())
        tell(f"held out by generate, all in test: {kinds}")
    tell_proof(result.crossing, result.crossing_facts, result.loose_facts)
    within = "within" if result.off <= result.tolerance else "NOT within"
    tell(f"shares: at most {result.off:.2%} from what was asked, {within} {result.tolerance:.0%}")
    if result.cut:
        tell(f"dialogues cut at a reply: {result.cut:,}")
    if result.tied:
        tell(f"groups joined with another by facts or what ties them: {result.tied:,}")
    if result.shared_questions:
        tell(
            f"{result.shared_questions:,} questions stand in more than one split, with other groups: "
            "kgtools dedup --on question --tag, before splitting, keeps each in one",
        )
    tell(f"the {result.table} are in {result.out}")
