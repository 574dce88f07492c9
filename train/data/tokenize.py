"""Rows as tokens, made once before a run: which tokens a model sees, and which of them it learns."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from kgtools.corpora.record import MESSAGES
from kgtools.corpora.record_files import Sink
from kgtools.tools.frames import Schema
from kgtools.train.data.chat import Chat, Refusal
from kgtools.train.data.rows import RejectRow, Rows

IDS = pl.List(pl.Int32)
"""Ids of tokens: no vocabulary has 2^31."""
NOT_LEARNT = -100
"""A label that torch's cross entropy passes over."""

TOKENS = Schema("tokens", {"id": pl.String, "input_ids": IDS, "labels": IDS}, required=("id", "input_ids", "labels"))
"""A sequence a row. `labels`: as `input_ids` where a token is learnt, else -100. `id`: of its record; of texts that were joined,
`text-N`."""

PAIRS = Schema(
    "pairs", {"id": pl.String, "prompt_ids": IDS, "chosen_ids": IDS, "rejected_ids": IDS}, required=("id", "prompt_ids")
)
"""A preference a row; the answers are without the prompt and end with EOS."""

PROMPTS = Schema("prompts", {"id": pl.String, "prompt_ids": IDS, "prompt": MESSAGES}, required=("id", "prompt_ids"))
"""A question a row, up to where the answer begins."""


class Sequences(NamedTuple):
    """What became of a row. `columns`: of its schema, after the id; `lengths`: tokens of each sequence; `learnt`: of them; `cut`: where it
    was cut off, empty where it is all there."""

    columns: tuple[Any, ...]
    lengths: tuple[int, ...]
    learnt: int = 0
    cut: str = ""


Make = Callable[[dict[str, Any], Chat, int], Sequences | str]
"""Makes sequences of a row, with a chat template, of so many tokens at most; or says why it is refused."""


@dataclass(frozen=True)
class TokenCounts:
    """The tokens of a split: `rows`, and of them `cut` at the end of a turn or within an answer; tokens seen and learnt; the `longest`
    sequence, and the `squares` of all lengths, summed."""

    rows: int = 0
    tokens: int = 0
    learnt: int = 0
    longest: int = 0
    squares: int = 0
    cut: Counter[str] = field(default_factory=Counter)

    def plus(self, rows: Sequence[Sequences]) -> "TokenCounts":
        """These counts with those of more rows."""
        lengths = [length for row in rows for length in row.lengths]
        return TokenCounts(
            rows=self.rows + len(rows),
            tokens=self.tokens + sum(lengths),
            learnt=self.learnt + sum(row.learnt for row in rows),
            longest=max([self.longest, *lengths]),
            squares=self.squares + sum(length * length for length in lengths),
            cut=self.cut + Counter(row.cut for row in rows if row.cut),
        )

    @property
    def context_length(self) -> float:
        """Tokens in the sequence that a token stands in, on average."""
        return self.squares / self.tokens

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return vars(self) | {"cut": dict(self.cut)}


@dataclass(frozen=True)
class TokenizeResult:
    """What became of the rows of a split. `rejects`: those that are not trained on, in the order of the rows, as `REJECTS` has them;
    `refusal`: what the chat template said to the first row that it refused."""

    counts: TokenCounts
    rejects: list[RejectRow]
    refusal: str = ""


def tokenize(rows: Rows, split: str, chat: Chat, max_length: int, packed: bool, out: Path) -> TokenizeResult:
    """Write the rows of a split as tokens to `out`: PAIRS of preferences, PROMPTS of prompts, else TOKENS.

    What is too long is cut at the end of a turn, or within its only answer, and then has no EOS; a prompt or a preference that
    is too long is a reject, as is a text that holds a special token, and a conversation that the template does not take.
    `packed`: texts are joined, EOS between them, into sequences of `max_length`."""
    schema, make = {
        "records": (TOKENS, _record), "preferences": (PAIRS, _preference), "prompts": (PROMPTS, _prompt), "texts": (TOKENS, None),
    }[rows.noun]  # fmt: skip
    texts = Texts(chat, max_length, packed)
    counts, rejects, refusal, taken = TokenCounts(), list[RejectRow](), "", len(rows.rejects)
    with Sink(out, schema) as sink:
        for batch in rows.batches(split):
            clean, special = _split_special(batch, chat)
            # those that never came here stand among the others, in the order of the rows
            rejects += rows.rejects[taken:] + special
            taken = len(rows.rejects)
            if make is None:
                sequences = texts.add(clean)
            else:
                sequences, refused, words = _each(make, clean, chat, max_length)
                rejects += refused
                refusal = refusal or words
            counts = counts.plus([row for _, row in sequences])
            sink.write(schema.frame([(id_, *row.columns) for id_, row in sequences]))
        last = texts.rest()
        counts = counts.plus([row for _, row in last])
        sink.write(schema.frame([(id_, *row.columns) for id_, row in last]))
    return TokenizeResult(counts, rejects + rows.rejects[taken:], refusal)


