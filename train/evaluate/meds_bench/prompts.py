"""The prompts of MedS-Bench: a definition, worked examples in the published layout, and the question, which no budget cuts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field, field_validator

from kgtools.train.evaluate.meds_bench.catalog import DEFINITION, MedsTask, categories, tasks
from kgtools.train.evaluate.task import PromptSettings, Sample

LEARN = "Please learn from the few-shot cases to see what content you have to output."
"""Behind the definition, with nothing between: the literal prompt of MedS-Bench (Evaluation/EvalDataset.py, 185cfc0)."""
QUOTED = re.compile(r"'([^'\[\]]+)'")
OPTION = re.compile(r"(?:^|[\t\n]|Options: ?)[ ]?([A-J])[:.、] ?([^\t\n]*[^\t\n ])")
"""An option of MedS-Ins: `Options: A: aspirin<TAB>B: heparin<TAB>`."""


class MedsPrompts(PromptSettings):
    """What there is to choose. `budget`: characters of a prompt, so that whole worked examples go, the first ones first."""

    category: str = Field("", description="tasks of one category alone, such as ner")
    budget: int | None = Field(
        None, ge=1, description="characters of a prompt: whole worked examples are cut for it, never the question"
    )
    mcqa_shots: bool = Field(
        False, description="worked examples before questions with options too, which MedS-Bench asks without"
    )

    @field_validator("category")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in categories():
            raise ValueError(f"there is no such category; there are {', '.join(categories())}")
        return name


def kin(one: Sample, settings: MedsPrompts) -> str | None:
    """Worked examples are of the same task."""
    task = tasks().get(str(one.meta.get("task")))
    if task is None or (task.category == "mcqa" and not settings.mcqa_shots):
        return None
    return task.id


def ask(one: Sample, shots: Sequence[Sample], settings: MedsPrompts) -> list[Sample] | str:
    """The prompt of a record that the reader `meds-ins` made; or why there is none."""
    task = tasks().get(str(one.meta.get("task")))
    if task is None:
        return "of no task that MedS-Bench has"
    if settings.category and task.category != settings.category:
        return "of another category"
    if one.reference is None:
        return "without an output"
    definition = next((message["content"] for message in one.messages if message["role"] == "system"), "")
    known = _known(task, one, definition)
    if isinstance(known, str):
        return known
    kept = list(shots)
    while kept and settings.budget is not None and _length(_messages(definition, one, kept)) > settings.budget:
        del kept[0]
    messages = _messages(definition, one, kept)
    over = settings.budget is not None and _length(messages) > settings.budget
    notes = {
        "worked examples cut for the budget": len(shots) - len(kept),
        "questions that are longer than the budget, asked whole": int(over),
    }
    asked = {"category": task.category, "row": task.row, "shots": len(kept), "notes": notes} | known
    return [replace(one, messages=messages, asked=asked)]


def _known(task: MedsTask, one: Sample, definition: str) -> dict[str, Any] | str:
    """What scoring needs of the question beside its answer; or why there is none."""
    if task.kind == "choice":
        options = options_in(one.question)
        key = key_of(one.reference or "", options)
        return {"options": options, "key": key} if key else "a question without options, or whose key is none of them"
    if task.kind in ("label", "labels"):
        labels = _quoted(definition) if task.labels == DEFINITION else list(task.labels)
        return {"labels": labels} if labels else "a definition that quotes no labels"
    return {}


def _quoted(definition: str) -> list[str]:
    """The labels of a list in brackets; between some of them the published ones have no comma."""
    return QUOTED.findall(definition[definition.find("[") : definition.rfind("]")])


def options_in(question: str) -> dict[str, str]:
    """The options of a question, by their letters, which go from A on without a gap."""
    found = [(letter, text) for letter, text in OPTION.findall(question)]
    begin = max((at for at, (letter, _) in enumerate(found) if letter == "A"), default=0)
    options = dict(found[begin:])
    return options if len(options) > 1 and "".join(options) == "ABCDEFGHIJ"[: len(options)] else {}


def key_of(reference: str, options: dict[str, str]) -> str:
    """The letters of the right options, sorted, as a reference names them: `The right answer is A: ...`, `正しい答えは A: ..., C: ... です`, `B`."""
    plain = "".join(sorted(set(re.sub(r"[\s,、.]", "", reference))))
    if plain and set(plain) <= set(options):
        return plain
    pairs = {letter for letter, text in options.items() if f"{letter}: {text}" in reference}
    return "".join(sorted(pairs))


def _messages(definition: str, one: Sample, shots: Sequence[Sample]) -> tuple[dict[str, str], ...]:
    if not shots:
        return ({"role": "system", "content": definition}, {"role": "user", "content": one.question})
    examples = "\n\n".join(f"Input:\n{shot.question}\n\nOutput:\n{shot.reference}\n" for shot in shots)
    return (
        {"role": "system", "content": f"{examples}\n\n{definition}{LEARN}"},
        {"role": "user", "content": f"Input:\n{one.question}\nOutput:\n"},
    )


def _length(messages: Sequence[dict[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages)
