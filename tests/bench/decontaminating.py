"""Decontamination: planted questions found by how they were changed, what is in the public sets, records/s beside a plain loop."""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from clock import command, in_turns, print_aim, print_table
from graphs import DATA, Graphs

from kgtools.corpora.decontaminate import Rules, Search, find_contamination, index_of, search_of
from kgtools.corpora.read import read
from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import scan

sys.path.insert(0, str(Path(__file__).parents[2]))

CORPORA = DATA.parent / "corpora"
EVALSETS = {
    "medqa": "medqa/phrases_no_exclude_test.jsonl", "medmcqa": "medmcqa/dev.json", "pubmedqa": "pubmedqa/ori_pqal.json",
    "cmmlu": "cmmlu", "huatuo": "huatuo/huatuo26M_test.json",
}  # fmt: skip
TRAINED_ON = {
    "meadow": "medical-meadow/medical_meadow_small.json", "chatdoctor": "chatdoctor/chatdoctor5k.json",
    "sharegpt": "sharegpt/medical_sft_1K_format.jsonl", "promptcblue": "promptcblue", "cmd": "cmd",
}  # fmt: skip
PLANTED = 300
"""Questions of each exam that are planted in each change."""


def bench(_graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the tables, or why there are none."""
    if not CORPORA.is_dir():
        print(f"\nDECONTAMINATE: needs {CORPORA.name} beside the public graphs, which are not part of the project")
        return
    for name, file in (EVALSETS | TRAINED_ON).items():
        read(name, [CORPORA / file], scratch / name, {})
    _planted(scratch)
    _public(scratch)
    _speed(scratch, rounds)


def _planted(scratch: Path) -> None:
    from tests.corpora.decontaminate.questions import CHANGES, FORMS, TALKS, record, talk

    rows, wanted, others = [], [], []
    for name in ("medqa", "medmcqa", "cmmlu"):
        questions = _questions(scratch / name)
        for at, (id_, question) in enumerate(questions):
            for change in (name for name in CHANGES if not name.startswith("paraphrased")):
                form = list(FORMS)[len(rows) % len(FORMS)]
                rows.append(record(CHANGES[change](question), form, source="planted"))
                wanted.append((change, id_))
            for form, turns in TALKS.items():
                rows.append(talk(turns(question), "planted"))
                wanted.append((form, id_))
            other = replace(question, text=questions[at - 7][1].text, key=at % len(question.options))
            others.append((id_, record(other, list(FORMS)[at % len(FORMS)], source="planted")))
    search = search_of([index_of(scan(scratch / name)[0]) for name in ("medqa", "medmcqa", "cmmlu")], Rules())
    pairs = _hits(rows, search)
    planted = Counter(change for change, _ in wanted)
    right = Counter(change for row, (change, item) in enumerate(wanted) if (row, item) in pairs)
    told = [(change, number, f"{right[change] / number:.2%}") for change, number in planted.items()]
    print_table(f"DECONTAMINATE  {len(rows):,} planted questions", ("change", "planted", "found"), told)
    talks = [right[form] / planted[form] for form in TALKS]
    recall = (right.total() - sum(right[form] for form in TALKS)) / sum(
        planted[change] for change in planted if change not in TALKS
    )
    print_aim(f"recall >= 99 % of changed questions: {recall:.2%}", recall >= 0.99)
    print_aim(f"recall >= 95 % inside of talks: {sum(talks) / len(talks):.2%}", sum(talks) / len(talks) >= 0.95)
    print(f"pairs with another item than the planted one: {len(pairs) - right.total():,}")
    taken = _hits([row for _, row in others], search)
    wrong = sum((at, id_) in taken for at, (id_, _) in enumerate(others)) / len(others)
    print_aim(f"other questions with the same options that are taken <= 2 %: {wrong:.2%}", wrong <= 0.02)


def _questions(place: Path) -> list[tuple[str, Any]]:
    """The first PLANTED items of an evaluation set, with their ids."""
    from tests.corpora.decontaminate.questions import Question

    some = scan(place)[0].filter(pl.col("split") != "train").head(PLANTED).collect()
    found = []
    for id_, lang, answer, text in some.select("id", "lang", "answer", "meta").iter_rows():
        meta = orjson.loads(text)
        options = tuple(meta["options"].values())
        found.append((id_, Question(meta["question"], options, "ABCDEF".index(answer[0]), lang)))
    return found


def _hits(rows: list[dict[str, Any]], search: Search) -> set[tuple[int, str]]:
    found = find_contamination(RECORDS.frame(rows).lazy(), search).filter(verdict="hit")
    return set(found.select("row", "item").iter_rows())


def _public(scratch: Path) -> None:
    rows = []
    indexes = [index_of(scan(scratch / name)[0]) for name in EVALSETS]
    search = search_of(indexes, Rules())
    for name in TRAINED_ON:
        records = scan(scratch / name)[0]
        found = find_contamination(records, search)
        size = records.select(pl.len()).collect().item()
        for items in indexes:
            evalset = items["evalset"][0]
            part = found.filter(evalset=evalset)
            hits, twins = (part.filter(verdict=verdict)["row"].n_unique() for verdict in ("hit", "twin"))
            rules = ", ".join(
                f"{rule} {number}" for rule, number in part.group_by("rule").len().sort("rule").iter_rows()
            )
            rows.append((name, f"{size:,}", evalset, f"{items.height:,}", hits, twins, rules))
    columns = ("records of", "records", "evaluation set", "items", "hit", "twin", "pairs by rule")
    print_table("DECONTAMINATE  the public sets", columns, rows)


def _speed(scratch: Path, rounds: int) -> None:
    records = pl.concat([scan(scratch / name)[0] for name in TRAINED_ON]).collect()
    exams = ("medqa", "medmcqa", "pubmedqa", "cmmlu")
    items = pl.concat([index_of(scan(scratch / name)[0]) for name in exams])
    search, plain = search_of([items], Rules()), Plain([scan(scratch / name)[0].collect() for name in exams])
    ours, loop = in_turns(rounds, lambda: find_contamination(records.lazy(), search), lambda: plain.find(records))
    told = [
        ("kgtools, all rules", f"{records.height / ours.median:,.0f}"),
        ("a plain loop, questions and their runs", f"{records.height / loop.median:,.0f}"),
        ("ratio", f"{loop / ours}"),
    ]
    letters = sum(len(turn["content"]) for turns in records["messages"] for turn in turns) / records.height
    title = f"DECONTAMINATE  {records.height:,} records of {letters:.0f} characters against {items.height:,} items"
    print_table(title, ("work", "records/s"), told)
    place = scratch / "all.parquet"
    records.write_parquet(place)
    against = [word for name in exams for word in ("--against", str(scratch / name))]
    took, peak = command("decontaminate", str(place), *against, "--out", str(scratch / "out"))
    print(f"the command, with indexing the evaluation sets: {took:.1f} s, at most {peak:,} MB of memory")


class Plain:
    """What one writes without it: normal texts in a dictionary, and for each record its runs looked up one by one."""

    def __init__(self, evalsets: list[pl.DataFrame]) -> None:
        self.stems: dict[str, int] = {}
        self.runs: dict[str, list[int]] = defaultdict(list)
        self.sizes: list[int] = []
        for text in (text for evalset in evalsets for text in evalset["meta"]):
            stem = _normal(orjson.loads(text)["question"])
            runs = set(_runs(stem))
            self.stems[stem] = len(self.sizes)
            for run in runs:
                self.runs[run].append(len(self.sizes))
            self.sizes.append(len(runs))

    def find(self, records: pl.DataFrame) -> set[tuple[int, int]]:
        """(row, item): the question is a message, or 0.8 of its runs are in the texts."""
        found = set()
        for row, turns in enumerate(records["messages"].to_list()):
            texts = [_normal(turn["content"]) for turn in turns]
            found |= {(row, self.stems[text]) for text in texts if text in self.stems}
            whole = "".join(texts)
            held = Counter(item for run in {*_cut(whole, 5), *_cut(whole, 13)} for item in self.runs.get(run, ()))
            found |= {(row, item) for item, number in held.items() if number >= 0.8 * self.sizes[item]}
        return found


def _normal(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def _runs(stem: str) -> list[str]:
    return _cut(stem, 13 if stem.isascii() else 5)


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(len(text) - size + 1)]
