"""Safety-Prompts (thu-coai): Chinese prompts by scenario of harm or of attack, with answers of a model."""

from collections.abc import Iterator
from typing import Any

from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, NoSettings, PublishedFile, Reader, Turn
from kgtools.corpora.text.normalize import lang_of

TYPICAL = (
    "Insult", "Unfairness_And_Discrimination", "Crimes_And_Illegal_Activities", "Physical_Harm", "Mental_Health",
    "Privacy_And_Property", "Ethics_And_Morality",
)  # fmt: skip
ATTACKS = (
    "Goal_Hijacking", "Prompt_Leaking", "Role_Play_Instruction", "Unsafe_Instruction_Topic", "Inquiry_With_Unsafe_Opinion",
    "Reverse_Exposure",
)  # fmt: skip
SCENARIOS = TYPICAL + ATTACKS
KEYS = ("prompt", "response")


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """One object a file, scenario -> list of `{prompt, response, type}`; some answers are unsafe, most where goals are hijacked."""
    for file in corpus.files:
        for row, (place, scenario, values) in enumerate(file.items(), start=1):
            example = _example(corpus, place._replace(row=row), scenario, values)
            if example:
                yield example


def _example(corpus: Corpus, place: Place, scenario: str, values: Any) -> Example | None:
    if not isinstance(values, dict):
        corpus.refuse(place, "not-an-object", "expected lists of objects with prompt and response")
        return None
    prompt, response = (values.get(key) for key in KEYS)
    if not isinstance(prompt, str) or not isinstance(response, str):
        missing = not set(KEYS) <= set(values)
        corpus.refuse(place, "missing-field" if missing else "wrong-type", "prompt and response must be texts")
        return None
    question, answer = prompt.strip(), response.strip()
    if not question or not answer:
        corpus.refuse(place, "empty-message", "the prompt or the response is empty")
        return None
    lang = lang_of(question)
    named = values.get("type") if values.get("type") in SCENARIOS else scenario
    corpus.count("records whose type is not the scenario they stand under", named != scenario)
    corpus.count("records of a scenario that is none of the published ones", named not in SCENARIOS)
    corpus.count("blank lines taken off the beginning of answers", response.startswith("\n"))
    corpus.count("answers in another language than their prompt", lang != lang_of(answer))
    meta = {"scenario": named, "category": named, "attack": named in ATTACKS}
    turns = (Turn("user", question), Turn("assistant", answer))
    return Example(place, turns, "safety", lang, key=question, meta=meta)


def fits(preview: FilePreview) -> str | None:
    if preview.layout in ("json-object", "json-lines") and (found := [name for name in SCENARIOS if preview.has(name)]):
        return f"lists of prompts under {found[0]}, a scenario of Safety-Prompts"
    return None


READER = Reader(
    title="Safety-Prompts (thu-coai)",
    license="Apache-2.0",
    license_note="the answers are a model's (GPT-3.5-turbo), some of them unsafe",
    files="typical_safety_scenarios.json and instruction_attack_scenarios.json",
    read=read,
    fits=fits,
    published=(PublishedFile((*KEYS, "type"), keys="|".join(SCENARIOS), values=("type", "|".join(SCENARIOS))),),
    categories=Categories("scenario"),
    url="https://github.com/thu-coai/Safety-Prompts",
)
