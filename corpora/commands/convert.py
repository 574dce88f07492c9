"""Records out: `kgtools convert`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from kgtools.tools.options import allow_option, complete_names, empty_option, identified_option, out_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.export.convert import ConvertResult


@click.command()
@click.argument("records", type=click.Path(path_type=Path))
@click.option(
    "--format", "name", default="messages", show_default=True, shell_complete=complete_names("formats"),
    help="How to write them.",
)  # fmt: skip
@out_option("./dataset", "Folder for the files, their card and run.json.")
@click.option(
    "--file",
    "file",
    type=click.Choice(["jsonl", "jsonl.zst", "parquet", "json", "csv"]),
    help="Kind of file; default: the format's.",
)
@click.option(
    "--shard-size", default=100_000, show_default=True, type=click.IntRange(1, 2**63 - 1), help="Records in a file."
)
@click.option("--name", "title", default="kgtools", show_default=True, help="Name of the set, in its card and tasks.")
@allow_option
@identified_option
@empty_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def convert(
    records: Path,
    name: str,
    out: Path,
    file: str | None,
    shard_size: int,
    title: str,
    allow: tuple[str, ...],
    identified: bool,
    allow_empty: bool,
    as_json: bool,
) -> None:
    """Write records as the files that trainers and evaluations read.

    RECORDS is a folder that read, generate, merge or split wrote, or a Parquet file of records. Formats: alpaca, lm-eval,
    medqa, messages, sharegpt, super-ni, trl-preference, trl-prompt-completion. A dataset card, a Croissant
    description and, where it can read the files, LLaMA-Factory's list are written beside them. Records that a format cannot hold are in
    rejects.parquet. Rows under a licence that forbids passing them on, or under two that cannot both be satisfied, are refused
    (exit 1, nothing written); so are people's records that were never de-identified.

    \b
    Example:
      kgtools convert ./chatdoctor --format sharegpt --out ./export --allow-license unknown --allow-identified
    """
    from kgtools.corpora import api
    from kgtools.tools.progress import step

    with step(f"writing {name}"):
        result = api.convert(
            records, format=name, out=out, file=cast(Any, file), shard_size=shard_size, name=title, allow_license=allow,
            allow_identified=identified, allow_empty=allow_empty,
        )  # fmt: skip
    print_result(result, as_json)


def print_result(result: "ConvertResult", as_json: bool) -> None:
    """What was written, in which files, and what the format could not hold."""
    if as_json:
        print_json(result.to_dict())
        return
    rows = [["written", "", result.written]]
    for what in ("splits", "tasks", "langs", "sources", "licenses", "dropped", "files"):
        rows += [[what, name, number] for name, number in getattr(result, what).items()]
    print_table(["", "", result.table], rows, result.format)
    tell(f"the files and their card are in {result.out}")
