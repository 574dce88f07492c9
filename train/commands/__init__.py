"""What the commands of training share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tools.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

format_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print."
)
recipe_option = click.option(
    "--recipe", "name", metavar="NAME|FILE", required=True, help="A system, SYSTEM:VARIANT, or a YAML file."
)
words_argument = click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")


def changes(words: tuple[str, ...]) -> dict[str, str]:
    """`key=value` words as a mapping; `data=` may stand several times, its values are then a list."""
    found: dict[str, str] = {}
    data: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{word}: expected key=value, as learning_rate=1e-4 or data=records")
        if key == "data":
            data.append(value)
        elif key in found:
            raise UsageError(f"{word}: {key} is given twice")
        else:
            found[key] = value
    if len(data) == 1:
        found["data"] = data[0]
    elif data:
        import orjson

        found["data"] = orjson.dumps(data).decode()
    return found
