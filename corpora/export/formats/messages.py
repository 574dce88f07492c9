"""Messages with roles, as chat templates, TRL, axolotl and most others take them."""

from typing import Any

import polars as pl

from kgtools.corpora.export.format import Format, lineage, only


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records")


def columns(noun: str) -> dict[str, pl.Expr]:
    return {"id": pl.col("id"), "messages": pl.col("messages")} | lineage()


def llama_factory(noun: str) -> dict[str, Any]:
    tags = {
        "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant", "system_tag": "system",
    }  # fmt: skip
    return {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags}


FORMAT = Format(
    title="messages: a list of {role, content}",
    faults=faults,
    columns=columns,
    llama_factory=llama_factory,
)
