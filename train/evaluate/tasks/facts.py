"""Facts: questions that a graph wrote, with what grading needs in them; the verifier says what each answer states, contradicts or invents.

The scores join what the model was trained on, where the user says what that was."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BeforeValidator, Field, PlainSerializer

from kgtools.corpora.verify import PARTS, Explanation, Item, NameIndex, Policy, explain, load_policy, read_letters
from kgtools.corpora.verify.adapters import read_names
from kgtools.corpora.verify.forms.plans import hops
from kgtools.corpora.verify.item import KEY
from kgtools.tools.inputs.files import sha256
from kgtools.train.evaluate.knowledge import learn, mark_of
from kgtools.train.evaluate.metric import Metric, mean, rate
from kgtools.train.evaluate.task import CROSS, Answer, Beside, PromptSettings, Sample, ScoreSettings, Task

NAMES = "names.parquet"
"""Beside items: the names of their graph, which an answer may claim wrongly."""
TEMPLATE = re.compile(r"/([^/#.]+)(?:\.[a-z]{2})?(?:#\d+)?$")
File = Annotated[
    Path | None,
    BeforeValidator(lambda value: value if value is None else Path(str(value))),
    PlainSerializer(lambda path: path and path.name),
]


class FactPrompts(PromptSettings):
    """What there is to choose. `wording`: `own` asks as the record does; `plain` the bare question of a list, in the words of the task qa that
    a model may have been trained on; `both` each of them, so that what is known is told from what is known in other words."""

    wording: Literal["own", "plain", "both"] = Field(
        "own", description="own: as the record asks; plain: the bare question of a list, as qa asks it; both"
    )


class FactScores(ScoreSettings):
    """What there is to choose. `names`: by default `names.parquet` beside the prompts; `policy`: weights of the total."""

    names: File = Field(None, description="other names of the graph, by default names.parquet beside the prompts")
    policy: File = Field(None, description="a YAML file of weights of the total, as kgtools grade takes")


@dataclass(frozen=True)
class Context:
    """What scoring reads beside. `knowledge`: of each prompt by its id, what of it was trained on."""

    names: NameIndex | None
    policy: Policy
    knowledge: dict[str, str | None]


def ask(one: Sample, shots: Sequence[Sample], settings: FactPrompts) -> list[Sample] | str:
    """The question as its record asks it, or plainly, or both; or why it is none."""
    if KEY not in one.meta:
        return "no item to grade by"
    item = item_of(one)
    if one.meta.get("permuted") and (item.form == "abstain" or item.right == "false"):
        return "of a control set, and right all the same"  # what no source says stays unsaid
    said = one.meta.get("hops")
    found = TEMPLATE.search(one.template or "")
    asked = {
        "task": one.task, "relation": found[1] if found else "", "hops": said if isinstance(said, int) else hops(item) or "", "form": item.form,
        "hold_out": one.hold_out or "",
    }  # fmt: skip
    examples = [
        message
        for shot in shots
        for message in (*(m for m in shot.messages if m["role"] != "system"), {"role": "assistant", "content": shot.reply or shot.reference or ""})
    ]  # fmt: skip
    system = [message for message in one.messages if message["role"] == "system"]
    turns = {"own": [message for message in one.messages if message["role"] != "system"]}
    if one.task == "list" and "question" in one.meta:  # what other tasks ask has other answers without their words
        turns["plain"] = [{"role": "user", "content": one.meta["question"]}]
    wanted = ("own", "plain") if settings.wording == "both" else (settings.wording,)
    prompts = [
        replace(one, messages=(*system, *examples, *turns[wording]), asked=asked | {"wording": wording})
        for wording in wanted
        if wording in turns
    ]
    return prompts or "no list, whose bare question has its answers"


def item_of(one: Sample) -> Item:
    """The item of a prompt. Raises InputError where its meta holds none that can be read."""
    return Item.from_dict(one.meta[KEY], f"record {one.record}")


def open_context(prompts: Path, samples: Sequence[Sample], settings: FactScores, trained_on: Sequence[Path]) -> Beside:
    """The names and weights, and what of each prompt was trained on."""
    beside = (prompts if prompts.is_dir() else prompts.parent) / NAMES
    names = settings.names or (beside if beside.is_file() else None)
    files = {each.name: each for each in (names, settings.policy) if each is not None}
    index = read_names(str(names)) if names else None
    weights = load_policy(settings.policy)
    training = learn(samples, trained_on) if trained_on else None
    knowledge = training.knowledge if training else {one.id: mark_of(one) for one in samples}
    notes = {"other names of the graph": len(index)} if index else {}
    inputs = {name: sha256(file) for name, file in files.items()}
    return Beside(Context(index, weights, knowledge), inputs, notes | (training.notes if training else {}))


STATES = ("stated", "partial", "wrong", "abstained", "no_answer")
"""Verdicts, of which each answer has one. `stated` is that of the verifier's `right`."""
FLAGS = ("contradicted", "invented")
LEFT = ("verdict", "total", "answer", "abstained", "no_answer")
"""Parts of a score that have columns of other names."""
SHOWN = tuple(name for name in PARTS if name not in LEFT)
COLUMNS: dict[str, Any] = {
    "state": pl.String, "knowledge": pl.String, "graph": pl.List(pl.String), **dict.fromkeys(STATES, pl.Float64),
    **dict.fromkeys(FLAGS, pl.Float64), "total": pl.Float64, **dict.fromkeys(SHOWN, pl.Float64),
}  # fmt: skip


