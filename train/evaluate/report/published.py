"""What papers published, as data: their tables, what each column measures and on what, and their known misprints."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.page.words import Words

HERE = Path(__file__).parents[1] / "published"
Count = Annotated[int, Field(ge=1)]


class Measured(Settings):
    """What a figure is of; a column's own words go before those of its table.

    `set`: the source of the records, by its reader's name; `metric`: of the task; `by`, `value`: which cells of `cells.json`; `prompts`,
    `scoring`: settings that the paper had, a list where any of several is as good: a figure with others is no comparison; `unlike`: why no
    figure can be one; `decimals`: as printed, 1 where nothing is said."""

    set: str | None = None
    metric: str | None = None
    by: str | None = None
    prompts: dict[str, Any] = {}
    scoring: dict[str, Any] = {}
    unlike: Words | None = None
    decimals: Annotated[int, Field(ge=0, le=4)] | None = None


class Column(Measured):
    """A column. `n`: items that its figures are of, as the paper states or as can be derived from the figures; `mean_of`: the columns
    whose mean it is; `over`: the values of a dimension that a run's own mean must be over, to be of what the paper's is."""

    name: Words
    value: str = ""
    n: Count | None = None
    n_from: Literal["stated", "derived"] | None = None
    mean_of: tuple[str, ...] = ()
    over: dict[str, tuple[str, ...]] = {}


class Table(Measured):
    """A table. `number`: how the paper calls it; `task`: whose runs it is of; `unit`: per cent, or shares of 1;
    `paper_row`: the model that the paper is about; `matters`: the difference, in the table's unit, that would matter, and why;
    `sum_to`: what each row comes to; `rows`: model -> figures, None where the paper has none."""

    number: str
    title: Words
    task: str
    unit: Literal["percent", "share"] = "percent"
    paper_row: str
    matters: Annotated[float, Field(gt=0)]
    matters_why: Words
    sum_to: float | None = None
    columns: tuple[Column, ...]
    rows: dict[str, tuple[float | None, ...]]
    notes: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Table":
        for model, figures in self.rows.items():
            if len(figures) != len(self.columns):
                raise ValueError(f"{model} has {len(figures)} figures, and there are {len(self.columns)} columns")
        if self.paper_row not in self.rows:
            raise ValueError(f"paper_row: there is no row {self.paper_row}")
        names = {column.name.en for column in self.columns}
        for column in self.columns:
            if missing := set(column.mean_of) - names:
                raise ValueError(f"{column.name.en} is the mean of {', '.join(sorted(missing))}, which there is not")
            if (column.n is None) != (column.n_from is None):
                raise ValueError(f"{column.name.en}: n and n_from stand together")
            if not (column.metric or self.metric or column.mean_of):
                raise ValueError(f"{column.name.en}: metric is neither its own nor the table's")
        return self

    def measured(self, column: Column) -> Measured:
        """What a column's figures are of, its own words before the table's."""
        return Measured(
            set=column.set or self.set,
            metric=column.metric or self.metric,
            by=column.by or self.by or "all",
            prompts=self.prompts | column.prompts,
            scoring=self.scoring | column.scoring,
            unlike=column.unlike or self.unlike,
            decimals=self.decimals if column.decimals is None else column.decimals,
        )

    @property
    def scale(self) -> float:
        """What a figure of ours, a share of 1, is multiplied by."""
        return 100.0 if self.unit == "percent" else 1.0

    def places(self, column: Column) -> int:
        """Decimals of a column's figures."""
        decimals = self.measured(column).decimals
        return 1 if decimals is None else decimals


class Paper(Settings):
    """A paper with its tables. `cite`: authors, year, number; and where the figures were read, if not in the paper itself."""

    short: str
    title: str
    cite: str
    url: str
    notes: tuple[Words, ...] = ()
    tables: dict[str, Table]


def papers() -> list[str]:
    """The papers whose tables come with the package, sorted."""
    return yaml_names(HERE)


def load_paper(name: str) -> Paper:
    """A paper by its name or file. Raises UsageError for a name that there is not, InputError for a fault in the file."""
    return load_yaml(find_yaml(HERE, name, "paper"), Paper)
