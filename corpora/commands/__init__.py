"""The commands that own records: reading, cleaning, mixing, splitting, exporting; and what several of them print."""

from pathlib import Path

from kgtools.tools.terminal import tell


def tell_written(noun: str, out: Path | None) -> None:
    """Where the records of a step are."""
    tell("a dry run: nothing was written" if out is None else f"the {noun} are in {out}")


def tell_proof(groups: int, facts: int, loose: int = 0) -> None:
    """The proof of a split, in words. `loose`: facts that are held out by wording or length alone, and in other splits too."""
    tell(f"in more than one split: {groups} groups, {facts} facts, counted in what was written")
    if loose:
        tell(
            f"not among these: {loose:,} facts held out by wording or length alone, which other splits hold too, as they may"
        )
