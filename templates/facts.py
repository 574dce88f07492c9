"""A graph as templates see it: every fact with the types and names of its ends, and why it may not be asked about."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.dedup.clusters import join
from kgtools.kg.build.doubts import doubt_of, value_doubts
from kgtools.kg.build.inputs import GraphMetadata, NameTable
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Readable
from kgtools.kg.tables import Entities, Triples
from kgtools.templates.drops import weakness
from kgtools.templates.values import say_values
from kgtools.tools.errors import InputError
from kgtools.tools.frames import digests, numbers
from kgtools.tools.inputs.files import digest
from kgtools.tools.licenses.check import all_of, operand

MOST_SOURCES = 62
"""As many bits as a mask has."""


@dataclass(frozen=True)
class GraphView:
    """`entities`: sorted by id, their place being their number; `asked_en`: whether it is the one that questions in English ask
    about, of those that share an English name. `facts`: sorted by id, a row a triple or attribute value:
    `fact` (its place), `id`, `kind`, `relation`, `head` and `tail` (entity numbers, `tail` null for a value), `value`, `value_zh` and
    `value_en` (as an answer says it; null where English lacks it), `mask` (a bit a source), `value_mask` (the bit of the table that
    has the value in English), `confirmed` (number of sources; of a value, of places that state it), `reason` (null: may be asked
    about), `weak` (why it may be left out all the same: `templates/drops.py`). `synonyms`: `entity`, `other`: numbers of entities
    of one type of which one has the other's name for an alias. `licenses`: bit -> (name, licence)."""

    entities: pl.DataFrame
    facts: pl.DataFrame
    synonyms: pl.DataFrame
    licenses: dict[int, tuple[str, str]]

    def names(self, lang: str) -> pl.Series:
        """The name of each entity in a language, by number; null where there is none."""
        return self.entities["name" if lang == "zh" else "name_en"]

    def tells(self, names: Iterable[str]) -> bool:
        """Whether there is a fact of one of these relations or attributes."""
        return not self._places.keys().isdisjoint(names)

    def of_relations(self, names: Iterable[str]) -> pl.DataFrame:
        """The facts of these relations or attributes, of one after the other."""
        places = [self._places[name] for name in names if name in self._places]
        return self.facts[pl.concat(places)] if places else self.facts.clear()

    @cached_property
    def numbers_of_names(self) -> pl.Series:
        """Of each entity, by number, the least of those that have its name in either language, whatever their types."""
        least = self.entities["number"].to_numpy()
        for lang in ("zh", "en"):
            named = pl.DataFrame({"name": self.names(lang).str.to_lowercase(), "number": least}).with_row_index("at")
            named = named.drop_nulls().with_columns(pl.col("number").min().over("name").alias("first"))
            least = join(named["number"].to_numpy(), named["first"].to_numpy(), len(least))[least]
        return pl.Series(least, dtype=pl.UInt64)

    @cached_property
    def pairs(self) -> pl.Series:
        """Of each fact, by place, a number for the two names that it joins, by whatever relation and in whichever direction, a value
        that is the name of an entity too; null for other values."""
        names = self.numbers_of_names
        called = self.called.group_by("name").agg(pl.col("number").min())
        values = self.facts.select(name=pl.when(pl.col("kind") == "attribute").then("value"))
        named = values.join(called, on="name", how="left", maintain_order="left")["number"]
        tails = pl.select(pl.coalesce(self.facts["tail"], named)).to_series()
        ends = pl.DataFrame({"one": names.gather(self.facts["head"]), "other": names.gather(tails)})
        least, most = pl.min_horizontal("one", "other"), pl.max_horizontal("one", "other")
        return ends.select(
            pl.when(pl.col("other") != pl.col("one")).then(least * 2**32 + most).alias("pair")
        ).to_series()

    @cached_property
    def called(self) -> pl.DataFrame:
        """`number` and `name`: every entity with all of its names, in both languages, and its aliases."""
        aliases = self.facts.filter(pl.col("kind") == "alias").select(
            pl.col("head").alias("number"), pl.col("value").alias("name")
        )
        names = [self.entities.select("number", pl.col(name).alias("name")) for name in ("name", "name_en")]
        return pl.concat([*names, aliases]).drop_nulls().unique()

    @cached_property
    def _places(self) -> dict[str, pl.Series]:
        parts = self.facts.select("relation", "fact").partition_by("relation", as_dict=True)
        return {str(name): part["fact"] for (name,), part in parts.items()}


