"""The files of MC: labels by utterance as they are published, and the texts as their repository fetches or writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal, NamedTuple

from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.dialogue.turns import conversation
from kgtools.corpora.files.file import BLANK, File
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Line, Place
from kgtools.corpora.reader import Corpus, FilePreview, Turn

LABELS, TALK, SUMMARY = ("id", "labels", "speaker_role"), ("id", "content"), ("description", "suggestion")
ROLES = {"P": "user", "D": "assistant"}
HEAD = re.compile(r"\ufeff?id\t([^\t]*)\tapartment\t([^\t]*)\tdisease\t([^\t]*)")
"""The first line of a dialogue: `id⇥1⇥apartment⇥内科⇥disease⇥感冒`."""
SAID = re.compile(r"([PD])\t(.*)\t([^\t]*)")
"""`P⇥头痛三天⇥1`: who speaks, what, and its label."""
SUMMED = re.compile(r"SUM([12])[^\t]*\t(.*)")
"""`SUM1⇥...`: the patient's problem, `SUM2` the advice."""
ID = re.compile(r"\ufeff?\s*(\d{3,})\s*")
"""An id alone in its line."""
LONGEST = 1_000_000
"""Characters in a talk; what is longer is refused, so that no file can fill the memory."""

Kind = Literal["labels", "fetched", "dialog", "split"]


class Labels(NamedTuple):
    """What is known of a talk beside its text. `labels`: a character for each utterance, 1 (problem), 2 (advice), 0 (neither);
    `speakers`: P or D for each."""

    place: Place
    department: str
    disease: str
    labels: str
    speakers: str
    split: str | None


@dataclass(frozen=True)
class McDialogue:
    """A talk with its text. `problem`, `advice`: its summary; the rest only where it stands in the same file."""

    place: Place
    id: str
    turns: tuple[Turn, ...]
    problem: str = ""
    advice: str = ""
    department: str = ""
    disease: str = ""
    labels: str = ""
    split: str | None = None


def file_kind(file: File) -> Kind | None:
    """Told by the first lines: an object that has what labels or fetched talks have, the head of a talk, or an id."""
    start = file.start()
    if start.startswith(("{", "[")):
        for row in islice(file.quiet().json(), 20):
            if set(LABELS) <= set(row.values):
                return "labels"
            if set(TALK) <= set(row.values):
                return "fetched"
        return None
    return "dialog" if HEAD.match(start) else "split" if ID.fullmatch(start) else None


def labels_of(corpus: Corpus, files: list[File]) -> dict[str, Labels]:
    """The labels by the id of their talk."""
    labels_by_id: dict[str, Labels] = {}
    for file in files:
        split = word_in_path(file, SPLITS)
        for place, row in file.json():
            id_, department, disease = (_text(row.get(key)) for key in ("id", "department", "disease"))
            labels, speakers = _join_marks(row.get("labels"), "012"), _join_marks(row.get("speaker_role"), "PD")
            if not set(LABELS) <= set(row) or not id_:
                corpus.refuse(place, "missing-field", f"expected {', '.join(LABELS)}")
            elif labels is None or speakers is None or len(labels) != len(speakers):
                corpus.refuse(
                    place, "wrong-type", "labels must be a list of 0, 1, 2, speaker_role one of P, D, of one length"
                )
            elif id_ in labels_by_id:
                corpus.refuse(place, "id-given-twice", "earlier labels have this id")
            else:
                labels_by_id[id_] = Labels(place, department, disease, labels, speakers, split)
    return labels_by_id


def splits_of(corpus: Corpus, files: list[File]) -> dict[str, str | None]:
    """The split of each id that stands alone in its line; the file's name says which."""
    splits: dict[str, str | None] = {}
    for file in files:
        split = word_in_path(file, SPLITS)
        for place, text in file.text():
            if id_ := ID.fullmatch(text):
                splits[id_[1]] = split
            elif text.strip(BLANK):
                corpus.refuse(place, "no-id", "a line of a split must be an id")
    return splits


def read_dialogues(corpus: Corpus, file: File, kind: Kind) -> Iterator[McDialogue]:
    """The talks of a file of texts, one in memory at a time."""
    return _read_fetched(corpus, file) if kind == "fetched" else _dialogs(corpus, file)


