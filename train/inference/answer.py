"""A model's answers to questions, kept as they come."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple, Self

import orjson
import polars as pl
from pydantic import Field, model_validator

from kgtools.corpora.record import MESSAGES
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, load_table, scan_table, write_table
from kgtools.tools.inputs.files import digest
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.staging import manifest
from kgtools.tools.terminal import tell
from kgtools.train.data.chat import Chat, chat_of
from kgtools.train.data.rows import REJECTS, RejectRow, Rows, explain, open_rows
from kgtools.train.data.thinking import CLOSE, OPEN
from kgtools.train.data.tokenize import tokenize
from kgtools.train.inference.options import OPTION_LOGPROBS, find_options, to_column
from kgtools.train.launch.requirements import needs_engine, needs_stack
from kgtools.train.launch.undo import undo
from kgtools.train.models import resolve
from kgtools.train.models.examine import ModelReport, inspect_model
from kgtools.train.models.load import tokenizer_of
from kgtools.train.models.stop_tokens import StopToken, stop_tokens
from kgtools.train.paper import WORDS
from kgtools.train.recipe import Count, Engine, ModelSettings
from kgtools.train.recipe import load as load_recipe

ANSWERS = Schema(
    "answers",
    {
        "id": pl.String, "sample": pl.UInt32, "prompt": MESSAGES, "answer": pl.String, "thinking": pl.String, "ended": pl.Boolean,
        "prompt_tokens": pl.UInt32, "answer_tokens": pl.UInt32, "special_tokens": pl.UInt32,
        "option_logprobs": OPTION_LOGPROBS,
    },
    required=("id", "sample", "prompt", "answer", "ended", "prompt_tokens", "answer_tokens"),
)  # fmt: skip
"""An answer a row, in the order of the questions. `id`: of its record; `sample`: which of several answers to a question, from 0;
`prompt`: messages up to the question; `answer`: without what was thought before it, which is `thinking` (null: nothing was, empty: an
empty block); `ended`: whether the model stopped by itself; `special_tokens`: how many of its tokens the text does not show, beside the one
that ends it; `option_logprobs`: how likely the model finds each option of the question, by letter (`A`) and by text (`text:A`), in nats;
null where it was not asked, and where the question has none."""

COPIED = ("task", "lang", "facts", "group", "source", "license", "split", "hold_out")
"""What the record of an answer has of its question's."""
KEPT = ".answers.jsonl"
"""Answers as they come, a line each after one with the identity of the run; gone when `answers.parquet` is there."""
OnProgress = Callable[[int, int], None]


class Answer(ModelSettings):
    """How a model answers. `max_new_tokens`: tokens at most; `temperature`: 0 takes the likeliest token each time; `samples`: answers to
    each question; `batch_size`: questions at once, of which the answers are kept together; `engine`: `generate` and `continuous`
    batching of transformers, or `vllm`, which takes `gpu_memory_utilization` of a GPU; `options`: of a question with options, say
    how likely each is, too."""

    split: str = "test"
    max_new_tokens: Count = 512
    temperature: Annotated[float, Field(ge=0)] = 0.0
    samples: Count = 1
    batch_size: Count = 16
    engine: Engine = "generate"
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.9
    options: bool = False

    @model_validator(mode="after")
    def _says_how_likely(self) -> Self:
        if self.options and self.engine == "vllm":
            raise ValueError("options=yes: vllm does not say how likely a given text is; engine=generate does")
        return self


@dataclass(frozen=True)
class Questions:
    """Questions as a model reads them. `model_report`: what the model is like; `table`: `train.data.tokenize.PROMPTS`; `origins`: id -> what
    an answer's record has of the question's; `options`: id -> those of a question, a text by letter;
    `refused`: rows that are no question; `identity`: hash of all that the answers depend on."""

    folder: Path
    model_report: ModelReport
    chat: Chat
    rows: Rows
    refused: list[RejectRow]
    table: pl.DataFrame
    origins: dict[str, dict[str, Any]]
    options: dict[str, dict[str, str]]
    stops: list[StopToken]
    fingerprint: str
    identity: str


class Completion(NamedTuple):
    """What a model gave to a question. `text`: the answer; `ended`: whether it stopped by itself; `tokens`: of all; `thinking` and
    `special` tokens: as `ANSWERS` has them; `options`: their log-likelihoods, of the first answer to a question with such."""

    text: str
    ended: bool
    tokens: int
    thinking: str | None
    special: int
    options: dict[str, float] | None = None

    @property
    def full_text(self) -> str:
        """The answer with what was thought before it, as a message has both."""
        return f"{OPEN}\n{self.thinking}\n{CLOSE}\n\n{self.text}" if self.thinking else self.text


