"""How the parts of a score make its total: weights as YAML."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from kgtools.tools.config import Settings, load_yaml

DEFAULT = Path(__file__).parent / "policy.yaml"

Share = Annotated[float, Field(ge=0, le=1)]


class Policy(Settings):
    """The weights.

    `contradiction`: as so many wrong names counts one that must not be said. `order`, `repetition`, `length`, `format`: the share
    of the total that is lost where that part is 0. `repeats`: a name or phrase may be said so often. `long`: characters from which
    on an answer is long. Of explanations: `entities`: the share that the things have which the reference names; `covered`: so much like
    the reference is right; `unlike`: less than that is wrong."""

    title: str
    contradiction: Annotated[float, Field(ge=1, le=100)]
    order: Share
    repetition: Share
    length: Share
    format: Share
    repeats: Annotated[int, Field(ge=1)]
    long: Annotated[int, Field(ge=1)]
    entities: Share = 0.3
    covered: Share = 0.83
    unlike: Share = 0.3


@cache
def default_policy() -> Policy:
    """The policy that comes with the package."""
    return load_yaml(DEFAULT, Policy)


def load_policy(file: Path | None) -> Policy:
    """A policy of a file; the one that comes with the package without. Raises InputError for a fault in the file."""
    return default_policy() if file is None else load_yaml(file, Policy)
