"""BLEU, GLEU and ROUGE of what texts and references have in common: of one text, or of the sums of a corpus.

Each follows a library in every quirk, which its docstring names: BLEU and GLEU nltk 3.10 (`nltk.translate`), ROUGE rouge-chinese 1.0.3."""

from typing import Literal, NamedTuple

import numpy as np

from kgtools.train.evaluate.metric import divide
from kgtools.train.evaluate.metrics.ngrams import ORDERS, Integers, Overlaps
from kgtools.train.evaluate.statistics.intervals import Floats

Smoothing = Literal["none", "method1"]
EPSILON = 0.1
"""What method1 takes for no match (Chen and Cherry 2014)."""
ROUGE_EPSILON = 1e-8
"""What rouge-chinese adds below F, lest it divide by zero: F of a text that is its own reference is 0.999999995."""
Several = Literal["best", "mean"]


def bleu(counts: Floats | Integers, order: int, smoothing: Smoothing = "none") -> Floats:
    """Cumulative BLEU with uniform weights up to `order`, of counts (..., 10) in the columns BLEU, and more behind them.

    As nltk has it: where no token matches, it is 0 whatever the smoothing; without smoothing it is 0 where any order has no match (nltk takes
    the smallest float for it, which shows at the 77th decimal place); with method1 no match counts as EPSILON, also at orders for which the
    text is too short, whose total is 1: a right answer of one token has BLEU-4 = 0.1 ** 0.75 = 0.178. Those totals of 1 are summed too in the
    BLEU of a corpus, where sacrebleu and the paper have 0."""
    matches, totals = counts[..., :order].astype(np.float64), counts[..., len(ORDERS) : len(ORDERS) + order]
    if smoothing == "method1":
        matches = np.where(matches == 0, EPSILON, matches)
    with np.errstate(divide="ignore"):
        geometric = np.exp(np.log(matches / np.maximum(totals, 1)).mean(axis=-1))
    found: Floats = np.where(counts[..., 0] == 0, 0.0, geometric * _brevity(counts[..., 8], counts[..., 9]))
    return found


def _brevity(length: Floats | Integers, closest: Floats | Integers) -> Floats:
    """1 of a text longer than its reference, else exp(1 - reference / text)."""
    penalty: Floats = np.exp(np.minimum(1 - closest / np.maximum(length, 1), 0.0))
    return penalty


def gleu(counts: Floats | Integers) -> Floats:
    """Google's GLEU (Wu et al. 2016) of counts (..., 2) in the columns GLEU, and more behind them; 0 where neither text has a token."""
    return divide(counts[..., 0].astype(np.float64), np.maximum(counts[..., 1], 1))


class Rouge(NamedTuple):
    """Each (texts, 3): of ROUGE-1, ROUGE-2 and ROUGE-L."""

    precision: Floats
    recall: Floats
    f: Floats


def rouge(overlaps: Overlaps, several: Several = "best") -> Rouge:
    """ROUGE of each text: of several references by the one of the best F, the first of equal ones, for each of the three apart; or the mean
    over them.

    As rouge-chinese has it: ROUGE-1 and ROUGE-2 are of sets, an n-gram that stands twice counts once; F has ROUGE_EPSILON below; ROUGE-L is
    of the texts as one sequence of tokens, not sentence by sentence. It refuses empty texts, which are 0 here."""
    match, text, reference = (overlaps.rouge[:, part::3] for part in range(3))
    precision, recall = match / np.maximum(text, 1), match / np.maximum(reference, 1)
    pairs = Rouge(precision, recall, 2 * (precision * recall / (precision + recall + ROUGE_EPSILON)))
    if len(overlaps.starts) == len(overlaps.rouge):
        return pairs
    ends = np.append(overlaps.starts[1:], len(overlaps.rouge))
    if several == "mean":
        counts = (ends - overlaps.starts)[:, None]
        return Rouge(*(np.add.reduceat(each, overlaps.starts) / counts for each in pairs))
    places = [start + pairs.f[start:end].argmax(axis=0) for start, end in zip(overlaps.starts, ends, strict=True)]
    best = np.array(places).reshape(-1, 3)
    return Rouge(*(np.take_along_axis(each, best, axis=0) for each in pairs))