def questions(recipe: Answer, out: Path, check: Callable[[Rows, Any], None] = lambda *_: None) -> Questions:
    """The questions of a recipe and the model, looked at; `check` is given the rows while they can be read. It is told where answers of the
    model cannot end. Raises UsageError, InputError."""
    needs_engine(recipe.engine)
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        rows = open_rows(recipe, "prompts", Path(scratch))
        rejects_read = list(rows.rejects)
        check(rows, recipe)
        folder = resolve.resolve(recipe.model, recipe.revision, out / "base", recipe.seed)
        resolve.needs_weights(folder, recipe.trust_remote_code)
        tokenizer = tokenizer_of(folder, recipe.trust_remote_code)
        chat = chat_of(tokenizer, recipe)
        path = Path(scratch) / "prompts.parquet"
        tokens = tokenize(rows, recipe.split, chat, recipe.max_length, False, path)
        table = load_table(path)
        origins = _origins(rows, table)
        options = find_options(rows, table) if recipe.options else {}
        refused = rejects_read + tokens.rejects
        if table.is_empty() and refused:
            raise InputError(
                f"no question in the split {recipe.split}: every one was refused {explain(refused, tokens.refusal)}"
            )
        report, _ = inspect_model(
            recipe, folder, chat.tokenizer, [str(path)], tokens.counts.longest, recipe.max_new_tokens
        )
    if table.is_empty():
        splits = ", ".join(f"{name} {number:,}" for name, number in sorted(rows.counts["split"].items()))
        raise InputError(
            f"no question in the split {recipe.split}: the data hold {splits}; split=all takes all but test"
        )
    if report.end:
        tell(
            f"{folder}: the row of {chat.tokenizer.eos_token}, which ends an answer, was never trained (it is {report.end}): hardly an answer "
            "will end. `kgtools train sft` trains that row"
        )
    fingerprint = resolve.fingerprint(folder)
    settings = recipe.model_dump(mode="json", exclude={"model", "data", "gpu_memory_utilization", *WORDS})
    stops = stop_tokens(folder, chat)
    parts = [
        [end.id for end in stops],
        fingerprint,
        sorted(rows.inputs.items()),
        table["id"].to_list(),
        settings,
        chat.template,
    ]
    return Questions(
        folder,
        report,
        chat,
        rows,
        refused,
        table,
        origins,
        options,
        stops,
        fingerprint,
        digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()),
    )


