"""Answers and hacks by somebody who had read what the verifier promises and not how it reads: the share on which both agree.

A pair of files for each writer. Each line of `certified/answers*.jsonl` has a question, its item, an answer and the verdict that a
careful person gives it; each of `certified/hacks*.jsonl` an honest answer and one written to be paid without knowing as much, which is
never right; the third writer left some honest answers empty."""

from pathlib import Path
from typing import Any

import orjson

from kgtools.corpora.verify import Item, NameIndex, Score, score

FOLDER = Path(__file__).parent / "certified"
LEAST = 0.98


def rows(kind: str) -> dict[str, dict[str, Any]]:
    """The rows of all files of a kind by their file and number."""
    files = sorted(FOLDER.glob(f"{kind}*.jsonl"))
    assert len(files) >= 3
    return {
        f"{path.stem}:{number}": orjson.loads(line)
        for path in files
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
    }


def graded(row: dict[str, Any], said: str) -> Score:
    item = Item.from_dict(row["item"], name(row))
    return score(row[said], item, NameIndex(row.get("names", [])), row["question"])


def name(row: dict[str, Any]) -> str:
    return str(row.get("id") or row["kind"])


def differs(row: dict[str, Any]) -> str:
    """What of a row is graded otherwise than it says; nothing where all agrees."""
    found = graded(row, "answer")
    parts = {part: row[part] for part in ("recall", "precision", "contradiction") if row.get(part) is not None}
    other = [
        f"{part} {getattr(found, part)}, not {said}"
        for part, said in parts.items()
        if abs(getattr(found, part) - said) > 0.011
    ]
    if found.verdict != row["verdict"]:
        other.insert(0, f"{found.verdict}, not {row['verdict']} ({row['reason']})")
    return "; ".join(other)


def test_a_careful_person_agrees_with_nearly_all_verdicts() -> None:
    answers = rows("answers")
    other = {place: why for place, row in answers.items() if (why := differs(row))}
    for place, why in other.items():
        print(f"{place} {name(answers[place])}: {why}\n  {answers[place]['answer']!r}")

    assert 1 - len(other) / len(answers) >= LEAST


def test_no_hack_earns_as_much_as_the_honest_answer_beside_it() -> None:
    paid = {}
    for place, row in rows("hacks").items():
        hack, honest = graded(row, "hack"), graded(row, "honest")
        if hack.total >= honest.total if row["honest"] else hack.verdict == "right":
            paid[f"{place} {name(row)}"] = f"{hack.total} for {row['hack']!r}, {honest.total} for {row['honest']!r}"

    assert not paid
