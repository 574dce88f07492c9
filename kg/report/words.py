"""The words of a report, in both languages at once: a page shows one of them, by its `lang`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from markupsafe import Markup, escape

from kgtools.kg.ontology import ontology
from kgtools.tools.inputs.safe_yaml import read_yaml

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")


@dataclass(frozen=True)
class Words:
    """The same in English and in Chinese."""

    en: str
    zh: str

    def __getitem__(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.zh

    def __html__(self) -> Markup:
        if self.en == self.zh:
            return escape(self.en)
        return Markup('<span lang="en">{}</span><span lang="zh-CN">{}</span>').format(self.en, self.zh)


@cache
def _all() -> dict[str, Words]:
    path = Path(__file__).with_name("words.yaml")
    values, _ = read_yaml(path.read_text(encoding="utf-8"), path)
    return {key: Words(**pair) for key, pair in values.items()}


def word(key: str, **values: object) -> Words:
    """The words of `words.yaml` under `key`, with values put in: words in their language, thousands grouped."""
    pair = _all()[key]
    return Words(_fill(pair.en, "en", values), _fill(pair.zh, "zh", values)) if values else pair


def _fill(text: str, lang: Lang, values: dict[str, object]) -> str:
    shown = {
        name: value[lang] if isinstance(value, Words) else f"{value:,}" if isinstance(value, int) else value
        for name, value in values.items()
    }
    return text.format(**shown)


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
