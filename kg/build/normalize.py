"""Cleaning by named rules: what a reader gave becomes entities and facts; every refusal and change is kept and counted."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from kgtools.kg.build.casing import recase
from kgtools.kg.build.doubts import find_cut_names, find_cut_values
from kgtools.kg.build.name_rules import REFUSALS, REPAIRS, is_missing
from kgtools.kg.build.origins import origins
from kgtools.kg.build.words import Words, judge_words, number_words
from kgtools.kg.ontology import SourceInfo, ontology
from kgtools.kg.source import Reading
from kgtools.kg.tables import BROKEN, FACTS, NAMED, REJECTS, Broken, Facts, Named, Rejects
from kgtools.tools.errors import InputError
from kgtools.tools.frames import digests, sort_by_digest

RULES = (
    REPAIRS
    | {
        "empty": "nothing is left of a name: refused",
        "residue": "a word that the site left behind and that is no name: refused",
        "same-as-name": "an alias is the name itself: refused",
        "unknown-relation": "the ontology does not know the relation: kept aside",
        "spilled-columns": "the values of the row have slipped into other columns: refused",
        "no-drug-in-brackets": "a product without its drug in brackets: refused",
        "unknown-type": "the mapping does not know the word for the type: refused",
        "unknown-node": "an edge names a node that the node table lacks: refused",
        "no-name": "an entity has no name, or none in the languages asked for: refused",
        "english-case": "an English name is not written as in the middle of a sentence (Lung Cancer): its case is changed",
        "lone-surrogate": "half of a character: refused",
        "bad-quote": "a quotation mark does not close, or is escaped otherwise than by doubling it: the row is refused",
        "not-text": "a cell holds an object, or a list where one text is expected: refused",
        "not-a-list": "a cell holds one text where a list is expected: refused",
        "nameless": "a row has no name, or one that is no text: refused with all that it says",
    }
    | REFUSALS
)
"""Every reason that `kgtools load` gives, and what it means."""

HAN = r"\p{Han}"
"""A Chinese character, for polars and Rust."""
SEPARATOR = "\x1f"
KINDS = pl.Enum(["relation", "alias", "attribute", "class", "unknown"])
"""What a statement may be."""


@dataclass(frozen=True)
class CleanSource:
    """A source after its cleaning. `mentions` and `statements` hold every row with its verdict, for counting.

    `mentions`, the tails of relations among them: `type`, `field`, `verdict`, and by their numbers `word` and `meaning`.
    `statements`: `kind`, `target`, `field`, `verdict`, `head` and `tail` (words by their numbers), `head_meaning`, `tail_meaning`,
    `tail_spelling` (`kg/build/words.py`)."""

    source: str
    info: SourceInfo
    named: Named
    facts: Facts
    rejects: Rejects
    mentions: pl.DataFrame
    statements: pl.DataFrame
    broken: Broken


def clean(reading: Reading, raw: bool = False) -> CleanSource:
    """Apply the rules; with `raw`, refuse only what no graph can hold (unknown relations, empty names)."""
    residue = [] if raw else [f"{type_}:{word}" for type_, words in reading.info.residue.items() for word in words]
    fields = _map_fields(reading)
    words, (mentioned, heads, tails) = number_words(
        [
            reading.mentions.select("type", text="name"),
            reading.statements.select(type="head_type", text="head"),
            pl.DataFrame([fields["tail_type"].alias("type"), reading.statements["tail"].alias("text")]),
        ]
    )
    words = judge_words(words, residue, raw)
    statements = reading.statements.select("file", "row", "reason").with_columns(
        *fields.drop("tail_type"), heads.alias("head"), tails.alias("tail")
    )
    statements = _judge_statements(statements, words, raw)
    given = _judge_mentions(reading, mentioned.alias("word"), words, raw)
    facts = _facts(reading.source, statements, words)
    named = _collect_entities(given, statements, words, facts)
    unmentioned = facts.join(named, left_on="head", right_on="id", how="anti")
    if unmentioned.height:
        raise InputError(
            f"the reader of {reading.source} gave statements about {unmentioned['head'][0]!r} without a mention of it"
        )
    rejects = pl.concat(
        [
            _to_rejects(given, words),
            _to_rejects(statements, words),
            _list_unreadable(reading),
        ]
    )
    order = ["file", "row", "field", "action", "head", "tail"]
    return CleanSource(
        reading.source, reading.info, named, facts, REJECTS.check(rejects.sort(order), "rejects"),
        pl.concat([given.select("type", "field", "verdict", "word", "meaning"), _mentions_of_tails(statements, words)]),
        statements.drop("file", "row", "rule"), reading.broken,
    )  # fmt: skip


def _stands(raw: bool) -> pl.Expr:
    """Whether the reader's reason stands: always, or with `raw` only where a graph has no place for the row."""
    return pl.col("reason").is_not_null() & (pl.lit(not raw) | (pl.col("reason") != "spilled-columns"))


