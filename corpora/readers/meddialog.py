"""MedDialog: talks of patients with doctors, as raw text by year or as JSON, in Chinese and in English."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.dialogue.consultations import (
    ADDRESS,
    HEADING,
    ID,
    SPEAKER,
    Consultation,
    Dialogue,
    consultations,
    read_description,
    strip_marks,
    summed_up,
)
from kgtools.corpora.dialogue.descriptions import CLINICALGPT, NAMES, Fields, render_fields
from kgtools.corpora.dialogue.messages import take_turns
from kgtools.corpora.dialogue.speakers import NotTurns, with_inner
from kgtools.corpora.dialogue.turns import end_with_answer, texts
from kgtools.corpora.files.json_values import kind_of
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, Reader, Turn
from kgtools.corpora.text.normalize import lang_of
from kgtools.tools.config import Settings

NAMED = SPLITS | {"validate": "validation", "validation": "validation"}
CASE = ("medical_case", "doctor_diagnosis")
UTTERANCES = ("Dialogue", "utterances")


class MedDialogSettings(Settings):
    """What there is to choose."""

    description: Literal["full", "clinicalgpt", "illness", "none"] = Field(
        "full",
        description="what of the patient's description is the first message: full; clinicalgpt: illness, how long, course, help "
        "wanted; illness: the course alone, as its authors do; none: the talk alone",
    )
    summary: Literal["alone", "turn", "record"] = Field(
        "alone",
        description="a doctor's diagnosis and suggestions: alone: only where the doctor says nothing else, as the answer; "
        "turn: also the last message of its talk; record: also a record of its own",
    )


def read(corpus: Corpus, settings: MedDialogSettings) -> Iterator[Example]:
    """Raw text, `[{Turn, Id, Dialogue: [...]}]`, `[[...], ...]`, `[{description, utterances: [...]}]`, or
    `[{id, medical_case, doctor_diagnosis, Department}]`. The addresses of pages go into the key alone."""
    for file in corpus.files:
        if file.holds_values():
            split = word_in_path(file, NAMED)
            for place, row in file.values():
                yield from _published(corpus, place, row, split, settings)
        else:
            for consultation in consultations(corpus, file):
                yield from _read_consultations(corpus, consultation, settings)


def _read_consultations(corpus: Corpus, page: Consultation, settings: MedDialogSettings) -> Iterator[Example]:
    meta = {"id": page.id, "hospital": page.hospital} | _department(page.department)
    if not page.dialogues:
        corpus.refuse(page.place, "no-dialogue", "a page with neither a dialogue nor a diagnosis")
    corpus.count("follow-up talks, each a record of its own", max(len(page.dialogues) - 1, 0))
    for number, dialogue in enumerate(page.dialogues, start=1):
        about = meta | ({"talk": number} if len(page.dialogues) > 1 else {})
        yield from _examples(corpus, dialogue, settings, key=page.thread or _key(dialogue), meta=about)


def _published(
    corpus: Corpus, place: Place, row: Any, split: str | None, settings: MedDialogSettings
) -> Iterator[Example]:
    values = {"Dialogue": row} if isinstance(row, list) else row
    try:
        if not isinstance(values, dict):
            raise NotTurns("not-an-object", f"found {kind_of(row)}, expected an object or a list of utterances")
        dialogue = _case(corpus, place, values) if set(CASE) <= set(values) else _read_dialogue(corpus, place, values)
    except NotTurns as why:
        corpus.refuse(place, why.reason, str(why))
        return
    meta = {"id": values.get("Id", values.get("id"))} | _department(values.get("Department"))
    yield from _examples(corpus, dialogue, settings, key=_key(dialogue), meta=meta, split=split)


def _case(corpus: Corpus, place: Place, values: dict[str, Any]) -> Dialogue:
    case, diagnosis = (_text(corpus, values, key) for key in CASE)
    if not (summary := summed_up(corpus, diagnosis)):
        raise NotTurns("no-answer", "the doctor's diagnosis is empty")
    return Dialogue(place, read_description(corpus, case), (), summary)


def _read_dialogue(corpus: Corpus, place: Place, values: dict[str, Any]) -> Dialogue:
    utterances = next((values[key] for key in UTTERANCES if key in values), None)
    if not isinstance(utterances, list):
        raise NotTurns("missing-field", f"expected a list under {' or '.join(UTTERANCES)}, or {' and '.join(CASE)}")
    if not utterances:
        raise NotTurns("no-dialogue", "the list of utterances is empty")
    names, spoken = [], []
    for number, utterance in enumerate(utterances, start=1):
        if not isinstance(utterance, str):
            raise NotTurns("wrong-type", f"utterance {number} must be a text")
        utterance = corpus.plain(utterance)
        if not (speaker := SPEAKER.match(utterance)):
            raise NotTurns("unknown-role", f"utterance {number} begins with neither the patient nor the doctor")
        names.append(speaker[1])
        spoken.append(utterance[speaker.end() :].strip())
    turns = with_inner(names, spoken)
    return Dialogue(place, read_description(corpus, _text(corpus, values, "description")), tuple(turns))


def _text(corpus: Corpus, values: dict[str, Any], key: str) -> str:
    text = values.get(key) or ""
    if not isinstance(text, str):
        raise NotTurns("wrong-type", f"{key} must be a text")
    return strip_marks(corpus, text)


def _department(department: Any) -> dict[str, Any]:
    return {"department": department, "category": department} if isinstance(department, str) else {}


def _key(dialogue: Dialogue) -> str:
    """What stands for the patient where no address does: the description, or the first message."""
    return render_fields(dialogue.description) or next((turn.content for turn in dialogue.turns), "")


def _examples(
    corpus: Corpus,
    dialogue: Dialogue,
    settings: MedDialogSettings,
    key: str,
    meta: dict[str, Any],
    split: str | None = None,
) -> Iterator[Example]:
    tasks = []
    if dialogue.turns:
        tasks.append("dialogue")
    if dialogue.summary and (not dialogue.turns or settings.summary == "record"):
        tasks.append("qa")
    for task in tasks:
        try:
            turns = _answer(dialogue, settings) if task == "qa" else _dialogue(corpus, dialogue, settings)
        except NotTurns as why:
            corpus.refuse(dialogue.place, why.reason, str(why))
            continue
        answer = dialogue.summary if task == "qa" else None
        yield Example(dialogue.place, turns, task, lang_of(*texts(turns)), answer, key, split, meta)


def _answer(dialogue: Dialogue, settings: MedDialogSettings) -> list[Turn]:
    """The description and the doctor's summary. Raises NotTurns."""
    description = _opening(dialogue.description, "full" if settings.description == "none" else settings.description)
    question = [Turn("user", description)] if description else []
    return end_with_answer([*question, Turn("assistant", dialogue.summary)])


