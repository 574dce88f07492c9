"""Wrong answers by exchange: what is said of one head is told of another, so that every name is as often wrong as it is right.

A reward model that knows only names, and not what they are said of, can learn nothing from such answers. Each way here keeps that
balance whatever it could not place: what finds no other head stays where it is, on both sides alike."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from kgtools.templates.preferences.items import AnswerPart, AnswerRow

TRIES = 32
"""Places that are tried for a name before it stays where it is."""


May = Callable[[int, AnswerPart], bool]
"""Whether an item can be said of a head and is wrong then."""


def exchange(
    rows: Sequence[AnswerRow], may: May, can_move: Callable[[AnswerPart], bool], draw: random.Random
) -> list[list[AnswerPart]]:
    """For each row the items that stand in its places after exchanges among rows: whole answers of one length first, then one by
    one. Every item stands in one place; one that found no other is still in its own."""
    now = [list(row.items) for row in rows]
    places = [(at, place) for at, row in enumerate(rows) for place, item in enumerate(row.items) if can_move(item)]
    moving = Counter(at for at, _ in places)
    _exchange_answers(rows, [at for at, row in enumerate(rows) if moving[at] == len(row.items) > 1], now, may, draw)
    for _ in range(2):
        _exchange_items(rows, places, now, may, draw)
    return now


def _exchange_answers(
    rows: Sequence[AnswerRow], complete: Sequence[int], now: list[list[AnswerPart]], may: May, draw: random.Random
) -> None:
    by_length: dict[int, list[int]] = defaultdict(list)
    for at in complete:
        by_length[len(rows[at].items)].append(at)
    for waiting in (by_length[length] for length in sorted(by_length)):
        draw.shuffle(waiting)
        while len(waiting) > 1:
            one = waiting.pop()
            for _ in range(min(TRIES, len(waiting))):
                at = draw.randrange(len(waiting))
                other = waiting[at]
                if _all_new(rows[one], rows[other], may) and _all_new(rows[other], rows[one], may):
                    now[one], now[other] = now[other], now[one]
                    waiting[at] = waiting[-1]
                    waiting.pop()
                    break


def _all_new(row: AnswerRow, other: AnswerRow, may: May) -> bool:
    mine = {item.text for item in row.items}
    return all(item.text not in mine and may(row.head, item) for item in other.items)


def _exchange_items(
    rows: Sequence[AnswerRow],
    places: Sequence[tuple[int, int]],
    now: list[list[AnswerPart]],
    may: May,
    draw: random.Random,
) -> None:
    staying = [(row, position) for row, position in places if now[row][position].owner == rows[row].head]
    draw.shuffle(staying)
    for row, position in staying:
        if now[row][position].owner != rows[row].head:
            continue
        for _ in range(TRIES):
            other, there = places[draw.randrange(len(places))]
            one, two = now[row][position], now[other][there]
            if (
                other != row
                and one.text != two.text
                and _fits(rows[row], now[row], two, may)
                and _fits(rows[other], now[other], one, may)
            ):
                now[row][position], now[other][there] = two, one
                break


def _fits(row: AnswerRow, now: list[AnswerPart], item: AnswerPart, may: May) -> bool:
    """Whether an item is new to an answer and wrong in it."""
    return all(item.text != other.text for other in (*now, *row.items)) and may(row.head, item)


def hand_over(
    givers: Sequence[AnswerRow], takers: Sequence[AnswerRow], may: May, draw: random.Random
) -> tuple[list[list[AnswerPart]], list[list[AnswerPart]]]:
    """What each giver leaves unsaid, half of its items at most, and what each taker says too much: the same items."""
    gone: list[list[AnswerPart]] = [[] for _ in givers]
    more: list[list[AnswerPart]] = [[] for _ in takers]
    offers = [(giver, item) for giver, row in enumerate(givers) for item in draw.sample(row.items, len(row.items) // 2)]
    draw.shuffle(offers)
    room = [taker for taker, row in enumerate(takers) for _ in range(max(1, len(row.items) // 2))]
    for giver, item in offers:
        for _ in range(TRIES if room else 0):
            at = draw.randrange(len(room))
            taker = room[at]
            if _fits(takers[taker], more[taker], item, may):
                gone[giver].append(item)
                more[taker].append(item)
                room[at] = room[-1]
                room.pop()
                break
    return gone, more


def circulate(
    rows: Sequence[AnswerRow], others: Sequence[Sequence[AnswerPart]], draw: random.Random
) -> dict[int, tuple[int, AnswerPart]]:
    """Row -> place and what stands there instead, one of the row's `others`, such that a name is put in as often as it is taken
    out: rings of rows, each of which says what the next one takes."""
    says: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, row in enumerate(rows):
        for position, item in enumerate(row.items if others[at] else ()):
            says[item.text].append((at, position))
    for name in sorted(says):
        draw.shuffle(says[name])
    used: set[int] = set()
    exchanged: dict[int, tuple[int, AnswerPart]] = {}
    starts = sorted(says)
    draw.shuffle(starts)
    for start in starts:
        while _next(says, start, used):
            exchanged |= _ring(start, says, others, used, draw)
    return exchanged


def _next(says: dict[str, list[tuple[int, int]]], name: str, used: set[int]) -> tuple[int, int] | None:
    """A row that says the name and is in no ring yet."""
    waiting = says.get(name, [])
    while waiting and waiting[-1][0] in used:
        waiting.pop()
    return waiting[-1] if waiting else None


def _ring(
    start: str,
    says: dict[str, list[tuple[int, int]]],
    others: Sequence[Sequence[AnswerPart]],
    used: set[int],
    draw: random.Random,
) -> dict[int, tuple[int, AnswerPart]]:
    """A ring that a walk from one name ends in; rows from which no way leads on are used up."""
    path: list[tuple[str, int, int, AnswerPart]] = []
    name = start
    while True:
        step = _next(says, name, used)
        if step is None:
            if not path:
                return {}
            name = path.pop()[0]
            continue
        used.add(step[0])
        seen = [before for before, *_ in path] + [name]
        ways = [
            item
            for item in others[step[0]]
            if item.text != name and (item.text in seen or _next(says, item.text, used))
        ]
        if not ways:
            continue
        item = draw.choice([item for item in ways if item.text in seen] or ways)
        path.append((name, *step, item))
        if item.text in seen:
            used.difference_update(row for _, row, _, _ in path[: seen.index(item.text)])
            return {row: (place, taken) for _, row, place, taken in path[seen.index(item.text) :]}
        name = item.text


def invent(
    names: Sequence[tuple[int, str, str]],
    may_be_called: Callable[[int, str], bool],
    glue: str,
    draw: random.Random,
) -> dict[int, tuple[int, str]]:
    """Row -> place and an invented name for it: the first half of one name and the second of another, three rows at a time, so that
    the same halves stand on both sides. `names`: for each row the place of a name and its halves, place -1 for none."""
    waiting = [at for at, (position, _, _) in enumerate(names) if position >= 0]
    draw.shuffle(waiting)
    invented: dict[int, tuple[int, str]] = {}
    while len(waiting) > 2:
        one = waiting.pop()
        for _ in range(TRIES):
            two, three = draw.sample(range(len(waiting)), 2)
            ring = (one, waiting[two], waiting[three])
            new_names = {
                at: names[ring[(turn + 1) % 3]][1] + glue + names[ring[(turn + 2) % 3]][2]
                for turn, at in enumerate(ring)
            }
            if len(set(new_names.values())) == 3 and all(may_be_called(at, name) for at, name in new_names.items()):
                invented |= {at: (names[at][0], name) for at, name in new_names.items()}
                for position in sorted((two, three), reverse=True):
                    waiting.pop(position)
                break
    return invented


def popularity(rows: Sequence[AnswerRow]) -> Counter[str]:
    """How many answers say each name."""
    return Counter(item.text for row in rows for item in row.items)
