"""MIMIC-IV-Note: discharge summaries, cut at their headings; the masks `___` stay."""

from collections.abc import Iterator

from kgtools.corpora.ehr.headings import Piece, Section, split
from kgtools.corpora.ehr.records import example, record_of
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, PublishedFile, Reader

COLUMNS = ("note_id", "subject_id", "hadm_id", "note_type", "text")
COURSE = "brief hospital course"


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """A record for each summary (`note_type` DS); all of a subject share their key. What stands behind the hospital course
    tells what followed: only its diagnoses are read."""
    for file in corpus.files:
        for place, row in file.csv():
            if not set(COLUMNS) <= set(row):
                corpus.refuse(place, "missing-column", f"expected {', '.join(COLUMNS)}")
                continue
            if row["note_type"] not in ("DS", ""):
                corpus.refuse(place, "no-summary", "an addendum or another note, not a discharge summary")
                continue
            pieces = _before_the_course(split(corpus.plain(row["text"]), reports=True))
            if not any(piece.section is not Section.ABOUT for piece in pieces):
                corpus.refuse(place, "no-sections", "no heading of a discharge summary")
                continue
            record = record_of(
                place, pieces, "en", record_id=row["note_id"], patient=row["subject_id"], visit_type="inpatient"
            )
            if found := example(corpus, record):
                yield found


def _before_the_course(pieces: list[Piece]) -> list[Piece]:
    behind = next((n for n, piece in enumerate(pieces) if piece.heading == COURSE), len(pieces))
    return pieces[:behind] + [piece for piece in pieces[behind:] if piece.section is Section.DIAGNOSIS]


def fits(preview: FilePreview) -> str | None:
    return "its columns are those of MIMIC-IV-Note" if preview.has(*COLUMNS) else None


READER = Reader(
    title="MIMIC-IV-Note discharge summaries",
    license="LicenseRef-PhysioNet-Credentialed-Health-Data-1.5.0",
    license_note="for credentialed users who signed the data use agreement; not to be shared",
    files="discharge.csv (also gzip)",
    read=read,
    fits=fits,
    published=(PublishedFile(COLUMNS, ("note_seq", "charttime", "storetime")),),
    private=True,
    url="https://physionet.org/content/mimic-iv-note/",
)
