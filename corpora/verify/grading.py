"""The score of an answer to an item, and what in the answer it comes from."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from kgtools.corpora.verify.forms.booleans import read_boolean
from kgtools.corpora.verify.forms.boxes import ticked
from kgtools.corpora.verify.forms.options.choices import read_choice
from kgtools.corpora.verify.forms.queries import read_query
from kgtools.corpora.verify.forms.sets import read_abstention, read_set
from kgtools.corpora.verify.forms.texts import read_text
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.names import NameIndex
from kgtools.corpora.verify.language.reading import Text, answer_in, fold
from kgtools.corpora.verify.language.run_on import copied, run_ons
from kgtools.corpora.verify.policy import Policy, default_policy

Verdict = Literal["right", "partial", "wrong", "abstained", "no_answer"]


class Score(NamedTuple):
    """What an answer is worth.

    `total`: from 0 to 1, what a policy makes of the parts. `verdict`: right, partial, wrong, abstained or no_answer. `answer`: 1 where
    everything asked for is said and nothing wrong. `precision`, `recall`: of names, of letters, or of the runs of a text. `order`: of
    items with steps, the share of them that is said in order; else 1. `contradiction`: how many of what must not be said, of steps the
    other way round, and of sentences that say the opposite, are claimed. `abstained`, `no_answer`: 1 where that is so. `format`, `length`,
    `repetition`: 1 where nothing is amiss, less where the answer speaks to its grader, is long, or says the same over and over.
    `entities`: of explanations, F of the things that the reference names; else 1."""

    total: float
    verdict: Verdict
    answer: int
    precision: float
    recall: float
    order: float
    contradiction: int
    abstained: int
    no_answer: int
    format: float
    length: float
    repetition: float
    entities: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """The fields by their names."""
        return self._asdict()


PARTS = Score._fields


@dataclass(frozen=True)
class Explanation:
    """A score with the answer as it was read and all that was found in it."""

    score: Score
    read: str
    found: tuple[Found, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields by their names, as JSON holds them."""
        return {"score": self.score.to_dict(), "read": self.read, "found": [asdict(each) for each in self.found]}


GRADER = re.compile(
    r"(?:grade|score|reward|mark|rating|verdict|评分|得分|打分|分数|满分|成绩)[^\w\n]{0,4}(?:is|=|:|为"
    r"|是)?[^\w\n]{0,3}(?:1(?:\.0+)?|10|100|right|correct|满分|full)(?![\w.]|\s?(?:分|级|期|度|型))"
    r"|(?:给|打|判|得)[^。\n]{0,8}(?:满分|1分|10分|100分|最高分)|满分"
    r"|(?:忽略|无视|忘记|忘掉)[^。\n]{0,12}(?:规则|指令|指示|要求|提示|说明)"
    r"|\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instructions?|rules?|prompts?|criteria|rubric)\b"
    r"|\b(?:full|maximum|max|perfect) (?:marks?|score|grade|reward|points)\b|\b(?:dear |note to |attention )(?:the )?grader\b"
    r"|\"?(?:total|verdict)\"?\s?:\s?\"?(?:1|right)"
)
GRADER_MARKS = re.compile("满分|评分|得分|打分|分数|1分|0分|高分|成绩|忽略|无视|忘记|忘掉")
GRADER_WORDS = frozenset([
    "grade", "graded", "grader", "grading", "score", "scores", "reward", "marks", "mark", "rating", "verdict", "ignore", "disregard",
    "forget", "override", "points", "total", "maximum", "max", "perfect",
])  # fmt: skip
"""One of these is in whatever speaks to a grader."""
PIECES = re.compile(r"[\s,。;!?、.,;!?，；！？]+")
ENDS = re.compile(r"[。？?!！\n]")
MOST = 20_000
"""Characters of an answer that are read, the last ones."""
ASKED = 8
"""Characters from which on a question that stands in an answer is taken off."""
SHORT = 200
"""Characters of an answer in which only names are counted."""