def _each(
    make: Make, batch: pl.DataFrame, chat: Chat, max_length: int
) -> tuple[list[tuple[str, Sequences]], list[RejectRow], str]:
    """The rows of a batch one by one: id and sequences of the good ones, the rejects, and what the template said to the first of those."""
    good, rejects, refusal = list[tuple[str, Sequences]](), list[RejectRow](), ""
    for row in batch.iter_rows(named=True):
        try:
            outcome = make(row, chat, max_length)
        except Refusal as error:
            outcome, refusal = error.reason, refusal or str(error)
        if isinstance(outcome, str):
            rejects.append((row["file"], row["line"], row["id"], outcome))
        else:
            good.append((row["id"], outcome))
    return good, rejects, refusal


def _split_special(batch: pl.DataFrame, chat: Chat) -> tuple[pl.DataFrame, list[RejectRow]]:
    """The rows whose texts hold no special token, and the others as rejects: it would be read as one, an EOS in a question for example.
    Those count too that the tokenizer gives no role, as LLaMA's <|eot_id|>."""
    columns = [name for name in ("messages", "prompt", "chosen", "rejected") if name in batch.columns]
    added = [token.content for token in chat.tokenizer.added_tokens_decoder.values() if token.special]
    specials = sorted({*added, *chat.tokenizer.all_special_tokens} - {""})
    is_special = pl.any_horizontal(
        pl.col(name).list.eval(pl.element().struct.field("content").str.contains_any(specials)).list.any()
        for name in columns
    )
    special = batch.filter(is_special).select("file", "line", "id")
    return batch.filter(~is_special), [(*row, "special-token") for row in special.iter_rows()]


def _ids(chat: Chat, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """The tokens of a text, and where each begins and ends in it."""
    encoding = chat.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return encoding["input_ids"], encoding["offset_mapping"]


def _record(row: dict[str, Any], chat: Chat, max_length: int) -> Sequences | str:
    text, spans = chat.render(row["messages"])
    ids, offsets = _ids(chat, text)
    begins = [begin for begin, _ in offsets]
    ends = [bisect_left(begins, end) for _, end in spans]
    fitting = [end for end in ends if end <= max_length]
    labels = [NOT_LEARNT] * len(ids)
    for (begin, _), end in zip(spans, ends, strict=True):
        first = bisect_left(begins, begin)
        labels[first:end] = ids[first:end]
    size = fitting[-1] if fitting else max_length
    if all(label == NOT_LEARNT for label in labels[:size]):
        return "prompt-too-long"
    cut = ""
    if len(fitting) < len(ends):
        cut = "at the end of a turn" if fitting else "within the answer, without EOS"
    size = min(size, len(ids))
    learnt = sum(label != NOT_LEARNT for label in labels[:size])
    return Sequences((ids[:size], labels[:size]), (size,), learnt, cut)


def _preference(row: dict[str, Any], chat: Chat, max_length: int) -> Sequences | str:
    texts, begin = chat.pair(row["prompt"], (row["chosen"], row["rejected"]))
    (chosen, offsets), (rejected, _) = (_ids(chat, text) for text in texts)
    if max(len(chosen), len(rejected)) > max_length:
        return "too-long"
    # A token may reach over the end of the prompt, as several line ends do in one: then it is another one in each text, and the
    # answers begin with the first token that differs.
    start = bisect_left([first for first, _ in offsets], begin)
    while start and rejected[:start] != chosen[:start]:
        start -= 1
    learnt = len(chosen) - start + len(rejected) - start
    return Sequences((chosen[:start], chosen[start:], rejected[start:]), (len(chosen), len(rejected)), learnt)


def _prompt(row: dict[str, Any], chat: Chat, max_length: int) -> Sequences | str:
    ids = _ids(chat, chat.ask(row["prompt"]))[0]
    return "prompt-too-long" if len(ids) > max_length else Sequences((ids, row["prompt"]), (len(ids),))


class Texts:
    """Texts of which every token is learnt, one after the other; EOS ends each. `packed`: they are joined to sequences of `max_length`, and
    what is left of one begins the next."""

    def __init__(self, chat: Chat, max_length: int, packed: bool) -> None:
        self.chat, self.max_length, self.packed = chat, max_length, packed
        self.left, self.number = list[int](), 0

    def add(self, batch: pl.DataFrame) -> list[tuple[str, Sequences]]:
        """The sequences that are full, each with its id."""
        texts = batch.select(
            "id", text=pl.col("messages").list.eval(pl.element().struct.field("content")).list.join("\n\n")
        )
        sequences: list[tuple[str, Sequences]] = []
        for id_, text in texts.iter_rows():
            ids = [*_ids(self.chat, text)[0], self.chat.tokenizer.eos_token_id]
            if self.packed:
                self.left += ids
                while len(self.left) >= self.max_length:
                    piece, self.left = self.left[: self.max_length], self.left[self.max_length :]
                    sequences.append((self._name(), _all_learnt(piece)))
            else:
                pieces = [ids[begin : begin + self.max_length] for begin in range(0, len(ids), self.max_length)]
                cut = "into several sequences" if len(pieces) > 1 else ""
                sequences += [(id_, _all_learnt(piece, "" if at else cut)) for at, piece in enumerate(pieces)]
        return sequences

    def rest(self) -> list[tuple[str, Sequences]]:
        """What is left when there are no more texts, as a sequence that is not full."""
        return [(self._name(), _all_learnt(self.left))] if self.left else []

    def _name(self) -> str:
        self.number += 1
        return f"text-{self.number - 1}"


def _all_learnt(ids: list[int], cut: str = "") -> Sequences:
    return Sequences((ids, ids), (len(ids),), len(ids), cut)
