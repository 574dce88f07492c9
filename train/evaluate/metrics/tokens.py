"""Texts as tokens, three ways. Figures of texts that were cut another way are figures of something else."""

from collections.abc import Callable
from typing import Literal, get_args

import regex

from kgtools.tools.errors import MissingExtraError

Tokenizer = Literal["char", "jieba", "word"]
TOKENIZERS: tuple[Tokenizer, ...] = get_args(Tokenizer)
Tokenize = Callable[[str], list[str]]

WORD = regex.compile(
    r"(?V1)\p{Han}|(?:[[\p{L}\p{M}\p{N}]--\p{Han}]|(?<=\p{L})['’](?=\p{L})|(?<=\p{N})[.,](?=\p{N}))+|\S"
)
"""A Chinese character; letters and digits that stand together, with the sign within `don't` and `37.5`; any other sign."""


def find_tokenizer(name: Tokenizer) -> Tokenize:
    """Text -> tokens, none empty and none with white space in it.

    `char`: each character that is no white space. `jieba`: the words of rjieba, by its dictionary, and by its hidden Markov model where that has
    none. `word`: words of English, characters of Chinese, signs one by one; upper and lower case differ. Raises MissingExtraError."""
    if name == "jieba":
        return _find_jieba()
    return characters if name == "char" else words


def characters(text: str) -> list[str]:
    """Each character that is no white space."""
    return list("".join(text.split()))


def words(text: str) -> list[str]:
    """WORD after WORD."""
    found: list[str] = WORD.findall(" ".join(text.split()))  # regex knows less white space than str does
    return found


def _find_jieba() -> Tokenize:
    try:
        from rjieba import cut
    except ImportError as error:
        raise MissingExtraError("tokenize=jieba needs one more package: pip install 'kgtools[evaluate]'") from error

    def jieba(text: str) -> list[str]:
        return " ".join(cut(text)).split()

    return jieba
