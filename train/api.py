"""Training and evaluation from Python: a function for each stage, one that lets a model answer, and those that score answers.

Each does what its command does, by the same code, and prints nothing. Settings are keys of the recipe, as they are or nested:
`sft(recipe="tiny", records="records", steps=10, lora={"r": 8})` and `sft(..., **{"lora.r": 8})` say the same. Like the commands, a function
trains in processes of its own, goes on where a run of the same settings was broken off, and gives at once what is done already."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.train.inference.answer import AnswerResult, answer_records
from kgtools.train.launch.job import Stage
from kgtools.train.launch.processes import find_cluster
from kgtools.train.launch.train import TrainingRun, train

if TYPE_CHECKING:
    from kgtools.train.evaluate.compare import Comparison
    from kgtools.train.evaluate.prompts import PromptResult
    from kgtools.train.evaluate.score import Evaluation

Paths = str | Path | Sequence[str | Path]
"""A folder or a file, or several."""
OnMetrics = Callable[[dict[str, Any]], None]
"""Is given each line of metrics as it comes."""
OnProgress = Callable[[int, int], None]
"""Is told how many answers are there, and how many there will be."""

__all__ = [
    "AnswerResult", "TrainingRun", "answer", "compare", "dpo", "evaluate", "kto", "ppo", "pretrain", "reward", "rloo", "sft", "write_prompts",
]  # fmt: skip


def pretrain(
    *, recipe: str | Path, records: Paths | None = None, out: str | Path = "pretrain", dry_run: bool = False, fresh: bool = False,
    nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Go on with pre-training on texts: the loss is on every token.

    `recipe`: a system (`tiny`, `medalpaca:lora`) or a YAML file. `records`: folders or files of records, or texts; omit it where the recipe
    names `data`. `out`: folder of the run. `dry_run`: check everything and train nothing. `fresh`: replace what `out` holds. `nproc`: processes,
    by default one for each GPU, or 1. `settings`: keys of the recipe (`train.stages.pretrain.Pretrain`).

    Raises UsageError and InputError for what a user can mend, MissingExtraError without `kgtools[train]`, KgtoolsError where training
    fails; what was done then stays in `out`."""
    return _train("pretrain", recipe, _data(records, "records", settings), out, dry_run, fresh, nproc, on_metrics)


