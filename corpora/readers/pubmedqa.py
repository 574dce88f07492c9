"""PubMedQA: a question, the abstract of its paper, and yes, no or maybe; or the abstract's conclusion as an answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.exams.questions import LM_EVAL, PLAIN, ExamSettings, Question, cell_text, records
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, PublishedFile, Reader, Turn

ASK = "Abstract: {abstract}\nQuestion: {question}"
PROMPTS = {
    "plain": replace(PLAIN, ask=ASK + "\n{options}"),
    "lm-eval": replace(LM_EVAL, ask=ASK + "\nAnswer:", one="{text}"),
}
COLUMNS = ("QUESTION", "CONTEXTS", "LABELS", "MESHES", "LONG_ANSWER")
MORE = ("YEAR", "reasoning_required_pred", "reasoning_free_pred", "final_decision")
ROW = ("pubid", "question", "context", "long_answer")
DECISIONS = {"A": "yes", "B": "no", "C": "maybe"}


class PubmedqaSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["plain", "lm-eval"] = Field(
        "plain", description="whose prompt asks for the decision: plain, lm-eval"
    )
    answers: Literal["decision", "long", "both"] = Field(
        "decision", description="decision: yes, no or maybe; long: the paper's conclusion; both: a record of each"
    )


def read(corpus: Corpus, settings: PubmedqaSettings) -> Iterator[Example]:
    """An object by PMID; with it, if given, the official test set (`{PMID: decision}`), whose questions are of the split test
    and the others of train. The letters of the answer stand for yes, no and maybe."""
    kinds = [(file, _is_test(file)) for file in corpus.files]
    test = _test(corpus, [file for file, is_test in kinds if is_test])
    rest = "train" if test else None
    for file, is_test in kinds:
        split = word_in_path(file, SPLITS)
        for place, pmid, values in () if is_test else _papers(file):
            if not isinstance(values, dict) or not isinstance(values.get("CONTEXTS"), list):
                corpus.refuse(place, "missing-field", "a paper has QUESTION and a list of CONTEXTS")
                continue
            official = test.pop(pmid, None)
            decision = cell_text(values.get("final_decision"))
            if official and official[1] and decision and official[1] != decision:
                corpus.refuse(place, "keys-differ", "the test set has another decision")
                continue
            yield from _records(corpus, place, pmid, values, "test" if official else rest or split, settings)
    for place, _ in test.values():
        corpus.refuse(place, "key-without-question", "no question of this PMID was given")


def _records(
    corpus: Corpus, place: Place, pmid: str, values: dict[str, Any], split: str | None, settings: PubmedqaSettings
) -> Iterator[Example]:
    abstract = "\n".join(filter(None, map(cell_text, values["CONTEXTS"])))
    decision, long = cell_text(values.get("final_decision")), cell_text(values.get("LONG_ANSWER"))
    meta = {"id": pmid, "abstract": abstract, "year": cell_text(values.get("YEAR")), "decision": decision}
    if not abstract:
        corpus.refuse(place, "no-abstract")
        return
    letters = {text: letter for letter, text in DECISIONS.items()}
    if settings.answers in ("decision", "both"):
        key = letters.get(decision.lower(), decision) if "final_decision" in values else None
        question = Question(
            place, values.get("QUESTION"), DECISIONS, key, "en", split, None, None, long, False, meta
        )  # fmt: skip
        yield from (
            replace(record, key=pmid) for record in records(corpus, question, PROMPTS[settings.prompt], settings)
        )
    if settings.answers in ("long", "both"):
        text = cell_text(values.get("QUESTION"))
        if text and long:
            turns = (Turn("user", ASK.format(abstract=abstract, question=text)), Turn("assistant", long))
            yield Example(place, turns, "qa", "en", long, pmid, split, meta | {"question": text})
        else:
            corpus.refuse(place, "no-answer" if text else "no-question", "of the long answer")


def _papers(file: File) -> Iterator[tuple[Place, str, Any]]:
    """The papers by PMID; of a table, as Hugging Face has them, each row with the names that they have in the object."""
    if not file.is_table():
        yield from file.members()
        return
    for place, row in file.json():
        texts = row.get("context")
        given = {"QUESTION": row.get("question"), "LONG_ANSWER": row.get("long_answer")}
        if isinstance(texts, dict):
            given["CONTEXTS"] = texts.get("contexts")
        if "final_decision" in row:
            given["final_decision"] = row["final_decision"]
        yield place, cell_text(row.get("pubid")), given


def _is_test(file: File) -> bool:
    return not file.is_table() and any(isinstance(value, str) for _, _, value in _beginning(file))


def _beginning(file: File) -> Iterator[tuple[Place, str, Any]]:
    for member in file.quiet().members():
        yield member
        return


def _test(corpus: Corpus, files: list[File]) -> dict[str, tuple[Place, str]]:
    split: dict[str, tuple[Place, str]] = {}
    for file in files:
        for place, pmid, decision in file.members():
            if cell_text(decision) in DECISIONS.values():
                split[pmid] = place, cell_text(decision)
            else:
                corpus.refuse(place, "bad-key", "expected yes, no or maybe")
    return split


def fits(preview: FilePreview) -> str | None:
    complete = preview.rows[0] if preview.rows and isinstance(preview.rows[0], dict) else {}
    if preview.has(*ROW) and isinstance(preview.first("context"), dict):
        return "pubid, question, context and long_answer, as PubMedQA has them on Hugging Face"
    first = next(iter(complete.values()), None)
    if isinstance(first, dict) and {"QUESTION", "CONTEXTS"} <= set(first):
        return "an object by PMID with QUESTION and CONTEXTS, as PubMedQA has them"
    if len(complete) > 1 and all(key.isdigit() and value in DECISIONS.values() for key, value in complete.items()):
        return "decisions by PMID, as PubMedQA publishes those of its test set"
    return None


READER = Reader(
    title="PubMedQA",
    license="MIT",
    license_note="",
    files="ori_pqal.json (also pqaa, pqau) or the same as Parquet, and test_ground_truth.json for the official test set",
    read=read,
    fits=fits,
    published=(
        PublishedFile(COLUMNS, MORE, "en", ("QUESTION", "LONG_ANSWER"), keys=r"\d+"),
        PublishedFile(ROW, ("final_decision",), "en", ("question", "long_answer"), values=("pubid", r"\d+")),
    ),
    together=True,
    settings=PubmedqaSettings,
    url="https://github.com/pubmedqa/pubmedqa",
)
