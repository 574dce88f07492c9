"""Rubrics: YAML files that say what a judge is asked about answers, and in what words.

An answer under judgement is data. It is put between tags whose names end in a hash of all the data, which it cannot know beforehand; it is
never rendered as a template; and the marks by which chat templates begin another turn are broken up in it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, model_validator

from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest, sha256
from kgtools.train.evaluate.task import Message, Sample

RUBRICS = Path(__file__).parent / "rubrics"
Kind = Literal["pairwise", "rating", "checklist"]
Lang = Literal["zh", "en"]
VERDICTS = ("first", "second", "tie")
OF_KIND = {"pairwise": ("first", "second"), "rating": ("answer",), "checklist": ("answer", "criterion")}
"""What of answers the words of a kind must show."""
OTHERS = ("dialogue", "reference", "reply", "mark")
TURNS = re.compile(
    r"<(?=[|｜])|(?<=[|｜])>|</?s>|<</?SYS>>|\[/?INST\]|<(?:start|end)_of_turn>|<\|?(?:bos|eos|endoftext)\|?>",
    re.IGNORECASE,
)
"""Marks by which chat templates begin and end turns: a server may read them in a message too."""


class Criterion(Settings):
    """What an answer may meet. `points`: below zero where it is a fault; `tags`: by which criteria are counted together."""

    criterion: Annotated[str, Field(min_length=1)]
    points: float
    tags: tuple[str, ...] = ()


class Rubric(Settings):
    """`aspects`: what is judged one by one; `main`: of a pairwise one what is judged of all together; `scale`: the lowest and highest rating;
    `criteria`: of a checklist; `criteria_from`: the key of a record's `meta` whose criteria come before these; `system`, `prompt`: the words
    by language, Jinja."""

    about: str
    kind: Kind
    version: int
    aspects: tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], ...] = ()
    main: str = "overall"
    scale: tuple[int, int] = (1, 5)
    criteria: tuple[Criterion, ...] = ()
    criteria_from: str | None = None
    system: dict[Lang, str] = {}
    prompt: Annotated[dict[Lang, str], Field(min_length=1)]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.kind == "rating" and (not self.aspects or self.scale[0] >= self.scale[1]):
            raise ValueError("a rating needs aspects and a scale, the lowest number first")
        if self.kind == "checklist" and not self.criteria and not self.criteria_from:
            raise ValueError("a checklist needs criteria, or criteria_from")
        if len(set(self.parts)) < len(self.parts):
            raise ValueError("an aspect stands twice")
        for lang, text in self.prompt.items():
            self._check_words(f"prompt.{lang}", text, (*OF_KIND[self.kind], "reply"))
        for lang, text in self.system.items():
            self._check_words(f"system.{lang}", text, ())
        return self

    def _check_words(self, where: str, text: str, needed: tuple[str, ...]) -> None:
        try:
            names = meta.find_undeclared_variables(SANDBOX.parse(text))
        except TemplateError as error:
            raise ValueError(f"{where}: {error}") from error
        if unknown := sorted(names - {*OF_KIND[self.kind], *OTHERS}):
            known = ", ".join((*OF_KIND[self.kind], *OTHERS))
            raise ValueError(f"{where}: there is no {', '.join(unknown)} to show; there are {known}")
        if lacking := [name for name in needed if name not in names]:
            raise ValueError(f"{where}: does not show {', '.join(f'{{{{ {name} }}}}' for name in lacking)}")

    @property
    def parts(self) -> tuple[str, ...]:
        """What a judge says something of, the main one first."""
        if self.kind == "pairwise":
            return (self.main, *self.aspects)
        return self.aspects if self.kind == "rating" else ("met",)

    @property
    def reply(self) -> str:
        """The form of a reply, for the judge."""
        if self.kind == "pairwise":
            keys = dict.fromkeys((*self.aspects, self.main), '"first" | "second" | "tie"')
        elif self.kind == "rating":
            keys = dict.fromkeys(self.aspects, f"{self.scale[0]}-{self.scale[1]}")
        else:
            keys = {"met": "true | false"}
        return "{" + ", ".join(['"reason": "..."', *(f'"{name}": {value}' for name, value in keys.items())]) + "}"

    def criteria_of(self, one: Sample) -> tuple[Criterion, ...]:
        """The criteria of a record, else those of the file. Raises InputError for a record whose criteria are none."""
        own = one.meta.get(self.criteria_from) if self.criteria_from else None
        if not own:
            return self.criteria
        try:
            return tuple(Criterion.model_validate(each) for each in own)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"record {one.record}: {self.criteria_from} are no criteria ({' '.join(str(error).split())[:200]}); expected a list of "
                '{"criterion": ..., "points": ...}'
            ) from error


def _environment() -> ImmutableSandboxedEnvironment:
    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False, keep_trailing_newline=False
    )
    for names in (sandbox.globals, sandbox.filters, sandbox.tests):
        names.clear()
    return sandbox


SANDBOX = _environment()


def load_rubric(name: str) -> tuple[Rubric, dict[str, str]]:
    """A rubric of the package or a user's file, with its name -> SHA-256. Raises UsageError for a name that there is not, InputError with
    every fault for what is no rubric."""
    file = find_yaml(RUBRICS, name, "rubric")
    return load_yaml(file, Rubric), {file.name: sha256(file)}


def rubric_names() -> list[str]:
    """The rubrics that come with the package."""
    return yaml_names(RUBRICS)


def render(rubric: Rubric, one: Sample, data: Mapping[str, str]) -> list[Message]:
    """What a judge is asked of a sample. `data`: the answers, or an answer and a criterion, under the names of the rubric's kind. The words
    are of the sample's language where the rubric has it."""
    lang: Lang = "zh" if one.lang == "zh" else "en"
    if lang not in rubric.prompt:
        lang = next(iter(sorted(rubric.prompt)))
    dialogue = "\n".join(f"[{message['role']}] {message['content']}" for message in one.messages)
    texts = {"dialogue": dialogue, "reference": one.reference or "", **data}
    texts = {name: break_turns(text) for name, text in texts.items()}
    mark = digest("\0".join(f"{name}\0{text}" for name, text in sorted(texts.items())))[:12]
    values = {name: fence(name, text, mark) if text or name != "reference" else "" for name, text in texts.items()}
    values |= {"reply": rubric.reply, "mark": mark}
    messages = [{"role": "user", "content": SANDBOX.from_string(rubric.prompt[lang]).render(values).strip()}]
    if lang in rubric.system:
        messages.insert(
            0, {"role": "system", "content": SANDBOX.from_string(rubric.system[lang]).render(values).strip()}
        )
    return messages


def fence(name: str, text: str, mark: str) -> str:
    """A text between tags that nothing within it can close: `mark` is a hash of it."""
    return f"<{name}-{mark}>\n{text}\n</{name}-{mark}>"


def break_turns(text: str) -> str:
    """The text with a space within each mark of a chat template, so that no server takes it for one."""
    return TURNS.sub(lambda sign: " >" if sign[0] == ">" else f"{sign[0][0]} {sign[0][1:]}", text)