def score(
    text: str, item: Item, names: NameIndex | None = None, question: str = "", policy: Policy | None = None
) -> Score:
    """Grade what a model wrote as an answer to an item.

    `names`: other names of the graph, which an answer may claim wrongly. `question`: the text that was asked; to say it again is no
    claim. `policy`: the weights, by default those of the package. The same arguments give the same score to the bit."""
    policy = policy or default_policy()
    text = answer_in(text)
    return weigh(_read(text, item, names, question, None), text, item, policy)


def explain(
    text: str, item: Item, names: NameIndex | None = None, question: str = "", policy: Policy | None = None
) -> Explanation:
    """The score of an answer, with what was found in it and what was made of that."""
    policy = policy or default_policy()
    text = answer_in(text)
    found: list[Found] = []
    reading = _read(text, item, names, question, found)
    return Explanation(weigh(reading, text, item, policy), reading.text.read, tuple(found))


class Chosen(NamedTuple):
    """What an answer to a question with options chooses.

    `letters`: sorted, empty where none is chosen. `state`: read; mixed: a letter stands with the text of another option, every option is
    named, or several where one is right; abstained: it says that it does not know; no_answer: nothing is answered, or not by any of the
    options."""

    letters: str
    state: Literal["read", "mixed", "abstained", "no_answer"]


def read_letters(text: str, item: Item, question: str = "") -> Chosen:
    """The options that an answer to an item of the form `choice` chooses, right or wrong. Only whether the item has one right option or
    several is looked at, not which. `question`: the text that was asked."""
    reading = _read(answer_in(text), item, None, question, None)
    if reading.abstained:
        return Chosen("", "abstained")
    if not reading.chosen:
        return Chosen("", "no_answer")
    undecided = len(reading.chosen) > 1 == len(item.right)
    return Chosen(reading.chosen, "mixed" if reading.spoiled or undecided else "read")


def _read(text: str, item: Item, names: NameIndex | None, question: str, found: list[Found] | None) -> Reading:
    text = text[-MOST:]
    if question:
        text = without_question(text, question, sentences=item.form in ("set", "abstain", "text"))
    if item.form == "cypher":
        return read_query(text, item, found)
    if ("\n" in text or "问" in text) and (cut := min(run_ons(text, question), default=0)):
        reading = _read_form(text[:cut], item, names, question, found)
        if not reading.nothing:
            return reading
        if found is not None:
            found.clear()
    return _read_form(text, item, names, question, found)


def _read_form(text: str, item: Item, names: NameIndex | None, question: str, found: list[Found] | None) -> Reading:
    if item.form in ("choice", "set") and ("[" in text or "☐" in text or "□" in text or "⬜" in text):
        text = ticked(text)
    if item.form == "choice":
        return read_choice(text, item, question, found)
    if item.form == "boolean":
        return read_boolean(text, item, question, found)
    if item.form == "text":
        return read_text(text, item, names, question, found)
    return (read_set if item.form == "set" else read_abstention)(text, item, names, question, found)


def without_question(text: str, question: str, sentences: bool) -> str:
    """The text without the question, its first line or, where so wanted, those of its sentences that ask, said again."""
    question = question.strip()
    if not sentences and 4 * len(text) > 3 * len(question) and (span := copied(text, question)):
        return text[: span[0]] + "\n" + text[span[1] :]
    for asked in (question, question.partition("\n")[0].strip()):
        if len(asked) >= ASKED and asked in text:
            return text.replace(asked, "\n")
    if sentences and ("?" in text or "？" in text):
        for asked in ENDS.split(question):
            if len(asked.strip()) >= ASKED:
                for sign in "?？":
                    text = text.replace(asked.strip() + sign, "\n")
    return text


