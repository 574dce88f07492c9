"""Answers to MedS-Bench scored as its published scripts score them (Metrics/, cb26b7f), whatever one thinks of it.

They read a table with `task_id,input,GT,output` by pandas: an empty output, and one of EMPTY such as `None`, is no text but a missing number. Some
scripts leave that out, some read it as the word `nan`, some stop. What would stop a script counts here as wrong, and its state says so."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from kgtools.train.evaluate.meds_bench.catalog import MedsTask, tasks
from kgtools.train.evaluate.meds_bench.published_texts import WordsMissing, bleu_1, rouge_l, tokenizer
from kgtools.train.evaluate.task import Answer, Sample

EMPTY = frozenset([
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a",
    "nan", "null",
])  # fmt: skip
"""What pandas.read_csv reads as missing."""
NUMBERS = ("right", "tp", "fp", "fn", "bleu_1", "rouge_l")
PARTS = ("tp", "fp", "fn")
NO_ENTITY = "there is no related enetity"
"""As the definitions spell it; the script that made the data writes entity."""
RIGHT_ANSWER, DIAGNOSIS, TREATMENT = "the right answer is", "The diagnosis result is", "The treatment planning is:"
Marks = dict[str, Any]
Rule = Callable[[str | None, str, MedsTask, Sample], Marks | None]


class Stops(Exception):
    """The published script ends here with an error."""


def score(given: Sequence[tuple[Sample, Answer]]) -> pl.DataFrame:
    """`state`: counted; left out: of the number that is divided by; stops the script; no words: there is no tokenizer for its language here, and
    it is not scored. Beside it, as numbers, NUMBERS, and for each label of several `tp_1`, `fp_1`, `fn_1`. Null where a number is none of the
    task's kind, or the answer left out."""
    rows = [_grade(sample, answer) for sample, answer in given]
    width = max((len(sample.asked["labels"]) for sample, _ in given if _task(sample).kind == "labels"), default=0)
    kinds: dict[str, Any] = {"state": pl.String} | dict.fromkeys(NUMBERS, pl.Float64)
    kinds |= {f"{part}_{number}": pl.Float64 for number in range(1, width + 1) for part in PARTS}
    return pl.DataFrame([[row.get(name) for name in kinds] for row in rows], schema=kinds, orient="row")


def _task(sample: Sample) -> MedsTask:
    return tasks()[str(sample.meta["task"])]


def _grade(sample: Sample, answer: Answer) -> Marks:
    task = _task(sample)
    output = None if answer.text is None or answer.text in EMPTY else answer.text
    rule: Rule = RULES.get(task.category if task.kind != "text" else f"{task.category}, text", _text)
    try:
        found = rule(output, sample.reference or "", task, sample)
    except Stops:
        return _nothing(task, sample) | {"state": "stops the script"}
    except WordsMissing as missing:
        return {"state": f"no words ({missing.package} is not installed)"}
    return {"state": "left out"} if found is None else found | {"state": "counted"}


def _nothing(task: MedsTask, sample: Sample) -> Marks:
    if task.kind == "text":
        return {"bleu_1": 0.0, "rouge_l": 0.0}
    if task.kind == "entities":
        return _counts(set(), _entities_of(sample.reference or ""))
    return {"right": 0.0}


def _mcqa(output: str | None, reference: str, task: MedsTask, _: Sample) -> Marks:
    """The first letter, whatever word it begins; of an empty output that of `nan`, so that to PubMedQA it answers no."""
    said = str("nan" if output is None else output).lower().replace(RIGHT_ANSWER, "").strip()
    right = reference.lower().replace(RIGHT_ANSWER, "").strip()
    if not said or not right:
        raise Stops
    letters = "yn" if task.id == "task123" else "abcd"
    return {"right": float(said[0] in letters and said[0] == right[0])}


def _extraction(output: str | None, reference: str, *_: Any) -> Marks:
    return {"right": float(_squeeze(reference) in _squeeze("nan" if output is None else output))}


