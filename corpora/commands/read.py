"""Corpora in: read."""

from pathlib import Path

import click

from kgtools.corpora.commands import format_option, out_option, pairs, seed_option
from kgtools.tools.options import empty_option


@click.command()
@click.argument("reader")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@out_option("./corpus", "Folder for records.parquet, rejects.parquet and run.json.")
@click.option("--limit", type=click.IntRange(1, 2**63 - 1), help="Stop after so many examples.")
@click.option("--strict", is_flag=True, help="Stop at the first row that cannot be read; write nothing.")
@click.option(
    "--license",
    "license_",
    help="The licence of these files, where you know it: an SPDX expression or LicenseRef-NAME.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the reader; sheet=NAME chooses the sheet of a workbook.",
)
@click.option(
    "--categories", is_flag=True, help="Print how records get their category, and count files by it; write nothing."
)
@seed_option
@empty_option
@format_option("table", "json")
def read(
    reader: str,
    files: tuple[Path, ...],
    out: Path,
    limit: int | None,
    strict: bool,
    license_: str | None,
    settings: tuple[str, ...],
    categories: bool,
    seed: int,
    allow_empty: bool,
    style: str,
) -> None:
    """Read the files of a corpus into records: dialogues, exams, patient records, instructions.

    READER is the name of a corpus, or auto, which says which reader fits and reads nothing. Without files, the reader
    says what it reads, under which licence. What cannot be read is in rejects.parquet with its file, line and reason. Files
    without a single example are an error, and what an earlier run wrote stays.

    \b
    Example:
      kgtools read chatdoctor chatdoctor5k.json --out ./chatdoctor
    """
    from kgtools.corpora import detect
    from kgtools.corpora import read as reading
    from kgtools.corpora.commands.output import print_categories, print_fits, print_outcome, print_reader
    from kgtools.tools.errors import Findings, InputError, UsageError
    from kgtools.tools.progress import step

    if reader == "auto":
        if categories:
            raise UsageError("--categories needs the name of a reader: kgtools read medqa --categories")
        if not files:
            raise UsageError("read auto needs files: kgtools read auto FILE...")
        fits = detect.who_reads(list(files))
        if fits.fault:
            raise InputError(f"no row can be read: {fits.fault}")
        print_fits(fits.found, style)
        if not fits.found:
            raise Findings(
                f"no reader fits; {fits.nearest or 'name one, or see `kgtools read alpaca` and the like for what each reads'}"
            )
    elif categories:
        from kgtools.corpora.categories import categories_of, count

        counted = count(reader, list(files), pairs(settings, "--set"), limit, strict, seed) if files else None
        print_categories(reader, categories_of(reader), counted, style)
    elif not files:
        print_reader(reader, detect.find(reader), style)
    else:
        with step(f"reading {reader}"):
            outcome = reading.read(
                reader, list(files), out, pairs(settings, "--set"), limit, strict, seed, license_, allow_empty
            )
        print_outcome(outcome, out, style)
