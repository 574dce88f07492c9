"""What questions cost, by the prices that the user names, and where they end lest they cost more."""

from collections.abc import Iterable
from dataclasses import dataclass

from kgtools.tools.errors import UsageError
from kgtools.train.evaluate.server.client import Request
from kgtools.train.evaluate.server.reply import Reply

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in whatever money; `most`: that all may cost together, None for no limit."""

    prompt: float
    answer: float
    most: float | None = None

    def of(self, prompt_tokens: int, answer_tokens: int) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.prompt + answer_tokens * self.answer) / MILLION

    def most_of(self, request: Request) -> float:
        """What a request can cost at most, if its server keeps to the limit of tokens."""
        return self.of(*request.most_tokens)

    def of_reply(self, request: Request, reply: Reply) -> float:
        """What a reply did cost: by the tokens that the server counted, where it did not at most."""
        if reply.prompt_tokens is None or reply.answer_tokens is None:
            return self.most_of(request)
        return self.of(reply.prompt_tokens, reply.answer_tokens)


@dataclass(frozen=True)
class Usage:
    """Tokens of replies as the server counted them; `uncounted`: replies of which it did not."""

    prompt_tokens: int
    answer_tokens: int
    uncounted: int


def make_prices(prompt: float | None, answer: float | None, most: float | None) -> Prices | None:
    """The prices that a user named, None for none. Raises UsageError for a limit without prices, and one price without the other."""
    if prompt is None and answer is None:
        if most is not None:
            raise UsageError("--max-cost needs the prices of a million tokens: --price-prompt and --price-answer")
        return None
    if prompt is None or answer is None:
        raise UsageError("--price-prompt and --price-answer go together: the prices of a million tokens of each")
    return Prices(prompt, answer, most)


def count_usage(replies: Iterable[Reply]) -> Usage:
    """The tokens of replies."""
    prompt = answer = uncounted = 0
    for reply in replies:
        prompt += reply.prompt_tokens or 0
        answer += reply.answer_tokens or 0
        uncounted += reply.prompt_tokens is None or reply.answer_tokens is None
    return Usage(prompt, answer, uncounted)
