"""Which tokens end an answer: any that the tokenizer, the model's generation settings or the chat template end one with."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from kgtools.train.data.chat import Chat, Refusal

MARK = "\N{SNOWMAN}"
"""What a sample answer says: after it stands what the template ends an answer with."""


@dataclass(frozen=True)
class StopToken:
    """A token that ends an answer. `named_by`: where it is said to."""

    id: int
    token: str
    named_by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.token} ({self.id}: {', '.join(self.named_by)})"


def stop_tokens(folder: Path, chat: Chat) -> list[StopToken]:
    """The tokens that end an answer of the model in a folder, that of the tokenizer first, the others by their ids."""
    eos = chat.tokenizer.eos_token_id
    named: dict[int, list[str]] = {eos: ["tokenizer"]}
    for id_ in _of_settings(folder):
        named.setdefault(id_, []).append("generation_config.json")
    if (last := _of_template(chat)) is not None:
        named.setdefault(last, []).append("chat template")
    order = sorted(named, key=lambda id_: (id_ != eos, id_))
    return [StopToken(id_, str(chat.tokenizer.convert_ids_to_tokens(id_)), tuple(named[id_])) for id_ in order]


def _of_settings(folder: Path) -> list[int]:
    """What generation_config.json names; where there is none, config.json, of which transformers makes one."""
    for name in ("generation_config.json", "config.json"):
        if (folder / name).is_file():
            eos = orjson.loads((folder / name).read_bytes()).get("eos_token_id")
            ids = eos if isinstance(eos, list) else [eos]
            return [id_ for id_ in ids if isinstance(id_, int)]
    return []


def _of_template(chat: Chat) -> int | None:
    """The special token that stands after an answer in the template; None where no one does."""
    try:
        text = chat.text([{"role": "user", "content": MARK}, {"role": "assistant", "content": MARK}])
    except Refusal:
        return None
    after = text[text.rindex(MARK) + len(MARK) :] if MARK in text else ""
    ids: list[int] = chat.tokenizer(after, add_special_tokens=False)["input_ids"]
    special = chat.special_ids
    return next((id_ for id_ in ids if id_ in special), None)