def view(store: Readable) -> GraphView:
    """The whole graph of a store as a View."""
    known = _licenses(store.metadata())
    bits = {name: 1 << place for place, name in enumerate(known)}
    entities = store.entities().with_row_index("number")
    with ThreadPoolExecutor() as pool:  # polars works outside of the lock
        triples = pool.submit(lambda: _triples(store.triples(), entities, bits))
        facts = pl.concat([_attributes(entities, bits), triples.result()]).sort("id")
    facts = facts.with_columns(weakness(facts, entities["name"]).alias("weak"))
    facts = _with_texts(facts, store.names(), bits)
    hashes = pl.DataFrame({"hash": digests(entities["id"])}).select(numbers(pl.col("hash"))).to_series()
    synonyms = _synonyms(entities)
    entities = entities.select(
        "number", "id", "type", "name", "name_en",
        pl.col("name_en_from").replace_strict(bits, default=0, return_dtype=pl.Int64).alias("name_mask"),
        _asked_in_english(entities, facts), hashes,
    )  # fmt: skip
    by_bit = {bits[name]: (name, license_) for name, license_ in known.items()}
    return GraphView(entities, facts.with_row_index("fact"), synonyms, by_bit)


def _with_texts(facts: pl.DataFrame, tables: tuple[NameTable, ...], bits: dict[str, int]) -> pl.DataFrame:
    """The facts with what an answer says of each value, and values of another unit than their attribute's misplaced."""
    values = facts.filter(pl.col("kind") == "attribute").select("relation", "value").unique()
    texts = say_values(values, tables, bits)
    facts = facts.join(texts, on=["relation", "value"], how="left", maintain_order="left", nulls_equal=True)
    misplaced = pl.when(pl.col("misplaced").fill_null(False)).then(pl.lit("misplaced-value"))
    return facts.with_columns(pl.coalesce("reason", misplaced).alias("reason"), pl.col("value_mask").fill_null(0)).drop(
        "misplaced"
    )


def _asked_in_english(entities: pl.DataFrame, facts: pl.DataFrame) -> pl.Series:
    """Of entities of one type with one English name the one that most is known of, so that a question has one answer."""
    ends = pl.concat([facts["head"], facts["tail"].drop_nulls()]).value_counts(name="facts")
    rows = entities.select("number", "type", pl.col("name_en").str.to_lowercase()).drop_nulls("name_en")
    rows = rows.join(ends.rename({"head": "number"}), on="number", how="left").fill_null(0)
    first = rows.sort("facts", "number", descending=[True, False]).unique(["type", "name_en"], keep="first")
    return entities["number"].is_in(first["number"].implode()).alias("asked_en")


def _synonyms(entities: pl.DataFrame) -> pl.DataFrame:
    aliases = entities.select("number", "type", pl.col("aliases").alias("name")).explode("name").drop_nulls("name")
    found = aliases.join(entities.select("type", "name", other="number"), on=["type", "name"])
    pairs = found.filter(pl.col("number") != pl.col("other")).select(entity="number", other="other")
    return pl.concat([pairs, pairs.select(entity="other", other="entity")]).unique().sort("entity", "other")


def _licenses(metadata: GraphMetadata) -> dict[str, str]:
    """The licence of each source and table of names; both licences where a table is called like a source."""
    known: dict[str, str] = {}
    for part in (metadata.sources, metadata.names):
        for name, each in sorted(part.items()):
            mine = operand(each.license or "unknown")
            known[name] = operand(all_of([known.get(name, mine), mine]))
    if len(known) > MOST_SOURCES:
        raise InputError(
            f"the graph has {len(known)} sources and tables of names; records can tell {MOST_SOURCES} apart"
        )
    return known


def _triples(triples: Triples, entities: pl.DataFrame, bits: dict[str, int]) -> pl.DataFrame:
    numbers = entities.select("id", "number", "name", _doubt().alias("doubt"))
    head = numbers.rename({"id": "head", "number": "head_number", "name": "head_name", "doubt": "head_doubt"})
    tail = numbers.rename({"id": "tail", "number": "tail_number", "name": "tail_name", "doubt": "tail_doubt"})
    rows = triples.join(head, on="head", how="left").join(tail, on="tail", how="left")
    reason = (
        pl.when(pl.col("head") == pl.col("tail")).then(pl.lit("self-loop"))
        .when(pl.col("contradicts").is_not_null()).then(pl.lit("contradiction"))
        .when(pl.col("head_name") == pl.col("tail_name")).then(pl.lit("same-name"))
        .otherwise(pl.coalesce("head_doubt", "tail_doubt"))
    )  # fmt: skip
    return rows.select(
        "id", pl.lit("relation").alias("kind"), "relation", pl.col("head_number").alias("head"), pl.col("tail_number").alias("tail"),
        pl.lit(None, pl.String).alias("value"), _mask(rows["sources"], bits).alias("mask"),
        pl.col("sources").list.len().alias("confirmed"), reason.alias("reason"),
    )  # fmt: skip


