"""Medical Meadow: the instruction sets of MedAlpaca, a file each."""

from collections.abc import Iterator
from dataclasses import replace

from kgtools.corpora.files.paths import stem
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader
from kgtools.corpora.readers import alpaca

INSTRUCTION = "Answer this question truthfully"


def read(corpus: Corpus, settings: alpaca.AlpacaSettings) -> Iterator[Example]:
    """As Alpaca; `set` in the meta is the name of the file without `medical_meadow_`. Equal rows are one group."""
    names = {file.name: stem(file).lower().removeprefix("medical_meadow_") for file in corpus.files}
    for example in alpaca.read(corpus, settings):
        asked = "\n".join(turn.content for turn in example.messages if turn.role != "assistant")
        yield replace(example, key=asked, meta=example.meta | {"set": names[example.place.file]})


def fits(preview: FilePreview) -> str | None:
    if not alpaca.fits(preview) or not preview.has(*alpaca.KEYS):
        return None
    name = preview.name.rpartition("/")[2].lower()
    if name.startswith("medical_meadow"):
        return "its name, and instruction and output, as Medical Meadow has them"
    if preview.rows[0]["instruction"] == INSTRUCTION:
        return "its instruction is Medical Meadow's"
    return None


READER = Reader(
    title="Medical Meadow (MedAlpaca)",
    license="unknown",
    license_note="every set has its own; say it with --license",
    files="medical_meadow_NAME.json: arrays of {instruction, input, output}",
    read=read,
    fits=fits,
    settings=alpaca.AlpacaSettings,
    url="https://github.com/kbressem/medAlpaca",
)
