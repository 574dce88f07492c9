"""Judgements asked of a server: a question that gets no verdict is asked again, with what was said and a reminder of the form."""

from collections.abc import Sequence
from dataclasses import dataclass

from kgtools.train.evaluate.judge.rubric import Rubric
from kgtools.train.evaluate.judge.verdict import Verdict, read_verdict
from kgtools.train.evaluate.server.ask import OnProgress, Outcome, ask_all, make_request
from kgtools.train.evaluate.server.client import Client, Request
from kgtools.train.evaluate.server.cost import Prices
from kgtools.train.evaluate.server.kept import Replies
from kgtools.train.evaluate.server.settings import DecodeSettings
from kgtools.train.evaluate.task import Message

REMINDER = {
    "zh": "你的回复无法读取。请只输出一个 JSON 对象，不要有别的文字，格式如下：\n",
    "en": "Your reply could not be read. Reply with one JSON object and nothing else, of this form:\n",
}
NOTHING = "..."
"""Stands for a reply without a word, which servers do not take back."""
FAILED, UNPARSED, READ = "failed", "unparsed", "read"


@dataclass(frozen=True)
class Question:
    """What a judge is asked once. `place`: of the answer, or pair, among those that are judged; `turn`: which question about it."""

    place: int
    turn: int
    lang: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Judgement:
    """`state`: whether there is a verdict that can be read, none, or no reply; `text`: of the last reply; `request`: by which the file of
    replies has it."""

    state: str
    verdict: Verdict | None
    text: str
    request: str


@dataclass(frozen=True)
class Judgements:
    """`by_key`: (place, turn) -> what the judge said; `requests`: all that were needed for it, by id."""

    by_key: dict[tuple[int, int], Judgement]
    requests: dict[str, Request]
    outcome: Outcome


def ask_judge(
    questions: Sequence[Question], rubric: Rubric, replies: Replies, client: Client, settings: DecodeSettings, rounds: int,
    prices: Prices | None = None, on_progress: OnProgress = lambda *_: None,
) -> Judgements:  # fmt: skip
    """Ask a judge, at most `rounds` times each question. Raises UsageError for what every question would fail with."""
    outcome, requests = Outcome(), dict[str, Request]()
    by_key: dict[tuple[int, int], Judgement] = {}
    open_ones = [(one, one.messages) for one in questions]
    for number in range(rounds):
        asked = [
            (one, messages, make_request(client.endpoint, messages, settings, number)) for one, messages in open_ones
        ]
        requests |= {request.id: request for *_, request in asked}
        outcome.add(ask_all((request for *_, request in asked), replies, client, prices, on_progress))
        open_ones = []
        for one, messages, request in asked:
            reply = replies.by_id.get(request.id)
            verdict = read_verdict(rubric, reply.text) if reply else None
            state = READ if verdict is not None else UNPARSED if reply else FAILED
            by_key[one.place, one.turn] = Judgement(state, verdict, reply.text if reply else "", request.id)
            if reply and verdict is None:
                reminder = REMINDER["zh" if one.lang == "zh" else "en"] + rubric.reply
                said = {"role": "assistant", "content": reply.text.strip() or NOTHING}
                open_ones.append((one, (*messages, said, {"role": "user", "content": reminder})))
        if not open_ones:
            break
    return Judgements(by_key, requests, outcome)
