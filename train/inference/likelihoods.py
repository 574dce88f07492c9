"""How likely a model finds the options of a question, as letters and as texts, behind what it was asked."""

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import torch

from kgtools.tools.errors import UsageError
from kgtools.train.data.chat import Chat, Messages
from kgtools.train.data.collate import pad_right

Pair = tuple[Sequence[int], Sequence[int]]
"""The tokens of a prompt, and those that could follow, at least one."""


def option_likelihoods(
    model: Any, chat: Chat, asked: Sequence[tuple[Messages, Sequence[int], Mapping[str, str]]], at_once: int
) -> list[dict[str, float]]:
    """The log-likelihoods of each question's options: `A` of the letter, `text:A` of the text, both up to their last token and not of
    an end behind it. `asked`: the messages, their tokens, and the options by letter. Raises UsageError where an answer begins with thoughts."""
    names, pairs = list[tuple[int, str]](), list[Pair]()
    for number, (messages, prompt, options) in enumerate(asked):
        if options and chat.opens(messages):
            raise UsageError(
                "options=yes: the chat template begins an answer with <think>, where no option can stand; where the template knows it, "
                "'template_arguments={enable_thinking: false}', or another one: chat_template=plain"
            )
        text = chat.ask(messages)
        for letter, option in options.items():
            names += [(number, letter), (number, f"text:{letter}")]
            pairs += [(prompt, _continue(chat, text, prompt, words)) for words in (letter, option)]
    found: list[dict[str, float]] = [{} for _ in asked]
    for (number, name), value in zip(
        names, log_likelihoods(model, pairs, chat.tokenizer.pad_token_id, at_once), strict=True
    ):
        found[number][name] = value
    return found


def _continue(chat: Chat, text: str, prompt: Sequence[int], words: str) -> list[int]:
    """The tokens of words behind a text: as the whole is cut into tokens, where that leaves those of the text as they are, which
    a model was asked with; else those of the words by themselves."""
    complete = chat.tokenizer(text + words, add_special_tokens=False)["input_ids"]
    if complete[: len(prompt)] == list(prompt) and len(complete) > len(prompt):
        return list(complete[len(prompt) :])
    return list(chat.tokenizer(words, add_special_tokens=False)["input_ids"])


def log_likelihoods(model: Any, pairs: Sequence[Pair], pad: int, at_once: int) -> list[float]:
    """The sum of the log-probabilities of each continuation's tokens behind its prompt, in nats.

    What is the same up to its last token is computed once, as it is for all letters of a question that are one token each. Sequences of
    about a length go together, the longest first, padded on the right, where nothing looks at the padding."""
    if not pairs:
        return []
    asked_of: dict[tuple[int, ...], list[int]] = {}
    for number, (prompt, continuation) in enumerate(pairs):
        asked_of.setdefault((*prompt, *continuation[:-1]), []).append(number)
    order = sorted(asked_of, key=lambda ids: (-len(ids), ids))
    keeps = "logits_to_keep" in signature(model.forward).parameters
    found = [0.0] * len(pairs)
    training = model.training
    model.eval()
    with torch.inference_mode():
        for begin in range(0, len(order), at_once):
            batch = order[begin : begin + at_once]
            ids, mask = pad_right(batch, pad, model.device)
            first = min(len(pairs[number][0]) for key in batch for number in asked_of[key]) - 1
            logits = model(
                input_ids=ids, attention_mask=mask, **({"logits_to_keep": ids.shape[1] - first} if keeps else {})
            ).logits
            for row, key in enumerate(batch):
                for number in asked_of[key]:
                    prompt, continuation = pairs[number]
                    place = len(prompt) - 1 - (first if keeps else 0)
                    ahead = logits[row, place : place + len(continuation)].float().log_softmax(-1)
                    chosen = torch.tensor(continuation, device=ahead.device)[:, None]
                    found[number] = float(ahead.gather(1, chosen).double().sum())
    model.train(training)
    return found