def _map_fields(reading: Reading) -> pl.DataFrame:
    """`field`, `kind` and `target` (relation or attribute) of each statement by the source's fields, and the type of its tail: null
    for a value; an alias is a name of its head."""
    ontology_, known = ontology(), reading.info.fields
    used = reading.statements["field"].unique().sort().to_list()
    rows = [
        (name, name, known[name].kind, known[name].target, ontology_.tail_type(known[name]))
        if name in known
        else (name, name, "unknown", name, None)
        for name in used
    ]
    targets = pl.Enum(sorted({target for *_, target, _ in rows}))
    columns: dict[str, Any] = {
        "field": pl.String,
        "name": pl.Enum(used),
        "kind": KINDS,
        "target": targets,
        "mapped": pl.String,
    }
    fields = pl.DataFrame(rows, schema=columns, orient="row")
    statements = reading.statements.select("field", "head_type", "tail_type")
    return statements.join(fields, on="field", how="left", maintain_order="left").select(
        pl.col("name").alias("field"),
        "kind",
        "target",
        pl.when(pl.col("kind") == "relation").then(pl.coalesce("tail_type", "mapped"))
        .when(pl.col("kind") == "alias").then("head_type")
        .alias("tail_type"),
    )  # fmt: skip


def _judge_statements(statements: pl.DataFrame, words: Words, raw: bool) -> pl.DataFrame:
    """Adds `verdict` (null: kept), `rule` (null: unchanged), and of the words what they mean."""
    judged = words.select("rule", "refused", "empty", "residue", "meaning", "spelling")
    rows = statements.with_columns(
        *(column.alias(f"{end}_{column.name}") for end in ("head", "tail") for column in judged[statements[end]])
    )
    kind, same = pl.col("kind"), pl.col("tail_meaning") == pl.col("head_meaning")
    return rows.select(
        "kind", "target", "field", "head", "tail", "file", "row", "head_meaning", "tail_meaning", "tail_spelling",
        pl.when(_stands(raw)).then("reason")
        .when(kind == "unknown").then(pl.lit("unknown-relation"))
        .when(pl.col("head_empty") | pl.col("tail_empty")).then(pl.lit("empty"))
        .when(pl.col("head_residue") | (pl.col("tail_residue") & (kind == "relation"))).then(pl.lit("residue"))
        .when(pl.col("head_refused").is_not_null()).then("head_refused")
        .when(pl.col("tail_refused").is_not_null()).then("tail_refused")
        .when((kind == "alias") & same & pl.lit(not raw)).then(pl.lit("same-as-name"))
        .alias("verdict"),
        pl.coalesce("tail_rule", "head_rule").alias("rule"),
    )  # fmt: skip


def _judge_mentions(reading: Reading, numbers: pl.Series, words: Words, raw: bool) -> pl.DataFrame:
    """Every mention of an entity that the reader gave, with the number of its word, `meaning`, `verdict` and `rule`."""
    english = reading.mentions["name_en"]
    rows = reading.mentions.select("type", "field", "file", "row", "reason").with_columns(
        numbers, english.alias("english"), (english if raw else recase(english)).alias("name_en"),
        *words.select("meaning", "empty", "residue", "refused", name_rule="rule")[numbers],
    )  # fmt: skip
    recased = pl.col("name_rule").is_null() & (pl.col("english") != pl.col("name_en"))
    return rows.select(
        "type", "field", "file", "row", "word", "meaning", "name_en",
        pl.when(_stands(raw)).then("reason")
        .when("empty").then(pl.lit("empty"))
        .when("residue").then(pl.lit("residue"))
        .otherwise("refused")
        .alias("verdict"),
        pl.when(recased).then(pl.lit("english-case")).otherwise("name_rule").alias("rule"),
    )  # fmt: skip


def _mentions_of_tails(statements: pl.DataFrame, words: Words) -> pl.DataFrame:
    """The tails of relations as mentions; what a refused statement points to is refused with it."""
    tails = statements.filter(pl.col("kind") == "relation")
    return tails.select(
        words["type"].gather(tails["tail"]), pl.col("field").cast(pl.String), "verdict",
        pl.col("tail").alias("word"), pl.col("tail_meaning").alias("meaning"),
    )  # fmt: skip


