"""Writes the command reference of the READMEs from the commands' own help; `make docs` runs it, a test compares.

With `--check` nothing is written: it ends with 1 and names the files that are not as it would write them."""

import re
import sys
from pathlib import Path

import click

from kgtools.tools import registry

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"(<!-- commands: written by make docs -->\n).*?(<!-- end of commands -->)", re.DOTALL)


def commands(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    """A command with its name, or those of a group."""
    if not isinstance(command, click.Group):
        return [(name, command)]
    context = click.Context(command, info_name=name)
    found = [(key, command.get_command(context, key)) for key in command.list_commands(context)]
    return [(f"{name} {key}", each) for key, each in found if each is not None]


def reference() -> str:
    """The help of every command, each in a block of its own."""
    blocks = []
    for name in registry.names("commands"):
        command = registry.find("commands", name)
        for title, each in commands(name, command):
            context = click.Context(
                each,
                info_name=f"kgtools {title}",
                max_content_width=100,
                terminal_width=100,
                help_option_names=["-h", "--help"],
            )
            blocks.append(
                f"<details><summary><code>kgtools {title}</code></summary>\n\n```\n{each.get_help(context)}\n```\n\n</details>\n"
            )
    return "\n".join(blocks)


def written(text: str) -> str:
    """A README with the reference in its place."""
    return PLACE.sub(lambda match: f"{match[1]}\n{reference()}\n{match[2]}", text)


if __name__ == "__main__":
    texts = {file: file.read_text(encoding="utf-8") for file in (ROOT / "README.md", ROOT / "README.zh.md")}
    stale = [file for file, text in texts.items() if written(text) != text]
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{file.name} is stale; run: make docs" for file in stale) or 0)
    for file in stale:
        file.write_text(written(texts[file]), encoding="utf-8")
