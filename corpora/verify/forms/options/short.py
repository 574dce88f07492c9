"""Options that are called by less than their text: their initials, a word that no other option has, what a phrase shares with one alone."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from kgtools.corpora.verify.forms.options.paraphrases import SMALL, TURNS, pairs_of
from kgtools.corpora.verify.language.reading import fold

LEADS = re.compile(
    r"(?:答案(?:就|应该)*是|我?选(?:择)?(?=[^a-h项手拔了])"
    r"|\b(?:answer|diagnosis|choice) (?:is|would be)|\bgo(?:ing)? with|\bi(?:'d| would)? (?:pick|choose|select)) ?"
    r"(?:the |an? |那[个项种]|这[个项种])?([^,.;:。\n]{2,60})"
)
"""What leads to an answer, with the phrase behind it."""
WORD = re.compile(r"[a-z0-9]{2,}")
FILLER = frozenset([
    *SMALL, "probably", "likely", "definitely", "obviously", "clearly", "iv", "im", "po", "sc", "mg",
    "remaining", "agent", "one", "here", "because", "option", "answer",
])  # fmt: skip
MOST, SHORT = 5, 40
"""Words of a phrase that may be a short form, and characters of an answer that is read as one."""
INITIALS, PREFIX = 3, 4
"""Letters of a short form at least, and of the beginning of a name."""
SHARED, OTHER = 0.6, 0.25
"""Of the pairs of characters of a Chinese phrase, those that one option has at least, and any other at most."""


def find_short(low: str, options: Sequence[str], after: int) -> int | None:
    """The number of the only option that a short answer, or the phrase behind its last lead, calls by less than its text. `after`: a lead
    before this place says nothing."""
    texts = tuple(options)
    led = [found[1] for found in LEADS.finditer(low, after)]
    if led:
        return None if TURNS.search(led[-1]) else _find(led[-1], texts)
    first = re.split(r"[,.;:。\n]", low, maxsplit=1)[0]
    return _find(first, texts) if len(first) <= SHORT and (first == low.rstrip(".。") or ":" in low) else None


def _find(phrase: str, options: tuple[str, ...]) -> int | None:
    if not phrase.isascii():
        within = [at for at, text in enumerate(options) if len(phrase.strip()) > 1 and phrase.strip() in fold(text)]
        if len(within) == 1:
            return within[0]
        said = pairs_of(phrase)
        shares = [len(said & pairs_of(fold(text))) / len(said) if len(said) > 1 else 0.0 for text in options]
        best = max(range(len(shares)), key=shares.__getitem__)
        apart = all(share <= OTHER for at, share in enumerate(shares) if at != best)
        return best if shares[best] >= SHARED and apart else None
    said_words = [word for word in WORD.findall(phrase) if word not in FILLER]
    if not said_words or len(said_words) > MOST:
        return None
    words, initials = _words(options), _initials(options)
    for word in said_words:
        if len(word) >= INITIALS and initials.count(word) == 1:
            return initials.index(word)
    with_all = [at for at, own in enumerate(words) if all(word in own for word in said_words)]
    if not with_all and len(said_words) == 1 and len(said_words[0]) >= PREFIX:
        with_all = [at for at, own in enumerate(words) if any(word.startswith(said_words[0]) for word in own)]
    return with_all[0] if len(with_all) == 1 and max(map(len, said_words)) >= PREFIX else None


@lru_cache(1_024)
def _words(options: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(WORD.findall(fold(text))) for text in options)


@lru_cache(1_024)
def _initials(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("".join(word[0] for word in re.findall(r"[^\W_]+", text.lower())) for text in options)


COUNTED = re.compile(r"(?:1?共|总共|以上)?(?:有|是)?\d?[个项种者]?(?:都是|均是|等)?")
"""What stands beside the items of a list: 一共四个."""


def find_items(low: str, options: Mapping[str, str]) -> set[int]:
    """The options that a short list names, each by its text or by a part of it that no other option has; nothing unless each item is one."""
    if len(low) > 2 * SHORT:
        return set()
    texts = [fold(text) for text in options.values()]
    found: set[int] = set()
    for item in re.split(r"[、,;和与及\n。.]|\band\b", low):
        name = item.strip()
        hits = [
            at
            for at, text in enumerate(texts)
            if len(name) > 1 and (name in text or (text in name and len(name) <= len(text) + 2))
        ]
        if len(hits) == 1:
            found.add(hits[0])
        elif not COUNTED.fullmatch(name):
            return set()
    return found if len(found) > 1 else set()
