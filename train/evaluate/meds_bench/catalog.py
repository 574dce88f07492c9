"""Which task of MedS-Bench is of which category, and how its answers are read: `tasks.yaml`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from kgtools.tools.config import Settings
from kgtools.tools.inputs.safe_yaml import read_yaml

FILE = Path(__file__).with_name("tasks.yaml")
DEFINITION = "definition"
"""In place of labels: those that the definition of the record quotes."""
Kind = Literal["choice", "label", "labels", "extraction", "entities", "text"]


class _Task(Settings):
    name: str
    kind: Kind | None = None
    labels: tuple[str, ...] | Literal["definition"] | None = None
    row: str | None = None
    lang: str | None = None
    entity: str = ""
    assumed: bool = False


class _Category(Settings):
    name: str
    folder: str
    kind: Kind
    tasks: dict[str, _Task]
    labels: tuple[str, ...] | Literal["definition"] = ()
    first_line: bool = False
    not_in_average: tuple[str, ...] = ()


class _Catalog(Settings):
    categories: dict[str, _Category]


@dataclass(frozen=True)
class MedsTask:
    """`id`: task57. `kind`: how an answer is read (`tasks.yaml`). `labels`: of which answers name one, or several; `definition`: of those that the
    record's definition quotes. `row`: the column of the published table. `lang`: where the scripts cut words by it. `entity`: of what
    names are. `assumed`: its definition was not released."""

    id: str
    name: str
    category: str
    kind: Kind
    labels: tuple[str, ...] | Literal["definition"]
    row: str
    lang: str | None
    entity: str
    first_line: bool
    assumed: bool


@cache
def tasks() -> dict[str, MedsTask]:
    """All tasks by their ids, those of a category together."""
    return {
        id_: MedsTask(
            id_, one.name, name, one.kind or category.kind, category.labels if one.labels is None else one.labels, _row(id_, one), one.lang,
            one.entity, category.first_line, one.assumed,
        )
        for name, category in _read().categories.items()
        for id_, one in category.tasks.items()
    }  # fmt: skip


def _row(id_: str, task: _Task) -> str:
    return task.row or f"{id_} {task.name}"


@cache
def categories() -> dict[str, str]:
    """The names of the categories -> their folders in the published benchmark."""
    return {name: category.folder for name, category in _read().categories.items()}


def rows_of_average(category: str) -> tuple[str, ...]:
    """The columns of a category's table over which the published average goes."""
    left_out = _read().categories[category].not_in_average
    rows = dict.fromkeys(task.row for task in tasks().values() if task.category == category)
    return tuple(row for row in rows if row not in left_out)


@cache
def _read() -> _Catalog:
    values: Any = read_yaml(FILE.read_text(encoding="utf-8"), FILE)[0]
    return _Catalog.model_validate(values)
