"""The words of a report, in both languages at once: those of `words.yaml`, and those of the ontology."""

from pathlib import Path

from kgtools.kg.ontology import ontology
from kgtools.tools.page.words import Words, fill, read_words


def _all() -> dict[str, Words]:
    return read_words(Path(__file__).with_name("words.yaml"))


def word(key: str, **values: object) -> Words:
    """The words of `words.yaml` under `key`, with values put in: words in their language, thousands grouped."""
    return fill(_all()[key], **values)


def entity_type(name: str, plural: bool = True) -> Words:
    """The words for an entity type; its own name where the ontology has none."""
    kind = ontology().entities.get(name)
    return Words(_capital(kind.plural if plural else kind.en), kind.zh) if kind else Words(name, name)


def relation(name: str) -> Words:
    """The words for a relation; its own name where the ontology has none."""
    kind = ontology().relations.get(name)
    return Words(_capital(kind.en), kind.zh) if kind else Words(name, name)


def column(name: str) -> Words:
    """The words for a column of a finding; its own name, with spaces, where there are none."""
    plain = name.replace("_", " ")
    return _all().get(f"column_{name}", Words(plain, plain))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
