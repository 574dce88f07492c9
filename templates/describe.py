"""A pack told to people and programs: what each template asks, in which words, and where its paths lead."""

from typing import Any

from kgtools.templates.pack import LANGUAGES, Pack, TemplateInfo, find_pack
from kgtools.templates.variants import written_blocks
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion


def describe(pack: Pack) -> dict[str, Any]:
    """The pack, its templates and its paths, in the names that `--format json` prints."""
    info = pack.info
    return {
        "pack": info.name, "version": info.version, "license": info.license, "title": info.title, "source": info.source,
        "verbatim": info.verbatim, "templates": [_template(pack, name) for name in sorted(info.templates)],
        "paths": [_path(pack, name) for name in info.paths],
    }  # fmt: skip


def _template(pack: Pack, name: str) -> dict[str, Any]:
    info = pack.info.templates[name]
    variants = {each.lang: len(each.variants) for each in pack.templates if each.name == name}
    return {
        "template": name, "head": info.head, "relations": list(info.relations), "attribute": info.attribute, "tail": info.tail,
        "single": info.single, "variants": variants, "missing": dict(info.missing),
    }  # fmt: skip


def _path(pack: Pack, name: str) -> dict[str, Any]:
    steps = pack.info.path_templates(name)
    words = [template if owner == pack.info.name else f"{owner}/{template}" for owner, template in steps]
    return {"path": name, "hops": len(steps), "templates": words, "leads": lead(path_infos(pack, name))}


def path_infos(pack: Pack, name: str) -> list[TemplateInfo]:
    """The templates of a path, in order. Raises InputError where one is not there; see the lint."""
    infos = []
    for owner, template in pack.info.path_templates(name):
        known = pack.info.templates if owner == pack.info.name else find_pack(owner).info.templates
        if template not in known:
            raise InputError(
                f"the path {name} goes over {owner}/{template}, which is not there; see kgtools packs lint"
            )
        infos.append(known[template])
    return infos


def lead(infos: list[TemplateInfo]) -> str:
    """Where a path leads, as Cypher draws it: `(Symptom)<-[HAS_SYMPTOM]-(Disease)-[HAS_TREATMENT]->(Treatment)`."""
    if not infos:
        return ""
    first, *rest = infos
    text = f"({first.tail})<-[{arrow(first)}]-({first.head})"
    return text + "".join(f"-[{arrow(info)}]->({info.tail or 'value'})" for info in rest)


def arrow(info: TemplateInfo) -> str:
    """What leads from the head of a template: its relations or its attribute."""
    return info.attribute or "|".join(info.relations)


def describe_template(pack: Pack, name: str) -> dict[str, Any]:
    """A template with each of its variants as written. Raises UsageError where the pack has none of this name."""
    if name not in pack.info.templates:
        raise UsageError(f"{pack.info.name} has no template {name!r}; {suggestion(name, sorted(pack.info.templates))}")
    texts = []
    for template in sorted(pack.templates, key=lambda each: LANGUAGES.index(each.lang)):
        if template.name == name:
            written = written_blocks(template.file, template.lang)
            texts += [
                {"lang": template.lang, "variant": each.number, "file": str(template.file), "line": each.user_line,
                 "user": written[f"user_{each.number}"], "assistant": written[f"assistant_{each.number}"]}
                for each in template.variants
            ]  # fmt: skip
    return {"pack": pack.info.name, "version": pack.info.version, **_template(pack, name), "texts": texts}
