"""Rows as tokens, made once before a run: which tokens a model sees, and which of them it learns."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from corpora.record import MESSAGES
from corpora.shards import Sink
from tools.errors import InputError, UsageError
from tools.frames import Schema
from tools.registry import suggestion
from train.data import Rows

CHATS = Path(__file__).parent / "chat"
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


@dataclass(frozen=True)
class Chat:
    """A tokenizer with the template that makes texts of messages."""

    tokenizer: Any
    template: str

    @property
    def marked(self) -> bool:
        """Whether the template marks what the model says."""
        return re.search(r"\{%-?\s*generation\s*-?%\}", self.template) is not None

    def render(self, messages: list[dict[str, str]], asks: bool = False) -> tuple[str, list[tuple[int, int]]]:
        """The text of messages and where in it the model speaks: (begin, end) in characters, each up to its EOS.

        `asks`: with what stands before an answer at the end. Raises InputError for a template that cannot be trained with."""
        text, marks = self._jinja(messages, asks)
        spans = marks if self.marked else self._differences(messages, text)
        eos = self.tokenizer.eos_token
        ends = [text.rfind(eos, begin, end) for begin, end in spans]
        if asks is False and (len(spans) != sum(m["role"] == "assistant" for m in messages) or -1 in ends):
            raise InputError(
                f"the chat template does not end each answer with the tokenizer's EOS, {eos}: a model trained so would never "
                "stop. Name the token that does with eos_token=TOKEN, or another template with chat_template=plain"
            )
        return text, [(begin, end + len(eos)) for (begin, _), end in zip(spans, ends, strict=True)]

    def _jinja(self, messages: list[dict[str, str]], asks: bool) -> tuple[str, list[tuple[int, int]]]:
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            texts, marks = render_jinja_template(
                conversations=[messages],
                chat_template=self.template,
                return_assistant_tokens_mask=self.marked,
                add_generation_prompt=asks,
                **self.tokenizer.special_tokens_map,
            )
        except TemplateError as error:
            raise InputError(
                f"the chat template refuses a conversation: {error}; another template: chat_template=plain"
            ) from error
        return texts[0], [(begin, end) for begin, end in marks[0]] if marks else []

    def _differences(self, messages: list[dict[str, str]], text: str) -> list[tuple[int, int]]:
        """Where the model speaks, from what each answer adds to the text before it."""
        spans = []
        for place, message in enumerate(messages):
            if message["role"] == "assistant":
                before, after = self._jinja(messages[:place], True)[0], self._jinja(messages[: place + 1], False)[0]
                if not after.startswith(before) or not text.startswith(after.rstrip()):
                    raise InputError(
                        "the chat template writes earlier turns anew when later ones follow, so it cannot be told what the "
                        "model says; use one that does not, as chat_template=chatml"
                    )
                spans.append((len(before), len(after)))
        return spans


@dataclass
class Made:
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


def chat(tokenizer: Any, choice: str, eos_token: str | None, pad_token: str | None = None) -> Chat:
    """A tokenizer with the template of a choice: `auto` (its own, else plain), one of ours by name, or a file.

    Raises UsageError for no such template or token, InputError for a tokenizer that a model cannot learn to stop with."""
    for name, token in (("eos_token", eos_token), ("pad_token", pad_token)):
        if token is not None:
            if tokenizer.get_vocab().get(token) is None:
                raise UsageError(f"{name}={token}: the tokenizer has no such token")
            setattr(tokenizer, name, token)
    if tokenizer.eos_token is None:
        raise InputError("the tokenizer has no EOS, so a model could not learn to stop; name one with eos_token=TOKEN")
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.pad_token = _spare(tokenizer)
    template = tokenizer.chat_template if choice == "auto" else None
    if isinstance(template, dict):
        raise UsageError(
            f"chat_template=auto: the tokenizer has several ({', '.join(sorted(template))}); save one as a file and name that"
        )
    if template is None:
        template = _template("plain" if choice == "auto" else choice)
    tokenizer.chat_template = template
    return Chat(tokenizer, template)


def _spare(tokenizer: Any) -> str:
    """A token to fill up with that is not EOS: who finds an answer's end by what is not filling must see its EOS."""
    reserved = (token.content for _, token in sorted(tokenizer.added_tokens_decoder.items()) if token.special)
    spare = [token for token in reserved if re.search("pad|reserved", token)] + [tokenizer.unk_token]
    found = next((token for token in spare if token not in (None, tokenizer.eos_token)), None)
    if found is None:
        raise InputError(
            "the tokenizer has no token to fill up with but EOS; name one that no text has with pad_token=TOKEN"
        )
    return str(found)


def _template(choice: str) -> str:
    names = sorted(file.stem for file in CHATS.glob("*.jinja"))
    path = CHATS / f"{choice}.jinja" if choice in names else Path(choice)
    if choice not in names and not path.is_file():
        raise UsageError(
            f"chat_template={choice}: no such file, and none of ours is called so; {suggestion(choice, names)}"
        )
    return path.read_text(encoding="utf-8")


def tokenize(rows: Rows, split: str, chat: Chat, max_length: int, packed: bool, out: Path) -> Made:
    """Write the rows of a split as tokens to `out`: PAIRS of preferences, PROMPTS of prompts, else TOKENS.

    What is too long is cut at the end of a turn, or within its only answer, and then has no EOS; a prompt or a preference that
    is too long is a reject of `rows`, as is a text that holds a special token. `packed`: texts are joined, EOS between them, into
    sequences of `max_length`."""
    made = Made()
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
                found = rowwise(row, chat, max_length, made)
                if isinstance(found, str):
                    rows.rejects.append(("", 0, row["id"], found))
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
    rows.rejects += [("", 0, id_, "special-token") for id_ in bad["id"]]
    return batch.filter(~held)


def _ids(chat: Chat, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    made = chat.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return made["input_ids"], made["offset_mapping"]


def _record(row: dict[str, Any], chat: Chat, max_length: int, made: Made) -> tuple[list[int], list[int]] | str:
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


def _preference(row: dict[str, Any], chat: Chat, max_length: int, made: Made) -> tuple[list[int], ...] | str:
    prompt = chat.render(row["prompt"], asks=True)[0]
    start = len(_ids(chat, prompt)[0])
    answers = []
    for side in ("chosen", "rejected"):
        text, spans = chat.render(row["prompt"] + row[side])
        ids, places = _ids(chat, text)
        answers.append(ids[: bisect_left([begin for begin, _ in places], spans[-1][1])])
    if max(map(len, answers)) > max_length:
        return "too-long"
    while start and any(ids[:start] != answers[0][:start] for ids in answers):
        start -= 1
    made.see(*map(len, answers))
    made.learnt += sum(len(ids) - start for ids in answers)
    return answers[0][:start], answers[0][start:], answers[1][start:]


def _prompt(row: dict[str, Any], chat: Chat, max_length: int, made: Made) -> tuple[Any, ...] | str:
    ids = _ids(chat, chat.render(row["prompt"], asks=True)[0])[0]
    if len(ids) > max_length:
        return "prompt-too-long"
    made.see(len(ids))
    return ids, row["prompt"]


def _texts(rows: Rows, split: str, chat: Chat, max_length: int, packed: bool, made: Made) -> Iterator[pl.DataFrame]:
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


def _count(made: Made, rows: list[tuple[str, list[int], list[int]]]) -> None:
    for _, ids, _ in rows:
        made.rows += 1
        made.see(len(ids))
        made.learnt += len(ids)
