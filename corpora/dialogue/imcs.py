"""The files of IMCS-21: talks about sick children with what was told before, labels and two reports each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.dialogue.turns import conversation
from kgtools.corpora.files.json_values import kind_of
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, FilePreview, Turn

BEFORE = ("self_report", "self-report")
"""How the released files call what the patient told before the talk, and how their documentation does."""
SECTIONS = ("主诉", "现病史", "辅助检查", "既往史", "诊断", "建议")
MISSPELT = {"即往史": "既往史"}
HEADING = re.compile(rf"(?:^|(?<=\n))[^\S\n]*({'|'.join((*SECTIONS, *MISSPELT))})\s*[：:]")

LICENSE_NOTE = "none is stated in either of its repositories; the texts are talks of patients on a site"
URL = "https://github.com/lemuria-wchen/imcs21"

Report = dict[str, str]
"""The text of each section, in the order of SECTIONS; those that are empty are left out."""


@dataclass(frozen=True)
class ImcsDialogue:
    """One talk. `before`: what the patient told before it; `said`: its sentences; `sentences`: their rows, with the labels.

    `row`: all that the file has of it."""

    place: Place
    id: str
    split: str | None
    before: str
    turns: tuple[Turn, ...]
    sentences: tuple[Mapping[str, Any], ...]
    diagnosis: str
    row: Mapping[str, Any]


def read_dialogues(corpus: Corpus) -> Iterator[ImcsDialogue]:
    """Those of all files, each an object of talks by id, one in memory at a time; what is none is refused."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        seen: set[str] = set()
        for number, (place, id_, row) in enumerate(file.members(), start=1):
            where = place._replace(row=number)
            try:
                if id_ in seen:
                    raise NotTurns("id-given-twice", "an earlier talk of this file has this id")
                yield _read_dialogue(corpus, where, id_, row, split)
            except NotTurns as why:
                corpus.refuse(where, why.reason, str(why))
            seen.add(id_)


def _read_dialogue(corpus: Corpus, place: Place, id_: str, row: Any, split: str | None) -> ImcsDialogue:
    if not isinstance(row, dict):
        raise NotTurns("not-an-object", f"found {kind_of(row)}, expected an object with a dialogue")
    before = next((row[name] for name in BEFORE if row.get(name) is not None), "")
    diagnosis = row.get("diagnosis") or ""
    if not isinstance(before, str) or not isinstance(diagnosis, str):
        raise NotTurns("wrong-type", f"{BEFORE[0]} and diagnosis must be texts")
    said = conversation(row.get("dialogue"), "speaker", "sentence")
    return ImcsDialogue(
        place, id_, split, before.strip(), tuple(said), tuple(row["dialogue"]), corpus.plain(diagnosis.strip()), row
    )


def reports(corpus: Corpus, dialogue: ImcsDialogue) -> list[tuple[int, Report]]:
    """The reports of a talk that can be read, each with its number from 1. The files of the hidden test have none."""
    given = dialogue.row.get("report")
    numbered: list[tuple[int, Report]] = []
    for number, value in enumerate(given if isinstance(given, list) else [given] if given else [], start=1):
        try:
            numbered.append((number, report_of(corpus, value)))
        except NotTurns as why:
            corpus.refuse(dialogue.place, why.reason, f"report {number}: {why}")
    return numbered


def report_of(corpus: Corpus, value: Any) -> Report:
    """A report out of an object of sections, or out of one text with headings as the first edition has it. Raises NotTurns."""
    value = corpus.plain(value)
    if isinstance(value, str):
        _, *parts = HEADING.split(value)
        value = dict(zip(parts[::2], parts[1::2], strict=True))
    if not isinstance(value, dict):
        raise NotTurns("wrong-type", f"found {kind_of(value)}, expected an object of sections")
    sections = {MISSPELT.get(name, name): text for name, text in value.items()}
    if not all(isinstance(text, str) for text in sections.values()):
        raise NotTurns("wrong-type", "each section must be a text")
    full = {name: sections[name].strip() for name in SECTIONS if sections.get(name, "").strip()}
    corpus.count("sections of reports left out: unknown", len(set(sections) - set(SECTIONS)))
    if not full:
        raise NotTurns("no-report", f"none of its sections says anything; expected {'、'.join(SECTIONS)}")
    return full


def symptoms_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Symptom to 0 (the patient has it not), 1 (has it) or 2 (the talk does not tell), as labelled for the whole talk."""
    labels = row.get("implicit_info")
    named = labels.get("Symptom", labels) if isinstance(labels, dict) else {}
    return {name: str(kind) for name, kind in named.items()} if isinstance(named, dict) else {}


def first_of(preview: FilePreview) -> Mapping[str, Any]:
    """The first talk of a file that is an object of talks; nothing for any other file."""
    rows = preview.rows[0] if preview.layout in ("json-object", "json-lines") and preview.rows else None
    row = next(iter(rows.values()), None) if isinstance(rows, dict) else None
    dialogue = row.get("dialogue") if isinstance(row, dict) else None
    sentence = dialogue[0] if isinstance(dialogue, list) and dialogue else None
    return row if row and isinstance(sentence, dict) and {"speaker", "sentence"} <= set(sentence) else {}
