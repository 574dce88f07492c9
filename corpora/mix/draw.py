"""How much of each source: shares, temperature, caps and repeats, drawn with a seed."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from kgtools.corpora.mix.recipe import Ingredient, MixRecipe
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import shuffle_keys
from kgtools.tools.inputs.files import digest


@dataclass(frozen=True)
class Drawn:
    """`rows`: row and copy (from 0) of what is in the mix. `table`: a row a source: share, available, target, drawn and so on."""

    rows: pl.DataFrame
    table: list[dict[str, Any]]


def draw(index: pl.DataFrame, recipe: MixRecipe) -> Drawn:
    """Draw from an index with columns `row`, `key` (the number of its id), `part` (the source in the recipe) and `size` (in the recipe's unit).

    Which records are taken depends on their ids and the seed alone. Raises UsageError where a source has nothing."""
    stocks = {name: _stock(index, name, source, recipe.seed) for name, source in recipe.sources.items() if source.path}
    sizes = {name: int(stock["size"].sum()) for name, stock in stocks.items()}
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise UsageError(f"nothing is left of {', '.join(empty)}; see what removed it, or omit it")
    shares = _shares(recipe, sizes)
    total = recipe.total or _most(recipe, sizes, shares)
    chosen: list[pl.DataFrame] = []
    table: list[dict[str, Any]] = []
    for name, stock in stocks.items():
        target, most = shares[name] * total, sizes[name] * recipe.sources[name].repeat
        rows = _take(stock, min(target, most), recipe.by == "records")
        drawn = int(rows["size"].sum())
        chosen.append(rows.select("row", "copy"))
        table.append({
            "source": name, "share": shares[name], "available": sizes[name], "target": round(target), "drawn": drawn,
            "records": rows.height, "repeated": rows.filter(pl.col("copy") > 0).height,
            "short": max(0, round(target) - drawn) if target > most else 0,
        })  # fmt: skip
    whole = sum(row["drawn"] for row in table)
    return Drawn(pl.concat(chosen), [row | {"drawn_share": row["drawn"] / whole if whole else 0.0} for row in table])


def _stock(index: pl.DataFrame, name: str, source: Ingredient, seed: int) -> pl.DataFrame:
    """The rows of a source in their seeded order, as many as the cap allows."""
    salt = int(digest(f"{seed}|{name}")[:16], 16)
    mine = index.filter(pl.col("part") == name).with_columns(key=shuffle_keys(pl.col("key"), salt))
    ordered = mine.sort("key", "row").select("row", "size")
    return ordered.head(source.cap) if source.cap else ordered


def _shares(recipe: MixRecipe, sizes: dict[str, int]) -> dict[str, float]:
    """The part of the whole of each source that is there; those that are not leave theirs to the others, in proportion."""
    given = {name: recipe.sources[name].share for name in sizes}
    fixed = {name: share for name, share in given.items() if share is not None}
    weights = {name: sizes[name] ** (1 / recipe.temperature) for name in sizes if name not in fixed}
    left = 1 - sum(source.share or 0 for source in recipe.sources.values())
    shares = {**fixed, **{name: left * weight / sum(weights.values()) for name, weight in weights.items()}}
    whole = sum(shares.values())
    return {name: shares[name] / whole for name in sizes}


def _most(recipe: MixRecipe, sizes: dict[str, int], shares: dict[str, float]) -> float:
    """As much as there is at these shares; all there is where no share and no temperature asks for less."""
    if recipe.temperature == 1 and all(source.share is None for source in recipe.sources.values()):
        return sum(sizes.values())
    return min(sizes[name] * recipe.sources[name].repeat / shares[name] for name in sizes)


def _take(stock: pl.DataFrame, target: float, by_records: bool) -> pl.DataFrame:
    """Whole copies of the stock, then rows in its order until the target is reached as nearly as rows allow."""
    size = int(stock["size"].sum())
    copies = int(target // size) if size else 0
    rest = target - copies * size
    if by_records:
        part = stock.head(round(rest))
    else:
        reached = pl.col("size").cum_sum() - pl.col("size") / 2
        part = stock.filter(reached <= rest)
    whole = [stock.with_columns(copy=pl.lit(copy, pl.UInt32)) for copy in range(copies)]
    return pl.concat([*whole, part.with_columns(copy=pl.lit(copies, pl.UInt32))])
