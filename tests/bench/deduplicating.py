"""Duplicates in a million short Chinese texts: records/s beside bare rensa, peak memory, recall and precision."""

from pathlib import Path

import numpy as np
import polars as pl
from clock import command, in_turns, print_aim, print_table
from graphs import Graphs
from rensa import RMinHash, RMinHashLSH

from kgtools.corpora.dedup import DedupOptions, find_duplicates
from kgtools.corpora.dedup.pieces import jaccard, sets
from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import Sink

TEXTS, NGRAM, PERMUTATIONS, BANDS = 1_000_000, 5, 128, 16
WORDS = 4_000
SHARERS = 10_000
INSTRUCTION = "Read what the patient says with care and answer as a physician would, in plain and precise words. " * 4
"""Under which so many records ask and answer something of their own."""


def bench(_graphs: Graphs, scratch: Path, rounds: int) -> None:
    """Print the tables. One text in ten is an earlier one with a few characters changed."""
    texts, planted = _texts()
    path = _write(texts, scratch / "texts.parquet")
    wanted = {pair for pair in planted if jaccard(*sets([texts[pair[0]], texts[pair[1]]], NGRAM)) >= 0.85}
    doubles, _ = find_duplicates(pl.scan_parquet(path), DedupOptions(on="question"))
    found = doubles.select("row", "kept_row").rows()
    false = sum(jaccard(*sets([texts[a], texts[b]], NGRAM)) < 0.8 for a, b in found)
    gone = {row for row, _ in found}
    recall = sum(row in gone for row, _ in wanted) / len(wanted)

    ours, bare = in_turns(
        rounds, lambda: find_duplicates(pl.scan_parquet(path), DedupOptions(on="question")), lambda: _bare(texts)
    )
    rate = bare / ours
    rows = [
        ("kgtools dedup, exact and near, verified", f"{TEXTS / ours.median:,.0f}"),
        ("bare rensa, insert and query", f"{TEXTS / bare.median:,.0f}"),
        ("ratio", f"{rate}"),
    ]
    print_table(f"DEDUP  {TEXTS:,} texts of {sum(map(len, texts)) / TEXTS:.0f} characters", ("work", "texts/s"), rows)
    print_aim(f"80 % of bare rensa: {rate.median:.0%}", rate.median >= 0.8)
    print_aim(f"recall >= 99 % of {len(wanted):,} planted pairs at Jaccard >= 0.85: {recall:.2%}", recall >= 0.99)
    print(f"precision: {1 - false / len(found):.2%} of {len(found):,} that went are 0.8 or more like what stays")
    stay = SHARERS - find_duplicates(_sharing(), DedupOptions())[0].height
    print_aim(f"of {SHARERS:,} records that share a long instruction {stay:,} stay", stay == SHARERS)
    took, peak = command("dedup", str(path), "--on", "question", "--out", str(scratch / "out"))
    size = path.stat().st_size / 1e6
    print(f"the command, with {size:,.0f} MB of Parquet read and written: {took:.1f} s, at most {peak:,} MB of memory")


def _bare(texts: list[str]) -> int:
    """What one writes with the library alone; it names no pairs and measures none."""
    index = RMinHashLSH(threshold=0.8, num_perm=PERMUTATIONS, num_bands=BANDS)
    alike = 0
    for number, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update(list({text[at : at + NGRAM] for at in range(max(1, len(text) - NGRAM + 1))}))
        alike += bool(index.query(sketch))
        index.insert(number, sketch)
    return alike


def _texts() -> tuple[list[str], list[tuple[int, int]]]:
    """Sentences of made-up words that are as unlike in frequency as those of a language; (text, the earlier one it is like)."""
    chance = np.random.default_rng(5)
    letters = [chr(code) for code in chance.integers(0x4E00, 0x5E00, size=3 * WORDS)]
    words = ["".join(letters[3 * at : 3 * at + 1 + at % 3]) for at in range(WORDS)]
    weights = 1 / np.arange(1, WORDS + 1) ** 0.8
    lengths = chance.integers(15, 50, size=TEXTS)
    drawn = chance.choice(WORDS, size=int(lengths.sum()), p=weights / weights.sum()).tolist()
    texts, planted, at = [], [], 0
    for number, length in enumerate(lengths.tolist()):
        texts.append("".join(words[word] for word in drawn[at : at + length]))
        at += length
        if number % 10 == 9:
            like = texts[number - 7]
            texts[number] = like[:3] + like[5:]
            planted.append((number, number - 7))
    return texts, planted


def _sharing() -> pl.LazyFrame:
    chance = np.random.default_rng(3)
    letters = [chr(code) for code in range(0x4E00, 0x5E00)]
    names = [f"{number:020x}" for number in range(SHARERS)]
    talks = [[INSTRUCTION + "".join(chance.choice(letters, 12)), "".join(chance.choice(letters, 20))] for _ in names]
    return _table(names, [list(zip(("user", "assistant"), talk, strict=True)) for talk in talks]).lazy()


def _write(texts: list[str], path: Path) -> Path:
    with Sink(path, RECORDS) as sink:
        for at in range(0, len(texts), 50_000):
            part = texts[at : at + 50_000]
            names = [f"{at + number:020x}" for number in range(len(part))]
            sink.write(_table(names, [[("user", text)] for text in part]))
    return path


def _table(names: list[str], talks: list[list[tuple[str, str]]]) -> pl.DataFrame:
    size = len(names)
    return RECORDS.frame({
        "id": names, "task": ["qa"] * size, "lang": ["zh"] * size,
        "messages": [[{"role": role, "content": content} for role, content in talk] for talk in talks],
        "answer": [None] * size, "facts": [[]] * size, "group": names, "source": ["made"] * size, "template": [None] * size,
        "license": ["CC0-1.0"] * size, "split": [None] * size, "meta": ["{}"] * size,
    })  # fmt: skip
