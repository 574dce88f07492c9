"""What a stage trains on: rows of records or preferences, each looked at before any processor does work for it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import orjson
import polars as pl

from kgtools.corpora import detect
from kgtools.corpora import read as reading
from kgtools.corpora.dialogue.turns import EMPTY
from kgtools.corpora.gates import count_identified, hand_on_privacy, refusal, together
from kgtools.corpora.reader import Corpus
from kgtools.corpora.record import PREFERENCES, RECORDS, ROLES
from kgtools.corpora.record_files import batches, scan
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema, load_table
from kgtools.tools.inputs.originals import Originals
from kgtools.tools.licenses.check import gate
from kgtools.train.recipe import ModelSettings

Noun = Literal["records", "texts", "preferences", "prompts"]
"""What a stage reads: `texts` are records of which every word is learnt; `prompts` records or preferences, answers left off."""

SHAPES: dict[Noun, tuple[str, ...]] = {
    "records": ("messages", "sharegpt", "alpaca", "huatuo"),
    "prompts": ("messages", "sharegpt", "alpaca", "huatuo", "preference"),
    "preferences": ("preference",),
    "texts": ("text",),
}
"""The readers of shapes that others write, in the order in which they are tried."""

SPLITS = ("train", "validation", "test")
COUNTED = ("task", "lang", "license")
"""Columns whose values are counted over the rows that are trained on."""
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.+() -]*")
"""A licence that YAML takes as it is in a list, as `CC-BY-NC-4.0`; `A: B` and `[x]` need quotes."""

REJECTS = Schema(
    "rejects",
    {"file": pl.String, "line": pl.UInt32, "id": pl.String, "reason": pl.String},
    required=("file", "line", "id", "reason"),
)
"""A row for each row that is not trained on, though its split would be. `line`: of a foreign file, from 1; else 0. `id`: of a
record; empty where a row of a foreign file became none."""

Rejects = Annotated[pl.DataFrame, REJECTS]
RejectRow = tuple[str, int, str, str]
"""A row of REJECTS: file, line, id, reason."""

TURNS = {"prompts": r"^(system )?(user assistant )*user $"} | dict.fromkeys(
    ("records", "preferences"), r"^(system )?(user assistant )+$"
)
"""How roles may follow each other, each with a space behind it: `system user assistant user ` asks, `user assistant ` answers."""


@dataclass
class Rows:
    """Rows to train on and to look on, and what was left out of them.

    `counts`: `split` of all rows there are; `task`, `lang`, `license` of those that were given out; what was `changed` in any.
    `rejects`: those of them that were refused here. Both grow as batches are taken, and nobody else adds to them. `files`: what the files
    are called, and where they are. `privacy`: what is known of people in the rows; `identified`: records of people that were never
    de-identified and are trained on, by source."""

    noun: Noun
    tables: list[tuple[str, pl.LazyFrame]] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {key: Counter() for key in ("split", *COUNTED, "changed")}
    )
    rejects: list[RejectRow] = field(default_factory=list)
    privacy: dict[str, bool] = field(default_factory=dict)
    identified: Counter[str] = field(default_factory=Counter)
    seen_keys: set[int] = field(default_factory=set)
    originals: Originals = field(default_factory=lambda: Originals(Path()))

    @cached_property
    def inputs(self) -> dict[str, str]:
        """File -> SHA-256 of what was read of it; to be asked when all was. Raises InputError where it was changed meanwhile."""
        return {name: self.originals.sha256(file) for name, file in self.files.items()}

    def batches(self, split: str) -> Iterator[pl.DataFrame]:
        """The good rows of a split; `train` takes those without a split, `all` every one but test. Of prompts each has a
        `prompt`, its messages up to the last question.

        What was given out once, in whatever split, is a duplicate the second time; what says the same as a row of the test split is
        given out in no other. Of several folders, each split by itself, no row is trained on that shares a fact with a row that another
        holds out. Each row has its `file` and `line`, as rejects have them."""
        for _, rows in self.tables:
            for batch in batches(rows):
                of = pl.col("split").fill_null("train")
                batch = batch.filter(of != "test" if split == "all" else of == split)
                batch = _prepare(batch, self.noun)
                checked = _judge(batch, self.noun)
                if split == "train" and self._held_out.len():
                    shares = batch["facts"].list.set_intersection(self._held_out.implode()).list.len() > 0
                    checked = checked.with_columns(
                        reason=pl.coalesce("reason", pl.when(shares).then(pl.lit("shares-facts")))
                    )
                copies = pl.Series(self._find_copies(checked["key"], split), dtype=pl.String)
                checked = checked.with_columns(reason=pl.coalesce("reason", copies))
                self.rejects += checked.filter(pl.col("reason").is_not_null()).drop("key").rows()
                good = batch.filter(checked["reason"].is_null())
                if empty := int(good["empty"].sum()):
                    self.counts["changed"][EMPTY] += empty
                for column in COUNTED:
                    self.counts[column].update(dict(good.group_by(column).len().iter_rows()))
                if good.height:
                    yield good

    @cached_property
    def _held_out(self) -> pl.Series:
        """The facts of rows for validation and test, of several folders; one by itself was split as it was meant."""
        held_out = pl.col("split").is_in(["validation", "test"])
        facts = [
            rows.filter(held_out).select(pl.col("facts").explode()).drop_nulls().unique() for _, rows in self.tables
        ]
        return (
            pl.concat(facts).unique().sort("facts").collect()["facts"] if len(facts) > 1 else pl.Series(dtype=pl.String)
        )

    def _find_copies(self, keys: pl.Series, split: str) -> list[str | None]:
        """Why a row is refused that says what another says."""
        test_keys = self.test_keys if split != "test" else frozenset()
        marks: list[str | None] = []
        for key in keys:
            marks.append("copy-of-test" if key in test_keys else "duplicate" if key in self.seen_keys else None)
            if key not in test_keys:
                self.seen_keys.add(key)
        return marks

    @cached_property
    def test_keys(self) -> frozenset[int]:
        """The keys of the rows of the test split, in all of the data."""
        if not self.counts["split"]["test"]:
            return frozenset()
        tests = (batch.filter(pl.col("split") == "test") for _, rows in self.tables for batch in batches(rows))
        return frozenset(key for batch in tests for key in _judge(_prepare(batch, self.noun), self.noun)["key"])


def explain(rejects: Sequence[RejectRow], refusal: str) -> str:
    """Why rows were refused, and the words of the chat template that refused one."""
    counted = Counter(reason for *_, reason in rejects).most_common()
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in counted)
    return f"({reasons}){': ' if refusal else ''}{refusal}"


def open_rows(recipe: ModelSettings, noun: Noun, scratch: Path) -> Rows:
    """The rows of a recipe's data. Raises InputError for files that hold no such rows."""
    if not recipe.data:
        raise InputError(f"no data: name a folder or a file of {noun} with data=PATH")
    rows, privacy = Rows(noun, originals=Originals(scratch / "pipes")), list[dict[str, bool]]()
    for number, path in enumerate(map(rows.originals.take, recipe.data)):
        is_ours = path.is_dir() or path.suffix == ".parquet"
        source = path if is_ours else _read(rows, path, scratch / f"{number}")
        frame, schema = scan(source)
        fits = schema is (PREFERENCES if noun == "preferences" else RECORDS)
        if not fits and not (noun == "prompts" and schema is PREFERENCES):
            raise InputError(f"{path}: holds {schema.noun}, and this stage is for {noun}")
        file = rows.originals.take(path if path.is_file() else path / f"{schema.noun}.parquet")
        name = f"{path.name}/{file.name}" if path.is_dir() else path.name
        rows.files[f"{name} ({number + 1})" if name in rows.files else name] = file
        rows.tables.append((path.name, _add_position(frame, path.name, is_ours)))
        privacy.append(hand_on_privacy(source))
        rows.identified.update(count_identified(source, _trainable(frame)))
        rows.counts["split"].update(dict(frame.group_by(pl.col("split").fill_null("none")).len().collect().iter_rows()))
    rows.privacy = together(privacy)
    return rows


