"""Prompts with their items, for reinforcement learning with a reward that grades: TRL's GRPO, ms-swift, verifiers."""

import polars as pl

from kgtools.corpora.export.format import Format, lineage, only, roles
from kgtools.corpora.verify.item import KEY

ITEM = pl.col("meta").str.json_path_match(f"$.{KEY}")
"""The item as JSON text; null where a record holds none."""


def item_faults() -> dict[str, pl.Expr]:
    """Why a record cannot be asked and graded."""
    return {
        "no-item": ITEM.is_null(),
        "no-question": ~roles().str.contains(r"user(,assistant)?$"),
    }


def asked() -> pl.Expr:
    """The messages without the answer."""
    messages = pl.col("messages")
    answered = roles().str.ends_with("assistant").cast(pl.UInt32)
    return messages.list.head(messages.list.len() - answered)


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or item_faults()


def columns(noun: str) -> dict[str, pl.Expr]:
    return {"id": pl.col("id"), "prompt": asked(), "item": ITEM} | lineage()


FORMAT = Format(
    title="trl-grpo: prompt, and the item by which an answer is graded",
    faults=faults,
    columns=columns,
)
