"""One entity and all that a graph says of it: names, attributes, and its triples in and out."""

from difflib import get_close_matches
from typing import Any

import orjson
import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import UsageError

NEAR, LIKELY, MOST = 3, 200, 20


def find(entities: Entities, text: str) -> Entities:
    """The entities that are meant: by id, else by name, else by alias, else by English name in any case.

    Raises UsageError with near names where there is none, and with ids where there are more than anybody would read."""
    english = pl.col("name_en").str.to_lowercase() == text.lower()
    for meant in (pl.col("id") == text, pl.col("name") == text, pl.col("aliases").list.contains(text), english):
        found = entities.filter(meant)
        if found.height > MOST:
            some = ", ".join(found["id"].head(MOST))
            raise UsageError(f"{found.height} entities are called {text!r}; name one by its id: {some}, ...")
        if found.height:
            return found
    near = _near(entities, text)
    way_out = f"did you mean {' or '.join(near)}?" if near else "give a name, an alias, an English name or Type:name"
    raise UsageError(f"no entity is called {text!r}; {way_out}")


def _near(entities: Entities, text: str) -> list[str]:
    """The ids of the nearest names, sought among those that share the most characters with the text."""
    type_, found, name = text.partition(":")
    if found and type_ in ontology().entities:
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
    places = {name: place for place, name in enumerate(ontology().relations)}
    order = pl.col("relation").replace_strict(places, default=len(places), return_dtype=pl.UInt32)
    witnesses = -pl.col("sources").list.len().cast(pl.Int64)
    return pl.concat(both).join(ends, on="other", how="left").sort(
        "this", pl.col("direction") == "in", order, "relation", witnesses, "name", "other", maintain_order=True
    )  # fmt: skip


def profile(entity: dict[str, Any], links: pl.DataFrame, limit: int) -> dict[str, Any]:
    """What `kgtools show` says of a row of Entities and its links: of each relation `limit` triples, or all for 0."""
    words = ontology()
    attributes = [
        {
            "attribute": name,
            "zh": told.zh if told else "",
            "en": told.en if told else name,
            "value": value,
            "origins": origins,
        }
        for name, values in orjson.loads(entity["attributes"]).items()
        if name != "alias"
        for told in [words.attributes.get(name)]
        for value, origins in values.items()
    ]
    relations = []
    for (direction, name), rows in links.partition_by(
        "direction", "relation", as_dict=True, maintain_order=True
    ).items():
        relation = words.relations[name]
        shown = rows.head(limit) if limit else rows
        columns = ("other", "type", "name", "name_en", "id", "sources", "origins", "contradicts")
        relations.append(
            {"relation": name, "direction": direction, "inverse": relation.inverse, "zh": relation.zh, "en": relation.en,
             "count": rows.height, "triples": shown.select(columns).to_dicts()}
        )  # fmt: skip
    type_ = words.entities[entity["type"]]
    told = {name: entity[name] for name in ("id", "type", "name", "name_en", "name_en_from", "aliases", "sources")}
    return told | {"zh": type_.zh, "en": type_.en, "attributes": attributes, "relations": relations}