def _read_fetched(corpus: Corpus, file: File) -> Iterator[McDialogue]:
    """`{id, url, content: [{speaker, utterance}], summary: {description, suggestion}}`."""
    split = word_in_path(file, SPLITS)
    for place, row in file.json():
        summary = row.get("summary") or {}
        problem, advice = [summary.get(key) or "" for key in SUMMARY] if isinstance(summary, dict) else (None, None)
        try:
            if not _text(row.get("id")) or "content" not in row:
                raise NotTurns("missing-field", "expected an id and the content of a talk")
            if not isinstance(problem, str) or not isinstance(advice, str):
                raise NotTurns("wrong-type", f"the summary must be an object with the texts {' and '.join(SUMMARY)}")
            if row["content"] == []:
                raise NotTurns("no-dialogue", "nothing is said; the page may have been gone")
            said = conversation(row["content"], "speaker", "utterance")
        except NotTurns as why:
            corpus.refuse(place, why.reason, str(why))
            continue
        yield McDialogue(place, row["id"], tuple(said), problem, advice, split=split)


def _dialogs(corpus: Corpus, file: File) -> Iterator[McDialogue]:
    """Blocks of lines with tabs: the head, `P` or `D` with what is said and its label, `SUM1` and `SUM2` with the summary."""
    split = word_in_path(file, SPLITS)
    for number, (lines, fault) in enumerate(_blocks(file), start=1):
        place = lines[0].place._replace(row=number)
        texts = [line.text.rstrip("\r") for line in lines]
        head = HEAD.fullmatch(texts[0])
        spoken = [match for text in texts if (match := SAID.fullmatch(text))]
        summed = [match for text in texts if (match := SUMMED.fullmatch(text))]
        if fault:
            corpus.refuse(place, fault, "one of its lines cannot be read, or they are too many")
        elif not head or not head[1].strip():
            corpus.refuse(place, "no-head", "a talk begins with id, apartment and disease, and tabs between")
        elif len(texts) - 1 != len(spoken) + len(summed):
            corpus.refuse(place, "broken-talk", "one of its lines is none of P, D, SUM1, SUM2 with tabs between")
        elif not spoken:
            corpus.refuse(place, "no-dialogue", "nothing is said")
        else:
            problem, advice = ("\n".join(match[2].strip() for match in summed if match[1] == which) for which in "12")
            turns = tuple(Turn(ROLES[match[1]], match[2]) for match in spoken)
            labels = _join_marks([match[3].strip() for match in spoken], "012") or ""
            yield McDialogue(
                place, head[1].strip(), turns, problem, advice, head[2].strip(), head[3].strip(), labels, split
            )


def _blocks(file: File) -> Iterator[tuple[list[Line], str]]:
    """The lines between blank ones, with the reason why they are not to be used, or nothing: a line between them is missing."""
    block: list[Line] = []
    size, last, complete = 0, 0, True
    for line in chain(file.text(), (Line(file.place(), ""),)):
        complete = complete and (not block or line.place.line in (0, last + 1))
        last = line.place.line
        if line.text.strip(BLANK):
            size += len(line.text)
            block += [line] if size <= LONGEST or not block else []
            continue
        if block:
            yield block, "too-long" if size > LONGEST else "" if complete else "broken-talk"
        block, size, complete = [], 0, True


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _join_marks(values: Any, known: str) -> str | None:
    """A list of these characters as one text; None for anything else."""
    texts = isinstance(values, list) and all(isinstance(value, str) and len(value) == 1 for value in values)
    return "".join(values) if texts and set(values) <= set(known) else None


def fits(preview: FilePreview) -> str | None:
    """Why a file is one of MC's, or None."""
    if preview.layout.startswith("json") and preview.has(*LABELS):
        return "labels and speaker_role, as MC has them; its texts must be named with them"
    first = preview.rows[0] if preview.layout.startswith("json") and preview.has(*TALK, "summary") else {}
    said = first.get("content") if isinstance(first, dict) else None
    if isinstance(said, list) and all(isinstance(one, dict) and {"speaker", "utterance"} <= set(one) for one in said):
        return "content of speaker and utterance with a summary, as the texts of MC are fetched"
    if preview.layout in ("text", "csv") and HEAD.match(preview.text):
        return "id, apartment and disease before lines of P and D, as talks of MC have them"
    return None
