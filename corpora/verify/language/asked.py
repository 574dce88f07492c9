"""What a question asks for: what to avoid, what does harm, what does good."""

import re
from functools import lru_cache
from typing import NamedTuple

ASKS_TO_AVOID = re.compile(
    r"忌|禁|避免|限制|少[喝饮用]|不宜|不能|不可|不要|不应|不该|少吃|慎用|不适[合宜]|avoid|contraindicat|should not|shouldn't|must not"
    r"|not (?:be )?(?:eat|tak|us|suit|recommend)"
    r"|unsuitable|forbidden|\blimit|less of|cut (?:down|back)|SHOULD_AVOID|CONTRAINDICATED|HAS_CONTRAINDICATED|BAD_FOR",
    re.IGNORECASE,
)
ASKS_FOR_HARM = re.compile(r"风险|危险|诱因|病因|引起|导致|\b(?:risks?|causes?|triggers?|increases?)\b", re.IGNORECASE)
ASKS_FOR_LACK = re.compile(r"deficien|\black|缺")
ASKS_FOR_HELP = re.compile(r"保护|预防|降低|减少|protect|prevent|reduc|lower", re.IGNORECASE)
EATS = re.compile(
    r"[吃喝食饮]|\b(?:eat|drink|foods?|diet|meals?|fruits?|vegetables?|snacks?|nutrition)|SHOULD_EAT", re.IGNORECASE
)


class Asked(NamedTuple):
    """What a question asks for.

    `question`: its folded text. `avoiding`: what to avoid, so that "avoid X" says X, and "eat X" or "X need not be avoided" denies it.
    `harming`: what does harm, so that "X is protective" denies it. `eating`: what is good to eat, so that "X irritates" denies it."""

    question: str = ""
    avoiding: bool = False
    harming: bool = False
    eating: bool = False


@lru_cache(4_096)
def asked_of(question: str, folded: str, avoiding: bool) -> Asked:
    """What a question asks for; whether that is what to avoid is known."""
    harming = ASKS_FOR_HARM.search(question) is not None and ASKS_FOR_HELP.search(question) is None
    return Asked(folded, avoiding, harming, not avoiding and not harming and EATS.search(question) is not None)


@lru_cache(4_096)
def asks_to_avoid(question: str) -> bool:
    """Whether a question, or the relations that it asks for, asks for what to avoid."""
    return ASKS_TO_AVOID.search(question) is not None
