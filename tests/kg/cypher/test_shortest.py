"""Shortest paths over relationships."""

import pytest

from kgtools.kg.cypher.shortest import search

EDGES = {
    "a": [("1", "b"), ("2", "c"), ("6", "a")], "b": [("3", "d"), ("7", "d")], "c": [("4", "d")], "d": [("5", "e")], "e": [("8", "a")],
}  # fmt: skip


def test_all_of_the_fewest_relationships_are_found_in_the_order_of_their_ids_from_the_last_back() -> None:
    assert list(search(EDGES, "a", "d", -1)) == [
        (["a", "b", "d"], ["1", "3"]),
        (["a", "c", "d"], ["2", "4"]),
        (["a", "b", "d"], ["1", "7"]),
    ]


@pytest.mark.parametrize(("most", "found"), [(1, 0), (2, 0), (3, 3), (-1, 3)])
def test_none_is_longer_than_the_limit(most: int, found: int) -> None:
    assert len(list(search(EDGES, "a", "e", most))) == found


def test_what_is_not_joined_has_no_path() -> None:
    assert list(search(EDGES, "a", "z", -1)) == []