def sft(
    *, recipe: str | Path, records: Paths | None = None, out: str | Path = "sft", dry_run: bool = False, fresh: bool = False,
    nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Fine-tune a model on records: the loss is on the tokens of the assistant, EOS with them.

    `settings`: keys of `train.stages.sft.Sft`; the metrics have `loss` (nats a token), `mean_token_accuracy` and `eval_loss`. Otherwise as
    `pretrain`."""
    return _train("sft", recipe, _data(records, "records", settings), out, dry_run, fresh, nproc, on_metrics)


def reward(
    *, recipe: str | Path, preferences: Paths | None = None, out: str | Path = "reward", dry_run: bool = False, fresh: bool = False,
    nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Train a reward model on preferences (Ouyang et al. 2022): the loss is -log sigmoid(chosen - rejected).

    `preferences`: folders or files with prompt, chosen, rejected. `settings`: keys of `train.stages.reward.Reward`. `TrainingRun.result` has
    `judged_on_train` and, where there are rows for validation, `judged_on_validation`: pairs, accuracy, margin and the correlation of scores
    with length. Otherwise as `pretrain`."""
    return _train("reward", recipe, _data(preferences, "preferences", settings), out, dry_run, fresh, nproc, on_metrics)


def dpo(
    *, recipe: str | Path, preferences: Paths | None = None, out: str | Path = "dpo", dry_run: bool = False, fresh: bool = False,
    nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Let a model learn from preferences without a reward model (Rafailov et al. 2023).

    `settings`: keys of `train.stages.dpo.Dpo`. Otherwise as `reward`; `TrainingRun.result` has `accuracy` and `margin`."""
    return _train("dpo", recipe, _data(preferences, "preferences", settings), out, dry_run, fresh, nproc, on_metrics)


def kto(
    *, recipe: str | Path, preferences: Paths | None = None, out: str | Path = "kto", dry_run: bool = False, fresh: bool = False,
    nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Let a model learn from good and bad answers by themselves (Ethayarajh et al. 2024).

    `settings`: keys of `train.stages.kto.Kto`. Otherwise as `reward`; `TrainingRun.result` has `margin`."""
    return _train("kto", recipe, _data(preferences, "preferences", settings), out, dry_run, fresh, nproc, on_metrics)


def rloo(
    *, recipe: str | Path, records: Paths | None = None, reward: str | Path | None = None, out: str | Path = "rloo", dry_run: bool = False,
    fresh: bool = False, nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Let a model learn from a reward model's scores of its own answers, without a value model (Ahmadian et al. 2024).

    `records`: records or preferences, of which the questions are taken. `reward`: the run of a reward model on the same base. `settings`: keys
    of `train.stages.rloo.Rloo`. Otherwise as `pretrain`; the metrics have `reward` and `kl`."""
    settings = _data(records, "records", _with_reward(reward, settings))
    return _train("rloo", recipe, settings, out, dry_run, fresh, nproc, on_metrics)


def ppo(
    *, recipe: str | Path, records: Paths | None = None, reward: str | Path | None = None, out: str | Path = "ppo", dry_run: bool = False,
    fresh: bool = False, nproc: int | None = None, on_metrics: OnMetrics = lambda _: None, **settings: Any,
) -> TrainingRun:  # fmt: skip
    """Let a model learn from a reward model's scores of its own answers: PPO (Schulman et al. 2017; Ouyang et al. 2022).

    `settings`: keys of `train.stages.ppo.recipe.Ppo`. The metrics have `reward`, `rlhf_reward`, `kl` (nats an answer), `approx_kl`
    (nats a token), `clip_fraction`, `eos_rate`, `response_length` (tokens), `value_loss` and `explained_variance`. Otherwise as `rloo`;
    where it departs from the papers and from TRL stands at the head of `train.stages.ppo.stage`."""
    settings = _data(records, "records", _with_reward(reward, settings))
    return _train("ppo", recipe, settings, out, dry_run, fresh, nproc, on_metrics)


def answer(
    *, recipe: str | Path, records: Paths | None = None, out: str | Path = "answers", dry_run: bool = False, fresh: bool = False,
    on_progress: OnProgress = lambda *_: None, **settings: Any,
) -> AnswerResult:  # fmt: skip
    """Let a model answer the questions of records or preferences, those of the test split unless `split` says otherwise.

    `settings`: keys of `train.inference.answer.Answer`, `model` above all. `AnswerResult.answers` has a row for each answer: `id` of the record,
    `sample`, `prompt`, `answer`, `thinking` (null where the model did not think), `ended`, `prompt_tokens`, `answer_tokens`,
    `special_tokens`. Raises UsageError, InputError, and MissingExtraError without `kgtools[train]`."""
    changes = dict(_words(_data(records, "records", settings)))
    return answer_records(recipe, changes, Path(out), fresh=fresh, dry_run=dry_run, on_progress=on_progress)


def write_prompts(task: str, records: str | Path, *, out: str | Path = "prompts", **settings: Any) -> "PromptResult":
    """Write what a task of an evaluation asks of records: `records.parquet`, which `answer(records=OUT)` answers, `prompts.jsonl` with an
    id and messages a line for any other model, `run.json`.

    `task`: exam, dialogue, facts, ... (`kgtools evaluate`). `settings`: keys of the task, such as `shots`, `count`, `seed`. Raises UsageError, and
    InputError where none of the records is one of the task's."""
    from kgtools.train.evaluate.prompts import find_task
    from kgtools.train.evaluate.prompts import write_prompts as run
    from kgtools.train.evaluate.settings import parse_settings

    return run(task, Path(records), parse_settings(find_task(task).prompts, dict(_words(settings))), Path(out))


def evaluate(
    task: str, prompts: str | Path, answers: str | Path, *, out: str | Path = "scores", missing: Literal["error", "wrong", "skip"] = "error",
    trained_on: Paths = (), **settings: Any,
) -> "Evaluation":  # fmt: skip
    """Score answers to the prompts of a task, without torch.

    `prompts`: what `write_prompts` wrote, or records that were asked as they are. `answers`: what `answer` wrote, or JSON lines with `id` and
    `answer`. `missing`: what becomes of a prompt without an answer. `trained_on`: records, and folders of trainings, in which the prompts
    are looked for. `settings`: keys of the task, such as `compat`. `Evaluation.scores` has a row for each answer with all that it was scored by,
    `Evaluation.cells` the figures, each with `n`, a 95 % interval and how that was found. Raises UsageError, InputError, and
    MissingExtraError where a metric needs `kgtools[evaluate]`."""
    from kgtools.train.evaluate.prompts import find_task
    from kgtools.train.evaluate.score import evaluate as run
    from kgtools.train.evaluate.settings import parse_settings

    folders = [Path(trained_on)] if isinstance(trained_on, str | Path) else [Path(one) for one in trained_on]
    chosen = parse_settings(find_task(task).scoring, dict(_words(settings)))
    return run(task, Path(prompts), Path(answers), chosen, Path(out), missing, folders)


def compare(
    first: str | Path, *others: str | Path, common: bool = False, seed: int = 0, out: str | Path | None = None
) -> "Comparison":
    """Hold evaluations of the same prompts against the first of them, sample by sample.

    `first`, `others`: folders that `evaluate` wrote. `common`: compare the samples that all have, where some have more. `seed`: of bootstrap
    and permutations. `Comparison.rows` has each difference with its 95 % interval, p of a paired test, and p with all rows in view (Holm);
    `Comparison.differences` the samples that differ. Raises UsageError for runs that cannot be compared, InputError."""
    from kgtools.train.evaluate.compare import compare as run

    return run([Path(first), *map(Path, others)], seed, common, None if out is None else Path(out))


def _train(
    name: str, recipe: str | Path, settings: Mapping[str, Any], out: str | Path, dry_run: bool, fresh: bool, nproc: int | None,
    on_metrics: OnMetrics,
) -> TrainingRun:  # fmt: skip
    stage: Stage = registry.find("stages", name, Stage)
    return train(
        stage, recipe, dict(_words(settings)), Path(out), lambda: find_cluster(nproc, None, None, None, None), fresh=fresh,
        dry_run=dry_run, on_metrics=on_metrics,
    )  # fmt: skip


def _data(paths: Paths | None, noun: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with `data`. Raises UsageError where they have it already."""
    if "data" in settings and paths is not None:
        raise UsageError(f"data and {noun} name the same; give one of them")
    if paths is None:
        return dict(settings)
    return {**settings, "data": [paths] if isinstance(paths, str | Path) else list(paths)}


def _with_reward(reward: str | Path | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    return dict(settings) if reward is None else {**settings, "reward": reward}


def _words(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """The settings as the command line gives them: `lora.r` -> the value as JSON, which is YAML as well."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _words(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", orjson.dumps(value, default=str).decode()
