"""ClinicalBench: cases of 24 departments with their reports, where each report's impression tells the diagnosis."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.headings import Piece, Section, as_text, split
from kgtools.corpora.ehr.records import LangSettings, example, record_of
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader

NEEDED = ("principal_diagnosis", "clinical_case_summary")
INSTEAD = {
    "imageological_examination": (Section.IMAGING, Section.OTHER),
    "laboratory_examination": (Section.LABS,),
    "pathological_examination": (Section.PATHOLOGY,),
}
"""The structured reports, and the sections of the summary that repeat them (of images: their impressions)."""


def read(corpus: Corpus, settings: LangSettings) -> Iterator[Example]:
    """The summary's notes with the findings of the reports. The answer is the principal diagnosis; the preliminary ones are
    kept out as well. The published files are no valid JSON (`\\#`): they are read as if they were."""
    for file in corpus.files:
        for place, row in file.json(lenient=True):
            if not all(isinstance(row.get(key), str) for key in NEEDED):
                corpus.refuse(place, "missing-field", f"{' and '.join(NEEDED)} must be texts")
                continue
            texts = {key: corpus.plain(row.get(key)) for key in (*NEEDED, "preliminary_diagnosis", *INSTEAD)}
            reports, taken = _reports(texts)
            instead = {section for key in INSTEAD if _says(texts[key]) for section in INSTEAD[key]}
            story = [piece for piece in split(texts["clinical_case_summary"]) if piece.section not in instead]
            diagnoses = dx.parse(texts["principal_diagnosis"], "principal")
            diagnoses += dx.parse(as_text(texts["preliminary_diagnosis"]), "preliminary")
            lang = str(row.get("language") or settings.lang)
            record = record_of(
                place, [*story, *reports], lang if lang in ("zh", "en") else settings.lang, {}, diagnoses, taken=taken,
                record_id=as_text(row.get("id")), patient=as_text(row.get("clinical_case_uid")), visit_type="inpatient",
                department=as_text(row.get("clinical_department")),
            )  # fmt: skip
            if found := example(corpus, record):
                yield found


def _reports(row: dict[str, Any]) -> tuple[list[Piece], Counter[str]]:
    """Findings of images, abnormal results of the laboratory (all where no field names them), pathology."""
    pieces: list[Piece] = []
    taken: Counter[str] = Counter()
    images = row.get("imageological_examination")
    for name, report in images.items() if isinstance(images, dict) else ():
        fields = report if isinstance(report, dict) else {"findings": report}
        taken["impression"] += _says(fields.get("impression"))
        pieces.append(Piece(Section.IMAGING, _name_value(name, fields.get("findings"))))
    tests = row.get("laboratory_examination")
    for name, test in tests.items() if isinstance(tests, dict) else ():
        fields = test if isinstance(test, dict) else {"result": test}
        pieces.append(Piece(Section.LABS, _name_value(name, fields.get("abnormal") or fields.get("result"))))
    pieces.append(Piece(Section.PATHOLOGY, _name_value("", row.get("pathological_examination"))))
    return [piece for piece in pieces if piece.text], taken


def _name_value(name: str, value: Any) -> str:
    text = as_text(value)
    return (f"{name.replace('_', ' ')}: " if name else "") + text if _says(text) else ""


def _says(value: Any) -> bool:
    text = as_text(value)
    return bool(text) and not dx.NOTHING.fullmatch(text)


def fits(preview: FilePreview) -> str | None:
    if preview.has(*NEEDED, "imageological_examination"):
        return "its keys are ClinicalBench's: principal_diagnosis, imageological_examination, ..."
    return None


READER = Reader(
    title="ClinicalBench (ClinicalLab)",
    license="unknown",
    license_note="on application, under a licence agreement of its publishers",
    files="JSON objects or arrays of cases, Chinese or English",
    read=read,
    fits=fits,
    settings=LangSettings,
    private=True,
    url="https://github.com/WeixiangYAN/ClinicalLab",
)
