"""What a server gives back to a question, read as a reply; or the fault that it has, and whether it is worth another try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from kgtools.train.data.thinking import split_thinking

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses that pass: too many questions, a server that is busy or starts."""
FOR_ALL = frozenset({401, 402, 403, 404, 405, 407})
"""Statuses that every question would get: a wrong key or model, or no money."""
PAID_OUT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "invalid_api_key", "model_not_found"})
"""Codes of an error that no waiting mends, whatever the status."""
LENGTH, FILTERED = "length", "content_filter"
SHOWN = 200
"""Characters of what a server says of an error."""


class Reply(NamedTuple):
    """What a model said. `text`: without what was thought before it, which is `thinking`; `finish`: why it ended, in the server's word;
    `refused`: the model or a filter would not answer; tokens: as the server counts them, None where it does not; `model`, `fingerprint`:
    what answered, as the server calls it; `tries`: how many it took."""

    text: str
    thinking: str | None
    finish: str | None
    refused: bool
    prompt_tokens: int | None
    answer_tokens: int | None
    model: str | None
    fingerprint: str | None
    tries: int = 1

    @property
    def ended(self) -> bool:
        """Whether the model stopped by itself."""
        return self.finish != LENGTH


class Failure(NamedTuple):
    """Why there is no reply. `reason`: a word that is counted; `message`: what the server said; `paid`: tries that may have cost all the
    same, such as one that took too long."""

    reason: str
    message: str
    tries: int
    paid: int


@dataclass
class Fault(Exception):
    """A try that gave no reply. `again`: whether another may; `wait_s`: seconds that the server asks for; `for_all`: every question would
    fail so."""

    reason: str
    message: str = ""
    again: bool = True
    paid: bool = False
    for_all: bool = False
    wait_s: float | None = None


def read_reply(content: bytes) -> Reply:
    """The reply in the body of a response with status 200. Raises Fault."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Fault("malformed", f"not JSON: {error}", paid=True) from error
    if not isinstance(value, dict):
        raise Fault("malformed", "not an object", paid=True)
    if isinstance(value.get("error"), dict | str):
        raise _error_fault(200, value)
    choices = value.get("choices")
    if not isinstance(choices, list):
        raise Fault("malformed", "has no choices", paid=True)
    if not choices:
        raise Fault("empty choices", "the list of choices is empty", paid=True)
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Fault("malformed", "a choice has no message", paid=True)
    return _reply(value, choice, message)


def _reply(value: Mapping[str, Any], choice: Mapping[str, Any], message: Mapping[str, Any]) -> Reply:
    content, finish = _text(message.get("content")), _word(choice.get("finish_reason"))
    thinking = _word(message.get("reasoning_content")) or _word(message.get("reasoning"))
    refusal = _word(message.get("refusal"))
    if content is None and thinking is None and refusal is None and finish not in (FILTERED, LENGTH):
        raise Fault("malformed", "a message has neither content nor a refusal", paid=True)
    text = content or ""
    if thinking is None:
        thinking, text = split_thinking(text)
    usage = value.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Reply(
        text or refusal or "", thinking, finish, refusal is not None or finish == FILTERED, _count(counts.get("prompt_tokens")),
        _count(counts.get("completion_tokens")), _word(value.get("model")), _word(value.get("system_fingerprint")),
    )  # fmt: skip


def _text(content: Any) -> str | None:
    """A message's content: a text, or parts of which those of text count."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32 else None


def status_fault(status: int, headers: Mapping[str, str], content: bytes, now: float) -> Fault:
    """The fault of a response with another status than 200. `now`: seconds since 1970, which a date to wait for is held against."""
    if 300 <= status < 400:
        place = headers.get("location", "nowhere")
        return Fault(
            f"status {status}", f"redirects to {place[:SHOWN]}, which is not followed", again=False, for_all=True
        )
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        value = {"error": content[:SHOWN].decode("utf-8", "replace")}
    fault = _error_fault(status, value if isinstance(value, dict) else {})
    fault.wait_s = _wait(headers.get("retry-after"), now)
    return fault


def _error_fault(status: int, value: Mapping[str, Any]) -> Fault:
    error = value.get("error") or value.get("detail") or value.get("message")
    said = error if isinstance(error, dict) else {"message": error}
    code = said.get("code") or said.get("type")
    if status == 200 and isinstance(code, int):
        status = code
    message = " ".join(str(said.get("message") or "").split())[:SHOWN]
    final = status in FOR_ALL or code in PAID_OUT
    again = not final and (status == 200 or status in AGAIN)
    return Fault(f"status {status}" if status != 200 else "error", message, again=again, for_all=final)


def _wait(text: str | None, now: float) -> float | None:
    """Seconds of `Retry-After`, which holds them or a date."""
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(
        0.0,
        (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - datetime.fromtimestamp(now, UTC).timestamp(),
    )
