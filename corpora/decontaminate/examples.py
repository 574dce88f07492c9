"""What was found beside what it is in, on a page for a person to judge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.decontaminate.find import Contamination
from kgtools.corpora.decontaminate.index import load_index
from kgtools.corpora.gates import is_private
from kgtools.corpora.record_files import scan
from kgtools.corpora.text.normalize import with_texts
from kgtools.tools.outputs.atomic import write_file

EACH = 10
"""Examples of each source, evaluation set, rule and verdict."""
SHOWN = 3_000
"""Characters of a text that are shown."""
LEAST = 4
"""Characters that both texts say, from which on they are marked."""

STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; } table { border-collapse: collapse; width: 100%; }
td { vertical-align: top; width: 50%; padding: .6rem; border: 1px solid #8886; white-space: pre-wrap; word-break: break-word; }
caption { text-align: left; font-weight: 600; padding: 1rem 0 .3rem; } mark { background: #ffd54a88; color: inherit; }
:root { color-scheme: light dark; }"""


@dataclass(frozen=True)
class HitExample:
    """A pair, with what the record and the item say."""

    pair: dict[str, Any]
    record: str
    item: str


def examples(contamination: Contamination, source: Path, evalsets: Sequence[Path]) -> tuple[list[HitExample], int]:
    """The first EACH pairs of each source, evaluation set, rule and verdict; and how many of them have no text at hand, as
    their evaluation set is an index."""
    kinds = ["source", "evalset", "verdict", "rule"]
    first = contamination.filter(pl.int_range(pl.len()).over(kinds) < EACH).sort([*kinds, "row", "item"])
    record_texts = _texts(source, first["id"])
    item_texts: dict[str, str] = {}
    for evalset in evalsets:
        if evalset.is_dir() or load_index(evalset) is None:
            item_texts |= _texts(evalset, first["item"])
    shown = [
        HitExample(pair, record_texts[pair["id"]], item_texts[pair["item"]])
        for pair in first.iter_rows(named=True)
        if pair["item"] in item_texts
    ]
    return shown, first.height - len(shown)


def write_examples(contamination: Contamination, source: Path, evalsets: Sequence[Path], path: Path) -> int:
    """Write the page; gives how many examples have no text at hand."""
    shown, untold = examples(contamination, source, evalsets)
    write_file(path, page(shown).encode("utf-8"), "--examples", private=is_private(source))
    return untold


def _texts(source: Path, ids: pl.Series) -> dict[str, str]:
    rows = scan(source)[0].filter(pl.col("id").is_in(ids.unique().implode()))
    return dict(with_texts(rows).select("id", pl.col("whole").str.slice(0, SHOWN)).collect().iter_rows())


def page(shown: Sequence[HitExample]) -> str:
    """The examples as HTML, what both texts say marked."""
    tables = [line for example in shown for line in _table(example)]
    return "\n".join([
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8"><title>Contamination</title>',
        f"<style>{STYLE}</style></head><body>",
        "<p>A record on the left, an item of an evaluation set on the right. hit: it is in the record; twin: much alike, but "
        "another question; facts: the record was made from a graph.</p>",
        *tables, "</body></html>", "",
    ])  # fmt: skip


def _table(example: HitExample) -> Iterator[str]:
    pair = example.pair
    title = f"{pair['verdict']}, {pair['rule']} {pair['overlap']:.2f}: {pair['source']} {pair['id']} | {pair['evalset']} {pair['item']}"
    blocks = SequenceMatcher(None, example.record, example.item, autojunk=False).get_matching_blocks()
    same = [block for block in blocks if block.size >= LEAST]
    left = _mark(example.record, [(block.a, block.size) for block in same])
    right = _mark(example.item, [(block.b, block.size) for block in same])
    yield f"<table><caption>{escape(title)}</caption><tr><td>{left}</td><td>{right}</td></tr></table>"


def _mark(text: str, places: Sequence[tuple[int, int]]) -> str:
    done, at = [], 0
    for start, size in places:
        done.append(f"{escape(text[at:start])}<mark>{escape(text[start : start + size])}</mark>")
        at = start + size
    return "".join([*done, escape(text[at:])])
