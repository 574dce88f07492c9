"""Messages of conversations and instructions, out of the keys and roles that published files give them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from kgtools.corpora.dialogue.speakers import ROLE_OF, NotTurns, one_each, part_turns, spoken_lines
from kgtools.corpora.reader import Corpus, Turn
from kgtools.corpora.text.escapes import without_escapes

TOOL_ROLES = ("tool", "function", "function_call", "function_response", "observation", "ipython", "tool_response")
SPEAKER_KEYS, SAID_KEYS = ("from", "role", "speaker"), ("value", "content", "text", "utterance", "sentence")
NUMBERS = "messages that are a number, taken as text"
EMPTY = "messages of the system without text left out"
BEFORE, AFTER = "messages of doctors before the first of the patient cut off", "turns after the last answer"
TEXTS = ("text", "input_text", "output_text")
"""What the interfaces of OpenAI call a part of a message that is text."""
ROUND = (("user", "human", "prompt", "question", "input"), ("assistant", "gpt", "response", "answer", "output"))
"""The keys of a round that is one object."""


def text_of(value: Any, name: str) -> str:
    """A text; a number as one. The parts of a message are joined, a list of one text is that text. Raises NotTurns."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if is_parts(value):
        return "".join(_part(part) for part in value)  # as the chat templates that take parts do
    raise NotTurns("wrong-type", f"{name} must be a text")


def is_parts(value: Any) -> bool:
    """Whether it is a list of the parts of one message."""
    parts = value if isinstance(value, list) else []
    return bool(parts) and all(isinstance(part, dict) and "type" in part and "role" not in part for part in parts)


def _part(part: Mapping[str, Any]) -> str:
    kind = str(part.get("type"))
    if kind in TEXTS and isinstance(part.get("text"), str):
        return str(part["text"])
    image = kind.startswith(("image", "input_image"))
    raise NotTurns("needs-an-image" if image else "needs-media", f"a part of a message is of the type {kind}")


def as_list(value: Any) -> Any:
    """A list; also one that is written as JSON in a text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def conversation(messages: Any, role: str, text: str, system: Any = None, lenient: bool = False) -> list[Turn]:
    """The turns of `[{role: ..., text: ...}]`, after a system's message where there is one. `lenient`: numbers are texts, and the
    parts of a message are joined. Raises NotTurns."""
    messages = as_list(messages)
    if not isinstance(messages, list):
        raise NotTurns("missing-field", "expected a list of messages")
    if not messages:
        raise NotTurns("no-messages", "the list of messages is empty")
    if not isinstance(system, str | None):
        raise NotTurns("wrong-type", "the system's message must be a text")
    turns = [Turn("system", system)] if system and system.strip() else []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict) or text not in message:
            raise NotTurns("wrong-type", f"message {number} must be an object with the texts {role} and {text}")
        name = str(message.get(role)).strip().lower()
        if (speaker := ROLE_OF.get(name)) is None:
            if name in TOOL_ROLES:
                raise NotTurns("uses-tools", f"message {number} is of the role {name}")
            raise NotTurns("unknown-role", f"message {number}; known: {', '.join(ROLE_OF)}")
        if message[text] is None and (calls := [key for key in ("tool_calls", "function_call") if message.get(key)]):
            raise NotTurns("uses-tools", f"message {number} has {calls[0]} for a text")
        if speaker == "system" and message[text] in (None, []):
            turns.append(Turn(speaker, ""))
            continue
        if not isinstance(message[text], str) and not lenient:
            raise NotTurns("wrong-type", f"message {number} must be an object with the texts {role} and {text}")
        turns.append(Turn(speaker, text_of(message[text], f"message {number}")))
    one_each(str(message.get(role)) for message in messages)
    return turns


def in_plain_lines(corpus: Corpus, messages: Any) -> Any:
    """The same where it is one text or a list of lines, in which line breaks and signs tell who speaks: without escapes, which are
    counted. Of other messages those are counted whose text is a number."""
    messages = as_list(messages)
    given = messages if isinstance(messages, list) else [messages]
    if all(isinstance(line, str) for line in given):
        return corpus.plain(messages)
    said = [message.get(key) for message in given if isinstance(message, dict) for key in SAID_KEYS]
    corpus.count(NUMBERS, sum(isinstance(text, int | float) and not isinstance(text, bool) for text in said))
    return messages


def any_conversation(messages: Any, system: Any = None) -> list[Turn]:
    """The turns of a list of messages, whatever their keys (from and value, role and content, ...), of lines that begin with
    who speaks, of such lines in one text, or of rounds. Raises NotTurns."""
    messages = as_list(messages)
    if (
        isinstance(messages, str)
        and (dialogue := part_turns(without_escapes(messages)[0]))[1]
        and not dialogue[0].strip()
    ):
        return _system(system) + dialogue[1]
    first = messages[0] if isinstance(messages, list) and messages else None
    if isinstance(first, str) and all(isinstance(line, str) for line in messages):
        return _system(system) + spoken_lines(messages)
    if first and (isinstance(first, list) or _is_round(first)):
        return _system(system) + rounds(messages)
    keys = first if isinstance(first, dict) else {}
    role = next((key for key in SPEAKER_KEYS if key in keys), "role")
    text = next((key for key in SAID_KEYS if key in keys), "content")
    return conversation(messages, role, text, system, lenient=True)


def _system(system: Any) -> list[Turn]:
    if not isinstance(system, str | None):
        raise NotTurns("wrong-type", "the system's message must be a text")
    return [Turn("system", system)] if system and system.strip() else []


def end_with_answer(turns: Sequence[Turn]) -> list[Turn]:
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


def with_words(corpus: Corpus, turns: Sequence[Turn]) -> list[Turn]:
    """The turns without messages of the system's that say nothing, which are counted."""
    found = [turn for turn in turns if turn.role != "system" or turn.content.strip()]
    corpus.count(EMPTY, len(turns) - len(found))
    return found


