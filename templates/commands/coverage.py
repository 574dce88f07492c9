"""coverage: what became of each fact of a graph."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import format_option
from kgtools.tools.output import print_json, print_table

if TYPE_CHECKING:
    from kgtools.templates.coverage import CoverageRow


@click.command()
@click.option(
    "--records",
    default="./records",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that generate wrote.",
)
@format_option("table", "json", "markdown", "latex", "csv")
def coverage(records: Path, style: str) -> None:
    """Count the facts that stand in a record, by relation and language, and why the others do not.

    coverage.parquet in the folder says it of each fact, and `kgtools trace --triple ID` of one.

    \b
    Example:
      kgtools coverage --records ./records
    """
    from kgtools.templates.coverage import count_coverage, read_coverage

    print_coverage(count_coverage(read_coverage(records)), style)


def print_coverage(rows: "list[CoverageRow]", style: str) -> None:
    """Facts and exported facts by relation and language, then the reasons; as CSV a row for each reason, exported among them."""
    if style == "json":
        print_json([row.to_dict() for row in rows])
        return
    if style == "csv":
        reasons = [
            (row, reason, facts) for row in rows for reason, facts in (("exported", row.exported), *row.reasons.items())
        ]
        lines = [[row.kind, row.relation, row.lang, reason, facts] for row, reason, facts in reasons]
        print_table(["kind", "relation", "lang", "reason", "facts"], lines, style=style)
        return
    print_table(
        ["kind", "relation", "lang", "facts", "exported", "share"],
        [[row.kind, row.relation, row.lang, row.facts, row.exported, _share(row.exported, row.facts)] for row in rows],
        style=style,
    )
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


def _share(part: int, total: int) -> str:
    return f"{part / total:.1%}"
