"""TRL's conversational preference with an explicit prompt, for the reward model and DPO."""

import polars as pl

from kgtools.corpora.export.format import Format, lineage, only


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "preferences")


def columns(noun: str) -> dict[str, pl.Expr]:
    return {name: pl.col(name) for name in ("id", "prompt", "chosen", "rejected")} | lineage()


FORMAT = Format(
    title="trl-preference: prompt, chosen and rejected, each a list of {role, content}",
    faults=faults,
    columns=columns,
)
