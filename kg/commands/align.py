"""Which entities are the same: align."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import allow_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.kg.align.align import AlignmentResult, GraphSize

RULES = ("equal-name", "alias", "completion", "shared-code")
REVIEW = Path("align-review.tsv")
CODES = 5
"""Codes that are too common: so many are named."""


@click.command()
@graph_option
@format_option("table", "json")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="Apply candidates of this score or more.",
)
@click.option("--rule", "rules", multiple=True, type=click.Choice(RULES), help="Ask only this rule (repeatable).")
@click.option(
    "--review",
    type=click.Path(path_type=Path),
    help=f"Where to write the candidates that people decide; default: {REVIEW}.",
)
@click.option(
    "--apply",
    "decided",
    type=click.Path(path_type=Path),
    help="Apply the decisions of a review file or an SSSOM file.",
)
@click.option(
    "--undo",
    multiple=True,
    metavar="ID|RULE|all",
    help="Undo decisions (repeatable); of a rule, only kgtools' own.",
)
@click.option(
    "--sssom",
    type=click.Path(path_type=Path),
    help="Write all decisions of the graph as SSSOM/TSV, as kgtools export sssom does.",
)
@allow_option
@click.option(
    "--who", help="Who decided, with --apply (default: reviewer); with --undo, only the decisions of that one."
)
@click.option("--dry-run", is_flag=True, help="Find and count; touch no graph.")
def align(
    graph: str,
    style: str,
    threshold: float,
    rules: tuple[str, ...],
    review: Path | None,
    decided: Path | None,
    undo: tuple[str, ...],
    sssom: Path | None,
    allow: tuple[str, ...],
    who: str | None,
    dry_run: bool,
) -> None:
    """Merge entities of one type that are the same, by named rules and people's decisions.

    Sure candidates are applied; the others go to a review file: write same or different into its first column and
    give it to --apply. Nothing is lost: a name that was given up becomes an alias, and --undo brings back the graph
    as it was.

    \b
    Example:
      kgtools align --graph ./graph
    """
    from kgtools.kg.align import align as alignment
    from kgtools.kg.align.review import check_folder, check_review_file, write_review
    from kgtools.kg.commands.load import settle
    from kgtools.kg.exporters import ExportOptions
    from kgtools.kg.exporters.sssom import write as write_sssom
    from kgtools.kg.licenses import check_leaving
    from kgtools.kg.stores import open_store
    from kgtools.tools.errors import UsageError
    from kgtools.tools.progress import step

    if decided and undo:
        raise UsageError("--apply and --undo are two changes; run them one after the other")
    if (decided or undo) and (rules or review):
        raise UsageError("--rule and --review are for finding candidates, without --apply and --undo")
    if who and not (decided or undo):
        raise UsageError("--who says who decided: give it with --apply or --undo")
    if allow and not sssom:
        raise UsageError("--allow-license lets an SSSOM file be written: give it with --sssom")
    place = None if decided or undo or (dry_run and not review) else review or REVIEW
    if place:
        check_review_file(place)
    store, written = open_store(graph), {}
    if sssom:
        check_folder(sssom)
        check_leaving(store, allow)
    with step(f"aligning {graph}"):
        if decided:
            result = alignment.apply(store, decided, who, dry_run)
        elif undo:
            result = alignment.undo(store, undo, who, dry_run)
        else:
            result = alignment.align(store, threshold, rules, dry_run)
    if result.outcome is not None and not result.outcome.agrees:
        settle(result.outcome, graph)
    if place and result.review is not None:
        write_review(place, result.review, result.ledger)
        written["review"] = str(place)
    if sssom:
        write_sssom(store, sssom, ExportOptions(allow_empty=True))
        written["sssom"] = str(sssom)
    print_alignment(result, graph, style, written, dry_run)


def print_alignment(result: "AlignmentResult", graph: str, style: str, written: dict[str, str], dry_run: bool) -> None:
    """What was asked for, what it did to the graph, and the files that were written (what it is: where)."""
    if style == "json":
        print_json(result.to_dict() | {"written": written, "dry_run": dry_run})
        return
    counts = result.counts
    if "rules" in counts:
        columns = ["candidates", "applied", "review", "decided", "asleep"]
        rows = [[rule, *(numbers[c] for c in columns)] for rule, numbers in counts["rules"].items()]
        rows.append(["all", *(sum(numbers[c] for numbers in counts["rules"].values()) for c in columns)])
        print_table(["rule", "candidates", "applied", "for review", "decided already", "asleep"], rows)
    if counts.get("too_common"):
        codes = ", ".join(f"{row['code']} ({row['entities']:,} {row['type']})" for row in counts["too_common"][:CODES])
        more = len(counts["too_common"]) - CODES
        say(f"too common to be evidence, so not asked: {codes}{f' and {more:,} more codes' if more > 0 else ''}")
    if "decisions" in counts:
        print_table(
            ["decisions", "rows"], [[name.replace("_", " "), number] for name, number in counts["decisions"].items()]
        )
    if "undone" in counts:
        print_table(["undone", "decisions"], [*counts["undone"].items(), ("all", sum(counts["undone"].values()))])
    for line in _effect(result.before, result.after):
        say(line)
    ledger = result.to_dict()["ledger"]
    say(f"ledger: {ledger['same']:,} same, {ledger['different']:,} different; {ledger['asleep']:,} of them asleep")
    for what, where in written.items():
        say(f"{what}: {where}")
    if dry_run:
        say("Dry run: no graph was touched.")
    elif result.outcome is None:
        say(f"Nothing to change in {graph}.")
    elif result.outcome.agrees:
        say(f"The graph {graph} was rebuilt and read back: counts and checksums agree.")


def _effect(before: "GraphSize", after: "GraphSize") -> list[str]:
    united, loops = before.triples - after.triples, after.loops - before.loops
    became = f"{united:,} became one with another" if united >= 0 else f"{-united:,} came apart again"
    arose = f"{loops:,} arose" if loops >= 0 else f"{-loops:,} are gone"
    return [
        f"entities: {before.entities:,} before, {after.entities:,} after",
        f"triples: {before.triples:,} before, {after.triples:,} after ({became})",
        f"self-loops: {before.loops:,} before, {after.loops:,} after ({arose})",
    ]
