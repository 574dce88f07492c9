"""Texts to go on training a model with, before it learns from instructions."""

from collections.abc import Iterator
from itertools import chain

from pydantic import Field

from kgtools.corpora.checks.examples import LONGEST
from kgtools.corpora.files.file import File
from kgtools.corpora.files.place import Line, Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader, Turn
from kgtools.corpora.readers.alpaca import GIVEN, OUTPUTS
from kgtools.corpora.text.normalize import lang_of
from kgtools.tools.config import Settings

SAYS = {"messages", "conversations", "conversation", "dialogue", "chosen", "summary", "diagnosis", *GIVEN, *OUTPUTS}
"""Keys of rows that say something else than their text."""


class TextSettings(Settings):
    """What there is to choose."""

    separator: str = Field("", description="the line between two documents of a plain file; empty: a blank line")


def read(corpus: Corpus, settings: TextSettings) -> Iterator[Example]:
    """`{"text"}` in JSON, or the documents of plain files: one message of the assistant's each."""
    for file in corpus.files:
        for place, text in _from_json(corpus, file) if _is_json(file) else _documents(corpus, file, settings.separator):
            yield Example(place, (Turn("assistant", text),), "text", lang_of(text))


def _is_json(file: File) -> bool:
    values = file.quiet().values() if file.holds_values() else ()
    return any(isinstance(value, dict | str) for _, value in values)


def _from_json(corpus: Corpus, file: File) -> Iterator[tuple[Place, str]]:
    for place, row in file.json():
        if isinstance(row.get("text"), str):
            yield place, row["text"]
        else:
            corpus.refuse(place, "wrong-type" if "text" in row else "missing-field", "text must be a text")


def _documents(corpus: Corpus, file: File, separator: str) -> Iterator[tuple[Place, str]]:
    lines: list[str] = []
    row = begun = length = 0
    for place, text in chain(file.text(), (Line(file.place(), separator),)):
        if text.strip() == separator.strip():
            if length > LONGEST:
                corpus.refuse(file.place(begun, row), "too-long", f"a document of more than {LONGEST:,} characters")
            elif begun:
                yield file.place(begun, row), "\n".join(lines)
            lines, begun, length = [], 0, 0
        elif begun or text.strip():
            if not begun:
                begun, row = place.line, row + 1
            length += len(text)
            if length <= LONGEST:
                lines.append(text)
            else:
                lines.clear()


def fits(preview: FilePreview) -> str | None:
    if (
        preview.holds_objects
        and isinstance(preview.first("text"), str)
        and not {name.lower() for name in preview.columns} & SAYS
    ):
        return "objects with a text"
    if (
        preview.layout == "text"
        and preview.text.strip()
        and not preview.text.lstrip("\ufeff \n").startswith(("{", "["))
    ):
        return "lines of a text"
    return None


READER = Reader(
    title="Texts for pre-training",
    license="unknown",
    license_note="that of whoever made the file",
    files='JSON lines of {"text"}, or plain text with a blank line (or --set separator=LINE) between documents',
    read=read,
    fits=fits,
    settings=TextSettings,
    general=True,
)
