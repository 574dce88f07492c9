"""The texts of records as they are compared: what is left when width, case, spaces and punctuation do not count."""

import re
import unicodedata
from functools import cache

import polars as pl

DIGITS = dict(zip("〇零一二三四五六七八九", (0, *range(10)), strict=True)) | {"两": 2}
TENS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}


def fold(text: pl.Expr) -> pl.Expr:
    """NFKC and lower case."""
    return text.str.normalize("NFKC").str.to_lowercase()


def letters(text: pl.Expr) -> pl.Expr:
    """Letters and digits of any script only."""
    return text.str.replace_all(r"[^\p{L}\p{N}]+", "")


def normal(text: pl.Expr) -> pl.Expr:
    """NFKC, lower case, letters and digits of any script only: `“痛风”（Ⅰ型）` is `痛风i型`."""
    return letters(fold(text))


def simplify(text: pl.Expr) -> pl.Expr:
    """Traditional characters as the simplified ones, whatever they stand in: `發熱` is `发热`."""
    table = simpler()
    return text.str.replace_many(list(table), list(table.values()))


@cache
def simpler() -> dict[str, str]:
    """Traditional character, also of Taiwan and Hong Kong -> simplified one.

    A character at a time, not by words as OpenCC has it: what is compared has no words, and a text in the simplified ones
    must stay what it is, whatever stands beside a character. There and back, so that those with one traditional form are one."""
    from opencc import OpenCC

    blocks = [(0x2E80, 0x2FE0), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0)]
    every = [chr(code) for first, end in blocks for code in range(first, end)]
    text = "\n".join(unicodedata.normalize("NFKC", one) for one in every)
    for step in ("s2tw", "tw2s", "hk2s"):
        text = OpenCC(step).convert(text)
    return {one: other for one, other in zip(every, text.split("\n"), strict=True) if one != other}


def texts_of(messages: pl.Expr, *roles: str) -> pl.Expr:
    """What these roles say in a list of messages, a line each: `said(pl.col("messages"), "user")`; all roles without any."""
    turns = messages.list.filter(pl.element().struct.field("role").is_in(roles)) if roles else messages
    return turns.list.eval(pl.element().struct.field("content")).list.join("\n")


HAN, KANA, CYRILLIC = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\u3041-\u30fa]"), re.compile(r"[\u0400-\u04ff]")
"""A character of Chinese, of Japanese alone (`の`), and of Russian."""
SHARE = 0.2
"""Of the letters that are Han for Chinese: English names of drugs and tests in a Chinese sentence leave it far above."""


def lang_of(*texts: str) -> str:
    """`zh`, `ja` or `ru` by the script of these texts' letters; what is left (Latin, or no letters) is `en`."""
    text = "".join(texts)
    letters = sum(map(str.isalpha, text)) or 1
    kana = len(KANA.findall(text))
    if kana > SHARE * letters:
        return "ja"
    if len(HAN.findall(text)) > SHARE * letters:
        return "zh"
    return "ru" if len(CYRILLIC.findall(text)) > SHARE * letters else "en"


def with_texts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with what they say: `question` (all but the assistant's), `reply` (the assistant's), `whole`."""
    if "chosen" in rows.collect_schema():
        question, reply = texts_of(pl.col("prompt")), texts_of(pl.col("chosen")) + "\n" + texts_of(pl.col("rejected"))
        return rows.with_columns(question=question, reply=reply, whole=question + "\n" + reply)
    messages = pl.col("messages")
    return rows.with_columns(
        question=texts_of(messages, "user", "system"), reply=texts_of(messages, "assistant"), whole=texts_of(messages)
    )


def in_digits(numeral: str) -> str:
    """A Chinese numeral in digits: 一百二十 as 120, 二〇 as 20. Of what holds other signs, as 半, the first of those."""
    total, digits = 0, ""
    for sign in numeral:
        if sign in TENS:
            total, digits = total + int(digits or 1) * TENS[sign], ""
        elif sign in DIGITS:
            digits += str(DIGITS[sign])
        else:
            return sign
    return str(total + int(digits or 0))
