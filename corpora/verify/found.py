"""What is found in an answer, and what that comes to before it is weighed."""

from dataclasses import dataclass

from kgtools.corpora.verify.language.reading import Text


@dataclass(frozen=True)
class Found:
    """A place in an answer as it is read: from where to where, what stands there, what it was taken for and why."""

    begin: int
    end: int
    text: str
    role: str
    why: str = ""


@dataclass(slots=True)
class Reading:
    """What a form reads in an answer, before it is weighed.

    `right`, `asked`, `claimed`: how many are right, asked for, claimed in all; `spoiled`: what is said cannot count, as all options
    named; `most`: how often the name is said that is said most;
    `steps`: how many of the contradictions are of steps that lead to the answer, which is none of them; `chosen`: letters
    of options, sorted. Of explanations `recall`,
    `precision`, `entities` and `turned`, the share that says the opposite, stand in place of the counts."""

    text: Text
    right: int = 0
    asked: int = 1
    claimed: int = 0
    contradiction: int = 0
    order: float = 1.0
    spoiled: bool = False
    abstained: bool = False
    nothing: bool = False
    most: int = 1
    recall: float = 0.0
    precision: float = 0.0
    entities: float = 1.0
    turned: float = 0.0
    steps: int = 0
    chosen: str = ""
