"""How much of each source a mix draws."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.mix.draw import Drawn, draw
from kgtools.corpora.mix.recipe import MixRecipe
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import numbers
from kgtools.tools.inputs.files import digest


def recipe(sources: dict[str, dict[str, Any]], **settings: Any) -> MixRecipe:
    return MixRecipe(
        title="a mix", sources={name: {"path": Path(name)} | of for name, of in sources.items()}, **settings
    )


def index(sizes: dict[str, list[int]]) -> pl.DataFrame:
    rows = [(name, digest(f"{name}{at}"), size) for name, all_ in sizes.items() for at, size in enumerate(all_)]
    return (
        pl.DataFrame(rows, schema={"part": pl.String, "id": pl.String, "size": pl.Int64}, orient="row")
        .with_row_index("row")
        .with_columns(key=numbers(pl.col("id")))
    )


def drawn(result: Drawn) -> dict[str, int]:
    return {row["source"]: row["drawn"] for row in result.table}


HUNDRED_AND_TEN = {"a": [1] * 100, "b": [1] * 10}


def test_without_shares_everything_is_drawn_once() -> None:
    result = draw(index(HUNDRED_AND_TEN), recipe({"a": {}, "b": {}}))

    assert drawn(result) == {"a": 100, "b": 10}
    assert sorted(result.rows["row"]) == list(range(110))


def test_shares_without_a_total_take_as_much_as_they_allow() -> None:
    result = draw(index(HUNDRED_AND_TEN), recipe({"a": {"share": 0.75}, "b": {"share": 0.25}}))

    assert drawn(result) == {"a": 30, "b": 10}


def test_what_has_no_share_divides_the_rest_by_size() -> None:
    stock = {"a": [1] * 100, "b": [1] * 60, "c": [1] * 20}
    result = draw(index(stock), recipe({"a": {"share": 0.5}, "b": {}, "c": {}}, total=80))

    assert drawn(result) == {"a": 40, "b": 30, "c": 10}


@pytest.mark.parametrize(("temperature", "expected"), [(1.0, (80, 20)), (2.0, (67, 33)), (1e9, (50, 50))])
def test_a_higher_temperature_makes_small_sources_larger(temperature: float, expected: tuple[int, int]) -> None:
    stock = {"a": [1] * 400, "b": [1] * 100}
    result = draw(index(stock), recipe({"a": {}, "b": {}}, total=100, temperature=temperature))

    assert tuple(drawn(result).values()) == expected


def test_a_cap_holds_whatever_the_share() -> None:
    result = draw(index(HUNDRED_AND_TEN), recipe({"a": {"cap": 7}, "b": {}}))

    assert drawn(result) == {"a": 7, "b": 10}


def test_a_source_that_is_too_small_is_repeated_as_often_as_it_may_and_the_rest_is_told() -> None:
    sources = {"a": {"share": 0.5}, "b": {"share": 0.5, "repeat": 3}}
    result = draw(index(HUNDRED_AND_TEN), recipe(sources, total=100))

    b = result.table[1]
    assert drawn(result) == {"a": 50, "b": 30}
    assert (b["target"], b["repeated"], b["short"]) == (50, 20, 20)
    assert result.rows.filter(pl.col("row") >= 100).group_by("row").len()["len"].to_list() == [3] * 10


def test_repeats_stop_in_the_middle_of_a_copy_where_the_target_is_reached() -> None:
    sources = {"a": {"share": 0.5}, "b": {"share": 0.5, "repeat": 9}}
    result = draw(index(HUNDRED_AND_TEN), recipe(sources, total=50))

    b = result.rows.filter(pl.col("row") >= 100)
    assert b["copy"].value_counts(sort=True).sort("copy").rows() == [(0, 10), (1, 10), (2, 5)]


def test_a_source_that_is_not_there_leaves_its_share_to_the_others() -> None:
    mix = recipe({"a": {"share": 0.25}, "b": {"share": 0.25}, "gone": {"share": 0.5}}, total=20)
    mix = mix.model_copy(
        update={"sources": mix.sources | {"gone": mix.sources["gone"].model_copy(update={"path": None})}}
    )

    assert drawn(draw(index(HUNDRED_AND_TEN), mix)) == {"a": 10, "b": 10}


def test_sizes_in_tokens_are_reached_as_nearly_as_records_allow() -> None:
    stock = {"a": [30] * 50, "b": [7] * 100}
    result = draw(index(stock), recipe({"a": {"share": 0.5}, "b": {"share": 0.5}}, by="characters", total=700))

    assert drawn(result) == {"a": 360, "b": 350}


def test_a_source_of_which_nothing_is_left_is_named() -> None:
    with pytest.raises(UsageError, match="nothing is left of b"):
        draw(index({"a": [1]}), recipe({"a": {}, "b": {}}))


@given(seed=st.integers(0, 9), order=st.permutations(range(30)))
def test_what_is_drawn_depends_on_ids_and_seed_and_not_on_the_order_of_rows(seed: int, order: list[int]) -> None:
    rows = index({"a": [1] * 20, "b": [1] * 10})
    mix = recipe({"a": {"share": 0.5}, "b": {"share": 0.5}}, total=8, seed=seed)

    def ids(frame: pl.DataFrame) -> list[str]:
        return sorted(frame.join(draw(frame, mix).rows, on="row")["id"])

    assert ids(rows) == ids(rows[order].drop("row").with_row_index("row"))


def test_another_seed_draws_others() -> None:
    rows = index(HUNDRED_AND_TEN)
    sources: dict[str, dict[str, Any]] = {"a": {"share": 0.5}, "b": {"share": 0.5}}

    assert set(draw(rows, recipe(sources, total=10)).rows["row"]) != set(
        draw(rows, recipe(sources, total=10, seed=1)).rows["row"]
    )


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"sources": {}}, "a mix needs a source"),
        ({"sources": {"a": {"share": 0.7}, "b": {"share": 0.7}}}, "1.4 together, more than 1"),
        ({"sources": {"a": {"share": 0.7}}}, "together they are 0.7, not 1"),
        ({"sources": {"a": {"share": 1}, "b": {}, "c": {}}}, "leave nothing of the others: b, c"),
        ({"sources": {"a": {"share": 1e-300}, "b": {}}}, "greater than or equal to"),
        ({"sources": {"a": {"share": math.nan}, "b": {}}}, "less than or equal to"),
        ({"sources": {"a": {}}, "temperature": 1e-9}, "greater than or equal to"),
        ({"sources": {"a": {}}, "temperature": math.inf}, "less than or equal to"),
        ({"sources": {"a": {}}, "seed": 10**23}, "seed"),
        ({"sources": {"a": {}}, "by": "tokens"}, "needs tokenizer"),
        ({"sources": {"a": {"wieght": 1}}}, "Extra inputs"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        MixRecipe(title="x", **settings)
