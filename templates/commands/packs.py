"""The template packs: `kgtools packs`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import complete_names, format_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.templates.pack import Pack


@click.command()
@click.argument("names", nargs=-1, shell_complete=complete_names("packs"))
@click.option("--lint", "check", is_flag=True, help="Check every template; exit with 1 on a fault.")
@format_option("table", "json")
def packs(names: tuple[str, ...], check: bool, style: str) -> None:
    """List the template packs, or check them (and your own, by folder).

    \b
    Example:
      kgtools packs --lint
    """
    from kgtools.templates.lint import lint
    from kgtools.templates.pack import every_pack, find_pack
    from kgtools.tools.errors import Findings

    chosen = list(map(find_pack, names)) if names else every_pack()
    faults = {pack.folder: lint(pack) for pack in chosen} if check else None
    print_packs(chosen, faults, style)
    if faults and any(faults.values()):
        raise Findings(f"{sum(map(len, faults.values()))} faults")


def print_packs(packs: "list[Pack]", faults: "dict[Path, list[str]] | None", style: str) -> None:
    """The packs with their templates, or what lint found in them."""
    rows = [
        {"pack": p.info.name, "version": p.info.version, "templates": len(p.info.templates), "variants": sum(len(t.variants) for t in p.templates),
         "license": p.info.license, "title": p.info.title} | ({"faults": faults[p.folder]} if faults is not None else {})
        for p in packs
    ]  # fmt: skip
    if style == "json":
        print_json(rows)
        return
    print_table(
        ["pack", "version", "templates", "variants", "licence", "title"], [list(row.values())[:6] for row in rows]
    )
    for each in (faults or {}).values():
        for fault in each:
            say(fault)
