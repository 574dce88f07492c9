"""What is done with each class: a policy as YAML."""

from pathlib import Path
from typing import Literal

from pydantic import field_validator

from kgtools.corpora.deidentify.classes import LABELS, STRUCTURED
from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.registry import suggestion

HERE = Path(__file__).parent / "policies"

Action = Literal["tag", "surrogate", "shift", "keep", "remove", "generalise"]
SURROGATES = frozenset(LABELS) - {"date", "birth-date", "age", "address", "employer", "hospital"}
"""Classes that have surrogates."""
SHIFTS = frozenset({"date", "birth-date"})
GENERAL = frozenset({"birth-date", "age", "address", "employer", "hospital", "zip"})
"""Classes that can be made coarser."""
DIRECT = frozenset(STRUCTURED) | {"name"}
"""Classes that say by themselves who it is."""


class Policy(Settings):
    """`classes`: what is done with each class; every class is named, so that none is forgotten.

    `tag`: `[姓名1]`, a number for each value, the same for a patient wherever it stands. `surrogate`: another value of the
    same form that is nobody's. `shift`: dates of a patient all move by the same days. `generalise`: birth dates to an
    age, ages over 89 to 90+, postal codes to their first three digits, hospitals, employers and addresses to a word."""

    title: str
    classes: dict[str, Action]

    @field_validator("classes")
    @classmethod
    def _all(cls, classes: dict[str, Action]) -> dict[str, Action]:
        faults = [
            f"there is no class {name!r}; {suggestion(name, list(LABELS))}" for name in classes if name not in LABELS
        ]
        faults += [f"the class {name} is missing; say keep to keep it" for name in LABELS if name not in classes]
        can = {"surrogate": SURROGATES, "shift": SHIFTS, "generalise": GENERAL}
        faults += [
            f"{name}: there is no {action} of this class"
            for name, action in classes.items()
            if action in can and name not in can[action] and name in LABELS
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return classes

    def keeps(self) -> list[str]:
        """The classes that say who it is and are kept: what such a policy leaves is not de-identified."""
        return sorted(name for name, action in self.classes.items() if action == "keep" and name in DIRECT)

    def with_surrogates(self) -> "Policy":
        """The same with surrogates in place of tags, where a class has them."""
        classes = {n: "surrogate" if a == "tag" and n in SURROGATES else a for n, a in self.classes.items()}
        return self.model_copy(update={"classes": classes})


def names() -> list[str]:
    """The policies that come with the package, sorted."""
    return yaml_names(HERE)


def load_policy(name: str) -> Policy:
    """A policy by its name or file. Raises UsageError for a name that there is not, InputError for a fault in the file."""
    return load_yaml(find_yaml(HERE, name, "policy"), Policy)
