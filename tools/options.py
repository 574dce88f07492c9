"""Options that commands of several folders have, and how a shell completes their values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from kgtools.tools import registry
from kgtools.tools.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

COUNT = click.IntRange(0, 2**63 - 1)
"""How many of something: what polars and a manifest can hold."""
SEED = click.IntRange(-(2**63), 2**63 - 1)
"""A seed: what a manifest can hold."""

seed_option = click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of whatever is drawn.")
"""`--seed`, of whatever draws."""

allow_option = click.option(
    "--allow-license", "allow", multiple=True, metavar="NAME",
    help="Pass on what this licence forbids passing on, or what two forbid together ('A AND B'); repeatable.",
)  # fmt: skip
"""`--allow-license`, of whatever passes the gate of `tools.licenses.check`."""

identified_option = click.option(
    "--allow-identified", "identified", is_flag=True,
    help="Accept people's records and dialogues that no run.json says were de-identified.",
)  # fmt: skip
"""`--allow-identified`, of whatever passes the gate of `corpora.gates`."""

escape_option = click.option(
    "--escape-formulas", is_flag=True, help="CSV for a spreadsheet: an apostrophe before text that it would run as a formula.",
)  # fmt: skip
"""`--escape-formulas`, of whatever writes CSV that programs read too."""

empty_option = click.option(
    "--allow-empty", is_flag=True, help="Write an empty result too, in place of what was there."
)
"""`--allow-empty`, of whatever replaces what was there."""


def format_option(*styles: str) -> Callable[[F], F]:
    """`--format`, the first style being the default."""
    return click.option(
        "--format", "style", type=click.Choice(styles), default=styles[0], show_default=True, help="How to print."
    )


def out_option(default: str, what: str) -> Callable[[F], F]:
    """`--out`, the folder that is written."""
    return click.option("--out", "-o", default=default, show_default=True, type=click.Path(path_type=Path), help=what)


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """`key=value` words as a mapping. Raises UsageError for any other word and for a key given twice."""
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {word}: expected key=value")
        if key in values:
            raise UsageError(f"{option} {word}: {key} is given twice")
        values[key] = value
    return values


def complete_names(group: str, *more: str) -> Complete:
    """Complete the names that are registered in a group (`readers`, `sources`, ...), or one of `more`; where none begins so,
    a file. Nothing of the group is imported."""
    return complete_words(lambda: [*registry.names(group), *more])


def complete_words(words: Callable[[], list[str]]) -> Complete:
    """Complete one of these words, the last of a list with commas between (`--pack clinicalgpt,ext`); where none begins so, a
    file. `words` is called when a shell asks, so that it may import."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        matches = [f"{before}{comma}{word}" for word in sorted(words()) if word.startswith(last)]
        return [CompletionItem(word) for word in matches] or [CompletionItem(incomplete, type="file")]

    return complete
