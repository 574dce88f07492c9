"""Dialogues that end with one of their replies, drawn with a seed: the turn that a model is scored on."""

import polars as pl

from kgtools.corpora.split.plan import SplitPlan
from kgtools.tools.frames import digests, numbers, shuffle_keys
from kgtools.tools.inputs.files import digest


def cut(records: pl.DataFrame, plan: SplitPlan) -> tuple[pl.DataFrame, int]:
    """Records (with `rule` and `split`), those that the plan cuts with fewer messages, their last as `answer` and the number of
    the reply in their meta as `cut`; and how many that are. A record with one reply ends with it."""
    wanted = pl.lit(False)
    for number, rule in enumerate(plan.rules):
        if rule.cut:
            wanted |= (pl.col("rule") == number) & pl.col("split").is_in(rule.cut)
    if "messages" not in records.columns or not records.select(wanted.any()).item():
        return records, 0
    role = pl.element().struct.field("role")
    replies = pl.col("messages").list.eval(pl.arg_where(role == "assistant"))
    salt = int(digest(f"{plan.seed}|cut")[:16], 16)
    chance = (
        pl.DataFrame({"digest": digests(records["id"])})
        .select(shuffle_keys(numbers(pl.col("digest")), salt))
        .to_series()
    )
    drawn = records.with_columns(replies=replies, chance=chance, wanted=wanted).with_columns(
        at=pl.when(pl.col("wanted") & (pl.col("replies").list.len() > 0)).then(
            pl.col("chance") % pl.col("replies").list.len().clip(1).cast(pl.UInt64)
        )
    )
    last = pl.col("replies").list.get(pl.col("at"), null_on_oob=True)
    messages = pl.when(pl.col("at").is_not_null()).then(pl.col("messages").list.head(last + 1)).otherwise("messages")
    comma = pl.when(pl.col("meta") == "{}").then(pl.lit("")).otherwise(pl.lit(","))
    cut_meta = pl.concat_str(
        pl.col("meta").str.strip_suffix("}"), comma, pl.lit('"cut":'), pl.col("at") + 1, pl.lit("}")
    )
    is_cut = pl.col("at").is_not_null()
    done = drawn.with_columns(
        messages=messages,
        answer=pl.when(is_cut)
        .then(pl.col("messages").list.get(last, null_on_oob=True).struct.field("content"))
        .otherwise("answer"),
        meta=pl.when(is_cut).then(cut_meta).otherwise("meta"),
    )
    return done.select(records.columns), int(drawn["at"].is_not_null().sum())
