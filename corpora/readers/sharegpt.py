"""ShareGPT: conversations of a human and a model; and their singular sister, with roles, as DISC-MedLLM has it."""

from collections.abc import Iterator

from kgtools.corpora.dialogue.speakers import LINE, SPOKEN, NotTurns
from kgtools.corpora.dialogue.turns import any_conversation, as_list, in_plain_lines, in_turns
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader
from kgtools.corpora.readers.alpaca import instruction

KEYS = ("conversations", "conversation", "dialogue", "dialog", "dialogs", "turns", "talk", "data")
"""What files call the talk of a row; `data` is HuatuoGPT's, of lines."""


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{conversations: [{from, value}]}`, perhaps with `system`; `{conversation: [{role, content}]}`, a dialogue or dialog of
    such messages, of rounds, or of lines that begin with who speaks."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.rows():
            said = next((row[key] for key in KEYS if key in row), None)
            system = row.get("system") or row.get("system_prompt")
            try:
                turns = in_turns(corpus, any_conversation(in_plain_lines(corpus, said), system))
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            meta = {"id": row.get("id", row.get("_id")), "origin": row.get("source")}
            yield instruction(place, turns, meta=meta, split=split)


def fits(preview: FilePreview) -> str | None:
    if "chosen" in preview.columns:
        return None
    for key in KEYS:
        if preview.has(key):
            said = as_list(preview.first(key))
            if key == "data" and not (
                isinstance(said, list) and said and isinstance(said[0], str) and SPOKEN.match(said[0])
            ):
                continue
            if isinstance(said, list) or (isinstance(said, str) and LINE.search(said)):
                return f"a list of {key}, as ShareGPT has it"
    return None


READER = Reader(
    title="ShareGPT",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON lines or arrays of {conversations: [{from, value}]} {conversation: [{role, content}]}, or a dialogue",
    read=read,
    fits=fits,
    general=True,
)
