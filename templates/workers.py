"""Selections rendered, here or in several processes: the texts are the same."""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from kgtools.templates.pack import Template, load_pack
from kgtools.templates.render import render
from kgtools.templates.sandbox import Tails
from kgtools.templates.select import Selection
from kgtools.tools.progress import Progress

NOT_ALONE = 20_000
"""Rows in one piece of work for a worker."""

Job = tuple[Template, int, list[str], list[Tails]]
Texts = tuple[list[str], list[str]]


def render_selections(selections: list[Selection], workers: int, progress: Progress) -> list[Texts]:
    """For each selection, the user's and the assistant's texts in the order of its groups."""
    jobs: list[tuple[int, Job]] = []
    for number, selection in enumerate(selections):
        for (variant,), groups in selection.groups.partition_by("variant", as_dict=True, maintain_order=True).items():
            for part in groups.iter_slices(NOT_ALONE):
                tails = list(map(Tails.of, part["tails"].to_list(), part["partial"].to_list()))
                jobs.append((number, (selection.template, variant, part["name"].to_list(), tails)))
    work = [job for _, job in jobs]
    here = (render(template, template.variants[variant], heads, tails) for template, variant, heads, tails in work)
    texts: list[Texts] = [([], []) for _ in selections]
    done = here if workers == 1 else _in_processes(work, workers)
    for (number, _), (users, assistants) in zip(jobs, done, strict=True):
        texts[number][0].extend(users)
        texts[number][1].extend(assistants)
        progress.advance(len(users))
    return texts


def _in_processes(jobs: list[Job], workers: int) -> Iterable[tuple[list[str], list[str]]]:
    # a user's own train.py must not be imported in place of ours
    os.environ["PYTHONSAFEPATH"] = "1"
    sent = [(template.file.parent, template.name, template.lang, *rest) for template, *rest in jobs]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_render_there, sent)


def _render_there(job: tuple[Path, str, str, int, list[str], list[Tails]]) -> tuple[list[str], list[str]]:
    """A job in another process, which finds the template by its place: parsed ones can't be sent."""
    folder, name, lang, variant, heads, tails = job
    template = _load_templates(folder)[name, lang]
    return render(template, template.variants[variant], heads, tails)


@cache
def _load_templates(folder: Path) -> dict[tuple[str, str], Template]:
    return {(template.name, template.lang): template for template in load_pack(folder).templates}
