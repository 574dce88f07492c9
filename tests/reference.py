"""Writes the command reference of the READMEs from the commands' own help; `make docs` runs it, a test compares."""

import re
from pathlib import Path

import click

from tools import registry

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"(<!-- commands: written by make docs -->\n).*?(<!-- end of commands -->)", re.DOTALL)


def reference() -> str:
    """The help of every command, each in a block of its own."""
    blocks = []
    for name in registry.names("commands"):
        command = registry.find("commands", name)
        inner = (
            [(f"{name} {key}", sub) for key, sub in sorted(command.commands.items())]
            if isinstance(command, click.Group)
            else []
        )
        for title, each in inner or [(name, command)]:
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
    for file in (ROOT / "README.md", ROOT / "README.zh.md"):
        file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
