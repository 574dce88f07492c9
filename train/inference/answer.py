"""A model's answers to questions, kept as they come."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import orjson
import polars as pl
from pydantic import Field

from kgtools.corpora.record import MESSAGES
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, load_table, write_table
from kgtools.tools.inputs.files import digest
from kgtools.tools.outputs.staging import manifest, write_whole
from kgtools.tools.terminal import tell
from kgtools.train.data.chat import Chat, chat_of
from kgtools.train.data.rows import REJECTS, Rows, open_rows
from kgtools.train.data.thinking import CLOSE, OPEN
from kgtools.train.data.tokenize import tokenize
from kgtools.train.launch.requirements import needs_engine
from kgtools.train.launch.undo import undo
from kgtools.train.models import resolve
from kgtools.train.models.examine import Found, look
from kgtools.train.models.load import tokenizer_of
from kgtools.train.models.stop_tokens import StopToken, stop_tokens
from kgtools.train.paper import WORDS
from kgtools.train.recipe import Asking, Count, Engine

ANSWERS = Schema(
    "answers",
    {
        "id": pl.String, "sample": pl.UInt32, "prompt": MESSAGES, "answer": pl.String, "thinking": pl.String, "ended": pl.Boolean,
        "prompt_tokens": pl.UInt32, "answer_tokens": pl.UInt32, "special_tokens": pl.UInt32,
    },
    required=("id", "sample", "prompt", "answer", "ended", "prompt_tokens", "answer_tokens"),
)  # fmt: skip
"""An answer a row, in the order of the questions. `id`: of its record; `sample`: which of several answers to a question, from 0;
`prompt`: messages up to the question; `answer`: without what was thought before it, which is `thinking` (null: nothing was, empty: an
empty block); `ended`: whether the model stopped by itself; `special_tokens`: how many of its tokens the text does not show, beside the one
that ends it."""

COPIED = ("task", "lang", "facts", "group", "source", "license", "split")
"""What the record of an answer has of its question's."""
KEPT = ".answers.jsonl"
Show = Callable[[int, int], None]


class Answer(Asking):
    """How a model answers. `max_new_tokens`: tokens at most; `temperature`: 0 takes the likeliest token each time; `samples`: answers to
    each question; `batch_size`: questions at once, of which the answers are kept together; `engine`: `generate` and `continuous`
    batching of transformers, or `vllm`, which takes `gpu_memory_utilization` of a GPU."""

    split: str = "test"
    max_new_tokens: Count = 512
    temperature: Annotated[float, Field(ge=0)] = 0.0
    samples: Count = 1
    batch_size: Count = 16
    engine: Engine = "generate"
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.9


@dataclass(frozen=True)
class Questions:
    """Questions as a model reads them. `found`: what the model is like; `table`: `train.data.tokenize.PROMPTS`; `origins`: id -> what an answer's
    record has of the question's; `identity`: hash of all that the answers hang on."""

    folder: Path
    found: Found
    chat: Chat
    rows: Rows
    table: pl.DataFrame
    origins: dict[str, dict[str, Any]]
    stops: list[StopToken]
    fingerprint: str
    identity: str


class Said(NamedTuple):
    """What a model gave to a question. `text`: the answer; `ended`: whether it stopped by itself; `tokens`: of all; `thinking` and
    `special` tokens: as `ANSWERS` has them."""

    text: str
    ended: bool
    tokens: int
    thinking: str | None
    special: int

    @property
    def whole(self) -> str:
        """The answer with what was thought before it, as a message has both."""
        return f"{OPEN}\n{self.thinking}\n{CLOSE}\n\n{self.text}" if self.thinking else self.text


