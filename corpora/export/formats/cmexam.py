"""CMExam's CSV: Question, Options (a line an option, `A 阿司匹林`), Answer (letters), Explanation."""

import polars as pl

from kgtools.corpora.exams.choices import LETTERS, with_choices
from kgtools.corpora.export.format import LINEAGE, SINGLE, Format, dialogue_faults, lineage, only


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or dialogue_faults(wanted=SINGLE) | {"no-options": pl.col("letters").is_null()}


def columns(noun: str) -> dict[str, pl.Expr]:
    options = pl.col("options").struct
    lines = [pl.concat_str(pl.lit(f"{letter} "), options.field(letter)) for letter in LETTERS]
    return {
        "Question": pl.col("question"),
        "Options": pl.concat_list(lines).list.drop_nulls().list.join("\n"),
        "Answer": pl.col("letters"),
        "Explanation": pl.col("meta").str.json_path_match("$.explanation").fill_null(""),
    } | lineage()


FORMAT = Format(
    title="cmexam: a CSV of Question, Options, Answer, Explanation, and whose record it is",
    faults=faults,
    columns=columns,
    endings=("csv",),
    prepare=with_choices,
    lines=lambda rows: rows.write_csv(include_header=False).encode(),
    head=",".join(("Question", "Options", "Answer", "Explanation", *LINEAGE)).encode() + b"\n",
)
