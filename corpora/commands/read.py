"""Corpora in: `kgtools read`, and what it prints."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import complete_names, empty_option, format_option, out_option, pairs, seed_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.corpora.categories import CategoryCounts
    from kgtools.corpora.read import ReadResult
    from kgtools.corpora.reader import Categories, Reader

SHOWN = 8
"""Keys that nobody reads, as many as are printed; all are in run.json."""


@click.command()
@click.argument("reader", shell_complete=complete_names("readers", "auto"))
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
    from kgtools.corpora import api, detect
    from kgtools.tools.errors import Findings, InputError, UsageError
    from kgtools.tools.progress import show_progress

    if reader == "auto":
        if categories:
            raise UsageError("--categories needs the name of a reader: kgtools read medqa --categories")
        if not files:
            raise UsageError("read auto needs files: kgtools read auto FILE...")
        fits = detect.who_reads(list(files))
        if fits.fault:
            raise InputError(f"no row can be read: {fits.fault}")
        print_fits(fits.matches, style)
        if not fits.matches:
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
        with show_progress(f"reading {reader}") as progress:
            result = api.read(
                reader, files, out=out, set=pairs(settings, "--set"), limit=limit, strict=strict, license=license_, seed=seed,
                allow_empty=allow_empty, progress=progress,
            )  # fmt: skip
        print_result(result, style)


def print_result(result: "ReadResult", style: str) -> None:
    """What was read, refused and changed."""
    if style == "json":
        print_json(result.to_dict())
        return
    rows = [["written", "", result.written]]
    for what in ("tasks", "langs", "splits", "rejected", "changed"):
        rows += [[what, name or "none", number] for name, number in getattr(result, what).items()]
    rows += [["duplicates", "the same id", result.duplicates]] if result.duplicates else []
    print_table(["", "", result.table], rows, result.reader)
    if result.unread:
        shown = [f"{key or '(no name)'} {number:,}" for key, number in islice(result.unread.items(), SHOWN)]
        more = len(result.unread) - len(shown)
        shown += [f"and {more} more keys, in {result.out}/run.json"] if more else []
        tell(f"keys not read: {', '.join(shown)}")
    note = f" ({result.license_note})" if result.license_note else ""
    tell(f"licence: {result.license}{note}; the {result.table} are in {result.out}")


def print_fits(matches: list[tuple[str, str, str]], style: str) -> None:
    """Which reader fits which file, and why."""
    if style == "json":
        print_json([dict(zip(("file", "reader", "why"), fit, strict=True)) for fit in matches])
    elif matches:
        print_table(["file", "reader", "why"], matches)


def print_reader(name: str, reader: "Reader", style: str) -> None:
    """What a reader reads."""
    values = {
        "reader": name, "title": reader.title, "files": reader.files, "license": reader.license,
        "license_note": reader.license_note, "url": reader.url, "private": reader.private,
        "settings": {key: info.description or "" for key, info in reader.settings.model_fields.items()},
    }  # fmt: skip
    if style == "json":
        print_json(values)
    else:
        print_table(["", name], [[key, value] for key, value in values.items() if value not in ("", {})])


def print_categories(name: str, categories: "Categories", counted: "CategoryCounts | None", style: str) -> None:
    """Which words make which category and, where files were counted, how many records each has and which no words make."""
    words = [{"words": words, "category": category} for words, category in categories.words]
    if style == "json":
        facts = {} if counted is None else vars(counted) | {"categories": [vars(row) for row in counted.categories]}
        print_json({"reader": name, "label": categories.label, "words": words, "unless": categories.unless} | facts)
        return
    if words:
        rows = [list(row.values()) for row in words]
        rows += [[categories.unless, "its own, unless a subject's"]] if categories.unless else []
        print_table(["words in " + categories.label, "category"], rows, name)
    elif counted is None:
        tell(f"every value of {categories.label} is a category; name files to count them")
    if counted is not None:
        columns = ["category", "records", "mapped", "labels"][: 4 if words else 2]
        counts = [[row.category, row.records, row.mapped, list(row.labels)] for row in counted.categories]
        print_table(columns, [row[: len(columns)] for row in counts])
        tell(f"without a category: {counted.without:,}; rejected: {counted.rejected:,}")