def merge_neighbours(turns: Iterable[Turn]) -> list[Turn]:
    """The turns with neighbours of one role as one, a line for what each says."""
    result: list[Turn] = []
    for turn in turns:
        if result and result[-1].role == turn.role:
            result[-1] = Turn(turn.role, f"{result[-1].content}\n{turn.content}")
        else:
            result.append(turn)
    return result


def in_turns(corpus: Corpus, turns: Sequence[Turn]) -> list[Turn]:
    """The same of a conversation in which one may speak several times in a row, which becomes one message.

    From the first message of the user's to the last answer: what stands before and behind is counted. Raises NotTurns."""
    turns = with_words(corpus, turns)
    found = merge_neighbours(turns)
    kept = from_question_to_answer(corpus, found)
    corpus.count("messages joined to the one before, of the same speaker", len(turns) - len(found))
    return kept


def from_question_to_answer(corpus: Corpus, turns: Sequence[Turn]) -> list[Turn]:
    """The turns from the first of the user's (behind the system's) to the last of the assistant's. Raises NotTurns."""
    first = int(bool(turns) and turns[0].role == "system")
    begin = next((number for number, turn in enumerate(turns) if turn.role == "user"), first)
    end = next((number for number in range(len(turns), 0, -1) if turns[number - 1].role == "assistant"), 0)
    if end <= begin or "system" in [turn.role for turn in turns[first:]]:
        return end_with_answer(turns)
    kept = end_with_answer([*turns[:first], *turns[begin:end]])
    corpus.count(BEFORE, begin - first)
    corpus.count(AFTER, len(turns) - end)
    return kept


def end_with_question(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a chosen and a rejected answer follow: the last is the user's. Raises NotTurns."""
    if not turns or turns[-1].role != "user":
        raise NotTurns("no-question", "the last message of the prompt must be the user's")
    if "system" in [turn.role for turn in turns[1:]]:
        raise NotTurns("system-not-first", "a message of the system's after the first message")
    return list(turns)


def rounds(history: Any) -> list[Turn]:
    """The turns of `[[question, answer], ...]`, of `[{user, assistant}, ...]` and the like, or of messages; none for null.

    Raises NotTurns."""
    history = as_list(history)
    turns: list[Turn] = []
    given = history if isinstance(history, list) else [history] if history else []
    if given and isinstance(given[0], dict) and any(key in given[0] for key in SPEAKER_KEYS):
        return any_conversation(given)
    for number, one in enumerate(given, start=1):
        pair = [_side(one, 0), _side(one, 1)] if isinstance(one, dict) else one
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise NotTurns("wrong-type", f"round {number} of the history must be a question and an answer")
        system = one.get("system") if isinstance(one, dict) and number == 1 else None
        turns += [*_system(system), Turn("user", pair[0]), Turn("assistant", pair[1])]
    return turns


def _is_round(one: Any) -> bool:
    return (
        isinstance(one, dict) and not any(key in one for key in SPEAKER_KEYS) and bool(_side(one, 0) or _side(one, 1))
    )


def _side(one: Mapping[str, Any], side: int) -> Any:
    return next((one[key] for key in ROUND[side] if key in one), None)


def texts(turns: Iterable[Turn]) -> list[str]:
    """What is said."""
    return [turn.content for turn in turns]
