"""What `pack.yaml` declares: reasons, origins, directions, paths."""

from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from kgtools.kg.ontology import ontology
from kgtools.templates.findings import Finding
from kgtools.templates.pack import LANGUAGES, PACK_FILE, Pack, Template, TemplateInfo, find_at, find_folder, read_pack
from kgtools.templates.sandbox import with_article
from kgtools.templates.tasks.ask import LONGEST
from kgtools.templates.variants import NEEDED, variables
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion


def check_declared(pack: Pack, unread: Set[Path]) -> Iterator[Finding]:
    """What is wrong with the templates and paths of `pack.yaml`, though every name in it is known. `unread`: files of which a part
    could not be read, whose variants are not counted."""
    file = pack.folder / PACK_FILE
    for name, info in pack.info.templates.items():
        both = {each.lang: each for each in pack.templates if each.name == name and each.file not in unread}
        yield from _missing(file, name, info, both)
        yield from _origins(file, name, info, both)
        yield from _directions(file, name, info)
        if len(both) == len(LANGUAGES):
            yield from _differences(name, both)
    for name in pack.info.paths:
        yield from _path(file, name, pack)


def _missing(file: Path, name: str, info: TemplateInfo, both: dict[str, Template]) -> Iterator[Finding]:
    for lang, why in info.missing.items():
        if not why.strip():
            what = f"{name}: says nothing about why there is no {lang}"
            yield find_at(file, ("templates", name, "missing", lang), what, f"say why, or write {name}.{lang}.j2")
    if len(both) == len(LANGUAGES) and len({len(template.variants) for template in both.values()}) > 1:
        counts = ", ".join(f"{lang} {len(template.variants)}" for lang, template in both.items())
        what = f"{name}: the languages differ in their number of variants ({counts})"
        yield find_at(file, ("templates", name), what, "write each variant in both")


def _origins(file: Path, name: str, info: TemplateInfo, both: dict[str, Template]) -> Iterator[Finding]:
    for lang, origins in info.origin.items():
        place = ("templates", name, "origin", lang)
        if lang in both and len(origins) != len(both[lang].variants):
            what = f"{name}: origin.{lang} has {len(origins)} entries for {len(both[lang].variants)} variants"
            yield find_at(file, place, what, "name one for each")
        for at, origin in enumerate(origins):
            if origin not in ("paper", "ours"):
                yield find_at(file, (*place, at), f"{name}: origin {origin!r}", "expected paper or ours")


def _directions(file: Path, name: str, info: TemplateInfo) -> Iterator[Finding]:
    """Relations that join no head of the template with a tail of it."""
    known = ontology()
    if info.tail is None or not {info.head, info.tail} <= set(known.entities):
        return
    fits = [relation for relation in _ends() if _joins(relation, info.head, info.tail)]
    for at, relation in enumerate(info.relations):
        if relation not in _ends() or relation in fits:
            continue
        heads, tails, inverse = _ends()[relation]
        what = f"{relation} leads from {_either(heads)} to {_either(tails)}, not from {info.head} to {info.tail}"
        if _joins(inverse, info.head, info.tail):
            way_out = f"write {inverse}, which reads it backwards"
        elif fits:
            way_out = f"mend head and tail, or take what joins them: {', '.join(fits)}"
        else:
            way_out = f"mend head and tail: no relation joins {info.head} with {info.tail}"
        yield find_at(file, ("templates", name, "relations", at), f"{name}: {what}", way_out)


