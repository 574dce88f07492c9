"""The words of a report, in English and in Chinese: those of `words.yaml`."""

from pathlib import Path

from kgtools.tools.page.words import Words, fill, read_words


def word(key: str, /, **values: object) -> Words:
    """The words under `key`, with values put in."""
    return fill(read_words(Path(__file__).with_name("words.yaml"))[key], **values)
