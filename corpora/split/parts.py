"""Groups that are larger than a split may hold, parted: what is drawn by itself, and what lies between and follows its facts."""

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NOBODY = -1
NONE, CROSSING = 255, 254
"""Places that are none, among those of splits: not drawn, or with facts in several splits."""


class Parts(NamedTuple):
    """Records with their facts, those of an atom (what must be in one split, come what may) behind one another, the atoms in the
    order of `keys`: a number for each that hangs on its facts alone.

    `rows`: the records, `atoms`: the atom of each. `facts`: the facts of all, as numbers from 0, those of the records from
    `begins` on, those of the atoms from `starts` on. `owners`: the atom with which each fact is drawn, `units`: that with which
    each atom is; NOBODY where an atom shares facts with several of those and so lies between them."""

    rows: NDArray[np.intp]
    atoms: NDArray[np.intp]
    keys: NDArray[np.uint64]
    facts: NDArray[np.intp]
    begins: NDArray[np.intp]
    starts: NDArray[np.intp]
    owners: NDArray[np.int64]
    units: NDArray[np.int64]


def part(
    rows: NDArray[np.intp], atoms: NDArray[np.intp], keys: NDArray[np.uint64], holders: NDArray[np.intp], facts: NDArray[np.intp]
) -> Parts:  # fmt: skip
    """Part what hangs together by pairs of `holders` (places among `rows`) and `facts`.

    In the order of their keys, atoms of which no fact is taken yet take all of theirs: such share nothing, so that each can be
    drawn by itself. Of the others, those that share facts with one of them go with it; those with several lie between."""
    order = np.argsort(keys, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    by_atom = np.argsort(rank[atoms], kind="stable")
    at = np.empty_like(by_atom)
    at[by_atom] = np.arange(len(by_atom))
    sort = np.lexsort((facts, at[holders]))
    ordered, atoms = facts[sort], rank[atoms][by_atom]
    begins = np.searchsorted(at[holders][sort], np.arange(len(rows) + 1))
    starts = begins[np.searchsorted(atoms, np.arange(len(keys) + 1))]
    owners = array("q", [NOBODY]) * (int(ordered.max()) + 1 if len(ordered) else 0)
    units = array("q", [NOBODY]) * len(keys)
    later = []
    for atom in range(len(keys)):
        facts_of_atom = ordered[starts[atom] : starts[atom + 1]].tolist()
        if any(owners[fact] != NOBODY for fact in facts_of_atom):
            later.append((atom, facts_of_atom))
            continue
        units[atom] = atom
        for fact in facts_of_atom:
            owners[fact] = atom
    for atom, facts_of_atom in later:
        others = {owners[fact] for fact in facts_of_atom} - {NOBODY}
        if len(others) == 1:
            (units[atom],) = others
            for fact in facts_of_atom:
                owners[fact] = units[atom]
    results = (np.array(each, np.int64) for each in (owners, units))
    return Parts(rows[by_atom], atoms, keys[order], ordered, begins, starts, *results)


def settle(parts: Parts, places: NDArray[np.uint8], published: NDArray[np.int16]) -> NDArray[np.uint8]:
    """The place of each record of the table, from the places of what is drawn.

    An atom that lies between goes into the first split that holds facts of it, train before the others; those of its records that
    share facts with other splits are in none. `published`: the split that each record must keep, or a negative number."""
    drawn = np.full(len(parts.keys), NONE)
    drawn[parts.atoms] = places[parts.rows]
    labels = np.where(parts.owners == NOBODY, NONE, drawn[parts.owners]).tolist()
    settled = places.copy()
    must, begins = published[parts.rows].tolist(), parts.begins.tolist()
    between = np.flatnonzero(parts.units == NOBODY)
    ends = (np.searchsorted(parts.atoms, between + end).tolist() for end in (0, 1))
    for first, last in zip(*ends, strict=True):
        held = [parts.facts[begins[at] : begins[at + 1]].tolist() for at in range(first, last)]
        around = [
            ({labels[fact] for fact in mine} | {must[at]}) - {NONE, NOBODY} for at, mine in enumerate(held, first)
        ]
        choice = min(set[int]().union(*around), default=NONE)
        for at, mine, found in zip(range(first, last), held, around, strict=True):
            fits = found <= {choice}
            settled[parts.rows[at]] = choice if fits else CROSSING
            for fact in mine if fits else ():
                labels[fact] = choice
    return settled
