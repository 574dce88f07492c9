"""The reports of IMCS-21: written from a talk, or read as patient records of which the diagnosis is asked."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from kgtools.corpora.dialogue.imcs import LICENSE_NOTE, SECTIONS, URL, ImcsDialogue, Report, first_of, reports, talks
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
    for talk in talks(corpus):
        if not talk.before and all(EMPTY.fullmatch(content) for _, content in talk.turns):
            corpus.refuse(talk.place, "no-dialogue", "nothing is told or said")
            continue
        numbered = reports(corpus, talk)
        if not talk.row.get("report"):
            if settings.make == "report":
                corpus.count("talks without a report, asked without an answer")
                yield _report_example(corpus, talk, [], None)
            else:
                corpus.refuse(talk.place, "no-report", "the talk has no report; those of the hidden test have none")
        for number, report in numbered if settings.reports == "all" else numbered[:1]:
            if settings.make == "report":
                others = [other for at, other in numbered if at != number]
                yield _report_example(corpus, talk, [report, *others], number)
            elif record := _diagnosis_example(corpus, talk, report, number):
                yield record


def _report_example(corpus: Corpus, talk: ImcsDialogue, reports_of_talk: list[Report], number: int | None) -> Example:
    """The talk and the report that is written from it. In a talk the doctor may say the diagnosis, which the report repeats."""
    before = f"自述：{talk.before}\n\n" if talk.before else ""
    turns = [Turn("user", f"{ASKED}{before}对话：\n{as_lines(drop_empty(corpus, talk.turns))}")]
    texts = ["\n".join(f"{name}：{text}" for name, text in report.items()) for report in reports_of_talk]
    answer = texts[0] if texts else None
    turns += [Turn("assistant", answer)] if answer else []
    meta = {
        "id": talk.id, "disease_group": talk.diagnosis, "category": talk.diagnosis, "report": number, "references": texts[1:],
    }  # fmt: skip
    return Example(talk.place, turns, "report", "zh", answer, key=talk.id, split=talk.split, meta=meta)


def _diagnosis_example(corpus: Corpus, talk: ImcsDialogue, report: Report, number: int) -> Example | None:
    """The report without its diagnosis and advice, and the diagnosis. The label of the talk is kept out of the notes as well;
    it is the answer where the report names none."""
    known = [(find(name), text) for name, text in report.items()]
    pieces = [Piece(section[0], text, kind=section[1]) for section, text in known if section]
    label = dx.parse(talk.diagnosis, "impression")
    record = ehr.record_of(
        talk.place, pieces, "zh", {}, label, patient=talk.id, record_id=talk.id, disease_group=talk.diagnosis, split=talk.split,
        meta={"id": talk.id, "category": talk.diagnosis, "report": number},
    )  # fmt: skip
    return ehr.example(corpus, record)


def fits(look: FilePreview) -> str | None:
    return "talks by id with reports, as IMCS-21 has them" if first_of(look).get("report") else None


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
