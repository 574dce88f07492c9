"""Write a graph into a Neo4j server: only the rows that differ, nodes before triples, in batches."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, groupby
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

import polars as pl

from kgtools.kg.columns import ENTITY_COLUMNS, TRIPLE_COLUMNS, attribute_values, quote
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.reconcile import StoredGraph
from kgtools.kg.tables import Entities, Triples

Done = TypeVar("Done")
ENTITY_ROWS, TRIPLE_ROWS = 5_000, 10_000
WRITERS = 2
"""How many batches are on their way at once: while the server commits one, it takes the rows of the next."""


class Rows(list[Any]):
    """Rows for a server. The driver makes a text of all that it sends for a log that nobody keeps: here their number."""

    def __repr__(self) -> str:
        return f"{len(self)} rows"


@dataclass(frozen=True)
class Batch:
    """One statement and the rows that it is run on.

    `again`: the statement for rows that may have been written already; `by_first`: neighbours with the same first value go
    as one; `beside`: neighbours with the same word may be written at the same time; `attributes`: the place of the column of that name,
    whose values stand behind each row as a map."""

    cypher: str
    rows: pl.DataFrame
    again: str = ""
    by_first: bool = False
    beside: str = ""
    attributes: int | None = None

    def values(self) -> Rows:
        """The rows as lists, which the driver packs twice as fast as tuples; `by_first` [value, the rest of each row that
        begins with it]."""
        rows = Rows(map(list, zip(*(column.to_list() for column in self.rows.get_columns()), strict=True)))
        if self.attributes is not None:
            for row in rows:
                row.append(attribute_values(row[self.attributes]))
        if not self.by_first:
            return rows
        return Rows([first, [row[1:] for row in same]] for first, same in groupby(rows, itemgetter(0)))

    def send(self, transaction: Any, rows: Rows, again: bool = False) -> None:
        """Send `rows`, which are ours as Python has them, and wait until they are taken."""
        transaction.run(self.again or self.cypher if again else self.cypher, rows=rows).consume()


def commit(session: Any, who: str, work: Callable[[Any, bool], Done]) -> Done:
    """Do the work in a transaction that others can see is `who`'s; it is told whether it is done again, because the
    server could not do it or its answer was lost: then it may have been done."""
    import neo4j

    tries = count()

    @neo4j.unit_of_work(metadata={"kgtools": who, "for": "rows"})
    def attempt(transaction: Any) -> Done:
        return work(transaction, next(tries) > 0)

    done: Done = session.execute_write(attempt)
    return done


def commit_each(session: Callable[[], Any], who: str, batches: list[Batch]) -> None:
    """Write each batch in a transaction of its own, some of them at the same time, each in a session of its own."""

    def write(batch: Batch) -> None:
        rows = batch.values()
        with session() as connection:
            commit(connection, who, lambda transaction, again: batch.send(transaction, rows, again))

    with ThreadPoolExecutor(WRITERS) as writers:
        for beside, same in groupby(batches, key=attrgetter("beside")):
            for _ in writers.map(write, same) if beside else map(write, same):
                pass


def batches(entities: Entities, triples: Triples, stored: StoredGraph, known: Collection[str]) -> list[Batch]:
    """What makes of the graph that is stored the graph that is wanted.

    Taken out is only what names no source but the `known` ones: what somebody else put there stays."""
    ends = ["id", "head", "relation", "tail"]
    twice = stored.triples.select(ends).is_duplicated()
    mislabelled = stored.entities.filter(_type("id").ne_missing(pl.col("type")))
    return [
        *_entities(_differing(entities, stored.entities)),
        *_new_triples(triples.join(stored.triples, on=ends, how="anti")),
        *_changed_triples(_differing(triples, stored.triples.filter(~twice)).join(stored.triples, on=ends, how="semi")),
        *_gone_triples(_ours(stored.triples.join(triples, on=ends, how="anti"), known)),
        *_doubled(stored.triples.filter(twice).unique(ends, maintain_order=True).join(triples, on=ends, how="semi")),
        *_mislabelled(_ours(mislabelled, known)),
        *_gone_entities(_ours(stored.entities.join(pl.concat([entities, mislabelled]), on="id", how="anti"), known)),
        *_without_id([type_ for type_ in ontology().entities if f"nodes {type_}" in stored.foreign], known),
    ]


def _differing(wanted: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not there just so."""
    if stored.is_empty():
        return wanted
    rows = _flat(wanted).with_row_index("row").join(_flat(stored), on=wanted.columns, how="anti", nulls_equal=True)
    return wanted[rows["row"].sort()]


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    return frame.with_columns(
        pl.concat_str(pl.col(name).list.len().cast(pl.String), pl.col(name).list.join("\x1f"), separator="\x1f")
        for name in lists
    )


def _ours(rows: pl.DataFrame, known: Collection[str]) -> pl.DataFrame:
    sources = pl.col("sources")
    return rows.filter((sources.list.len() > 0) & sources.list.eval(pl.element().is_in(list(known))).list.all())


