"""verl's rows for reinforcement learning: the prompt, and as ground truth the item that `kgtools.corpora.verify.adapters` grades by."""

import polars as pl

from kgtools.corpora.export.format import LINEAGE, Format, only
from kgtools.corpora.export.formats.trl_grpo import ITEM, asked, item_faults


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or item_faults()


def columns(noun: str) -> dict[str, pl.Expr]:
    return {
        "id": pl.col("id"),
        "data_source": pl.concat_str(pl.lit("kgtools/"), "task"),
        "prompt": asked(),
        "ability": pl.lit("medicine"),
        "reward_model": pl.struct(pl.lit("rule").alias("style"), ITEM.alias("ground_truth")),
        "extra_info": pl.struct(pl.col("split").fill_null("train"), *LINEAGE),
    }


FORMAT = Format(
    title="verl: data_source, prompt, ability, reward_model, extra_info",
    faults=faults,
    columns=columns,
    endings=("parquet", "jsonl"),
)
