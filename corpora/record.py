"""The training record: the whole contract between data and training."""

from typing import Annotated

import polars as pl

from tools.frames import Schema

TEXT, LIST = pl.String, pl.List(pl.String)
MESSAGES = pl.List(pl.Struct({"role": TEXT, "content": TEXT}))

RECORDS = Schema(
    "records",
    {
        "id": TEXT, "task": TEXT, "lang": TEXT, "messages": MESSAGES, "answer": TEXT, "facts": LIST, "group": TEXT,
        "source": TEXT, "template": TEXT, "license": TEXT, "split": TEXT, "meta": TEXT,
    },
    required=("id", "task", "lang", "messages", "facts", "group", "source", "license", "meta"),
)  # fmt: skip
"""One training example a row. `id`: a hash of its template, head and messages. `answer`: what grading compares with
(nullable). `facts`: ids of the triples behind it. `group`: what must stay in one split (both languages of a fact).
`source` and `license`: those of all its facts and names, joined by ` + ` and ` AND `. `template`:
`pack@version/template.lang#variant`. `split`: null until it is split. `meta`: JSON text."""

Records = Annotated[pl.DataFrame, RECORDS]
