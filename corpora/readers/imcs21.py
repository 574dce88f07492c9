"""IMCS-21: talks of parents with paediatricians, sentence by sentence, with labels of entities, acts and symptoms."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.dialogue.imcs import LICENSE_NOTE, URL, ImcsDialogue, first_of, read_dialogues, symptoms_of
from kgtools.corpora.dialogue.messages import EMPTY, SPEAKERS, as_lines, drop_empty, take_turns
from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, Reader, Turn
from kgtools.tools.config import Settings

ENTITIES = {
    "Symptom": "症状", "Drug": "药品名", "Drug_Category": "药物类别", "Medical_Examination": "检查", "Operation": "操作",
}  # fmt: skip
ABOUT = {
    "Symptom": "症状", "Etiology": "病因", "Basic_Information": "基本信息", "Existing_Examination_and_Treatment": "已有检查和治疗",
    "Drug_Recommendation": "用药建议", "Medical_Advice": "就医建议", "Precautions": "注意事项",
}  # fmt: skip
ACTS = {
    f"{act}-{about}": f"{word}{said}" for about, said in ABOUT.items() for act, word in {"Request": "询问", "Inform": "告知"}.items()
} | {"Diagnose": "诊断", "Other": "其他"}  # fmt: skip
PRESENCE = {"0": "没有", "1": "有", "2": "不能确定"}
NONE = "没有"


class ImcsSettings(Settings):
    """What there is to choose."""

    make: Literal["dialogue", "entities", "acts", "symptoms"] = Field(
        "dialogue",
        description="dialogue: the talk; entities, acts: of each sentence, its entities or what it is meant to do; symptoms: "
        "of each talk, which symptoms the patient has",
    )


def read(corpus: Corpus, settings: ImcsSettings) -> Iterator[Example]:
    """A record of each talk (or sentence). What the patient told before the talk opens it."""
    make = MAKERS[settings.make]
    for dialogue in read_dialogues(corpus):
        try:
            yield from make(corpus, dialogue)
        except NotTurns as why:
            corpus.refuse(dialogue.place, why.reason, str(why))


def _dialogue(corpus: Corpus, dialogue: ImcsDialogue) -> Iterator[Example]:
    turns = take_turns(corpus, dialogue.turns, dialogue.before)
    yield _example(dialogue, turns, "dialogue", symptoms=symptoms_of(dialogue.row))


def _entities(corpus: Corpus, dialogue: ImcsDialogue) -> Iterator[Example]:
    for number, sentence, row in _sentences(corpus, dialogue, "BIO_label"):
        labels = str(row["BIO_label"]).split()
        content = str(row["sentence"])
        if len(labels) != len(content):
            detail = f"sentence {number}: {len(labels)} labels for {len(content)} characters"
            corpus.refuse(dialogue.place, "labels-do-not-fit", detail)
            continue
        by_kind = entities(content, labels)
        answer = "\n".join(f"{word}：{'、'.join(by_kind[kind])}" for kind, word in ENTITIES.items() if kind in by_kind)
        question = f"找出下面这句问诊对话里的{'、'.join(ENTITIES.values())}：\n{sentence}"
        yield _answer(dialogue, question, answer or NONE, sentence=number)


def entities(text: str, labels: list[str]) -> dict[str, list[str]]:
    """The entities of a sentence by kind, in their order and once each, out of a label for each character: `B-Drug`, `I-Drug`, `O`.

    An `I-` that continues nothing begins an entity."""
    by_kind: dict[str, list[str]] = {}
    before = ""
    for character, label in zip(text, labels, strict=True):
        mark, _, kind = label.partition("-")
        if kind and mark == "I" and kind == before:
            by_kind[kind][-1] += character
        elif kind:
            by_kind.setdefault(kind, []).append(character)
        before = kind
    return {kind: list(dict.fromkeys(words)) for kind, words in by_kind.items()}


def _acts(corpus: Corpus, dialogue: ImcsDialogue) -> Iterator[Example]:
    question = f"判断下面这句问诊对话的意图。\n可选的意图：{'、'.join(ACTS.values())}\n"
    for number, said, row in _sentences(corpus, dialogue, "dialogue_act"):
        act = ACTS.get(str(row["dialogue_act"]))
        if act is None:
            corpus.refuse(dialogue.place, "unknown-act", f"sentence {number}; known: {', '.join(ACTS)}")
        else:
            yield _answer(dialogue, f"{question}{said}", act, sentence=number)


def _sentences(corpus: Corpus, dialogue: ImcsDialogue, label: str) -> Iterator[tuple[int, str, Any]]:
    """Number, `医生：...` and row of each sentence that says something and has this label."""
    for number, (turn, row) in enumerate(zip(dialogue.turns, dialogue.sentences, strict=True), start=1):
        if EMPTY.fullmatch(turn.content):
            corpus.count("empty messages left out")
        elif not isinstance(row.get(label), str) or not row[label].strip():
            corpus.refuse(dialogue.place, "no-labels", f"sentence {number} has no {label}; the hidden test has none")
        else:
            yield number, f"{SPEAKERS[turn.role]}：{turn.content}", row


def _symptoms(corpus: Corpus, dialogue: ImcsDialogue) -> Iterator[Example]:
    if "implicit_info" not in dialogue.row:
        raise NotTurns("no-labels", "the talk has no implicit_info; the hidden test has none")
    labels = symptoms_of(dialogue.row)
    if wrong := sorted(set(labels.values()) - set(PRESENCE)):
        raise NotTurns("unknown-label", f"{len(wrong)} labels of symptoms that are none of {', '.join(PRESENCE)}")
    text = "\n".join(
        part
        for part in (
            f"患者自述：{dialogue.before}" * bool(dialogue.before),
            as_lines(drop_empty(corpus, dialogue.turns)),
        )
        if part
    )
    answer = "\n".join(f"{name}：{PRESENCE[kind]}" for name, kind in labels.items()) or NONE
    question = (
        f"根据下面的问诊对话，列出提到的症状，并说明患者有没有这些症状（{'、'.join(PRESENCE.values())}）。\n{text}"
    )
    yield _answer(dialogue, question, answer)


MAKERS: dict[str, Callable[[Corpus, ImcsDialogue], Iterator[Example]]] = {
    "dialogue": _dialogue, "entities": _entities, "acts": _acts, "symptoms": _symptoms,
}  # fmt: skip


def _answer(dialogue: ImcsDialogue, question: str, answer: str, **meta: Any) -> Example:
    return _example(dialogue, [Turn("user", question), Turn("assistant", answer)], "instruction", answer, **meta)


def _example(dialogue: ImcsDialogue, turns: list[Turn], task: str, answer: str | None = None, **meta: Any) -> Example:
    about = {"id": dialogue.id, "diagnosis": dialogue.diagnosis, "category": dialogue.diagnosis} | meta
    return Example(dialogue.place, turns, task, "zh", answer, key=dialogue.id, split=dialogue.split, meta=about)


def fits(preview: FilePreview) -> str | None:
    return "talks by id, of speaker and sentence, as IMCS-21 has them" if first_of(preview) else None


READER = Reader(
    title="IMCS-21 (DialoAMC)",
    license="unknown",
    license_note=LICENSE_NOTE,
    files="train.json, dev.json and test.json, objects of talks by id; or test_input.json, which has no labels",
    read=read,
    fits=fits,
    settings=ImcsSettings,
    private=True,
    categories=Categories("diagnosis"),
    url=URL,
)
