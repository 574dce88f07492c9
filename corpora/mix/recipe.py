"""A mix as a recipe: which records, how much of each, what is taken out."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from kgtools.corpora.decontaminate.rules import Rules
from kgtools.corpora.split.plan import SplitPlan
from kgtools.tools.config import Seed, Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion

HERE = Path(__file__).parent / "recipes"

Share = Annotated[float, Field(ge=1e-6, le=1)]
Count = Annotated[int, Field(ge=1)]


class Ingredient(Settings):
    """A source of the mix.

    `path`: a folder or Parquet file of records; a relative one is beside the recipe. Where it is missing, whoever mixes names
    it (`--source NAME=PATH`), and `bring` says what it is and how it is made. `share`: its part of the whole; those without
    divide what is left by their size and the temperature. `cap`: at most so many records. `repeat`: each record at most so
    often. `tasks`, `langs`: only these. `split`: as which split its records count, whatever they say. `private`: whether its
    records are to be de-identified as people's, whatever their manifest and tasks say; what those say stays true of the mix."""

    path: Path | None = None
    bring: str = ""
    required: bool = True
    share: Share | None = None
    cap: Count | None = None
    repeat: Count = 1
    tasks: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    split: Literal["train", "validation", "test"] | None = None
    private: bool | None = None


class Filters(Settings):
    """What a record must be; each is left out where it is null. Lengths are in characters.

    `languages`: the texts must be of these, by their letters. `max_repetition`: the part of an answer's clauses that
    were in it before. `max_symbols`: the part that is neither letter, digit, space nor punctuation. `max_mojibake`: marks of
    a wrong encoding in a text."""

    min_question: int | None = 2
    min_answer: int | None = 1
    max_characters: int | None = None
    languages: tuple[str, ...] = ()
    max_repetition: float | None = 0.5
    max_symbols: float | None = 0.3
    max_mojibake: int | None = 2


class Deidentify(Settings):
    """De-identification of what holds people's records and talks: by which policy, and whether of all sources."""

    policy: str = "pipl"
    everything: bool = False


class Dedup(Settings):
    """Duplicates: what is compared, from which similarity on a record is taken out, by pieces of how many characters."""

    on: Literal["question", "answer", "whole"] = "whole"
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    ngram: Count = 5


class Decontaminate(Rules):
    """Evaluation sets that the mix must hold nothing of: folders or files of records, or saved indexes; a relative one is
    beside the recipe. `splits` of them, or all but train. `on_hit`: a record is left out, or nothing is mixed."""

    against: tuple[Path, ...] = ()
    splits: tuple[str, ...] = ()
    on_hit: Literal["drop", "fail"] = "drop"


class MixRecipe(Settings):
    """A mix. `total`: how much in all, of the unit `by`; without it, as much as the shares allow. `tokenizer`: a
    tokenizer.json, where `by` is tokens. `temperature`: 1 divides by size, more makes small sources larger. `split`: how what is
    drawn is split, its sources as the recipe calls them; without it, records keep the split that they have."""

    title: str
    title_zh: str = ""
    paper: str = ""
    notes: str = ""
    seed: Seed = 0
    by: Literal["records", "characters", "tokens"] = "records"
    tokenizer: Path | None = None
    total: Count | None = None
    temperature: Annotated[float, Field(ge=0.1, le=1e12)] = 1.0
    sources: dict[str, Ingredient]
    filters: Filters = Filters()
    deidentify: Deidentify | None = Deidentify()
    decontaminate: Decontaminate = Decontaminate()
    dedup: Dedup | None = Dedup()
    split: SplitPlan | None = None

    @field_validator("sources")
    @classmethod
    def _some(cls, sources: dict[str, Ingredient]) -> dict[str, Ingredient]:
        if not sources:
            raise ValueError("a mix needs a source")
        return sources

    @field_validator("split")
    @classmethod
    def _in_a_mix(cls, plan: SplitPlan | None) -> SplitPlan | None:
        if plan and (
            plan.tie
            or any(column.startswith("meta.") for column in plan.by)
            or any(rule.cut or rule.subsets for rule in plan.rules)
        ):
            raise ValueError("tie, cut, subsets and meta.KEY are not for a mix; run kgtools split on what it gives")
        return plan

    @model_validator(mode="after")
    def _sum(self) -> "MixRecipe":
        shares = [source.share for source in self.sources.values() if source.share is not None]
        if sum(shares) > 1 + 1e-9:
            raise ValueError(f"the shares of the sources are {sum(shares):g} together, more than 1")
        if len(shares) == len(self.sources) and abs(sum(shares) - 1) > 1e-9:
            raise ValueError(f"every source has a share, and together they are {sum(shares):g}, not 1")
        rest = [name for name, source in self.sources.items() if source.share is None]
        if shares and rest and sum(shares) > 1 - 1e-6:
            raise ValueError(
                f"the shares of the sources are 1 together, and leave nothing of the others: {', '.join(rest)}"
            )
        if self.by == "tokens" and self.tokenizer is None:
            raise ValueError("by: tokens needs tokenizer: a tokenizer.json file")
        return self


def names() -> list[str]:
    """The recipes of papers, sorted."""
    return yaml_names(HERE)


def load_recipe(name: str, given: dict[str, str], against: tuple[Path, ...] = ()) -> MixRecipe:
    """A recipe by its name or file, with the paths of sources that `--source` gives and evaluation sets beside its own; paths
    are resolved against its file.

    Raises UsageError for a name or source that there is not, InputError for a fault in the file."""
    file = find_yaml(HERE, name, "recipe")
    recipe = load_yaml(file, MixRecipe)
    for source in given:
        if source not in recipe.sources:
            raise UsageError(
                f"--source {source}: the recipe has no such source; {suggestion(source, list(recipe.sources))}"
            )
    sources = {
        key: source.model_copy(update={"path": Path(given[key]) if key in given else _beside(file, source.path)})
        for key, source in recipe.sources.items()
    }
    evalsets = (*(file.parent / path for path in recipe.decontaminate.against), *against)
    decontaminate = recipe.decontaminate.model_copy(update={"against": evalsets})
    changes = {"sources": sources, "tokenizer": _beside(file, recipe.tokenizer), "decontaminate": decontaminate}
    return recipe.model_copy(update=changes)


def _beside(file: Path, path: Path | None) -> Path | None:
    return path if path is None or path.is_absolute() else file.parent / path