def _squeeze(text: str) -> str:
    return text.lower().strip().replace('"', "").replace("'", "").replace("\n", "")


def _entities(output: str | None, reference: str, *_: Any) -> Marks | None:
    return None if output is None else _counts(_entities_of(output), _entities_of(reference))


def _entities_of(text: str) -> set[str]:
    """Full stops go first, wherever they stand; the last character, which once was one, goes all the same."""
    plain = text.replace(".", "").strip().lower()
    return set() if plain == NO_ENTITY else set(plain[:-1].split(", "))


def _counts(said: set[str], right: set[str]) -> Marks:
    return {"tp": float(len(said & right)), "fp": float(len(said - right)), "fn": float(len(right - said))}


def _stands_in(opening: str) -> Rule:
    """The label stands somewhere in the output. The opening is taken off the reference where it is spelt so, its full stops everywhere."""

    def rule(output: str | None, reference: str, *_: Any) -> Marks:
        if output is None:
            raise Stops
        return {"right": float(reference.replace(".", "").replace(opening, "").strip().lower() in output.lower())}

    return rule


def _outcome(output: str | None, reference: str, *_: Any) -> Marks:
    said, right = str("nan" if output is None else output).lower(), reference.lower().strip()
    other = {"true": "false", "false": "true"}.get(right)
    return {"right": float(other is not None and right in said and other not in said)}


def _classification(output: str | None, reference: str, _: MedsTask, sample: Sample) -> Marks:
    said, right = ("nan" if output is None else output).lower(), reference.lower()
    marks: Marks = {}
    for number, label in enumerate(sample.asked["labels"], 1):
        both = (
            label in said and label in right,
            label in said and label not in right,
            label in right and label not in said,
        )
        marks |= {f"{part}_{number}": float(value) for part, value in zip(PARTS, both, strict=True)}
    return marks


def _verification(output: str | None, reference: str, *_: Any) -> Marks:
    if output is None:
        raise Stops
    return {"right": float(reference.replace(".", "").strip().lower() in output.split("\n")[0].strip().lower())}


def _nli(output: str | None, reference: str, *_: Any) -> Marks:
    said = ("nan" if output is None else output).lower()
    return {"right": float(reference.replace(".", "").strip().lower() in said)}


def _text(output: str | None, reference: str, *_: Any) -> Marks:
    if output is None:
        raise Stops
    return _likeness(output, reference, None)


def _explanation(output: str | None, reference: str, *_: Any) -> Marks | None:
    return None if output is None else _likeness(output, reference, None)


def _rationale(output: str | None, reference: str, task: MedsTask, _: Sample) -> Marks | None:
    if output is None:
        raise Stops
    said, right = output.strip(), reference.strip()
    return _likeness(said, right, task.lang) if said and right else None


def _justification(output: str | None, reference: str, *_: Any) -> Marks:
    """Without its full stops the reference is one sentence to ROUGE; the output keeps its own."""
    if output is None:
        raise Stops
    said = output.strip().lower()
    if not said:
        return {"bleu_1": 0.0, "rouge_l": 0.0}
    return _likeness(said, reference.replace(".", "").strip().lower(), None)


def _likeness(said: str, right: str, lang: str | None) -> Marks:
    words = tokenizer(lang)
    mine, theirs = words(said), words(right)
    like = rouge_l(" ".join(mine), " ".join(theirs)) if lang in ("zh", "ja") else rouge_l(said, right)
    if like is None:
        raise Stops
    return {"bleu_1": bleu_1(mine, theirs), "rouge_l": like}


RULES: dict[str, Rule] = {
    "mcqa": _mcqa, "information-extraction": _extraction, "ner": _entities, "diagnosis": _stands_in(DIAGNOSIS),
    "treatment": _stands_in(TREATMENT), "outcome": _outcome, "classification": _classification, "verification": _verification, "nli": _nli,
    "explanation, text": _explanation, "rationale, text": _rationale, "verification, text": _justification,
}  # fmt: skip
"""By category; of summaries and of hypotheses `_text`."""
