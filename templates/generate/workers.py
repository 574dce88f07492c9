"""Selections rendered, here or in several processes: the texts are the same."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from kgtools.templates.pack import Template, load_pack
from kgtools.templates.render import render
from kgtools.templates.sandbox import Tails
from kgtools.templates.select import Selection
from kgtools.tools.progress import Progress

T = TypeVar("T")
NOT_ALONE = 20_000
"""Rows in one piece of work for a worker."""

AHEAD = 2
"""Batches for each other process that are rendered before they are used."""

Job = tuple[Template, int, list[str], list[list[str]]]
Texts = tuple[list[str], list[str]]


def render_batches(
    batches: Iterable[tuple[T, Sequence[Selection]]], workers: int, progress: Progress
) -> Iterator[tuple[T, list[Texts]]]:
    """For each selection of a batch the user's and the assistant's texts in the order of its groups, with what came with the batch.

    While one batch is used, other processes render the next ones."""
    # a user's own train.py must not be imported in place of ours
    os.environ["PYTHONSAFEPATH"] = "1"
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else nullcontext() as pool:
        ahead: deque[tuple[T, int, list[tuple[int, Job]], Iterator[Texts]]] = deque()
        for given, batch in batches:
            jobs = list(_jobs(batch))
            done = _render_here(jobs) if pool is None else pool.map(_render_there, map(_sent, jobs))
            ahead.append((given, len(batch), jobs, done))
            if len(ahead) > (AHEAD * workers if pool else 0):
                yield _put_together(*ahead.popleft(), progress)
        for each in ahead:
            yield _put_together(*each, progress)


def _jobs(selections: Sequence[Selection]) -> Iterator[tuple[int, Job]]:
    """Pieces of work, with the place of their selection."""
    for number, selection in enumerate(selections):
        for (variant,), groups in selection.groups.partition_by("variant", as_dict=True, maintain_order=True).items():
            for part in groups.iter_slices(NOT_ALONE):
                # most answers are whole: their lists are taken as they are
                tails = [
                    Tails.of(items, True) if partial else items
                    for items, partial in zip(part["tails"].to_list(), part["partial"].to_list(), strict=True)
                ]
                yield number, (selection.template, int(variant), part["name"].to_list(), tails)


def _render_here(jobs: Sequence[tuple[int, Job]]) -> Iterator[Texts]:
    for _, (template, variant, heads, tails) in jobs:
        yield render(template, template.variants[variant], heads, tails)


def _sent(job: tuple[int, Job]) -> tuple[Path, str, str, int, list[str], list[list[str]]]:
    template, variant, heads, tails = job[1]
    return template.file.parent, template.name, template.lang, variant, heads, tails


def _put_together(
    given: T, count: int, jobs: Sequence[tuple[int, Job]], done: Iterable[Texts], progress: Progress
) -> tuple[T, list[Texts]]:
    texts: list[Texts] = [([], []) for _ in range(count)]
    for (number, _), (users, assistants) in zip(jobs, done, strict=True):
        texts[number][0].extend(users)
        texts[number][1].extend(assistants)
        progress.advance(len(users))
    return given, texts


def _render_there(job: tuple[Path, str, str, int, list[str], list[list[str]]]) -> tuple[list[str], list[str]]:
    """A job in another process, which finds the template by its place: parsed ones can't be sent."""
    folder, name, lang, variant, heads, tails = job
    template = _load_templates(folder)[name, lang]
    return render(template, template.variants[variant], heads, tails)


@cache
def _load_templates(folder: Path) -> dict[tuple[str, str], Template]:
    return {(template.name, template.lang): template for template in load_pack(folder).templates}
