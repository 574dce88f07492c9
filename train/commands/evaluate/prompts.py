"""`kgtools evaluate prompts`: what a task asks of records."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.tools.options import complete_names, format_option, out_option, pairs
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import tell
from kgtools.train.commands import words_argument

if TYPE_CHECKING:
    from kgtools.train.evaluate.prompts import PromptResult


@click.command()
@click.argument("task", shell_complete=complete_names("tasks"))
@click.argument("records", type=click.Path(path_type=Path))
@words_argument
@out_option("./prompts", "Folder for records.parquet, prompts.jsonl and run.json.")
@format_option("table", "json")
def prompts(task: str, records: Path, words: tuple[str, ...], out: Path, style: str) -> None:
    """Write what a task asks of records, with an id for each prompt.

    RECORDS is a folder that read, generate, merge or split wrote. An id is a hash of all that is asked: answers to other prompts are
    refused later. prompts.jsonl has an id and messages a line, for any model; `kgtools train answer data=PROMPTS` reads the folder.

    \b
    Example:
      kgtools evaluate prompts exam ./medqa --out ./prompts shots=3 seed=7
    """
    from kgtools.train.evaluate.prompts import find_task, write_prompts
    from kgtools.train.evaluate.settings import parse_settings

    settings = parse_settings(find_task(task).prompts, pairs(words, "setting"))
    print_prompts(write_prompts(task, records, settings, out), style)


def print_prompts(result: "PromptResult", style: str) -> None:
    """What will be asked, and which records ask nothing."""
    if style == "json":
        print_json(result.to_dict())
        return
    rows: list[list[Any]] = [["prompts", "", result.samples], ["records", "", result.records]]
    for what in ("langs", "sources", "refused", "notes"):
        rows += [[what, name, number] for name, number in getattr(result, what).items()]
    print_table(["", "", result.task], rows, "prompts")
    tell(f"records.parquet, prompts.jsonl and run.json are in {result.out}")
