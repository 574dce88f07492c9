"""Rows as tokens, made once before a run: which tokens a model sees, and which of them it learns."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import MESSAGES
from kgtools.corpora.record_files import Sink
from kgtools.tools.frames import Schema
from kgtools.train.data.chat import Chat, Refusal
from kgtools.train.data.rows import Rows

IDS = pl.List(pl.Int32)
NOT_LEARNT = -100

TOKENS = Schema("tokens", {"id": pl.String, "input_ids": IDS, "labels": IDS}, required=("id", "input_ids", "labels"))
"""A sequence a row. `labels`: as `input_ids` where a token is learnt, else -100. `id`: of its record; of texts that were joined,
`text-N`."""

PAIRS = Schema(
    "pairs", {"id": pl.String, "prompt_ids": IDS, "chosen_ids": IDS, "rejected_ids": IDS}, required=("id", "prompt_ids")
)
"""A preference a row; the answers are without the prompt and end with EOS."""

PROMPTS = Schema("prompts", {"id": pl.String, "prompt_ids": IDS, "prompt": MESSAGES}, required=("id", "prompt_ids"))
"""A question a row, up to where the answer begins."""


@dataclass
class TokenCounts:
    """What was made of a split: `rows`, and of them `cut` at the end of a turn or within an answer; tokens seen and learnt; the `longest`
    sequence, and the `squares` of all lengths, summed."""

    rows: int = 0
    tokens: int = 0
    learnt: int = 0
    longest: int = 0
    squares: int = 0
    cut: Counter[str] = field(default_factory=Counter)

    def see(self, *lengths: int) -> None:
        """Count sequences of these lengths, in tokens."""
        self.tokens += sum(lengths)
        self.longest = max(self.longest, *lengths)
        self.squares += sum(length * length for length in lengths)

    @property
    def around(self) -> float:
        """Tokens in the sequence that a token stands in, on average."""
        return self.squares / self.tokens


def tokenize(rows: Rows, split: str, chat: Chat, max_length: int, packed: bool, out: Path) -> TokenCounts:
    """Write the rows of a split as tokens to `out`: PAIRS of preferences, PROMPTS of prompts, else TOKENS.

    What is too long is cut at the end of a turn, or within its only answer, and then has no EOS; a prompt or a preference that
    is too long is a reject of `rows`, as is a text that holds a special token, and a conversation that the template does not take.
    `packed`: texts are joined, EOS between them, into sequences of `max_length`."""
    made = TokenCounts()
    if rows.noun == "texts":
        with Sink(out, TOKENS) as sink:
            for frame in _texts(rows, split, chat, max_length, packed, made):
                sink.write(frame)
        return made
    schema, rowwise = {
        "records": (TOKENS, _record), "preferences": (PAIRS, _preference), "prompts": (PROMPTS, _prompt),
    }[rows.noun]  # fmt: skip
    with Sink(out, schema) as sink:
        for batch in rows.batches(split):
            good: list[tuple[Any, ...]] = []
            for row in _clean(batch, rows, chat).iter_rows(named=True):
                try:
                    found = rowwise(row, chat, max_length, made)
                except Refusal as refusal:
                    found, rows.refusal = refusal.reason, rows.refusal or str(refusal)
                if isinstance(found, str):
                    rows.rejects.append((row["file"], row["line"], row["id"], found))
                else:
                    good.append((row["id"], *found))
                    made.rows += 1
            sink.write(schema.frame(good))
    return made


def _clean(batch: pl.DataFrame, rows: Rows, chat: Chat) -> pl.DataFrame:
    """The rows whose texts hold no special token: it would be read as one, an EOS in a question for example. Those count too that
    the tokenizer gives no role, as LLaMA's <|eot_id|>."""
    columns = [name for name in ("messages", "prompt", "chosen", "rejected") if name in batch.columns]
    added = [token.content for token in chat.tokenizer.added_tokens_decoder.values() if token.special]
    specials = sorted({*added, *chat.tokenizer.all_special_tokens} - {""})
    held = pl.any_horizontal(
        pl.col(name).list.eval(pl.element().struct.field("content").str.contains_any(specials)).list.any()
        for name in columns
    )
    bad = batch.filter(held)
    rows.rejects += [(*place, "special-token") for place in bad.select("file", "line", "id").iter_rows()]
    return batch.filter(~held)


