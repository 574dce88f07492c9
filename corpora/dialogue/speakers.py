"""Who speaks: what files call the roles, and the turns of talks that are one text, in which tags say it (`病人：`, `Doctor:`)."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kgtools.corpora.reader import Turn

ROLES_NAMED = {
    "system": "system|system_prompt|system prompt|developer|系统",
    "user": "human|user|patient|prompter|client|asker|病人|患者|用户|问|家属|患者家属|咨询者",
    "assistant": "gpt|assistant|bot|chatbot|chatgpt|gpt-4|model|ai|llm|agent|doctor|physician|dr|医生|大夫|医师|助手|答|专家",
}
ROLE_OF = {name: role for role, names in ROLES_NAMED.items() for name in names.split("|")}
APART = (
    ({"家属", "患者家属"}, {"病人", "患者", "patient"}),
    ({"专家"}, {"医生", "大夫", "医师", "doctor", "physician", "dr"}),
)
"""Names of one role that are two people where both speak in one talk."""
OTHERS = (
    r"护士长?|母亲|父亲|妈妈|爸爸|丈夫|妻子|老公|老婆|儿子|女儿|(?:患儿|患者|孩子)(?:家长|母亲|父亲)|家长|家属\d{1,2}|陪同(?:者|人员)?|药师|药剂师"
    r"|(?:医生|大夫|患者|病人|发言人|说话人)[ _]?[\dA-Z甲乙丙丁]{1,2}|Guest(?:[ _]\w{1,20})?|Family(?:[ _]member)?|Nurse|Mother|Father|Mom|Dad"
    r"|Wife|Husband|Spouse|Son|Daughter|Brother|Sister|Parent|Caregiver|Carer|Relative|Guardian|Pharmacist|Interpreter|Receptionist"
    r"|Paramedic|Student|Resident|Intern|Therapist|Moderator|(?:Doctor|Patient|Physician|Speaker|Clinician|Nurse|Family)[ _]?\d{1,2}"
)
"""Who speaks beside the two whom a record knows."""
INNER_NAMES = "病人|患者|医生|大夫|医师|用户|助手|问|答|Patient|Doctor|Human|User|Assistant"
KINDS = (
    {"问", "答"},
    {"病人", "患者", "patient", "家属", "患者家属", "医生", "大夫", "医师", "doctor", "physician", "dr", "专家"},
)
"""Names that go together in one talk; those that are in neither go together too."""
NAMES = "|".join(sorted(ROLE_OF, key=len, reverse=True))
BLANKS = r"[ \t\u3000]*"
SPOKEN = re.compile(rf"(?:(?<!\s)\s+)?({NAMES})\s*[:：]\s*", re.IGNORECASE)
"""`病人：` at the beginning of a text."""
LINE = re.compile(rf"(?:^|\n){BLANKS}({NAMES}){BLANKS}[:：]{BLANKS}", re.IGNORECASE)
"""The same at the beginning of a line."""
OTHER = re.compile(rf"(?:^|\n){BLANKS}({OTHERS}){BLANKS}[:：]", re.IGNORECASE)
"""A line that begins with somebody else: `护士：`."""
INNER = re.compile(rf"(?<=[\s。！？；.!?;…])({INNER_NAMES}){BLANKS}[:：]{BLANKS}")
"""A turn that begins within a line, behind a blank or a full stop: `好的。医生：再见`."""
INNER_OTHER = re.compile(rf"(?<=[\s。！？；.!?;…])({OTHERS}){BLANKS}[:：]")
"""The same of somebody else."""
GLUED = re.compile(rf"(?<=[^\s。！？；.!?;…])(病人|患者|医生|大夫){BLANKS}[:：]")
"""A tag with no more before it than a comma, or nothing at all."""
FLAT = re.compile(r"(?:(?<!\s)\s+)?<(user|bot)>\s*[:：]\s*")
"""` <user>: ` and ` <bot>: ` of a dialogue in one line."""
WITHIN = "turns-in-a-text"


class NotTurns(ValueError):
    """Why something is no list of messages: `reason` is a word for counting, the text says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def part_turns(text: str) -> tuple[str, list[Turn]]:
    """What stands before the first line that begins with who speaks, and the turns of a talk that is one text, in which no line
    break is escaped. Raises NotTurns where a third one speaks, or a tag stands in a line and does not plainly begin a turn."""
    before, *pieces = LINE.split(text)
    if pieces and (other := OTHER.search(text)):
        raise NotTurns("unknown-role", f"a line begins with {other[1]}, who is neither the patient nor the doctor")
    return before, with_inner(pieces[::2], pieces[1::2])


