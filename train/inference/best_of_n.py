"""Rejection sampling: of a model's answers to a question the one that a reward model likes best, as a record to train on."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import orjson
import polars as pl
from pydantic import Field

from kgtools.corpora.record import RECORDS
from kgtools.tools.frames import write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.staging import manifest, write_file
from kgtools.train.data.rows import REJECTS, RejectRow, may_train
from kgtools.train.inference import answer
from kgtools.train.inference.answer import Answer
from kgtools.train.launch.undo import undo
from kgtools.train.models import adapters
from kgtools.train.recipe import Count


class Reject(Answer):
    """How answers are drawn and chosen. `reward`: the run of a reward model, `reward_base` the folder of its base where it is not
    found; `samples`: answers of which the best is kept; `least`: a score below which none is."""

    split: str = "train"
    reward: Path
    reward_base: Path | None = None
    samples: Count = 8
    temperature: Annotated[float, Field(gt=0)] = 1.0
    least: float | None = None
    options: Literal[False] = False


def preview(recipe: Reject) -> dict[str, Any]:
    """What would be asked and judged, all looked at as `reject` does; nothing is answered. Raises UsageError, InputError."""
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        adapters.base_of(recipe.reward, recipe.reward_base)
        asked = answer.questions(recipe, Path(scratch), may_train)
        return answer.describe_questions(recipe, asked) | {
            "reward": adapters.read_mark(adapters.reward_adapter(recipe.reward)).identity
        }


def reject(recipe: Reject, out: Path, fresh: bool, on_progress: answer.OnProgress = lambda *_: None) -> dict[str, Any]:
    """Write the best of each question's answers to `out/records.parquet`; what `run.json` says. Answers that did not end are not
    chosen. Raises UsageError, InputError."""
    from kgtools.train.inference import reward_scores

    with undo() as created:
        created.make(out)
        created.expect(out / "base")
        adapter = adapters.reward_adapter(recipe.reward)
        base = adapters.base_of(recipe.reward, recipe.reward_base)
        asked = answer.questions(recipe, out, may_train)
        completions = answer.draw_answers(recipe, asked, out, fresh, on_progress)
    prompts, keys = asked.table["prompt"].to_list(), sorted(completions)
    answers = [(prompts[row], completions[row, sample].full_text) for row, sample in keys]
    score_of = dict(
        zip(
            keys,
            reward_scores.judge(base, recipe.reward, answers, recipe.batch_size, recipe.trust_remote_code),
            strict=True,
        )
    )
    lineage = {
        "model": asked.fingerprint,
        "reward": adapters.read_mark(adapter).identity,
        "n": recipe.samples,
        "seed": recipe.seed,
    }
    rows, refused = _choose(recipe, asked, completions, score_of, lineage)
    records = pl.DataFrame(rows, schema=RECORDS.columns) if rows else RECORDS.frame()
    write_table(RECORDS.check(records, "records"), out / "records.parquet")
    refused = asked.refused + refused
    write_table(REJECTS.frame(refused), out / "rejects.parquet")
    scores = [orjson.loads(row["meta"])["score"] for row in rows]
    all_scores = list(score_of.values())
    facts = {
        "identity": asked.identity, **lineage, "questions": asked.table.height, "records": records.height,
        "mean_score": sum(all_scores) / len(all_scores), "mean_best_score": sum(scores) / len(scores) if scores else None,
        "rejected": len(refused), "examined": asked.model_report.facts,
    }  # fmt: skip
    settings = recipe.model_dump(mode="json") | {"data": [path.name for path in recipe.data]} | asked.rows.privacy
    outputs = {name: sha256(out / name) for name in ("records.parquet", "rejects.parquet")}
    write_file(out / "run.json", manifest("train reject", settings, asked.rows.inputs, outputs=outputs, **facts))
    (out / answer.KEPT).unlink()
    return facts


def _choose(
    recipe: Reject, asked: answer.Questions, completions: dict[tuple[int, int], answer.Completion],
    score_of: dict[tuple[int, int], float], lineage: dict[str, Any],
) -> tuple[list[dict[str, Any]], list[RejectRow]]:  # fmt: skip
    """The best answer to each question as the row of a record, and the questions of which none is good enough as rejects.

    Of answers with the same score the first is taken. `completions`, `score_of`: by number of the question and of the answer."""
    rows, refused = list[dict[str, Any]](), list[RejectRow]()
    for number, row in enumerate(asked.table.iter_rows(named=True)):
        origin = asked.origins[row["id"]]
        ended = [
            (score_of[number, sample], sample) for sample in range(recipe.samples) if completions[number, sample].ended
        ]
        best = max(ended, key=lambda pair: (pair[0], -pair[1]), default=None)
        if best is None or (recipe.least is not None and best[0] < recipe.least):
            reason = "no-answer-ended" if best is None else "score-too-low"
            refused.append((origin["file"], origin["line"], row["id"], reason))
            continue
        text = completions[number, best[1]].full_text
        meta = lineage | {
            "from": row["id"],
            "score": best[0],
            "scores": [score_of[number, sample] for sample in range(recipe.samples)],
        }
        rows.append({
            "id": digest(orjson.dumps(["reject", row["id"], text]).decode()),
            "messages": [*row["prompt"], {"role": "assistant", "content": text}],
            "answer": None, "template": None, "meta": orjson.dumps(meta).decode(),
            **{key: origin[key] for key in answer.COPIED},
        })  # fmt: skip
    return rows, refused
