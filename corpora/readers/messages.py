"""Messages: conversations as chat templates take them."""

from collections.abc import Iterator

from kgtools.corpora.dialogue.speakers import NotTurns
from kgtools.corpora.dialogue.turns import any_conversation, as_list, in_plain_lines, in_turns
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader
from kgtools.corpora.readers.alpaca import instruction


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{messages: [{role, content}]}`."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.rows():
            try:
                turns = in_turns(
                    corpus, any_conversation(in_plain_lines(corpus, row.get("messages")), row.get("system"))
                )
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            yield instruction(place, turns, meta={"id": row.get("id")}, split=split)


def fits(preview: FilePreview) -> str | None:
    if preview.has("messages") and isinstance(as_list(preview.first("messages")), list):
        return "a list of messages"
    return None


READER = Reader(
    title="Messages (Hugging Face)",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON lines or arrays of {messages: [{role, content}]}",
    read=read,
    fits=fits,
    general=True,
)
