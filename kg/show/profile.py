"""One entity and all that a graph says of it: names, attributes, and its triples in and out."""

from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any

import orjson
import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import UsageError

NEAR, LIKELY, MOST = 3, 200, 20
"""Near names in an error; names that are compared letter by letter for it; entities of one name that anybody would read."""


@dataclass(frozen=True)
class AttributeValue:
    """A value of an attribute, with the words for the attribute and where it is said."""

    attribute: str
    zh: str
    en: str
    value: str
    origins: list[str]


@dataclass(frozen=True)
class Link:
    """A triple seen from one of its ends: `other` is the id of the other end, which has `type` and names where the graph knows it;
    `id` is that of the triple."""

    other: str
    type: str | None
    name: str | None
    name_en: str | None
    id: str
    sources: list[str]
    origins: list[str]
    contradicts: str | None

    @property
    def label(self) -> str:
        """The name of the other end; its id where the graph has no such entity."""
        return self.name or self.other


@dataclass(frozen=True)
class RelationLinks:
    """The triples of one relation in one `direction` (out or in): `count` in all, of which `triples` are the first few."""

    relation: str
    direction: str
    inverse: str
    zh: str
    en: str
    count: int
    triples: list[Link]


@dataclass(frozen=True)
class Profile:
    """What `kgtools show` says of an entity; `zh` and `en` are the words for its type."""

    id: str
    type: str
    name: str
    name_en: str | None
    name_en_from: str | None
    aliases: list[str]
    sources: list[str]
    zh: str
    en: str
    attributes: list[AttributeValue]
    relations: list[RelationLinks]

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        return asdict(self)


def find(entities: Entities, text: str) -> Entities:
    """The entities that are meant: by id, else by name, else by alias, else by English name in any case.

    Raises UsageError with near names where there is none, and with ids where there are more than anybody would read."""
    english = pl.col("name_en").str.to_lowercase() == text.lower()
    for meant in (pl.col("id") == text, pl.col("name") == text, pl.col("aliases").list.contains(text), english):
        matches = entities.filter(meant)
        if matches.height > MOST:
            some = ", ".join(matches["id"].head(MOST))
            raise UsageError(f"{matches.height} entities are called {text!r}; name one by its id: {some}, ...")
        if matches.height:
            return matches
    near = _near(entities, text)
    way_out = f"did you mean {' or '.join(near)}?" if near else "give a name, an alias, an English name or Type:name"
    raise UsageError(f"no entity is called {text!r}; {way_out}")


def _near(entities: Entities, text: str) -> list[str]:
    """The ids of the nearest names, sought among those that share the most characters with the text."""
    type_, colon, name = text.partition(":")
    if colon and type_ in ontology().entities:
        entities, text = entities.filter(pl.col("type") == type_), name
    called = [entities.select("id", pl.col(name).str.to_lowercase().alias("word")) for name in ("name", "name_en")]
    letters = sorted({*text.lower()} - {" "})
    shared = [pl.col("word").str.contains(letter, literal=True).cast(pl.Float64) for letter in letters]
    if not shared:
        return []
    likely = pl.concat(called).drop_nulls().with_columns(
        (pl.sum_horizontal(shared) / (pl.col("word").str.len_chars() + len(text))).alias("share")
    ).sort("share", "id", descending=[True, False]).head(LIKELY)  # fmt: skip
    ids: dict[str, str] = {}
    for id_, word in likely.select("id", "word").iter_rows():
        ids.setdefault(word, id_)
    return list(dict.fromkeys(ids[word] for word in get_close_matches(text.lower(), list(ids), n=NEAR, cutoff=0.5)))


def links(entities: Entities, triples: Triples, ids: list[str]) -> pl.DataFrame:
    """The triples of these entities, seen from them: `this` one, `direction` (out or in), `relation`, and the other end's
    `other` (its id), `type`, `name`, `name_en`; with `id`, `sources`, `origins`, `contradicts`.

    By relation in the order of the ontology, out before in; what most sources say comes first, then by name."""
    rest = ["relation", "id", "sources", "origins", "contradicts"]
    both = [
        triples.filter(pl.col(this).is_in(ids)).select(
            pl.col(this).alias("this"), pl.lit(direction).alias("direction"), pl.col(other).alias("other"), *rest
        )
        for this, direction, other in (("head", "out", "tail"), ("tail", "in", "head"))
    ]
    ends = entities.select(pl.col("id").alias("other"), "type", "name", "name_en")
    numbers = {name: number for number, name in enumerate(ontology().relations)}
    order = pl.col("relation").replace_strict(numbers, default=len(numbers), return_dtype=pl.UInt32)
    witnesses = -pl.col("sources").list.len().cast(pl.Int64)
    return pl.concat(both).join(ends, on="other", how="left").sort(
        "this", pl.col("direction") == "in", order, "relation", witnesses, "name", "other", maintain_order=True
    )  # fmt: skip


def profile(entity: dict[str, Any], links: pl.DataFrame, limit: int) -> Profile:
    """A row of Entities with its links: of each relation `limit` triples, or all for 0."""
    words = ontology()
    type_ = words.entities[entity["type"]]
    columns = {name: entity[name] for name in ("id", "type", "name", "name_en", "name_en_from", "aliases", "sources")}
    attributes = [
        AttributeValue(name, attribute.zh if attribute else "", attribute.en if attribute else name, value, origins)
        for name, values in orjson.loads(entity["attributes"]).items()
        if name != "alias"
        for attribute in [words.attributes.get(name)]
        for value, origins in values.items()
    ]
    relations = []
    parts = links.partition_by("direction", "relation", as_dict=True, maintain_order=True)
    for (direction, name), rows in parts.items():
        relation = words.relations[name]
        first = to_links(rows.head(limit) if limit else rows)
        relations.append(RelationLinks(name, direction, relation.inverse, relation.zh, relation.en, rows.height, first))
    return Profile(**columns, zh=type_.zh, en=type_.en, attributes=attributes, relations=relations)


def to_links(rows: pl.DataFrame) -> list[Link]:
    """The rows of `links` as values."""
    return [Link(**row) for row in rows.select([field.name for field in fields(Link)]).iter_rows(named=True)]
