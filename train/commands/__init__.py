"""What the commands of training share."""

from collections.abc import Callable
from typing import Any

import click

from kgtools.tools.options import F, complete_words, format_option, out_option, pairs


def systems() -> list[str]:
    """The recipes that come with the package."""
    from kgtools.train.recipe import systems as recipes

    return list(recipes())


recipe_option = click.option(
    "--recipe",
    "name",
    metavar="NAME|FILE",
    required=True,
    shell_complete=complete_words(systems),
    help="A system, SYSTEM:VARIANT, or a YAML file.",
)
words_argument = click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
nproc_option = click.option(
    "--nproc", type=click.IntRange(1), help="Processes on this machine.  [default: one for each GPU, or 1]"
)


def changes(words: tuple[str, ...]) -> dict[str, str]:
    """`key=value` words as a mapping; `data=` may stand several times, its values are then a list."""
    data = [word for word in words if word.startswith("data=")]
    settings = pairs(tuple(word for word in words if word not in data), "recipe")
    if data:
        import orjson

        settings["data"] = orjson.dumps([word.removeprefix("data=") for word in data]).decode()
    return settings


def generation_options(out: str, what: str) -> Callable[[F], F]:
    """The options of a command that lets a model answer."""

    def add(command: F) -> F:
        fresh = click.option("--fresh", is_flag=True, help="Replace what --out holds.")
        dry = click.option("--dry-run", is_flag=True, help="Check everything and say what would be asked.")
        for option in (
            format_option("table", "json"),
            fresh,
            dry,
            out_option(out, what),
            recipe_option,
            words_argument,
        ):
            command = option(command)
        return command

    return add


def print_facts(title: str, facts: dict[str, Any], style: str) -> None:
    """What a command has to tell, a line each."""
    from kgtools.tools.output import print_json, print_table

    if style == "json":
        print_json(facts)
    else:
        print_table([title, ""], [(key, shorten(value)) for key, value in facts.items()])


def shorten(value: Any) -> Any:
    """A value as it stands in a cell of a table."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {shorten(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(shorten(inner)) for inner in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
