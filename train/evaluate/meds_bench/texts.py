"""How like a reference a text is: one function, in whose place better ones can be put."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]")
"""A character of Chinese or Japanese, a word of another language, any other sign."""


class TextScores(NamedTuple):
    """`matched`: tokens of the text that the reference has too, each as often at most; `tokens`, `reference`: how many each has, of which BLEU-1 of
    a corpus is made; `rouge_1`, `rouge_l`: F1 of tokens, and of their longest common subsequence (Lin 2004)."""

    matched: int
    tokens: int
    reference: int
    rouge_1: float
    rouge_l: float


def text_metrics(hypothesis: str, reference: str, lang: str) -> TextScores:  # noqa: ARG001  # another one may cut by it
    """How like its reference a text is, upper and lower case alike."""
    said, right = TOKEN.findall(hypothesis.lower()), TOKEN.findall(reference.lower())
    matched = (Counter(said) & Counter(right)).total()
    whole = len(said) + len(right)
    if not whole:
        return TextScores(0, 0, 0, 0.0, 0.0)
    return TextScores(matched, len(said), len(right), 2 * matched / whole, 2 * common_length(said, right) / whole)


def common_length(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest common subsequence. A bit of `row` is 0 where the subsequence grows by that token of `b` (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for number, token in enumerate(b):
        places[token] = places.get(token, 0) | 1 << number
    whole = (1 << len(b)) - 1
    row = whole
    for token in a:
        match = row & places.get(token, 0)
        row = (row + match | row - match) & whole
    return len(b) - row.bit_count()
