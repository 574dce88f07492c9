"""What is compared of a record: the question without its options and its prompt, the options, the right ones, a long answer."""

import re
import unicodedata
from typing import Any, NamedTuple

import orjson
import polars as pl

from kgtools.corpora.decontaminate.option_lists import LISTS, OptionList, read_list
from kgtools.corpora.exams.choices import LETTERS
from kgtools.corpora.text.normalize import simplify

MARK = r"(?:\*\*|['\"]?[ \t]*[.．:：、)）\]])"
LOOKS = rf"(?s)[AＡ]{MARK}.*[BＢ]{MARK}.*[CＣ]{MARK}"
TOLD_BY = re.compile(r"^(?:正确|答案|应选|应为|应该|故选|选|为|是|\W)+")
"""What stands before the answer in `正确答案：B`."""
REPLY = re.compile(
    r"^(?:正确|right|correct|the|final|best|option|选项|应选|故选|选|答案|answer|is|为|是|\W)*([A-J](?:[ ,、]*[A-J])*)(?![A-Za-z])"
)
LOOKED_AT = 8_000
"""Letters of a message that are looked at for options."""


class QuestionParts(NamedTuple):
    """`question` without options and prompt; `options` by letter; `right`: letters, as far as they are known; `lettered`:
    whether it is sure that these are options, as they have letters or are those of the exam."""

    question: str
    options: dict[str, str]
    right: str
    lettered: bool


def simplify_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of records or preferences in simplified characters, whatever they are compared by."""
    turn = pl.struct(pl.element().struct.field("role"), simplify(pl.element().struct.field("content")))
    talks = [name for name in ("messages", "prompt", "chosen", "rejected") if name in rows.columns]
    said = [simplify(pl.col(name)) for name in ("meta", "answer") if name in rows.columns]
    return rows.with_columns(*said, *(pl.col(name).list.eval(turn) for name in talks))


def with_parts(rows: pl.DataFrame) -> pl.DataFrame:
    """For rows of records or preferences: `users` (messages), `question`, `options`, `right` (lists of texts), `lettered` and `long`.

    `question`: that of the exam, else the longest thing a user says. `long`: what explains the answer, else the last
    reply; of a question with lettered options the explanation alone."""
    if "chosen" in rows.columns:
        rows = rows.with_columns(
            messages=pl.concat_list("prompt", "chosen", "rejected"), answer=pl.lit(None, pl.String)
        )
    users, replies = (_says(role) for role in ("user", "assistant"))
    lengths = pl.col("users").list.eval(pl.element().str.len_chars())
    texts = rows.select("meta", "answer", users=users, reply=replies.list.last().fill_null("")).with_columns(
        longest=pl.col("users").list.get(lengths.list.arg_max(), null_on_oob=True).fill_null("")
    )
    in_meta = pl.col("meta").str.contains('"question":', literal=True)
    looks = texts.select(
        in_meta | pl.col("longest").str.slice(0, LOOKED_AT).str.contains(f"{LOOKS}|{LISTS}")
    ).to_series()
    parts = pl.DataFrame(
        [(at, *_parts_in_row(texts.row(at, named=True))) for at in looks.arg_true().to_list()],
        schema=TOLD,
        orient="row",
    )
    known = texts.with_row_index("at").join(parts, on="at", how="left", maintain_order="left")
    none = pl.Series([[]], dtype=pl.List(pl.String))
    has_options = (pl.col("options").list.len().fill_null(0) > 0) & pl.col("lettered")
    return known.select(
        "users",
        question=pl.coalesce("question", "longest"),
        options=pl.col("options").fill_null(none),
        right=pl.col("right").fill_null(none),
        lettered=pl.col("lettered").fill_null(False),
        long=pl.coalesce("explanation", pl.when(~has_options).then("reply"), pl.lit("")),
    )


TOLD: dict[str, Any] = {
    "at": pl.UInt32, "question": pl.String, "options": pl.List(pl.String), "right": pl.List(pl.String),
    "lettered": pl.Boolean, "explanation": pl.String,
}  # fmt: skip


def _parts_in_row(row: dict[str, Any]) -> tuple[str | None, list[str], list[str], bool, str | None]:
    meta: dict[str, Any] = orjson.loads(row["meta"])
    explanation = _text(meta.get("explanation")) or None
    parts = parts_of(row["longest"], row["answer"], row["reply"], meta)
    if parts is None:
        return None, [], [], False, explanation
    right = [parts.options[letter] for letter in parts.right]
    return parts.question, list(parts.options.values()), right, parts.lettered, explanation


def parts_of(text: str, answer: str | None, reply: str, meta: dict[str, Any]) -> QuestionParts | None:
    """The parts of a question with options, from `question` and `options` in `meta`, else from the text; None for another."""
    question, options = _text(meta.get("question")), meta.get("options")
    if isinstance(options, list):
        options = dict(zip(LETTERS, options, strict=False))
    by_letter = options if isinstance(options, dict) else {}
    by_letter = {letter: _text(option) for letter, option in by_letter.items() if _text(option) and len(letter) == 1}
    parts = OptionList(question, by_letter)
    if len(by_letter) < 2:
        parts = read_list(text[:LOOKED_AT])
        question = question or parts.question
    if not question:
        return None
    right = right_of(parts.options, answer, reply) if parts.options else ""
    return QuestionParts(question, parts.options, right, parts.lettered)


def right_of(options: dict[str, str], answer: str | None, reply: str) -> str:
    """The letters of the right options: those of the answer, or those that the reply begins with, or whose text it is."""
    for text in (answer or "", reply):
        plain = unicodedata.normalize("NFKC", text[:400]).strip()
        answered = TOLD_BY.sub("", plain).rstrip("。.! ")
        same = [letter for letter, option in options.items() if option in (plain, text.strip(), answered)]
        if len(same) == 1:
            return same[0]
        match = REPLY.match(plain) or REPLY.match(plain[:1].lower() + plain[1:])
        letters = "".join(sorted(set(re.sub(r"[ ,、]", "", match[1])))) if match else ""
        if letters and set(letters) <= set(options):
            return letters
    return ""


def closely(text: pl.Expr) -> pl.Expr:
    """As `corpora.text.normalize.normal`, but what makes options differ stays: `<`, `>`, `+` and the point of `1.5`."""
    plain = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"(\d)\.(\d)", "${1}<>${2}")
    return plain.str.replace_all(r"[^\p{L}\p{N}<>≤≥+]+", "")


def _says(role: str) -> pl.Expr:
    turns = pl.col("messages").list.filter(pl.element().struct.field("role") == role)
    return turns.list.eval(pl.element().struct.field("content"))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
