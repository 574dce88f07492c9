"""What a text and its references have in common, in whole numbers: all that BLEU, GLEU and ROUGE are made of."""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Tokens = Sequence[str]
ORDERS = (1, 2, 3, 4)

BLEU = (*(f"match_{n}" for n in ORDERS), *(f"total_{n}" for n in ORDERS), "length", "closest")
"""n-grams of the text that a reference has too, each at most as often as the one reference that has it most often; n-grams of the text, 1 where it
is too short for any; tokens of the text; tokens of the reference that is nearest in length, of two the shorter."""
GLEU = ("gleu_match", "gleu_all")
"""n-grams of 1 to 4 tokens that the text and a reference share; those of the longer of them: by the reference of which the quotient is highest."""
ROUGE = tuple(f"{name}_{part}" for name in ("rouge_1", "rouge_2", "rouge_l") for part in ("match", "text", "reference"))
"""What the text and one reference share, what the text has, and what the reference has: of different 1-grams, of different 2-grams, and of tokens,
of which the longest common subsequence is shared."""


class Overlaps(NamedTuple):
    """`bleu`: (texts, 10), columns BLEU; `gleu`: (texts, 2), columns GLEU; `rouge`: (references, 9), columns ROUGE, those of one text together;
    `starts`: (texts,), where those of each begin."""

    bleu: Integers
    gleu: Integers
    rouge: Integers
    starts: Integers


Counts = tuple[Counter[Hashable], ...]


def count_overlaps(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Overlaps:
    """What each text has in common with its references, of which each has one or more."""
    bleu: list[tuple[int, ...]] = []
    gleu: list[tuple[int, ...]] = []
    rouge: list[tuple[int, ...]] = []
    starts: list[int] = []
    for text, others in zip(texts, references, strict=True):
        starts.append(len(rouge))
        mine = count_ngrams(text)
        theirs = [count_ngrams(other) for other in others]
        shared = [[_shared(a, b) for a, b in zip(mine, counts, strict=True)] for counts in theirs]
        match = shared[0] if len(others) == 1 else [_clipped(n, mine, theirs) for n in range(len(ORDERS))]
        totals = [max(len(text) - n + 1, 1) for n in ORDERS]
        bleu.append((*match, *totals, len(text), min((abs(len(other) - len(text)), len(other)) for other in others)[1]))
        gleu.append(_gleu(text, others, [sum(each) for each in shared]))
        for other, counts in zip(others, theirs, strict=True):
            rouge.append(_rouge(text, other, mine, counts))
    return Overlaps(_table(bleu, BLEU), _table(gleu, GLEU), _table(rouge, ROUGE), np.array(starts, dtype=np.int64))


def _table(rows: Sequence[tuple[int, ...]], columns: Sequence[str]) -> Integers:
    return np.array(rows, dtype=np.int64).reshape(-1, len(columns))


def count_ngrams(tokens: Tokens) -> Counts:
    """How often each n-gram of 1, 2, 3 and 4 tokens stands in a text."""
    second, third = tokens[1:], tokens[2:]
    return (
        Counter(tokens), Counter(zip(tokens, second, strict=False)), Counter(zip(tokens, second, third, strict=False)),
        Counter(zip(tokens, second, third, tokens[3:], strict=False)),
    )  # fmt: skip


def _shared(a: Counter[Hashable], b: Counter[Hashable]) -> int:
    return sum(min(a[gram], b[gram]) for gram in a.keys() & b.keys())


def _clipped(n: int, mine: Counts, theirs: Sequence[Counts]) -> int:
    return sum(min(times, max(counts[n].get(gram, 0) for counts in theirs)) for gram, times in mine[n].items())


def _gleu(text: Tokens, others: Sequence[Tokens], shared: Sequence[int]) -> tuple[int, int]:
    """Of references that give the same quotient the first counts, which matters to the sums of a corpus."""
    pairs = [(match, _ngrams_of(max(len(text), len(other)))) for other, match in zip(others, shared, strict=True)]
    return max((pair for pair in pairs if pair[1]), key=lambda pair: pair[0] / pair[1], default=(0, 0))


def _ngrams_of(length: int) -> int:
    """How many n-grams of 1 to 4 tokens so many tokens have."""
    return sum(max(length - n + 1, 0) for n in ORDERS)


TEARS = [re.compile(one) for one in (r"[。！？?][^”’]", r"\.{6}[^”’]", r"…{2}[^”’]", r"[。！？?][”’][^，。！？?]")]
"""Before the last sign of these rouge-chinese begins a new sentence, and so a new token. It asks in this order."""
TORN = re.compile(r"[。！？?]\S|\.{6}\S|…{2}\S")
"""Within a token of several signs, such as `?!`, one of them may stand; between tokens it changes nothing."""


def _rouge(text: Tokens, other: Tokens, mine: Counts, counts: Counts) -> tuple[int, ...]:
    torn = tear(text), tear(other)
    if torn != (text, other):
        text, other = torn
        mine, counts = count_ngrams(text), count_ngrams(other)
    common = [len(mine[n].keys() & counts[n].keys()) for n in (0, 1)]
    return (
        common[0], len(mine[0]), len(counts[0]), common[1], len(mine[1]), len(counts[1]), common_length(text, other), len(text), len(other),
    )  # fmt: skip


def tear(tokens: Tokens) -> Tokens:
    """The tokens that rouge-chinese sees in a text whose tokens are joined by spaces: those of several signs such as `?!` are torn apart."""
    joined = " ".join(tokens)
    if not TORN.search(joined):
        return tokens
    for mark in TEARS:
        joined = mark.sub(lambda found: f"{found[0][:-1]}\n{found[0][-1]}", joined)
    return joined.split()


def common_length(a: Tokens, b: Tokens) -> int:
    """The length of the longest common subsequence, a machine word of bits at a time (Hyyrö 2004): a bit of `rows` is 0 where the subsequence grows
    by the token of the shorter text that it stands for."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    places: dict[str, int] = {}
    for number, token in enumerate(shorter):
        places[token] = places.get(token, 0) | 1 << number
    whole = (1 << len(shorter)) - 1
    rows = whole
    for token in longer:
        if (place := places.get(token)) is not None:
            match = rows & place
            rows = (rows + match | rows - match) & whole
    return len(shorter) - rows.bit_count()
