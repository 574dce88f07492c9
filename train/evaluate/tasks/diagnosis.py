"""Diagnosis: notes of a patient, answered by what the patient has (ClinicalGPT, Table 6).

The paper says that "the generated text" is compared with "the diagnosis labels", not how. Here a label is right where the answer states it,
under any of its names (`contained`), or is it, word for word (`exact`); what plain containment would give stands beside. An answer that names
many diagnoses pays for it in precision."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import Field

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.headings import Section, split
from kgtools.corpora.verify.language.aliases import clean
from kgtools.corpora.verify.language.reading import fold
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.train.evaluate.metric import Metric, macro, rate, share
from kgtools.train.evaluate.readings.diagnoses import Diagnoses, Names, Vocabulary, read_diagnoses
from kgtools.train.evaluate.readings.icd_chapters import chapter_of
from kgtools.train.evaluate.task import Answer, PromptSettings, Sample, ScoreSettings, Task

ASK = {
    "zh": "根据以上病历，该患者的诊断是什么？请只写诊断名称，多个诊断用分号隔开。",
    "en": "What is the diagnosis of this patient? Give the names of the diagnoses alone, with semicolons between them.",
}
LONGEST = 300
"""Characters of an answer that is nothing but diagnoses."""
LONG_WITH_STEM = 5
"""Characters of a name that says as much without its 症; 抑郁 is a symptom, 抑郁症 is none."""
SHORT_NAME = re.compile(r"[（(]([A-Z][A-Za-z0-9-]{1,9})[）)]")
"""`慢性阻塞性肺疾病（COPD）`"""


class DiagnosisPrompts(PromptSettings):
    """What there is to choose."""

    prompt: Literal["own", "ask"] = Field(
        "own", description="own: the notes alone, as ClinicalGPT is trained; ask: the notes, then a question"
    )


class DiagnosisScores(ScoreSettings):
    """What there is to choose."""

    mode: Literal["contained", "exact"] = Field(
        "contained",
        description="contained: what the answer states, read with its denials and hedges; exact: names and no more",
    )
    names: Path | None = Field(
        None, description="a YAML or JSON file, key (such as an ICD-10 code): [names of one disease]"
    )
    modifiers: Literal["keep", "drop"] = Field(
        "keep", description="drop: 阑尾炎 is right for 急性阑尾炎, cholecystitis for acute cholecystitis"
    )


def ask(one: Sample, shots: Sequence[Sample], settings: DiagnosisPrompts) -> list[Sample] | str:
    """The prompt of a patient; or why it is none. It remembers the labels, the group of diseases and the codes."""
    labels = _labels(one)
    if isinstance(labels, str):
        return labels
    examples = [
        message
        for shot in shots
        for message in (
            {"role": "user", "content": _put(shot.question, shot.lang, settings.prompt)},
            {"role": "assistant", "content": shot.reference or ""},
        )
    ]
    *before, last = one.messages
    messages = (
        *(message for message in before if message["role"] == "system"), *examples,
        *(message for message in before if message["role"] != "system"),
        last | {"content": _put(last["content"], one.lang, settings.prompt)},
    )  # fmt: skip
    codes = [str(code) for code in one.meta.get("icd10") or ()]
    group = one.meta.get("disease_group") or (chapter_of(codes[0]) if codes else "")
    joint = "；" if one.lang == "zh" else "; "
    asked = {"labels": labels, "icd10": codes, "disease_group": group}
    return [replace(one, messages=messages, reference=joint.join(names[0] for names in labels), asked=asked)]


def _put(content: str, lang: str, style: str) -> str:
    return content if style == "own" else f"{content}\n\n{ASK['zh' if lang == 'zh' else 'en']}"


def _labels(one: Sample) -> list[list[str]] | str:
    """The diagnoses of a record, the principal one first, each by its names; or why it has none."""
    if not one.reference or not one.messages:
        return "no diagnosis"
    if "pair" in one.meta and "question" in one.meta:  # a question of a case, as CMB-Clin has them
        if "诊断" not in str(one.meta["question"]):
            return "the question is not for a diagnosis"
        found = [
            diagnosis
            for piece in split(one.reference)
            if piece.section is Section.DIAGNOSIS and "鉴别" not in piece.heading and "依据" not in piece.heading
            for diagnosis in dx.parse(piece.text)
        ]
    elif "icd10" in one.meta or len(one.reference) <= LONGEST:
        found = dx.parse(one.reference)
    else:
        return "an answer of which the diagnosis cannot be told"
    aliases = one.meta.get("aliases") or {}
    labels = [_names(diagnosis, aliases) for diagnosis in found]
    return [names for names in labels if names] or "no diagnosis"


def _names(diagnosis: dx.Diagnosis, aliases: Mapping[str, Sequence[str]]) -> list[str]:
    """What a diagnosis may be called: as it is written first, without what stands in brackets, its short form, its aliases;
    甲状腺功能亢进症 also without its 症."""
    whole = dx.labels(diagnosis)[0]
    short = SHORT_NAME.findall(diagnosis.text)
    first = min(whole, key=lambda name: (len(name), name), default="")
    stems = [name[:-1] for name in sorted(whole) if name.endswith("症") and len(name) >= LONG_WITH_STEM]
    names = [first, *sorted(whole), *short, *stems, *aliases.get(diagnosis.text, ())]
    return list(dict.fromkeys(names)) if first else []


def score(given: Sequence[tuple[Sample, Answer]], settings: DiagnosisScores) -> pl.DataFrame:
    """`state` (read, none, abstained, no_answer, missing), `stated_right` and `stated_wrong` (names), and, as numbers, `labels`, `right`,
    `stated`, `principal`, `all_right`, `unread`, `plain` (each label stands somewhere in the text, whatever is said of it) and
    `exact`."""
    known = read_names(settings.names) if settings.names else {}
    labels = [_accepted(sample, known, settings.modifiers) for sample, _ in given]
    # other diagnoses by their whole names: without its modifier 慢性胃炎 would be another name of 急性胃炎
    whole = [names for sample, _ in given for names in _accepted(sample, known, "keep")]
    vocabulary = Vocabulary([*sorted(set(known.values())), *dict.fromkeys(whole)])
    rows = [
        _score(sample, answer, names, vocabulary, settings.mode)
        for (sample, answer), names in zip(given, labels, strict=True)
    ]
    kinds = dict.fromkeys(("state", "stated_right", "stated_wrong"), pl.String)
    return pl.DataFrame(rows, schema=kinds | {name: pl.Float64 for name in rows[0] if name not in kinds})


def _score(
    sample: Sample, answer: Answer, labels: Sequence[Names], known: Vocabulary, mode: str
) -> dict[str, str | float]:
    text = answer.text or ""
    exact = read_exact(text, labels, known)
    found = exact if mode == "exact" else read_diagnoses(_without_notes(text, sample), labels, known, sample.lang)
    right = [labels[number][0] for number in sorted(found.right)]
    folded = fold(text)
    plain = all(any(clean(name) in folded for name in names) for names in labels)
    return {
        "state": "missing" if answer.text is None else found.state, "stated_right": "; ".join(right), "stated_wrong": "; ".join(found.wrong),
        "labels": float(len(labels)), "right": float(len(right)), "stated": float(len(right) + len(found.wrong)),
        "principal": float(0 in found.right),
        "all_right": float(len(right) == len(labels)), "unread": float(found.state != "read"), "plain": float(plain),
        "exact": float(len(exact.right) == len(labels) and not exact.wrong),
    }  # fmt: skip


def _without_notes(text: str, sample: Sample) -> str:
    """The text without the notes, where a model says them again: the past that they tell is no diagnosis."""
    notes = sample.question.strip()
    return text.replace(notes, "\n") if notes else text


def read_exact(text: str, labels: Sequence[Names], known: Vocabulary) -> Diagnoses:
    """The diagnoses of a text that is a list of them and no more: one a line, a number or a semicolon."""
    said = dict.fromkeys(clean(diagnosis.text) for diagnosis in dx.parse(text))
    accepted = [{clean(name) for name in names} for names in labels]
    right = frozenset(number for number, names in enumerate(accepted) if not names.isdisjoint(said))
    wrong = sorted({known.first.get(name, name) for name in said if not any(name in names for names in accepted)})
    return Diagnoses(right, tuple(wrong), "read" if said else "no_answer")


def _accepted(sample: Sample, table: Mapping[str, Names], modifiers: str) -> list[Names]:
    """The names of each label, with those of the table that has one of them, or its code."""
    labels, codes = sample.asked["labels"], sample.asked["icd10"]
    found = []
    for number, names in enumerate(labels):
        more = [name for one in names for name in table.get(clean(one), ())]
        if len(codes) == len(labels):
            more += table.get(clean(codes[number]), ())
        if modifiers == "drop":
            more += [short for name in (*names, *more) if len(short := dx.MODIFIERS.sub("", name)) > 1]
        found.append(tuple(dict.fromkeys([*names, *more])))
    return found


def read_names(file: Path) -> dict[str, Names]:
    """A table of names: each name and each key, as they are looked for, with all names of its disease. Raises InputError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    table = read_yaml(text, str(file))[0]
    if not isinstance(table, dict):
        raise InputError(f"{file}: expected a key a disease with its names: J18.9: [肺炎, pneumonia]")
    found: dict[str, Names] = {}
    for key, names in table.items():
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(name, str) and name.strip() for name in names)
        ):
            raise InputError(f"{file}: {key}: expected a list of names, such as [肺炎, pneumonia]")
        for name in (str(key), *names):
            found[clean(name)] = tuple(dict.fromkeys((*found.get(clean(name), ()), *names)))
    return found


def metrics(_: DiagnosisScores, scores: pl.DataFrame) -> list[Metric]:
    """The principal label stated, by answer and as a mean of groups; where records have several, all of
    them, and their recall; how much of what is stated is right; what cannot be read; and what plain containment and word for word would give."""
    groups = scores["by"].str.json_path_match("$.disease_group").drop_nulls().n_unique()
    several = [rate("all_labels", "all_right"), share("recall", "right", "labels")]
    return [
        rate("accuracy", "principal"),
        *([macro("group_mean", "principal", "disease_group")] if groups > 1 else ()),
        *(several if scores["labels"].max() != 1.0 else ()),
        share("precision", "right", "stated"),
        rate("unread", "unread", better=False),
        rate("plain_containment", "plain"),
        rate("exact", "exact"),
    ]


TASK = Task(
    about="Notes of a patient, answered by the diagnosis; stated ones count, not those denied, doubted or only listed.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=DiagnosisPrompts,
    scoring=DiagnosisScores,
    dimensions=("disease_group", "department"),
)
