"""The published figures: each a number of a table with its source, and what papers say of sums and means is so."""

import pytest

from kgtools.train.evaluate.recipe import find_recipe, load_recipe, recipes
from kgtools.train.evaluate.report.published import Table, load_paper, papers
from kgtools.train.recipe import systems

TABLES = [(name, key) for name in papers() for key in load_paper(name).tables]


def table_of(name: str, key: str) -> Table:
    return load_paper(name).tables[key]


def test_the_four_papers_are_there() -> None:
    assert papers() == ["chimed-gpt", "clinicalgpt", "medalpaca", "meds-bench"]
    assert recipes() == papers()


@pytest.mark.parametrize("name", papers())
def test_a_paper_says_where_its_figures_are_from(name: str) -> None:
    paper = load_paper(name)

    assert "arXiv:" in paper.cite
    assert paper.url.startswith("https://arxiv.org/abs/")
    assert paper.url.rpartition("/")[2] in paper.cite
    assert all(table.number for table in paper.tables.values())


@pytest.mark.parametrize(("name", "key"), TABLES)
def test_every_figure_is_one_that_its_unit_allows(name: str, key: str) -> None:
    table = table_of(name, key)

    figures = [figure for row in table.rows.values() for figure in row if figure is not None]
    assert figures
    assert all(0 < figure <= table.scale for figure in figures)
    assert all(any(row[number] is not None for row in table.rows.values()) for number in range(len(table.columns)))


@pytest.mark.parametrize(("name", "key"), TABLES)
def test_figures_have_no_more_decimals_than_the_table_says(name: str, key: str) -> None:
    table = table_of(name, key)

    for row in table.rows.values():
        for figure, column in zip(row, table.columns, strict=True):
            assert figure is None or abs(figure - round(figure, table.places(column))) < 1e-9


@pytest.mark.parametrize(("name", "key"), [pair for pair in TABLES if any(c.mean_of for c in table_of(*pair).columns)])
def test_a_mean_is_that_of_its_columns(name: str, key: str) -> None:
    table = table_of(name, key)

    names = [column.name.en for column in table.columns]
    for row in table.rows.values():
        for column, figure in zip(table.columns, row, strict=True):
            parts = [row[names.index(part)] or 0 for part in column.mean_of]
            assert not parts or figure == pytest.approx(sum(parts) / len(parts), abs=0.0500001)


def test_clinicalgpt_s_average_is_the_table_s_and_the_text_s_is_a_footnote() -> None:
    table = table_of("clinicalgpt", "exam")

    assert table.rows["ClinicalGPT"][-1] == 37.6
    assert pytest.approx(37.6) == (26.1 + 40.0 + 36.9 + 47.4) / 4
    assert any("38.4" in note.en and "38.4" in note.zh for note in table.notes)


@pytest.mark.parametrize(("name", "key"), [pair for pair in TABLES if table_of(*pair).sum_to])
def test_rows_come_to_what_they_should(name: str, key: str) -> None:
    table = table_of(name, key)

    for row in table.rows.values():
        assert sum(figure or 0 for figure in row) == pytest.approx(table.sum_to, abs=0.15)


@pytest.mark.parametrize(("name", "key"), TABLES)
def test_a_derived_n_makes_the_paper_s_own_figure_a_fraction(name: str, key: str) -> None:
    table = table_of(name, key)

    for column, figure in zip(table.columns, table.rows[table.paper_row], strict=True):
        if column.n_from == "derived" and column.n and figure is not None:
            share = figure / table.scale
            rounding = 0.5 * 10 ** -table.places(column) / table.scale
            assert abs(round(share * column.n) / column.n - share) <= rounding + 1e-9, column.name.en


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_fills_every_table_of_its_paper(name: str) -> None:
    recipe = load_recipe(find_recipe(name))

    tables = load_paper(recipe.paper).tables
    assert {table for part in recipe.parts.values() for table in part.fills} == set(tables)
    assert recipe.system in systems()
    for part in recipe.parts.values():
        assert all(tables[key].task in (part.task, "judge") for key in part.fills)