def _entities(rows: Entities) -> list[Batch]:
    """Of a new one each property is set for itself, which is faster; of one that is there all, so that no others are left."""
    values = _values("row", ENTITY_COLUMNS)
    each = ", ".join(f"n.{name} = {value}" for name, value in values.items() if name != "id")
    attributes = f"n += row[{len(ENTITY_COLUMNS)}]"
    return [
        Batch(
            f"UNWIND $rows AS row MERGE (n:{quote(type_)} {{id: row[0]}}) "
            f"ON CREATE SET {each}, {attributes} ON MATCH SET n = {_map(values)}, {attributes}",
            part,
            beside="entities",
            attributes=ENTITY_COLUMNS.index("attributes"),
        )
        for (type_,), part in _parted(rows.select("type", *ENTITY_COLUMNS), "type", size=ENTITY_ROWS)
    ]


def _new_triples(rows: Triples) -> list[Batch]:
    """CREATE looks for nothing and locks nothing before the commit, so two batches can be written at the same time."""
    values = _values("triple", TRIPLE_COLUMNS, first=1)
    return [
        Batch(
            f"{match} CREATE (h)-[:{relation} {_map(values)}]->(t)",
            part,
            f"{match} MERGE (h)-[r:{relation} {{id: triple[1]}}]->(t) SET r = {_map(values)}",
            by_first=True,
            beside="new triples",
        )
        for relation, match, part in _between(rows)
    ]


def _changed_triples(rows: Triples) -> list[Batch]:
    set_ = f"SET r = {_map(_values('triple', TRIPLE_COLUMNS, first=1))}"
    return [
        Batch(
            f"{match} MATCH (h)-[r:{relation} {{id: triple[1]}}]->(t) {set_}",
            part,
            by_first=True,
            beside="changed triples",
        )
        for relation, match, part in _between(rows)
    ]


def _between(rows: Triples) -> list[tuple[str, str, pl.DataFrame]]:
    """The relation, how its ends are found, and the rows of each part.

    Those of one head go together: it is looked up once, and a batch touches few entities."""
    return [
        (
            quote(relation),
            f"UNWIND $rows AS row MATCH (h:{quote(head)} {{id: row[0]}}) "
            f"WITH h, row UNWIND row[1] AS triple MATCH (t:{quote(tail)} {{id: triple[0]}})",
            part,
        )
        for (relation, head, tail), part in _ended(rows)
    ]


def _values(row: str, columns: tuple[str, ...], first: int = 0) -> dict[str, str]:
    """Property -> its value, which stands in the row from place `first` on."""
    return {name: f"{row}[{index}]" for index, name in enumerate(columns, first)}


def _map(values: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"


def _gone_triples(rows: Triples) -> list[Batch]:
    """Those without an id, which they have lost, are told from others by their sources."""
    return [
        Batch(f"UNWIND $rows AS row MATCH {_found(key)} AND r.sources = row[3] DELETE r", part)
        for key, part in _ended(rows)
    ]


def _doubled(rows: Triples) -> list[Batch]:
    """All but one of the relationships with the same id."""
    extra = "WITH row, collect(r) AS same UNWIND tail(same) AS extra DELETE extra"
    return [Batch(f"UNWIND $rows AS row MATCH {_found(key)} {extra}", part) for key, part in _ended(rows)]


def _found(key: tuple[str, ...]) -> str:
    relation, head, tail = map(quote, key)
    ends = f"(:{head} {{id: row[0]}})-[r:{relation}]->(:{tail} {{id: row[1]}})"
    return f"{ends} WHERE coalesce(r.id, '') = coalesce(row[2], '')"


def _mislabelled(rows: Entities) -> list[Batch]:
    """Nodes lose a label that is not the type in their id, and go where they have no other; they are written anew before."""
    gone = "WITH n WHERE size(labels(n)) = 0 DETACH DELETE n"
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quote(type_)} {{id: row[0]}}) REMOVE n:{quote(type_)} {gone}", part)
        for (type_,), part in _parted(rows.select("type", "id"), "type", size=ENTITY_ROWS)
    ]


def _without_id(types: Collection[str], known: Collection[str]) -> list[Batch]:
    """Nodes that have lost their id and are told from others by their sources; they are written anew before."""
    ours = "n.id IS NULL AND n.sources IS :: LIST<STRING NOT NULL> AND size(n.sources) > 0 AND all(s IN n.sources WHERE s IN row[0])"
    rows = pl.DataFrame({"known": [sorted(known)]})
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quote(type_)}) WHERE {ours} DETACH DELETE n", rows) for type_ in types
    ]


def _gone_entities(rows: Entities) -> list[Batch]:
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quote(type_)} {{id: row[0]}}) DETACH DELETE n", part)
        for (type_,), part in _parted(rows.select("type", "id"), "type", size=ENTITY_ROWS)
    ]


def _ended(rows: Triples) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    typed = rows.drop_nulls(["head", "tail"]).select(
        "relation", _type("head"), _type("tail"), "head", "tail", *TRIPLE_COLUMNS
    )
    return _parted(typed.sort("head", "tail"), "relation", "head type", "tail type", size=TRIPLE_ROWS)


def _type(end: str) -> pl.Expr:
    return pl.col(end).str.extract(r"(?s)^([^:]*):").alias(f"{end} type")


def _parted(rows: pl.DataFrame, *keys: str, size: int) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The rows by these keys, without them, in pieces of `size`."""
    parts = sorted(
        rows.partition_by(list(keys), as_dict=True, include_key=False, maintain_order=True).items(),
        key=lambda item: item[0],
    )
    return [(key, part.slice(at, size)) for key, part in parts for at in range(0, part.height, size)]
