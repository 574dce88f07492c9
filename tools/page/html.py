"""What a page is made of besides its words: its style, its policy, and JSON that stays within its element."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import orjson
from markupsafe import Markup

ESCAPES: dict[str, str | int | None] = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def style() -> str:
    """The style of every page, with its colours as variables, in light and in dark."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def embed_json(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return Markup(text.translate(str.maketrans(ESCAPES)))


def policy(style: str, scripts: list[Markup]) -> str:
    """Nothing from anywhere but this page: its own scripts and styles by their hashes, no eval, no network."""
    script = " ".join(f"'sha256-{_hash(text)}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {script}; style-src '{'sha256-' + _hash(style)}'; "
        "style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
