"""What in a row makes of it something else than the example that its reader, who does not know that key, gives."""

import re
from collections.abc import Iterator
from typing import Any

from kgtools.corpora.dialogue.speakers import ROLE_OF, WITHIN, NotTurns, turns_in
from kgtools.corpora.dialogue.turns import SPEAKER_KEYS
from kgtools.corpora.files.keys import WatchedObject
from kgtools.corpora.reader import Example, Pair, Turn
from kgtools.corpora.text.escapes import CODE

Fault = tuple[str, str]
"""The reason, a word for counting, and the key or message that says it."""

IMAGES = {
    "image", "images", "img", "imgs", "image_path", "image_paths", "image_url", "image_urls", "picture", "pictures", "qimage",
    "图片",
}  # fmt: skip
MEDIA = {"audio", "audios", "video", "videos", "voice", "audio_path", "video_path", "input_audio"}
TOOLS = {"tools", "functions", "tool_calls", "function_call", "function_calls", "tool_call_id"}
DESIRED = {"label", "kto_tag", "desirable", "is_desirable", "is_correct", "correct"}
"""KTO's: whether the answer is one to learn, or one to avoid. A `label`, or what is `correct`, may be something else."""
KTO = ({"messages"}, {"conversations"}, {"conversation"}, {"prompt", "completion"})
"""Keys of rows of which a `label` says that."""
AVOID = {"undesirable", "dispreferred", "rejected"}
NEGATIVE = {"bad", "negative", "wrong", "incorrect", "-1", "-1.0"}
"""What such a label says in words: always, and only in such rows."""
LEARNT = {"weight", "loss", "train", "trainable", "learn", "loss_weight"}
WORSE = {"rejected", "response_rejected", "rejected_response", "rejected_answer"}
OPTIONS = re.compile(r"(?:option|choice|candidate|answer_choice|选项)s?[ _-]?[a-h0-9]?|op[a-h]|[a-h]", re.IGNORECASE)
"""A key that holds an option: `A`, `opb`, `option_c`, `选项2`."""
KEYS = {
    "answer",
    "answers",
    "answer_idx",
    "correct",
    "correct_answer",
    "correct_option",
    "key",
    "cop",
    "正确答案",
    "答案",
}
"""What files call the right options of a question."""
SAYING = r"(?:the )?(?:correct |right )?(?:answer|option)(?: is)?|(?:正确)?答案(?:是|为)?|选项?"
LETTERS = re.compile(
    rf"(?:{SAYING})?\s*(?:[:：]\s*)?[(（]?(?:[A-H](?:\s*(?:[,，、;；]\s*)?[A-H])*|\d)[)）]?[.。]?", re.IGNORECASE
)
"""An answer that is nothing but letters of options, or a number."""
LETTERED = re.compile(r"(?:^|(?<=\s))[A-H][.．、:：)）][ \t]?")
"""Where an option of several in one line begins."""
PLACEHOLDER = re.compile(r"<\|?(image|video|audio)(?:[_-]?(?:pad|placeholder|here|\d{1,3}))?\|?>", re.IGNORECASE)
"""`<image>`, `<|video_pad|>`: something that is no text belongs here."""
PICTURE = re.compile(r"<img>[^<>\n]{1,300}</img>|!\[[^\[\]\n]{0,200}\]\([^()\s]", re.IGNORECASE)
"""A picture of Qwen-VL or of Markdown."""
TAG = re.compile(r"<img\s[^<>]{0,500}>", re.IGNORECASE)
"""One of HTML; an answer may show how to write it."""
MARKUP = re.compile(
    r"<\|(?:im_start|im_end|start_header_id|end_header_id|eot_id|begin_of_text|user|assistant|system|end|endofturn)\|>|<｜(?:User|Assistant)｜>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\[\|(?:Human|AI|User|Assistant)\|\]"
)
"""Where a chat template parts the turns of a talk."""
ASKS = re.compile(r"###[ \t]*(?:Instruction|Human|User|Input|指令|问题|用户)[ \t]*[:：]", re.IGNORECASE)
"""`### Instruction:` of a prompt template that was left in a message."""
ANSWERS = re.compile(r"###[ \t]*(?:Response|Assistant|Output|回答|回复|助手)[ \t]*[:：]", re.IGNORECASE)
"""The headings by which Alpaca's template does, and those after it."""
NO = ("false", "0", "0.0", "no")


