"""ChatDoctor: one question of a patient and one answer of a doctor, in English (HealthCareMagic, iCliniq, GenMedGPT)."""

from collections.abc import Iterator

from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, Reader, Turn

INSTRUCTION = "If you are a doctor, please answer the medical questions based on the patient's description."


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{instruction, input, output}`; the constant instruction is the system's message."""
    for file in corpus.files:
        for place, row in file.rows():
            if not all(isinstance(row.get(key), str) for key in ("instruction", "input", "output")):
                corpus.refuse(place, "missing-field", "instruction, input and output must be texts")
                continue
            turns = (Turn("system", row["instruction"]), Turn("user", row["input"]), Turn("assistant", row["output"]))
            yield Example(place, turns, "dialogue", "en", key=row["input"])


def fits(preview: FilePreview) -> str | None:
    if preview.has("instruction", "input", "output") and preview.rows[0]["instruction"] == INSTRUCTION:
        return "its instruction is ChatDoctor's"
    return None


READER = Reader(
    title="ChatDoctor (HealthCareMagic-100k, iCliniq, GenMedGPT-5k)",
    license="unknown",
    license_note="the code is Apache-2.0; the texts are the sites' copyright",
    files="JSON arrays of {instruction, input, output}",
    read=read,
    fits=fits,
    private=True,
    url="https://github.com/Kent0n-Li/ChatDoctor",
)
