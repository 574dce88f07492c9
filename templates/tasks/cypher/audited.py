"""Audits as questions: their title and columns, their query, and the rows that the graph gives."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.verify.item import KEY, Item
from kgtools.kg.audit import Audit, audits
from kgtools.kg.build.english_names import OUR_LICENSE
from kgtools.kg.columns import ENTITY_COLUMNS, TRIPLE_COLUMNS
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template, load_pack
from kgtools.templates.select import CODES, Selection
from kgtools.templates.tasks.cypher.kinds import MOST_ROWS, MOST_SIGNS
from kgtools.tools.frames import shuffle_keys
from kgtools.tools.inputs.files import digest

PACK = Path(__file__).with_name("audits")
LAST = 2**32 - 1
"""Numbers of audits, where questions have the number of their head, go down from here."""
LIST = pl.List(pl.String)
HAN = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
"""What no text in English holds."""


def ask_audits(store: Store, view: GraphView, langs: Sequence[str], seed: int) -> list[Selection]:
    """A selection a language of the audits that take no parameters and find something, but little; in English without those whose
    query looks for Chinese."""
    asked = [replace(audit, cypher=_query(audit)) for audit in audits()]
    found = [(audit, *answer) for audit in asked if (answer := _answer(store, audit)) is not None]
    english = [each for each in found if not HAN.search(each[0].cypher)]
    templates = [each for each in load_pack(PACK).templates if each.lang in langs]
    return [_select(view, each, found if each.lang == "zh" else english, seed) for each in templates]


def _query(audit: Audit) -> str:
    """The query of an audit without the lines above it that say what it looks for."""
    return "\n".join(line for line in audit.cypher.splitlines() if not line.startswith("//")).strip()


def _answer(store: Store, audit: Audit) -> tuple[list[str], list[list[Any]]] | None:
    """The columns and rows of an audit, where its answer is small and not empty."""
    if "$" in audit.cypher:
        return None
    columns, answered = store.query(audit.cypher, {})
    rows = []
    for row in answered:
        rows.append(list(row))
        if len(rows) > MOST_ROWS:
            return None
    return (columns, rows) if rows and len(orjson.dumps(rows).decode()) <= MOST_SIGNS else None


def _select(
    view: GraphView, template: Template, found: list[tuple[Audit, list[str], list[list[Any]]]], seed: int
) -> Selection:
    mask, numbers = sum(view.licenses), range(LAST, LAST - len(found), -1)
    keys = pl.DataFrame(
        {"hash": [int(digest(audit.name)[:16], 16) for audit, _, _ in found]}, schema={"hash": pl.UInt64}
    )
    queries = [audit.cypher for audit, _, _ in found]
    groups = keys.select(
        pl.Series("head", numbers, pl.UInt32),
        pl.Series("name", [audit.title_zh if template.lang == "zh" else audit.title for audit, _, _ in found], pl.String),
        pl.Series("id", [f"audit:{audit.name}" for audit, _, _ in found], pl.String),
        shuffle_keys(pl.col("hash"), int(digest(f"{seed}|{template.id}")[:16], 16)).alias("key"),
        pl.lit(0, pl.UInt32).alias("variant"), pl.lit(mask, pl.Int64).alias("mask"),
        pl.Series("tails", [columns for _, columns, _ in found], LIST),
        *(pl.lit([], LIST).alias(name) for name in ("truth", "options", "hidden", "messages", "compared")),
        pl.Series("right", [[query] for query in queries], LIST), pl.lit([], pl.List(pl.UInt32)).alias("facts"),
        pl.Series("answer", queries, pl.String), pl.lit(None, pl.Boolean).alias("is_true"), pl.lit(False).alias("partial"),
        pl.Series("before", [_schema(query) for query in queries], pl.String), pl.lit([OUR_LICENSE], LIST).alias("words"),
        pl.lit("audit").alias("form"),
        pl.Series("meta", [_meta(*each) for each in found], pl.String),
    )  # fmt: skip
    none = pl.DataFrame(schema={"fact": pl.UInt32, "code": pl.UInt8})
    return Selection(template, groups, none.with_columns(pl.lit(CODES["not-asked"], pl.UInt8).alias("code")))


def _schema(query: str) -> str:
    """The relations that a query names, or all labels; and the properties of nodes and relationships."""
    known = ontology()
    named = [
        f"(:{relation.domain[0]})-[:{name}]->(:{relation.range[0]})"
        for name, relation in sorted(known.relations.items())
        if name in query
    ]
    labels = " ".join(f"(:{name})" for name in known.entities)
    properties = [f"(n): n.{', n.'.join(ENTITY_COLUMNS)}", f"()-[r]->(): r.{', r.'.join(TRIPLE_COLUMNS)}"]
    return "\n".join([*(named or [labels]), *properties])


def _meta(audit: Audit, columns: list[str], rows: list[list[Any]]) -> str:
    query = audit.cypher
    meta = {
        "kind": "audit", "schema": _schema(query), "columns": columns, "rows": rows, "query": query, "parameters": {},
        KEY: Item("cypher", right=query).to_dict(),
    }  # fmt: skip
    return orjson.dumps(meta).decode()