def score(given: Sequence[tuple[Sample, Answer]], context: Context) -> pl.DataFrame:
    """`state`: the verdict, or missing; `knowledge`: what of it was trained on; `graph`: the sources of its facts. As numbers each verdict,
    and of answers that are wrong or partly right `contradicted` (it claims what the sources deny) and `invented` (it claims what they do
    not say); `total`, from 0 to 1, and the parts that it is made of."""
    rows = [_score(sample, answer, context) for sample, answer in given]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _score(sample: Sample, answer: Answer, context: Context) -> tuple[Any, ...]:
    item = item_of(sample)
    found = explain(answer.text or "", item, context.names, sample.question, context.policy)
    verdict = "stated" if found.score.verdict == "right" else found.score.verdict
    contradicted, invented = claims(found, answer.text or "", item, sample)
    parts = found.score.to_dict()
    return (
        "missing" if answer.text is None else verdict, context.knowledge[sample.id], sample.source.split(" + "),
        *(float(verdict == name) for name in STATES), float(contradicted), float(invented), found.score.total,
        *(float(parts[name]) for name in SHOWN),
    )  # fmt: skip


def claims(found: Explanation, text: str, item: Item, sample: Sample) -> tuple[bool, bool]:
    """Whether an answer that is wrong or partly right claims what the sources contradict, and whether it claims what none of them says.

    Of options those contradict that are right answers to the opposite question. Who calls a true statement false contradicts it; who calls
    true what no source says invents. An explanation that is merely unlike its reference does neither, nor does a query."""
    if found.score.verdict not in ("wrong", "partial") or item.form == "cypher":
        return False, False
    contrary = {each["text"] for each in sample.meta.get("distractors") or () if each["from"] == "contrary"}
    if item.form == "choice":
        chosen = set(read_letters(text, item, sample.question).letters) - set(item.right)
        texts = {(item.options or {})[letter] for letter in chosen}
        return not contrary.isdisjoint(texts), not texts <= contrary
    if item.form == "boolean":
        against = item.right == "true" or bool(contrary)
        return against, not against
    contradicted = found.score.contradiction > 0
    others = any(each.role == "other" and not each.why for each in found.found)
    beside = (
        item.form != "text" and not contradicted and found.score.precision < 1
    )  # things that the graph does not know
    return contradicted, others or beside


def metrics(*_: Any) -> list[Metric]:
    """The share of answers that state all that was asked and nothing wrong, of the other verdicts, and of what is claimed wrongly."""
    worse = ("wrong", "contradicted", "invented", "no_answer")
    rates = [
        rate(name, name, better=name not in worse)
        for name in ("stated", "partial", "wrong", *FLAGS, "abstained", "no_answer")
    ]
    return [*rates, mean("total", "total", percent=False)]


TASK = Task(
    about="What a graph knows, asked of a model: each answer states it, contradicts it, invents or abstains.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=FactPrompts,
    scoring=FactScores,
    dimensions=(
        "knowledge", "task", "relation", "graph", "hops", "form", "wording", "hold_out", f"knowledge{CROSS}relation",
        f"knowledge{CROSS}task", f"knowledge{CROSS}wording", f"knowledge{CROSS}lang", f"knowledge{CROSS}hold_out",
    ),
    open=open_context,
    beside=(NAMES,),
    apart=False,
)  # fmt: skip
