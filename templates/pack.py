"""A pack: a folder with `pack.yaml` and, for each template, one Jinja file a language with its variants as blocks.

`symptom.zh.j2` holds `{% block user_1 %}...{% endblock %}{% block assistant_1 %}...{% endblock %}`, then `user_2` and so
on (`templates/variants.py`). A block sees `head` (a name), `tails` (a list of names or values) and nothing else; it may use `if`,
`for`, the filters of FILTERS and the tests of TESTS. Compute in Python, phrase in Jinja.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints, ValidationError

from kgtools.kg.ontology import ontology
from kgtools.templates.findings import Finding, of_error
from kgtools.templates.variants import Variant, read_variants, variables
from kgtools.tools import registry
from kgtools.tools.config import Settings, find_line, load_yaml
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.licenses.check import LicenseText

LANGUAGES = ("zh", "en")
PACK_FILE = "pack.yaml"
STAND_INS = {"name": "unnamed", "version": "0", "license": "CC0-1.0", "title": "", "templates": {}}
"""What stands for keys that are missing or wrong, so that lint can look at the rest."""


class TemplateInfo(Settings):
    """What a template asks about: heads of one type, and either the tails of relations or an attribute's values.

    A relation's inverse name reads it backwards. `single`: one value only, the one most often stated. `origin`: for
    each language, whose words each variant is (`paper` or `ours`). `missing`: why a language is not there."""

    head: str
    tail: str | None = None
    relations: tuple[str, ...] = ()
    attribute: str | None = None
    single: bool = False
    origin: dict[str, tuple[str, ...]] = {}
    missing: dict[str, str] = {}

    @property
    def topic(self) -> str:
        """The relation, of several the first, or the attribute that is asked about."""
        return self.attribute or self.relations[0]


Part = Annotated[str, StringConstraints(pattern=r"^[^\s@/#\\]+$")]
"""A part of `pack@version/template.lang#variant`."""


class PackInfo(Settings):
    """`pack.yaml`: the pack's name, version, licence of its words, where they come from, and its templates.

    `verbatim`: the words of a paper, kept as they are: lint does not judge what they claim, and nothing is left out of what they
    ask (`templates/drops.py`) unless the user says so. `paths`: name -> templates, those of other packs as `pack/template`, over which
    the task `path` leads (`templates/tasks/path.py`)."""

    name: Part
    version: Part
    license: LicenseText
    title: str
    source: str = ""
    verbatim: bool = False
    templates: dict[Part, TemplateInfo]
    paths: dict[Part, tuple[str, ...]] = {}

    def path_templates(self, name: str) -> tuple[tuple[str, str], ...]:
        """A path as (pack, template), in order."""
        words = (step.rpartition("/") for step in self.paths[name])
        return tuple((pack or self.name, template) for pack, _, template in words)


@dataclass(frozen=True)
class Template:
    """One template in one language."""

    pack: str
    version: str
    license: str
    name: str
    lang: str
    info: TemplateInfo
    file: Path
    variants: tuple[Variant, ...]

    @property
    def id(self) -> str:
        """`pack@version/template.lang`, to which a record adds `#variant`."""
        return f"{self.pack}@{self.version}/{self.name}.{self.lang}"


@dataclass(frozen=True)
class Pack:
    """A pack with all its templates, sorted by name and language."""

    info: PackInfo
    folder: Path
    templates: tuple[Template, ...]


def find_pack(name: str) -> Pack:
    """A pack by its registered name, or by its folder. Raises UsageError, InputError."""
    return load_pack(find_folder(name))


def find_folder(name: str) -> Path:
    """The folder of a pack by its registered name, or the folder that this is. Raises UsageError."""
    folder = Path(name)
    if (folder / PACK_FILE).is_file():
        return folder
    found: Path = registry.find("packs", name, Path)
    return found


def every_pack() -> list[Pack]:
    """The registered packs, by name. One of a guest that has a fault is told and passed over."""
    packs = []
    for name, folder in registry.every("packs", Path):
        try:
            packs.append(load_pack(folder))
        except InputError as error:
            registry.pass_over(f"the pack {name!r} cannot be read: {error}")
    return packs


def load_pack(folder: Path) -> Pack:
    """The pack in a folder, every file parsed. Raises InputError with all that is wrong, each with file and line."""
    pack, findings = read_pack(folder)
    if pack is None or findings:
        raise InputError("\n".join(map(str, findings)))
    return pack


def read_pack(folder: Path) -> tuple[Pack | None, list[Finding]]:
    """What can be read of the pack in a folder, and what is wrong with the rest; None where `pack.yaml` is none."""
    info, names, findings = _read_info(folder / PACK_FILE)
    if info is None:
        return None, findings
    for name, template in info.templates.items():
        findings += unknown_names(folder / PACK_FILE, name, template)
    findings += _misplaced(folder, info, names)
    templates = []
    for name, template in sorted(info.templates.items()):
        for lang in LANGUAGES:
            file = folder / f"{name}.{lang}.j2"
            if lang not in template.missing and file.is_file():
                variants, found = read_variants(file, lang)
                findings += found
                templates.append(Template(info.name, info.version, info.license, name, lang, template, file, variants))
    return Pack(info, folder, tuple(templates)), findings


def _read_info(file: Path) -> tuple[PackInfo | None, set[str], list[Finding]]:
    """What `pack.yaml` says, the names of all templates in it, and its faults: what is wrong is left out, the rest is looked at."""
    try:
        info = load_yaml(file, PackInfo)
        return info, set(info.templates), []
    except InputError as error:
        findings = list(of_error(file, error))
    try:
        values, _ = read_yaml(file.read_text(encoding="utf-8-sig"), file)
    except (InputError, OSError, UnicodeDecodeError):
        return None, set(), findings
    templates = values.get("templates") if isinstance(values, dict) else None
    if not isinstance(templates, dict):
        return None, set(), findings
    names = set(map(str, templates))
    try:
        return _without_faults(values), names, findings
    except ValidationError:
        return None, names, findings


def _without_faults(values: dict[str, Any]) -> PackInfo:
    """The pack without the keys that cannot be. Raises ValidationError where too little is left."""
    try:
        PackInfo.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            part, name, *key = (*fault["loc"], "")
            if part not in ("templates", "paths") or len(fault["loc"]) == 1:
                values.pop(str(part), None)
            elif key and fault["type"] == "extra_forbidden":
                values[str(part)].get(name, {}).pop(key[0], None)
            else:
                values[str(part)].pop(name, None)
    return PackInfo.model_validate(STAND_INS | values)


def unknown_names(file: Path, template: str, info: TemplateInfo) -> Iterator[Finding]:
    """Types, relations and attributes that the ontology does not know, and templates that ask about none."""
    known = ontology()
    relations = {name: None for key, each in known.relations.items() for name in (key, each.inverse)}
    words: list[tuple[tuple[str | int, ...], str | None, list[str], str]] = [
        (("head",), info.head, list(known.entities), "entity type"),
        (("tail",), info.tail, list(known.entities), "entity type"),
        (("attribute",), info.attribute, list(known.attributes), "attribute"),
        *(
            (("relations", at), name, sorted(relations), "relation or inverse")
            for at, name in enumerate(info.relations)
        ),
    ]
    for place, name, names, noun in words:
        if name is not None and name not in names:
            what = f"{template}: {name!r} is no {noun} of the ontology"
            yield find_at(file, ("templates", template, *place), what, registry.suggestion(name, names))
    if (info.attribute is None) == (not info.relations):
        what = "asks about relations and an attribute" if info.relations else "asks about no relation and no attribute"
        yield find_at(file, ("templates", template), f"{template}: {what}", "give relations (with tail) or attribute")
    if info.relations and info.tail is None:
        yield find_at(
            file, ("templates", template), f"{template}: says no tail", "relations need the type of their tail"
        )
    for key, by_lang in (("missing", info.missing), ("origin", info.origin)):
        for lang in sorted(set(by_lang) - set(LANGUAGES)):
            what = f"{template}: {key} names the language {lang!r}"
            yield find_at(file, ("templates", template, key, lang), what, f"there are {', '.join(LANGUAGES)}")


def find_at(file: Path, place: tuple[str | int, ...], what: str, way_out: str) -> Finding:
    """What is wrong with a key of `pack.yaml`."""
    return Finding(file, find_line(file, place), what, way_out)


def _misplaced(folder: Path, info: PackInfo, names: set[str]) -> Iterator[Finding]:
    """Files that are missing, and files that belong to nothing. `names`: of all templates, those with faults too."""
    there = {file.name: file for file in sorted(folder.glob("*.j2")) if file.is_file()}
    for name, template in info.templates.items():
        for lang in LANGUAGES:
            file = there.pop(f"{name}.{lang}.j2", None)
            if file is None and lang not in template.missing:
                way_out = f"write it, or say why under missing: {{{lang}: ...}}"
                yield find_at(folder / PACK_FILE, ("templates", name), f"{name}.{lang}.j2 is missing", way_out)
            if file is not None and lang in template.missing:
                what = f"{name}: missing says why there is no {lang}, and {file.name} is there"
                yield find_at(folder / PACK_FILE, ("templates", name, "missing"), what, "take one of them away")
    for name, file in there.items():
        stem, _, lang = name.removesuffix(".j2").rpartition(".")
        if stem not in names or lang not in LANGUAGES:
            yield Finding(
                file, 1, f"{name} belongs to no template", "name it under templates: in pack.yaml, or take it away"
            )


def refuse_general(template: Template) -> None:
    """Raises InputError for a variant whose question names no head or whose answer no tails: one question would have many answers."""
    for variant in template.variants:
        for (role, _, body), name in zip(variant.blocks, ("head", "tails"), strict=True):
            if name not in variables(body):
                raise InputError(
                    f"{template.file}: {role}_{variant.number}: does not say {name}; see kgtools packs lint"
                )
