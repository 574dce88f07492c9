"""Patient records of any hospital: JSON, JSON lines, CSV, workbooks and free text, with Chinese or English keys or headings."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.diagnoses import Diagnosis
from kgtools.corpora.ehr.headings import FINDINGS, INPUT, Piece, Section, as_text, find, key_of, split
from kgtools.corpora.ehr.records import LangSettings, example, record_of
from kgtools.corpora.files.file import File
from kgtools.corpora.files.keys import WatchedObject
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader
from kgtools.corpora.text.escapes import without_escapes

LONGEST = 1_000_000
"""Characters of a record: a longer one is several, whose separator we do not know."""
BETWEEN = re.compile(r"\s*+(?:={5,}|-{5,})\s*+|[^\S\f]*+\f\s*+")
"""What parts two records: `=====`, `-----`, a form feed."""
KEYS = {
    "patient": "patient|patient id|patientid|subject id|person id|患者id|患者编号|病人id|病案号|病历号|住院号|门诊号|登记号|mrn|pid",
    "record": "id|record id|visit id|encounter id|hadm id|就诊号|就诊id|流水号|记录id|编号",
    "sex": "sex|gender|性别", "age": "age|age years|年龄", "department": "department|dept|clinical department|科室|就诊科室|科别",
    "visit": "visit type|encounter type|就诊类型|就诊类别|就诊方式", "group": "disease group|疾病分组|疾病系统|病种",
    "icd10": "icd10|icd|icd 10|icd code|icd10 code|icd编码|疾病编码|诊断编码|icd10编码", "split": "split",
}  # fmt: skip
FACT_OF = {name: fact for fact, names in KEYS.items() for name in names.split("|")}
NOTES = (
    "text", "note", "notes", "note text", "content", "record", "medical record", "medical case", "emr", "ehr", "case", "病历",
    "病历内容", "病历文本", "文本", "内容", "全文",
)  # fmt: skip
SPLITS = {"val": "validation", "valid": "validation", "dev": "validation", "validation": "validation"}
Parted = tuple[list[Piece], dict[str, str], list[Diagnosis]]
NAMED = ("text", "name", "diagnosis", "display", "诊断名称", "名称", "诊断")
TYPES = {
    "主要": "principal",
    "primary": "principal",
    "次要": "secondary",
    "其他": "secondary",
    "secondary": "secondary",
}


class EhrSettings(LangSettings):
    """`separator`: the line that stands between the records of a text file; without it a line of five or more `=` or `-`, or
    a form feed."""

    separator: str = ""


def read(corpus: Corpus, settings: EhrSettings) -> Iterator[Example]:
    """A record for each object, row or text; the sections are told by their keys, columns or headings."""
    for file in corpus.files:
        layout = layout_of(file)
        records: Iterator[tuple[Place, list[Piece], dict[str, str], list[Diagnosis]]]
        if layout == "text":
            records = (
                (place, split(corpus.plain(text)), {}, []) for place, text in texts_of(corpus, file, settings.separator)
            )
        else:
            rows = file.json() if layout == "json" else file.csv()
            records = ((row.place, *_parts(corpus, corpus.plain(row.values), row.values)) for row in rows)
        for place, pieces, facts, diagnoses in records:
            if not any(piece.section is not Section.ABOUT for piece in pieces):
                corpus.refuse(place, "no-sections", "no key, column or heading of a patient record")
                continue
            if layout == "text" and pieces[0].section is Section.ABOUT:
                corpus.count("text before the first heading left out")
            part = facts.get("split", "").lower() or None
            record = record_of(place, pieces, settings.lang, facts, diagnoses, split=SPLITS.get(part or "", part))
            if found := example(corpus, record):
                yield found


def layout_of(file: File) -> str:
    """`table` (a workbook, or a header of known columns), `json`, or `text`."""
    if file.is_table():
        return "table"
    with file.characters() as lines:
        first = next((line for line in iter(lambda: lines.readline(LONGEST), "") if line.strip("\ufeff \t\r\n\0")), "")
    if re.match(r'\ufeff?\s*(?:\{|\[\s*(?:[\[{"\]]|$))', first):
        return "json"
    known = [cell for cell in re.split(r"[,;\t]", first.strip("\ufeff\r\n")) if _known(cell.strip(' "'))]
    return "table" if len(known) > 1 else "text"


def _known(key: str) -> bool:
    return bool(find(key)) or key_of(key) in FACT_OF or key_of(key) in NOTES


def texts_of(corpus: Corpus, file: File, separator: str) -> Iterator[tuple[Place, str]]:
    """The records of a text file, each with the place of its first line."""
    lines: list[str] = []
    place, size, row = file.place(1, 1), 0, 1
    for line in file.text():
        between = line.text.strip() == separator.strip() if separator else bool(BETWEEN.fullmatch(line.text))
        if not between:
            if not lines:
                place = line.place._replace(row=row)
            lines += [line.text] if size < LONGEST and (lines or line.text.strip()) else []
            size += len(line.text)
            continue
        yield from _document(corpus, place, lines, size)
        row += bool(lines)
        lines, size = [], 0
    yield from _document(corpus, place, lines, size)


def _document(corpus: Corpus, place: Place, lines: list[str], size: int) -> Iterator[tuple[Place, str]]:
    if size >= LONGEST:
        corpus.refuse(place, "too-long", f"more than {LONGEST:,} characters; is there a separator between the records?")
    elif lines:
        yield place, "\n".join(lines)


def _parts(corpus: Corpus, values: Mapping[str, Any], row: Any) -> Parted:
    """The parts of a record; `row`: the same as its file has it, which hears what was left."""
    pieces: list[Piece] = []
    facts: dict[str, str] = {}
    diagnoses: list[Diagnosis] = []
    for key, value in values.items():
        name, meaning = key_of(key), find(key)
        if name in FACT_OF:
            facts.setdefault(FACT_OF[name], as_text(value))
        elif isinstance(value, dict) and not meaning and name not in NOTES and _is_report(value):
            pieces.append(Piece(Section.IMAGING, f"{key}：\n{as_text(value)}"))
        elif isinstance(value, dict) and (name in NOTES or not meaning or meaning[0] is Section.ABOUT):
            inner = _parts(corpus, value, row[key])
            pieces, facts, diagnoses = [*pieces, *inner[0]], inner[1] | facts, [*diagnoses, *inner[2]]
        elif meaning and meaning[0] is Section.DIAGNOSIS:
            diagnoses += _diagnoses(value, meaning[1])
        elif meaning:
            pieces += split(as_text(value), meaning[0], reports=True)
        elif name in NOTES and isinstance(value, str):
            pieces += split(value)
        else:
            corpus.count("fields of no known section left out", bool(as_text(value)))
            if isinstance(row, WatchedObject):
                row.leave(key)
    return pieces, facts, diagnoses


def _is_report(value: dict[str, Any]) -> bool:
    """Whether an object tells what was seen and concluded; its impression is no diagnosis of the record."""
    return any(FINDINGS.search(key) or find(key) == (Section.DIAGNOSIS, "impression") for key in value)


def _diagnoses(value: Any, kind: str) -> list[Diagnosis]:
    """Texts, lists of texts, or objects with a name, a code and a type."""
    diagnoses: list[Diagnosis] = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            diagnoses += dx.parse(as_text(one), kind)
            continue
        fields = {key_of(key): as_text(inner) for key, inner in one.items()}
        type_ = fields.get("type", "") or fields.get("kind", "") or fields.get("类型", "") or fields.get("诊断类型", "")
        known = find(type_) or find(f"{type_} diagnosis") or find(f"{type_}诊断")
        kind_of_one = (known[1] if known else "") or TYPES.get(type_.strip().lower(), kind)
        code = next((fields[name] for name in ("icd10", "code", "icd", "编码", "诊断编码") if fields.get(name)), "")
        text = next((fields[name] for name in NAMED if fields.get(name)), "")
        diagnoses += [diagnosis] if (diagnosis := dx.one(text, kind_of_one, code)) else []
    return diagnoses


def fits(preview: FilePreview) -> str | None:
    """Keys or headings of a complaint or story, of one more section, and of a diagnosis."""
    if preview.layout == "text":
        headings = [
            (piece.section, piece.heading) for piece in split(without_escapes(preview.text)[0]) if piece.heading
        ]
    else:
        row = preview.rows[0] if preview.rows and isinstance(preview.rows[0], dict) else {}
        inner = next((value for key, value in row.items() if key_of(key) in NOTES and isinstance(value, dict)), {})
        headings = [(known[0], key_of(key)) for key in (*preview.columns, *inner) if (known := find(key))]
    seen = {section for section, _ in headings}
    notes = seen & set(INPUT)
    if Section.DIAGNOSIS in seen and len(notes) > 1 and notes & {Section.COMPLAINT, Section.PRESENT}:
        names = list(
            dict.fromkeys(name for section, name in headings if section in notes or section is Section.DIAGNOSIS)
        )
        return f"it has the headings of patient records: {', '.join(names[:5])}"
    return None


READER = Reader(
    title="Patient records with Chinese or English headings",
    license="unknown",
    license_note="records of patients are their hospital's; say what you know with --license",
    files="JSON, JSON lines, CSV or XLSX (a record a row, keys or columns such as 主诉 or chief_complaint), or texts with headings",
    read=read,
    fits=fits,
    settings=EhrSettings,
    private=True,
)
