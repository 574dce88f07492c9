"""One question: what is tried again and for how long it is waited, what fails, and what a reply is read as."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from kgtools.tools.errors import UsageError
from kgtools.train.evaluate.server.ask import make_request
from kgtools.train.evaluate.server.client import Client, Request
from kgtools.train.evaluate.server.endpoint import Endpoint, chat_url, read_key
from kgtools.train.evaluate.server.reply import Failure, Reply
from kgtools.train.evaluate.server.settings import DecodeSettings
from tests.train.evaluate.server.fake import Server, completion, cut_off, hang_up, raw, say, send, status

Ask = Callable[..., Reply | Failure]


@pytest.fixture
def slept() -> list[float]:
    """Seconds that the client would have slept."""
    return []


@pytest.fixture
def ask(server: Server, slept: list[float]) -> Iterator[Ask]:
    """Ask the server one thing."""
    clients: list[Client] = []

    def call(key: str | None = None, how: dict[str, Any] | None = None, **of_client: Any) -> Reply | Failure:
        endpoint = Endpoint(chat_url(server.url), "toy", tries=3, **(how or {}))
        clients.append(Client(endpoint, key, sleep=slept.append, **of_client))
        return clients[-1].ask(request(endpoint))

    yield call
    for client in clients:
        client.__exit__()


def request(endpoint: Endpoint) -> Request:
    return make_request(endpoint, [{"role": "user", "content": "hello"}], DecodeSettings())


TRANSIENT = {
    "429": (status(429), "status 429"), "500": (status(500), "status 500"), "502": (status(502), "status 502"),
    "503": (status(503), "status 503"), "cut off": (cut_off, "cut off"), "hung up": (hang_up, "cut off"),
    "not JSON": (raw(b"<html>"), "malformed"), "half of JSON": (raw(completion("x")[:-9]), "malformed"), "a list": (raw(b"[]"), "malformed"),
    "no choices": (raw(b'{"choices": []}'), "empty choices"), "no message": (raw(b'{"choices": [{}]}'), "malformed"),
    "empty message": (say(None), "malformed"), "an error with 200": (status(200, "overloaded"), "error"),
    "429 with 200": (status(200, "slow down", code=429), "status 429"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_may_pass_is_tried_again_and_fails_by_its_name(
    name: str, server: Server, ask: Ask, slept: list[float]
) -> None:
    behave, reason = TRANSIENT[name]

    server.behaviours = [behave, say("well")]
    reply = ask()
    server.behaviours = [behave] * 3
    failure = ask()

    assert isinstance(reply, Reply)
    assert (reply.text, reply.tries) == ("well", 2)
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.tries) == (reason, 3)
    assert len(slept) == 1 + 2


def test_pauses_double_with_a_jitter_that_its_seed_repeats(server: Server, ask: Ask, slept: list[float]) -> None:
    server.default = status(500)

    ask()
    ask()
    ask(how={"seed": 1})

    assert slept[:2] == slept[2:4] != slept[4:]
    assert 0.5 <= slept[0] <= 1 <= slept[1] <= 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.25", 0.25), ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0)],
)
def test_a_server_is_left_alone_as_long_as_it_asks(
    header: str, seconds: float, server: Server, ask: Ask, slept: list[float]
) -> None:
    server.behaviours = [status(429, headers={"retry-after": header})]

    ask(now=lambda: 60.0)

    assert slept == [seconds]


@pytest.mark.parametrize("header", ["86400", "inf", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_who_wants_to_be_left_alone_for_a_day_fails(header: str, server: Server, ask: Ask, slept: list[float]) -> None:
    server.behaviours = [status(429, headers={"retry-after": header})]

    failure = ask()

    assert isinstance(failure, Failure)
    assert "left alone" in failure.message
    assert slept == []


def test_a_wait_that_is_no_time_counts_for_nothing(server: Server, ask: Ask, slept: list[float]) -> None:
    server.behaviours = [status(429, headers={"retry-after": "soon"})]

    assert isinstance(ask(), Reply)
    assert 0.5 <= slept[0] <= 1


def test_a_fault_of_the_question_is_not_tried_again(server: Server, ask: Ask) -> None:
    server.default = status(400, "the context has 4096 tokens")

    assert ask() == Failure("status 400", "the context has 4096 tokens", 1, 0)
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        (status(401, "bad key"), "key in the environment"),
        (status(404), "--model"),
        (status(429, "pay first", code="insufficient_quota"), "pay first"),
        (status(307, headers={"location": "http://elsewhere.example/v1"}), "redirects to http://elsewhere.example/v1"),
    ],
)
def test_what_every_question_would_fail_with_ends_the_run(behave: Any, says: str, server: Server, ask: Ask) -> None:
    server.default = behave

    with pytest.raises(UsageError, match=says):
        ask()

    assert len(server.bodies) == 1


def test_a_key_goes_into_the_header_and_into_no_message(server: Server, ask: Ask) -> None:
    server.default = status(400, "the key sk-secret is odd")

    failure = ask(key="sk-secret")

    assert server.headers[0]["authorization"] == "Bearer sk-secret"
    assert isinstance(failure, Failure)
    assert failure.message == "the key *** is odd"


def test_no_reply_in_time_is_a_failure_that_may_have_cost_something(server: Server, ask: Ask) -> None:
    server.default = server.hang

    failure = ask(how={"timeout_s": 0.1})

    assert isinstance(failure, Failure)
    assert (failure.reason, failure.paid) == ("timeout", 3)


def test_a_reply_that_comes_drop_by_drop_ends_at_the_timeout(ask: Ask) -> None:
    ticks = iter(range(0, 10_000, 400))

    failure = ask(clock=lambda: next(ticks))
    late = ask(clock=iter([0, 1000, 0, 1000, 0, 1000]).__next__)

    assert isinstance(failure, Reply)
    assert isinstance(late, Failure)
    assert late.reason == "timeout"


def test_no_server_is_a_failure_that_cost_nothing(server: Server, ask: Ask) -> None:
    server.http.shutdown()
    server.http.server_close()

    failure = ask()

    assert isinstance(failure, Failure)
    assert (failure.reason, failure.paid) == ("no connection", 0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (completion("答"), ("答", None, "stop", False, True)),
        (completion("", reasoning_content="hm"), ("", "hm", "stop", False, True)),
        (completion("ja", reasoning="hm"), ("ja", "hm", "stop", False, True)),
        (completion("<think>\nhm\n</think>\n\nja"), ("ja", "hm", "stop", False, True)),
        (completion("half a", finish="length"), ("half a", None, "length", False, False)),
        (completion(None, finish="length"), ("", None, "length", False, False)),
        (completion(None, refusal="I will not."), ("I will not.", None, "stop", True, True)),
        (completion(None, finish="content_filter"), ("", None, "content_filter", True, True)),
        (completion([{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]), ("ab", None, "stop", False, True)),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_a_reply_is_read_as(content: bytes, expected: tuple[Any, ...], server: Server, ask: Ask) -> None:
    server.default = raw(content)

    reply = ask()

    assert isinstance(reply, Reply)
    assert (reply.text, reply.thinking, reply.finish, reply.refused, reply.ended) == expected
    assert (reply.prompt_tokens, reply.answer_tokens, reply.model) == (10, 5, "toy-1.0")


@pytest.mark.parametrize("usage", [None, ("many", -1), (True, 2**40)])
def test_tokens_that_are_no_numbers_are_not_counted(usage: Any, server: Server, ask: Ask) -> None:
    server.default = say("well", usage=usage)

    reply = ask()

    assert isinstance(reply, Reply)
    assert (reply.prompt_tokens, reply.answer_tokens) == (None, None)


def test_a_reply_without_end_is_cut(server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtools.train.evaluate.server.client.LONGEST", 100)
    server.default = lambda handler, _: send(handler, 200, b"x" * 1000)

    failure = ask()

    assert isinstance(failure, Failure)
    assert (failure.reason, failure.tries) == ("too long", 1)


def test_proxies_of_the_environment_are_used_only_where_the_user_says_so(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    direct, through = ask(), ask(how={"proxy": True})

    assert isinstance(direct, Reply)
    assert isinstance(through, Failure)


@pytest.mark.parametrize(
    ("server_word", "url"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
        ("https://host.example/openai/v2", "https://host.example/openai/v2/chat/completions"),
        ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
    ],
)
def test_an_address_may_be_short(server_word: str, url: str) -> None:
    assert chat_url(server_word) == url


@pytest.mark.parametrize(
    "word", ["localhost:8000", "ftp://h/v1", "http://", "http://h:x/", "http://h/?key=1", "http://[::1", "https://u:sk-1@h/v1"]
)  # fmt: skip
def test_what_is_no_address_is_refused_and_a_password_not_repeated(word: str) -> None:
    with pytest.raises(UsageError, match="--server") as error:
        chat_url(word)

    assert "sk-1" not in str(error.value)


@pytest.mark.parametrize("value", [None, "", "two words", "schlüssel", "a\nb"])
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)

    with pytest.raises(UsageError, match="MY_KEY") as error:
        read_key("MY_KEY")

    assert not value or value not in str(error.value)


@pytest.mark.parametrize(
    ("url", "stays", "is_open"),
    [
        ("http://127.0.0.2/v1", True, False), ("http://localhost/v1", True, False), ("http://[::1]:80/v1", True, False),
        ("http://10.0.0.1/v1", False, True), ("https://localhost.example/v1", False, False),
    ],
)  # fmt: skip
def test_what_leaves_the_machine_is_known(url: str, stays: bool, is_open: bool) -> None:
    endpoint = Endpoint(chat_url(url), "toy")

    assert (endpoint.stays_here, endpoint.is_open) == (stays, is_open)


def test_a_request_holds_the_settings_and_each_answer_its_own_seed() -> None:
    endpoint = Endpoint(chat_url("http://h"), "toy")
    settings = DecodeSettings(
        temperature=None, seed=3, stop=("\n",), extra={"top_p": 0.9}, limit_key="max_completion_tokens"
    )

    first, second = (make_request(endpoint, [{"role": "user", "content": "q"}], settings, number) for number in (0, 1))

    assert orjson.loads(orjson.dumps(first.body)) == {
        "model": "toy", "messages": [{"role": "user", "content": "q"}], "max_completion_tokens": 1024, "top_p": 0.9, "seed": 3, "stop": ["\n"],
    }  # fmt: skip
    assert second.body["seed"] == 4
    assert first.id != second.id
