"""The words of a page, in both languages at once: it shows one of them, by its `lang`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from markupsafe import Markup, escape

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
def read_words(path: Path) -> dict[str, Words]:
    """The words of a YAML file whose keys each have `en` and `zh`."""
    values, _ = read_yaml(path.read_text(encoding="utf-8"), path)
    return {key: Words(**pair) for key, pair in values.items()}


def fill(pair: Words, /, **values: object) -> Words:
    """Words with values put in: words in their language, thousands grouped."""
    return Words(_fill(pair.en, "en", values), _fill(pair.zh, "zh", values)) if values else pair


def _fill(text: str, lang: Lang, values: dict[str, object]) -> str:
    shown = {
        name: value[lang] if isinstance(value, Words) else f"{value:,}" if isinstance(value, int) else value
        for name, value in values.items()
    }
    return text.format(**shown)
