"""One question to a server: tried until there is a reply, with pauses that grow, or until it is clear that there will be none."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import orjson

from kgtools.tools.errors import MissingExtraError, UsageError
from kgtools.train.evaluate.server.endpoint import Endpoint
from kgtools.train.evaluate.server.reply import Failure, Fault, Reply, read_reply, status_fault

if TYPE_CHECKING:
    import httpx

FIRST_S, MOST_S = 1.0, 60.0
"""The first pause and the longest, in seconds."""
PATIENCE_S = 600.0
"""Seconds that a server may ask to be left alone; where it wants more, the question fails."""
CONNECT_S = 30.0
LONGEST = 16 << 20
"""Bytes of a reply."""


@dataclass(frozen=True)
class Request:
    """`id`: a hash of the address and of all that is asked, by which a reply is kept; `body`: what is sent."""

    id: str
    body: Mapping[str, Any]

    @property
    def most_tokens(self) -> tuple[int, int]:
        """As many tokens as its messages can have, and its answer: no tokenizer makes more tokens than there are bytes, and a chat template
        adds a few to each message."""
        messages = self.body["messages"]
        limit = self.body.get("max_tokens") or self.body.get("max_completion_tokens") or 0
        return sum(len(one["content"].encode()) + 32 for one in messages) + 64, int(limit)


class Client:
    """Asks one endpoint, from as many threads as there are. `sleep`, `now`, `clock`: as in `time`; after `stop` no question is tried again."""

    def __init__(
        self, endpoint: Endpoint, key: str | None = None, sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.endpoint = endpoint
        self._key, self._now, self._clock = key, now, clock
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._httpx = _import()
        limits = self._httpx.Limits(
            max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency
        )
        timeout = self._httpx.Timeout(endpoint.timeout_s, connect=min(CONNECT_S, endpoint.timeout_s))
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "gzip"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        # without https there are no certificates to check, and to load those of the world takes a while
        verify = endpoint.proxy or endpoint.url.startswith("https:")
        self._http = self._httpx.Client(
            verify=verify,
            timeout=timeout,
            limits=limits,
            headers=headers,
            follow_redirects=False,
            trust_env=endpoint.proxy,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """Let whoever is between two tries give up."""
        self._stopped.set()

    def ask(self, request: Request) -> Reply | Failure:
        """The reply, or the last failure. Raises UsageError for what would fail with every question."""
        paid = 0
        for turn in range(1, self.endpoint.tries + 1):
            if self._stopped.is_set():
                return Failure("stopped", "", turn - 1, paid)
            try:
                return self._try(request)._replace(tries=turn)
            except Fault as fault:
                paid += fault.paid
                message = self._without_key(fault.message)
                if fault.for_all:
                    raise UsageError(_way_out(self.endpoint, fault.reason, message)) from None
                pause = fault.wait_s if fault.wait_s is not None else self._pause(request, turn)
                if not fault.again or turn == self.endpoint.tries or self._stopped.is_set():
                    return Failure(fault.reason, message, turn, paid)
                if pause > PATIENCE_S or not isfinite(pause):
                    return Failure(fault.reason, f"asks to be left alone for {pause:.0f} s", turn, paid)
                self._sleep(pause)
        raise AssertionError("unreachable: the last try returns")

    def _pause(self, request: Request, turn: int) -> float:
        """Seconds before the next try: twice as long each time, and between half of it and the whole, so that not all come back at once."""
        longest = min(MOST_S, FIRST_S * 2.0 ** (turn - 1))
        part = random.Random(f"{self.endpoint.seed}|{request.id}|{turn}").uniform(0.5, 1.0)
        return longest * part

    def _try(self, request: Request) -> Reply:
        httpx = self._httpx
        try:
            with self._http.stream("POST", self.endpoint.url, content=orjson.dumps(request.body)) as response:
                content = self._read(response)
        except httpx.ConnectError as error:
            raise Fault("no connection", str(error)) from error
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Fault("no connection", "timed out") from error
        except httpx.TimeoutException as error:
            raise Fault("timeout", f"no whole reply in {self.endpoint.timeout_s:g} s", paid=True) from error
        except httpx.TransportError as error:
            raise Fault("cut off", str(error), paid=True) from error
        except httpx.DecodingError as error:
            raise Fault("malformed", str(error), paid=True) from error
        except RuntimeError as error:
            # httpx says so, by no class of its own, of a client that was closed meanwhile
            if not self._stopped.is_set():
                raise
            raise Fault("stopped", again=False) from error
        if response.status_code != 200:
            raise status_fault(response.status_code, response.headers, content, self._now())
        return read_reply(content)

    def _read(self, response: "httpx.Response") -> bytes:
        """The body. Raises Fault for one that is too long or comes drop by drop, which no timeout of a single read would end."""
        end = self._clock() + self.endpoint.timeout_s
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > LONGEST:
                raise Fault("too long", f"more than {LONGEST >> 20} MiB", again=False, paid=True)
            if self._clock() > end:
                raise Fault("timeout", f"no whole reply in {self.endpoint.timeout_s:g} s", paid=True)
        return bytes(content)

    def _without_key(self, text: str) -> str:
        """What a server says, which may be the key that it was sent."""
        return text.replace(self._key, "***") if self._key else text


def _way_out(endpoint: Endpoint, reason: str, message: str) -> str:
    """What every question would fail with, and what mends it."""
    ways = {
        "status 401": "is the key in the environment (--key-env NAME)?", "status 402": "the account has no money left",
        "status 403": "may this key ask this model?", "status 404": f"is there a model {endpoint.model} (--model) at {endpoint.url}?",
        "status 405": "name the address of an OpenAI-compatible server, such as http://localhost:8000/v1",
        "status 407": "the proxy wants a password",
    }  # fmt: skip
    way = ways.get(
        reason, "name the address that answers" if reason.startswith("status 3") else "see what the server says"
    )
    return f"{endpoint.host}: {reason}{': ' if message else ''}{message}; {way}. What was answered is kept"


def _import() -> Any:
    """Raises MissingExtraError where httpx is not installed."""
    try:
        import httpx
    except ImportError as error:
        raise MissingExtraError("asking a server needs httpx: pip install 'kgtools[evaluate]'") from error
    return httpx
