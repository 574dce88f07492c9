"""Answers that are letters of options, or the options' texts."""

import re
from collections import Counter

from kgtools.corpora.verify.forms.abstain import ABSTAINS, refuses
from kgtools.corpora.verify.forms.options.all_options import by_leaving_out, says_all
from kgtools.corpora.verify.forms.options.asked import Asked, read_asked
from kgtools.corpora.verify.forms.options.chains import Chain
from kgtools.corpora.verify.forms.options.choosing import BEFORE, Choice, choose, is_led
from kgtools.corpora.verify.forms.options.guesses import explained_as_another, removed
from kgtools.corpora.verify.forms.options.judged import choose_judged, in_json, verdicts, verdicts_on_texts
from kgtools.corpora.verify.forms.options.named import Named, find_options
from kgtools.corpora.verify.forms.options.paraphrases import reword
from kgtools.corpora.verify.forms.options.positions import by_position
from kgtools.corpora.verify.forms.options.short import find_items, find_short
from kgtools.corpora.verify.forms.options.words import ALL_SO, LEAD, TRAIL
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item

ANSWERS = re.compile(r"(?:答案|选)(?:是|为|:|选)?\s*\w|answer(?: is|:)\s*\w")
"""Words that give an answer, whatever it is."""


def read_choice(text: str, item: Item, question: str, found: list[Found] | None) -> Reading:
    """Which options an answer chooses: the last that it says to be its answer, else all that it names and does not deny."""
    asked = read_asked(item, question)
    named = find_options(text, item, asked, question)
    chains = named.chains()
    choice = _by_verdicts(text, named, asked, _by_name(named, chains, asked))
    choice = _by_leaving_out(named, chains, asked, choice)
    if asked.several:
        choice = _by_items(named, asked, choice)
    elif len(choice.options) != 1 and asked.letters and not choice.spoiled:
        if choice.options and (other := by_position(named.low, asked.letters)) != named.low:
            return read_choice(other, item, question, None)
        choice = _by_short_form(named, asked, choice)
    if found is not None:
        found.extend(_explain(named, asked, choice))
    reading = _count(named, chains, asked, item.right, choice)
    if choice.options:
        return reading
    if (other := reword(named.low, item.options or {}, asked.letters, bool(named.denied))) != named.low:
        reworded = read_choice(other, item, question, None)
        reworded.text = named.text  # what is weighed beside the letters, such as words to the grader, is what was said
        return reworded
    if not named.denied:
        if refuses(named.low):
            reading.nothing = True
        elif ABSTAINS.search(named.low):
            reading.abstained = True
        else:
            reading.nothing = not ANSWERS.search(named.low)
    return reading


def _by_name(named: Named, chains: list[Chain], asked: Asked) -> Choice:
    """What is chosen by the names of options, without those that are taken back."""
    low = named.low
    chosen, spoiled = choose(low, chains, named.marks, asked)
    if asked.several and len(kept := chosen - removed(low, named.mentions, named.denied)) > 1:
        chosen = kept
    return Choice(chosen, spoiled or explained_as_another(low, named.mentions, named.denied, named.marks, chosen))


def _by_verdicts(text: str, named: Named, asked: Asked, choice: Choice) -> Choice:
    """What is chosen by a verdict on each option, unless an answer is named behind them."""
    judged, stop = verdicts(named.read, named.low, asked.letters)
    judged = judged or in_json(text, asked.letters)
    if not judged and len(named.texts) > 1:
        judged = verdicts_on_texts(named.low, named.texts, len(asked.options))
    behind = (one.begin for one in named.mentions if one.begin >= stop)
    if judged and not any(is_led(named.low[max(0, begin - BEFORE) : begin]) for begin in behind):
        return Choice(choose_judged(judged, asked.negative, asked.several) or choice.options, False)
    return choice


def _by_leaving_out(named: Named, chains: list[Chain], asked: Asked, choice: Choice) -> Choice:
    """What is chosen as all options, or as all but those that are named."""
    called = any(TRAIL.match(named.low, chain[-1].end) for chain in chains)
    left = by_leaving_out(
        named.low, named.mentions, named.marks, named.denied, choice.options, len(asked.options), asked.several, asked.negative,
        _says_all(named, asked), called,
    )  # fmt: skip
    return Choice(left, False) if left else choice


def _says_all(named: Named, asked: Asked) -> bool:
    return asked.several and not asked.negative and says_all(named.low, named.denied)


def _by_items(named: Named, asked: Asked, choice: Choice) -> Choice:
    """What a short list without letters names, by parts of the options' texts."""
    if asked.negative or named.marks:
        return choice
    items = find_items(named.low, dict(asked.options))
    return Choice(items, False) if items > choice.options else choice


def _by_short_form(named: Named, asked: Asked, choice: Choice) -> Choice:
    """What is chosen by its initials, or by a word that no other option has, behind all that is named in full."""
    last = named.mentions[-1].end if named.mentions else 0
    short = find_short(named.low, [text for _, text in asked.options], last)
    return choice if short is None else Choice({short}, False)


def _explain(named: Named, asked: Asked, choice: Choice) -> list[Found]:
    found = []
    for at, one in enumerate(named.mentions):
        kind = "letter" if one.begin in named.marks else "option"
        why = named.denied.get(at, "" if one.number in choice.options else "not the last answer")
        text = named.read[one.begin : one.end]
        found.append(Found(one.begin, one.end, text, f"{kind} {asked.options[one.number][0]}", why))
    return found


def _count(named: Named, chains: list[Chain], asked: Asked, letters: str, choice: Choice) -> Reading:
    """What a choice comes to, where these letters are right."""
    low, chosen, count = named.low, choice.options, len(asked.options)
    right = {at for at, (letter, _) in enumerate(asked.options) if letter in letters}
    every = len(chosen) == count > len(right)
    in_words = every and asked.several and (
        _says_all(named, asked)
        or any(len(chain) >= count and ALL_SO.match(low, chain[-1].end) for chain in chains)
        or LEAD.search(low[: chains[-1][0].begin if chains else 0]) is not None
    )  # fmt: skip
    reading = Reading(
        named.text, len(chosen & right), len(right) or 1, len(chosen), spoiled=choice.spoiled or (every and not in_words),
        chosen="".join(sorted(asked.options[at][0] for at in chosen)),
    )  # fmt: skip
    if in_words:  # to choose all is a guess, and never to earn more than one right letter does
        reading.contradiction = min(1 + count - len(right), len(right) - 1)
    reading.most = max(Counter(one.number for one in named.mentions).values(), default=1)
    return reading
