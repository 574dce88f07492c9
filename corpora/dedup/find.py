"""Duplicates in a table: exact ones by their normal text, near ones by their character n-grams; clusters of both. Neither where
numbers or words that decide differ."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.dedup.clusters import join_pairs
from kgtools.corpora.dedup.common import take_off
from kgtools.corpora.dedup.decisive import decisive, with_signs
from kgtools.corpora.dedup.near import BYTES, NumberedTexts, Pairs, TextBatch, candidates, similar, union, write_bands
from kgtools.corpora.dedup.pieces import END, Numbers
from kgtools.corpora.dedup.stored import TextStore
from kgtools.corpora.record_files import batches, count_rows
from kgtools.corpora.text.normalize import fold, letters, simplify, with_texts
from kgtools.tools.frames import Schema
from kgtools.tools.progress import SILENT, Progress, track

DUPLICATES = Schema(
    "duplicates",
    {
        "row": pl.UInt32, "id": pl.String, "kept_row": pl.UInt32, "kept": pl.String, "kind": pl.String,
        "similarity": pl.Float64,
    },
    required=("row", "id", "kept_row", "kept", "kind", "similarity"),
)  # fmt: skip
"""A row for each record that says what another says. `kept`: the record that stays. `kind`: exact or near. `similarity`: of
the two."""

Duplicates = Annotated[pl.DataFrame, DUPLICATES]
On = Literal["question", "answer", "whole"]
Keep = Literal["first", "longest"]

EMPTY = bytes(8)
NOWHERE = 2**32 - 1
NO_PAIRS = Pairs(np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0))
AT_ONCE = 100_000
"""Pairs that are Python's numbers at a time."""
POWER = "[⁰¹²³⁴-⁹]+"
"""Digits that are not those of a number: 10⁵ is not 105."""
COLUMNS = {"question": "question", "answer": "reply", "whole": "whole"}


class TextKeys(NamedTuple):
    """Of each record: a number for its text with what decides in it, the same for the same; how many characters the text has;
    a number for what decides in it; and one for its facts, 0 where it has none."""

    keys: Numbers
    lengths: NDArray[np.uint32]
    decisive: Numbers
    facts: Numbers

    def in_order(self, order: NDArray[np.uint32]) -> Self:
        """The same in this order."""
        return self._replace(**{name: column[order] for name, column in self._asdict().items()})


@dataclass(frozen=True)
class DedupOptions:
    """How duplicates are looked for: in what, from which similarity on, by pieces of how many characters, which one stays."""

    on: On = "whole"
    threshold: float = 0.8
    ngram: int = 5
    keep: Keep = "first"


def find_duplicates(
    rows: pl.LazyFrame, options: DedupOptions, rank: pl.Series | None = None, progress: Progress = SILENT
) -> tuple[Duplicates, pl.DataFrame]:
    """The duplicates among rows of records or preferences; and for each group that a cluster joins with others, its new name.

    `rank`: a number for each row; of two that are alike the row of the lower stays (then the first or longest). Whatever goes is
    as similar as the threshold to a row that stays; a cluster is all that hangs together, and more than one row of it may stay.
    Texts are compared as `normal` leaves them, in simplified characters; those of which nothing is left, as they are. Memory
    holds about 100 bytes a row and at most 256 MB of counters, the disk their texts."""
    with TemporaryDirectory(prefix="kgtools-") as name, TextStore(Path(name) / "texts") as texts:
        progress.start("reading texts", count_rows(rows))
        compared = _write_texts(rows, options, texts, progress)
        row_of = _in_order(compared, options, rank)
        compared = compared.in_order(row_of)
        first = _firsts(compared.keys)
        own = (first == np.arange(len(first))) & (compared.lengths > 0)
        alone = np.flatnonzero(own).astype(np.uint32)
        pairs = (
            _near(alone, row_of, texts, compared, options, Path(name), progress) if options.threshold < 1 else NO_PAIRS
        )
    return _duplicates(rows, row_of, first, pairs), _groups(rows, row_of, first, pairs)


