"""The options that an answer names, by letter or text, and those of them that it denies."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kgtools.corpora.verify.forms.options.asked import Asked
from kgtools.corpora.verify.forms.options.chains import Chain
from kgtools.corpora.verify.forms.options.guesses import may_hang, of_others, refuse_texts, without_conditions
from kgtools.corpora.verify.forms.options.letters import find_letters, in_full
from kgtools.corpora.verify.forms.options.paraphrases import names_of_option
from kgtools.corpora.verify.forms.options.words import JOINED, PAIRED, REFUSED, SUBJECT
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.against import OPENING, set_against
from kgtools.corpora.verify.language.asked import asked_of
from kgtools.corpora.verify.language.denials import HARMLESS, deny
from kgtools.corpora.verify.language.names import ItemNames, Mention
from kgtools.corpora.verify.language.reading import Text, plain

BETWEEN = 24
"""Characters between two options that are named in one breath, at most."""


@dataclass(frozen=True, slots=True)
class Named:
    """An answer and what it names.

    `read`: the answer as it is read; `low`: in small letters; `text`: folded, with its words; `texts`: the options named by their text;
    `mentions`: these and those named by letter, in order; `marks`: where letters begin; `denied`: of the mentions, by their number, what
    denies them."""

    read: str
    low: str
    text: Text
    texts: list[Mention]
    mentions: list[Mention]
    marks: dict[int, bool]
    denied: dict[int, str]

    def chains(self) -> list[Chain]:
        """The options that are named and not denied, those that are named in one breath together."""
        return list(
            _chains(self.low, [one for at, one in enumerate(self.mentions) if at not in self.denied], self.marks)
        )


@lru_cache(4_096)
def _texts(options: tuple[tuple[str, str], ...]) -> ItemNames:
    return ItemNames(Item("set", answers=tuple(names_of_option(text, options) for _, text in options)), None, "")


def find_options(text: str, item: Item, asked: Asked, question: str) -> Named:
    """The options that a text names."""
    read = plain(in_full(text, asked.letters) if asked.several else text).replace("ɑ", "a").strip()
    low = low if len(low := read.lower()) == len(read) else read
    folded = Text(low)
    if may_hang(folded):
        read, low = without_conditions(read, low)
        folded = Text(low)
    texts = _texts(asked.options).find(low)
    inside = {at for one in texts for at in range(one.begin, one.end)} if texts else ()
    letters = [one for one in find_letters(read, low, asked.letters) if one.begin not in inside]
    marks = {one.begin: True for one in letters}
    mentions = sorted([*texts, *letters], key=lambda one: (one.begin, -one.end))
    denied = deny(folded, mentions, asked_of(question, asked.line, asked.avoiding))
    if asked.negative:
        denied = {
            at: why
            for at, why in denied.items()
            if REFUSED.search(low[max(0, mentions[at].begin - 10) : mentions[at].begin])
            or (asked.avoiding and HARMLESS.fullmatch(why))
        }
    else:
        refuse_texts(mentions, denied, marks, low)
    if ("而" in low or not OPENING.isdisjoint(folded.words)) and (asked.avoiding or not asked.negative):
        against = set_against(folded, mentions, denied, item.about, asked.line, asked.avoiding, not asked.several)
        denied = against | denied
    if not asked.negative and len(texts) > 1:
        denied |= of_others(low, mentions, denied, marks, item, asked.line)
    return Named(read, low, folded, texts, mentions, marks, denied)


def _chains(low: str, mentions: list[Mention], marks: dict[int, bool]) -> Iterator[Chain]:
    run: list[Mention] = []
    for one in mentions:
        if run:
            gap = low[run[-1].end : one.begin]
            paired = run[-1].begin in marks and one.begin not in marks and PAIRED.fullmatch(gap)
            apart = ";" in gap and one.begin in marks and SUBJECT.match(low, one.end)
            if apart or len(gap) > BETWEEN or "\n" in gap or not (paired or JOINED.fullmatch(gap)):
                yield Chain(run)
                run = []
        run.append(one)
    if run:
        yield Chain(run)
