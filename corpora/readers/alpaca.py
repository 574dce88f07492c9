"""Alpaca: an instruction, perhaps an input, an output; with rounds before it, as LLaMA-Factory writes them."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from corpora.files import Place
from corpora.paths import SPLITS, told
from corpora.reading import Corpus, Example, Look, Reader, Turn
from corpora.texts import lang_of
from corpora.turns import NotTurns, answered, rounds, texts
from tools.config import Settings

KEYS = ("instruction", "output")
JOINS = {"line": "\n", "blank-line": "\n\n", "space": " "}


class AlpacaSettings(Settings):
    """What there is to choose."""

    join: Literal["line", "blank-line", "space", "system"] = Field(
        "line", description="what stands between instruction and input: line, blank-line, space; system: two messages"
    )


def read(corpus: Corpus, settings: AlpacaSettings) -> Iterator[Example]:
    """`{instruction, input, output}`, with `system` and `history` where there are; a talk is known by its first question."""
    for file in corpus.files:
        split = told(file, SPLITS)
        for place, row in file.json():
            try:
                turns = alpaca(row, settings.join)
            except NotTurns as why:
                corpus.refuse(place, why.reason, str(why))
                continue
            key = next(said for role, said in turns if role == "user") if row.get("history") else ""
            yield instruction(place, turns, meta={"id": row.get("id")}, key=key, split=split)


def alpaca(row: dict[str, Any], join: str) -> list[Turn]:
    """The turns of one row. Raises NotTurns."""
    given, more, output = row.get("instruction"), row.get("input") or "", row.get("output")
    if not isinstance(given, str) or not isinstance(output, str) or not isinstance(more, str):
        absent = not {"instruction", "output"} <= set(row)
        raise NotTurns("missing-field" if absent else "wrong-type", "instruction, input and output must be texts")
    system = row.get("system") or ""
    if not isinstance(system, str):
        raise NotTurns("wrong-type", "the system's message must be a text")
    if join == "system" and more.strip() and given.strip():
        system, given = f"{system}\n{given}".strip(), more
    else:
        given = JOINS.get(join, "\n").join(part for part in (given.strip(), more.strip()) if part)
    first = [Turn("system", system)] if system.strip() else []
    return answered([*first, *rounds(row.get("history")), Turn("user", given), Turn("assistant", output)])


def instruction(
    place: Place, turns: list[Turn], task: str = "instruction", meta: dict[str, Any] | None = None, **how: Any
) -> Example:
    """An example of these turns in their language; a conversation of several rounds is a dialogue."""
    several = sum(turn.role == "user" for turn in turns) > 1
    kind = "dialogue" if several and task == "instruction" else task
    return Example(place, turns, kind, lang_of(*texts(turns)), meta=meta or {}, **how)


def fits(look: Look) -> str | None:
    if look.layout.startswith("json") and look.has(*KEYS) and isinstance(look.rows[0]["instruction"], str):
        return "instruction and output, as Alpaca has them"
    return None


READER = Reader(
    title="Alpaca",
    license="unknown",
    license_note="that of whoever made the file",
    files="JSON lines or arrays of {instruction, input, output}, perhaps with system and history",
    read=read,
    fits=fits,
    settings=AlpacaSettings,
    general=True,
)
