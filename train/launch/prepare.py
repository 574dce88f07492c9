"""A run made ready before a worker is started: rows looked at, tokens made, the model found and measured."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import digest, sha256
from kgtools.train.data.chat import Chat, chat_of
from kgtools.train.data.order import steps_of
from kgtools.train.data.rows import Rows, explain, may_train, open_rows
from kgtools.train.data.tokenize import TokenCounts, TokenizeResult, tokenize
from kgtools.train.launch import space
from kgtools.train.launch.doctor import device_memory
from kgtools.train.launch.job import Job, Stage
from kgtools.train.launch.plan import Plan
from kgtools.train.launch.processes import Cluster
from kgtools.train.models import adapters, cost, resolve
from kgtools.train.models.examine import ModelReport, examine, may_name_tokens
from kgtools.train.models.load import import_models, tokenizer_of
from kgtools.train.models.stop_tokens import stop_tokens
from kgtools.train.models.vocabulary import add_tokens, grow, vocabulary_of
from kgtools.train.recipe import Lora, Recipe

NOT_IN_IDENTITY = (
    "data", "model", "title", "paper", "ours", "notes", "save_every", "log_every", "keep", "gpu_memory_utilization", "gradient_checkpointing",
    "report_to", "adapter",
)  # fmt: skip
"""Keys of a recipe that its result does not depend on; of data, model and adapter it depends on what they hold."""


def prepare(stage: Stage, recipe: Recipe, work: Path, cluster: Cluster, checkpoints: Path | None = None) -> Plan:
    """Everything settled, tokens, a model that is made on the spot and all, in the folder `work`."""
    may_ask(stage, recipe)
    if recipe.adapter:
        adapters.may_go_on(recipe.adapter, stage.name)
    trust = recipe.trust_remote_code
    _make_empty(work)
    may_name_tokens(stage.name, recipe)
    rows = open_rows(recipe, stage.noun, work / "read")
    # those of files of others, as they were read
    refused = list(rows.rejects)
    may_train(rows, recipe)
    import_models()
    folder = resolve.resolve(recipe.model, recipe.revision, work / "base", recipe.seed, lambda: _texts(rows))
    resolve.needs_weights(folder, trust)
    tokenizer = tokenizer_of(folder, trust)
    if recipe.new_tokens:
        folder = _add_new_tokens(recipe, folder, tokenizer, work / "base")
    chat = chat_of(tokenizer, recipe)
    chat.tokenizer.save_pretrained(work / "tokenizer")
    stops = stop_tokens(folder, chat)
    splits = _tokenize(rows, recipe, chat, work / "tokens")
    refused = [*refused, *(reject for split in splits.values() for reject in split.rejects)]
    token_counts = {name: split.counts for name, split in splits.items()}
    if not token_counts["train"].rows:
        refusal = next((split.refusal for split in splits.values() if split.refusal), "")
        raise InputError(f"nothing to train on: every row was refused {explain(refused, refusal)}")
    tokens = {name: str(work / "tokens" / f"{name}.parquet") for name in splits}
    longest = max(each.longest for each in token_counts.values())
    must_look(recipe, token_counts)
    fingerprint = resolve.fingerprint(folder)
    others = stage.fits(recipe, fingerprint)
    report = examine(stage.name, recipe, folder, chat.tokenizer, list(tokens.values()), longest)
    if recipe.adapter:
        home = adapters.adapter(recipe.adapter)
        others = others | adapters.origin(recipe.adapter, fingerprint)
        recipe = recipe.model_copy(update={"lora": _adapter_lora(recipe, cost.layers(folder, trust))})
        report = _adapter_token_rows(recipe, home, report, chat.tokenizer)
    size = cost.size(folder, recipe.attention, trust)
    adapter = None
    if recipe.method == "lora":
        adapter = cost.adapter(folder, recipe.lora.r, recipe.lora.targets, trust, recipe.lora.dora)
        adapter = cost.with_rows(adapter, size, sum(map(len, report.modules.values())))
    trained = adapter.parameters if adapter else size.parameters
    recipe, memory = _settle_checkpointing(recipe, size, adapter, cluster, token_counts["train"].longest)
    job = Job(
        stage=stage.name,
        identity=_identity(stage, recipe, rows, [fingerprint, others], tokens),
        recipe=recipe.model_dump(mode="json"),
        base=str(folder.resolve()),
        fingerprint=fingerprint,
        tokens=tokens,
        work=str(work.resolve()),
        checkpoints=str((checkpoints or work / "checkpoints").resolve()),
        world=cluster.world,
        learnt=trained,
        flops=cost.flops_per_token(size, adapter, token_counts["train"].context_length),
        others=others,
        steps=steps_of(recipe, token_counts["train"].rows * recipe.examples_per_row),
        stops=tuple(end.id for end in stops),
        memory=sum(memory.values()),
        token_rows=report.modules,
    )
    sizes = {"parameters": size.parameters + (trained if adapter else 0), "trained": trained}
    files = sum(file.stat().st_size for file in (work / "tokenizer").iterdir())
    disk = space.estimate_disk(size, adapter, recipe, cluster.world, job.steps, files)
    return Plan(job, recipe, cluster, rows, refused, token_counts, report, sizes, memory, disk, stops)


def _make_empty(work: Path) -> None:
    """Take away what an earlier run prepared; its checkpoints and metrics stay."""
    for name in ("read", "tokens", "tokenizer", "base"):
        shutil.rmtree(work / name, ignore_errors=True)
    (work / "tokens").mkdir()
    (work / "read").mkdir()


def _tokenize(rows: Rows, recipe: Recipe, chat: Chat, folder: Path) -> dict[str, TokenizeResult]:
    """The tokens of the rows to train on and, where there are any, of those for validation: `train`, `validation`. Where all splits are
    trained on there are none."""
    validation = recipe.validation if recipe.split != "all" else None
    wanted = {"train": recipe.split}
    if validation and rows.counts["split"][validation]:
        wanted["validation"] = validation
    return {
        name: tokenize(rows, split, chat, recipe.max_length, recipe.joined, folder / f"{name}.parquet")
        for name, split in wanted.items()
    }


def _add_new_tokens(recipe: Recipe, folder: Path, tokenizer: Any, base: Path) -> Path:
    """The folder of a model with rows for all tokens of a tokenizer, to which the new ones are added: as it is where it has them, else
    written to `base`."""
    add_tokens(tokenizer, recipe.new_tokens)
    rows = 1 + max(tokenizer.get_vocab().values())
    if rows <= vocabulary_of(folder, recipe.trust_remote_code).rows:
        return folder
    grow(folder, rows, base, recipe.trust_remote_code)
    tokenizer.save_pretrained(base)
    return base


def _adapter_lora(recipe: Recipe, layers: Sequence[str]) -> Lora:
    """The settings of the adapter that is trained on; `layers`: the full names of all linear ones. Raises UsageError where the recipe
    names others, InputError for an adapter that has layers of a name without others of it."""

    def normalize(lora: Lora) -> Lora:
        if lora.targets == "all-linear":
            return lora
        names = {name for name in layers for target in lora.targets if name == target or name.endswith(f".{target}")}
        kinds = {name.rpartition(".")[2] for name in names}
        if names != {name for name in layers if name.rpartition(".")[2] in kinds}:
            raise InputError(
                f"adapter={recipe.adapter}: has some layers of a name and not others of it; that is not trained on"
            )
        return lora.model_copy(update={"targets": "all-linear" if names == set(layers) else tuple(sorted(kinds))})

    adapter_lora = adapters.lora_of(adapters.adapter(recipe.adapter or Path())).model_copy(
        update={"plus": recipe.lora.plus}
    )
    lora, wanted = normalize(adapter_lora), normalize(recipe.lora)
    named = recipe.lora.model_fields_set if "lora" in recipe.model_fields_set else set()
    if wrong := [key for key in sorted(named) if getattr(wanted, key) != getattr(lora, key)]:
        has = ", ".join(f"lora.{key}={_format_value(getattr(wanted, key))}" for key in wrong)
        way = " ".join(f"lora.{key}={_format_value(getattr(lora, key))}" for key in wrong)
        raise UsageError(f"{has}: the adapter that is trained on has its own, {way}; say so, or leave it out")
    return lora


def _adapter_token_rows(recipe: Recipe, home: Path, report: ModelReport, tokenizer: Any) -> ModelReport:
    """What a model was found to be, with the rows of tokens that the adapter has which is trained on. Raises UsageError, InputError
    where it would have to have others."""
    rows = adapters.token_rows(home)
    trained = [tokenizer.convert_ids_to_tokens(id_) for id_ in sorted({id_ for ids in rows.values() for id_ in ids})]
    merge = f"`kgtools train merge {recipe.adapter} --out merged`, model=merged and no adapter"
    if recipe.new_tokens or recipe.train_tokens not in ("auto", "none"):
        raise UsageError(
            f"adapter={recipe.adapter}: trains the rows of tokens that it has; without train_tokens and new_tokens, or {merge}"
        )
    if missing := [token for token in report.trained if token not in trained]:
        raise InputError(
            f"adapter={recipe.adapter}: the model's rows of {', '.join(missing)} were never trained, and the adapter has none of them; {merge}, "
            "or train_tokens=none"
        )
    return replace(report, trained=trained, modules=rows)


def _format_value(value: Any) -> str:
    return (
        f"[{','.join(value)}]" if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def _settle_checkpointing(
    recipe: Recipe, size: cost.Size, adapter: cost.Adapter | None, cluster: Cluster, longest: int
) -> tuple[Recipe, dict[str, int]]:
    """The recipe with activations kept or computed again, and the memory that it then needs. Raises UsageError where they cannot be kept
    and are to be."""

    def needs(checkpointing: bool) -> tuple[Recipe, dict[str, int]]:
        settled = recipe.model_copy(update={"gradient_checkpointing": checkpointing})
        return settled, cost.memory(size, adapter, settled, cluster.world, longest)

    if recipe.gradient_checkpointing != "auto":
        return needs(recipe.gradient_checkpointing)
    kept = needs(False)
    total, available = sum(kept[1].values()), device_memory(cluster.nproc)
    if available and total <= recipe.memory_fraction * available:
        return kept
    if recipe.compile:
        has = f"a device has {available / 1e9:,.0f}" if available else "what a device has is not known"
        raise UsageError(
            f"compile=true: layers are compiled where their activations are kept, which takes about {total / 1e9:,.0f} GB, and {has}; a smaller "
            "micro_batch_size, gradient_checkpointing=false to try it all the same, or compile=false"
        )
    return needs(True)


VALIDATION_KEYS = ("eval_every", "keep_best", "early_stop")
"""Keys that ask something of the rows for validation."""


def may_ask(stage: Stage, recipe: Recipe) -> None:
    """Raises UsageError where a stage that answers by itself is asked for what only those that learn from given answers have."""
    if stage.noun == "prompts" and recipe.adapter:
        raise UsageError(
            f"adapter={recipe.adapter}: {stage.name} begins with a new adapter, on a model that is also its reference; make a model of both, "
            f"`kgtools train merge {recipe.adapter} --out merged`, and name it: model=merged"
        )
    if stage.noun == "prompts" and (asked := _validation_settings(recipe)):
        raise UsageError(
            f"{asked}: {stage.name} learns from scores of its own answers, and has no loss on rows for validation; leave it out, and look on "
            "the reward in the metrics"
        )


def must_look(recipe: Recipe, token_counts: Mapping[str, TokenCounts]) -> None:
    """Raises UsageError where there is no row for validation, and a recipe goes by the loss on them."""
    if (asked := _validation_settings(recipe)) and not (
        "validation" in token_counts and token_counts["validation"].rows
    ):
        why = (
            "split: all trains on them"
            if recipe.split == "all"
            else f"the data have none of the split {recipe.validation}"
        )
        raise UsageError(
            f"{asked}: there are no rows for validation: {why}; `kgtools split` makes some, or leave it out"
        )


def _validation_settings(recipe: Recipe) -> str:
    return ", ".join(key for key in VALIDATION_KEYS if getattr(recipe, key))


def divides(recipe: Recipe, cluster: Cluster) -> None:
    """Raises UsageError for a batch that the processes cannot share."""
    times = cluster.world * recipe.minibatch_count
    if recipe.batch_size % (recipe.micro_batch_size * times):
        fits = [n for n in range(1, recipe.batch_size + 1) if recipe.batch_size % (n * times) == 0]
        way = f"micro_batch_size={max(fits, key=lambda n: -abs(n - recipe.micro_batch_size))}" if fits else ""
        raise UsageError(
            f"batch_size {recipe.batch_size} is no multiple of micro_batch_size {recipe.micro_batch_size} x {cluster.world} "
            f"processes{f' x {recipe.minibatch_count} minibatches' if recipe.minibatch_count > 1 else ''}; "
            f"{way or f'make it a multiple of {times}'}"
        )


def _texts(rows: Rows) -> Iterator[str]:
    """The texts of the first rows, to make a vocabulary of."""
    for _, frame in rows.tables:
        for row in frame.head(2000).collect().iter_rows(named=True):
            for column in ("messages", "prompt", "chosen", "rejected"):
                yield from (message["content"] or "" for message in row.get(column) or [])


def _identity(stage: Stage, recipe: Recipe, rows: Rows, weights: list[Any], tokens: dict[str, str]) -> str:
    settings = recipe.model_dump(mode="json")
    settings = {key: value for key, value in settings.items() if key not in NOT_IN_IDENTITY}
    token_hashes = {split: sha256(Path(path)) for split, path in tokens.items()}
    parts = [stage.name, settings, sorted(rows.inputs.items()), weights, token_hashes, version("kgtools")]
    return digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode())
