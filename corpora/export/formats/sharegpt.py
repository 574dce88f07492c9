"""ShareGPT: `conversations` of {from, value}; of preferences also `chosen` and `rejected`, as LLaMA-Factory ranks them."""

from typing import Any

import polars as pl

from kgtools.corpora.export.format import Format, dialogue_faults, lineage, rename_roles, roles

NAMES = ("system", "human", "gpt")


def faults(noun: str) -> dict[str, pl.Expr]:
    if noun == "records":
        return dialogue_faults()
    asked = roles("prompt").str.contains(r"^(system,)?user(,assistant,user)*$")
    answered = (roles("chosen") == "assistant") & (roles("rejected") == "assistant")
    return {"not-in-turns": ~asked, "several-answers": ~answered}


def columns(noun: str) -> dict[str, pl.Expr]:
    def turns(column: str) -> pl.Expr:
        return rename_roles(pl.col(column), "from", "value", NAMES)

    if noun == "records":
        return {"id": pl.col("id"), "conversations": turns("messages")} | lineage()
    own = {
        "conversations": turns("prompt"),
        "chosen": turns("chosen").list.first(),
        "rejected": turns("rejected").list.first(),
    }
    return {"id": pl.col("id")} | own | lineage()


def llama_factory(noun: str) -> dict[str, Any]:
    names = {"messages": "conversations"}
    if noun == "records":
        return {"formatting": "sharegpt", "columns": names}
    return {
        "formatting": "sharegpt",
        "ranking": True,
        "columns": names | {"chosen": "chosen", "rejected": "rejected"},
    }


FORMAT = Format(
    title="sharegpt: conversations of {from: system, human or gpt; value}; preferences with chosen and rejected",
    faults=faults,
    columns=columns,
    llama_factory=llama_factory,
)
