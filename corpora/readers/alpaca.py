"""Alpaca: an instruction, perhaps an input, an output; with rounds before it, as LLaMA-Factory writes them."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import Field

from kgtools.corpora.dialogue.speakers import NotTurns, turns_in
from kgtools.corpora.dialogue.turns import end_with_answer, rounds, text_of, texts
from kgtools.corpora.files.keys import says_nothing
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader, Turn
from kgtools.corpora.text.escapes import without_escapes
from kgtools.corpora.text.normalize import lang_of
from kgtools.tools.config import Settings

KEYS = ("instruction", "output")
GIVEN = ("instruction", "instruct", "prompt", "query", "question", "ask", "问题", "提问", "指令")
OUTPUTS = ("output", "response", "completion", "answer", "target", "reply", "回答", "答案", "回复", "输出")
ALONE = ("input", "context", "输入")
"""Inputs that may stand without an instruction."""
INPUTS = (
    *ALONE, "note", "clinical_note", "case", "passage", "article", "document", "abstract", "background", "description",
    "上下文", "背景", "材料", "文章", "病例", "病历", "text",
)  # fmt: skip
ID = re.compile(r"(?=[!-~]*[\d_])[!-~]+")
"""What names a text and is none: one word with a number in it."""
SYSTEMS = ("system", "system_prompt")
HISTORIES = ("history", "histories")
"""What files call the keys of a row, whatever the case: the first that says something counts."""
QUESTIONS = ("query", "question", "ask", "问题", "提问")
NOT_ALPACA = {"options", "option", "choices", "chosen", "rejected", "cop", "opa", "b"}
"""Keys of exams and of preferences."""
BESIDE = ("id", "split", "source")
"""What may stand beside an input and an output without an instruction; with more, it is another's table."""
PARTED = "talks in one text parted into messages"
JOINS = {"line": "\n", "blank-line": "\n\n", "space": " "}


class AlpacaSettings(Settings):
    """What there is to choose."""

    join: Literal["line", "blank-line", "space", "system"] = Field(
        "line", description="what stands between instruction and input: line, blank-line, space; system: two messages"
    )


def read(corpus: Corpus, settings: AlpacaSettings) -> Iterator[Example]:
    """`{instruction, input, output}`, with `system` and `history` where there are; a talk is known by its first question.

    Keys may be called otherwise: `prompt` and `response`, `question` and `answer`, `query` and `response`, ..."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.rows():
            try:
                turns = alpaca(corpus, row, settings.join)
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            several = sum(role == "user" for role, _ in turns) > 1
            key = next(said for role, said in turns if role == "user") if several else ""
            yield instruction(place, turns, meta={"id": row.get("id")}, key=key, split=split)


class Names(NamedTuple):
    """What a row calls its instruction, its output, its input, the system's message and the rounds before; any may be several."""

    asks: tuple[str, ...]
    answers: tuple[str, ...]
    inputs: tuple[str, ...]
    systems: tuple[str, ...]
    histories: tuple[str, ...]


@lru_cache(64)
def names_of(columns: tuple[str, ...]) -> Names:
    """The keys of a row by what they mean."""
    names = {column.lower().strip(): column for column in columns}
    meanings = (GIVEN, OUTPUTS, INPUTS, SYSTEMS, HISTORIES)
    return Names(*(tuple(names[name] for name in known if name in names) for known in meanings))


def alpaca(corpus: Corpus, row: dict[str, Any], join: str) -> list[Turn]:
    """The turns of one row: of one text too that is a talk up to a bare `Assistant:`. Raises NotTurns."""
    names = names_of(tuple(row))
    alone = [name for name in names.inputs if name.lower().strip() in ALONE]
    if not names.asks and alone and not says_nothing(dict.get(row, alone[0])):
        names = names._replace(asks=(alone[0],), inputs=tuple(name for name in names.inputs if name != alone[0]))
    asks, answers = _full(row, names.asks), _full(row, names.answers)
    if not asks or not answers:
        raise NotTurns("missing-field", f"expected {' and '.join(KEYS)}; found: {', '.join(map(str, row))[:200]}")
    system, given, output = (_first(row, found) for found in (names.systems, asks, answers))
    more = _about(row, given, asks, names.inputs)
    if (
        len(answers) > 1
        and "output" not in names.answers
        and len({text for n in answers if (text := _text_under(row, n))}) > 1
    ):
        raise NotTurns("two-answers", f"{' and '.join(answers)} differ, and no key says which is the answer")
    if join == "system" and more and given.strip():
        system, given = f"{system}\n{given}".strip(), more
    else:
        given = JOINS.get(join, "\n").join(part for part in (given.strip(), more) if part)
    first = [Turn("system", system)] if system.strip() else []
    before = next((row[name] for name in names.histories), None)
    asked = turns_in(without_escapes(given)[0]) or [Turn("user", given)]
    corpus.count(PARTED, len(asked) > 1)
    return end_with_answer([*first, *rounds(before), *asked, Turn("assistant", output)])


def _about(row: dict[str, Any], given: str, asks: Sequence[str], inputs: Sequence[str]) -> str:
    """What the instruction is about: the question that stands beside it, and the texts; none that another of them holds."""
    parts: list[str] = []
    for name in (*(name for name in asks[1:2] if name.lower().strip() in QUESTIONS), *inputs):
        known, value = "\n".join((given, *parts)), dict.get(row, name)
        if name.lower().strip() == "text" and given.strip() in str(value):
            # all of the row once more, its answer too
            continue
        if name.lower().strip() in ALONE or not (ID.fullmatch(str(value)) or str(value).strip() in known):
            parts += [said] if (said := _text_under(row, name).strip()) else []
    return "\n".join(parts)


def _full(row: dict[str, Any], keys: Sequence[str]) -> Sequence[str]:
    """These keys, those of which the row says something first."""
    return keys if len(keys) < 2 else sorted(keys, key=lambda key: says_nothing(dict.get(row, key)))


def _first(row: dict[str, Any], keys: Sequence[str]) -> str:
    """The text of the first of these keys; a null is an empty one."""
    return next((_text_under(row, key) for key in keys), "")


def _text_under(row: dict[str, Any], key: str) -> str:
    return "" if row[key] is None or row[key] in ([], {}) else text_of(row[key], key)


def instruction(
    place: Place, turns: list[Turn], task: str = "instruction", meta: dict[str, Any] | None = None, **fields: Any
) -> Example:
    """An example of these turns in their language; a conversation of several rounds is a dialogue."""
    several = sum(turn.role == "user" for turn in turns) > 1
    kind = "dialogue" if several and task == "instruction" else task
    return Example(place, turns, kind, lang_of(*texts(turns)), meta=meta or {}, **fields)


def fits(preview: FilePreview) -> str | None:
    if not preview.rows or not preview.columns:
        return None
    names = names_of(tuple(preview.columns))
    asks, answers = names.asks, names.answers
    if not asks and not set(preview.columns) - {*BESIDE, *(name for found in names for name in found)}:
        asks = names.inputs[:1]
    if asks and answers and not {column.lower().strip() for column in preview.columns} & NOT_ALPACA:
        found = f"{asks[0]} and {answers[0]}"
        return f"{found}, as Alpaca has {'them' if found == 'instruction and output' else 'instruction and output'}"
    return None


READER = Reader(
    title="Alpaca",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON or tables of {instruction, input, output}, perhaps with system and history; also of prompt and response, "
    "question and answer, and the like",
    read=read,
    fits=fits,
    settings=AlpacaSettings,
    general=True,
)
