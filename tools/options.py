"""Options of commands that several folders have."""

import click

allow_option = click.option(
    "--allow-license", "allow", multiple=True, metavar="NAME",
    help="Let go what this licence forbids to pass on, or what two forbid together ('A AND B'); once for each.",
)  # fmt: skip
"""`--allow-license`, of whatever passes the gate of `tools.licenses`."""

empty_option = click.option(
    "--allow-empty", is_flag=True, help="Write a result of nothing too, in the place of what was there."
)
"""`--allow-empty`, of whatever replaces what was there."""
