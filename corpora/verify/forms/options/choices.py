"""Answers that are letters of options, or the options' texts."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from kgtools.corpora.verify.forms.abstain import ABSTAINS, refuses
from kgtools.corpora.verify.forms.options.all_options import by_leaving_out, says_all
from kgtools.corpora.verify.forms.options.chains import (
    Chain,
    ends_with,
    fills_line,
    is_mixed,
    listed_lines,
    without_next_subject,
)
from kgtools.corpora.verify.forms.options.guesses import (
    explained_as_another,
    in_turn,
    is_cut_off,
    may_hang,
    of_others,
    refuse_texts,
    removed,
    without_conditions,
)
from kgtools.corpora.verify.forms.options.judged import choose_judged, in_json, verdicts, verdicts_on_texts
from kgtools.corpora.verify.forms.options.letters import find_letters, in_full
from kgtools.corpora.verify.forms.options.paraphrases import names_of_option, reword
from kgtools.corpora.verify.forms.options.positions import by_position
from kgtools.corpora.verify.forms.options.short import find_items, find_short
from kgtools.corpora.verify.forms.options.words import (
    ALL_SO,
    ALSO_LED,
    ASKS_FOR_FIRST,
    CONCLUDE,
    CONCLUDES,
    FIRST_BEFORE,
    FIRST_BEHIND,
    FORBIDS,
    HEDGED,
    JOINED,
    LEAD,
    LEADS,
    LIKELY,
    NEGATIVE,
    ONLY_LEAD,
    PAIRED,
    REFUSED,
    SAID_TO_BE,
    SUBJECT,
    TRAIL,
    TRAIL_LED,
    TRAIL_NOT,
)
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.against import OPENING, set_against
from kgtools.corpora.verify.language.asked import asked_of
from kgtools.corpora.verify.language.denials import HARMLESS, deny
from kgtools.corpora.verify.language.names import ItemNames, Mention
from kgtools.corpora.verify.language.reading import Text, fold, plain


@lru_cache(4_096)
def _texts(options: tuple[tuple[str, str], ...]) -> ItemNames:
    return ItemNames(Item("set", answers=tuple(names_of_option(text, options) for _, text in options)), None, "")


@lru_cache(4_096)
def _asked_words(asked: str) -> str:
    """The last characters of a question in Chinese, behind which its answer stands: 最早出现的症状是."""
    last = asked.rstrip("是为有:?(){} ")[-5:]
    return last if re.fullmatch(r"[\u3400-\u9fff]{5}", last) else ""


@lru_cache(4_096)
def asks_for_false(question: str) -> bool:
    """Whether the last sentence of a question asks for what is not so; what a patient cannot do is no such question."""
    sentences = [
        each for each in re.split(r"[。!！\n]|(?<=[a-z])\.\s", question.partition("\nA")[0]) if len(each.strip()) > 3
    ]
    return bool(sentences) and NEGATIVE.search(sentences[-1]) is not None


@lru_cache(4_096)
def asks_for_first(question: str) -> bool:
    """Whether a question asks for what comes first."""
    return ASKS_FOR_FIRST.search(question) is not None


def read_choice(text: str, item: Item, question: str, found: list[Found] | None) -> Reading:
    """Which options an answer chooses: the last that it says to be its answer, else all that it names and does not deny."""
    options = tuple((item.options or {}).items())
    letters = "".join(letter.upper() for letter, _ in options if len(letter) == 1)
    several = len(item.right) > 1
    read = plain(in_full(text, letters) if several else text).replace("ɑ", "a").strip()
    low = low if len(low := read.lower()) == len(read) else read
    folded = Text(low)
    if may_hang(folded):
        read, low = without_conditions(read, low)
        folded = Text(low)
    texts = _texts(options).find(low)
    inside = {at for one in texts for at in range(one.begin, one.end)} if texts else ()
    marks = [one for one in find_letters(read, low, letters) if one.begin not in inside]
    where = {one.begin: True for one in marks}
    mentions = sorted([*texts, *marks], key=lambda one: (one.begin, -one.end))
    avoiding = bool(question) and FORBIDS.search(question) is not None
    asked = fold(question).partition("\n")[0]
    denied = deny(folded, mentions, asked_of(question, asked, avoiding))
    negative = asks_for_false(question)
    if negative:
        denied = {
            at: why
            for at, why in denied.items()
            if REFUSED.search(low[max(0, mentions[at].begin - 10) : mentions[at].begin])
            or (avoiding and HARMLESS.fullmatch(why))
        }
    else:
        refuse_texts(mentions, denied, where, low)
    if ("而" in low or not OPENING.isdisjoint(folded.words)) and (avoiding or not negative):
        denied = set_against(folded, mentions, denied, item.about, asked, avoiding, len(item.right) == 1) | denied
    if not negative and len(texts) > 1:
        denied |= of_others(low, mentions, denied, where, item, asked)
    chains = list(_chains(low, [one for at, one in enumerate(mentions) if at not in denied], where))
    first = len(item.right) == 1 and not negative and asks_for_first(question)
    chosen, spoiled = _choose(low, chains, where, several, first, negative, len(options), _asked_words(asked))
    if several and len(kept := chosen - removed(low, mentions, denied)) > 1:
        chosen = kept
    spoiled = spoiled or explained_as_another(low, mentions, denied, where, chosen)
    judged, stop = verdicts(read, low, letters)
    judged = judged or in_json(text, letters) or (verdicts_on_texts(low, texts, len(options)) if len(texts) > 1 else {})
    if judged and not any(
        _is_led(low[max(0, one.begin - 40) : one.begin], True, True) for one in mentions if one.begin >= stop
    ):
        chosen, spoiled = choose_judged(judged, negative, several) or chosen, False
    all_said = several and not negative and says_all(low, denied)
    called = any(TRAIL.match(low, chain[-1].end) for chain in chains)
    if left := by_leaving_out(low, mentions, where, denied, chosen, len(options), several, negative, all_said, called):
        chosen, spoiled = left, False
    last = mentions[-1].end if mentions else 0
    if several and not negative and not marks and (items := find_items(low, item.options or {})) > chosen:
        chosen, spoiled = items, False
    elif not several and len(chosen) != 1 and letters and not spoiled:
        if chosen and (other := by_position(low, letters)) != low:
            return read_choice(other, item, question, None)
        if (short := find_short(low, tuple((item.options or {}).values()), last)) is not None:
            chosen, spoiled = {short}, False
    right = {at for at, (letter, _) in enumerate(options) if letter in item.right}
    if found is not None:
        for at, one in enumerate(mentions):
            kind = "letter" if one.begin in where else "option"
            why = denied.get(at, "" if one.number in chosen else "not the last answer")
            found.append(Found(one.begin, one.end, read[one.begin : one.end], f"{kind} {options[one.number][0]}", why))
    every = len(chosen) == len(options) > len(right)
    so = every and any(len(chain) >= len(options) and ALL_SO.match(low, chain[-1].end) for chain in chains)
    in_words = (
        every and several and (all_said or so or LEAD.search(low[: chains[-1][0].begin if chains else 0]) is not None)
    )
    reading = Reading(
        folded, len(chosen & right), len(right) or 1, len(chosen), spoiled=spoiled or (every and not in_words),
        chosen="".join(sorted(options[at][0] for at in chosen)),
    )  # fmt: skip
    if in_words:  # to choose all is a guess, and never to earn more than one right letter does
        reading.contradiction = min(1 + len(options) - len(right), len(right) - 1)
    reading.most = max(Counter(one.number for one in mentions).values(), default=1)
    if not chosen and (other := reword(low, item.options or {}, letters, bool(denied))) != low:
        reading = read_choice(other, item, question, None)
        reading.text = folded  # what is weighed beside the letters, such as words to the grader, is what was said
        return reading
    if not chosen and not denied:
        if refuses(low):
            reading.nothing = True
        elif ABSTAINS.search(low):
            reading.abstained = True
        else:
            reading.nothing = not re.search(r"(?:答案|选)(?:是|为|:|选)?\s*\w|answer(?: is|:)\s*\w", low)
    return reading


def _chains(low: str, mentions: list[Mention], marks: dict[int, bool]) -> Iterator[Chain]:
    run: list[Mention] = []
    for one in mentions:
        if run:
            gap = low[run[-1].end : one.begin]
            paired = run[-1].begin in marks and one.begin not in marks and PAIRED.fullmatch(gap)
            apart = ";" in gap and one.begin in marks and SUBJECT.match(low, one.end)
            if apart or len(gap) > 24 or "\n" in gap or not (paired or JOINED.fullmatch(gap)):
                yield Chain(run)
                run = []
        run.append(one)
    if run:
        yield Chain(run)


def _choose(
    low: str,
    chains: list[Chain],
    marks: dict[int, bool],
    several: bool,
    first: bool,
    negative: bool,
    count: int,
    asked: str,
) -> tuple[set[int], bool]:
    """The options that are chosen, and whether a letter is said with the text of another option. `first`: what comes first is asked
    for; `negative`: what is not so."""
    if not chains:
        return set(), False
    leads = LEADS.search(low) is not None
    concludes = CONCLUDE.search(low) is not None
    led = [
        at
        for at, chain in enumerate(chains)
        if _is_led(low[max(0, chain[0].begin - 40) : chain[0].begin], leads, concludes and chain[0].begin in marks)
        or TRAIL_LED.match(low, chain[-1].end)
        or (asked and low[max(0, chain[0].begin - 12) : chain[0].begin].rstrip(" :是为").endswith(asked))
    ]
    heads = [at for at, chain in enumerate(chains) if fills_line(low, chain)]
    if not several and len(chains) > 1 and ends_with(low, chains[-1], marks):
        led.append(len(chains) - 1)
    trailed = [at for at, chain in enumerate(chains) if TRAIL.match(low, chain[-1].end)]
    if several and not negative:
        trailed += [at for at, chain in enumerate(chains) if _is_many(chain) and ALL_SO.match(low, chain[-1].end)]
        trailed = sorted(set(trailed))
    if negative and (trailed or not led):
        not_so = [at for at, chain in enumerate(chains) if TRAIL_NOT.match(low, chain[-1].end)]
        trailed = not_so or ([] if len(trailed) < len(chains) else trailed)
        if not trailed and not led:
            chains = [chain for chain in chains if not TRAIL.match(low, chain[-1].end)]
            heads = [at for at, chain in enumerate(chains) if fills_line(low, chain)]
            if not chains:
                return set(), False
    doubted = [at for at in led if low[chains[at][-1].end : chains[at][-1].end + 2].lstrip()[:1] == "?"]
    led = [at for at in led if at not in doubted] or led
    if led:
        taken = [led[-1]]
        while several and len(led) > 1 and ALSO_LED.fullmatch(low[chains[led[-2]][-1].end : chains[taken[0]][0].begin]):
            taken.insert(0, led.pop(-2))
        if several and led[-1] in heads:
            taken += listed_lines(low, chains, [at for at in heads if at >= led[-1]])[1:]
    elif trailed:
        taken = trailed
    elif several and (listed := listed_lines(low, chains, heads)):
        taken = listed
    elif is_cut_off(low, chains[-1][-1].end) and not (heads and heads[0] == 0):
        return set(), False
    elif heads and (
        any(len(chains[at]) > 1 and _is_many(chains[at]) for at in heads)
        if several
        else heads[0] == 0 or chains[0][0].begin > 2
    ):
        taken = heads
    elif likely := [
        at for at, chain in enumerate(chains) if LIKELY.search(low[max(0, chain[0].begin - 40) : chain[0].begin])
    ]:
        taken = likely[-1:]
    elif first and (
        named := [
            at
            for at, chain in enumerate(chains)
            if FIRST_BEFORE.search(low[max(0, chain[0].begin - 40) : chain[0].begin])
            or FIRST_BEHIND.match(low, chain[-1].end)
        ]
    ):
        taken = named
    elif not several and chains[0][0].begin <= 2:
        taken = [0]
    else:
        lettered = [at for at, chain in enumerate(chains) if any(one.begin in marks for one in chain)]
        taken = lettered or list(range(len(chains)))
    last = taken[-1]
    while last + 1 < len(chains) and HEDGED.fullmatch(low[chains[last][-1].end : chains[last + 1][0].begin]):
        last += 1
        taken.append(last)
    chosen: set[int] = set()
    spoiled = False
    for at in taken:
        spoiled = spoiled or is_mixed(low, chains[at], marks)
        chosen |= {one.number for one in (chains[at] if several else without_next_subject(low, chains[at]))}
    lead = taken[0]
    if not several and in_turn(low, chains, led, count):
        spoiled = True
    if led and lead and not several:
        before, one = chains[lead - 1][-1], chains[lead][0]
        gap = low[before.end : one.begin]
        alone = before.begin not in marks and before.number not in chosen
        if alone and len(gap) <= 8 and not re.search(r"[。\n!?]", gap):
            spoiled = True
        if alone and SAID_TO_BE.search(low[max(0, before.begin - 8) : before.begin]) and ONLY_LEAD.fullmatch(gap):
            spoiled = True
    return chosen, spoiled


def _is_led(before: str, leads: bool, concludes: bool) -> bool:
    """Whether words that lead to an answer stand right before it."""
    return (leads and LEAD.search(before) is not None) or (concludes and CONCLUDES.search(before) is not None)


def _is_many(chain: Chain) -> bool:
    return len({one.number for one in chain}) > 1