def spoken_lines(lines: Sequence[str]) -> list[Turn]:
    """The turns of lines of which each begins with who speaks. Raises NotTurns."""
    names, texts = [], []
    for number, line in enumerate(lines, start=1):
        if not (speaker := SPOKEN.match(line)):
            raise NotTurns("unknown-role", f"message {number} does not begin with who speaks, as 病人： and 医生： do")
        names.append(speaker[1])
        texts.append(line[speaker.end() :])
    return with_inner(names, texts)


def with_inner(names: Sequence[str], texts: Sequence[str]) -> list[Turn]:
    """The turns of these speakers, those apart that begin within a line: behind a blank or a full stop, each the other one's.

    Raises NotTurns where a third one speaks, and where a tag in a line may be one or not."""
    one_each(names)
    turns = [Turn(ROLE_OF[name.lower()], text) for name, text in zip(names, texts, strict=True)]
    known = {role: {n.lower() for n in names if ROLE_OF[n.lower()] == role} for role in ("user", "assistant")}
    parts: list[Turn] = []
    for turn in turns:
        if other := INNER_OTHER.search(turn.content):
            raise NotTurns("unknown-role", f"{other[1]} speaks, who is neither the patient nor the doctor")
        glued = {ROLE_OF[match[1]] for match in GLUED.finditer(turn.content)}
        if {"user", "assistant"} <= glued:
            raise NotTurns(WITHIN, "tags of both speakers stand within a line, and nothing parts them from the text")
        parts += _split(turn, known)
    if len(parts) > len(turns) and not alternate(parts):
        raise NotTurns(WITHIN, "a tag such as 医生： stands within a line, and the speakers do not take turns by it")
    return parts


def _split(turn: Turn, known: dict[str, set[str]]) -> list[Turn]:
    """The turn and those that begin in it; a name that the speaker does not go by in this talk is none of theirs."""
    parts, begun, role = [], 0, turn.role
    for tag in INNER.finditer(turn.content):
        name, other = tag[1].lower(), ROLE_OF[tag[1].lower()]
        if not known[other] or name in known[other]:
            parts.append(Turn(role, turn.content[begun : tag.start()]))
            begun, role = tag.end(), other
    return [*parts, Turn(role, turn.content[begun:])]


def alternate(turns: Sequence[Turn]) -> bool:
    """Whether no speaker has two turns in a row."""
    return all(one.role != other.role for one, other in pairwise(turns))


def one_each(names: Iterable[str]) -> None:
    """Raises NotTurns where two people have one role: the patient and the family, a doctor and another."""
    known = {name.strip().lower() for name in names}
    for some, others in APART:
        if (third := known & some) and known & others:
            raise NotTurns("unknown-role", f"{min(third)} speaks beside {min(known & others)}")


def turns_in(text: str) -> list[Turn] | None:
    """The turns of a text that is a talk up to a bare tag of the assistant's (`Human: ...\\nAssistant:`, as BELLE has it), without
    that; None for a text that is none, or only holds one. Raises NotTurns for a talk with something before it, or without that tag."""
    text = text.strip()
    bare = text.endswith((":", "："))
    if not bare and not LINE.match(text):
        return None
    before, *pieces = LINE.split(text)
    names, said = [name.lower() for name in pieces[::2]], pieces[1::2]
    try:
        turns = with_inner(names, said)
    except NotTurns:
        turns = [Turn(ROLE_OF[name], words) for name, words in zip(names, said, strict=True)]
    roles = [turn.role for turn in turns]
    if roles[-1:] == ["assistant"] and not turns[-1].content.strip() and len({_kind(name) for name in names}) == 1:
        if not before.strip() and roles[0] != "assistant" and alternate(turns):
            return turns[:-1]
        if names[-1] in names[:-1]:
            raise NotTurns(WITHIN, "a talk in one text, up to a bare tag of the assistant's")
        return None
    asks = not before.strip() and roles[-1:] == ["user"] and "\n" not in turns[-1].content.strip()
    if asks and "assistant" in roles:
        raise NotTurns(WITHIN, "a talk in one text, whose next turn is the answer")
    return None


def _kind(name: str) -> int:
    return next((number for number, names in enumerate(KINDS) if name in names), len(KINDS))


def read_flat(text: str) -> list[Turn] | None:
    """The turns of ` <user>: ... <bot>: ... <user>: ...`, or None for any other text."""
    _, *pieces = FLAT.split(text)
    if not FLAT.match(text):
        return None
    return [Turn(ROLE_OF[role], said) for role, said in zip(pieces[::2], pieces[1::2], strict=True)]
