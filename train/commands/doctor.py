"""`kgtools train doctor`: whether this machine can train."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.errors import Findings
from kgtools.tools.options import format_option

if TYPE_CHECKING:
    from kgtools.train.launch.doctor import Check


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Where results will go; its disk is checked.")
@format_option("table", "json")
def doctor(out: Path | None, style: str) -> None:
    """Check whether this machine can train, and say what would fail before it does.

    Versions, GPU, compiler, NCCL and gloo, DeepSpeed's ops, disk, memory, the hub. It ends with 1 where training would fail.

    \b
    Example:
      kgtools train doctor
    """
    from kgtools.train.launch.doctor import examine

    checks = examine(out)
    _print_checks(checks, style)
    if any(check.state == "missing" for check in checks):
        raise Findings


def _print_checks(checks: "list[Check]", style: str) -> None:
    """What a machine has and what it lacks."""
    from kgtools.tools.output import print_json, print_table

    if style == "json":
        print_json([check.to_dict() for check in checks])
    else:
        print_table(
            ["", "found", "way out"],
            [(f"{check.state}: {check.what}", check.detail, check.way_out) for check in checks],
        )
