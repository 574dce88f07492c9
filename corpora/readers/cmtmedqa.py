"""CMtMedQA (Zhongjing): talks of several rounds with a doctor, each up to one of its answers; and its questions of safety."""

import re
from collections.abc import Iterator
from typing import Any

from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, NoSettings, PublishedFile, Reader, Turn
from kgtools.corpora.readers.alpaca import alpaca, instruction

CATEGORIES = ("cate1", "cate2")
THANKS = re.compile(r"(?>[^?？]*?(?:谢|感激))[^?？]*")
"""A message that thanks and asks nothing more: `好的，谢谢医生`."""


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{id, cate1, cate2, instruction, input, output, history: [[q, a], ...]}`; `{instruct, output}` are the questions of safety."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.json():
            safety = "instruct" in row and "instruction" not in row
            try:
                turns = alpaca(corpus, row, "line")
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            turns = [Turn(role, said.strip()) for role, said in turns]
            asked = [said for role, said in turns if role == "user"]
            thanks = len(asked) > 1 and THANKS.fullmatch(asked[-1]) is not None
            corpus.count("questions of safety", safety)
            corpus.count("talks whose last message of the user's only gives thanks (meta: thanks)", thanks)
            meta = _meta(row) | {"thanks": thanks or None}
            yield instruction(place, turns, "safety" if safety else "dialogue", meta, key=asked[0], split=split)


def _meta(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row.get("id"), "category": row.get("cate1")} | {key: row.get(key) for key in CATEGORIES}


def fits(preview: FilePreview) -> str | None:
    if preview.holds_objects and preview.has("instruction", "output", "history", *CATEGORIES):
        return "cate1, cate2 and a history, as CMtMedQA has them"
    if preview.holds_objects and preview.has("instruct", "output"):
        return "instruct for instruction, as the questions of safety in CMtMedQA have it"
    return None


READER = Reader(
    title="CMtMedQA (Zhongjing)",
    license="Apache-2.0",
    license_note="its repository's; the talks are said to be those of real patients and doctors",
    files="JSON of {id, cate1, cate2, instruction, input, output, history}; rows of {instruct, output} are questions of safety",
    read=read,
    fits=fits,
    published=(
        PublishedFile(
            ("id", *CATEGORIES, "instruction", "input", "output", "history"), (), "zh", ("instruction", "output")
        ),
    ),
    private=True,
    categories=Categories("cate1"),
    url="https://github.com/SupritYoung/Zhongjing",
)