def _write_texts(rows: pl.LazyFrame, options: DedupOptions, texts: TextStore, progress: Progress) -> TextKeys:
    """The normal texts into their file, and what is compared of them by number."""
    raw, facts = pl.col("raw"), pl.col("facts").list.unique().list.sort().list.join("|")
    plain, bare = pl.col("plain"), pl.col("bare")
    same = pl.when(bare == "").then("\0" + raw).otherwise("signed")
    key = pl.concat_str(same, pl.lit("\0"), "decisive")
    numbered = [
        pl.DataFrame(schema={"keys": pl.UInt64, "lengths": pl.UInt32, "decisive": pl.UInt64, "facts": pl.UInt64})
    ]
    for batch in batches(with_texts(rows).select(raw=pl.col(COLUMNS[options.on]), facts=facts), progress=progress):
        batch = batch.with_columns(plain=simplify(fold(raw.str.replace_all(POWER, "^$0"))))
        batch = batch.select(
            "raw",
            "facts",
            text=_sentences(plain),
            decisive=decisive(plain),
            bare=letters(plain),
            signed=with_signs(plain),
        )
        keys, lengths = batch.select(key).to_series(), batch["bare"].str.len_chars()
        some = {"keys": keys, "decisive": batch["decisive"], "facts": batch["facts"]}
        numbers = {name: _number_texts(column) for name, column in some.items()}
        numbered.append(pl.DataFrame(numbers | {"lengths": lengths}).select(numbered[0].columns))
        texts.write(batch["text"])
    columns = pl.concat(numbered)
    return TextKeys(**{name: columns[name].to_numpy() for name in columns.columns})


def _sentences(text: pl.Expr) -> pl.Expr:
    """The letters of each sentence, with END between."""
    ended = text.str.replace_all(r"[。!?;\n]|\.(?:\s|$)", END).str.replace_all(rf"[^\p{{L}}\p{{N}}{END}]+", "")
    return ended.str.replace_all(f"{END}+", END).str.strip_chars(END)


def _number_texts(texts: pl.Series) -> Numbers:
    """A number for each text, the same for the same, and 0 for an empty one."""
    hashed = (blake2b(text, digest_size=8).digest() if text else EMPTY for text in texts.cast(pl.Binary).to_list())
    return np.frombuffer(b"".join(hashed), dtype="<u8").astype(np.uint64)


def _in_order(compared: TextKeys, options: DedupOptions, rank: pl.Series | None) -> NDArray[np.uint32]:
    """The rows in the order in which they stay; the place of a row in it is what is compared from here on."""
    by = [np.arange(len(compared.keys), dtype=np.uint32)]
    if options.keep == "longest":
        by.append(np.iinfo(np.uint32).max - compared.lengths)
    if rank is not None:
        by.append(rank.to_numpy())
    return np.lexsort(by).astype(np.uint32)


def _firsts(keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """For each place the first place with the same key."""
    order = np.argsort(keys, kind="stable").astype(np.uint32)
    new = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[order[1:]], keys[order[:-1]], out=new[1:])
    first = np.empty(len(keys), dtype=np.uint32)
    first[order] = order[np.flatnonzero(new)][np.cumsum(new) - 1]
    return first


def _near(
    places: NDArray[np.uint32],
    row_of: NDArray[np.uint32],
    texts: TextStore,
    compared: TextKeys,
    options: DedupOptions,
    folder: Path,
    progress: Progress,
) -> Pairs:
    """Pairs of these places that agree in what decides, whose facts, if both have some, are the same, and that are as similar as
    the threshold both in their texts and in what is left of them without what many texts share."""
    by_row = places[np.argsort(row_of[places])]
    every = NumberedTexts(texts, row_of)
    progress.start("comparing", len(by_row), "texts")
    pairs = similar(
        _met(by_row, every, compared, options, folder / "bands", progress), every, options.ngram, options.threshold
    )
    some = np.intersect1d(by_row, np.concatenate(pairs[:2]))
    some = some[np.argsort(row_of[some])]
    with TextStore(folder / "rest") as left:
        if not take_off(texts, row_of[by_row], row_of[some], left):
            return pairs
        rest = NumberedTexts(left, np.zeros(len(row_of), dtype=np.uint32))
        rest.number_of[some] = np.arange(len(some))
        nonempty = some[np.diff(left.bounds()) > 0]
        progress.start("comparing without shared text", len(nonempty), "texts")
        met = _met(nonempty, rest, compared, options, folder / "bands of the rest", progress)
        return similar(union(pairs, met), every, options.ngram, options.threshold, rest)


