"""Yidu-S4K and CCKS 2019, task 1: Chinese patient records with the places and types of their entities."""

from collections.abc import Iterator
from typing import Any

from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader, Turn

TYPES = ("疾病和诊断", "影像检查", "实验室检验", "手术", "药物", "解剖部位")
NONE = "无"


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{originalText, entities: [{label_type, start_pos, end_pos, overlap}]}` a line. The answer has a line for each type; `meta` has the text, the
    types and each entity with its place, `{type, text, begin, end}`."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.json():
            text, marked = row.get("originalText"), row.get("entities")
            if not isinstance(text, str) or not isinstance(marked, list):
                corpus.refuse(place, "missing-field", "expected originalText, a text, and entities, a list")
                continue
            entities = [_entity(text, one) for one in marked]
            if not text.strip() or None in entities:
                reason = "bad-entity" if text.strip() else "empty-message"
                corpus.refuse(place, reason, "each entity has a label_type, and start_pos and end_pos within the text")
                continue
            types = tuple(dict.fromkeys([*TYPES, *(one["type"] for one in entities if one)]))
            named = {type_: [one["text"] for one in entities if one and one["type"] == type_] for type_ in types}
            answer = "\n".join(f"{type_}：{'、'.join(dict.fromkeys(names)) or NONE}" for type_, names in named.items())
            turns = (Turn("user", f"找出下面病历中的{'、'.join(types)}：\n{text}"), Turn("assistant", answer))
            meta = {"text": text, "types": list(types), "entities": entities}
            yield Example(place, turns, "instruction", "zh", answer, split=split, meta=meta)


def _entity(text: str, one: Any) -> dict[str, Any] | None:
    if not isinstance(one, dict):
        return None
    type_, begin, end = one.get("label_type"), one.get("start_pos"), one.get("end_pos")
    if not (
        isinstance(type_, str) and isinstance(begin, int) and isinstance(end, int) and 0 <= begin < end <= len(text)
    ):
        return None
    return {"type": type_, "text": text[begin:end], "begin": begin, "end": end}


def fits(preview: FilePreview) -> str | None:
    if preview.has("originalText", "entities"):
        return "originalText and entities, as Yidu-S4K has them"
    return None


READER = Reader(
    title="Yidu-S4K (CCKS 2019, task 1)",
    license="unknown",
    license_note="none is stated; it is given out for research on application",
    files="JSON lines of {originalText, entities}",
    read=read,
    fits=fits,
    private=True,
    url="http://openkg.cn/dataset/yidu-s4k",
)
