"""The texts of records as they are compared: what is left when width, case, spaces and punctuation do not count."""

import polars as pl


def normal(text: pl.Expr) -> pl.Expr:
    """NFKC, lower case, letters and digits of any script only: `“痛风”（Ⅰ型）` is `痛风i型`."""
    return text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def said(messages: pl.Expr, *roles: str) -> pl.Expr:
    """What these roles say in a list of messages, a line each: `said(pl.col("messages"), "user")`; all roles without any."""
    turns = messages.list.filter(pl.element().struct.field("role").is_in(roles)) if roles else messages
    return turns.list.eval(pl.element().struct.field("content")).list.join("\n")
