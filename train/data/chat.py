"""Chat templates: what they make of a conversation, where in it the model speaks, and which tokenizers can be trained with."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion
from kgtools.train.data import thinking
from kgtools.train.recipe import ModelSettings
from kgtools.train.template_kwargs import bake

CHATS = Path(__file__).parents[1] / "chat"
Messages = list[dict[str, str]]


class Refusal(InputError):
    """A conversation that a chat template does not take. `reason`: a word for counting."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(f"the chat template {words}; another template: chat_template=plain")
        self.reason = reason


@dataclass(frozen=True)
class Chat:
    """A tokenizer with the template that makes texts of messages."""

    tokenizer: Any
    template: str

    @property
    def marked(self) -> bool:
        """Whether the template marks what the model says."""
        return re.search(r"\{%-?\s*generation\s*-?%\}", self.template) is not None

    def ask(self, messages: Messages) -> str:
        """The text of messages with what stands before an answer. Raises Refusal."""
        text = self._jinja(messages, True)[0]
        _refuse_loss(messages, text)
        return text

    def render(self, messages: Messages) -> tuple[str, list[tuple[int, int]]]:
        """The text of messages and where in it the model speaks: (begin, end) in characters, each up to its EOS.

        Raises Refusal, and InputError for a template that cannot be trained with."""
        text, marks = self._jinja(messages, False)
        spans = self._without_opening(messages, text, marks) if self.marked else self._differences(messages, text)
        _refuse_loss(messages, text)
        eos = self.tokenizer.eos_token
        ends = [text.find(eos, begin, end) for begin, end in spans]
        if len(spans) != sum(m["role"] == "assistant" for m in messages) or -1 in ends:
            raise InputError(self._endless)
        return text, [(begin, end + len(eos)) for (begin, _), end in zip(spans, ends, strict=True)]

    def text(self, messages: Messages) -> str:
        """The text of messages as the template writes it, whatever it ends with. Raises Refusal."""
        return self._jinja(messages, False)[0]

    def answer(self, prompt: Messages, answer: Messages) -> str:
        """The text of a prompt with an answer to it, up to the answer's EOS. Raises as `render`, but for words that are left out:
        a model may say anything."""
        asked, text = self._jinja(prompt, True)[0], self._jinja([*prompt, *answer], False)[0]
        end = text.rfind(self.tokenizer.eos_token, _common_length(asked, text))
        if end == -1:
            raise InputError(self._endless)
        return text[: end + len(self.tokenizer.eos_token)]

    def pair(self, prompt: Messages, answers: Sequence[Messages]) -> tuple[list[str], int]:
        """The texts of a prompt with each answer, and where the answers begin: a think block that all begin with belongs to the
        prompt. Raises as `render`."""
        asked = self.ask(prompt)
        texts = [self.answer(prompt, answer) for answer in answers]
        for answer, text in zip(answers, texts, strict=True):
            _refuse_loss([*prompt, *answer], text)
            if not text.startswith(asked):
                raise self._otherwise(prompt, text)
        blocks = [thinking.block(text[len(asked) :]) for text in texts]
        return texts, len(asked) + (len(blocks[0]) if len(set(blocks)) == 1 else 0)

    def opens(self, prompt: Messages) -> bool:
        """Whether what stands before an answer begins a think block, which the model then ends."""
        return thinking.OPEN in self.template and self._jinja(prompt, True)[0].rstrip().endswith(thinking.OPEN)

    def special(self, ids: Sequence[int]) -> int:
        """How many of the ids are special tokens, which a text does not show; tags of a think block are none."""
        tags = {self.tokenizer.convert_tokens_to_ids(tag) for tag in (thinking.OPEN, thinking.CLOSE)}
        return sum(id_ in self.special_ids and id_ not in tags for id_ in ids)

    @property
    def special_ids(self) -> set[int]:
        """The ids of special tokens: those with a role, and those that the tokenizer gives none."""
        added = {id_ for id_, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        return added | set(self.tokenizer.all_special_ids)

    def decode(self, prompt: Messages, ids: Sequence[int]) -> tuple[str | None, str]:
        """What a model thought before it answered, None where it did not, and its answer, of the ids that it gave to a prompt."""
        added = ((id_, token.content) for id_, token in self.tokenizer.added_tokens_decoder.items())
        tags = {id_: tag for id_, tag in added if tag in (thinking.OPEN, thinking.CLOSE)}
        words, begin = "", 0
        for index, id_ in enumerate(ids):
            if id_ in tags:
                # decoding leaves a tag out where it is a special token
                words += self._decode(ids[begin:index]) + tags[id_]
                begin = index + 1
        return thinking.split_thinking(words + self._decode(ids[begin:]), self.opens(prompt))

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)) if ids else ""

    @property
    def _endless(self) -> str:
        return (
            f"the chat template does not end each answer with the tokenizer's EOS, {self.tokenizer.eos_token}: a model trained so would "
            "never stop. Name the token that does with eos_token=TOKEN, or another template with chat_template=plain"
        )

    def _jinja(self, messages: Messages, asks: bool) -> tuple[str, list[tuple[int, int]]]:
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            texts, marks = render_jinja_template(
                conversations=[messages],
                chat_template=self.template,
                return_assistant_tokens_mask=self.marked,
                add_generation_prompt=asks,
                **self.tokenizer.special_tokens_map,
            )
        except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise Refusal("template-refuses", f"refuses a conversation: {error}") from error
        return texts[0], [(begin, end) for begin, end in marks[0]] if marks else []

    def _without_opening(self, messages: Messages, text: str, marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The marks, the last one without a think block that stands before an answer when one is asked for."""
        if not marks or thinking.CLOSE not in self.template or messages[-1]["role"] != "assistant":
            return marks
        asked, (begin, end) = self._jinja(messages[:-1], True)[0], marks[-1]
        return [*marks[:-1], (max(begin, len(asked)), end)] if text.startswith(asked) else marks

    def _differences(self, messages: Messages, text: str) -> list[tuple[int, int]]:
        """Where the model speaks, from what each answer adds to the text before it."""
        spans = []
        for index, message in enumerate(messages):
            if message["role"] == "assistant":
                before, after = self._jinja(messages[:index], True)[0], self._jinja(messages[: index + 1], False)[0]
                if not after.startswith(before):
                    raise self._otherwise(messages[:index], after)
                if not text.startswith(after.rstrip()):
                    # it stands behind the last turn alone
                    after = after.rstrip().removesuffix(self.tokenizer.eos_token)
                    if not text.startswith(after.rstrip()):
                        raise _rewrites_turns()
                spans.append((len(before), len(after)))
        return spans

    def _otherwise(self, prompt: Messages, answered: str) -> Refusal:
        """Why what is asked is not how the text with the answer begins."""
        if not answered.startswith(self._jinja(prompt, False)[0].rstrip()):
            return _rewrites_turns()
        return Refusal(
            "template-asks-otherwise",
            "begins an answer otherwise than it asks for one, as where it asks for one without thinking and the answer thinks",
        )


def _common_length(one: str, other: str) -> int:
    """How long both texts are the same."""
    if other.startswith(one):
        return len(one)
    return next(index for index, sign in enumerate(one) if other[index : index + 1] != sign)


def _rewrites_turns() -> Refusal:
    return Refusal(
        "template-rewrites-turns",
        "writes earlier turns anew when later ones follow, so it cannot be told what the model says",
    )


def _refuse_loss(messages: Messages, text: str) -> None:
    """Raises Refusal where the words of a message are not in the text; a think block is no answer."""
    for message in messages:
        if thinking.split_thinking(message["content"])[1].strip() not in text:
            raise Refusal(
                "template-drops-text", f"leaves out or changes what a message of the role {message['role']} says"
            )


def chat(
    tokenizer: Any,
    choice: str,
    eos_token: str | None,
    pad_token: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    today: datetime.date | None = None,
) -> Chat:
    """A tokenizer with the template of a choice: `auto` (its own, else plain), one of ours by name, or a file; `arguments` and `today`
    as of `train.template_kwargs.bake`.

    Raises UsageError for no such template, token or argument, InputError for a tokenizer that a model cannot learn to stop with
    and for a template that does not give the same text each time."""
    for name, token in (("eos_token", eos_token), ("pad_token", pad_token)):
        if token is not None:
            if tokenizer.get_vocab().get(token) is None:
                raise UsageError(f"{name}={token}: the tokenizer has no such token")
            setattr(tokenizer, name, token)
    if tokenizer.eos_token is None:
        raise InputError("the tokenizer has no EOS, so a model could not learn to stop; name one with eos_token=TOKEN")
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.pad_token = _find_pad_token(tokenizer)
    template = tokenizer.chat_template if choice == "auto" else None
    if isinstance(template, dict):
        raise UsageError(
            f"chat_template=auto: the tokenizer has several ({', '.join(sorted(template))}); save one as a file and name that"
        )
    if template is None:
        template = _read_template("plain" if choice == "auto" else choice)
    tokenizer.chat_template = bake(template, arguments or {}, today)
    return Chat(tokenizer, tokenizer.chat_template)


def chat_of(tokenizer: Any, recipe: ModelSettings) -> Chat:
    """A tokenizer with the template that a recipe names; otherwise as `chat`."""
    more = recipe.template_arguments, recipe.date
    return chat(tokenizer, recipe.chat_template, recipe.eos_token, recipe.pad_token, *more)


def _find_pad_token(tokenizer: Any) -> str:
    """A token to fill up with that is not EOS: who finds an answer's end by what is not filling must see its EOS."""
    reserved = (token.content for _, token in sorted(tokenizer.added_tokens_decoder.items()) if token.special)
    spare = [token for token in reserved if re.search("pad|reserved", token)] + [tokenizer.unk_token]
    token = next((token for token in spare if token not in (None, tokenizer.eos_token)), None)
    if token is None:
        raise InputError(
            "the tokenizer has no token to fill up with but EOS; name one that no text has with pad_token=TOKEN"
        )
    return str(token)


def _read_template(choice: str) -> str:
    names = sorted(file.stem for file in CHATS.glob("*.jinja"))
    path = CHATS / f"{choice}.jinja" if choice in names else Path(choice)
    if choice not in names and not path.is_file():
        raise UsageError(
            f"chat_template={choice}: no such file, and none of ours is called so; {suggestion(choice, names)}"
        )
    return path.read_text(encoding="utf-8")
