"""Options that are said in other words: shortened, inflected, in another order; where these words are of no other option."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

from kgtools.corpora.verify.forms.options.guesses import TORN
from kgtools.corpora.verify.forms.options.near import respell
from kgtools.corpora.verify.forms.options.positions import by_position
from kgtools.corpora.verify.language.reading import fold

WORD = re.compile(r"[a-z0-9]+")
HAN = re.compile(r"[\u3400-\u9fff0-9a-z]+")
SMALL = frozenset([
    "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "with", "and", "or", "is", "are", "be", "as", "from", "that", "this",
    "it", "its", "which", "due", "than", "into",
])  # fmt: skip
"""Words that say nothing of an option."""
EMPTY_HAN = re.compile("[的了被把是在与和及因为有于之其所]")
TURNS = re.compile(
    r"不|非|无(?!痛)|没|排除|除外|而是|\b(?:not|no|never|neither|nor|without|unlikely|rather|except|rule[sd]? out|exclud|although|but|however|n't)\b"
)
"""What may turn a claim round: such a sentence is not read in other words."""
SENTENCE = re.compile(r"[。;!?\n]|\.(?=\s|$)")
STEM, SAME = 5, 0.6
"""Letters from which two words may have one stem, and the share of the longer that they must have in common."""
ENOUGH, APART = 0.8, 0.3
"""Of an option in Chinese, the share of its pairs of characters that are said, and how much less must be said of any other."""
LEAST = 3
MOST = 400
"""Characters of an answer that is read so: longer ones say too much else."""


BRACKETS = re.compile(r" ?[(（\[]([^()（）\[\]]{1,40})[)）\]]$")
SHORT_NAME = re.compile(r"[A-Z][A-Za-z0-9-]{1,9}")
NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
LIMIT = re.compile(
    r"不(?:宜|能|应|得|可|要)?(?:超过|多于|大于|高于|少于|低于|小于)|(?:should )?not (?:be )?(?:exceed|more than|less than)"
)
"""Says how much, and denies nothing."""
GENUS = re.compile(r"\b([a-z])\. ?([a-z]{4,})")
"""A species with the first letter of its genus alone: s. pneumoniae."""


def names_of_option(text: str, options: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """An option's text; and itself without what stands in brackets behind it, and a short name there, where no other option has these:
    甲胎蛋白（AFP）."""
    names = [text]
    if aside := BRACKETS.search(text):
        others = "\n".join(other for _, other in options if other != text)
        short = [aside[1]] if SHORT_NAME.fullmatch(aside[1]) else []
        names += [name for name in (text[: aside.start()].strip(), *short) if len(name) > 1 and name not in others]
    return tuple(names)


def reword(low: str, options: Mapping[str, str], letters: str, denied: bool) -> str:
    """The text with letters of options in place of their place in the list, with their words where these are spelt nearly so, or the
    letter alone of the only option that it says in other words; itself where
    none of these is so. `denied`: it says of options that they are not so, and then no words are guessed at."""
    if letters and (found := by_position(low, letters)) != low:
        return found
    if (found := respell(low, options)) != low:
        return found
    if denied or len(low) > MOST or not letters or TORN.search(low):
        return low
    texts = tuple(options.values())
    if (found := GENUS.sub(lambda words: _species(words, texts), low)) != low:
        return found
    sentences = [part for part in SENTENCE.split(low) if part.strip()]
    for sentence in [sentences[0], sentences[-1]] if len(sentences) > 1 else sentences:
        if not TURNS.search(LIMIT.sub("", sentence)) and (number := _said(sentence, texts)) is not None:
            return letters[number]
    return low


def _species(words: re.Match[str], options: tuple[str, ...]) -> str:
    """The only option that the first letter of a genus and a species name; else these as they stand."""
    named = [text for text in options if text.lower().startswith(words[1]) and text.lower().split()[1:] == [words[2]]]
    return named[0].lower() if len(named) == 1 else words[0]


def _said(sentence: str, options: tuple[str, ...]) -> int | None:
    """The number of the only option whose own words a sentence says."""
    if (number := _by_numbers(sentence, options)) is not None:
        return number
    shares = [share(sentence) for share in _shares(options)]
    best = max(range(len(shares)), key=lambda at: shares[at])
    others = max((value for at, value in enumerate(shares) if at != best), default=0.0)
    return best if shares[best] >= ENOUGH and shares[best] - others >= APART else None


def _by_numbers(sentence: str, options: tuple[str, ...]) -> int | None:
    """The number of the only option whose figures a sentence has, one behind the other: 100～120次/分."""
    wanted = _numbers(options)
    if not wanted:
        return None
    said = NUMBER.findall(sentence)
    found = [
        at
        for at, each in enumerate(wanted)
        if any(said[i : i + len(each)] == each for i in range(len(said) - len(each) + 1))
    ]
    return found[0] if len(found) == 1 else None


@lru_cache(1_024)
def _numbers(options: tuple[str, ...]) -> tuple[list[str], ...]:
    """The figures of each option, where each has its own; else nothing."""
    found = tuple(NUMBER.findall(fold(text)) for text in options)
    return found if all(found) and len(set(map(tuple, found))) == len(options) else ()


@lru_cache(1_024)
def _shares(options: tuple[str, ...]) -> tuple[Callable[[str], float], ...]:
    """Of each option the share of its own words, or pairs of characters, that a sentence says."""
    folded = [fold(text) for text in options]
    if all(text.isascii() for text in folded):
        words = [
            [
                word.lower()
                for word in re.findall(r"[A-Za-z0-9]+", text)
                if word.lower() not in SMALL or (word == word.upper() and at)
            ]
            for text in options
            for at in [len(text.split()) > 1]
        ]
        counts = Counter(word for each in words for word in set(each))
        return tuple(_of_words([word for word in each if 2 * counts[word] < len(options)]) for each in words)
    return tuple(_of_pairs(pairs_of(text)) for text in folded)


def _of_words(words: list[str]) -> Callable[[str], float]:
    def share(sentence: str) -> float:
        said = set(WORD.findall(sentence))
        stems = {word[:STEM] for word in said}
        found = sum(
            word in said or (word[:STEM] in stems and any(_is_of_stem(word, other) for other in said)) for word in words
        )
        return found / len(words) if words else 0.0

    return share


def _of_pairs(pairs: frozenset[str]) -> Callable[[str], float]:
    def share(sentence: str) -> float:
        return len(pairs & pairs_of(sentence)) / len(pairs) if len(pairs) >= LEAST else 0.0

    return share


def pairs_of(text: str) -> frozenset[str]:
    return frozenset(run[at : at + 2] for run in HAN.findall(EMPTY_HAN.sub(" ", text)) for at in range(len(run) - 1))


def _is_of_stem(word: str, other: str) -> bool:
    """Whether two words are of one stem: stimulating, stimulates; strep, streptococcus."""
    shorter, longer = sorted((len(word), len(other)))
    if shorter < STEM or word.isdigit():
        return False
    same = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), shorter)
    return same >= STEM and (same == shorter or same >= SAME * longer)
