"""Messages in turn: what one says in several goes becomes one message."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.dialogue.turns import merge_neighbours
from kgtools.corpora.reader import Turn

TURNS = st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text()))


def test_neighbours_of_one_role_become_one_message_a_line_each() -> None:
    turns = [Turn("user", "咳嗽。"), Turn("user", "两天了。"), Turn("assistant", "发热吗？"), Turn("user", "没有。")]

    assert merge_neighbours(turns) == [Turn("user", "咳嗽。\n两天了。"), *turns[2:]]


@given(TURNS)
def test_no_two_neighbours_are_of_one_role_and_nothing_is_lost(turns: list[Turn]) -> None:
    found = merge_neighbours(turns)

    assert all(one.role != next_.role for one, next_ in pairwise(found))
    assert "\n".join(turn.content for turn in found) == "\n".join(turn.content for turn in turns)
