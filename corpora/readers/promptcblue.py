"""PromptCBLUE: the tasks of CBLUE as prompts with their answer."""

from collections.abc import Iterator

from kgtools.corpora.files.paths import SPLITS, stem
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, PublishedFile, Reader, Turn

KEPT = ("answer_choices", "task_type", "task_dataset", "sample_id")


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """`{input, target, answer_choices, task_type, task_dataset, sample_id}` a line; the split is the name of the file."""
    for file in corpus.files:
        split = SPLITS.get(stem(file).lower())
        for place, row in file.rows():
            given, target = row.get("input"), row.get("target") or ""
            if not isinstance(given, str) or not isinstance(target, str):
                corpus.refuse(
                    place, "wrong-type" if "input" in row else "missing-field", "input and target must be texts"
                )
                continue
            if not target.strip():
                corpus.refuse(place, "no-answer", "there is no target; those of the hidden test are empty")
                continue
            turns = (Turn("user", given), Turn("assistant", target))
            meta = {key: row.get(key) for key in KEPT}
            yield Example(place, turns, "instruction", "zh", target.strip(), split=split, meta=meta)


def fits(preview: FilePreview) -> str | None:
    if preview.has("input", "target", "task_dataset"):
        return "input, target and task_dataset, as PromptCBLUE has them"
    return None


READER = Reader(
    title="PromptCBLUE",
    license="unknown",
    license_note="none is stated; the sets of CBLUE are for research",
    files="train.json, dev.json, test.json: JSON lines",
    read=read,
    fits=fits,
    published=(PublishedFile(("input", "target", *KEPT)),),
    url="https://github.com/michael-wzhu/PromptCBLUE",
)
