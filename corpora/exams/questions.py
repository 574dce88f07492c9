"""Questions of exams as records: what every exam shares, whatever its file looks like.

A record of the task `mcq` has the letters of its right options as its answer, sorted: `AC`. Its `meta` keeps `question`,
`options` (letter to text), `choice` (single or multiple), `category` and `subject`, for scoring and for decontamination."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import Any

from pydantic import Field

from kgtools.corpora.files.paths import SPLITS
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, Turn
from kgtools.corpora.text.normalize import HAN
from kgtools.corpora.text.normalize import lang_of as texts_in
from kgtools.tools.config import Settings
from kgtools.tools.errors import UsageError

NOT_A_LETTER = re.compile(r"[\s,，、;；/.。|]+")
"""What parts letters in a key: `A, B`, `A/B`."""
OTHER_LANG = "records in another language than their corpus"
SHOTS = SPLITS | {"dev": "train"}
"""For benchmarks whose dev rows are the examples of few-shot prompts, beside a set for validation or for test."""


class ExamSettings(Settings):
    """What every exam lets a user choose; the readers add `prompt`."""

    explanations: bool = Field(False, description="yes: the answer goes on with the explanation, where there is one")
    collisions: bool = Field(
        False, description="yes: keep questions with two equal options, as scores of the whole set count them"
    )


@dataclass(frozen=True)
class Prompt:
    """How a question is put and answered. `ask` holds {question}, {options} and keys of the question's meta; `option`, `one`
    and `several` {letter}, {text}, {letters}, {options}; `why` {explanation}."""

    ask: str
    option: str
    one: str
    several: str
    why: str

    def with_letters_only(self) -> "Prompt":
        """Answered by the letters alone, as the published scorers of these prompts expect it."""
        return replace(self, one="{letters}", several="{letters}")


PLAIN = Prompt(
    ask="Question: {question}\n{options}",
    option="{letter}. {text}",
    one="The answer is {letter}. {text}",
    several="The answer is {letters}\n{options}",
    why="\nExplanation: {explanation}",
)
CLINICALGPT = Prompt(
    ask="{question}\n回答选项:\n{options}",
    option="选项{letter}：{text}",
    one="正确答案：{letter}. {text}",
    several="正确答案：{letters}\n{options}",
    why="\n解析：{explanation}",
)
LETTERED = replace(CLINICALGPT, option="{letter}. {text}").with_letters_only()
LM_EVAL = replace(PLAIN, ask="Question: {question}\n{options}\nAnswer:").with_letters_only()
LM_EVAL_CHOICES = replace(LM_EVAL, ask="Question: {question}\nChoices:\n{options}\nAnswer:")
LM_EVAL_ZH = replace(LETTERED, ask="{question}\n{options}\n答案：")


@dataclass(frozen=True)
class Question:
    """A question as its file has it. `key`: its right options as the file writes them; None: the file keeps them secret.

    `several`: whether more than one may be right; None: as the key has it. `meta`: what else there is to keep."""

    place: Place
    text: Any
    options: Any
    key: Any
    lang: str
    split: str | None = None
    subject: str | None = None
    category: str | None = None
    explanation: Any = None
    several: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def records(corpus: Corpus, question: Question, prompt: Prompt, settings: ExamSettings) -> Iterator[Example]:
    """The record of a question, or none and a reject. Both forms of a question (4 and 5 options) are in one group."""
    text = cell_text(question.text)
    options = {letter: cell_text(option) for letter, option in options_by_letter(question.options).items()}
    kept = {letter: option for letter, option in sorted(options.items()) if option}
    letters = None if question.key is None else letters_of(question.key)
    fault = _fault(text, kept, letters, question.key, settings)
    if fault:
        corpus.refuse(question.place, *fault)
        return
    corpus.count("empty options left out", len(options) - len(kept))
    corpus.count("questions without a key", letters is None)
    explanation = cell_text(question.explanation)
    several = len(letters or "") > 1 if question.several is None else question.several
    meta = {
        "question": text, "options": kept, "category": question.category, "subject": question.subject,
        "choice": "multiple" if several else "single", "explanation": explanation,
    } | question.meta  # fmt: skip
    lang = _lang_of(question.lang, text, *kept.values())
    if lang != question.lang:
        corpus.count(OTHER_LANG)
        prompt = {PLAIN: CLINICALGPT, CLINICALGPT: PLAIN}.get(prompt, prompt)
    turns = [Turn("user", prompt.ask.format(**meta | {"options": _render_options(kept, prompt)}))]
    if letters:
        turns.append(
            Turn("assistant", right_answer(kept, letters, explanation if settings.explanations else "", prompt))
        )
    yield Example(
        question.place,
        turns,
        "mcq",
        lang,
        letters,
        key=" ".join(text.split()),
        split=question.split,
        meta=meta,
    )


def _lang_of(lang: str, *texts: str) -> str:
    """The language of a question; another than its corpus' only where no character of that one is in it."""
    lang_of_texts = texts_in(*texts)
    foreign = lang_of_texts in ("zh", "ja") if lang == "en" else lang == "zh" and not HAN.search("".join(texts))
    return lang_of_texts if foreign and sum(map(str.isalpha, "".join(texts))) >= 8 else lang


