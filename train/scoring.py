"""What a reward model says of answers, on exactly the text that it was trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from tools.errors import InputError, UsageError
from tools.files import sha256
from train import models
from train.tokens import Chat

Messages = list[dict[str, str]]


def adapter(run: Path) -> Path:
    """The adapter of a reward model, in the folder of its run or by itself. Raises UsageError, InputError."""
    home = models.adapter(run)
    made = models.read_mark(home)["stage"]
    if made != "reward":
        raise UsageError(f"{run}: was made by `kgtools train {made}`, and is no reward model")
    return home


def fits(folder: Path, fingerprint: str) -> dict[str, Any]:
    """The hashes of a reward model and its base. Raises InputError for one that was trained on another base: its numbers would look
    right on held-out pairs and teach nothing."""
    home = adapter(folder)
    told = models.read_mark(home)
    if told["base"] != fingerprint:
        raise InputError(
            f"{folder}: the reward model was trained on another base (weights {told['base'][:12]}, these are {fingerprint[:12]}); "
            "train it on this one: kgtools train reward model=..."
        )
    return {"reward": sha256(home / "adapter_model.safetensors"), "reward_identity": told["identity"]}


def sequence(chat: Chat, prompt: Messages, answer: str) -> list[int]:
    """A prompt with its answer as tokens, up to the answer's EOS, as the pairs were that a reward model learns from."""
    text, spans = chat.render([*prompt, {"role": "assistant", "content": answer}])
    ids: list[int] = chat.tokenizer(text[: spans[-1][1]], add_special_tokens=False)["input_ids"]
    return ids


def padded(sequences: Sequence[Sequence[int]], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both (sequences, longest), filled up on the right."""
    longest = max(map(len, sequences))
    ids = torch.full((len(sequences), longest), pad)
    mask = torch.zeros(len(sequences), longest, dtype=torch.long)
    for row, found in enumerate(sequences):
        ids[row, : len(found)] = torch.tensor(found)
        mask[row, : len(found)] = 1
    return ids.to(device), mask.to(device)


def scores(model: Any, sequences: Sequence[Sequence[int]], pad: int, at_once: int) -> list[float]:
    """The score of each sequence by a model with a score head; sequences of about a length go together."""
    device = next(model.parameters()).device
    order = sorted(range(len(sequences)), key=lambda row: len(sequences[row]))
    found = [0.0] * len(sequences)
    training = model.training
    model.eval()
    for begin in range(0, len(order), at_once):
        rows = order[begin : begin + at_once]
        ids, mask = padded([sequences[row] for row in rows], pad, device)
        for row, score in zip(
            rows, model(input_ids=ids, attention_mask=mask).logits.float().squeeze(-1).tolist(), strict=True
        ):
            found[row] = score
    model.train(training)
    return found


def judged(model: Any, pairs: Any, pad: int, at_once: int, world: int) -> dict[str, float]:
    """What a reward model makes of pairs: accuracy, margin, and how its scores go with the length of the answers (Pearson);
    `pairs` as in `train.tokens.PAIRS`, of which each process looks at its share."""
    rank = dist.get_rank() if world > 1 else 0
    mine = [pairs[row] for row in range(rank, len(pairs), world)]
    sides: list[list[tuple[float, float]]] = []
    for side in ("chosen_ids", "rejected_ids"):
        given = scores(model, [pair["prompt_ids"] + pair[side] for pair in mine], pad, at_once)
        sides.append([(score, float(len(pair[side]))) for score, pair in zip(given, mine, strict=True)])
    told: list[Any] = [sides]
    if world > 1:
        told = [None] * world
        dist.all_gather_object(told, sides)
    chosen, rejected = ([row for part in told for row in part[side]] for side in (0, 1))
    margins = torch.tensor(
        [better - worse for (better, _), (worse, _) in zip(chosen, rejected, strict=True)], dtype=torch.float64
    )
    both = torch.tensor([*chosen, *rejected], dtype=torch.float64).T
    spread = both.std(dim=1).prod() if both.shape[1] > 1 else torch.zeros(())
    means = both.mean(dim=1, keepdim=True)
    along = ((both - means).prod(dim=0).sum() / max(1, both.shape[1] - 1) / spread) if spread > 0 else torch.zeros(())
    return {
        "pairs": float(len(margins)),
        "accuracy": float((margins > 0).double().mean()),
        "margin": float(margins.mean()),
        "length_correlation": float(along),
    }


def reward_model(base: str, folder: Path, pad: int, dtype: Any, device: Any) -> Any:
    """A reward model, whole: its base with adapter and head."""
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=dtype)
    model.config.pad_token_id = pad
    return PeftModel.from_pretrained(model, adapter(folder)).to(device).eval()
