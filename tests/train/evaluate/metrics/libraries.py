"""The figures of nltk and rouge-chinese of tokens, by the names that ours have."""

import warnings
from collections.abc import Sequence

from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu
from nltk.translate.gleu_score import corpus_gleu

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its patterns are no raw strings
    from rouge_chinese import Rouge

WEIGHTS = [(1.0,), (1 / 2, 1 / 2), (1 / 3, 1 / 3, 1 / 3), (1 / 4, 1 / 4, 1 / 4, 1 / 4)]
ROUGE = {"rouge_1": "rouge-1", "rouge_2": "rouge-2", "rouge_l": "rouge-l"}
SMOOTHINGS = {"none": None, "method1": SmoothingFunction().method1}

Tokens = Sequence[str]


def nltk_figures(texts: Sequence[Tokens], references: Sequence[Sequence[Tokens]], smoothing: str) -> dict[str, float]:
    """BLEU-1 to BLEU-4 and GLEU of a corpus, which may be one text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each order without a match
        bleus = corpus_bleu(references, texts, WEIGHTS, SMOOTHINGS[smoothing])
    return {f"bleu_{n}": float(bleu) for n, bleu in enumerate(bleus, 1)} | {"gleu": corpus_gleu(references, texts)}


def rouge_figures(text: Tokens, reference: Tokens) -> dict[str, float]:
    """F, precision and recall of the three ROUGE; neither text may be empty."""
    (scores,) = Rouge().get_scores(" ".join(text), " ".join(reference))
    parts = {"": "f", "_precision": "p", "_recall": "r"}
    return {f"{ours}{end}": scores[theirs][part] for ours, theirs in ROUGE.items() for end, part in parts.items()}
