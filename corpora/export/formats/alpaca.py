"""Alpaca: instruction, input and output; earlier turns in `history` and the system's message in `system`, as LLaMA-Factory
has them. What the user says is all in `instruction`, since nothing tells which part of it would be the input."""

from typing import Any

import polars as pl

from kgtools.corpora.export.format import CONTENT, Format, dialogue_faults, lineage, only, system, without_system


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or dialogue_faults()


def columns(noun: str) -> dict[str, pl.Expr]:
    texts = without_system().list.eval(CONTENT)
    pairs = texts.list.eval(pl.concat_list(pl.element(), pl.element().shift(-1))).list.gather_every(2)
    texts_of_row = {
        "instruction": texts.list.get(-2),
        "input": pl.lit(""),
        "output": texts.list.get(-1),
        "system": system(),
        "history": pairs.list.head(texts.list.len() // 2 - 1),
    }
    return {"id": pl.col("id")} | texts_of_row | lineage()


def llama_factory(noun: str) -> dict[str, Any]:
    names = {"prompt": "instruction", "query": "input", "response": "output", "system": "system", "history": "history"}
    return {"formatting": "alpaca", "columns": names}


FORMAT = Format(
    title="alpaca: instruction, input, output, with system and history as LLaMA-Factory has them",
    faults=faults,
    columns=columns,
    llama_factory=llama_factory,
)
