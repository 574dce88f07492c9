"""The page of a preview: one HTML file for reviewers that asks no network, to be read on a screen or printed."""

import base64
import hashlib
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kgtools.templates.preview import Preview

HERE = Path(__file__).parent
LANGUAGES = {"zh": ("中文", "zh-CN"), "en": ("English", "en")}
"""What a language is called in itself, and how HTML calls it."""


def page(preview: Preview) -> str:
    """The page as text, the same for the same preview."""
    style = Markup((HERE / "style.css").read_text(encoding="utf-8"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=style,
        info=preview.info,
        real=preview.real,
        langs={lang: LANGUAGES[lang] for lang in preview.langs},
        parts=[(name, list(rows)) for name, rows in groupby(preview.rows, key=lambda row: row.name)],
        asks=preview.asks,
        missing=preview.missing,
        count=len(preview.rows),
    )
