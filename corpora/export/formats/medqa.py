"""MedQA's JSON lines: question, options by letter, the answer as text and letter, meta_info."""

import orjson
import polars as pl

from kgtools.corpora.exams.choices import LETTERS, with_choices
from kgtools.corpora.export.format import SINGLE, Format, dialogue_faults, lineage, only


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or dialogue_faults(wanted=SINGLE) | {
        "no-options": pl.col("letters").is_null(),
        "several-answers": pl.col("letters").str.len_chars() != 1,
    }


def columns(noun: str) -> dict[str, pl.Expr]:
    options = pl.col("options").struct
    text = pl.coalesce(pl.when(pl.col("letters") == letter).then(options.field(letter)) for letter in LETTERS)
    chapter = pl.col("meta").str.json_path_match("$.meta_info")
    fields = {
        "question": pl.col("question"),
        "options": pl.col("options"),
        "answer": text,
        "meta_info": chapter.fill_null(""),
        "answer_idx": pl.col("letters"),
    }
    return {"id": pl.col("id")} | fields | lineage()


def lines(rows: pl.DataFrame) -> bytes:
    """JSON lines in which a letter without option is left out, as MedQA leaves it."""
    texts = []
    for row in rows.iter_rows(named=True):
        kept = {letter: option for letter, option in row["options"].items() if option is not None}
        texts.append(orjson.dumps(row | {"options": kept}, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(texts)


FORMAT = Format(
    title="medqa: question, options, answer, meta_info, answer_idx",
    faults=faults,
    columns=columns,
    prepare=with_choices,
    lines=lines,
)