def _trainable(frame: pl.LazyFrame) -> pl.LazyFrame:
    """What may be trained on, whatever the recipe takes of it."""
    return frame.filter(pl.col("split").fill_null("none") != "test")


def _add_position(frame: pl.LazyFrame, name: str, is_ours: bool) -> pl.LazyFrame:
    """The rows with the `file` and `line` that rejects name: of a foreign file its own, which their meta remembers."""
    file, line = pl.lit(name), pl.lit(0)
    if not is_ours:
        meta = pl.col("meta").str
        file, line = meta.json_path_match("$.file"), meta.json_path_match("$.line").cast(pl.Int64)
    return frame.with_columns(file=file, line=line)


def _read(rows: Rows, path: Path, out: Path) -> Path:
    """The folder into which a foreign file was read."""
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder")
    fitting = {name for _, name, *_ in detect.fit_readers([detect.read_preview(file) for file in Corpus([path]).files])}
    name = next((name for name in SHAPES[rows.noun] if name in fitting), None)
    if name is None:
        wanted = ", ".join(SHAPES[rows.noun])
        raise InputError(
            f"{path}: none of the shapes that hold {rows.noun}: {wanted}; `kgtools read auto` says what it is"
        )
    outcome = reading.read(name, [path], out, {}, allow_empty=True)
    if not outcome.written:
        why = ", ".join(f"{reason} {number:,}" for reason, number in outcome.rejected.items())
        raise InputError(f"{path}: none of its rows can be read as {name} ({why or 'there is none'})")
    if "split" in outcome.unread:
        raise InputError(
            f"{path}: {outcome.unread['split']:,} of its rows have a key split, which is not read of a file of others, so that rows for tests "
            "would be trained on; give a file of those to be trained on alone, or make records of them: `kgtools read`, `kgtools split`"
        )
    rows.counts["changed"].update(outcome.changed)
    refused = load_table(out / "rejects.parquet").select("file", "line", "reason")
    rows.rejects += [(file, line, "", reason) for file, line, reason in refused.iter_rows()]
    return out


