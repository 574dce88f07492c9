"""The USMLE self assessments as MedAlpaca asks them: steps 1 to 3, answered `Option: Answer`.

Han et al. 2023, arXiv:2304.08247. The reader `usmle` leaves out the questions with images. The published figures are of answers that were
drawn again until they looked right: `kgtools train answer samples=5 temperature=0.4`, scored by `compat=medalpaca` beside ours."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from kgtools.train.evaluate.task import Sample, Task
from kgtools.train.evaluate.tasks import exam
from kgtools.train.evaluate.tasks.exam import ExamPrompts, ExamScores, Names, Style

STEPS = ("1", "2", "3")


class UsmlePrompts(ExamPrompts):
    """What there is to choose."""

    prompt: Style = Field("medalpaca", description="whose words ask: own, as the records do")


class UsmleScores(ExamScores):
    """What there is to choose."""

    compat: Names = Field(("medalpaca",), description=f"{ExamScores.model_fields['compat'].description}; [] for none")
    macro: Literal["category", "subject", "step"] = Field(
        "step", description="macro_accuracy is the mean over its values"
    )


def ask(one: Sample, shots: Sequence[Sample], settings: UsmlePrompts) -> list[Sample] | str:
    """The prompts of a question; or why it is none."""
    return exam.ask(one, shots, settings) if one.meta.get("step") in STEPS else "no question of a step of the USMLE"


TASK = Task(
    about="The USMLE self assessments, steps 1 to 3, as MedAlpaca asks them.",
    ask=ask,
    score=exam.score,
    metrics=exam.metrics,
    prompts=UsmlePrompts,
    scoring=UsmleScores,
    dimensions=("step", "rotation"),
)
