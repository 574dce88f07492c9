"""C-Eval: the answers of chat models; one that cannot be read is wrong.

Huang et al. 2023, hkust-nlp/ceval, code/evaluator_series/evaluators/chatglm.py."""

import re
from collections.abc import Iterator, Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading

CONCLUSION = "所以答案是"
PHRASES = tuple(
    re.compile(form.replace("#", "([ABCD])"))
    for form in ("#是正确的", "选项#正确", "答案为#", "答案是#", "答案#", "选择#", "答案：#", "选择答案#")
)


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The letter of the only answer."""
    text = answers[0].strip()
    conclusion = [said for line in text.split("\n") for said in _conclusions(line)][-1:]
    if conclusion and conclusion[0] in tuple("ABCD"):
        return Reading(conclusion[0])
    for phrase in PHRASES:
        if found := phrase.search(text):
            return Reading(found[1])
    letters = [sign for sign in text if sign in "ABCD"]
    if len(letters) == 1:
        return Reading(letters[0])
    named = [letter for letter in "ABCD" if letter in asked.options and asked.options[letter] in text]
    return Reading(named[0] if len(named) == 1 else "")


def _conclusions(line: str) -> Iterator[str]:
    """What stands between 所以答案是 and the next 。, at least a sign, from the left."""
    begin = 0
    while (found := line.find(CONCLUSION, begin)) >= 0:
        first = found + len(CONCLUSION)
        begin = line.find("。", first + 1)
        if begin < 0:
            return
        yield line[first:begin]


MODE = Mode("hkust-nlp/ceval code/evaluator_series/evaluators/chatglm.py, extract_cot_answer", read)
