"""A new pack that works at once: `pack.yaml` with comments, a template a relation in both languages, and a path where two of them
lead one to the next."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kgtools.kg.ontology import ontology
from kgtools.templates.pack import PACK_FILE, Part
from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import to_json
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.outputs.atomic import new_folder

RELATIONS = ("HAS_SYMPTOM", "BELONGS_TO_DEPARTMENT")
"""What a new pack asks about where nobody says it: two that make a path."""
PHRASES = Path(__file__).with_name("phrases.yaml")
HEAD = "{{ head }}"
WORDS = {
    "zh": (
        ("{0}有哪些？", "{0}包括{{{{ tails | listed }}}}。"),
        ("请问{0}是什么？", "资料中记载，{0}有{{{{ tails | listed(\"和\") }}}}。"),
    ),
    "en": (
        ("What are the {0}?", "The {0} include {{{{ tails | listed }}}}."),
        ("Can you name the {0}?", "These are the {0}: {{{{ tails | listed }}}}."),
    ),
}  # fmt: skip
"""Question and answer of each variant; {0} is a relation's phrase."""
FIRST = {
    "zh": "{# 一对块是一种说法：user_1 是问题，assistant_1 是回答。{{ head }} 是名称，{{ tails }} 是答案的列表。#}\n",
    "en": "{# A pair of blocks is a variant: user_1 asks, assistant_1 answers. head is a name, tails the list of answers. #}\n",
}


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Relation or inverse -> language -> what it leads to, `{head}` in place of the name."""
    found: dict[str, dict[str, str]] = read_yaml(PHRASES.read_text(encoding="utf-8"), PHRASES)[0]
    return found


def create_pack(name: str, folder: Path, relations: Sequence[str] = ()) -> list[str]:
    """Write a pack into a folder that must be new, whole or not at all, and give the names of its files.

    Raises UsageError for a name that no pack can have, a relation that there is not, and a folder that is there."""
    try:
        TypeAdapter(Part).validate_python(name)
    except ValidationError as error:
        raise UsageError(f"{name!r}: the name of a pack has no space and none of @ / # \\") from error
    asked = list(dict.fromkeys(relations or RELATIONS))
    for relation in asked:
        if relation not in phrases():
            what = "an attribute; write its template by hand" if relation in ontology().attributes else ""
            guess = registry.suggestion(relation, sorted(phrases()))
            raise UsageError(f"--relation {relation}: {what or f'no relation or inverse is called so; {guess}'}")
    files = {PACK_FILE: _about(name, asked)} | {
        f"{relation.lower()}.{lang}.j2": _template(relation, lang) for relation in asked for lang in WORDS
    }
    with new_folder(folder, "--out") as aside:
        for file, text in files.items():
            (aside / file).write_text(text, encoding="utf-8")
    return sorted(files)


def _template(relation: str, lang: str) -> str:
    phrase = phrases()[relation][lang].replace("{head}", HEAD)
    pairs = [
        f"{{% block user_{number} %}}{user.format(phrase)}{{% endblock %}}\n"
        f"{{% block assistant_{number} %}}{assistant.format(phrase)}{{% endblock %}}\n"
        for number, (user, assistant) in enumerate(WORDS[lang], 1)
    ]
    return FIRST[lang] + "\n".join(pairs)


def _about(name: str, relations: Sequence[str]) -> str:
    """The text of `pack.yaml`."""
    lines = [
        f"name: {to_json(name).decode().strip()}",
        "version: 1.0.0              # another one when you change words: records name the version that made them",
        "license: Apache-2.0         # of the words; it goes into every record. These are kgtools', take your own for yours",
        'title: "A pack of my own"',
        "templates:",
        "  # The name of its files: NAME.zh.j2 and NAME.en.j2. A language may be left out with `missing: {en: why}`.",
    ]
    for relation in relations:
        (head, *heads), (tail, *tails) = ends_of(relation)
        also = f"   # also from {', '.join(heads)}" if heads else f"   # also to {', '.join(tails)}" if tails else ""
        lines += [
            f"  {relation.lower()}:",
            f"    head: {head}",
            f"    tail: {tail}",
            f"    relations: [{relation}]{also}",
        ]
    lines += _paths(relations)
    return "\n".join(lines) + "\n"


def ends_of(relation: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The types that a relation or inverse leads from, and to."""
    for name, each in ontology().relations.items():
        if relation == name:
            return each.domain, each.range
        if relation == each.inverse:
            return each.range, each.domain
    raise KeyError(relation)


def _paths(relations: Sequence[str]) -> list[str]:
    """A path over the first two templates of which the one can lead to the other."""
    first = {relation: ends_of(relation)[0][0] for relation in relations}
    pairs = [(one, two) for one in relations for two in relations if one != two and first[one] == first[two]]
    if not pairs:
        return ["# A path needs two templates about heads of one type: kgtools packs show clinicalgpt has some."]
    one, two = (relation.lower() for relation in pairs[0])
    return [
        "paths:",
        "  # Questions over several triples: the first is read backwards, to a head that is not named; the last is asked.",
        f"  {one}_{two}: [{one}, {two}]",
    ]
