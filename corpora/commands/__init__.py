"""The commands that own records: reading, cleaning, mixing, splitting, exporting; and what several of them print."""

from pathlib import Path

from kgtools.tools.terminal import tell


def tell_written(noun: str, out: Path | None) -> None:
    """Where the records of a step are."""
    tell("a dry run: nothing was written" if out is None else f"the {noun} are in {out}")


def tell_proof(groups: int, facts: int) -> None:
    """The proof of a split, in words."""
    tell(f"in more than one split: {groups} groups, {facts} facts, counted in what was written")