def questions(recipe: Answer, out: Path, check: Callable[[Rows, Any], None] = lambda *_: None) -> Questions:
    """The questions of a recipe and the model, looked at; `check` is given the rows while they can be read. It is told where answers of the
    model cannot end. Raises UsageError, InputError."""
    needs_engine(recipe.engine)
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        rows = open_rows(recipe, "prompts", Path(scratch))
        check(rows, recipe)
        folder = resolve.resolve(recipe.model, recipe.revision, out / "base", recipe.seed)
        resolve.needs_weights(folder, recipe.trust_remote_code)
        words = tokenizer_of(folder, recipe.trust_remote_code)
        talk = chat_of(words, recipe)
        path = Path(scratch) / "prompts.parquet"
        made = tokenize(rows, recipe.split, talk, recipe.max_length, False, path)
        table = load_table(path)
        origins = _origins(rows, table)
        if table.is_empty() and rows.rejects:
            raise InputError(f"no question in the split {recipe.split}: every one was refused {rows.why()}")
        found, _ = look(recipe, folder, talk.tokenizer, [str(path)], made.longest, recipe.max_new_tokens)
    if table.is_empty():
        there = ", ".join(f"{name} {number:,}" for name, number in sorted(rows.counts["split"].items()))
        raise InputError(
            f"no question in the split {recipe.split}: the data hold {there}; split=all takes all but test"
        )
    if found.end:
        tell(
            f"{folder}: the row of {talk.tokenizer.eos_token}, which ends an answer, was never trained (it is {found.end}): hardly an answer "
            "will end. `kgtools train sft` trains that row"
        )
    fingerprint = resolve.fingerprint(folder)
    own = recipe.model_dump(mode="json", exclude={"model", "data", "gpu_memory_utilization", *WORDS})
    ends = stop_tokens(folder, talk)
    whole = [
        [end.id for end in ends],
        fingerprint,
        sorted(rows.inputs.items()),
        table["id"].to_list(),
        own,
        talk.template,
    ]
    return Questions(
        folder,
        found,
        talk,
        rows,
        table,
        origins,
        ends,
        fingerprint,
        digest(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()),
    )


