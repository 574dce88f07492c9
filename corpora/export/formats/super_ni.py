"""Super-NaturalInstructions' task objects, as MedS-Ins has them: one JSON object a task, language and system's message.

The examples stay empty: drawn from the instances, they would be in the few-shot prompt of their own question."""

import orjson
import polars as pl

from kgtools.corpora.export.format import (
    SINGLE,
    Format,
    Part,
    dialogue_faults,
    last,
    only,
    stem_of,
    system,
    without_system,
)

DEFINITIONS = {"zh": "回答用户的话。", "en": "Answer what the user says."}
LANGUAGES = {"zh": "Chinese", "en": "English", "fr": "French", "ja": "Japanese", "ru": "Russian", "es": "Spanish"}


def prepare(rows: pl.DataFrame) -> pl.DataFrame:
    if "messages" not in rows.columns:
        return rows.with_columns(definition=pl.lit(""))
    plain = pl.col("lang").replace_strict(DEFINITIONS, default=DEFINITIONS["en"])
    return rows.with_columns(definition=pl.when(system() == "").then(plain).otherwise(system()))


def faults(noun: str) -> dict[str, pl.Expr]:
    return only(noun, "records") or dialogue_faults(wanted=SINGLE)


def columns(noun: str) -> dict[str, pl.Expr]:
    turns = without_system()
    return {"id": pl.col("id"), "input": turns.list.first().struct.field("content"), "output": last(turns)}


def stem(number: int, key: tuple[str, ...]) -> str:
    return f"task{number}_{stem_of(*key[:2])}"


def around(part: Part, split: str, sources: list[str], licenses: list[str]) -> tuple[bytes, bytes]:
    """The task before its instances, and what is known when they are written."""
    task, lang, definition = part.key
    language = [LANGUAGES.get(lang, lang)]
    english = not (definition == DEFINITIONS.get(lang) or _has_han(definition))
    head = {
        "Contributors": ["kgtools"], "URL": [], "Categories": [task], "Reasoning": [], "Definition": [definition],
        "Input_language": language, "Output_language": language,
        "Instruction_language": [LANGUAGES["en"]] if english else language,
        "Domains": ["Medicine"], "Positive Examples": [], "Negative Examples": [], "Split Type": split,
    }  # fmt: skip
    tail = {"Source": sources, "Instance License": licenses}
    return orjson.dumps(head)[:-1] + b',"Instances":[\n', b"\n]," + orjson.dumps(tail)[1:] + b"\n"


def _has_han(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


FORMAT = Format(
    title="super-ni: one JSON object a task, with Definition and Instances, as MedS-Ins has it",
    faults=faults,
    columns=columns,
    endings=("json",),
    prepare=prepare,
    part=("task", "lang", "definition"),
    stem=stem,
    around=around,
    rows_in="Instances",
)
