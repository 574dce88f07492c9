"""CMB-Clin: cases with questions that build on each other; and its cases as DISC-MedLLM asks them, without answers."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from kgtools.corpora.exams.questions import cell_text
from kgtools.corpora.files.place import Row
from kgtools.corpora.reader import Corpus, Example, FilePreview, PublishedFile, Reader, Turn
from kgtools.tools.config import Settings


class CmbClinSettings(Settings):
    """What there is to choose."""

    history: bool = Field(True, description="no: each question stands alone behind its case, without those before it")


def read(corpus: Corpus, settings: CmbClinSettings) -> Iterator[Example]:
    """A record for each of a case's `QA_pairs`. The title is not in the messages: it may name the diagnosis."""
    for file in corpus.files:
        for row in file.json():
            if "QA_pairs" in row.values:
                yield from _ask(corpus, row, settings.history)
            elif cell_text(row.values.get("case")) and cell_text(row.values.get("first_question")):
                corpus.count("cases without an answer")
                case, opening = cell_text(row.values["case"]), cell_text(row.values["first_question"])
                name = cell_text(row.values.get("id"))
                meta = {"id": name, "case": case, "question": opening}
                yield Example(row.place, [Turn("user", opening)], "qa", "zh", key=name or case, meta=meta)
            else:
                corpus.refuse(
                    row.place, "missing-field", "a case has description and QA_pairs, or case and first_question"
                )


def _ask(corpus: Corpus, row: Row, history: bool) -> Iterator[Example]:
    case, name = cell_text(row.values.get("description")), cell_text(row.values.get("id"))
    pairs = row.values["QA_pairs"]
    if not case or not isinstance(pairs, list) or not pairs:
        corpus.refuse(row.place, "missing-field", "a case has a description and a list of QA_pairs")
        return
    before: list[Turn] = []
    for number, pair in enumerate(pairs, start=1):
        question, solution = _texts(pair)
        if not question or not solution:
            corpus.refuse(row.place, "no-question" if not question else "no-answer", f"pair {number} of {len(pairs)}")
            continue
        asked = question if before else f"{case}\n\n{question}"
        turns = [*before, Turn("user", asked), Turn("assistant", solution)]
        meta = {"id": name, "title": cell_text(row.values.get("title")), "pair": number, "question": question}
        yield Example(row.place, turns, "qa", "zh", solution, key=name or case, meta=meta)
        before = turns if history else []


def _texts(pair: Any) -> tuple[str, str]:
    return (cell_text(pair.get("question")), cell_text(pair.get("solution"))) if isinstance(pair, dict) else ("", "")


def fits(preview: FilePreview) -> str | None:
    if preview.has("description", "QA_pairs"):
        return "cases with QA_pairs, as CMB-Clin has them"
    if preview.has("case", "first_question"):
        return "cases with a first_question, as DISC-MedLLM has those of CMB-Clin"
    return None


READER = Reader(
    title="CMB-Clin",
    license="Apache-2.0",
    license_note="",
    files="JSON arrays of {id, title, description, QA_pairs}, or of {id, case, first_question}",
    read=read,
    fits=fits,
    published=(
        PublishedFile(("id", "title", "description", "QA_pairs"), (), "zh", ("description",)),
        PublishedFile(("id", "case", "first_question"), (), "zh", ("case",)),
    ),
    settings=CmbClinSettings,
    url="https://github.com/FreedomIntelligence/CMB",
)
