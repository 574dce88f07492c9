"""Read a graph back from a Neo4j server, in few and large records: what is ours, and a count of what is not."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from kg.ontology import ontology
from kg.reconcile import Held
from kg.stores.engine import ENTITY_COLUMNS, TRIPLE_COLUMNS, quoted
from kg.stores.vault import LABEL
from kg.tables import ENTITIES, TRIPLES, Entities, Triples
from tools.frames import Schema

PAGE = 2000
ROWS = 50_000


def held(transaction: Any) -> Held:
    """All entities and triples that are ours, and by label or type the number of those that are not."""
    entities, triples = read_entities(transaction), read_triples(transaction)
    return Held(entities, triples, _foreign(transaction, entities, triples))


def read_entities(transaction: Any) -> Entities:
    """Every node with the label of an entity type, sorted by id; pages follow the index of the id."""
    frames = [ENTITIES.frame()]
    returned = ", ".join(f"n.{name}" for name in ENTITY_COLUMNS)
    for type_ in ontology().entities:
        query = f"MATCH (n:{quoted(type_)}) WHERE n.id > $last WITH n ORDER BY n.id LIMIT {PAGE} RETURN collect([{returned}])"
        last = ""
        while rows := transaction.run(query, last=last).single()[0]:
            frames.append(_frame(ENTITIES, ENTITY_COLUMNS, rows).with_columns(pl.lit(type_).alias("type")))
            last = rows[-1][0]
    return pl.concat(frames, how="diagonal").select(list(ENTITIES.columns)).sort("id")


def read_triples(transaction: Any) -> Triples:
    """Every relationship of a type of ours from an entity, sorted by id; one record holds all that an entity is head of."""
    returned = ", ".join(f"r.{name}" for name in TRIPLE_COLUMNS)
    frames, rows = [TRIPLES.frame()], list[list[Any]]()
    columns = ("head", "relation", "tail", *TRIPLE_COLUMNS)
    for type_ in ontology().entities:
        query = (
            f"MATCH (h:{quoted(type_)}) WHERE EXISTS {{ (h)-->() }} "
            f"RETURN h.id, COLLECT {{ MATCH (h)-[r]->(t) RETURN [type(r), t.id, {returned}] }}"
        )
        for head, said in transaction.run(query):
            rows.extend([head, *row] for row in said)
            if len(rows) >= ROWS:
                frames.append(_frame(TRIPLES, columns, rows))
                rows.clear()
    frames.append(_frame(TRIPLES, columns, rows))
    triples = pl.concat(frames)
    return triples.filter(pl.col("relation").is_in(list(ontology().relations))).sort("id", maintain_order=True)


def _frame(schema: Schema, columns: Iterable[str], rows: list[list[Any]]) -> pl.DataFrame:
    """Rows as a frame; a value of another type than ours, which somebody else wrote, becomes null."""
    kinds = {name: schema.columns[name] for name in columns}
    values = dict(zip(kinds, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(kinds, ())
    series = [pl.Series(name, list(values[name]), dtype=kind, strict=False) for name, kind in kinds.items()]
    frame = pl.DataFrame(series)
    return frame.select([name for name in schema.columns if name in kinds])


def _foreign(transaction: Any, entities: Entities, triples: Triples) -> dict[str, int]:
    """What is in the database besides: nodes by their labels, relationships by their type."""
    found: dict[str, int] = {}
    nodes = {tuple(labels): n for labels, n in transaction.run("MATCH (n) RETURN labels(n), count(*)")}
    ours = dict(entities.group_by("type").len().iter_rows())
    for labels, number in nodes.items():
        if labels != (LABEL,):
            single = len(labels) == 1 and labels[0] in ontology().entities
            besides = number - ours.get(labels[0], 0) if single else number
            found["nodes " + (":".join(labels) or "without a label")] = max(besides, 0)
    links = dict(list(row) for row in transaction.run("MATCH ()-[r]->() RETURN type(r), count(*)"))
    said = dict(triples.group_by("relation").len().iter_rows())
    for type_, number in links.items():
        found[f"relationships {type_}"] = max(number - said.get(type_, 0), 0)
    return {name: number for name, number in sorted(found.items()) if number}
