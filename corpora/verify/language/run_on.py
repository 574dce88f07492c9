"""Where a text says its question again, or runs on to another, as base models do: what stands there belongs to no answer."""

import re
from collections.abc import Iterator

HEADER = re.compile(
    r"[\n。！!]\s{0,6}(?:[#*]{1,6} ?)?"
    r"(?:(?:next |another |new )?(?:question|q|problem (?=\d)|exercise (?=\d)|human|user|instructions?|(?<=# )input)|\[inst\]|<\|(?:im_start"
    r"|user|endoftext)"
    r"|(?:下1题|下一题|另1题|另一题|新?问题|问|题目|用户|提问|指令|第[0-9一二三四五六七八九十]{1,3}题))"
    r" ?(?:no\.? ?|#)?[\d一二三四五六七八九十]{0,3} ?(?:[*]{0,2}[:：.、](?![\w])|[*]{0,2}[:：]|\||(?<=题)\n|\n)",
    re.IGNORECASE,
)
OPTIONS = re.compile(
    r"\n[^\n]{1,400}\n{1,2}\s{0,4}\(?A[.)）、:：．] ?[^\n]{1,200}\n{1,2}\s{0,4}\(?B[.)）、:：．] ?[^\n]{1,200}\n{1,2}\s{0,4}\(?C[.)）、:：．]"
)
"""What another question begins with: a header, or a line of its own above options."""
AGAIN = 32
"""Characters of a question by which it is known again."""
WORD, BETWEEN = (
    re.compile(r"\w+"),
    re.compile(r"(?:\W|_){0,12}(?:(?:options?|choices?|选项|备选答案)\W{1,4})?(?:\W|_){0,8}", re.IGNORECASE),
)
"""What of a question must be said where it is said again, and what may stand between."""


def run_ons(text: str, question: str) -> Iterator[int]:
    """From where on a text may run on to another question than was asked, which stands behind something said before."""
    begin = question.strip()[:AGAIN]
    for opens in (HEADER.search(text), OPTIONS.search(text)):
        if opens and text[: opens.start()].strip() and not (begin and begin in text[opens.start() :]):
            yield opens.start()


def copied(text: str, question: str) -> tuple[int, int] | None:
    """From where to where a text has the whole question, its options too, whatever stands between its words; None where it has not."""
    words = WORD.findall(question)
    if not words or (begin := text.find(words[0])) < 0 or len(question) < AGAIN:
        return None
    at = begin
    for word in words:
        gap = BETWEEN.match(text, at)
        at = gap.end() if gap else at
        if not text.startswith(word, at):
            return None
        at += len(word)
    return begin, at
