"""How fast answers to questions on the graph are graded, those that are names beside the bag of words that others take as the reward
of a path."""

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from answers import (
    RELATIONS,
    Answer,
    Facts,
    answer_booleans,
    answer_choices,
    answer_queries,
    answer_sets,
    answer_texts,
    read_facts,
)
from clock import in_turns, print_aim, print_table
from graphs import Graphs

from kgtools.corpora.verify import NameIndex, score

ANSWERS, AIM = 4_000, 20_000
FORMS: dict[str, tuple[Callable[[Facts, int], list[Answer]], int]] = {
    "set": (answer_sets, ANSWERS),
    "text": (answer_texts, 1_000),
    "choice": (answer_choices, ANSWERS),
    "boolean": (answer_booleans, ANSWERS),
    "cypher": (answer_queries, ANSWERS),
}
"""Form -> what answers it, and how many answers are graded."""
WORD = re.compile(r"[a-z0-9]+")


def bench(graphs: Graphs, _scratch: Path, rounds: int) -> None:
    """Print the tables."""
    facts = read_facts(graphs)
    answers = {form: answer(facts, count) for form, (answer, count) in FORMS.items()}
    rates = {form: _rates(answers[form], facts.index, rounds) for form in FORMS}
    rows = [
        (
            form,
            f"{len(answers[form]):,}",
            f"{sum(len(text) for text, _ in answers[form]) / len(answers[form]):.0f}",
            f"{first:,.0f}",
            f"{best:,.0f}",
        )
        for form, (first, best) in rates.items()
    ]
    title = f"VERIFY  answers a second of a core's own time, {len(facts.index):,} other names"
    print_table(title, ("form", "answers", "characters", "each item once", "again, best round"), rows)
    _print_verdicts(answers, facts.index)
    _print_bag(answers["set"], facts.index, rounds)
    print_aim(
        f"{AIM:,} open answers a second of a core's own time, best round: {rates['set'][1]:,.0f}",
        rates["set"][1] >= AIM,
    )


def _rates(answers: list[Answer], index: NameIndex, rounds: int) -> tuple[float, float]:
    """Answers a second where each item is new, and the most of the rounds in which it is known."""
    first, *again = (_own_seconds(answers, index) for _ in range(rounds + 1))
    return len(answers) / first, len(answers) / min(again)


def _own_seconds(answers: list[Answer], index: NameIndex) -> float:
    """What grading takes of a core, whatever else runs there."""
    began = time.process_time()
    for text, item in answers:
        score(text, item, index)
    return time.process_time() - began


def _print_verdicts(answers: dict[str, list[Answer]], index: NameIndex) -> None:
    for form, graded in answers.items():
        verdicts = Counter(score(text, item, index).verdict for text, item in graded)
        print(f"{form}: {', '.join(f'{verdict} {count:,}' for verdict, count in sorted(verdicts.items()))}")


def _print_bag(answers: list[Answer], index: NameIndex, rounds: int) -> None:
    """The bag of words beside the score, in turns."""
    paths = [str([(step.head[0], step.relation, step.tail[0]) for step in item.steps]) for _, item in answers]
    ours, bag = in_turns(
        rounds,
        lambda: [score(text, item, index) for text, item in answers],
        lambda: [bag_reward(text, path) for (text, _), path in zip(answers, paths, strict=True)],
    )
    rows = [
        ("score, with all its parts", f"{len(answers) / ours.median:,.0f}", f"{len(answers) / min(ours.figures):,.0f}"),
        ("bag of words of the path", f"{len(answers) / bag.median:,.0f}", f"{len(answers) / min(bag.figures):,.0f}"),
        ("ratio", f"{bag / ours}", ""),
    ]
    print_table("VERIFY  beside a bag of words, by the clock on the wall", ("work", "answers/s", "best round"), rows)
    found = sum(bag_reward(text, path) > 0 for (text, _), path in zip(answers, paths, strict=True))
    print(f"the bag of words sees anything at all in {found / len(answers):.0%} of them")


def bag_reward(text: str, path: str) -> float:
    """The share of the path's words that an answer has, words being runs of a-z and 0-9."""
    wanted = set(WORD.findall(path.lower())) - set(map(str.lower, RELATIONS))
    return len(wanted & set(WORD.findall(text.lower()))) / len(wanted) if wanted else 0.0
