"""Every example is checked here, whoever read it: what was escaped is mended, what no trainer can use is refused."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kgtools.corpora.checks import meaning
from kgtools.corpora.exams.questions import OTHER_LANG
from kgtools.corpora.reader import Corpus, Example, Pair, Turn
from kgtools.corpora.record import ROLES
from kgtools.corpora.text.escapes import ESCAPES, all_without_escapes, without_escapes
from kgtools.corpora.text.mentions import are_meant
from kgtools.corpora.text.normalize import lang_of

LONGEST = 1_000_000
"""Characters in all messages of an example: a row beyond it is no example but a fault of its file."""
SPLITS = ("train", "validation", "test")
SCRIPTS = ("zh", "ja", "ru")
"""Languages that are not written in Latin letters."""
NOT_LATIN = re.compile(r"[\u0400-\u04ff\u3041-\u30fa\u3400-\u9fff]")
"""Letters that no English text has: Cyrillic, kana, Chinese (`я`, `の`, `病`)."""
UNFIT = re.compile("[\0\ud800-\udfff]")
"""What no tokenizer takes: NUL and halves of surrogate pairs."""


def check_examples(corpus: Corpus, examples: Iterator[Example | Pair]) -> Iterator[Example | Pair]:
    """Those that can be trained on; what no trainer could use is refused."""
    for example in examples:
        fault = _fault(example) or meaning.fault_of(corpus.keys.at(example.place), example)
        if fault:
            corpus.refuse(example.place, *fault)
            continue
        mended, number = _mend(example)
        if number and any(map(are_meant, _texts(example))):
            mended, number = example, 0
        if number and (fault := _fault(mended)):
            corpus.refuse(example.place, *fault)
            continue
        corpus.count(ESCAPES, number)
        yield _in_its_language(corpus, mended)


def _mend(example: Example | Pair) -> tuple[Example | Pair, int]:
    """The example with line breaks and signs for their escapes, and how many there were."""
    if isinstance(example, Pair):
        prompt, number = _turns(example.prompt)
        (chosen, more), (rejected, most) = without_escapes(example.chosen), without_escapes(example.rejected)
        found = number + more + most
        return (replace(example, prompt=prompt, chosen=chosen, rejected=rejected), found) if found else (example, 0)
    messages, number = _turns(example.messages)
    answer, more = all_without_escapes(example.answer)
    meta, most = all_without_escapes(example.meta)
    if not (number or more or most):
        return example, 0
    return replace(example, messages=messages, answer=answer, meta=meta), number or more or most


def _texts(example: Example | Pair) -> list[str]:
    """All that is said in it: who asks about a sign is answered in its words."""
    if isinstance(example, Pair):
        return [*(turn.content for turn in example.prompt), example.chosen, example.rejected]
    return [turn.content for turn in example.messages]


def _turns(turns: Sequence[Turn]) -> tuple[list[Turn], int]:
    found = [(turn.role, without_escapes(turn.content)) for turn in turns]
    return [Turn(role, text) for role, (text, _) in found], sum(number for _, (_, number) in found)


def _in_its_language(corpus: Corpus, example: Example | Pair) -> Example | Pair:
    """In the language of its texts where that cannot be its corpus': no Han character in Chinese, or another script."""
    if (
        isinstance(example, Example) and example.task == "mcq"
    ):  # whose prompt may be in another language than its question
        return example
    said = [turn.content for turn in (example.messages if isinstance(example, Example) else example.prompt)]
    said += [example.chosen] if isinstance(example, Pair) else []
    text = "".join(said)
    if bool(NOT_LATIN.search(text)) == (example.lang in SCRIPTS) or sum(map(str.isalpha, text)) < 8:
        return example
    found = lang_of(text)
    if found == example.lang or (found == "en" and example.lang not in SCRIPTS):
        return example
    corpus.count(OTHER_LANG)
    return replace(example, lang=found)


def _fault(example: Example | Pair) -> tuple[str, str] | None:
    turns = list(example.messages if isinstance(example, Example) else example.prompt)
    if isinstance(example, Pair):
        turns += [Turn("assistant", example.chosen), Turn("assistant", example.rejected)]
    if not turns:
        return "no-messages", ""
    for number, (role, content) in enumerate(turns, start=1):
        if role not in ROLES:
            return "unknown-role", f"message {number}"
        if not isinstance(content, str) or not content.strip():
            return "empty-message", f"message {number} ({role})"
        if UNFIT.search(content):
            return ("nul" if "\0" in content else "lone-surrogate"), f"message {number} ({role})"
    if sum(len(content) for _, content in turns) > LONGEST:
        return "too-long", f"more than {LONGEST:,} characters"
    if isinstance(example, Pair) and example.chosen.strip() == example.rejected.strip():
        return "equal-answers", "chosen and rejected are the same"
    if example.split not in (None, *SPLITS):
        return "unknown-split", str(example.split)
    if UNFIT.search(str(getattr(example, "answer", "") or "") + example.key):
        return "unfit-answer", "a NUL or half a surrogate pair in the answer or key"
    return None
