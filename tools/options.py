"""Options of commands that several folders have."""

import click

allow_option = click.option(
    "--allow-license", "allow", multiple=True, metavar="NAME",
    help="Let go what this licence forbids to pass on, or what two forbid together ('A AND B'); once for each.",
)  # fmt: skip
"""`--allow-license`, of whatever passes the gate of `tools.licenses`."""
