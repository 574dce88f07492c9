"""What the commands of training share."""

import click

from kgtools.tools.options import complete_words, pairs


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
    found = pairs(tuple(word for word in words if word not in data), "recipe")
    if data:
        import orjson

        found["data"] = orjson.dumps([word.removeprefix("data=") for word in data]).decode()
    return found
