"""The raw text of MedDialog: consultations with sections under headings, as its authors took them off the sites."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kgtools.corpora.dialogue.descriptions import CALL, FORM, STAMP, Fields, fields_of, join_fields, summary_of
from kgtools.corpora.dialogue.speakers import OTHER, ROLE_OF, NotTurns
from kgtools.corpora.files.file import BLANK, File
from kgtools.corpora.files.place import Line, Place
from kgtools.corpora.reader import Corpus, Turn

FACULTY, DESCRIPTION, DIALOGUE, SUMMARY = "Doctor faculty", "Description", "Dialogue", "Diagnosis and suggestions"
HEADING = re.compile(f"({FACULTY}|{DESCRIPTION}|{DIALOGUE}|{SUMMARY})[：:]?")
"""A line that is a heading: `Dialogue`, `Description：`."""
ID = re.compile(r"id ?= ?(\S*)")
"""`id=123`."""
ADDRESS = re.compile(r"https?://\S+")
"""The address of a page, alone in its line."""
SPEAKER = re.compile(r"\s*(病人|患者|医生|patient|doctor)[ \t]*[：:]\s*", re.IGNORECASE)
"""`病人：`, `Doctor: `."""
ALONE = re.compile(r"(?:(?:病人|患者|医生|patient|doctor) ?[：:] ?)+", re.IGNORECASE)
"""A line of nothing but who speaks. Behind such lines, `患者：男，45岁` in a text is no change of speakers."""
REMINDER = re.compile(r"医生给您发来一个提醒(?:[：:]\s*|$)")
"""Stands for a message that is not there; where it ends a line of the doctor's, the words behind it are the patient's."""
PAGE = re.compile(r"(?<=\d)_\d{1,3}(?=\.html?$)")
"""The number of a page of a thread: `flow_team_6477137000_2.htm`."""
TOLD = {"", "病情描述"}
"""The fields of which a description has at least one; what has neither goes with the description before it."""
LONGEST = 1_000_000
"""Characters in a consultation; what is longer is refused, so that no file can fill the memory."""


class PageSection(NamedTuple):
    """A part of a consultation: where its heading stands, which it is, and what is under it."""

    place: Place
    name: str
    lines: list[str]


@dataclass(frozen=True)
class Dialogue:
    """A dialogue with the description before it. No turns: the summary answers the description."""

    place: Place
    description: Fields
    turns: tuple[Turn, ...]
    summary: str = ""


@dataclass(frozen=True)
class Consultation:
    """One page: what is told of it, and its talks: the first and the follow-ups.

    `thread`: the address of its first page, or nothing where the address is that of a search, which many share."""

    place: Place
    id: str
    thread: str
    hospital: str
    department: str
    dialogues: tuple[Dialogue, ...]


def consultations(corpus: Corpus, file: File) -> Iterator[Consultation]:
    """Those of a file, one in memory at a time. A consultation of which a line cannot be read is refused whole: the line may
    be the one that says who speaks."""
    number = 0
    for block, fault in _blocks(file):
        for part in _cut_pages(block):
            number += 1
            place = part[0].place._replace(row=number)
            if fault:
                corpus.refuse(place, *fault)
                continue
            try:
                yield _consultation(corpus, place, part)
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))


def sections(lines: Sequence[Line]) -> tuple[list[Line], list[PageSection]]:
    """The lines before the first heading, and the sections."""
    opening: list[Line] = []
    parts: list[PageSection] = []
    for line in lines:
        if heading := HEADING.fullmatch(_bare(line)):
            parts.append(PageSection(line.place, heading[1], []))
        elif parts:
            parts[-1].lines.append(line.text)
        else:
            opening.append(line)
    return opening, parts


def _bare(line: Line) -> str:
    return line.text.strip(BLANK + "\u3000")


def _blocks(file: File) -> Iterator[tuple[list[Line], tuple[str, str] | None]]:
    missed: list[Place] = []

    def refuse(place: Place, reason: str, detail: str) -> None:
        missed.append(place)
        file.refuse(place, reason, detail)

    block: list[Line] = []
    size, broken = 0, False
    for line in replace(file, refuse=refuse).text():
        broken = broken or bool(missed)
        missed.clear()
        if ID.fullmatch(_bare(line)):
            if block:
                yield block, _fault(size, broken)
            block, size, broken = [], 0, False
        if block or _bare(line):
            size += len(line.text) + 1
            if size <= LONGEST:
                block.append(line)
    if block:
        yield block, _fault(size, broken or bool(missed))


def _fault(size: int, broken: bool) -> tuple[str, str] | None:
    if broken:
        return "broken-consultation", "one of its lines cannot be read"
    return ("too-long", f"more than {LONGEST:,} characters") if size > LONGEST else None


def _cut_pages(block: list[Line]) -> Iterator[list[Line]]:
    """The block, parted before each page that has an address but no id: one that is not the block's own."""
    begin, headed = 0, False
    for number, line in enumerate(block):
        if headed and ADDRESS.fullmatch(_bare(line)) and not _bare(block[number - 1]):
            behind = next(filter(None, map(_bare, block[number + 1 :])), "")
            heading = HEADING.fullmatch(behind)
            if heading and heading[1] in (FACULTY, DESCRIPTION):
                yield block[begin:number]
                begin, headed = number, False
        headed = headed or bool(HEADING.fullmatch(_bare(line)))
    yield block[begin:]