def _origins(rows: Rows, table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    questions = pl.concat(
        [
            frame.filter(pl.col("id").is_in(table["id"].implode())).select("id", "file", "line", *COPIED)
            for _, frame in rows.tables
        ]
    )
    return {row["id"]: row for row in questions.collect().iter_rows(named=True)}


@dataclass(frozen=True)
class AnswerResult:
    """What a model answered, or of a dry run what it would be asked. `facts`: counts and hashes, as the command prints them."""

    folder: Path
    facts: dict[str, Any]

    @property
    def answers(self) -> pl.LazyFrame:
        """`answers.parquet`, as ANSWERS has it. Read when it is collected; there is none of a dry run."""
        return scan_table(self.folder / "answers.parquet")


def answer_records(
    name: str | Path, settings: Mapping[str, str], out: Path, *, fresh: bool = False, dry_run: bool = False,
    on_progress: OnProgress = lambda *_: None,
) -> AnswerResult:  # fmt: skip
    """Let a model answer by a recipe, a name or a file, with changes (`{"max_new_tokens": "64"}`) into the folder `out`. Raises UsageError,
    InputError."""
    needs_stack()
    recipe = load_recipe(str(name), "answer", Answer, settings)
    return AnswerResult(out, preview(recipe) if dry_run else answer(recipe, out, fresh, on_progress))


def preview(recipe: Answer) -> dict[str, Any]:
    """What would be asked, and what would end an answer; nothing is answered. Raises UsageError, InputError."""
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        return describe_questions(recipe, questions(recipe, Path(scratch)))


def describe_questions(recipe: Answer, asked: Questions) -> dict[str, Any]:
    """What there is to say of questions before they are asked."""
    return {
        "model": recipe.model, "fingerprint": asked.fingerprint, "questions": asked.table.height, "samples": recipe.samples,
        "rejected": dict(sorted(Counter(reason for *_, reason in asked.refused).items())),
        "longest_prompt": max(map(len, asked.table["prompt_ids"].to_list())), "max_new_tokens": recipe.max_new_tokens,
        "temperature": recipe.temperature, "engine": recipe.engine,
        "stop_tokens": [str(stop) for stop in asked.stops],
    }  # fmt: skip


def answer(recipe: Answer, out: Path, fresh: bool, on_progress: OnProgress = lambda *_: None) -> dict[str, Any]:
    """Write a model's answers to `out/answers.parquet`; what `run.json` says.

    What was answered before a run was broken off is kept, and what comes then is what an unbroken run would have given: each batch
    is drawn by seed and place. Raises UsageError, InputError."""
    with undo() as created:
        created.make(out)
        created.expect(out / "base")
        asked = questions(recipe, out)
        completions = draw_answers(recipe, asked, out, fresh, on_progress)
    table = asked.table
    rows = [
        (
            row["id"],
            sample,
            row["prompt"],
            completion.text,
            completion.thinking,
            completion.ended,
            len(row["prompt_ids"]),
            completion.tokens,
            completion.special,
            to_column(completions[number, 0].options),
        )
        for number, row in enumerate(table.iter_rows(named=True))
        for sample in range(recipe.samples)
        for completion in [completions[number, sample]]
    ]
    answers = ANSWERS.frame(rows)
    write_table(answers, out / "answers.parquet")
    write_table(REJECTS.frame(asked.refused), out / "rejects.parquet")
    facts = {
        "identity": asked.identity, "fingerprint": asked.fingerprint, "questions": table.height, "answers": answers.height,
        "ended": int(answers["ended"].sum()), "answer_tokens": int(answers["answer_tokens"].sum()),
        "special_tokens": int(answers["special_tokens"].sum()), "stop_tokens": [str(stop) for stop in asked.stops],
        "rejected": len(asked.refused), "examined": asked.model_report.facts,
    }  # fmt: skip
    settings = recipe.model_dump(mode="json") | {"data": [path.name for path in recipe.data]} | asked.rows.privacy
    write_file(out / "run.json", manifest("train answer", settings, asked.rows.inputs, **facts))
    (out / KEPT).unlink()
    return facts


def draw_answers(
    recipe: Answer, asked: Questions, out: Path, fresh: bool, on_progress: OnProgress
) -> dict[tuple[int, int], Completion]:
    """What was said, by question and sample; what is in `out/.answers.jsonl` is not drawn again."""
    import torch

    from kgtools.train.inference.generate import Sampling, generate, load
    from kgtools.train.inference.likelihoods import option_likelihoods

    tokenizer, prompts = asked.chat.tokenizer, asked.table["prompt_ids"].to_list()
    ids, messages = asked.table["id"].to_list(), asked.table["prompt"].to_list()
    order = sorted(range(len(prompts)), key=lambda row: (-len(prompts[row]), row))
    todo = [(row, sample) for sample in range(recipe.samples) for row in order]
    sampling = Sampling(
        recipe.max_new_tokens, recipe.temperature, recipe.batch_size, tuple(end.id for end in asked.stops), recipe.engine,
        recipe.gpu_memory_utilization,
    )  # fmt: skip
    with undo() as created:
        created.expect(out / KEPT)
        kept = _resume_answers(out, asked.identity, fresh)
        model = load(asked.folder, sampling, max(map(len, prompts)) + recipe.max_new_tokens, recipe.trust_remote_code)
    with (out / KEPT).open("ab") as file:
        for begin in range(0, len(todo), recipe.batch_size):
            part = todo[begin : begin + recipe.batch_size]
            if not all(key in kept for key in part):
                torch.manual_seed(recipe.seed * 1_000_003 + begin)
                answers = generate(model, tokenizer, [prompts[row] for row, _ in part], sampling)
                choices = [asked.options.get(ids[row], {}) if not sample else {} for row, sample in part]
                of_part = [
                    (messages[row], prompts[row], options) for (row, _), options in zip(part, choices, strict=True)
                ]
                likely = option_likelihoods(model, asked.chat, of_part, recipe.batch_size)
                for key, tokens, values in zip(part, answers, likely, strict=True):
                    ended = bool(tokens) and tokens[-1] in sampling.stops
                    content = tokens[:-1] if ended else tokens
                    thinking, text = asked.chat.decode(messages[key[0]], content)
                    special = asked.chat.special(content)
                    kept[key] = Completion(text, ended, len(tokens), thinking, special, values or None)
                    file.write(orjson.dumps([*key, *kept[key]]) + b"\n")
                file.flush()
            on_progress(begin + len(part), len(todo))
    return kept


def _resume_answers(out: Path, identity: str, fresh: bool) -> dict[tuple[int, int], Completion]:
    """What was answered before, from `.answers.jsonl`, which is made ready for more: a last line that was broken off goes. With `fresh`, and
    where nothing was answered, it begins with the identity of the run alone, and `run.json` goes.

    Raises UsageError where the answers are finished or of something else."""
    path = out / KEPT
    if not fresh and (out / "run.json").exists():
        raise UsageError(f"{out}: holds answers already; name another place with --out, or replace them with --fresh")
    if fresh or not path.exists():
        (out / "run.json").unlink(missing_ok=True)
        write_file(path, orjson.dumps({"identity": identity}) + b"\n")
        return {}
    first, *lines = path.read_bytes().split(b"\n")
    if orjson.loads(first)["identity"] != identity:
        raise UsageError(
            f"{out}: holds answers of another model or to other questions; name another place with --out, or --fresh"
        )
    # what stands behind the last line feed was broken off
    complete = lines[:-1]
    write_file(path, b"".join(line + b"\n" for line in (first, *complete)))
    return {(row, sample): Completion(*fields) for row, sample, *fields in map(orjson.loads, complete)}
