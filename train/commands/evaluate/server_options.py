"""Options of commands that ask a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import F
from kgtools.tools.terminal import tell

if TYPE_CHECKING:
    from kgtools.train.evaluate.server.client import Client


def server_options(option: str) -> Callable[[F], F]:
    """`--server` or what else names the server, the model, the key's variable, and how it is asked."""

    def add(command: F) -> F:
        made = [
            click.option(option, "server", metavar="URL", required=True, help="An OpenAI-compatible server: http://localhost:8000/v1."),
            click.option("--model", required=True, help="The model, as the server calls it."),
            click.option("--key-env", metavar="NAME", help="The variable that holds the key.  [default: OPENAI_API_KEY, if it is set]"),
            click.option("--concurrency", type=click.IntRange(1, 256), default=8, show_default=True, help="Questions at once."),
            click.option("--tries", type=click.IntRange(1, 20), default=6, show_default=True, help="Tries at one question."),
            click.option("--timeout", "timeout_s", type=click.FloatRange(0.1), default=600.0, show_default=True, help="Seconds for a whole reply."),
            click.option("--use-proxy", "proxy", is_flag=True, help="Ask through the proxy that the environment names."),
            click.option("--price-prompt", type=click.FloatRange(0), help="Price of a million tokens of prompts."),
            click.option("--price-answer", type=click.FloatRange(0), help="Price of a million tokens of answers."),
            click.option("--max-cost", type=click.FloatRange(0), help="Stop before all would cost more, by these prices."),
            click.option("--allow-identified", "identified", is_flag=True, help="Send records of people, never de-identified, to another machine."),
            click.option("--fresh", is_flag=True, help="Replace what --out holds."),
        ]  # fmt: skip
        for one in reversed(made):
            command = one(command)
        return command

    return add


@contextmanager
def open_client(
    server: str, model: str, key_env: str | None, concurrency: int, tries: int, timeout_s: float, proxy: bool
) -> Iterator["Client"]:
    """A client of the server that options name; what a user should know of it is told. Raises UsageError, MissingExtraError."""
    from kgtools.train.evaluate.server.client import Client
    from kgtools.train.evaluate.server.endpoint import DEFAULT_KEY, Endpoint, chat_url, read_key, unused_proxies

    endpoint = Endpoint(chat_url(server), model, concurrency, tries, timeout_s, proxy=proxy)
    key = read_key(key_env)
    with Client(endpoint, key) as client:
        if key:
            open_way = " without encryption: others can read it on the way" if endpoint.is_open else ""
            tell(f"kgtools: {endpoint.host} is sent the key of {key_env or DEFAULT_KEY}{open_way}")
        if not proxy and not endpoint.stays_here and (names := unused_proxies()):
            tell(f"kgtools: {', '.join(names)} names a proxy, which is not used; --use-proxy uses it")
        yield client


def tell_cost(facts: dict[str, object]) -> None:
    """Tokens and cost, where they are known."""
    text = f"tokens: {facts['prompt_tokens']:,} of prompts, {facts['answer_tokens']:,} of answers"
    if facts["uncounted"]:
        text += f"; of {facts['uncounted']:,} replies the server counted none"
    if facts["cost"] is not None:
        text += f"; cost {facts['cost']:.4f} by the prices given"
    tell(text)


def tell_out(names: str, out: Path) -> None:
    """Where the files are."""
    tell(f"{names} are in {out}")
