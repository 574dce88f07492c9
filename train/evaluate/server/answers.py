"""Answers of a model behind a server to prompts, in the table that `kgtools train answer` writes too, and what they cost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.gates import check_identified
from kgtools.corpora.record import MESSAGES
from kgtools.tools.frames import Schema, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.prompts import read_samples
from kgtools.train.evaluate.server.ask import OnProgress, Outcome, ask_all, make_request, spent
from kgtools.train.evaluate.server.client import Client, Request
from kgtools.train.evaluate.server.cost import Prices, count_usage
from kgtools.train.evaluate.server.kept import Replies, keep_replies
from kgtools.train.evaluate.server.settings import AskSettings
from kgtools.train.evaluate.task import Sample

ANSWERS = Schema(
    "answers",
    {
        "id": pl.String, "sample": pl.UInt32, "prompt": MESSAGES, "answer": pl.String, "thinking": pl.String, "ended": pl.Boolean,
        "prompt_tokens": pl.UInt32, "answer_tokens": pl.UInt32, "finish": pl.String, "refused": pl.Boolean, "model": pl.String,
        "fingerprint": pl.String, "request": pl.String,
    },
    required=("id", "sample", "prompt", "answer", "ended", "refused", "request"),
)  # fmt: skip
"""An answer a row, in the order of the prompts. As `kgtools train answer` has them; and `finish`: why it ended, in the server's word;
`refused`: the model or a filter would not answer; `model`, `fingerprint`: what answered, as the server calls it; `request`: a hash of all
that was asked. Tokens are null where the server does not count them; those of an answer hold its thinking."""
FAILURES = Schema(
    "failures", {"id": pl.String, "sample": pl.UInt32, "reason": pl.String, "message": pl.String, "tries": pl.UInt32}
)
"""A prompt a row that has no answer after every try. `message`: what the server said."""


@dataclass(frozen=True)
class AskResult:
    """What a server answered. `answers` of `wanted`; `calls`: questions of this run; `failures`: by reason; `cost`: of all runs into the
    folder, None without prices; `example`: what the server said of a failure."""

    out: Path
    facts: dict[str, Any]
    calls: int
    failures: dict[str, int]
    example: str

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return self.facts | {"calls": self.calls, "failures": self.failures}


def answer_prompts(
    prompts: Path, client: Client, settings: AskSettings, out: Path, *, prices: Prices | None = None, fresh: bool = False,
    allow_identified: bool = False, on_progress: OnProgress = lambda *_: None,
) -> AskResult:  # fmt: skip
    """Ask a server every prompt of a folder; write `answers.parquet`, `failures.parquet` and `run.json` into `out`.

    What is in `out/replies.jsonl` is not asked again. Raises InputError, UsageError; Findings for people's records that would leave this
    machine as they were."""
    if not client.endpoint.stays_here:
        check_identified(prompts, allow_identified)
    samples, inputs = read_samples(prompts, settings.split)
    asked = [
        (one, number, make_request(client.endpoint, one.messages, settings, number))
        for one in samples
        for number in range(settings.samples)
    ]
    parts = [client.endpoint.url, [(one.id, number, request.id) for one, number, request in asked]]
    with keep_replies(out, digest(orjson.dumps(parts).decode()), fresh) as replies:
        outcome = ask_all((request for *_, request in asked), replies, client, prices, on_progress)
        return _write(asked, replies, outcome, client, settings, prices, inputs, out)


def _write(
    asked: Sequence[tuple[Sample, int, Request]], replies: Replies, outcome: Outcome, client: Client, settings: AskSettings,
    prices: Prices | None, inputs: dict[str, str], out: Path,
) -> AskResult:  # fmt: skip
    rows, failed = [], []
    for one, number, request in asked:
        reply = replies.by_id.get(request.id)
        if reply is not None:
            rows.append((
                one.id, number, list(one.messages), reply.text, reply.thinking, reply.ended, reply.prompt_tokens, reply.answer_tokens,
                reply.finish, reply.refused, reply.model, reply.fingerprint, request.id,
            ))  # fmt: skip
        elif failure := outcome.failures.get(request.id):
            failed.append((one.id, number, failure.reason, failure.message, failure.tries))
    answers = ANSWERS.frame(rows)
    facts = {
        "prompts": len({one.id for one, *_ in asked}), "wanted": len(asked), "answers": answers.height,
        "ended": int(answers["ended"].sum()), "refused": int(answers["refused"].sum()),
        **server_facts(client, {request.id: request for *_, request in asked}, replies, prices),
    }  # fmt: skip
    said = settings.model_dump(mode="json") | {"server": client.endpoint.host, "model": client.endpoint.model}
    with staging(out) as folder:
        write_table(answers, folder / "answers.parquet")
        write_table(FAILURES.frame(failed), folder / "failures.parquet")
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        content = manifest("evaluate answer", said, inputs, **facts, failures=outcome.reasons(), outputs=outputs)
        (folder / "run.json").write_bytes(content)
    return AskResult(out, facts, outcome.calls, outcome.reasons(), outcome.example())


def server_facts(
    client: Client, requests: dict[str, Request], replies: Replies, prices: Prices | None
) -> dict[str, Any]:
    """What a `run.json` says of replies: what answered, tokens and cost, by all runs into the folder; and nothing that is secret."""
    known = [replies.by_id[id_] for id_ in sorted(requests) if id_ in replies.by_id]
    usage = count_usage(known)
    return {
        "models": dict(sorted(Counter(one.model or "not said" for one in known).items())),
        "fingerprints": dict(sorted(Counter(one.fingerprint for one in known if one.fingerprint).items())),
        "prompt_tokens": usage.prompt_tokens, "answer_tokens": usage.answer_tokens, "uncounted": usage.uncounted,
        "retries": sum(one.tries - 1 for one in known),
        "prices": None if prices is None else {"prompt": prices.prompt, "answer": prices.answer, "most": prices.most},
        "cost": None if prices is None else round(spent(prices, requests, replies), 6),
        "client": {"httpx": version("httpx"), "proxy": client.endpoint.proxy},
    }  # fmt: skip
