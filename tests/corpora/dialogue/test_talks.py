"""Talks in turn: whatever was said, the patient's message is first and the doctor's last, and every change is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.dialogue.messages import as_lines, take_turns
from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.reader import Corpus, Turn

WORDS = st.sampled_from(["", " ", "（空）", "( 空 )", "在吗", "咳嗽三天", "多喝水\n休息"])
SAID = st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), WORDS), max_size=8)


def reason_or_turns(said: list[Turn], opening: str) -> str | list[Turn]:
    try:
        return take_turns(Corpus([]), said, opening)
    except NotTurns as why:
        return why.reason


@given(SAID, st.sampled_from(["", "咳嗽", " 发热 "]))
def test_a_talk_is_in_turn_or_no_talk(said: list[Turn], opening: str) -> None:
    turns = reason_or_turns(said, opening)

    if isinstance(turns, str):
        assert turns in ("no-answer", "no-question")
    else:
        assert [turn.role for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
        assert all(turn.content.strip() and "空" not in turn.content for turn in turns)
        assert opening.strip() in turns[0].content


@given(SAID)
def test_every_message_that_is_gone_is_counted(said: list[Turn]) -> None:
    corpus = Corpus([])
    try:
        turns = take_turns(corpus, said)
    except NotTurns:
        return

    assert len(said) - len(turns) == sum(corpus.changes.values())


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_message_stays_on_one_line_of_a_written_talk(role: str) -> None:
    assert len(as_lines([Turn(role, "多喝水\n 休息")]).splitlines()) == 1
