"""Which entities are the same: align."""

from pathlib import Path

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import allow_option

RULES = ("equal-name", "alias", "completion", "shared-code")
REVIEW = Path("align-review.tsv")


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
    help="Take over the decisions of a review file or an SSSOM file.",
)
@click.option(
    "--undo",
    multiple=True,
    metavar="ID|RULE|all",
    help="Take decisions out again (repeatable); of a rule kgtools' own.",
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
    """Unite entities of one type that are the same, by named rules and by what people decide.

    Sure candidates are applied; the others go to a review file: write same or different into its first column and
    give it to --apply. Nothing is lost: a name that was given up becomes an alias, and --undo brings back the graph
    as it was.

    \b
    Example:
      kgtools align --graph ./graph
    """
    from kgtools.kg.align import align as alignment
    from kgtools.kg.align.review import check_folder, check_review_file, write_review
    from kgtools.kg.commands.align_output import print_alignment
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
