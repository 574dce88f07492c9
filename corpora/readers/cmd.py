"""CMD (Toyhom's Chinese medical dialogue data): a patient's question with its title, and the answer of a department."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from kgtools.corpora.files.place import Row
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader, Turn
from kgtools.tools.config import Settings

COLUMNS = ("department", "title", "answer")
ASKS = ("ask", "question")
"""The column of the question, in the files and in what their publisher writes of them."""
NOTHING = ("", "无")
SYSTEM = "现在你是一个{department}医生，请根据患者的问题给出建议："


class CmdSettings(Settings):
    """What there is to choose."""

    prompt: Literal["plain", "toyhom"] = Field(
        "plain",
        description="plain: title and question; toyhom: also the system's message of its publisher, by department",
    )


def read(corpus: Corpus, settings: CmdSettings) -> Iterator[Example]:
    """`department,title,ask,answer`, with `question` for `ask` in some. A question `无` is none: then the title asks alone."""
    for file in corpus.files:
        for row in file.csv():
            ask = next((key for key in ASKS if key in row.values), None)
            if ask is None or not set(COLUMNS) <= set(row.values):
                corpus.refuse(
                    row.place, "missing-field", "expected the columns department, title, ask (or question), answer"
                )
                continue
            yield from _example(corpus, row, row.values[ask].strip(), settings)


def _example(corpus: Corpus, row: Row, ask: str, settings: CmdSettings) -> Iterator[Example]:
    department, title, answer = (row.values[key].strip() for key in COLUMNS)
    if ask in NOTHING and title in NOTHING:
        corpus.refuse(row.place, "no-question", "neither a title nor a question")
        return
    if answer in NOTHING:
        corpus.refuse(row.place, "no-answer", "the answer is empty")
        return
    turns = [Turn("user", _question(corpus, title, ask, settings)), Turn("assistant", answer)]
    if settings.prompt == "toyhom" and department:
        turns.insert(0, Turn("system", SYSTEM.format(department=department)))
    meta = {"department": department, "category": department, "title": title}
    yield Example(row.place, turns, "qa", "zh", key=f"{title}\n{ask}", meta=meta)


def _question(corpus: Corpus, title: str, ask: str, settings: CmdSettings) -> str:
    if ask in NOTHING:
        corpus.count("empty questions left out, the title asks alone")
        return title
    if title in NOTHING:
        return ask
    if settings.prompt == "plain" and title in ask:
        corpus.count("titles left out that the question repeats")
        return ask
    return f"{title}，{ask}" if settings.prompt == "toyhom" else f"{title}\n{ask}"


def fits(preview: FilePreview) -> str | None:
    if preview.is_table and preview.has(*COLUMNS) and any(preview.has(ask) for ask in ASKS):
        return "columns department, title, ask and answer, as Toyhom's data has them"
    return None


READER = Reader(
    title="CMD (Chinese medical dialogue data, Toyhom)",
    license="MIT",
    license_note="its repository's; whence the texts are is not said, they look like a consultation site's",
    files="CSV files of departments (GB18030 or UTF-8) with the columns department, title, ask, answer",
    read=read,
    fits=fits,
    published=tuple(PublishedFile((*COLUMNS, ask), (), "zh", ("title", ask)) for ask in ASKS),
    settings=CmdSettings,
    private=True,
    categories=Categories("department"),
    url="https://github.com/Toyhom/Chinese-medical-dialogue-data",
)
