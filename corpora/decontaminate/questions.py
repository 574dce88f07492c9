"""What is compared of a record: the question without its options and its prompt, the options, the right ones, a long answer."""

import re
import unicodedata
from typing import Any, NamedTuple

import orjson
import polars as pl

from corpora.choices import HEADING, LETTERS

MARK = re.compile(
    r"(?<![A-Za-z0-9])(?:选项)?[(\[]?['\"]?([A-J])['\"]?[ \t]*(?:[.:)\]]|(?<=^.)、|(?<=\s.)、)[ \t]*['\"]?",
    re.MULTILINE,
)
LOOKS = r"(?s)[AＡ]['\"]?[ \t]*[.．:：、)）\]].*[BＢ]['\"]?[ \t]*[.．:：、)）\]].*[CＣ]['\"]?[ \t]*[.．:：、)）\]]"
HEAD = re.compile(r"^\W*(?:question|q|题目|问题|试题|问)[ \t]*[:.][ \t]*", re.IGNORECASE)
ORDER = re.compile(
    r"选择题|选项|正确答案|multiple[- ]choice|\boptions?\b|\bchoose\b|\bselect\b|answer (?:the|this|with)", re.I
)
REPLY = re.compile(
    r"^\W*(?:正确|right|correct|the|final|best|option|选项|应选|故选|选|答案|answer|is|为|是|\W)*([A-J](?:[ ,、]*[A-J])*)(?![A-Za-z])"
)
LOOKED_AT = 8_000
"""Letters of a message that are looked at for options."""


class Parts(NamedTuple):
    """`question` without options and prompt; `options` by letter; `right`: letters, as far as they are known."""

    question: str
    options: dict[str, str]
    right: str


def with_parts(rows: pl.DataFrame) -> pl.DataFrame:
    """For rows of records or preferences: `users` (messages), `question`, `options`, `right` (lists of texts) and `long`.

    `question`: that of the exam, else the longest thing a user says. `long`: what explains the answer, else the last
    reply; of a question with options the explanation alone."""
    if "chosen" in rows.columns:
        rows = rows.with_columns(
            messages=pl.concat_list("prompt", "chosen", "rejected"), answer=pl.lit(None, pl.String)
        )
    users, replies = (_says(role) for role in ("user", "assistant"))
    lengths = pl.col("users").list.eval(pl.element().str.len_chars())
    told = rows.select("meta", "answer", users=users, reply=replies.list.last().fill_null("")).with_columns(
        longest=pl.col("users").list.get(lengths.list.arg_max(), null_on_oob=True).fill_null("")
    )
    in_meta = pl.col("meta").str.contains('"question":', literal=True)
    looks = told.select(in_meta | pl.col("longest").str.slice(0, LOOKED_AT).str.contains(LOOKS)).to_series()
    found = pl.DataFrame(
        [(at, *_told(told.row(at, named=True))) for at in looks.arg_true().to_list()], schema=TOLD, orient="row"
    )
    known = told.with_row_index("at").join(found, on="at", how="left", maintain_order="left")
    none = pl.Series([[]], dtype=pl.List(pl.String))
    has_options = pl.col("options").list.len().fill_null(0) > 0
    return known.select(
        "users",
        question=pl.coalesce("question", "longest"),
        options=pl.col("options").fill_null(none),
        right=pl.col("right").fill_null(none),
        long=pl.coalesce("explanation", pl.when(~has_options).then("reply"), pl.lit("")),
    )


TOLD: dict[str, Any] = {
    "at": pl.UInt32, "question": pl.String, "options": pl.List(pl.String), "right": pl.List(pl.String), "explanation": pl.String,
}  # fmt: skip


def _told(row: dict[str, Any]) -> tuple[str | None, list[str], list[str], str | None]:
    meta: dict[str, Any] = orjson.loads(row["meta"])
    explanation = _text(meta.get("explanation")) or None
    parts = parts_of(row["longest"], row["answer"], row["reply"], meta)
    if parts is None:
        return None, [], [], explanation
    return parts.question, list(parts.options.values()), [parts.options[letter] for letter in parts.right], explanation


def parts_of(text: str, answer: str | None, reply: str, meta: dict[str, Any]) -> Parts | None:
    """The parts of a question with options, from `question` and `options` in `meta`, else from the text; None for another."""
    question, options = _text(meta.get("question")), meta.get("options")
    if isinstance(options, list):
        options = dict(zip(LETTERS, options, strict=False))
    told = options if isinstance(options, dict) else {}
    told = {letter: _text(option) for letter, option in told.items() if _text(option) and len(letter) == 1}
    if len(told) < 2:
        before, told = listed(unicodedata.normalize("NFKC", text[:LOOKED_AT]))
        question = question or before
    if not question:
        return None
    return Parts(question, told, right_of(told, answer, reply) if told else "")


def listed(text: str) -> tuple[str, dict[str, str]]:
    """The question and the options of a text that lists at least three, in lines or one behind the other; none else."""
    marks = list(MARK.finditer(text))
    begins = [mark for mark in marks if not text[: mark.start()].rpartition("\n")[2].strip()]
    chain = next((chain for chain in (_chain(begins), _chain(marks)) if len(chain) >= 3), [])
    if not chain:
        return "", {}
    ends = [mark.start() for mark in chain[1:]] + [_line_end(text, chain[-1].end())]
    options = {mark[1]: text[mark.end() : end].strip() for mark, end in zip(chain, ends, strict=True)}
    return without_prompt(text[: chain[0].start()]), {letter: option for letter, option in options.items() if option}


def _chain(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """The longest A, B, C... among marks, of such the last."""
    best: list[re.Match[str]] = []
    for at, mark in enumerate(marks):
        if mark[1] == "A":
            chain = [mark]
            for other in marks[at + 1 :]:
                if other[1] == LETTERS[len(chain) : len(chain) + 1]:
                    chain.append(other)
            best = chain if len(chain) >= len(best) else best
    return best


def without_prompt(text: str) -> str:
    """A question without `Question:`, lines that say how to answer, and `Options:` behind it."""
    lines = [line for line in HEADING.sub("", "\n" + text.strip(" \t\n{[(")).split("\n") if line.strip()]
    while len(lines) > 1 and ORDER.search(lines[0]):
        lines = lines[1:]
    return HEAD.sub("", "\n".join(lines))


def right_of(options: dict[str, str], answer: str | None, reply: str) -> str:
    """The letters of the right options: those of the answer, or those that the reply begins with, or whose text it is."""
    for text in (answer or "", reply):
        folded = unicodedata.normalize("NFKC", text[:400]).strip()
        same = [letter for letter, option in options.items() if option in (folded, text.strip())]
        if len(same) == 1:
            return same[0]
        found = REPLY.match(folded) or REPLY.match(folded[:1].lower() + folded[1:])
        letters = "".join(sorted(set(re.sub(r"[ ,、]", "", found[1])))) if found else ""
        if letters and set(letters) <= set(options):
            return letters
    return ""


def closely(text: pl.Expr) -> pl.Expr:
    """As `corpora.texts.normal`, but what makes options differ stays: `<`, `>`, `+` and the point of `1.5`."""
    folded = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"(\d)\.(\d)", "${1}<>${2}")
    return folded.str.replace_all(r"[^\p{L}\p{N}<>≤≥+]+", "")


def _says(role: str) -> pl.Expr:
    turns = pl.col("messages").list.filter(pl.element().struct.field("role") == role)
    return turns.list.eval(pl.element().struct.field("content"))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
