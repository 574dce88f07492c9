"""A server on the loopback that speaks chat completions, well or badly."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

Handler = BaseHTTPRequestHandler
Behave = Callable[[Handler, dict[str, Any]], None]


def send(handler: Handler, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in ({"content-length": str(len(content))} | (headers or {})).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def completion(text: str | None, finish: str = "stop", usage: Any = (10, 5), **message: Any) -> bytes:
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]} if usage else None
    choice = {"message": {"role": "assistant", "content": text} | message, "finish_reason": finish}
    return orjson.dumps({"model": "toy-1.0", "choices": [choice], "usage": counts})


def say(text: str | None, **more: Any) -> Behave:
    return lambda handler, _: send(handler, 200, completion(text, **more))


def status(number: int, message: str = "no", headers: dict[str, str] | None = None, **error: Any) -> Behave:
    content = orjson.dumps({"error": {"message": message} | error})
    return lambda handler, _: send(handler, number, content, headers)


def raw(content: bytes) -> Behave:
    return lambda handler, _: send(handler, 200, content)


def cut_off(handler: Handler, _: dict[str, Any]) -> None:
    """A body that is shorter than its header says."""
    content = completion("half")
    send(handler, 200, content[:20], {"content-length": str(len(content))})
    handler.close_connection = True


def hang_up(handler: Handler, _: dict[str, Any]) -> None:
    """No answer at all."""
    handler.close_connection = True


class Server:
    """`behaviours`: what is done with the next questions, in turn; then `default`. `asked`: bodies and headers of questions."""

    def __init__(self) -> None:
        self.behaviours: list[Behave] = []
        self.default: Behave = say("fine")
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.gate = threading.Event()
        lock = threading.Lock()
        server = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # headers and body in one packet, or the client waits 40 ms for the second

            def do_POST(self) -> None:
                body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    server.bodies.append(body)
                    server.headers.append({name.lower(): value for name, value in self.headers.items()})
                    server.paths.append(self.path)
                    behave = server.behaviours.pop(0) if server.behaviours else server.default
                behave(self, body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def hang(self, handler: Handler, _: dict[str, Any]) -> None:
        """Nothing until the test is over."""
        self.gate.wait(10)
        handler.close_connection = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server; no key of the one who runs the tests reaches it."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = Server()
    yield made
    made.gate.set()
    made.http.shutdown()
    made.http.server_close()
