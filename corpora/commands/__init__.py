"""The commands that own records: reading, cleaning, mixing, splitting, exporting; and the options that they share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kgtools.tools.errors import UsageError
from kgtools.tools.options import SEED

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*styles: str) -> Callable[[F], F]:
    """`--format`, the first style being the default."""
    return click.option(
        "--format", "style", type=click.Choice(styles), default=styles[0], show_default=True, help="How to print."
    )


def out_option(default: str, what: str) -> Callable[[F], F]:
    """`--out`, the folder that is written."""
    return click.option("--out", "-o", default=default, show_default=True, type=click.Path(path_type=Path), help=what)


seed_option = click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of whatever is drawn.")


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """`key=value` words as a mapping. Raises UsageError for any other word and for a key given twice."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {word}: expected key=value")
        if key in found:
            raise UsageError(f"{option} {word}: {key} is given twice")
        found[key] = value
    return found
