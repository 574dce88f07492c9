"""CMExam: every option whose letter, or the first word of whose text, occurs.

Liu et al. 2023, williamliujl/CMExam, src/evaluation/evaluate_lora_result.py. Only the first line is looked at where the answer says
解释; else the whole of it. A capital letter of any word is an option, and so is one that the answer rejects."""

from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The letters of the only answer, in the order of the options."""
    text = answers[0]
    if "解释" in text:
        text = text.partition("\n")[0].strip()
    words = {letter: (option.split() or [""])[0] for letter, option in asked.options.items()}
    return Reading("".join(letter for letter, word in words.items() if letter in text or word in text))


MODE = Mode("williamliujl/CMExam src/evaluation/evaluate_lora_result.py, parse_options", read)