def _doubt() -> pl.Expr:
    """The first doubt about an entity itself; those about its values hold a space."""
    return pl.col("doubts").list.filter(~pl.element().str.contains(" ", literal=True)).list.first()


def _mask(sources: pl.Series, bits: dict[str, int]) -> pl.Series:
    joined = sources.list.join("\n")
    masks = {text: sum(bits[name] for name in text.split("\n")) for text in joined.unique()}
    return joined.replace_strict(masks, return_dtype=pl.Int64) if masks else pl.Series(dtype=pl.Int64)


def _attributes(entities: pl.DataFrame, bits: dict[str, int]) -> pl.DataFrame:
    """The attribute values, aliases and classes of all entities, unpacked from their JSON."""
    known = ontology().attributes
    attribute_rows: list[tuple[int, str, int]] = []
    values: list[str] = []
    masks: list[int] = []
    counts: list[int] = []
    with_attributes = entities.filter(pl.col("attributes") != "{}").select("number", "attributes")
    for number, text in with_attributes.iter_rows():
        for attribute, origins in orjson.loads(text).items():
            attribute_rows.append((number, attribute, len(origins)))
            values.extend(origins)
            masks.extend([_bits(each, bits) for each in origins.values()])
            counts.extend(map(len, origins.values()))
    kinds = pl.DataFrame(
        {"relation": list(known), "kind": "attribute"}, schema={"relation": pl.String, "kind": pl.String}
    )
    heads = pl.DataFrame(
        attribute_rows, schema={"head": pl.UInt32, "relation": pl.String, "count": pl.UInt32}, orient="row"
    )
    heads = heads.join(kinds, on="relation", how="left", maintain_order="left").with_columns(
        pl.col("kind").fill_null(pl.col("relation"))
    )
    rows = heads.select(pl.exclude("count").repeat_by("count").explode()).drop_nulls("relation").with_columns(
        pl.Series("value", values, dtype=pl.String), pl.Series("mask", masks, dtype=pl.Int64), pl.Series("confirmed", counts, dtype=pl.UInt32)
    )  # fmt: skip
    doubt = entities.select(_doubt()).to_series()
    doubted = value_doubts(entities)
    # a name that an entity gave up may be its own, or cut off
    alias = pl.when(pl.col("kind") == "alias")
    keys = rows.select(
        pl.concat_str(entities["id"].gather(rows["head"]), "relation", "value", separator=SEPARATOR)
    ).to_series()
    ids = digests(keys)
    reason = pl.coalesce(
        doubt.gather(rows["head"]),
        alias.then(pl.when(pl.col("value") == entities["name"].gather(rows["head"])).then(pl.lit("same-name"))),
        alias.then(doubt_of(pl.col("value"))),
        ids.replace_strict(doubted, default=None, return_dtype=pl.String),
    )
    return rows.select(
        ids.alias("id"), "kind", "relation", "head", pl.lit(None, pl.UInt32).alias("tail"),
        "value", "mask", "confirmed", reason.alias("reason"),
    )  # fmt: skip


def _bits(origins: list[str], bits: dict[str, int]) -> int:
    mask = 0
    for origin in origins:
        mask |= bits[origin[: origin.index("/")]]
    return mask


def find_triples(entities: Entities, triples: Triples, ids: set[str], head: str = "") -> list[dict[str, Any]]:
    """The facts with these ids, triples and attribute values alike: id, kind, head, relation, tail, sources, origins. `head`: of
    whose values those that are no triples most likely are."""
    facts = [row | {"kind": "relation"} for row in triples.filter(pl.col("id").is_in(list(ids))).iter_rows(named=True)]
    missing = ids - {row["id"] for row in facts}
    for others in (False, True):
        near = (pl.col("id") != head) if others else (pl.col("id") == head)
        rows = entities.filter(near & (pl.col("attributes") != "{}")) if missing else entities.clear()
        for about, text in rows.select("id", "attributes").iter_rows():
            for attribute, values in orjson.loads(text).items():
                for value, origins in values.items():
                    id_ = digest(SEPARATOR.join((about, attribute, value)))
                    if id_ in missing:
                        sources = sorted({origin.partition("/")[0] for origin in origins})
                        facts.append(
                            {"id": id_, "kind": "attribute", "head": about, "relation": attribute, "tail": value, "sources": sources,
                             "origins": origins, "contradicts": None}
                        )  # fmt: skip
        missing -= {str(fact["id"]) for fact in facts}
    return sorted(facts, key=lambda row: str(row["id"]))
