"""What a load read, kept, merged and refused: a row for each entity type, relation and field."""

from typing import Any

import polars as pl

from kgtools.kg.build.doubts import TRUNCATED
from kgtools.kg.build.normalize import CleanSource
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Facts, Named


def count(cleaned: CleanSource) -> list[dict[str, Any]]:
    """A row for each type and relation (`field` null) and for each field of it.

    `read` mentions = `loaded` (distinct, kept) + `merged` (said before) + `rejected`; `distinct` is counted before
    the cleaning rules take anything away; `reasons`: rejected by reason. Cells and rows that could not be read are of the kind
    cell."""
    entities = cleaned.mentions.select(
        pl.lit("entity").alias("kind"), pl.col("type").alias("name"), "field", "verdict",
        pl.col("word").alias("said"), pl.col("meaning").alias("meant"),
    )  # fmt: skip
    statements = cleaned.statements.select(
        "kind", pl.col("target").alias("name"), "field", "verdict",
        _pair("head", "tail_spelling").alias("said"), _pair("head_meaning", "tail_meaning").alias("meant"),
    )  # fmt: skip
    broken = cleaned.broken.with_row_index("number").select(
        pl.lit("cell").alias("kind"), pl.lit("unreadable").alias("name"), "field", pl.col("reason").alias("verdict"),
        pl.col("number").first().over("file", "row", "text").alias("said"), pl.lit(0).alias("meant"),
    )  # fmt: skip
    rows = []
    for part in (entities, statements, broken):
        rows += _rows(part, ["kind", "name"]) + _rows(part, ["kind", "name", "field"])
    order = {"entity": 0, "relation": 1, "alias": 2, "attribute": 3, "class": 4, "unknown": 5, "cell": 6}
    return sorted(rows, key=lambda row: (order[row["kind"]], row["name"], row["field"] is not None, row["field"] or ""))


def _rows(part: pl.DataFrame, keys: list[str]) -> list[dict[str, Any]]:
    refused = part.filter(pl.col("verdict").is_not_null()).group_by(*keys, "verdict").len("count")
    table = part.group_by(keys).agg(
        pl.len().alias("read"),
        pl.col("said").n_unique().alias("distinct"),
        pl.col("meant").filter(pl.col("verdict").is_null()).n_unique().alias("loaded"),
    )
    reasons: dict[tuple[str, ...], dict[str, int]] = {}
    for *key, reason, number in refused.sort("verdict").iter_rows():
        reasons.setdefault(tuple(key), {})[reason] = number
    result = []
    for row in table.iter_rows(named=True):
        why = reasons.get(tuple(row[key] for key in keys), {})
        rejected = sum(why.values())
        result.append(
            {"kind": row["kind"], "name": row["name"], "field": row.get("field"), "read": row["read"], "distinct": row["distinct"],
             "loaded": row["loaded"], "merged": row["read"] - row["loaded"] - rejected, "rejected": rejected, "reasons": why}
        )  # fmt: skip
    return result


def _pair(one: str, other: str) -> pl.Expr:
    """Two numbers of words as one."""
    return pl.col(one).cast(pl.UInt64) * (1 << 32) + pl.col(other)


def totals(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """The sums over relations (aliases with them), over attributes, and over both; class lists are not triples."""
    groups = {
        "relations": ("relation", "alias"),
        "attributes": ("attribute",),
        "triples": ("relation", "alias", "attribute", "unknown"),
    }
    columns = ("read", "distinct", "loaded", "merged", "rejected")
    fields = [row for row in rows if row["field"] is not None]
    return {
        name: {c: sum(row[c] for row in fields if row["kind"] in kinds) for c in columns}
        for name, kinds in groups.items()
    }


def flags(named: Named, facts: Facts) -> dict[str, int]:
    """What is loaded but does not look right: self-loops, pairs of triples that contradict each other, cut-off names."""
    triples = facts.filter(pl.col("kind") == "relation")
    pairs = [
        (name, r.contradicts) for name, r in ontology().relations.items() if r.contradicts and name < r.contradicts
    ]
    contradicting = sum(
        triples.filter(pl.col("relation") == a)
        .join(triples.filter(pl.col("relation") == b), on=["head", "tail"], how="semi")
        .height
        for a, b in pairs
    )
    return {
        "self-loops": triples.filter(pl.col("head") == pl.col("tail")).height,
        "contradictions": contradicting,
        "truncated names": named.filter(pl.col("name").str.contains(TRUNCATED) | pl.col("doubt").is_not_null()).height,
        "truncated values": facts.filter(pl.col("doubt") == "truncated-value").height,
    }