def _met(
    places: NDArray[np.uint32],
    of: NumberedTexts,
    compared: TextKeys,
    options: DedupOptions,
    folder: Path,
    progress: Progress,
) -> Pairs:
    """Pairs of these places that a band brings together."""
    folder.mkdir()
    texts, number_of = of
    parts = (places[part] for part in texts.split_by_size(number_of[places], BYTES))
    some = (
        TextBatch(part, texts.read(number_of[part]), compared.decisive[part], compared.facts[part]) for part in parts
    )
    counted = track(some, progress, size=lambda batch: len(batch.places))
    return candidates(folder, write_bands(counted, options.ngram, options.threshold, folder))


def _duplicates(rows: pl.LazyFrame, row_of: NDArray[np.uint32], first: NDArray[np.uint32], pairs: Pairs) -> Duplicates:
    """Which row goes in favour of which."""
    favoured, likeness = _favour(pairs, len(first))
    stays = np.where(favoured[first] == NOWHERE, first, favoured[first])
    gone = np.flatnonzero(stays != np.arange(len(stays)))
    near = favoured[first[gone]] != NOWHERE
    rows_gone = pl.DataFrame({
        "row": row_of[gone], "kept_row": row_of[stays[gone]],
        "kind": pl.Series(near).replace_strict({True: "near", False: "exact"}, return_dtype=pl.String),
        "similarity": np.where(near, likeness[first[gone]], 1.0),
    }).sort("row")  # fmt: skip
    ids = _some(rows, "id", pl.concat([rows_gone["row"], rows_gone["kept_row"]]))
    kept = ids.rename({"row": "kept_row", "id": "kept"})
    rows_gone = rows_gone.join(ids, on="row", how="left", maintain_order="left")
    return DUPLICATES.check(rows_gone.join(kept, on="kept_row", how="left", maintain_order="left"), "the duplicates")


def _favour(pairs: Pairs, size: int) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """For each place in whose favour it goes, NOWHERE where it stays, and how alike the two are: in order, each stays unless it is
    like one that does, of which the most similar counts."""
    favoured, likeness = array("I", [NOWHERE]) * size, array("d", [0.0]) * size
    for part in range(0, len(pairs.one), AT_ONCE):
        some = (side[part : part + AT_ONCE].tolist() for side in pairs)
        for one, other, alike in zip(*some, strict=True):
            if favoured[one] == NOWHERE and alike > likeness[other]:
                favoured[other], likeness[other] = one, alike
    return np.array(favoured, dtype=np.uint32), np.array(likeness)


def _groups(rows: pl.LazyFrame, row_of: NDArray[np.uint32], first: NDArray[np.uint32], pairs: Pairs) -> pl.DataFrame:
    """group, joined: for each group of a member of a cluster, the least name of all groups that hang together by clusters."""
    same = np.flatnonzero(first != np.arange(len(first)))
    linked = (zip(ones.tolist(), others.tolist(), strict=True) for ones, others in _links(first[same], same, pairs))
    cluster = join_pairs((pair for part in linked for pair in part), len(first))
    inside = np.flatnonzero(np.bincount(cluster, minlength=len(cluster))[cluster] > 1)
    members = pl.DataFrame({"row": row_of[inside], "cluster": cluster[inside]})
    members = members.join(_some(rows, "group", members["row"]), on="row")
    names = members["group"].unique().sort()
    places = pl.DataFrame({"group": names}).with_row_index("number")
    number = members.join(places, on="group").with_columns(least=pl.col("number").min().over("cluster"))
    least = number.filter(pl.col("least") != pl.col("number"))
    together = join_pairs(least.select("least", "number").unique().sort("least", "number").iter_rows(), len(names))
    moved = np.flatnonzero(together != np.arange(len(names)))
    return pl.DataFrame({"group": names.gather(moved), "joined": names.gather(together[moved])})


def _links(
    ones: NDArray[np.uint32], others: NDArray[np.intp], pairs: Pairs
) -> Iterator[tuple[NDArray[np.integer], NDArray[np.integer]]]:
    for left, right in ((ones, others), pairs[:2]):
        for at in range(0, len(left), AT_ONCE):
            yield left[at : at + AT_ONCE], right[at : at + AT_ONCE]


def _some(rows: pl.LazyFrame, column: str, wanted: pl.Series) -> pl.DataFrame:
    """row and this column, of the wanted rows."""
    needed = wanted.unique().sort()
    read = batches(rows.select(column), 200_000, numbered=True)
    parts = [batch.filter(pl.col("row").is_in(needed.implode())) for batch in read]
    return pl.concat([pl.DataFrame(schema={"row": pl.UInt32, column: pl.String}), *parts])
