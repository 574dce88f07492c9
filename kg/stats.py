"""What is in a graph: entities by type, triples by relation, each by source."""

from typing import Any

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store


def statistics(store: Store) -> dict[str, Any]:
    """`sources`, `names`, `entities` (a row a type) and `relations` (a row a relation), in the order of the ontology.

    `by_source` counts a shared entity or triple for each of its sources; `shared` is said by two or more."""
    entities, triples, about = store.entities(), store.triples(), store.about()
    return {
        "sources": [
            {"source": name, "license": a["license"], "files": a["files"], "raw": a["raw"]}
            for name, a in sorted(about["sources"].items())
        ],
        "names": [{"table": name, "license": a["license"], "names": a["names"]} for name, a in about["names"].items()],
        "entities": _rows(entities, "type", list(ontology().entities), with_english=True),
        "relations": _rows(triples, "relation", list(ontology().relations)),
        "totals": {"entities": entities.height, "triples": triples.height, "with_english": entities["name_en"].count()},
    }


def _rows(frame: pl.DataFrame, key: str, order: list[str], with_english: bool = False) -> list[dict[str, Any]]:
    counted = frame.group_by(key).agg(
        pl.len().alias("count"),
        (pl.col("sources").list.len() > 1).sum().alias("shared"),
        *([pl.col("name_en").count().alias("with_english")] if with_english else []),
    )
    sources = frame.select(key, "sources").explode("sources").group_by(key, "sources").len().sort("sources")
    by_source: dict[str, dict[str, int]] = {}
    for name, source, number in sources.iter_rows():
        by_source.setdefault(name, {})[source] = number
    rows = [row | {"by_source": by_source.get(row[key], {})} for row in counted.iter_rows(named=True)]
    return sorted(rows, key=lambda row: order.index(row[key]))
