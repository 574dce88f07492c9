"""How contamination is looked for: the rules, in the order in which they name a pair, and from which figures on they do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from kgtools.tools.config import Settings
from kgtools.tools.errors import UsageError

Rule = Literal["stem", "options", "ngrams", "answer"]
RULES: tuple[Rule, ...] = ("stem", "options", "ngrams", "answer")

Share = Annotated[float, Field(gt=0, le=1)]


class Rules(Settings):
    """`stem`: the question, letter by letter, as a whole or, where it is short, inside of a text. `options`: a question that is
    alike, with the same set of options, whatever their order and marks, or all but one of them. `ngrams`: runs of letters of
    the question, close together anywhere in the texts. `answer`: runs of a long answer or explanation."""

    rules: tuple[Rule, ...] = RULES
    ngrams: Annotated[Share, Field(description="part of a question's runs that a text must hold")] = 0.8
    answer: Annotated[Share, Field(description="part of a long answer's runs that a text must hold")] = 0.6
    alike: Annotated[Share, Field(description="likeness of two questions with the same options and unknown keys")] = 0.5
    alike_same_key: Annotated[Share, Field(description="the same, where their keys are the same")] = 0.2
    letters_zh: Annotated[int, Field(ge=5, description="of a Chinese question that is sought inside of texts")] = 10
    letters: Annotated[int, Field(ge=13, description="of any other question that is")] = 40


def rules_of(names: Sequence[str], settings: Mapping[str, str]) -> Rules:
    """The rules of these names, or all, with these thresholds. Raises UsageError with every fault."""
    try:
        return Rules.model_validate({**settings, "rules": tuple(names) or RULES})
    except ValidationError as error:
        known = ", ".join(name for name in Rules.model_fields if name != "rules")
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"--set {faults}; there are: {known}") from error
