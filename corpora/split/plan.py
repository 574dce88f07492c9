"""How records are split: shares or counts, as published or as a paper did it."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from kgtools.tools.config import Seed, Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.errors import UsageError

DEFAULT = {"train": "0.9", "validation": "0.05", "test": "0.05"}
HERE = Path(__file__).parent / "plans"

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Column = Annotated[str, Field(pattern=r"^(source|task|lang|license|meta\.[\w-]+)$")]
Key = Annotated[str, Field(pattern=r"^[\w-]+$")]


class Subset(Settings):
    """A sample of the groups of one split, in a file of its own: `groups` of them, drawn with the seed."""

    of: Split
    groups: Annotated[int, Field(ge=1)]


class Rule(Settings):
    """What becomes of the records of some sources and tasks (of all, where none is named).

    `shares` of the records, or `counts` of them: what is not counted is for train, or left out where train is counted.
    `published`: records that the corpus gives a split keep it; the rest go by shares or counts. `cut`: in these splits a
    dialogue ends with one of its replies, drawn with the seed, which is the answer. `subsets`: name -> a sample."""

    sources: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    shares: dict[Split, Share] | None = None
    counts: dict[Split, Count] | None = None
    published: bool = False
    cut: tuple[Split, ...] = ()
    subsets: dict[Key, Subset] = {}

    @model_validator(mode="after")
    def _one_way(self) -> "Rule":
        if self.shares is not None and self.counts is not None:
            raise ValueError("shares and counts together; give one of them")
        if self.shares is None and self.counts is None and not self.published:
            raise ValueError("nothing says how to split; give shares, counts or published: true")
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"the shares are {sum(self.shares.values()):g} together, not 1")
        return self


class SplitPlan(Settings):
    """Rules, of which the first that fits takes a group. `by`: what each split holds in the same proportions.

    `tie`: keys of meta, or fields; records with the same value of one (a patient, a page) stay in one split, whatever their
    source."""

    title: str = ""
    paper: str = ""
    notes: str = ""
    seed: Seed = 0
    by: tuple[Column, ...] = ("source", "task", "lang")
    tie: tuple[Key, ...] = ()
    rules: tuple[Rule, ...]

    @field_validator("rules")
    @classmethod
    def _some(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        if not rules:
            raise ValueError("a plan needs a rule")
        names = [name for rule in rules for name in rule.subsets]
        if twice := sorted({name for name in names if names.count(name) > 1} | {"records", "removed"} & set(names)):
            raise ValueError(f"these names of subsets are taken: {', '.join(twice)}")
        return rules


def names() -> list[str]:
    """The plans of papers, sorted."""
    return yaml_names(HERE)


def load_plan(name: str) -> SplitPlan:
    """A plan by its name or file. Raises UsageError for a name that there is not, InputError for a fault in the file."""
    return load_yaml(find_yaml(HERE, name, "plan"), SplitPlan)


def make_plan(
    name: str | None,
    shares: dict[str, str] | None = None,
    counts: dict[str, str] | None = None,
    published: bool = False,
    by: str | None = None,
    tie: str | None = None,
    seed: int | None = None,
) -> SplitPlan:
    """The plan of this name or file, or one rule of what the user said; `by` and `tie` are words with commas between.

    Raises UsageError for what does not go together."""
    if name is not None and (shares is not None or counts is not None or published):
        raise UsageError("--as is a whole plan; give it without --shares, --counts and --published")
    if shares is None and counts is None and not published:
        shares = DEFAULT
    options = {"by": by, "tie": tie}
    changes: dict[str, Any] = {
        key: [word for word in text.split(",") if word] for key, text in options.items() if text is not None
    }
    if seed is not None:
        changes["seed"] = seed
    values = (
        load_plan(name).model_dump()
        if name is not None
        else {"rules": [{"shares": shares, "counts": counts, "published": published}]}
    )
    try:
        return SplitPlan.model_validate(values | changes)
    except ValidationError as error:
        paths = (
            (".".join(map(str, fault["loc"])).removeprefix("rules.0").lstrip("."), fault) for fault in error.errors()
        )
        faults = (f"{path}: {fault['msg']} ({fault['input']!r})" if path else fault["msg"] for path, fault in paths)
        raise UsageError("; ".join(faults)) from error
