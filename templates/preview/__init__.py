"""A pack on a few facts, for people to read: every variant of every template, and each path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgtools.kg.stores import Store
from kgtools.templates.describe import arrow, lead, path_infos
from kgtools.templates.drops import choose_drops
from kgtools.templates.facts import view
from kgtools.templates.pack import LANGUAGES, Pack, PackInfo, Template
from kgtools.templates.preview.cases import Case, graph_cases, sample_cases
from kgtools.templates.preview.paths import graph_paths, sample_paths
from kgtools.templates.preview.rows import Row, Text
from kgtools.templates.render import render
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion


@dataclass(frozen=True)
class Preview:
    """`rows`: of templates by name, then of paths; `asks`: what each asks about, a template by its name, a path by `path NAME`;
    `missing`: template -> language -> why it is not there; `real`: whether the facts are those of a graph."""

    info: PackInfo
    langs: tuple[str, ...]
    real: bool
    rows: tuple[Row, ...]
    asks: Mapping[str, str]
    missing: Mapping[str, Mapping[str, str]]


def make_preview(
    pack: Pack, store: Store | None, langs: Sequence[str], names: Sequence[str] = (), seed: int = 0
) -> Preview:
    """The pack on facts of a store, or on sample facts; `names`: of templates and paths, all where there are none.

    Raises UsageError for a language, template or path that there is not."""
    for lang in langs:
        if lang not in LANGUAGES:
            raise UsageError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    there = [*sorted(pack.info.templates), *pack.info.paths]
    for name in names:
        if name not in there:
            raise UsageError(f"--template {name}: {pack.info.name} has none; {suggestion(name, there)}")
    wanted = list(names) or there
    ordered = tuple(lang for lang in LANGUAGES if lang in langs)
    paths = [name for name in pack.info.paths if name in wanted]
    rows = [*_template_rows(pack, store, ordered, [name for name in pack.info.templates if name in wanted], seed)]
    rows += graph_paths(pack, paths, ordered, store, seed) if store is not None else sample_paths(pack, paths, ordered)
    asks = {
        name: f"({info.head})-[{arrow(info)}]->({info.tail or 'value'})" for name, info in pack.info.templates.items()
    }
    asks |= {f"path {name}": lead(path_infos(pack, name)) for name in paths}
    missing = {name: info.missing for name, info in pack.info.templates.items()}
    return Preview(pack.info, ordered, store is not None, tuple(rows), asks, missing)


def _template_rows(
    pack: Pack, store: Store | None, langs: Sequence[str], names: Sequence[str], seed: int
) -> Iterator[Row]:
    graph = view(store) if store is not None else None
    drops = choose_drops(pack, None)
    for name in sorted(names):
        both = {each.lang: each for each in pack.templates if each.name == name and each.lang in langs}
        if not both:
            continue
        cases = graph_cases(graph, both, seed, drops) if graph is not None else sample_cases(pack.info.templates[name])
        for number in sorted({variant.number for each in both.values() for variant in each.variants}):
            for case in cases:
                yield _row(name, number, both, case)
        if not cases:
            yield Row(name, "no fact", {}, 0)


def _row(name: str, number: int, both: Mapping[str, Template], case: Case) -> Row:
    texts = {}
    for lang, template in both.items():
        variant = next((each for each in template.variants if each.number == number), None)
        if variant is not None and lang in case.facts:
            head, tails = case.facts[lang]
            (user,), (assistant,) = render(template, variant, [head], [tails])
            texts[lang] = Text(str(template.file), variant.user_line, user, assistant)
    return Row(name, f"variant {number}", texts, max(len(tails) for _, tails in case.facts.values()))
