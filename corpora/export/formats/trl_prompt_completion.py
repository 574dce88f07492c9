"""TRL's conversational prompt-completion: all messages but the last, and the assistant's last, on which the loss is taken."""

import polars as pl

from kgtools.corpora.export.format import Format, lineage, only, roles


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or {
        "no-answer": ~roles().str.ends_with("assistant"),
        "no-question": ~roles().str.contains("user"),
    }


def columns(noun: str) -> dict[str, pl.Expr]:
    messages = pl.col("messages")
    own = {"prompt": messages.list.head(messages.list.len() - 1), "completion": messages.list.tail(1)}
    return {"id": pl.col("id")} | own | lineage()


FORMAT = Format(
    title="trl-prompt-completion: prompt and completion, both lists of {role, content}",
    faults=faults,
    columns=columns,
)
