"""Duplicates, exact and near: what is found, what stays, what hangs together."""

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.dedup import DedupOptions, find_duplicates
from kgtools.corpora.dedup.clusters import join_pairs
from kgtools.corpora.dedup.common import MANY
from kgtools.corpora.dedup.near import FEW, choose_bands
from kgtools.corpora.dedup.pieces import jaccard, pieces, sets
from kgtools.corpora.record import RECORDS
from kgtools.tools.inputs.files import digest

LETTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]


def records(texts: list[str], groups: list[str] | None = None) -> pl.LazyFrame:
    shared: dict[str, Any] = {"task": "qa", "lang": "zh", "facts": [], "source": "x", "license": "x", "meta": "{}"}
    rows = [
        shared | {
            "id": digest(f"{at}{text}"), "group": groups[at] if groups else digest(f"{at}"),
            "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "是"}],
        }
        for at, text in enumerate(texts)
    ]  # fmt: skip
    return RECORDS.frame(rows).lazy()


def found(texts: list[str], **look: Any) -> list[tuple[int, int, str]]:
    doubles, _ = find_duplicates(records(texts), DedupOptions(on="question", **look))
    return doubles.select("row", "kept_row", "kind").rows()  # type: ignore[return-value]


def prose(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(LETTERS, k=length))


def test_width_case_spaces_and_punctuation_make_no_difference() -> None:
    assert found(["痛风有什么症状？", " 痛风，有什么症状", "痛风有什么病因？", "ＡＢ型", "ab型。"]) == [
        (1, 0, "exact"), (4, 3, "exact"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["是", "是的", "ab", "？", "……"])
def test_texts_shorter_than_a_piece_are_compared_too(text: str) -> None:
    assert found([text, "另一个很长的问题，谁也不像", text]) == [(2, 0, "exact")]


def test_texts_of_punctuation_alone_are_compared_as_they_are() -> None:
    assert found(["？", "！"]) == []


def test_the_longest_stays_where_that_is_asked_for() -> None:
    text = prose(random.Random(1), 100)

    assert found([text, text + "好的"], keep="longest") == [(0, 1, "near")]
    assert found([text, text + "好的"]) == [(1, 0, "near")]


def test_of_a_cluster_the_row_of_the_lowest_rank_stays() -> None:
    doubles, _ = find_duplicates(records(["同一个问题"] * 3), DedupOptions(), pl.Series([2, 1, 3]))

    assert doubles.select("row", "kept_row").rows() == [(0, 1), (2, 1)]


def test_the_groups_of_a_cluster_become_one_and_take_their_friends_with_them() -> None:
    rows = records(["问题甲甲甲", "问题甲甲甲", "问题乙乙乙", "问题丙丙丙", "问题丙丙丙"], ["a", "b", "b", "c", "b"])

    _, moved = find_duplicates(rows, DedupOptions(on="question"))

    assert dict(moved.iter_rows()) == {"b": "a", "c": "a"}


def test_planted_near_duplicates_are_found_and_others_are_not() -> None:
    chance = random.Random(7)
    texts, planted = [], set()
    for at in range(600):
        text = prose(chance, chance.randint(60, 200))
        letters = list(text)
        place = chance.randrange(len(text))
        letters[place] = chance.choice(LETTERS)
        changed = "".join(letters)
        texts += [text, changed]
        one, other = sets([text, changed], 5)
        if jaccard(one, other) >= 0.85:
            planted.add((2 * at + 1, 2 * at))

    pairs = {(row, kept) for row, kept, _ in found(texts)}
    wrong = [pair for pair in pairs if pair[0] // 2 != pair[1] // 2]

    assert len(planted) > 300
    assert len(planted & pairs) / len(planted) >= 0.99
    assert wrong == []


def test_whatever_the_size_of_batches_the_same_duplicates_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from kgtools.corpora.dedup import find, near
    from kgtools.corpora.record_files import batches

    chance = random.Random(3)
    texts = [prose(chance, 40) for _ in range(60)]
    texts += [text[:-1] + "好" for text in texts[:30]] + texts[30:40]
    whole = found(texts)
    monkeypatch.setattr(find, "batches", lambda rows, size=7, **how: batches(rows, min(size, 7), **how))
    monkeypatch.setattr(find, "BYTES", 900)
    monkeypatch.setattr(near, "BYTES", 500)
    monkeypatch.setattr(find, "AT_ONCE", 3)

    assert found(texts) == whole
    assert len(whole) == 40


def test_what_goes_is_as_similar_as_the_threshold_to_what_stays() -> None:
    """A chain of texts, each like the next, its ends not alike."""
    text = prose(random.Random(5), 300)
    texts = [text[at : at + 150] for at in range(0, 150, 5)]

    doubles, moved = find_duplicates(records(texts), DedupOptions(on="question"))
    pairs = [
        (*sets([texts[row], texts[kept]], 5), like)
        for row, kept, like in doubles.select("row", "kept_row", "similarity").iter_rows()
    ]

    assert len(pairs) > 15
    assert [like for _, _, like in pairs] == [jaccard(one, other) for one, other, _ in pairs]
    assert min(like for _, _, like in pairs) >= 0.8
    assert set(doubles["kept_row"]).isdisjoint(doubles["row"])
    assert moved["joined"].n_unique() == 1
    assert moved.height == len(texts) - 1


def test_an_exact_duplicate_of_a_near_one_goes_in_favour_of_what_stays() -> None:
    text = prose(random.Random(5), 100)

    assert found([text, text + "好", text + "好。"]) == [(1, 0, "near"), (2, 0, "near")]


def test_a_bucket_of_alike_texts_is_one_cluster() -> None:
    text = prose(random.Random(5), 300)
    texts = [text + prose(random.Random(at), 3) for at in range(MANY - 1)]

    assert len(texts) > FEW
    assert {kept for _, kept, _ in found(texts)} == {0}
    assert len(found(texts)) == MANY - 2


def test_what_more_texts_have_in_common_does_not_make_them_alike() -> None:
    text = prose(random.Random(5), 300)
    texts = [text + prose(random.Random(at), 3) for at in range(MANY + 10)]

    assert found(texts) == []


@given(texts=st.lists(st.text(st.characters(exclude_categories=()), max_size=12), max_size=8), n=st.integers(1, 6))
def test_pieces_are_the_n_grams_of_each_sentence(texts: list[str], n: int) -> None:
    _, offsets = pieces(texts, n)
    sentences = [[sentence for sentence in text.split("\n") if sentence] for text in texts]
    expected = [[one[at : at + n] for one in part for at in range(max(len(one) - n + 1, 1))] for part in sentences]

    assert (offsets[1:] - offsets[:-1]).tolist() == [len(part) for part in expected]
    assert [len(one) for one in sets(texts, n)] == [len(set(part)) for part in expected]


@given(pairs=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30))
def test_clusters_are_what_hangs_together(pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    parts = nx.connected_components(nx.Graph(pairs))

    expected = list(range(21))
    for part in parts:
        for member in part:
            expected[member] = min(part)
    assert join_pairs(pairs, 21).tolist() == expected


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_bring_nearly_all_pairs_at_the_threshold_together(threshold: float) -> None:
    rows, bands = choose_bands(threshold)

    assert 1 - (1 - threshold**rows) ** bands >= 0.98


def test_no_rows_have_no_duplicates() -> None:
    doubles, moved = find_duplicates(records([]), DedupOptions())

    assert (doubles.height, moved.height) == (0, 0)
