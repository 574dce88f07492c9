"""A recipe of an evaluation: all that a paper's tables ask, of which records, and how it is scored."""

from pathlib import Path
from typing import Any

from pydantic import model_validator

from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names

HERE = Path(__file__).parent / "recipes"


class Records(Settings):
    """What is asked. `reader`: reads `files`, patterns below the user's folder, with the settings `set`; without it the user brings records.
    `bring`: what they are, and how they are had."""

    bring: str
    reader: str | None = None
    files: tuple[str, ...] = ()
    set: dict[str, str] = {}


class Part(Settings):
    """Prompts of a task, answered once and scored once. `like`: the part whose prompts and answers it scores in another way; `prompts`,
    `scoring`: settings of the task; `fills`: tables of the paper; `then`: what a user does by hand when the answers are there."""

    task: str
    records: Records | None = None
    like: str | None = None
    prompts: dict[str, Any] = {}
    scoring: dict[str, Any] = {}
    fills: tuple[str, ...] = ()
    then: str = ""


class EvaluationRecipe(Settings):
    """The tables of a paper. `paper`: whose published figures stand beside; `system`: the recipe of training that says how its model answers."""

    title: str
    paper: str
    system: str
    notes: str = ""
    parts: dict[str, Part]

    @model_validator(mode="after")
    def _fits(self) -> "EvaluationRecipe":
        for name, part in self.parts.items():
            if (part.records is None) == (part.like is None):
                raise ValueError(f"{name}: has records of its own, or is like another part")
            if part.like and (part.like not in self.parts or self.parts[part.like].records is None or part.prompts):
                raise ValueError(f"{name}: like names a part with records, and takes its prompts as they are")
        return self


def recipes() -> list[str]:
    """The recipes that come with the package, sorted."""
    return yaml_names(HERE)


def find_recipe(name: str) -> Path:
    """The file of a recipe. Raises UsageError for a name that there is not."""
    return find_yaml(HERE, name, "recipe of an evaluation")


def load_recipe(file: Path) -> EvaluationRecipe:
    """The recipe of a file. Raises InputError with every fault."""
    return load_yaml(file, EvaluationRecipe)
