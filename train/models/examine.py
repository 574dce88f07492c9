"""A model looked at as the rows are, before a worker starts: has it a row for each token, a position for each place of a sequence, and
was the row of what ends an answer ever trained? Torch is imported where it is needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import scan_table
from kgtools.tools.registry import suggestion
from kgtools.train.data.tokenize import NOT_LEARNT
from kgtools.train.models.load import config_of
from kgtools.train.models.vocabulary import Vocabulary, find_untrained_rows, vocabulary_of
from kgtools.train.recipe import ModelSettings, Recipe

SPEAKING = ("sft", "pretrain", "dpo", "kto")
"""The stages in which a model learns to say what the rows say; rows of tokens can be trained in them."""
NAMED = 5
"""Tokens that a message names at most."""


@dataclass(frozen=True)
class TokenUse:
    """The ids of tokens in a split: all that are `seen`, and those that are `learnt`."""

    seen: frozenset[int]
    learnt: frozenset[int]


@dataclass(frozen=True)
class ModelReport:
    """What a model was found to be. `positions`: places that a sequence may have, None where there is no limit; `rows`: tokens that it
    has rows for; `untrained`: tokens in use whose rows were never trained -> what the rows are like; `end`: what that of the token is
    like that ends an answer, as it is drawn, empty where it was trained; `trained`: tokens whose rows are trained beside an adapter;
    `modules`: module -> the ids of those."""

    positions: int | None
    rows: int
    untrained: dict[str, str] = field(default_factory=dict)
    end: str = ""
    trained: list[str] = field(default_factory=list)
    modules: dict[str, list[int]] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to tell of it, less what is trained."""
        return {"positions": self.positions, "vocabulary_rows": self.rows, "untrained_tokens": self.untrained}

    @property
    def training_facts(self) -> dict[str, Any]:
        """What there is to tell of it."""
        return self.facts | {"trained_tokens": self.trained}


def find_used_ids(paths: Sequence[str]) -> TokenUse:
    """The ids in files of `train.data.tokenize`; of prompts none is learnt."""
    seen, learnt = set[int](), set[int]()
    for path in paths:
        frame = scan_table(Path(path))
        for name in frame.collect_schema().names():
            if name.endswith("_ids") or name == "labels":
                ids = set(frame.select(pl.col(name).explode().unique()).collect()[name].drop_nulls().to_list())
                seen |= ids
                learnt |= ids if name in ("labels", "chosen_ids", "rejected_ids") else set()
    return TokenUse(frozenset(seen - {NOT_LEARNT}), frozenset(learnt - {NOT_LEARNT}))


def positions(config: Any) -> int | None:
    """The places that a sequence may have, of whatever kind they are (learnt, or rotary and stretched); None for ALiBi, which has no
    limit.

    Who stretches rotary places says so by a factor: of the places before, or of those that the configuration names, which some
    have multiplied already. The most that this can mean is taken."""
    text = config.get_text_config()
    most = getattr(text, "max_position_embeddings", None)
    if most is None or getattr(text, "alibi", False):
        return None
    rope = getattr(text, "rope_parameters", None) or {}
    kinds = [rope, *(value for value in rope.values() if isinstance(value, dict))]
    stretched = [
        kind["factor"] * (kind.get("original_max_position_embeddings") or most) for kind in kinds if kind.get("factor")
    ]
    return int(max(most, *stretched)) if stretched else int(most)


def needs_positions(folder: Path, position_count: int | None, longest: int, answer: int) -> None:
    """Raises InputError for a model with fewer positions than the longest row has tokens, and an answer to it at most."""
    if position_count is None or longest + answer <= position_count:
        return
    ways = []
    if answer < position_count:
        ways.append(f"max_length={position_count - answer}")
    if answer and longest < position_count:
        ways.append(f"max_new_tokens={position_count - longest}")
    way = " or ".join(ways) or f"max_length={position_count // 2} max_new_tokens={position_count - position_count // 2}"
    more = f" and an answer to it up to {answer:,}" if answer else ""
    raise InputError(
        f"{folder}: has {position_count:,} positions (max_position_embeddings), and the longest row has {longest:,} tokens{more}; {way}, "
        "or a model with more"
    )


def needs_rows(folder: Path, vocabulary: Vocabulary, ids: frozenset[int], tokenizer: Any, grows: bool) -> None:
    """Raises InputError for tokens that the model has no row for. `grows`: the recipe could give it more."""
    pad, beyond = tokenizer.pad_token_id, sorted(id_ for id_ in ids if id_ >= vocabulary.rows)
    if not beyond:
        return
    ways = ["take the tokenizer that belongs to the model"]
    if beyond == [pad]:
        ways.append("name another token to fill up with, pad_token=TOKEN")
    if grows:
        one = orjson.dumps([tokenizer.convert_ids_to_tokens(beyond[0])]).decode()
        ways.append(f"give the model more rows, 'new_tokens={one}'")
    raise InputError(
        f"{folder}: has rows for {vocabulary.rows:,} tokens, and its tokenizer makes others: {_name_tokens(tokenizer, beyond)}; {', or '.join(ways)}"
    )


