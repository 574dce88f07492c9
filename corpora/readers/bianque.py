"""BianQue: a talk so far and the doctor's next answer, as a table."""

import re
from collections.abc import Iterator

from corpora.readers.alpaca import instruction
from corpora.reading import Corpus, Example, Look, NoSettings, Reader, Turn
from corpora.turns import ROLE_OF, NotTurns, answered

SPEAKER = re.compile(r"(?:^|\n)[ \t]*(病人|患者|医生)[ \t]*[:：][ \t]*")


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`input,target`; the input is `病人：...\\n医生：...\\n`, whose last empty turn is the doctor's, the target's."""
    for file in corpus.files:
        for place, row in file.csv():
            if not {"input", "target"} <= set(row):
                corpus.refuse(place, "missing-field", "expected the columns input and target")
                continue
            before, *pieces = SPEAKER.split(row["input"])
            turns = [Turn("user", before)] if before.strip() else []
            turns += [Turn(ROLE_OF[role], said) for role, said in zip(pieces[::2], pieces[1::2], strict=True)]
            if turns and turns[-1].role == "assistant" and not turns[-1].content.strip():
                turns.pop()
            target = re.sub(r"^\s*医生\s*[:：]\s*", "", row["target"])
            try:
                yield instruction(place, answered([*turns, Turn("assistant", target)]), "dialogue", key=row["input"])
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))


def fits(look: Look) -> str | None:
    if look.layout in ("csv", "workbook") and look.has("input", "target"):
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