def _dialogue(corpus: Corpus, dialogue: Dialogue, settings: MedDialogSettings) -> list[Turn]:
    """The description and what is said; the summary too, where it is wanted or the doctor says nothing else. Raises NotTurns."""
    silent = not any(turn.role == "assistant" and turn.content for turn in dialogue.turns)
    last = bool(dialogue.summary) and (silent or settings.summary == "turn")
    corpus.count(
        "summaries left out beside their dialogue", bool(dialogue.summary) and not last and settings.summary == "alone"
    )
    said = [*dialogue.turns, *[Turn("assistant", dialogue.summary)] * last]
    return take_turns(corpus, said, _opening(dialogue.description, settings.description))


def _opening(fields: Fields, which: str) -> str:
    """The fields of the description that are wanted; text under no label is the course of the illness."""
    if which == "illness":
        return "\n".join(fields[name] for name in ("", "病情描述") if name in fields)
    return "" if which == "none" else render_fields(fields, CLINICALGPT if which == "clinicalgpt" else NAMES)


def fits(preview: FilePreview) -> str | None:
    if preview.layout == "text":
        lines = [line.strip() for line in preview.text.split("\n")]
        there = [any(map(part.fullmatch, lines)) for part in (ID, ADDRESS, HEADING)]
        return "id=, an address and headings such as Dialogue, as MedDialog's raw text has them" if all(there) else None
    first = preview.rows[0] if preview.holds_objects and preview.rows else None
    if isinstance(first, dict):
        if set(CASE) <= set(first):
            return "medical_case and doctor_diagnosis, as cases of MedDialog have them"
        first = next((first[key] for key in UTTERANCES if key in first), None)
    if isinstance(first, list) and first and all(isinstance(text, str) and SPEAKER.match(text) for text in first):
        return "lists of what the patient and the doctor say, as MedDialog has them"
    return None


READER = Reader(
    title="MedDialog and COVID-Dialogue",
    license="unknown",
    license_note="none is stated; its authors say that all copyrights belong to the sites (haodf.com, icliniq.com and others)",
    files="raw text by year (2010.txt ... 2020.txt), its processed JSON and splits, or Med-dialog_100.json",
    read=read,
    fits=fits,
    settings=MedDialogSettings,
    private=True,
    categories=Categories("department"),
    url="https://github.com/UCSD-AI4H/Medical-Dialogue-System",
)
