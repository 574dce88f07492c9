"""The training record: the whole contract between data and training."""

from typing import Annotated

import polars as pl

from kgtools.tools.frames import Schema

TEXT, LIST = pl.String, pl.List(pl.String)
MESSAGES = pl.List(pl.Struct({"role": TEXT, "content": TEXT}))
ROLES = ("system", "user", "assistant")
HOLD_OUTS = ("facts", "entities", "relations", "templates", "hops")
"""Kinds of what `generate --hold-out` keeps for test."""
APART = HOLD_OUTS[:3]
"""Kinds whose facts are in no other record. Of the others it is the wording, or the length of the way, that no other record has."""

RECORDS = Schema(
    "records",
    {
        "id": TEXT, "task": TEXT, "lang": TEXT, "messages": MESSAGES, "answer": TEXT, "facts": LIST, "group": TEXT,
        "source": TEXT, "template": TEXT, "license": TEXT, "split": TEXT, "hold_out": TEXT, "meta": TEXT,
    },
    required=("id", "task", "lang", "messages", "facts", "group", "source", "license", "meta"),
    optional=("hold_out",),
)  # fmt: skip
"""One training example a row. `id`: a hash of its template, head and messages; of a corpus, of its source, task and texts.
`answer`: what grading compares with (nullable). `facts`: ids of the triples behind it. `group`: what must stay in one split
(all visits of a patient); of records with facts their fact group, all that hang together by facts. `source` and `license`:
those of all its facts and names, joined by ` + ` and ` AND `. `template`: `pack@version/template.lang#variant`. `split`: null
until it is split. `hold_out`: null, or of which kinds of what is held out it is, HOLD_OUTS joined
by ` + `. `meta`: JSON text; `file` and `line` in it say where a corpus' record stands."""

Records = Annotated[pl.DataFrame, RECORDS]

PREFERENCES = Schema(
    "preferences",
    {
        "id": TEXT, "task": TEXT, "lang": TEXT, "prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES, "facts": LIST,
        "group": TEXT, "source": TEXT, "template": TEXT, "license": TEXT, "split": TEXT, "hold_out": TEXT, "meta": TEXT,
    },
    required=("id", "task", "lang", "prompt", "chosen", "rejected", "facts", "group", "source", "license", "meta"),
    optional=("hold_out",),
)  # fmt: skip
"""A better and a worse answer to one prompt a row. `prompt`: messages that end with the user's; `chosen`, `rejected`: the
messages that follow. The rest is as in records."""

Preferences = Annotated[pl.DataFrame, PREFERENCES]

REMOVED = Schema(
    "removed",
    {"id": pl.String, "source": pl.String, "step": pl.String, "reason": pl.String, "favoured": pl.String},
    required=("id", "source", "step", "reason"),
)
"""A row for each record that a mix or a split leaves out. `source`: as the recipe calls it. `step`: filter, dedup,
decontaminate, draw or split. `favoured`: the record or evaluation item in whose favour, where there is one."""
