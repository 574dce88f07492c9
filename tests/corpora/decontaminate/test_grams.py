"""Runs of letters as numbers: the same run the same number, wherever it stands."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.decontaminate.grams import (
    LONG,
    SHORT,
    flat_grams,
    grams,
    hashed,
    is_han,
    letters_of,
    runs,
    runs_of_size,
    sketches,
    wholes,
)

WORDS = st.lists(st.text("甲乙丙丁ab1", max_size=30), max_size=6)


@given(WORDS)
def test_two_runs_have_the_same_number_if_and_only_if_they_are_the_same(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    letters, starts = letters_of(column)
    found = runs(letters)

    for size in (2, 4, SHORT, LONG):
        told = [
            (text[at : at + size], int(found[size][start + at]))
            for text, start in zip(texts, starts, strict=False)
            for at in range(len(text) - size + 1)
        ]

        assert len({run for run, _ in told}) == len({number for _, number in told}) == len(set(told))


@given(WORDS)
def test_the_runs_of_a_text_are_those_that_fit_into_it(texts: list[str]) -> None:
    sizes = pl.Series([SHORT if at % 2 else LONG for at in range(len(texts))], dtype=pl.Int32)

    found = flat_grams(pl.Series(texts, dtype=pl.String), sizes)

    counts = dict(found.group_by("text").len().iter_rows())
    for at, (text, size) in enumerate(zip(texts, sizes, strict=True)):
        assert counts.get(at, 0) == len({text[start : start + size] for start in range(len(text) - size + 1)})


@given(st.text("甲乙ab", max_size=40), st.integers(1, 20))
def test_a_run_of_any_size_is_known_by_the_number_of_the_text_that_it_is(text: str, size: int) -> None:
    letters, _ = letters_of(pl.Series([text]))
    whole = [text[at : at + size] for at in range(len(text) - size + 1)]

    assert runs_of_size(letters, size)[: len(whole)].tolist() == wholes(pl.Series(whole, dtype=pl.String)).to_list()


def test_a_text_shorter_than_a_run_has_none() -> None:
    texts = pl.Series(["甲乙丙丁", "", "甲乙丙丁戊"])

    assert grams(texts, is_han(texts)).list.len().to_list() == [0, 0, 1]
    assert hashed(texts).null_count() == 1


def test_numbers_are_smaller_than_what_they_stand_for() -> None:
    """Five Chinese letters hold some 65 bits, two of them 26."""
    texts = pl.Series(["急性胰腺炎起病后血清淀粉酶开始升高的时间是"])

    assert grams(texts, is_han(texts)).list.max()[0] < 2**40
    assert sketches(texts, is_han(texts)).list.max()[0] < 2**12


def test_the_numbers_of_this_version_stay_what_they_are() -> None:
    """Saved indexes hold them; another way to number is another version of the index."""
    texts = pl.Series(["急性胰腺炎", "acute pancreatitis"])

    assert grams(texts, is_han(texts)).list.sum().to_list() == [895272384883, 2559114903721]
    assert sketches(texts, is_han(texts)).list.sum().to_list() == [9998, 34034]
    assert hashed(texts).to_list() == [16020510735881064771, 2047349979820186771]
