"""Messages of conversations and instructions, out of the keys and roles that published files give them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from corpora.reading import Corpus, Turn

ROLE_OF = {
    "system": "system", "human": "user", "user": "user", "patient": "user", "病人": "user", "患者": "user", "gpt": "assistant",
    "assistant": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant", "doctor": "assistant",
    "医生": "assistant",
}  # fmt: skip
FLAT = re.compile(r"(?:(?<!\s)\s+)?<(user|bot)>\s*[:：]\s*")


class NotTurns(ValueError):
    """Why something is no list of messages: `reason` is a word for counting, the text says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def conversation(messages: Any, role: str, text: str, system: Any = None) -> list[Turn]:
    """The turns of `[{role: ..., text: ...}]`, after a system's message where there is one. Raises NotTurns."""
    if not isinstance(messages, list) or not messages:
        raise NotTurns("missing-field", "expected a list of messages")
    if not isinstance(system, str | None):
        raise NotTurns("wrong-type", "the system's message must be a text")
    turns = [Turn("system", system)] if system and system.strip() else []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict) or not isinstance(message.get(text), str):
            raise NotTurns("wrong-type", f"message {number} must be an object with the texts {role} and {text}")
        if (said := ROLE_OF.get(str(message.get(role)).strip().lower())) is None:
            raise NotTurns("unknown-role", f"message {number}; known: {', '.join(ROLE_OF)}")
        turns.append(Turn(said, message[text]))
    return turns


def any_conversation(messages: Any, system: Any = None) -> list[Turn]:
    """The turns of a list with from and value, or with role and content. Raises NotTurns."""
    first = messages[0] if isinstance(messages, list) and messages else {}
    keys = ("from", "value") if isinstance(first, dict) and "from" in first else ("role", "content")
    return conversation(messages, *keys, system)


def answered(turns: Sequence[Turn]) -> list[Turn]:
    """The turns of an example to learn from: the last is the assistant's. Raises NotTurns."""
    roles = [turn.role for turn in turns]
    if "assistant" not in roles:
        raise NotTurns("no-answer", "no message is the assistant's")
    if "user" not in roles:
        raise NotTurns("no-question", "no message is the user's")
    if "system" in roles[1:]:
        raise NotTurns("system-not-first", "a message of the system's after the first message")
    if roles[-1] != "assistant":
        raise NotTurns("no-answer", "the last message is the user's")
    return list(turns)


def merged(turns: Iterable[Turn]) -> list[Turn]:
    """The turns with neighbours of one role as one, a line for what each says."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1].role == turn.role:
            found[-1] = Turn(turn.role, f"{found[-1].content}\n{turn.content}")
        else:
            found.append(turn)
    return found


def in_turns(corpus: Corpus, turns: Sequence[Turn]) -> list[Turn]:
    """The same of a conversation in which one may speak several times in a row, which becomes one message."""
    found = answered(merged(turns))
    corpus.count("messages joined to the one before, of the same speaker", len(turns) - len(found))
    return found


def asked(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a chosen and a rejected answer follow: the last is the user's. Raises NotTurns."""
    if not turns or turns[-1].role != "user":
        raise NotTurns("no-question", "the last message of the prompt must be the user's")
    if "system" in [turn.role for turn in turns[1:]]:
        raise NotTurns("system-not-first", "a message of the system's after the first message")
    return list(turns)


def rounds(history: Any) -> list[Turn]:
    """The turns of `[[question, answer], ...]`; none for null. Raises NotTurns."""
    turns: list[Turn] = []
    for number, pair in enumerate(history if isinstance(history, list) else [history] if history else [], start=1):
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise NotTurns("wrong-type", f"round {number} of the history must be a question and an answer")
        turns += [Turn("user", pair[0]), Turn("assistant", pair[1])]
    return turns


def flattened(text: str) -> list[Turn] | None:
    """The turns of ` <user>: ... <bot>: ... <user>: ...`, or None for any other text."""
    _, *pieces = FLAT.split(text)
    if not FLAT.match(text):
        return None
    return [Turn(ROLE_OF[role], said) for role, said in zip(pieces[::2], pieces[1::2], strict=True)]


def texts(turns: Iterable[Turn]) -> list[str]:
    """What is said."""
    return [turn.content for turn in turns]