def _consultation(corpus: Corpus, place: Place, lines: list[Line]) -> Consultation:
    opening, parts = sections(lines)
    ids = [named[1] for line in opening if (named := ID.fullmatch(_bare(line)))]
    pages = [page[0] for line in opening if (page := ADDRESS.fullmatch(_bare(line)))]
    corpus.count("consultations without an id", not any(ids))
    hospital, department = _faculty(corpus, parts)
    thread = PAGE.sub("", pages[0]) if pages and "?" not in pages[0] else ""
    return Consultation(
        place, ids[0] if ids else "", thread, hospital, department, tuple(_read_dialogues(corpus, place, parts))
    )


def _faculty(corpus: Corpus, parts: Sequence[PageSection]) -> tuple[str, str]:
    """Hospital and department of the doctor's first post; the further ones often bear the doctor's name."""
    lines = [line.strip() for section in parts if section.name == FACULTY for line in section.lines if line.strip()]
    posts = re.split(r"\s{2,}|\t", lines[0]) if lines else []
    if len(posts) == 1:
        posts = posts[0].rsplit(maxsplit=1)
    corpus.count("further posts of a doctor left out", len(posts) > 2)
    hospital, department = [*posts, "", ""][:2]
    return hospital, department


def _read_dialogues(corpus: Corpus, place: Place, parts: Sequence[PageSection]) -> list[Dialogue]:
    dialogues: list[Dialogue] = []
    description: Fields = {}
    waiting = False
    for section in parts:
        where, text = section.place._replace(row=place.row), strip_marks(corpus, "\n".join(section.lines))
        if section.name == DESCRIPTION and (fields := read_description(corpus, text)):
            description, waiting = _after(description, fields, waiting), True
        elif section.name == DIALOGUE:
            turns, fields = _read_turns(corpus, text.split("\n"))
            if turns:
                dialogues.append(Dialogue(where, description, tuple(turns)))
                waiting = False
            corpus.count("dialogues in which nobody speaks left out", not turns)
            if fields:
                description, waiting = _after(description, fields, waiting), True
        elif section.name == SUMMARY and (text := summed_up(corpus, text)):
            if dialogues and not waiting:
                dialogues[-1] = replace(dialogues[-1], summary="\n".join(filter(None, (dialogues[-1].summary, text))))
            else:
                dialogues.append(Dialogue(where, description, (), text))
                waiting = False
    corpus.count("descriptions that no dialogue follows left out", waiting and bool(dialogues))
    return dialogues


def _after(before: Fields, fields: Fields, waiting: bool) -> Fields:
    """What is known of the case now: a whole description is a new one, unless the one before still waits for its dialogue."""
    return fields if TOLD & set(fields) and not waiting else join_fields(before, fields)


def read_description(corpus: Corpus, text: str) -> Fields:
    """The fields of a description; what is taken out of it is counted."""
    fields, forms = fields_of(text)
    corpus.count("form lines taken out", forms)
    return fields


def strip_marks(corpus: Corpus, text: str) -> str:
    """The text without escapes and the site's marks in it, which are counted: when its fields were filled in, that a doctor
    called."""
    text, dates = STAMP.subn("", corpus.plain(text))
    text, calls = CALL.subn("", text)
    corpus.count("dates of filling in taken out", dates)
    corpus.count("notes of phone calls taken out", calls)
    return text


def summed_up(corpus: Corpus, text: str) -> str:
    """A doctor's diagnosis and suggestions; what is taken out of them is counted."""
    text, forms = summary_of(text)
    corpus.count("form lines taken out", forms)
    return text


def _read_turns(corpus: Corpus, lines: Sequence[str]) -> tuple[list[Turn], Fields]:
    """The turns, and the description that a form among them holds. A form goes on until somebody speaks.

    Raises NotTurns where a third one speaks."""
    turns: list[tuple[str, list[str]]] = []
    form: list[str] = []
    forming, inline = False, not any(ALONE.fullmatch(line.strip()) for line in lines)
    for line in lines:
        if (other := OTHER.match(line)) and (inline or OTHER.fullmatch(line.strip())) and turns and not forming:
            raise NotTurns("unknown-role", f"a line begins with {other[1]}, who is neither the patient nor the doctor")
        while (speaker := SPEAKER.match(line)) and (inline or ALONE.fullmatch(line.strip())):
            turns.append((ROLE_OF[speaker[1].lower()], []))
            line, forming = line[speaker.end() :], False
        if reminder := REMINDER.search(line):
            line = _strip_reminder(corpus, turns, line[: reminder.start()], line[reminder.end() :])
        if not forming and (begin := FORM.search(line)):
            forming = True
            form.append(line[begin.start() :])
            line = line[: begin.start()]
        elif forming:
            form.append(line)
            continue
        if turns:
            turns[-1][1].append(line)
        else:
            corpus.count("lines before the first speaker left out", bool(line.strip()))
    corpus.count("form lines taken out", sum(bool(line.strip()) for line in form))
    fields, _ = fields_of("\n".join(form))
    description = fields if "病情描述" in fields else {}
    return [Turn(role, "\n".join(lines_of_turn).strip()) for role, lines_of_turn in turns], description


def _strip_reminder(corpus: Corpus, turns: list[tuple[str, list[str]]], before: str, behind: str) -> str:
    """What is left of a line in which the site says that the doctor sent a reminder."""
    corpus.count("form lines taken out")
    if not before.strip() or not behind.strip() or not turns:
        return before + behind
    corpus.count("words of patients behind a reminder given back to them")
    turns[-1][1].append(before)
    turns.append(("user", []))
    return behind
