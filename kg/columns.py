"""The properties that nodes and relationships have in every store, and names as Cypher quotes them."""

ENTITY_COLUMNS = ("id", "name", "name_en", "name_en_from", "aliases", "sources", "attributes", "doubts")
"""Properties of a node; its type is its label."""
TRIPLE_COLUMNS = ("id", "sources", "origins", "contradicts")
"""Properties of a relationship; its relation is its type, head and tail are its ends."""
LISTS = ("aliases", "sources", "origins", "doubts")
"""Those that are lists of text."""


def quote(name: str) -> str:
    """A name in backticks: HAS_SYMPTOM is `HAS_SYMPTOM`, a`b is `a``b`."""
    return "`" + name.replace("`", "``") + "`"