def fault_of(row: WatchedObject | None, example: Example | Pair) -> Fault | None:
    """Why an example is none, by what it says and by keys of its row that its reader did not ask for."""
    turns = list(example.messages if isinstance(example, Example) else example.prompt)
    document = isinstance(example, Example) and example.task == "text"
    fault = next((fault for turn in turns if (fault := _by_text(turn, document))), None)
    if fault or row is None:
        return fault
    rest = row.rest()
    fault = next((fault for fault in map(_by_key, _lower_keys(rest)) if fault), None) or _fault_by_label(row, rest)
    fault = fault or next((fault for one in _within(row) if (fault := _by_message(one))), None)
    if fault or isinstance(example, Pair):
        return fault
    names = {key.lower() for key in rest}
    if worse := sorted(names & WORSE):
        return "is-a-preference", f"{worse[0]}: a worse answer; the reader preference reads such rows"
    options = {key: value for key, value in rest.items() if OPTIONS.fullmatch(key.strip())}
    if example.task == "mcq":
        if options:
            return "options-not-read", f"{next(iter(options))} is an option that nobody reads"
        keys = [key for key in rest if key.lower() in KEYS]
        return ("key-not-read", keys[0]) if keys and example.answer is None else None
    if options and turns[-1].role == "assistant":
        said = "\n".join(turn.content for turn in turns if turn.role != "assistant")
        texts = [text for value in options.values() for text in _texts(value)]
        is_key = LETTERS.fullmatch(turns[-1].content.strip())
        if (is_key or len(texts) > 1) and not all(text in said for text in texts):
            return "options-not-read", f"nobody reads its {next(iter(options))}, and the question does not have them"
    return None


def _by_text(turn: Turn, document: bool) -> Fault | None:
    """What stands in a message: a picture, or other turns. A document may have pictures and templates in it."""
    text = CODE.sub("", turn.content) if "`" in turn.content else turn.content
    if "<" in text and (match := PLACEHOLDER.search(text)):
        return _needs(match[1].lower()), f"{match[0]} stands in a message"
    if document:
        return None
    if ("<" in text or "![" in text) and (PICTURE.search(text) or (turn.role != "assistant" and TAG.search(text))):
        return "needs-an-image", "a picture stands in a message"
    if ("<" in text or "[" in text) and (match := MARKUP.search(text)):
        return WITHIN, f"{match[0]} stands in a message"
    return _by_turns(text) if turn.role == "user" else None


def _by_turns(text: str) -> Fault | None:
    if "###" in text and ASKS.search(text) and ANSWERS.search(text):
        return WITHIN, "the headings of a template stand in a message"
    try:
        talk = turns_in(text) or ()
    except NotTurns as why:
        return why.reason, str(why)
    return (WITHIN, "a talk in one text, up to a bare tag of the assistant's") if len(talk) > 1 else None


def _texts(value: Any) -> list[str]:
    """The texts of options, of those that stand in one text each line."""
    if isinstance(value, dict | list):
        inner = list(dict.values(value)) if isinstance(value, dict) else value
        return [text for one in inner for text in _texts(one)]
    lines = [line.strip() for line in str(value).split("\n") if line.strip()]
    return lines if len(lines) > 1 else [one for line in lines for one in LETTERED.split(line) if one.strip()]


def _needs(medium: str) -> str:
    return "needs-an-image" if medium == "image" else "needs-media"


def _lower_keys(rest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key.lower().strip(), value) for key, value in rest.items())


def _by_key(item: tuple[str, Any]) -> Fault | None:
    key, value = item
    if key in LEARNT and _is_no(value):
        return "not-to-be-learnt", f"{key} is {value}"
    if value is False or _is_no(value):
        return None
    if key in IMAGES:
        return "needs-an-image", f"{key} names one"
    if key in MEDIA:
        return "needs-media", f"{key} names some"
    return ("uses-tools", key) if key in TOOLS else None


def _fault_by_label(row: WatchedObject, rest: dict[str, Any]) -> Fault | None:
    """Whether KTO's label says that the answer is a bad one. Of another row's `label` a 0 may be a class."""
    keys = {key.lower().strip() for key in row}
    kto = any(shape <= keys for shape in KTO)
    for key, value in _lower_keys(rest):
        said = str(value).strip().lower()
        told = kto if key == "label" else key != "correct"
        if key in DESIRED and (said == "false" or said in AVOID or (told and said in (*NO, *NEGATIVE))):
            return "answer-to-avoid", f"{key} is {said}: the answer is one that a model should not give"
    return None


def _by_message(message: WatchedObject) -> Fault | None:
    said = next((str(dict.get(message, key)) for key in SPEAKER_KEYS if key in message), "")
    own = ROLE_OF.get(said.strip().lower()) == "assistant"
    for key, value in _lower_keys(message.rest()):
        if (key not in LEARNT or own) and key not in DESIRED and (fault := _by_key((key, value))):
            return fault
    return None


def _within(row: WatchedObject) -> Iterator[WatchedObject]:
    for _, one in row.within():
        yield one
        yield from _within(one)


def _is_no(value: Any) -> bool:
    return str(value).strip().lower() in NO if isinstance(value, str | int | float) else False