def _facts(source: str, statements: pl.DataFrame, words: Words) -> Facts:
    key = ["kind", "target", "head_meaning", "tail_meaning"]
    loaded = statements.filter(pl.col("verdict").is_null()).select(
        *key, "tail", "file", "row", pl.col("field").cast(pl.String)
    )
    loaded = _with_doubts(loaded, words)
    loaded = loaded.select(*key, origins(source, loaded), "doubt")
    repeated = loaded.select(key).is_duplicated()
    doubt = pl.when(pl.col("doubt").null_count() == 0).then(pl.col("doubt").min())  # in doubt wherever it is said
    once = loaded.filter(~repeated).with_columns(pl.concat_list("origins"))
    twice = loaded.filter(repeated).group_by(key).agg(pl.col("origins").unique().sort(), doubt)
    facts = pl.concat([once, twice])
    ids, names = (words[column].gather(facts["tail_meaning"]).alias(column) for column in ("id", "clean"))
    facts = facts.select(
        pl.col("kind").cast(pl.String),
        words["id"].gather(facts["head_meaning"]).alias("head"),
        pl.col("target").cast(pl.String).alias("relation"),
        pl.when(pl.col("kind") == "relation").then(ids).otherwise(names).alias("tail"),
        "origins",
        "doubt",
    )
    return FACTS.check(sort_by_digest(with_ids(facts)), f"the facts of {source}")


def _with_doubts(statements: pl.DataFrame, words: Words) -> pl.DataFrame:
    """The statements with `doubt`: whether a text was cut off, by its length and end in the file."""
    is_value = statements["kind"] == "attribute"
    values = statements.filter(is_value)
    cut = find_cut_values(values.select("field", words["text"].gather(values["tail"]).alias("tail")))
    doubt = cut.replace_strict({True: "truncated-value", False: None}, return_dtype=pl.String)
    others = statements.filter(~is_value).with_columns(pl.lit(None, pl.String).alias("doubt"))
    return pl.concat([others, values.with_columns(doubt.alias("doubt"))])


def with_ids(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with their `id`: a hash of head, relation and tail."""
    keys = facts.select(pl.concat_str("head", "relation", "tail", separator=SEPARATOR)).to_series()
    return facts.with_columns(digests(keys).alias("id"))


def _collect_entities(given: pl.DataFrame, statements: pl.DataFrame, words: Words, facts: Facts) -> Named:
    """The entities that a source names; an English name in Chinese or a word for an empty cell is none."""
    name_en = pl.col("name_en")
    english = name_en.filter(~name_en.str.contains(HAN) & ~is_missing(name_en)).min()
    kept = pl.col("verdict").is_null()
    tails = statements.filter(kept & (pl.col("kind") == "relation"))["tail_meaning"].unique()
    mentioned = given.filter(kept)
    every = pl.concat([mentioned["meaning"], tails.alias("meaning")]).unique().to_frame()
    every = every.join(mentioned.group_by("meaning").agg(english), on="meaning", how="left")
    entities = words.select("id", "type", name="clean")[every["meaning"]].with_columns(every["name_en"])
    cut = find_cut_names(entities, facts.filter(pl.col("kind") == "relation"))
    doubt = pl.when(pl.col("id").is_in(cut.implode())).then(pl.lit("truncated-name")).alias("doubt")
    return NAMED.check(entities.with_columns(doubt).sort("id"), "the entities")


def _list_unreadable(reading: Reading) -> pl.DataFrame:
    """What the reader could not read, in the shape of REJECTS."""
    constants = {"action": pl.lit("refused"), "kind": pl.lit("cell"), "tail": pl.col("text")}
    return reading.broken.select(
        (constants.get(name, pl.col(name) if name in BROKEN.columns else pl.lit(None, pl.String))).alias(name)
        for name in REJECTS.columns
    )


def _to_rejects(rows: pl.DataFrame, words: Words) -> pl.DataFrame:
    """The refused and the changed rows, mentions or statements, in the shape of REJECTS."""
    refused, is_entity = pl.col("verdict").is_not_null(), "word" in rows.columns
    rows = rows.filter(refused | pl.col("rule").is_not_null())
    said = words["text"].gather(rows["word" if is_entity else "tail"])
    heads = None if is_entity else words.select(pl.concat_str("type", pl.lit(":"), "text"))[rows["head"]].to_series()
    return rows.select(
        pl.when(refused).then(pl.lit("refused")).otherwise(pl.lit("changed")).alias("action"),
        (pl.lit("entity") if is_entity else pl.col("kind").cast(pl.String)).alias("kind"),
        pl.col("type" if is_entity else "target").cast(pl.String).alias("target"),
        pl.col("field").cast(pl.String),
        pl.lit(heads, pl.String).alias("head"),
        said.alias("tail"),
        pl.coalesce("verdict", "rule").alias("reason"),
        "file",
        "row",
    )