def _name_tokens(tokenizer: Any, ids: Sequence[int]) -> str:
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(f"{tokenizer.convert_ids_to_tokens(id_)} ({id_})" for id_ in ids[:NAMED]) + more


def inspect_model(
    recipe: ModelSettings, folder: Path, tokenizer: Any, paths: Sequence[str], longest: int, answer: int
) -> tuple[ModelReport, Vocabulary]:
    """What a model is found to be that is fed with the rows of some files: positions, rows, and tokens whose rows were never trained.

    Of these only tokens count that no text spells, as `</s>` and those of a chat template. `longest`: tokens of the longest row;
    `answer`: those that are drawn after it. Raises InputError for a model with too few positions or rows."""
    trust = recipe.trust_remote_code
    position_count, vocabulary, ids = (
        positions(config_of(folder, trust)),
        vocabulary_of(folder, trust),
        find_used_ids(paths),
    )
    needs_positions(folder, position_count, longest, answer)
    end = tokenizer.eos_token_id
    needs_rows(folder, vocabulary, ids.seen | {end, tokenizer.pad_token_id}, tokenizer, isinstance(recipe, Recipe))
    marks = {*tokenizer.added_tokens_decoder, end}
    spoken = find_untrained_rows(
        folder,
        vocabulary,
        vocabulary.outputs,
        marks & (ids.seen | ids.learnt if vocabulary.tied else ids.learnt) | {end},
    )
    read = {} if vocabulary.tied else find_untrained_rows(folder, vocabulary, vocabulary.inputs, marks & ids.seen)
    why_untrained = {tokenizer.convert_ids_to_tokens(id_): why for id_, why in sorted((read | spoken).items())}
    return ModelReport(position_count, vocabulary.rows, why_untrained, spoken.get(end, "")), vocabulary


def may_name_tokens(stage: str, recipe: Recipe) -> None:
    """Raises UsageError for tokens whose rows are to be trained by a stage that trains none."""
    named = {"new_tokens": recipe.new_tokens, "train_tokens": recipe.train_tokens not in ("auto", "none")}
    if stage not in SPEAKING and (wrong := [key for key, value in named.items() if value]):
        raise UsageError(
            f"{wrong[0]}: {stage} trains no rows of tokens; {', '.join(SPEAKING)} do, and what comes after has them"
        )


def examine(
    stage: str, recipe: Recipe, folder: Path, tokenizer: Any, paths: Sequence[str], longest: int
) -> ModelReport:
    """What a model is found to be that a stage trains, with the tokens whose rows are trained. Raises as `inspect_model`, InputError for one that
    could not end its answers and would not learn to, and UsageError for tokens that there are not."""
    report, vocabulary = inspect_model(recipe, folder, tokenizer, paths, longest, recipe.completion_length)
    if recipe.method == "full" or stage == "reward":
        return replace(report, untrained={}, end="")
    if stage not in SPEAKING:
        if report.end and recipe.train_tokens != "none":
            raise InputError(
                f"{folder}: the row of {tokenizer.eos_token}, which ends an answer, was never trained (it is {report.end}), and {stage} trains "
                "no rows: no answer would end. Fine-tune it first, sft trains that row; or train_tokens=none to go on all the same"
            )
        return report
    names = [*report.untrained, *recipe.new_tokens] if recipe.train_tokens == "auto" else recipe.train_tokens
    ids = _ids(tokenizer, () if names == "none" else names)
    if ids and vocabulary.biased:
        raise InputError(
            f"{folder}: its head has a bias, and rows of such a head are not trained ({_name_tokens(tokenizer, ids)}); method=full trains all, "
            "or train_tokens=none to leave them as they are"
        )
    needs_rows(folder, vocabulary, frozenset(ids), tokenizer, True)
    modules = dict.fromkeys(vocabulary.matrices, ids) if ids else {}
    return replace(report, trained=[tokenizer.convert_ids_to_tokens(id_) for id_ in ids], modules=modules)


def _ids(tokenizer: Any, tokens: Iterable[str]) -> list[int]:
    known = tokenizer.get_vocab()
    for token in tokens:
        if token not in known:
            marks = [mark.content for mark in tokenizer.added_tokens_decoder.values()]
            raise UsageError(f"train_tokens: the tokenizer has no token {token}; {suggestion(token, marks)}")
    return sorted({known[token] for token in tokens})
