"""The types of entities that are asked for, by all that answers call them, and the headings that they make of them."""

import re
from collections.abc import Iterator, Sequence

from kgtools.train.evaluate.entities.names import clean, fold

COUNT = re.compile(r"[(（][ ]?\d+[^()（）]{0,6}[)）]$")
"""`症状（2个）`"""
INTRODUCES = re.compile(r"(?:[的中里出到了]|\b(?:the|in|of))\s?$")
"""How the words before a heading end that is said in a sentence: `文本中的疾病有`."""
OPENS, CLOSES = r"[*#_\s【\[<「]{0,8}", r"[*_\s】\]>」]{0,8}"
BEHIND = r"(?:实体|类型|类|名称)?|(?:'?s|es)?(?: entit(?:y|ies)| names?)?"
IS_ZH = r"(?:主要|分别|名称)?(?:包括|包含|有|是|为|如下)[:：]?"
IS_EN = r"(?: (?:mentioned|found|identified|listed|present|in|the|this|text|sentence)){0,5} (?:are|is|includes?)\b:?(?! (?:no|not|none)\b)"


class TypeNames:
    """Upper and lower case alike, with 实体 or `entities` behind, in the plural, with a count."""

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        self._by_name = {_plain(name): name for name in types}
        words = "|".join(re.escape(name) for name in sorted(types, key=lambda name: (-len(name), name)))
        self._heads = re.compile(
            rf"(?:^|(?<=[,，;；。.、|\s的中]))(?:the )?{OPENS}(?P<name>{words})(?:{BEHIND})(?:[ ]?[(（][ ]?\d+[^()（）\n]{{0,6}}[)）])?"
            rf"(?:{CLOSES}[:：]|(?<![,，、])(?:{IS_ZH}|{IS_EN}))"
            rf"|^\s*[【\[](?P<boxed>{words})(?:{BEHIND})[】\]]",
            re.IGNORECASE,
        )

    def find(self, text: str) -> str | None:
        """The type that a text is called by, as a whole."""
        plain = _plain(text)
        return self._by_name.get(plain) or self._by_name.get(plain.removesuffix("s")) or self._by_name.get(f"{plain}s")

    def find_heading(self, text: str) -> str | None:
        """As `find`; else the only type that a heading is a part of: 疾病 for 疾病和诊断."""
        plain = _plain(text)
        parts = {name for known, name in self._by_name.items() if len(plain) > 1 and plain in known}
        return self.find(text) or (parts.pop() if len(parts) == 1 else None)

    def parts(self, line: str) -> Iterator[tuple[str | None, str]]:
        """What each heading within a line heads; what stands before the first of them heads nothing."""
        found = list(self._heads.finditer(line))
        before = line[: found[0].start()] if found else line
        if not found or (before.strip(" \t-*•,，;；。.、") and not INTRODUCES.search(before)):
            yield None, before
        for at, one in enumerate(found):
            end = found[at + 1].start() if at + 1 < len(found) else len(line)
            yield self.find(one["name"] or one["boxed"]), line[one.end() : end].strip(" \t,，;；。.、")

    def mentioned(self, text: str) -> bool:
        """Whether a text speaks of one of the types."""
        plain = fold(text)
        return any(name in plain for name in self._by_name)


def _plain(text: str) -> str:
    plain = fold(COUNT.sub("", clean(text).strip())).strip("#()（）[]【】<>。 ")
    for behind in ("实体", "类型", " entities", " entity", " names"):
        plain = plain.removesuffix(behind).strip() or plain
    return plain
