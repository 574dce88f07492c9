"""A batch of records without what identifies a person."""

from typing import Annotated

import polars as pl

from kgtools.corpora.deidentify.policy import Policy
from kgtools.corpora.deidentify.replace import Entry, replace_in_record
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.frames import Schema

LOG = Schema(
    "deidentified",
    {
        "record": pl.String, "part": pl.String, "message": pl.Int64, "start": pl.Int64, "end": pl.Int64, "class": pl.String,
        "action": pl.String, "rule": pl.String,
    },
    required=("record", "part", "class", "action"),
)  # fmt: skip
"""A row for each span that was found: `part` (messages, prompt, chosen, rejected, answer or a key of meta), the message's number
from 0, the characters before replacing, the class, what was done, and by which rule; never the text."""

Log = Annotated[pl.DataFrame, LOG]


def deidentify(records: pl.DataFrame, policy: Policy, key: bytes) -> tuple[pl.DataFrame, Log]:
    """The records (or preferences), and the log of what was replaced. Knows nothing of other batches, nor needs to.

    `id` stays, `group` is keyed: it was a hash of a patient's number, which could be found by trying."""
    schema = PREFERENCES if "chosen" in records.columns else RECORDS
    rows, entries = [], list[Entry]()
    for row in records.iter_rows(named=True):
        new, more = replace_in_record(row, policy, key)
        rows.append(new)
        entries += more
    return schema.frame(rows), LOG.frame([tuple(entry) for entry in entries])