def may_train(rows: Rows, recipe: ModelSettings) -> None:
    """Raises InputError for a set that is for evaluation alone, for a licence that forbids to train on its rows, and for people's
    records that were never de-identified; those of the test split are not counted."""
    splits = rows.counts["split"]
    if unknown := sorted(set(splits) - {*SPLITS, "none"}):
        raise InputError(f"unknown split {', '.join(unknown)}; known: {', '.join(SPLITS)}")
    wanted = ("train", "none") if recipe.split == "train" else ("train", "none", "validation")
    if not any(splits[name] for name in wanted):
        present = ", ".join(f"{name} {number:,}" for name, number in sorted(splits.items())) or "no row"
        raise InputError(
            f"nothing to train on: the data hold {present}. A model is judged by its test split and not trained on it; "
            "`kgtools split` makes a train split"
        )
    licenses = Counter[str]()
    for _, frame in rows.tables:
        licenses.update(dict(_trainable(frame).group_by(pl.col("license").fill_null("")).len().collect().iter_rows()))
    if rows.identified and not recipe.allow_identified:
        raise InputError(refusal(rows.identified, "allow_identified=true"))
    passed = gate(licenses, recipe.allow_license, "allow_license:")
    if passed.refused:
        names = ", ".join(f"{name or 'unknown'} ({number:,} rows)" for name, number in passed.refused.items())
        allow = ", ".join(name if PLAIN.fullmatch(name) else orjson.dumps(name).decode() for name in passed.needed)
        way = passed.way_out(f"'allow_license=[{allow}]'")
        raise InputError(f"licences that do not let a model be made and passed on: {names} ({passed.why()}). {way}")


def _prepare(batch: pl.DataFrame, noun: Noun) -> pl.DataFrame:
    """The batch without messages of the system that say nothing, of which `empty` has the number; of prompts with their `prompt`."""
    messages = pl.col("prompt" if "prompt" in batch.columns else "messages")
    role, content = (pl.element().struct.field(name).fill_null("") for name in ("role", "content"))
    spoken = messages.list.filter((role != "system") | (content.str.strip_chars() != ""))
    batch = batch.with_columns(spoken, empty=messages.list.len() - spoken.list.len())
    return _prompts(batch) if noun == "prompts" else batch


def _prompts(batch: pl.DataFrame) -> pl.DataFrame:
    """The batch with `prompt`: the messages up to the last question."""
    if "prompt" in batch.columns:
        return batch
    messages = pl.col("messages")
    answered = messages.list.last().struct.field("role") == "assistant"
    return batch.with_columns(
        prompt=pl.when(answered).then(messages.list.head(messages.list.len() - 1)).otherwise(messages)
    )


def _judge(batch: pl.DataFrame, noun: Noun) -> pl.DataFrame:
    """`file`, `line`, `id`, `reason` (null where a row is good) and `key`, by which duplicates are known whatever white
    space they have, for each row."""
    sides, same = [pl.col("prompt" if noun == "prompts" else "messages")], pl.lit(False)
    if noun == "preferences":
        sides = [pl.concat_list("prompt", side) for side in ("chosen", "rejected")]
        same = pl.col("chosen") == pl.col("rejected")
    reasons = [pl.when(same).then(pl.lit("equal-answers"))]
    for messages in sides:
        roles = messages.list.eval(pl.element().struct.field("role") + pl.lit(" ")).list.join("")
        known = messages.list.eval(pl.element().struct.field("role").is_in(ROLES).fill_null(False)).list.all()
        texts = messages.list.eval(pl.element().struct.field("content").fill_null("").str.strip_chars())
        blank = texts.list.eval(pl.element() == "").list.any()
        reasons += [
            pl.when(messages.list.len() == 0).then(pl.lit("no-messages")),
            pl.when(blank | blank.is_null()).then(pl.lit("empty-message")),
        ]
        if noun != "texts":
            reasons += [
                pl.when(~known).then(pl.lit("unknown-role")),
                pl.when(roles.str.contains(r"\Ssystem |. system ")).then(pl.lit("system-not-first")),
                pl.when(~roles.str.contains("user ")).then(pl.lit("no-question")),
                pl.when(pl.lit(noun != "prompts") & ~roles.str.ends_with("assistant ")).then(pl.lit("no-answer")),
                pl.when(~roles.str.contains(TURNS[noun])).then(pl.lit("roles-do-not-alternate")),
            ]
    content = pl.element().struct.field("content").str.replace_all(r"\s+", " ").str.strip_chars()
    text = pl.concat_list(*sides).list.eval(pl.concat_str(pl.element().struct.field("role"), pl.lit("\n"), content))
    return batch.select("file", "line", "id", reason=pl.coalesce(*reasons), key=text.list.join("\0").hash(seed=0))
