"""ShareGPT: conversations of a human and a model; and their singular sister, with roles, as DISC-MedLLM has it."""

from collections.abc import Iterator

from corpora.paths import SPLITS, told
from corpora.readers.alpaca import instruction
from corpora.reading import Corpus, Example, Look, NoSettings, Reader
from corpora.turns import NotTurns, any_conversation, in_turns


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{conversations: [{from, value}]}`, perhaps with `system`; or `{conversation: [{role, content}]}`."""
    for file in corpus.files:
        split = told(file, SPLITS)
        for place, row in file.json():
            said = row["conversations"] if "conversations" in row else row.get("conversation")
            try:
                turns = in_turns(corpus, any_conversation(said, row.get("system")))
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            meta = {"id": row.get("id", row.get("_id")), "origin": row.get("source")}
            yield instruction(place, turns, meta=meta, split=split)


def fits(look: Look) -> str | None:
    if not look.layout.startswith("json") or "chosen" in look.columns:
        return None
    for key in ("conversations", "conversation"):
        if look.has(key) and isinstance(look.rows[0][key], list):
            return f"a list of {key}, as ShareGPT has it"
    return None


READER = Reader(
    title="ShareGPT",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON lines or arrays of {conversations: [{from, value}]} or {conversation: [{role, content}]}",
    read=read,
    fits=fits,
    general=True,
)
