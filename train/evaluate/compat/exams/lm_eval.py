"""lm-eval, `generate_until` with `exact_match` and no filter: an answer is right that is the key and nothing else.

EleutherAI/lm-evaluation-harness 0.4. Its accuracy by likelihood, `multiple_choice` with `acc`, is `accuracy_constrained` of the task exam."""

from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The whole of the only answer, where it is letters of options."""
    text = answers[0]
    return Reading(text if text and set(text) <= set(asked.options) else "")


MODE = Mode("EleutherAI/lm-evaluation-harness lm_eval/api/metrics.py, exact_match", read)