def _ends() -> dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Every relation and inverse with the types that it leads from and to, and its name backwards."""
    forward = {name: (each.domain, each.range, each.inverse) for name, each in ontology().relations.items()}
    return {inverse: (tails, heads, name) for name, (heads, tails, inverse) in forward.items()} | forward


def _joins(relation: str, head: str, tail: str) -> bool:
    heads, tails, _ = _ends()[relation]
    return head in heads and tail in tails


def fits(info: TemplateInfo) -> bool:
    """Whether each relation of a template joins its head with its tail."""
    return all(info.tail is not None and _joins(relation, info.head, info.tail) for relation in info.relations)


def _either(types: tuple[str, ...]) -> str:
    return " or ".join(types)


def _differences(name: str, both: dict[str, Template]) -> Iterator[Finding]:
    """Blocks that read a variable in one language and not in the other, in the file that does otherwise than all other variants; in
    each of the two where these do not tell. What no block may read, or each must, is a finding of its own (`texts.py`)."""
    blocks = {
        (lang, variant.number, role): (line, variables(body))
        for lang, template in both.items()
        for variant in template.variants
        for role, line, body in variant.blocks
    }
    for (lang, number, role), (line, zh) in blocks.items():
        if lang != "zh" or ("en", number, role) not in blocks:
            continue
        english_line, en = blocks["en", number, role]
        lines = {"zh": line, "en": english_line}
        siblings = [read for (_, at, of), (_, read) in blocks.items() if of == role and at != number]
        for variable in sorted((zh ^ en) & set(NEEDED.values()) - {NEEDED[role]}):
            what = f"{role}_{number}: zh reads {sorted(zh)}, en reads {sorted(en)}"
            for wrong, way_out in _wrong(variable, name, variable in zh, siblings):
                yield Finding(both[wrong].file, lines[wrong], what, way_out)


def _wrong(variable: str, name: str, zh_reads: bool, siblings: Sequence[Set[str]]) -> Iterator[tuple[str, str]]:
    """The language that is wrong, of which one reads a variable, or both, with the way out."""
    reads, lacks = ("zh", "en") if zh_reads else ("en", "zh")
    written = f"{{{{ {variable} }}}}"
    if siblings and all(variable in each for each in siblings):
        yield lacks, f"put {written} into it, as the other variants of {name} do"
    elif siblings and not any(variable in each for each in siblings):
        yield reads, f"take {written} out of it, as the other variants of {name} do without"
    else:
        yield from ((lang, f"let both of {name} read the same") for lang in ("zh", "en"))


def _path(file: Path, name: str, pack: Pack) -> Iterator[Finding]:
    """Where the templates of a path do not lead one to the next."""
    steps, infos = pack.info.path_templates(name), list[tuple[str, TemplateInfo]]()
    where = ("paths", name)
    if not 2 <= len(steps) <= LONGEST:
        what = f"path {name}: goes over {len(steps)} template{'' if len(steps) == 1 else 's'}"
        yield find_at(file, where, what, f"2 to {LONGEST} make a path")
    for at, (owner, template) in enumerate(steps):
        known = pack.info.templates if owner == pack.info.name else _templates_of(owner)
        if known is None:
            what = f"path {name}: there is no pack {owner!r}"
            yield find_at(file, (*where, at), what, "name one that is installed: kgtools packs list")
        elif template not in known:
            what = f"path {name}: {owner} has no template {template!r}"
            yield find_at(file, (*where, at), what, suggestion(template, sorted(known)))
        else:
            infos.append((template, known[template]))
    if len(infos) < len(steps):
        return
    end = infos[0][1].head if infos else None
    for at, (template, info) in enumerate(infos):
        if at and end is not None and info.head != end:
            what = f"path {name}: {template} asks about {with_article(info.head)}, but the path has come to {with_article(end)}"
            yield find_at(file, (*where, at), what, f"lead on with a template about {with_article(end)}")
        if info.tail is None and at < len(infos) - 1:
            what = f"path {name}: {template} asks about an attribute, from which no path leads on"
            yield find_at(file, (*where, at), what, "let it be the last")
        end = info.tail if at else end


def _templates_of(pack: str) -> dict[str, TemplateInfo] | None:
    """The templates of another pack, by name; None where none is called so."""
    try:
        found, _ = read_pack(find_folder(pack))
    except UsageError:
        return None
    return found.info.templates if found else None
