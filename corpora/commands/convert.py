"""Records out: convert."""

from pathlib import Path

import click

from kgtools.corpora.commands import out_option
from kgtools.tools.options import allow_option, empty_option, identified_option


@click.command()
@click.argument("records", type=click.Path(path_type=Path))
@click.option("--format", "name", default="messages", show_default=True, help="How to write them.")
@out_option("./dataset", "Folder for the files, their card and run.json.")
@click.option(
    "--file",
    "file",
    type=click.Choice(["jsonl", "jsonl.zst", "parquet", "json"]),
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
    from kgtools.corpora.commands.output import print_exported
    from kgtools.corpora.export.convert import Options
    from kgtools.corpora.export.convert import convert as run
    from kgtools.tools.progress import step

    with step(f"writing {name}"):
        exported = run(records, name, out, Options(file, shard_size, allow, identified, title, allow_empty))
    print_exported(exported, out, as_json)