def _origins(rows: Rows, table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    found = pl.concat(
        [
            frame.filter(pl.col("id").is_in(table["id"].implode())).select("id", "file", "line", *COPIED)
            for _, frame in rows.places
        ]
    )
    return {row["id"]: row for row in found.collect().iter_rows(named=True)}


def preview(recipe: Answer) -> dict[str, Any]:
    """What would be asked, and what would end an answer; nothing is answered. Raises UsageError, InputError."""
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        return facts_of(recipe, questions(recipe, Path(scratch)))


def facts_of(recipe: Answer, asked: Questions) -> dict[str, Any]:
    """What there is to say of questions before they are asked."""
    return {
        "model": recipe.model, "fingerprint": asked.fingerprint, "questions": asked.table.height, "samples": recipe.samples,
        "rejected": dict(sorted(Counter(reason for *_, reason in asked.rows.rejects).items())),
        "longest_prompt": max(map(len, asked.table["prompt_ids"].to_list())), "max_new_tokens": recipe.max_new_tokens,
        "temperature": recipe.temperature, "engine": recipe.engine,
        "stop_tokens": [str(stop) for stop in asked.stops],
    }  # fmt: skip


def answer(recipe: Answer, out: Path, fresh: bool, show: Show = lambda *_: None) -> dict[str, Any]:
    """Write a model's answers to `out/answers.parquet`; what `run.json` says.

    What was answered before a run was broken off is kept, and what comes then is what an unbroken run would have given: each batch
    is drawn by seed and place. Raises UsageError, InputError."""
    with undo() as made_here:
        made_here.folder(out)
        made_here.new(out / "base")
        asked = questions(recipe, out)
        made = drawn(recipe, asked, out, fresh, show)
    table = asked.table
    rows = [
        (
            row["id"],
            sample,
            row["prompt"],
            said.text,
            said.thinking,
            said.ended,
            len(row["prompt_ids"]),
            said.tokens,
            said.special,
        )
        for number, row in enumerate(table.iter_rows(named=True))
        for sample in range(recipe.samples)
        for said in [made[number, sample]]
    ]
    answers = ANSWERS.frame(rows)
    write_table(answers, out / "answers.parquet")
    write_table(REJECTS.frame(asked.rows.rejects), out / "rejects.parquet")
    facts = {
        "identity": asked.identity, "fingerprint": asked.fingerprint, "questions": table.height, "answers": answers.height,
        "ended": int(answers["ended"].sum()), "answer_tokens": int(answers["answer_tokens"].sum()),
        "special_tokens": int(answers["special_tokens"].sum()), "stop_tokens": [str(stop) for stop in asked.stops],
        "rejected": len(asked.rows.rejects), "examined": asked.found.told,
    }  # fmt: skip
    settings = recipe.model_dump(mode="json") | {"data": [path.name for path in recipe.data]} | asked.rows.privacy
    write_whole(out / "run.json", manifest("train answer", settings, asked.rows.inputs, **facts))
    (out / KEPT).unlink()
    return facts


def drawn(recipe: Answer, asked: Questions, out: Path, fresh: bool, show: Show) -> dict[tuple[int, int], Said]:
    """What was said, by question and sample; what is in `out/.answers.jsonl` is not drawn again."""
    import torch

    from kgtools.train.inference.generate import Sampling, generate, load

    tokenizer, prompts = asked.chat.tokenizer, asked.table["prompt_ids"].to_list()
    talks = asked.table["prompt"].to_list()
    order = sorted(range(len(prompts)), key=lambda row: (-len(prompts[row]), row))
    todo = [(row, sample) for sample in range(recipe.samples) for row in order]
    how = Sampling(
        recipe.max_new_tokens, recipe.temperature, recipe.batch_size, tuple(end.id for end in asked.stops), recipe.engine,
        recipe.gpu_memory_utilization,
    )  # fmt: skip
    with undo() as made_here:
        made_here.new(out / KEPT)
        kept = _kept(out, asked.identity, fresh)
        model = load(asked.folder, how, max(map(len, prompts)) + recipe.max_new_tokens, recipe.trust_remote_code)
    with (out / KEPT).open("ab") as file:
        for begin in range(0, len(todo), recipe.batch_size):
            part = todo[begin : begin + recipe.batch_size]
            if not all(place in kept for place in part):
                torch.manual_seed(recipe.seed * 1_000_003 + begin)
                made = generate(model, tokenizer, [prompts[row] for row, _ in part], how)
                for place, ids in zip(part, made, strict=True):
                    ended = bool(ids) and ids[-1] in how.stops
                    said = ids[:-1] if ended else ids
                    thinking, text = asked.chat.decode(talks[place[0]], said)
                    kept[place] = Said(text, ended, len(ids), thinking, asked.chat.special(said))
                    file.write(orjson.dumps([*place, *kept[place]]) + b"\n")
                file.flush()
            show(begin + len(part), len(todo))
    return kept


def _kept(out: Path, identity: str, fresh: bool) -> dict[tuple[int, int], Said]:
    """What was answered before. Raises UsageError where it was something else."""
    path = out / KEPT
    if not fresh and (out / "run.json").exists():
        raise UsageError(f"{out}: holds answers already; name another place with --out, or replace them with --fresh")
    if fresh or not path.exists():
        (out / "run.json").unlink(missing_ok=True)
        write_whole(path, orjson.dumps({"identity": identity}) + b"\n")
        return {}
    first, *lines = path.read_bytes().split(b"\n")
    if orjson.loads(first)["identity"] != identity:
        raise UsageError(
            f"{out}: holds answers of another model or to other questions; name another place with --out, or --fresh"
        )
    whole = lines[:-1]  # what stands behind the last line feed was broken off
    write_whole(path, b"".join(line + b"\n" for line in (first, *whole)))
    return {(row, sample): Said(*said) for row, sample, *said in map(orjson.loads, whole)}
