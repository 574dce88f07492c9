"""What a reward model says of answers, on exactly the text that it was trained on."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from kgtools.train.data.chat import Chat, Messages
from kgtools.train.data.collate import pad_right
from kgtools.train.data.thinking import CLOSE, split_thinking
from kgtools.train.models.adapters import reward_adapter
from kgtools.train.models.load import model_of, tokenizer_of


def sequence(chat: Chat, prompt: Messages, answer: str) -> list[int]:
    """A prompt with its answer as tokens, up to the answer's EOS, as the pairs were that a reward model learns from: where the
    template writes a think block of its own, what was thought is left off, so that it is there once."""
    if CLOSE in chat.template:
        answer = split_thinking(answer, CLOSE in answer and chat.opens(prompt))[1]
    text = chat.answer(prompt, [{"role": "assistant", "content": answer}])
    ids: list[int] = chat.tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def scores(model: Any, sequences: Sequence[Sequence[int]], pad: int, at_once: int) -> list[float]:
    """The score of each sequence by a model with a score head; sequences of about a length go together."""
    device = next(model.parameters()).device
    order = sorted(range(len(sequences)), key=lambda row: len(sequences[row]))
    score_of = [0.0] * len(sequences)
    training = model.training
    model.eval()
    for begin in range(0, len(order), at_once):
        rows = order[begin : begin + at_once]
        ids, mask = pad_right([sequences[row] for row in rows], pad, device)
        for row, score in zip(
            rows, model(input_ids=ids, attention_mask=mask).logits.float().squeeze(-1).tolist(), strict=True
        ):
            score_of[row] = score
    model.train(training)
    return score_of


def judge_pairs(model: Any, pairs: Any, pad: int, at_once: int, world: int) -> dict[str, float]:
    """What a reward model makes of pairs: accuracy, margin, and how its scores go with the length of the answers (Pearson);
    `pairs` as in `train.data.tokenize.PAIRS`, of which each process looks at its share."""
    rank = dist.get_rank() if world > 1 else 0
    mine = [pairs[row] for row in range(rank, len(pairs), world)]
    sides: list[list[tuple[float, float]]] = []
    for side in ("chosen_ids", "rejected_ids"):
        side_scores = scores(model, [pair["prompt_ids"] + pair[side] for pair in mine], pad, at_once)
        sides.append([(score, float(len(pair[side]))) for score, pair in zip(side_scores, mine, strict=True)])
    parts: list[Any] = [sides]
    if world > 1:
        parts = [None] * world
        dist.all_gather_object(parts, sides)
    chosen, rejected = ([row for part in parts for row in part[side]] for side in (0, 1))
    margins = torch.tensor(
        [better - worse for (better, _), (worse, _) in zip(chosen, rejected, strict=True)], dtype=torch.float64
    )
    both = torch.tensor([*chosen, *rejected], dtype=torch.float64).T
    return {
        "pairs": float(len(margins)),
        "accuracy": float((margins > 0).double().mean()),
        "margin": float(margins.mean()),
        "length_correlation": float(torch.corrcoef(both)[0, 1].nan_to_num()),
    }


def reward_model(base: Path, run: Path, pad: int, dtype: Any, device: Any, trust: Sequence[Path] = ()) -> Any:
    """A reward model, whole: its base with adapter and head."""
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    model = model_of(AutoModelForSequenceClassification, base, trust, num_labels=1, dtype=dtype)
    model.config.pad_token_id = pad
    return PeftModel.from_pretrained(model, reward_adapter(run)).to(device).eval()


def judge(
    base: Path, run: Path, asked: Iterable[tuple[Messages, str]], at_once: int, trust: Sequence[Path] = ()
) -> list[float]:
    """What the reward model of a run says of answers, (prompt, answer) each, with its own tokenizer and chat template."""
    home = reward_adapter(run)
    tokenizer = tokenizer_of(home, [home] if trust else ())
    chat = Chat(tokenizer, tokenizer.chat_template)
    texts = [sequence(chat, prompt, answer) for prompt, answer in asked]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return scores(
        reward_model(base, run, tokenizer.pad_token_id, "auto", device, trust), texts, tokenizer.pad_token_id, at_once
    )
