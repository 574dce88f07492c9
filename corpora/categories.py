"""The categories of a corpus: which words make which, and how many records each has."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kgtools.corpora.checks.examples import check_examples
from kgtools.corpora.detect import find
from kgtools.corpora.read import settings_of, with_sheet
from kgtools.corpora.reader import Categories, Corpus, Example, Reader
from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.originals import originals


@dataclass(frozen=True)
class Category:
    """A category with its records, and what the files call it (each with its records). `mapped`: whether words make it."""

    category: str
    records: int
    mapped: bool
    labels: dict[str, int]


@dataclass(frozen=True)
class CategoryCounts:
    """The categories of files, the largest first; `without`: records that have none; `rejected`: rows that are no records."""

    categories: list[Category]
    without: int
    rejected: int


def categories_of(name: str) -> Categories:
    """Whence the categories of a reader are. Raises UsageError where it has none."""
    reader: Reader = find(name)
    if reader.categories is None:
        others = [other for other, reader in registry.every("readers", Reader) if reader.categories]
        raise UsageError(f"the records of {name} have no categories; those of these readers have: {', '.join(others)}")
    return reader.categories


def count(
    name: str,
    paths: list[Path],
    settings: dict[str, str],
    limit: int | None = None,
    strict: bool = False,
    seed: int = 0,
) -> CategoryCounts:
    """The categories of the records that `read` would write; nothing is written."""
    whence, reader = categories_of(name), find(name)
    sheet, settings = with_sheet(settings)
    pairs: Counter[tuple[str, str]] = Counter()
    with originals() as given:
        corpus = Corpus(paths, seed, strict, given, sheet)
        for example in islice(check_examples(corpus, reader.read(corpus, settings_of(name, reader, settings))), limit):
            if isinstance(example, Example):
                pairs[str(example.meta.get("category") or ""), str(example.meta.get(whence.label) or "")] += 1
    known = {category for _, category in whence.words}
    totals: Counter[str] = Counter()
    for (category, _), number in pairs.items():
        totals[category] += number
    found = [
        Category(category, number, category in known, _labels(pairs, category))
        for category, number in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
        if category
    ]
    return CategoryCounts(found, totals[""], len(corpus.rejects))


def _labels(pairs: Counter[tuple[str, str]], category: str) -> dict[str, int]:
    return {label: number for (of, label), number in sorted(pairs.items()) if of == category}
