"""The reports of IMCS-21: written from a talk, or read as patient records of which the diagnosis is asked."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from kgtools.corpora.dialogue.imcs import (
    LICENSE_NOTE,
    SECTIONS,
    URL,
    ImcsDialogue,
    Report,
    first_of,
    read_dialogues,
    reports,
)
from kgtools.corpora.dialogue.messages import EMPTY, as_lines, drop_empty
from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr import records as ehr
from kgtools.corpora.ehr.headings import Piece, find
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, Reader, Turn
from kgtools.tools.config import Settings

ASKED = f"根据下面患者的自述和问诊对话，写一份诊疗报告，包括{'、'.join(SECTIONS)}。\n\n"


class ImcsReportSettings(Settings):
    """What there is to choose."""

    make: Literal["report", "diagnosis"] = Field(
        "report",
        description="report: it is written from the talk; diagnosis: it is told from the report's other sections",
    )
    reports: Literal["first", "all"] = Field(
        "first",
        description="first: one record of each talk (report: the others stand in its meta); all: a record of each report",
    )


def read(corpus: Corpus, settings: ImcsReportSettings) -> Iterator[Example]:
    """A record of each talk, or of each of its (two) reports."""
    for dialogue in read_dialogues(corpus):
        if not dialogue.before and all(EMPTY.fullmatch(content) for _, content in dialogue.turns):
            corpus.refuse(dialogue.place, "no-dialogue", "nothing is told or said")
            continue
        numbered = reports(corpus, dialogue)
        if not dialogue.row.get("report"):
            if settings.make == "report":
                corpus.count("talks without a report, asked without an answer")
                yield _report_example(corpus, dialogue, [], None)
            else:
                corpus.refuse(dialogue.place, "no-report", "the talk has no report; those of the hidden test have none")
        for number, report in numbered if settings.reports == "all" else numbered[:1]:
            if settings.make == "report":
                others = [other for at, other in numbered if at != number]
                yield _report_example(corpus, dialogue, [report, *others], number)
            elif record := _diagnosis_example(corpus, dialogue, report, number):
                yield record


def _report_example(
    corpus: Corpus, dialogue: ImcsDialogue, reports_of_dialogue: list[Report], number: int | None
) -> Example:
    """The talk and the report that is written from it. In a talk the doctor may say the diagnosis, which the report repeats."""
    before = f"自述：{dialogue.before}\n\n" if dialogue.before else ""
    turns = [Turn("user", f"{ASKED}{before}对话：\n{as_lines(drop_empty(corpus, dialogue.turns))}")]
    texts = ["\n".join(f"{name}：{text}" for name, text in report.items()) for report in reports_of_dialogue]
    answer = texts[0] if texts else None
    turns += [Turn("assistant", answer)] if answer else []
    meta = {
        "id": dialogue.id, "disease_group": dialogue.diagnosis, "category": dialogue.diagnosis, "report": number, "references": texts[1:],
    }  # fmt: skip
    return Example(dialogue.place, turns, "report", "zh", answer, key=dialogue.id, split=dialogue.split, meta=meta)


def _diagnosis_example(corpus: Corpus, dialogue: ImcsDialogue, report: Report, number: int) -> Example | None:
    """The report without its diagnosis and advice, and the diagnosis. The label of the talk is kept out of the notes as well;
    it is the answer where the report names none."""
    known = [(find(name), text) for name, text in report.items()]
    pieces = [Piece(section[0], text, kind=section[1]) for section, text in known if section]
    label = dx.parse(dialogue.diagnosis, "impression")
    record = ehr.record_of(
        dialogue.place, pieces, "zh", {}, label, patient=dialogue.id, record_id=dialogue.id, disease_group=dialogue.diagnosis, split=dialogue.split,
        meta={"id": dialogue.id, "category": dialogue.diagnosis, "report": number},
    )  # fmt: skip
    return ehr.example(corpus, record)


def fits(preview: FilePreview) -> str | None:
    return "talks by id with reports, as IMCS-21 has them" if first_of(preview).get("report") else None


READER = Reader(
    title="IMCS-21, its reports",
    license="unknown",
    license_note=LICENSE_NOTE,
    files="train.json, dev.json and test.json, objects of talks by id with two reports each",
    read=read,
    fits=fits,
    settings=ImcsReportSettings,
    private=True,
    categories=Categories("disease_group"),
    url=URL,
)
