"""MC: consultations by department and disease, with a label for each utterance; its texts are brought by the user."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.dialogue.mc import Kind, Labels, McDialogue, file_kind, fits, labels_of, read_dialogues, splits_of
from kgtools.corpora.dialogue.messages import as_lines, drop_empty, take_turns
from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.dialogue.turns import end_with_answer
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Categories, Corpus, Example, Reader, Turn
from kgtools.tools.config import Settings
from kgtools.tools.errors import InputError

SITE = re.compile(
    r"针对本次问诊，医生更新了总结建议[：:]?\s*|(?:[，,]\s*|(?<!\s)\s+)?医生有语音回复内容[，,]具体请点击收听医嘱[。.]?"
)
"""What the site itself adds to a doctor's words and to summaries."""
NO_DEPARTMENT = "空"


class McSettings(Settings):
    """What there is to choose."""

    make: Literal["dialogue", "summary"] = Field(
        "dialogue",
        description="dialogue: the talk; summary: the talk summed up as the patient's problem and the doctor's advice",
    )


def read(corpus: Corpus, settings: McSettings) -> Iterator[Example]:
    """A record of each talk, with the labels of its id. Raises InputError for labels without any text."""
    files = [(file, file_kind(file)) for file in corpus.files]
    texts = [(file, kind) for file, kind in files if kind in ("fetched", "dialog")]
    if not texts and any(kind for _, kind in files):
        raise InputError(
            "mc lacks the texts: these files hold labels and ids without what is said; fetch the texts with the get_data.py of "
            "its repository and name its data.*.json (or *.dialog) with the labels"
        )
    for file in _of(None, files):
        corpus.refuse(
            file.place(), "unknown-file", "neither labels, nor texts as fetched or as *.dialog, nor ids of a split"
        )
    labels, splits = labels_of(corpus, _of("labels", files)), splits_of(corpus, _of("split", files))
    seen: set[str] = set()
    for file, kind in texts:
        for dialogue in read_dialogues(corpus, file, kind or "dialog"):
            if dialogue.id in seen:
                corpus.refuse(dialogue.place, "id-given-twice", "an earlier talk has this id")
                continue
            seen.add(dialogue.id)
            if example := _example(corpus, dialogue, labels.get(dialogue.id), splits, settings.make):
                yield example
    for id_, about in labels.items():
        if id_ not in seen:
            corpus.refuse(about.place, "no-text", "its talk could be read in none of the files of texts")


def _of(wanted: Kind | None, files: list[tuple[File, Kind | None]]) -> list[File]:
    return [file for file, kind in files if kind == wanted]


def _example(
    corpus: Corpus, dialogue: McDialogue, about: Labels | None, splits: Mapping[str, str | None], make: str
) -> Example | None:
    said = [turn for turn in dialogue.turns if turn.role == "user" or not SITE.match(turn.content)]
    corpus.count("form lines taken out", len(dialogue.turns) - len(said))
    try:
        turns = take_turns(corpus, said) if make == "dialogue" else _summary_example(corpus, dialogue, said)
    except NotTurns as why:
        corpus.refuse(dialogue.place, why.reason, str(why))
        return None
    split = splits.get(dialogue.id) or (about.split if about else None) or dialogue.split
    task, answer = ("dialogue", None) if make == "dialogue" else ("report", turns[-1].content)
    meta = _meta(corpus, dialogue, about)
    return Example(dialogue.place, turns, task, "zh", answer, key=dialogue.id, split=split, meta=meta)


def _meta(corpus: Corpus, dialogue: McDialogue, about: Labels | None) -> dict[str, Any]:
    """What is known of the talk. `labels`: a character for each utterance of the file, by `speakers`, where they fit the text."""
    speakers = "".join("P" if turn.role == "user" else "D" for turn in dialogue.turns)
    labels = dialogue.labels or (about.labels if about and about.speakers == speakers else "")
    corpus.count("talks without labels", not dialogue.labels and about is None)
    corpus.count("labels left out that do not fit the text", about is not None and not labels)
    department = dialogue.department or (about.department if about else "")
    department = "" if department == NO_DEPARTMENT else department
    return {
        "id": dialogue.id, "department": department, "category": department, "disease": dialogue.disease or (about.disease if about else ""),
        "labels": labels, "speakers": speakers if labels else "",
    }  # fmt: skip


def _summary_example(corpus: Corpus, dialogue: McDialogue, turns: list[Turn]) -> list[Turn]:
    parts = {"问题描述": SITE.sub("", dialogue.problem).strip(), "分析及建议": SITE.sub("", dialogue.advice).strip()}
    if not all(parts.values()):
        raise NotTurns("no-summary", "the talk has no summary of the problem, or none of the advice")
    question = f"把下面的问诊对话总结成{'和'.join(parts)}。\n\n{as_lines(drop_empty(corpus, turns))}"
    answer = "\n".join(f"{name}：{part}" for name, part in parts.items())
    return end_with_answer([Turn("user", question), Turn("assistant", answer)])


READER = Reader(
    title="MC (HET-MC), medical conversations with important utterances",
    license="unknown",
    license_note="its repository (labels and addresses) is MIT; the texts are the site's, whose pages they are taken from",
    files="train.info.json, test.info.json (labels) with data.*.json (texts as fetched); or *.dialog; perhaps train.split, test.split",
    read=read,
    fits=fits,
    together=True,
    settings=McSettings,
    private=True,
    categories=Categories("department"),
    url="https://github.com/cuhksz-nlp/HET-MC",
)
