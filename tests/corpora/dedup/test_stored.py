"""Texts in a file: read again as they were, in any order."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.dedup.stored import TextStore, parts_of

TEXTS = st.lists(st.lists(st.text(st.characters(exclude_categories=()), max_size=20), max_size=5), max_size=5)


@given(TEXTS, st.randoms())
def test_texts_are_read_as_they_were_written(
    tmp_path_factory: object, batches: list[list[str]], chance: object
) -> None:
    texts = [text for batch in batches for text in batch]
    numbers = list(range(len(texts)))
    chance.shuffle(numbers)  # type: ignore[attr-defined]

    with TextStore(tmp_path_factory.mktemp("x") / "texts") as stored:  # type: ignore[attr-defined]
        for batch in batches:
            stored.write(batch)
        read = stored.read(np.array(numbers, dtype=np.int64))

    assert read == [texts[number] for number in numbers]


def test_the_file_is_in_its_folder(tmp_path: Path) -> None:
    with TextStore(tmp_path / "texts") as stored:
        stored.write(["一", "ab"])
        assert stored.bounds().tolist() == [0, 3, 5]

    assert (tmp_path / "texts").read_text(encoding="utf-8") == "一ab"


@given(st.lists(st.integers(0, 100), max_size=40), st.integers(1, 150))
def test_parts_are_all_there_is_and_none_is_much_larger_than_wanted(lengths: list[int], most: int) -> None:
    parts = list(parts_of(np.array(lengths, dtype=np.int64), most))

    assert [number for part in parts for number in range(part.start, part.stop)] == list(range(len(lengths)))
    assert all(sum(lengths[part]) < most + max(lengths[part], default=0) for part in parts)