def _fault(
    text: str, options: Mapping[str, str], letters: str | None, key: Any, settings: ExamSettings
) -> tuple[str, str] | None:
    if not text:
        return "no-question", ""
    if len(options) < 2:
        return "no-options", f"{len(options)} options with a text and a letter"
    if not settings.collisions and len({" ".join(option.split()) for option in options.values()}) < len(options):
        return "options-collide", "two options say the same; --set collisions=yes keeps such questions"
    if letters == "":
        return ("bad-key", "the key is no letters of options") if cell_text(key) else ("no-key", "")
    if wrong := set(letters or "") - set(options):
        return "key-not-among-options", f"{', '.join(sorted(wrong))}; there are {', '.join(options)}"
    return None


def cell_text(value: Any) -> str:
    """A value of a file as text; nothing for null and for the `nan` that table libraries write."""
    if not isinstance(value, str):
        value = "" if value is None or isinstance(value, bool | dict | list) else str(value)
    text = value.strip()
    return "" if len(text) == 3 and text.lower() == "nan" else text


def letters_of(key: Any) -> str:
    """`CA`, `A,C`, `ａｃ` or `["A", "C"]` as `AC`; nothing where the key holds anything but letters."""
    if isinstance(key, str) and len(key) == 1 and key in ascii_uppercase:
        return key
    text = "".join(map(cell_text, key)) if isinstance(key, list) else cell_text(key)
    letters = NOT_A_LETTER.sub("", unicodedata.normalize("NFKC", text))
    letters = letters.upper() if len(letters) == 1 else letters  # `bad` is a word, no key
    return "".join(sorted(set(letters))) if letters and set(letters) <= set(ascii_uppercase) else ""


ITS_LETTER = re.compile(r"\s*[(（]?([A-Z])\s*[.．、:：)）]\s*")
"""The letter before the text of an option in a list: `A. 贫血`."""


def options_by_letter(options: Any) -> dict[str, Any]:
    """Options by capital letter, from an object by letter or from a list, whose texts may say their letters and whose objects have
    `key` and `value` or `text`; nothing else is taken for options."""
    if isinstance(options, list):
        if options and all(isinstance(one, dict) and len(one) == 2 and "key" in one for one in options):
            return options_by_letter({one["key"]: one.get("value", one.get("text")) for one in options})
        said_letters = [ITS_LETTER.match(one) if isinstance(one, str) else None for one in options]
        letters = [found[1] if found else "" for found in said_letters]
        if len(letters) > 1 and "".join(letters) == ascii_uppercase[: len(letters)]:
            options = [one[found.end() :] for one, found in zip(options, said_letters, strict=True) if found]
        return dict(zip(ascii_uppercase, options, strict=False))
    if not isinstance(options, dict):
        return {}
    named = {letters_of(str(name)): option for name, option in options.items()}
    return {name: option for name, option in named.items() if len(name) == 1} if len(named) == len(options) else {}


def _render_options(options: Mapping[str, str], prompt: Prompt) -> str:
    return "\n".join(prompt.option.format(letter=letter, text=text) for letter, text in options.items())


def right_answer(options: Mapping[str, str], letters: str, explanation: str, prompt: Prompt) -> str:
    """What answers a question rightly, in the words of a prompt."""
    right = {letter: options[letter] for letter in letters}
    form = prompt.one if len(letters) == 1 else prompt.several
    listed = "\n".join(f"{letter}. {text}" for letter, text in right.items())
    text = form.format(letter=letters[0], text=right[letters[0]], letters=letters, options=listed)
    return text + (prompt.why.format(explanation=explanation) if explanation else "")


def lang_of(text: Any) -> str:
    """zh where there is a Han character, else en."""
    return "zh" if HAN.search(cell_text(text)) else "en"


def choose_prompt(prompts: Mapping[str, Prompt], name: str, lang: str) -> Prompt:
    """The prompt of this name. Raises UsageError with those that there are for the language."""
    if name not in prompts:
        raise UsageError(f"--set prompt={name}: there is no such prompt for questions in {lang}; {', '.join(prompts)}")
    return prompts[name]
