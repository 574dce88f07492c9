"""What in a row makes of it something else than the example that its reader, who does not know that key, gives."""

import re
from collections.abc import Iterator
from typing import Any

from corpora.escapes import CODE
from corpora.keys import Watched
from corpora.reading import Example, Pair, Turn
from corpora.speakers import ROLE_OF
from corpora.turns import SPEAKER_KEYS

Fault = tuple[str, str]
"""The reason, a word for counting, and the key or message that says it."""

IMAGES = {
    "image", "images", "img", "imgs", "image_path", "image_paths", "image_url", "image_urls", "picture", "pictures", "qimage",
    "图片",
}  # fmt: skip
MEDIA = {"audio", "audios", "video", "videos", "voice", "audio_path", "video_path", "input_audio"}
TOOLS = {"tools", "functions", "tool_calls", "function_call", "function_calls", "tool_call_id"}
DESIRED = {"label", "kto_tag", "desirable", "is_desirable"}
"""KTO's: whether the answer is one to learn, or one to avoid."""
LEARNT = {"weight", "loss", "train", "trainable", "learn", "loss_weight"}
WORSE = {"rejected", "response_rejected", "rejected_response", "rejected_answer"}
OPTIONS = re.compile(r"(?:option|choice|candidate|answer_choice|选项)s?[ _-]?[a-h0-9]?|op[a-h]|[a-h]", re.IGNORECASE)
KEYS = {
    "answer",
    "answers",
    "answer_idx",
    "correct",
    "correct_answer",
    "correct_option",
    "key",
    "cop",
    "正确答案",
    "答案",
}
"""What files call the right options of a question."""
SAYING = r"(?:the )?(?:correct |right )?(?:answer|option)(?: is)?|(?:正确)?答案(?:是|为)?|选项?"
LETTERS = re.compile(
    rf"(?:{SAYING})?\s*(?:[:：]\s*)?[(（]?(?:[A-H](?:\s*(?:[,，、;；]\s*)?[A-H])*|\d)[)）]?[.。]?", re.IGNORECASE
)
"""An answer that is nothing but letters of options, or a number."""
PLACEHOLDER = re.compile(r"<\|?(image|video|audio)(?:_pad|_placeholder)?\|?>", re.IGNORECASE)
NO = ("false", "0", "0.0", "no")


def fault_of(row: Watched | None, example: Example | Pair) -> Fault | None:
    """Why an example is none, by what it says and by keys of its row that its reader did not ask for."""
    turns = list(example.messages if isinstance(example, Example) else example.prompt)
    found = next((fault for turn in turns if (fault := _placeholder(turn))), None)
    if found or row is None:
        return found
    rest = row.rest()
    found = next((fault for fault in map(_by_key, _lowered(rest)) if fault), None)
    found = found or next((fault for one in _within(row) if (fault := _by_message(one))), None)
    if found or isinstance(example, Pair):
        return found
    names = {key.lower() for key in rest}
    if worse := sorted(names & WORSE):
        return "is-a-preference", f"{worse[0]}: a worse answer; the reader preference reads such rows"
    options = [key for key in rest if OPTIONS.fullmatch(key.strip())]
    if example.task == "mcq":
        if options:
            return "options-not-read", f"{options[0]} is an option that nobody reads"
        keys = [key for key in rest if key.lower() in KEYS]
        return ("key-not-read", keys[0]) if keys and example.answer is None else None
    if options and turns[-1].role == "assistant" and LETTERS.fullmatch(turns[-1].content.strip()):
        return "options-not-read", f"the answer is a letter or a number, and nobody reads its {options[0]}"
    return None


def _placeholder(turn: Turn) -> Fault | None:
    if "<" not in turn.content:
        return None
    bare = CODE.sub("", turn.content) if "`" in turn.content else turn.content
    found = PLACEHOLDER.search(bare)
    return (_needs(found[1].lower()), f"{found[0]} stands in a message") if found else None


def _needs(medium: str) -> str:
    return "needs-an-image" if medium == "image" else "needs-media"


def _lowered(rest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key.lower().strip(), value) for key, value in rest.items())


def _by_key(item: tuple[str, Any]) -> Fault | None:
    key, value = item
    if key in DESIRED and str(value).strip().lower() == "false":  # a 0 may be a class
        return "answer-to-avoid", f"{key} is false: the answer is one that a model should not give"
    if key in LEARNT and _is_no(value):
        return "not-to-be-learnt", f"{key} is {value}"
    if value is False or _is_no(value):
        return None
    if key in IMAGES:
        return "needs-an-image", f"{key} names one"
    if key in MEDIA:
        return "needs-media", f"{key} names some"
    return ("uses-tools", key) if key in TOOLS else None


def _by_message(message: Watched) -> Fault | None:
    said = next((str(dict.get(message, key)) for key in SPEAKER_KEYS if key in message), "")
    own = ROLE_OF.get(said.strip().lower()) == "assistant"
    for key, value in _lowered(message.rest()):
        if (key not in LEARNT or own) and key not in DESIRED and (fault := _by_key((key, value))):
            return fault
    return None


def _within(row: Watched) -> Iterator[Watched]:
    for _, one in row.within():
        yield one
        yield from _within(one)


def _is_no(value: Any) -> bool:
    return str(value).strip().lower() in NO if isinstance(value, str | int | float) else False
