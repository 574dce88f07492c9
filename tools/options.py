"""Options of commands that several folders have."""

import click

COUNT = click.IntRange(0, 2**63 - 1)
"""How many of something: what polars and a manifest can hold."""
SEED = click.IntRange(-(2**63), 2**63 - 1)
"""A seed: what a manifest can hold."""

allow_option = click.option(
    "--allow-license", "allow", multiple=True, metavar="NAME",
    help="Pass on what this licence forbids passing on, or what two forbid together ('A AND B'); repeatable.",
)  # fmt: skip
"""`--allow-license`, of whatever passes the gate of `tools.licenses.check`."""

identified_option = click.option(
    "--allow-identified", "identified", is_flag=True,
    help="Accept people's records and dialogues that no run.json says were de-identified.",
)  # fmt: skip
"""`--allow-identified`, of whatever passes the gate of `corpora.gates`."""

escape_option = click.option(
    "--escape-formulas", is_flag=True, help="CSV for a spreadsheet: an apostrophe before text that it would run as a formula.",
)  # fmt: skip
"""`--escape-formulas`, of whatever writes CSV that programs read too."""
empty_option = click.option(
    "--allow-empty", is_flag=True, help="Write an empty result too, in place of what was there."
)
"""`--allow-empty`, of whatever replaces what was there."""
