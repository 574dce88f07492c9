"""The properties that nodes and relationships have in every store, and names as Cypher quotes them."""

import orjson

from kgtools.kg.ontology import ontology

ENTITY_COLUMNS = ("id", "name", "name_en", "name_en_from", "aliases", "sources", "attributes", "doubts")
"""Properties of a node; its type is its label."""
TRIPLE_COLUMNS = ("id", "sources", "origins", "contradicts")
"""Properties of a relationship; its relation is its type, head and tail are its ends."""
LISTS = ("aliases", "sources", "origins", "doubts")
"""Those that are lists of text."""
NO_ATTRIBUTES = "{}"


def attribute_values(text: str | None) -> dict[str, list[str]]:
    """The attributes of the ontology that an entity has, from its column `attributes`, each with its values: properties of a node too."""
    if text is None or text == NO_ATTRIBUTES:
        return {}
    known = ontology().attributes
    return {name: list(values) for name, values in orjson.loads(text).items() if name in known}


def quote(name: str) -> str:
    """A name in backticks: HAS_SYMPTOM is `HAS_SYMPTOM`, a`b is `a``b`."""
    return "`" + name.replace("`", "``") + "`"
