"""MedS-Ins: the tasks of MedS, an object each with its definitions and instances."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from kgtools.corpora.files.file import File
from kgtools.corpora.files.json_stream import nested_items
from kgtools.corpora.files.json_values import loads
from kgtools.corpora.files.paths import stem
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader, Turn
from kgtools.corpora.text.normalize import lang_of
from kgtools.tools.config import Settings
from kgtools.tools.errors import InputError

INSTANCES, DEFINITION = "Instances", "Definition"
KEPT = ("Categories", "Reasoning", "Domains", "Source", "URL", "Input_language", "Output_language", "Split Type")
TASK = re.compile(r"task\d+")
"""`task12` in a file's name."""
LANGS = {"english": "en", "chinese": "zh", "japanese": "ja", "russian": "ru", "french": "fr", "spanish": "es"}


class MedsInsSettings(Settings):
    """What there is to choose."""

    rewrites: Path | None = Field(
        None,
        description="RewriteDefinitions.json: each record has one of its task's rewrites for definition, by the seed",
    )


def read(corpus: Corpus, settings: MedsInsSettings) -> Iterator[Example]:
    """One object a file, whatever its suffix, with a list of Instances, which are read one at a time."""
    rewrites = rewrites_of(settings.rewrites) if settings.rewrites else {}
    for file in corpus.files:
        task = found[0] if (found := TASK.match(stem(file))) else stem(file)
        if not file.start().startswith("{"):
            corpus.refuse(file.place(), "not-an-object", "expected an object with a Definition and Instances")
            continue
        head = _head(file)
        definition = _first(head.get(DEFINITION))
        if not definition:
            corpus.refuse(file.place(), "missing-field", "Definition must be a text or a list of texts")
            continue
        others = rewrites.get(task, ())
        meta = {key.lower().replace(" ", "_"): head.get(key) for key in KEPT} | {"task": task}
        number = 0
        with file.characters() as text:
            for place, (key, instance) in nested_items(text, file.name, file.refuse, INSTANCES):
                if key != INSTANCES:
                    continue
                number += 1
                instance = file.watch(place, instance)
                system = random.Random(f"{corpus.seed}|{task}|{place.row}").choice(others) if others else definition
                yield from _example(corpus, place, instance, system, meta)
            if settings.rewrites and not others:
                corpus.count("definitions without a rewrite")
        if not number:
            corpus.refuse(file.place(), "no-instances", "expected a list of Instances")


def _example(corpus: Corpus, place: Place, instance: Any, system: str, meta: dict[str, Any]) -> Iterator[Example]:
    where = f"instance {place.row}"
    given = instance.get("input") if isinstance(instance, dict) else None
    output = _texts(instance.get("output")) if isinstance(instance, dict) else None
    if not isinstance(given, str) or output is None:
        corpus.refuse(place, "bad-instance", f"{where}: input must be a text, output a text or a list of texts")
        return
    if not given.strip() or not "".join(output).strip():
        corpus.refuse(place, "empty-message", f"{where}: the input or the output is empty")
        return
    answer, *others = (text.strip() for text in output if text.strip())
    corpus.count("outputs of several texts: the first is the answer, the others are in meta (references)", bool(others))
    turns = (Turn("system", system), Turn("user", given), Turn("assistant", answer))
    lang = LANGS.get(_first(meta["output_language"]).lower()) or lang_of(given, answer)
    yield Example(
        place, turns, "instruction", lang, answer, meta=meta | {"id": instance.get("id"), "references": others}
    )


def rewrites_of(path: Path) -> dict[str, tuple[str, ...]]:
    """The different rewrites of each task's definition, in their order. Raises InputError."""
    try:
        tasks = loads(path.read_text(encoding="utf-8-sig"))
        return {task: tuple(dict.fromkeys(map(str.strip, of["auto_rewrite_def"]))) for task, of in tasks.items()}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: expected an object of task -> {{original_def, auto_rewrite_def: [...]}}") from error


def _head(file: File) -> dict[str, Any]:
    """What stands beside the instances; read to the end of the file only where the definition stands behind them."""
    head: dict[str, Any] = {}
    quiet = file.quiet()
    with quiet.characters() as text:
        for _, (key, value) in nested_items(text, file.name, quiet.refuse, INSTANCES):
            if key != INSTANCES:
                head[key] = value
            elif DEFINITION in head:
                break
    return head


def _texts(value: Any) -> list[str] | None:
    texts = [value] if isinstance(value, str) else value
    return texts if isinstance(texts, list) and all(isinstance(text, str) for text in texts) else None


def _first(value: Any) -> str:
    return next((text for text in _texts(value) or () if text.strip()), "").strip()


def fits(preview: FilePreview) -> str | None:
    if preview.has(DEFINITION, INSTANCES) or (preview.layout == "json-object" and f'"{INSTANCES}"' in preview.text):
        return "a Definition and Instances, as MedS-Ins has them"
    return None


READER = Reader(
    title="MedS-Ins",
    license="unknown",
    license_note='its licence is called "CC BY-SA", without a version; the sources of the tasks have their own',
    files="taskN_NAME.json: an object each with Definition and Instances",
    read=read,
    fits=fits,
    settings=MedsInsSettings,
    url="https://github.com/MAGIC-AI4Med/MedS-Ins",
)
