"""Several sources as one graph: an entity or a triple that two sources know is one row with both in `sources`."""

import orjson
import polars as pl

from kgtools.kg.build.doubts import find_doubts
from kgtools.kg.build.inputs import Inputs, NameTable, SourceTables
from kgtools.kg.build.ledger import realign
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples


def merge(inputs: Inputs) -> tuple[Entities, Triples]:
    """The graph of these inputs; English names come from the sources, by name, then from the tables in order."""
    sources, tables = realign(sorted(inputs.sources, key=lambda source: source.name), inputs.ledger), inputs.names
    facts = pl.concat([s.facts.with_columns(pl.lit(s.name).alias("source")) for s in sources]) if sources else None
    if facts is None:
        return ENTITIES.frame(), TRIPLES.frame()
    entities = _with_english(_entities(sources), tables)
    entities = entities.join(_attributes(facts.filter(pl.col("kind") != "relation")), on="id", how="left")
    empty = pl.lit([], pl.List(pl.String))
    entities = entities.join(find_doubts(entities, facts, _find_doubted_names(sources)), on="id", how="left")
    entities = entities.with_columns(pl.col("aliases", "doubts").fill_null(empty), pl.col("attributes").fill_null("{}"))
    triples = _with_contradictions(_triples(facts.filter(pl.col("kind") == "relation")))
    return ENTITIES.check(entities.sort("id"), "the graph"), TRIPLES.check(triples.sort("id"), "the graph")


def _entities(sources: tuple[SourceTables, ...]) -> pl.DataFrame:
    rows = pl.concat([s.named.with_columns(pl.lit(s.name).alias("source")) for s in sources])
    english = pl.col("name_en").is_not_null()
    return rows.group_by("id").agg(
        pl.col("type").first(),
        pl.col("name").first(),
        pl.col("name_en").filter(english).sort_by(pl.col("source").filter(english)).first(),
        pl.col("source").filter(english).min().alias("name_en_from"),
        pl.col("source").sort().alias("sources"),
    )


def _find_doubted_names(sources: tuple[SourceTables, ...]) -> pl.Series:
    """Ids of the entities whose name every source that names them has doubts about."""
    named = pl.concat([source.named.select("id", "doubt") for source in sources])
    sure = named.filter(pl.col("doubt").is_null())["id"]
    return named.filter(pl.col("doubt").is_not_null() & ~pl.col("id").is_in(sure.implode()))["id"].unique()


def _with_english(entities: pl.DataFrame, tables: tuple[NameTable, ...]) -> pl.DataFrame:
    for table in tables:
        typed = table.names.filter(pl.col("type").is_not_null()).select(
            "type", pl.col("zh").alias("name"), pl.col("en").alias("typed")
        )
        untyped = table.names.filter(pl.col("type").is_null()).select(
            pl.col("zh").alias("name"), pl.col("en").alias("any_type")
        )
        entities = entities.join(typed, on=["type", "name"], how="left").join(untyped, on="name", how="left")
        english = pl.coalesce("typed", "any_type")
        entities = entities.with_columns(
            pl.when(pl.col("name_en").is_null() & english.is_not_null()).then(pl.lit(table.name)).otherwise("name_en_from").alias("name_en_from"),
            pl.coalesce("name_en", english).alias("name_en"),
        ).drop("typed", "any_type")  # fmt: skip
    return entities


def _attributes(facts: pl.DataFrame) -> pl.DataFrame:
    """`id`, `aliases` and `attributes` of each entity that has any: attribute -> value -> origins, all sorted."""
    rows = facts.select("head", "relation", "tail", "origins").sort("head", "relation", "tail")
    everything: dict[str, dict[str, dict[str, list[str]]]] = {}
    for head, relation, tail, origins in rows.iter_rows():
        values = everything.setdefault(head, {}).setdefault(relation, {})
        values[tail] = sorted({*values[tail], *origins}) if tail in values else origins
    return pl.DataFrame(
        {
            "id": list(everything),
            "aliases": [list(attributes.get("alias", ())) for attributes in everything.values()],
            "attributes": [orjson.dumps(attributes).decode() for attributes in everything.values()],
        },
        schema={"id": pl.String, "aliases": pl.List(pl.String), "attributes": pl.String},
    )


def _triples(facts: pl.DataFrame) -> pl.DataFrame:
    shared = facts.filter(facts["id"].is_duplicated())
    alone = facts.filter(facts["id"].is_unique())
    merged = shared.group_by("id").agg(
        pl.col("head", "relation", "tail").first(),
        pl.col("source").sort().alias("sources"),
        pl.col("origins").explode().sort(),
    )
    columns = ["id", "head", "relation", "tail", "sources", "origins"]
    return pl.concat(
        [alone.with_columns(pl.concat_list("source").alias("sources")).select(columns), merged.select(columns)]
    )


def _with_contradictions(triples: pl.DataFrame) -> pl.DataFrame:
    pairs = {name: relation.contradicts for name, relation in ontology().relations.items() if relation.contradicts}
    wanted = triples.filter(pl.col("relation").is_in(list(pairs)))
    left = wanted.with_columns(
        pl.col("relation").replace_strict(pairs, default=None, return_dtype=pl.String).alias("other")
    )
    right = wanted.select("head", "tail", pl.col("relation").alias("other"), pl.col("id").alias("contradicts"))
    opposite = left.join(right, on=["head", "tail", "other"]).select("id", "contradicts")
    return triples.join(opposite, on="id", how="left")
