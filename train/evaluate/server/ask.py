"""Many questions to a server at once; each reply is kept as it comes."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import orjson

from kgtools.tools.errors import KgtoolsError
from kgtools.tools.inputs.files import digest
from kgtools.train.evaluate.server.client import Client, Request
from kgtools.train.evaluate.server.cost import Prices
from kgtools.train.evaluate.server.endpoint import Endpoint
from kgtools.train.evaluate.server.kept import Replies
from kgtools.train.evaluate.server.reply import Failure, Reply
from kgtools.train.evaluate.server.settings import DecodeSettings

IN_A_ROW = 20
"""So many questions that fail one after the other, and no reply between, end the run: the others would hardly fare better."""
COST, ROW = "would cost more than --max-cost", f"not asked: {IN_A_ROW} questions failed one after the other"
OnProgress = Callable[[int, int], None]


@dataclass
class Outcome:
    """What became of requests beside the replies that are kept. `calls`: requests that were sent in this run; `failures`: by request;
    `unasked`: how many were not sent, by reason."""

    calls: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)
    unasked: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        """Count another round."""
        self.calls += other.calls
        self.failures |= other.failures
        self.unasked += other.unasked

    def reasons(self) -> dict[str, int]:
        """Questions without a reply, by reason."""
        counted = Counter(failure.reason for failure in self.failures.values()) + self.unasked
        return dict(sorted(counted.items()))

    def example(self) -> str:
        """What the server said of one of them."""
        return next((f"{one.reason}: {one.message}" for one in self.failures.values() if one.message), "")


def make_request(
    endpoint: Endpoint, messages: Iterable[Mapping[str, str]], settings: DecodeSettings, number: int = 0
) -> Request:
    """A question with its settings. `number`: which of several answers to it; each has a seed of its own."""
    plain = [{"role": one["role"], "content": one["content"]} for one in messages]
    body = {"model": endpoint.model, "messages": plain, **settings.body(number)}
    parts = [endpoint.url, body, number]
    return Request(digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()), body)


def ask_all(
    requests: Iterable[Request], replies: Replies, client: Client, prices: Prices | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> Outcome:  # fmt: skip
    """Ask what is not among the replies yet, so many at once as the endpoint takes, and keep what comes.

    Only this thread writes, so a signal leaves whole lines. Questions that are on their way when it comes are lost, not those that were
    answered. Raises UsageError for what every question would fail with."""
    unique = {one.id: one for one in requests}
    todo = deque(one for one in unique.values() if one.id not in replies.by_id)
    purse = _Purse(prices, unique, replies)
    outcome, total = Outcome(), len(unique)
    work: SimpleQueue[Request | None] = SimpleQueue()
    done: SimpleQueue[tuple[Request, Reply | Failure | KgtoolsError]] = SimpleQueue()
    count = min(client.endpoint.concurrency, len(todo))
    for _ in range(count):
        threading.Thread(target=_work, args=(client, work, done), daemon=True).start()
    asked: set[str] = set()
    in_a_row = 0
    try:
        while True:
            while todo and len(asked) < count and in_a_row < IN_A_ROW and purse.can_pay(todo[0]):
                request = todo.popleft()
                purse.reserve(request)
                asked.add(request.id)
                work.put(request)
                outcome.calls += 1
            if not asked:
                break
            request, result = done.get()
            asked.remove(request.id)
            if isinstance(result, KgtoolsError):
                raise result
            replies.add(request.id, result)
            purse.pay(request, result)
            if isinstance(result, Failure):
                outcome.failures[request.id] = result
            in_a_row = in_a_row + 1 if isinstance(result, Failure) else 0
            on_progress(total - len(todo) - len(asked), total)
    finally:
        for _ in range(count):
            work.put(None)
    if todo:
        outcome.unasked[ROW if in_a_row >= IN_A_ROW else COST] += len(todo)
    return outcome


def _work(client: Client, work: Any, done: Any) -> None:
    """Ask until there is nothing more; what the user can mend goes to who asked."""
    while (request := work.get()) is not None:
        try:
            done.put((request, client.ask(request)))
        except KgtoolsError as error:
            done.put((request, error))


class _Purse:
    """What was spent, and what questions on their way may cost; `most` of the prices is never passed, if the server keeps to the limit
    of tokens."""

    def __init__(self, prices: Prices | None, requests: Mapping[str, Request], replies: Replies) -> None:
        self._prices = prices
        self._spent = self._reserved = 0.0
        if prices:
            self._spent = spent(prices, requests, replies)

    def can_pay(self, request: Request) -> bool:
        """Whether the request can be sent."""
        if self._prices is None or self._prices.most is None:
            return True
        return self._spent + self._reserved + self._prices.most_of(request) <= self._prices.most

    def reserve(self, request: Request) -> None:
        """The request goes out."""
        if self._prices:
            self._reserved += self._prices.most_of(request)

    def pay(self, request: Request, result: Reply | Failure) -> None:
        """It has come back."""
        if self._prices:
            most = self._prices.most_of(request)
            self._reserved -= most
            self._spent += self._prices.of_reply(request, result) if isinstance(result, Reply) else result.paid * most


def spent(prices: Prices, requests: Mapping[str, Request], replies: Replies) -> float:
    """What replies to requests cost, in all runs into their folder, with tries that failed and may have cost something."""
    paid = (prices.most_of(one) * replies.paid.get(id_, 0) for id_, one in sorted(requests.items()))
    costs = (prices.of_reply(one, replies.by_id[id_]) for id_, one in sorted(requests.items()) if id_ in replies.by_id)
    return sum(costs) + sum(paid)
