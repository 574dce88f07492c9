"""Where a model is asked: the address, the key, and how long it is waited for."""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from kgtools.tools.errors import UsageError

PATH = "/chat/completions"
DEFAULT_KEY = "OPENAI_API_KEY"
"""The variable whose key is sent where the user names none, and it is set."""
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


@dataclass(frozen=True)
class Endpoint:
    """`url`: of chat completions, whole; `timeout_s`: seconds until a whole reply must be there; `tries`: at one question; `concurrency`:
    questions at once; `seed`: of the pauses between tries; `proxy`: whether the environment's proxies are used."""

    url: str
    model: str
    concurrency: int = 8
    tries: int = 6
    timeout_s: float = 600.0
    seed: int = 0
    proxy: bool = False

    @property
    def host(self) -> str:
        """The server without a path, a key or whatever else a URL may hold."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def stays_here(self) -> bool:
        """Whether what is asked does not leave this machine."""
        name = urlsplit(self.url).hostname or ""
        try:
            local = ip_address(name).is_loopback
        except ValueError:
            local = name == "localhost"
        return local and not self.proxy

    @property
    def is_open(self) -> bool:
        """Whether others can read on the way what is sent, the key too."""
        return urlsplit(self.url).scheme == "http" and not self.stays_here


def chat_url(server: str) -> str:
    """The address of chat completions at a server: `https://host`, `https://host/v1` and the whole address mean the same.

    Raises UsageError for what is no address, and for one that holds a password."""
    try:
        parts = urlsplit(server)
        name, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"--server: not an address ({error}); name one such as http://localhost:8000/v1") from error
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "--server: holds a user or a password; put the key into the environment and name it: --key-env NAME"
        )
    if parts.scheme not in ("http", "https") or not name or parts.query or parts.fragment:
        raise UsageError(
            f"--server {server}: expected an address such as http://localhost:8000/v1 and nothing behind it"
        )
    path = parts.path.rstrip("/")
    if not path.endswith(PATH):
        path = f"{path or '/v1'}{PATH}"
    return f"{parts.scheme}://{parts.netloc}{path}"


def read_key(variable: str | None) -> str | None:
    """The key in a variable of the environment, None where the user named none and the usual one is not set. Raises UsageError for one that
    is not set, and for a value that no header can hold."""
    name = variable or DEFAULT_KEY
    key = os.environ.get(name, "").strip()
    if not key and variable is None:
        return None
    if not key:
        raise UsageError(f"--key-env {name}: the environment has no such variable, or nothing in it")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(f"{name}: holds signs that no key has; is it the key?")
    return key


def unused_proxies() -> list[str]:
    """Variables of the environment that name a proxy."""
    return [name for name in PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
