"""Paths in a preview: on sample facts as the templates say them one behind the other, on a graph as `generate` asks them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from kgtools.kg.stores import Store
from kgtools.templates.describe import path_infos
from kgtools.templates.generate.make import generate
from kgtools.templates.pack import Pack, Template, find_pack
from kgtools.templates.preview.cases import SEVERAL, sample_tails
from kgtools.templates.preview.rows import Row, Text
from kgtools.templates.render import render
from kgtools.templates.sandbox import Tails
from kgtools.templates.tasks.ask import LONGEST
from kgtools.templates.tasks.path import label_of

MAX_TAILS = 12
EXAMPLES = 2
"""Questions of each path and language that a preview of a graph shows."""


def sample_paths(pack: Pack, names: Sequence[str], langs: Sequence[str]) -> Iterator[Row]:
    """A question of each path, worded by the first variant of each template."""
    for name in names:
        infos = path_infos(pack, name)
        if any(info.tail is None for info in infos[:-1]):
            continue
        texts = {}
        for lang in langs:
            templates = _templates_of(pack, name, lang)
            if len(templates) == len(infos):
                texts[lang] = _sample_text(templates, lang)
        yield Row(f"path {name}", f"{len(infos)} hops", texts, None)


def _sample_text(templates: Sequence[Template], lang: str) -> Text:
    """What is shown of a thing that is not named, what leads on from it, and the question."""
    said = []
    for at, template in enumerate(templates[:-1]):
        head = label_of(template.info.head, max(at - 1, 0), lang)
        tails = [each[lang] for each in sample_tails(template.info)[:SEVERAL]]
        tails = tails if at == 0 else [label_of(templates[at + 1].info.head, at, lang)]
        said += render(template, template.variants[0], [head], [tails])[1]
    last = templates[-1]
    head = label_of(last.info.head, len(templates) - 2, lang)
    tails = Tails(each[lang] for each in sample_tails(last.info)[: 1 if last.info.single else SEVERAL])
    (question,), (answer,) = render(last, last.variants[0], [head], [tails])
    glue = "" if lang == "zh" else " "
    variant = last.variants[0]
    return Text(str(last.file), variant.user_line, glue.join([*said, question]), answer)


def _templates_of(pack: Pack, name: str, lang: str) -> list[Template]:
    found = []
    for owner, template in pack.info.path_templates(name):
        of = pack if owner == pack.info.name else find_pack(owner)
        found += [each for each in of.templates if (each.name, each.lang) == (template, lang) and each.variants]
    return found


def graph_paths(pack: Pack, names: Sequence[str], langs: Sequence[str], store: Store, seed: int) -> Iterator[Row]:
    """The first questions of each path that the seed draws. Both languages draw their own."""
    names = [name for name in names if 2 <= len(pack.info.paths[name]) <= LONGEST]
    if not names:
        return
    wanted = {step for name in names for step in pack.info.path_templates(name)}
    owners = [
        pack if owner == pack.info.name else find_pack(owner)
        for owner in sorted({owner for owner, _ in wanted} | {pack.info.name})
    ]
    small = [
        _only(each, {name for owner, name in wanted if owner == each.info.name}, names if each is pack else ())
        for each in owners
    ]
    records = generate(store, small, tuple(langs), None, seed, MAX_TAILS, task="path").records
    places = {
        (each.id, variant.number): (str(each.file), variant.user_line)
        for of in owners
        for each in of.templates
        for variant in each.variants
    }
    for name in names:
        mine = records.filter(pl.col("meta").str.json_path_match("$.path") == f"{pack.info.name}/{name}")
        hops = f"{len(pack.info.paths[name])} hops"
        for lang in langs:
            for template, messages in (
                mine.filter(pl.col("lang") == lang).head(EXAMPLES).select("template", "messages").iter_rows()
            ):
                id_, _, number = template.rpartition("#")
                file, line = places[id_, int(number)]
                texts = {lang: Text(file, line, messages[0]["content"], messages[-1]["content"])}
                yield Row(f"path {name}", hops, texts, None)
        if not mine.height:
            yield Row(f"path {name}", hops, {}, None)


def _only(pack: Pack, templates: set[str], paths: Sequence[str]) -> Pack:
    """The pack with these templates and paths alone."""
    kept = {name: steps for name, steps in pack.info.paths.items() if name in paths}
    info = pack.info.model_copy(update={"paths": kept})
    return replace(pack, info=info, templates=tuple(each for each in pack.templates if each.name in templates))
