"""BianQue: a talk so far and the doctor's next answer, as a table."""

import re
from collections.abc import Iterator

from kgtools.corpora.dialogue.speakers import LINE, WITHIN, NotTurns, part_turns
from kgtools.corpora.dialogue.turns import end_with_answer, from_question_to_answer
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader, Turn
from kgtools.corpora.readers.alpaca import instruction

DOCTOR = re.compile(r"^\s*医生\s*[:：]\s*")
"""`医生：` before an answer, which its role says already."""


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`input,target`; the input is `病人：...\\n医生：...\\n`, whose last empty turn is the doctor's, the target's. The line breaks
    may be a backslash and an n each."""
    for file in corpus.files:
        for place, row in file.rows():
            if not {"input", "target"} <= set(row):
                corpus.refuse(place, "missing-field", "expected the columns input and target")
                continue
            if not isinstance(row["input"], str) or not isinstance(row["target"], str):
                corpus.refuse(place, "wrong-type", "input and target must be texts")
                continue
            text = corpus.plain(row["input"])
            try:
                before, said = part_turns(text)
                turns = [Turn("user", before), *said] if before.strip() else said
                if turns and turns[-1].role == "assistant" and not turns[-1].content.strip():
                    turns.pop()
                elif turns and turns[-1].role == "assistant" and len(said) > len(LINE.findall(text)):
                    raise NotTurns(WITHIN, "a tag within the last line begins an answer, and the target is another")
                answer = Turn("assistant", DOCTOR.sub("", row["target"]))
                turns = end_with_answer(from_question_to_answer(corpus, [*turns, answer]))
                yield instruction(place, turns, "dialogue", key=row["input"])
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))


def fits(preview: FilePreview) -> str | None:
    if preview.is_table and preview.has("input", "target"):
        return "columns input and target, as BianQue has them"
    return None


READER = Reader(
    title="BianQue",
    license="unknown",
    license_note="none is stated for its texts",
    files="CSV files with the columns input and target",
    read=read,
    fits=fits,
    private=True,
    url="https://github.com/scutcyr/BianQue",
)
