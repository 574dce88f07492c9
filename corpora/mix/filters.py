"""Which records are fit to train on, and why the others are not: one expression, a reason a record."""

import polars as pl

from kgtools.corpora.mix.recipe import Filters

MOJIBAKE = r"\x{FFFD}|锟斤拷|烫烫烫|鐨|鈥|Ã[\x{80}-\x{BF}]|â€"
SYMBOLS = r"[^\p{L}\p{M}\p{N}\p{P}\p{Z}\s+<>=~^|$`°℃]"
CLAUSE = r"[^。，、；：？！.,;:?!\n]{2,}"
PIECE = 10
"""Characters of the pieces that a text is cut into, beside its clauses, to see what repeats."""


def faults(filters: Filters) -> pl.Expr:
    """For each row of records or preferences (as `with_texts` gives them), the first reason to leave it out, or null."""
    question, answer, text = pl.col("question"), pl.col("reply"), pl.col("whole")
    checks: list[tuple[str, pl.Expr]] = []
    if filters.min_question is not None:
        asked = (pl.col("task") != "text") & (question.str.strip_chars().str.len_chars() < filters.min_question)
        checks.append(("question-too-short", asked))
    if filters.min_answer is not None:
        checks.append(("answer-too-short", answer.str.strip_chars().str.len_chars() < filters.min_answer))
    if filters.max_characters is not None:
        checks.append(("too-long", text.str.len_chars() > filters.max_characters))
    if filters.languages:
        checks.append(("other-language", ~pl.col("lang").is_in(filters.languages) | ~_speaks()))
    if filters.max_mojibake is not None:
        checks.append(("mojibake", text.str.count_matches(MOJIBAKE) > filters.max_mojibake))
    if filters.max_symbols is not None:
        checks.append(("symbols", text.str.count_matches(SYMBOLS) > filters.max_symbols * text.str.len_chars()))
    if filters.max_repetition is not None:
        checks.append(("repetition", _repetition(answer) > filters.max_repetition))
    reasons: list[pl.Expr] = [pl.when(fault).then(pl.lit(reason)) for reason, fault in checks]
    return pl.coalesce([*reasons, pl.lit(None, pl.String)])


def _speaks() -> pl.Expr:
    """Whether the letters are those of the language that the record says; other languages than zh and en are believed."""
    han = pl.col("whole").str.count_matches(r"\p{Han}")
    letters = pl.col("whole").str.count_matches(r"\p{L}")
    return (
        pl.when(pl.col("lang") == "zh")
        .then(han * 10 >= letters * 3)
        .when(pl.col("lang") == "en")
        .then(han * 10 <= letters)
        .otherwise(True)
    )


def _repetition(text: pl.Expr) -> pl.Expr:
    """The part of a text's clauses, or of its pieces of ten characters side by side, that were there before; 0 for few."""
    cuts = (text.str.extract_all(CLAUSE), text.str.extract_all(rf"(?s).{{{PIECE}}}"))
    return pl.max_horizontal(
        pl.when(pieces.list.len() >= 8).then(1 - pieces.list.n_unique() / pieces.list.len()).otherwise(0.0)
        for pieces in cuts
    )
