"""Several sources as one graph: an entity or a triple that two sources know is one row with both in `sources`."""

import orjson
import polars as pl

from kgtools.kg.build.doubts import find_doubts
from kgtools.kg.build.inputs import Inputs, NameTable, SourceTables
from kgtools.kg.build.ledger import realign
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.frames import sort_by_digest

ESCAPES = {sign: orjson.dumps(sign).decode()[1:-1] for sign in (*map(chr, range(0x20)), '"', "\\")}
"""What cannot stand in a text of JSON as it is."""


def merge(inputs: Inputs) -> tuple[Entities, Triples]:
    """The graph of these inputs; English names come from the sources, by name, then from the tables in order."""
    sources, tables = realign(sorted(inputs.sources, key=lambda source: source.name), inputs.ledger), inputs.names
    if not sources:
        return ENTITIES.frame(), TRIPLES.frame()
    names = pl.Enum([source.name for source in sources])
    facts = pl.concat([s.facts.with_columns(pl.lit(s.name, names).alias("source")) for s in sources])
    entities = _with_english(_entities(sources), tables)
    entities = entities.join(find_doubts(entities, facts, _find_doubted_names(sources)), on="id", how="left")
    is_relation = pl.col("kind") == "relation"
    entities = entities.join(_attributes(_unite(facts, ~is_relation)), on="id", how="left")
    empty = pl.lit([], pl.List(pl.String))
    entities = entities.with_columns(pl.col("aliases", "doubts").fill_null(empty), pl.col("attributes").fill_null("{}"))
    triples = _with_contradictions(_unite(facts, is_relation))
    return ENTITIES.check(entities.sort("id"), "the graph"), TRIPLES.check(triples, "the graph")


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


def _unite(facts: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """Each of these facts once, sorted by id, with the `sources` and `origins` of all that say it; `facts`: source by source."""
    names, origins = facts["source"].unique(maintain_order=True).to_list(), pl.col("origins").list.explode()
    if names != sorted(names, key=lambda name: f"{name}/"):  # else they are sorted already, as those of each source
        origins = origins.sort()
    columns = ("id", "head", "relation", "tail", "source", "origins")
    rows = sort_by_digest(facts.lazy().filter(which).select(columns).collect()).group_by("id", maintain_order=True)
    return rows.agg(
        pl.col("head", "relation", "tail").first(), pl.col("source").cast(pl.String).alias("sources"), origins
    )


def _attributes(facts: pl.DataFrame) -> pl.DataFrame:
    """`id`, `aliases` and `attributes` of each entity that has any: attribute -> value -> origins, all sorted."""
    facts = facts.sort("head", "relation", "tail")
    aliases = facts.filter(pl.col("relation") == "alias").group_by("head").agg(pl.col("tail").alias("aliases"))
    values = facts.select("head", _write_values(pl.col("head"), pl.col("relation")).alias("attributes"))
    objects = values.group_by("head", maintain_order=True).agg(pl.col("attributes").str.join(""))
    return objects.join(aliases, on="head", how="left").rename({"head": "id"})


def _write_values(head: pl.Expr, relation: pl.Expr) -> pl.Expr:
    """Each value with its origins as a piece of JSON, with what parts it from the rows before and behind."""
    new_head, last = head.ne_missing(head.shift()), head.ne_missing(head.shift(-1))
    new_relation = new_head | relation.ne_missing(relation.shift())
    before = pl.when(new_head).then(pl.lit("{")).when(new_relation).then(pl.lit("},")).otherwise(pl.lit(","))
    name = pl.when(new_relation).then(pl.concat_str(_quote(relation), pl.lit(":{"))).otherwise(pl.lit(""))
    origins = pl.col("origins").list.eval(_quote(pl.element())).list.join(",")
    end = pl.when(last).then(pl.lit("]}}")).otherwise(pl.lit("]"))
    return pl.concat_str(before, name, _quote(pl.col("tail")), pl.lit(":["), origins, end)


def _quote(text: pl.Expr) -> pl.Expr:
    """A text as JSON has it."""
    return pl.concat_str(pl.lit('"'), text.str.replace_many(list(ESCAPES), list(ESCAPES.values())), pl.lit('"'))


def _with_contradictions(triples: pl.DataFrame) -> pl.DataFrame:
    pairs = {name: relation.contradicts for name, relation in ontology().relations.items() if relation.contradicts}
    wanted = triples.filter(pl.col("relation").is_in(list(pairs)))
    left = wanted.with_columns(
        pl.col("relation").replace_strict(pairs, default=None, return_dtype=pl.String).alias("other")
    )
    right = wanted.select("head", "tail", pl.col("relation").alias("other"), pl.col("id").alias("contradicts"))
    opposite = left.join(right, on=["head", "tail", "other"]).select("id", "contradicts")
    return triples.join(opposite, on="id", how="left", maintain_order="left")