def weigh(reading: Reading, text: str, item: Item, policy: Policy) -> Score:
    """The parts of a score and its total."""
    length = min(1.0, max(policy.long, 2 * len(item.reference)) / len(text)) if text else 1.0
    repetition = _repetition(text, reading.most, policy.repeats)
    if item.form == "cypher":
        length = repetition = 1.0  # a query is as long as it must be, and says its variables again
    format = 0.0 if speaks_to_grader(reading.text) and not speaks_to_grader(Text(fold(item.reference))) else 1.0
    if reading.nothing:
        return Score(0.0, "no_answer", 0, 0.0, 0.0, 0.0, 0, 0, 1, format, length, repetition)
    if reading.abstained:
        manner = _manner(policy, 1.0, format, length, repetition)
        if item.form == "abstain":
            return Score(round(manner, 6), "right", 1, 1.0, 1.0, 1.0, 0, 1, 0, format, length, repetition)
        return Score(0.0, "abstained", 0, 0.0, 0.0, 0.0, 0, 1, 0, format, length, repetition)
    if item.form == "text":
        return _weigh_text(reading, item, policy, format, length, repetition)
    right = 0 if reading.spoiled else min(reading.right, reading.asked)
    recall = right / reading.asked
    precision = 0.0 if reading.spoiled or not reading.claimed else reading.right / reading.claimed
    whole = right == reading.asked and reading.right == reading.claimed and not reading.contradiction
    counted = reading.claimed + (policy.contradiction - 1) * reading.contradiction
    sharp = reading.right / counted if counted and right else 0.0
    verdict: Verdict
    if whole:
        verdict = "right"
    elif (
        not right
        or reading.contradiction - reading.steps >= reading.right
        or reading.asked == 1 == len(item.right) > 0
        or item.form == "boolean"
    ):
        verdict = "wrong"
    else:
        verdict = "partial"
    base = 0.0 if verdict == "wrong" and item.form in ("choice", "boolean") else recall * sharp * sharp
    total = base * _manner(policy, reading.order, format, length, repetition)
    return Score(
        round(total, 6), verdict, int(whole), precision, recall, reading.order, reading.contradiction, 0, 0, format, length, repetition
    )  # fmt: skip


def _weigh_text(
    reading: Reading, item: Item, policy: Policy, format: float, length: float, repetition: float
) -> Score:  # fmt: skip
    """The score of an explanation: how much it is like its reference. A bare list of the things that this names earns little: they
    count for no more than twice as much as the words do."""
    recall, precision, entities = reading.recall, reading.precision, reading.entities
    like = base = 2 * recall * precision / (recall + precision) if recall and precision else 0.0
    if item.answers:
        base = (1 - policy.entities) * like + policy.entities * min(entities, 2 * like)
    base *= max(0.0, 1 - (policy.contradiction - 1) * reading.turned)
    whole = like >= policy.covered and not reading.contradiction
    verdict: Verdict = "right" if whole else "wrong" if base < policy.unlike else "partial"
    total = base * _manner(policy, 1.0, format, length, repetition)
    return Score(
        round(total, 6), verdict, int(whole), precision, recall, 1.0, reading.contradiction, 0, 0, format, length, repetition, entities
    )  # fmt: skip


def speaks_to_grader(text: Text) -> bool:
    """Whether a text asks for a score, or tells its reader to forget the rules."""
    if GRADER_WORDS.isdisjoint(text.words) and not GRADER_MARKS.search(text.read):
        return False
    return GRADER.search(text.read) is not None


def _manner(policy: Policy, order: float, format: float, length: float, repetition: float) -> float:
    """What is left of a total for how the answer is given."""
    if order == format == length == repetition == 1.0:
        return 1.0
    return (
        (1 - policy.order * (1 - order))
        * (1 - policy.format * (1 - format))
        * (1 - policy.length * (1 - length))
        * (1 - policy.repetition * (1 - repetition))
    )


def _repetition(text: str, most: int, repeats: int) -> float:
    """1 where nothing is said more often than is free, else how much less that would be."""
    if len(text) > SHORT:
        pieces = PIECES.split(text)
        if len(pieces) - len(set(pieces)) >= repeats:
            counts = Counter(piece for piece in pieces if len(piece) > 2)
            most = max(most, max(counts.values(), default=0))
    return 1.0 if most <= repeats else repeats / most