def _ids(chat: Chat, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    made = chat.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return made["input_ids"], made["offset_mapping"]


def _record(row: dict[str, Any], chat: Chat, max_length: int, made: TokenCounts) -> tuple[list[int], list[int]] | str:
    text, spans = chat.render(row["messages"])
    ids, places = _ids(chat, text)
    begins = [begin for begin, _ in places]
    ends = [bisect_left(begins, end) for _, end in spans]
    fitting = [end for end in ends if end <= max_length]
    labels = [NOT_LEARNT] * len(ids)
    for (begin, _), end in zip(spans, ends, strict=True):
        first = bisect_left(begins, begin)
        labels[first:end] = ids[first:end]
    size = fitting[-1] if fitting else max_length
    if all(label == NOT_LEARNT for label in labels[:size]):
        return "prompt-too-long"
    if len(fitting) < len(ends):
        made.cut["at the end of a turn" if fitting else "within the answer, without EOS"] += 1
    size = min(size, len(ids))
    made.see(size)
    made.learnt += sum(label != NOT_LEARNT for label in labels[:size])
    return ids[:size], labels[:size]


def _preference(row: dict[str, Any], chat: Chat, max_length: int, made: TokenCounts) -> tuple[list[int], ...] | str:
    texts, begin = chat.pair(row["prompt"], (row["chosen"], row["rejected"]))
    (chosen, places), (rejected, _) = (_ids(chat, text) for text in texts)
    answers = [chosen, rejected]
    start = bisect_left([first for first, _ in places], begin)
    if max(map(len, answers)) > max_length:
        return "too-long"
    while start and any(ids[:start] != answers[0][:start] for ids in answers):
        start -= 1
    made.see(*map(len, answers))
    made.learnt += sum(len(ids) - start for ids in answers)
    return answers[0][:start], answers[0][start:], answers[1][start:]


def _prompt(row: dict[str, Any], chat: Chat, max_length: int, made: TokenCounts) -> tuple[Any, ...] | str:
    ids = _ids(chat, chat.ask(row["prompt"]))[0]
    if len(ids) > max_length:
        return "prompt-too-long"
    made.see(len(ids))
    return ids, row["prompt"]


def _texts(
    rows: Rows, split: str, chat: Chat, max_length: int, packed: bool, made: TokenCounts
) -> Iterator[pl.DataFrame]:
    eos, rest, number = chat.tokenizer.eos_token_id, list[int](), 0
    for batch in rows.batches(split):
        batch = _clean(batch, rows, chat)
        whole = batch.select(
            "id", text=pl.col("messages").list.eval(pl.element().struct.field("content")).list.join("\n\n")
        )
        out: list[tuple[str, list[int], list[int]]] = []
        for id_, text in whole.iter_rows():
            ids = [*_ids(chat, text)[0], eos]
            rest, id_ = (rest + ids, "") if packed else (ids, id_)
            keep = max_length if packed else 1
            if not packed and len(ids) > max_length:
                made.cut["into several sequences"] += 1
            while len(rest) >= keep:
                piece, rest = rest[:max_length], rest[max_length:]
                out.append((id_ or f"text-{number}", piece, piece))
                number += 1
        _count(made, out)
        yield TOKENS.frame(out)
    if rest:
        last = [(f"text-{number}", rest, rest)]
        _count(made, last)
        yield TOKENS.frame(last)


def _count(made: TokenCounts, rows: list[tuple[str, list[int], list[int]]]) -> None:
    for _, ids, _ in rows:
        made.rows += 1
        made.see(len(ids))
        made.learnt += len(ids)
