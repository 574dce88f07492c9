"""coverage: what became of each fact of a graph."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.tools.options import complete_words, format_option
from kgtools.tools.output import print_json, print_table

if TYPE_CHECKING:
    from kgtools.templates.coverage.ledger import CoverageRow


@click.command()
@click.option(
    "--records",
    default="./records",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that generate or retract wrote.",
)
@click.option(
    "--by",
    default="relation",
    show_default=True,
    shell_complete=complete_words(lambda: ["relation", "source"]),
    help="Count by relation, source, or relation,source. By source, a fact that two sources say counts for each.",
)
@click.option(
    "--floor",
    "floors",
    multiple=True,
    metavar="SHARE|NAME=SHARE",
    help="Exit with 1 where less of the facts stands in a record: 0.6 of all in each language, zh=0.6, HAS_SYMPTOM=0.9, xywy=0.5, of"
    " each with relation=0.1 or source=0.3, in one language with HAS_SYMPTOM:en=0.4. Repeatable, or with commas.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path), help="Draw it too: FILE.html (with the numbers), FILE.svg or FILE.png."
)
@format_option("table", "json", "markdown", "latex", "csv")
def coverage(records: Path, by: str, floors: tuple[str, ...], plot: Path | None, style: str) -> None:
    """Count the facts that stand in a record, by relation, source and language, and why the others do not.

    coverage.parquet in the folder says it of each fact, and `kgtools trace --triple ID` of one.

    \b
    Example:
      kgtools coverage --records ./records --by relation,source
    """
    from kgtools.kg.report import picture
    from kgtools.templates.coverage.floors import find_shortfalls, parse_floors
    from kgtools.templates.coverage.ledger import columns_of, count_coverage, read_coverage
    from kgtools.tools.errors import Findings
    from kgtools.tools.terminal import tell

    groups = [word.strip() for word in by.split(",")]
    keys, least = columns_of(groups), parse_floors(floors)
    if plot is not None:
        picture.check(plot, "--plot")
    table = read_coverage(records)
    rows, shortfalls = count_coverage(table, groups), find_shortfalls(table, least)
    print_coverage(rows, keys, style)
    if plot is not None:
        from kgtools.templates.coverage.plot import plot as draw

        columns, lines = count_table(rows, keys)
        picture.write(plot, "--plot", draw(rows, groups), f"Coverage by {' and '.join(groups)}", NOTE, columns, lines)
        tell(f"The plot is in {plot}.")
    if shortfalls:
        raise Findings("\n".join(f"below the floor: {each}" for each in shortfalls))


NOTE = "Facts are triples, attribute values, aliases and classes; by source, a fact that two sources say counts for each of them."


def print_coverage(rows: "list[CoverageRow]", keys: Sequence[str], style: str) -> None:
    """Facts and exported facts by what `keys` name, and language, then the reasons; as CSV a row for each reason, exported among
    them."""
    if style == "json":
        print_json([row.to_dict() for row in rows])
        return
    if style == "csv":
        reasons = [
            (row, reason, facts) for row in rows for reason, facts in (("exported", row.exported), *row.reasons.items())
        ]
        lines = [[*_names(row, keys), reason, facts] for row, reason, facts in reasons]
        print_table([*keys, "lang", "reason", "facts"], lines, style=style)
        return
    print_table(*count_table(rows, keys), style=style)
    langs = sorted({row.lang for row in rows})
    names = list(dict.fromkeys(reason for row in rows for reason in row.reasons))
    sums = {
        lang: [sum(row.reasons.get(name, 0) for row in rows if row.lang == lang) for name in names] for lang in langs
    }
    by_size = sorted(range(len(names)), key=lambda at: (-sum(sums[lang][at] for lang in langs), names[at]))
    print_table(
        ["reason", *(f"facts, {lang}" for lang in langs)],
        [[names[at], *(sums[lang][at] for lang in langs)] for at in by_size],
        style=style,
    )


def count_table(rows: "list[CoverageRow]", keys: Sequence[str]) -> tuple[list[str], list[list[Any]]]:
    """The columns and lines of the first table."""
    lines = [[*_names(row, keys), row.facts, row.exported, f"{row.share:.1%}"] for row in rows]
    return [*keys, "lang", "facts", "exported", "share"], lines


def _names(row: "CoverageRow", keys: Sequence[str]) -> list[str]:
    return [getattr(row, key) for key in (*keys, "lang")]
