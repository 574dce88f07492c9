"""What 693 outputs of models choose, written by somebody who had not seen how they are read.

`reads`: the letters that a careful examiner reads, null where nothing is decided. When the set came, 79.5 % were read rightly. The rules
were then mended by the `first` half; of the `second`, which nobody had looked at, 88.1 % were right. Both were looked at since, so what
is read now says nothing about other outputs: it keeps what was won."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.verify.language.reading import answer_in
from kgtools.train.evaluate.task import Answer, Sample
from kgtools.train.evaluate.tasks.exam import TASK, ExamScores

ROWS = [orjson.loads(line) for line in (Path(__file__).parent / "exam_outputs.jsonl").read_bytes().splitlines()]
RIGHT, WRONG = 0.94, 0.03
"""Shares: of readings that are right at least, and of letters that were not chosen at most."""


def sample(row: dict[str, Any]) -> Sample:
    """The question with a key of as many letters as its kind has; whether an answer is right is not looked at."""
    key = "A" if row["kind"] == "single" else "AB"
    listed = "\n".join(f"{letter}. {text}" for letter, text in row["options"].items())
    messages = ({"role": "user", "content": f"{row['question']}\n{listed}"},)
    meta = {"question": row["question"], "options": row["options"]}
    return Sample(
        row["id"], row["id"], "outputs", row["lang"], row["id"], "", (), messages, key, meta, {"options": row["options"]}
    )  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> list[str]:
    scored = TASK.score([(sample(row), Answer(text=answer_in(row["output"]))) for row in ROWS], ExamScores())
    read = [
        letters if state == "read" else None
        for letters, state in zip(scored["extracted"], scored["state"], strict=True)
    ]
    return [
        "right" if said == row["reads"] else "unread" if said is None else "wrong"
        for said, row in zip(read, ROWS, strict=True)
    ]


def test_there_are_more_than_five_hundred_of_both_languages_and_kinds() -> None:
    counts = Counter((row["lang"], row["kind"]) for row in ROWS)

    assert len({row["id"] for row in ROWS}) == len(ROWS) > 500
    assert min(counts[lang, kind] for lang in ("zh", "en") for kind in ("single", "multiple")) > 90
    assert sum(row["reads"] is None for row in ROWS) > 90


def test_outputs_are_read_as_a_careful_examiner_reads_them(verdicts: list[str]) -> None:
    counts = Counter(verdicts)

    assert counts["right"] >= RIGHT * len(ROWS)
    assert counts["wrong"] <= WRONG * len(ROWS)
