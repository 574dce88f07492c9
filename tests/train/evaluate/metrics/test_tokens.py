"""Texts as tokens: what each way of cutting makes of Chinese, of English, and of both."""

import sys

import pytest

from kgtools.tools.errors import MissingExtraError
from kgtools.train.evaluate.metrics.tokens import find_tokenizer

TEXT = "发热37.5℃，don't worry。COVID-19"


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("char", list("发热37.5℃，don'tworry。COVID-19")),
        ("jieba", ["发热", "37.5", "℃", "，", "don", "'", "t", "worry", "。", "COVID-19"]),
        ("word", ["发", "热", "37.5", "℃", "，", "don't", "worry", "。", "COVID", "-", "19"]),
    ],
)
def test_each_way_cuts_as_it_says(name: str, tokens: list[str]) -> None:
    assert find_tokenizer(name)(TEXT) == tokens  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["char", "jieba", "word"])
@pytest.mark.parametrize("text", ["", " \n\t\u3000\x1c\x85"])
def test_white_space_is_no_token(name: str, text: str) -> None:
    assert find_tokenizer(name)(text) == []  # type: ignore[arg-type]


def test_without_rjieba_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'kgtools\[evaluate\]'"):
        find_tokenizer("jieba")
