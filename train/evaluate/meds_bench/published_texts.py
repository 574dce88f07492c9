"""BLEU-1 and "ROUGE-1" as the published scripts of MedS-Bench work them out (Metrics/utils.py, cb26b7f).

They cut Chinese by jieba, Japanese by janome, any other language by nltk's `word_tokenize`, whose sentences are those of its English Punkt model;
BLEU is nltk's `sentence_bleu` of one reference by single words; ROUGE is the ROUGE-L of PyPI's `rouge` 1.0.1, on words that white space parts."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from math import exp
from pathlib import Path

import numpy as np

from kgtools.tools.errors import MissingExtraError
from kgtools.tools.inputs.safe_yaml import read_yaml

Tokenize = Callable[[str], list[str]]
WORDS = Path(__file__).with_name("words.yaml")
RUNS = re.compile(r"([a-zA-Z0-9]+(?:\.[0-9]+)?%?)")
"""What jieba keeps together of letters and digits; rjieba keeps `MHC-I` and `2.0cm` together too."""
HAN = re.compile(r"[\u4e00-\u9fff]")
SEEN_SMALL = 1 << 5
"""That a word has been seen in small letters within a sentence (nltk.tokenize.punkt)."""
SMALL = 1e-8
"""What `rouge` adds to a divisor, lest it be 0."""


class WordsMissing(Exception):
    """There is no tokenizer for a language here. `package`: what would bring it."""

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self.package = package


@cache
def tokenizer(lang: str | None) -> Tokenize:
    """Text -> words, by language. Raises WordsMissing for Japanese without janome, MissingExtraError without the packages of `evaluate`."""
    if lang == "zh":
        return _chinese()
    return _japanese() if lang == "ja" else _others()


def _chinese() -> Tokenize:
    try:
        from rjieba import cut
    except ImportError as error:
        raise MissingExtraError(
            "compat=meds-bench needs one more package for Chinese: pip install 'kgtools[evaluate]'"
        ) from error

    def words(text: str) -> list[str]:
        return [part for word in cut(text) for part in ([word] if HAN.search(word) else RUNS.split(word)) if part]

    return words


def _japanese() -> Tokenize:
    try:
        from janome.tokenizer import Tokenizer
    except ImportError as error:
        raise WordsMissing("janome") from error
    words = Tokenizer()
    return lambda text: [str(word) for word in words.tokenize(text, wakati=True)]


def _others() -> Tokenize:
    """nltk's `word_tokenize` without the download of its model: its own Punkt algorithm, given what matters of the model here."""
    try:
        from nltk.tokenize.destructive import NLTKWordTokenizer
        from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer
    except ImportError as error:
        raise MissingExtraError("compat=meds-bench needs one more package: pip install 'kgtools[evaluate]'") from error
    known = {name: value.split() for name, value in read_yaml(WORDS.read_text(encoding="utf-8"), WORDS)[0].items()}
    model = PunktParameters()
    model.abbrev_types, model.sent_starters = set(known["abbreviations"]), set(known["starters"])
    model.ortho_context.update(dict.fromkeys(known["common"], SEEN_SMALL))
    sentences, words = PunktSentenceTokenizer(model), NLTKWordTokenizer()
    return lambda text: [word for sentence in sentences.tokenize(text) for word in words.tokenize(sentence)]


def bleu_1(said: Sequence[str], right: Sequence[str]) -> float:
    """`sentence_bleu([right], said, weights=(1, 0, 0, 0), smoothing_function=method1)`; what is smoothed there weighs nothing here."""
    matched = (Counter(said) & Counter(right)).total()
    if not matched:
        return 0.0
    brevity = 1.0 if len(said) > len(right) else exp(1 - len(right) / len(said))
    return brevity * matched / len(said)


def rouge_l(said: str, right: str) -> float | None:
    """`Rouge().get_scores(said, right)[0]["rouge-l"]["f"]`; None where that raises ValueError: no text is left between full stops.

    A full stop ends a sentence wherever it stands, in 37.5 too. Counted are different words: those of both texts, and of the longest
    common subsequence of each pair of sentences, all together."""
    mine, theirs = _sentences(said), _sentences(right)
    if not mine or not theirs:
        return None
    common: set[str] = set()
    for reference in theirs:
        for sentence in mine:
            common |= _common_words(reference, sentence)
    recall = len(common) / len({word for sentence in theirs for word in sentence})
    precision = len(common) / len({word for sentence in mine for word in sentence})
    return 2 * precision * recall / (precision + recall + SMALL)


def _sentences(text: str) -> list[list[str]]:
    return [" ".join(part.split()).split(" ") for part in text.split(".") if part]


def _common_words(reference: Sequence[str], sentence: Sequence[str]) -> set[str]:
    """The words of the longest common subsequence; of several, the one that is found from the end on when the sentence gives way first."""
    if set(reference).isdisjoint(sentence):
        return set()
    numbers = {word: number for number, word in enumerate(dict.fromkeys(sentence))}
    columns = np.array([numbers[word] for word in sentence])
    lengths = np.zeros((len(reference) + 1, len(sentence) + 1), np.int32)
    for row, word in enumerate(reference):
        grown = lengths[row, :-1] + (columns == numbers.get(word, -1))
        np.maximum.accumulate(np.maximum(lengths[row, 1:], grown), out=lengths[row + 1, 1:])
    common = set()
    at, column = len(reference), len(sentence)
    while at and column:
        if reference[at - 1] == sentence[column - 1]:
            at, column = at - 1, column - 1
            common.add(reference[at])
        elif lengths[at - 1, column] > lengths[at, column - 1]:
            at -= 1
        else:
            column -= 1
    return common
