"""How fast open answers to questions on the graph are graded, beside the bag of words that others take as the reward of a path."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
from clock import in_turns, print_aim, print_table
from graphs import Graphs

from kgtools.corpora.verify import Item, NameIndex, Step, score

ANSWERS, AIM = 4_000, 20_000
RELATIONS = {"HAS_SYMPTOM": "症状", "HAS_COMPLICATION": "并发症", "HAS_DRUG": "常用药品", "NEEDS_EXAMINATION": "检查"}
WORD = re.compile(r"[a-z0-9]+")

Answer = tuple[str, Item]


def bench(graphs: Graphs, _scratch: Path, rounds: int) -> None:
    """Print the tables."""
    names, answers = _answers(graphs)
    index = NameIndex(names)
    paths = [str([(step.head[0], step.relation, step.tail[0]) for step in item.steps]) for _, item in answers]

    ours, bag = in_turns(
        rounds,
        lambda: [score(text, item, index) for text, item in answers],
        lambda: [bag_reward(text, path) for (text, _), path in zip(answers, paths, strict=True)],
    )
    rate = len(answers) / min(
        _own_seconds(lambda: [score(text, item, index) for text, item in answers]) for _ in range(rounds)
    )
    verdicts = Counter(score(text, item, index).verdict for text, item in answers)
    length = sum(len(text) for text, _ in answers) / len(answers)
    rows = [
        ("score, with all its parts", f"{len(answers) / ours.median:,.0f}", f"{len(answers) / min(ours.figures):,.0f}"),
        ("bag of words of the path", f"{len(answers) / bag.median:,.0f}", f"{len(answers) / min(bag.figures):,.0f}"),
        ("ratio", f"{bag / ours}", ""),
    ]
    title = f"VERIFY  {len(answers):,} open answers of {length:.0f} characters, {len(index):,} other names, one core"
    print_table(title, ("work", "answers/s", "best round"), rows)
    print(f"verdicts: {', '.join(f'{verdict} {count:,}' for verdict, count in sorted(verdicts.items()))}")
    found = sum(bag_reward(text, path) > 0 for (text, _), path in zip(answers, paths, strict=True))
    print(f"the bag of words sees anything at all in {found / len(answers):.0%} of them")
    print_aim(f"{AIM:,} answers a second of a core's own time, best round: {rate:,.0f}", rate >= AIM)


def _own_seconds(work: Callable[[], object]) -> float:
    """What a piece of work takes of a core, whatever else runs there."""
    began = time.process_time()
    work()
    return time.process_time() - began


def bag_reward(text: str, path: str) -> float:
    """The share of the path's words that an answer has, words being runs of a-z and 0-9."""
    wanted = set(WORD.findall(path.lower())) - set(map(str.lower, RELATIONS))
    return len(wanted & set(WORD.findall(text.lower()))) / len(wanted) if wanted else 0.0


def _answers(graphs: Graphs) -> tuple[list[str], list[Answer]]:
    """All names of the graphs, and answers in five forms: right ones, some that leave something out, some with a wrong name."""
    tables = [tables for tables, _ in graphs.prepared()]
    named = pl.concat([each.named.select("id", "name") for each in tables]).unique("id").sort("id")
    facts = pl.concat(
        [each.facts.filter(pl.col("kind") == "relation").select("head", "relation", "tail") for each in tables]
    )
    label = dict(named.iter_rows())
    english = {zh: en for table in reversed(graphs.names) for zh, en in table.names.select("zh", "en").iter_rows()}
    groups = (
        facts.filter(pl.col("relation").is_in(list(RELATIONS)))
        .unique()
        .sort("head", "relation", "tail")
        .group_by("head", "relation", maintain_order=True)
        .agg("tail")
        .filter(pl.col("tail").list.len().is_between(3, 8))
    )
    draw = random.Random(7)
    picked = draw.sample(groups.rows(), min(ANSWERS, groups.height))
    names = sorted(set(label.values()) | set(english.values()))
    drugs = sorted(set(label.values()))
    answers = []
    for number, (head, relation, tails) in enumerate(picked):
        called = [_names(label[tail], english) for tail in tails]
        about = _names(label[head], english)
        item = Item(
            "set", about=(about,), answers=tuple(called), steps=tuple(Step(about, relation, tail) for tail in called)
        )
        said = [tail[0] for tail in called][: len(called) - number % 2]
        if number % 4 == 3:
            said.append(draw.choice(drugs))
        answers.append((_say(number % 5, about, RELATIONS[relation], said, [tail[-1] for tail in called]), item))
    return names, answers


def _names(name: str, english: dict[str, str]) -> tuple[str, ...]:
    return (name, english[name]) if name in english else (name,)


def _say(form: int, about: tuple[str, ...], noun: str, said: list[str], english: list[str]) -> str:
    listed = "、".join(said)
    if form == 0:
        return f"根据已有资料，{about[0]}的{noun}主要包括{listed}等，具体情况因人而异，建议及时到医院就诊，由医生判断。"
    if form == 1:
        return (
            "答案：\n"
            + "\n".join(f"{at}. {name}" for at, name in enumerate(said, 1))
            + f"\n以上是{about[0]}患者常见的{noun}，仅供参考。"
        )
    if form == 2:
        return f"{about[0]}可见{listed}。这些{noun}不一定同时出现，不包括其他疾病引起的情况。"
    if form == 3:
        return f"For {about[-1]} these are known: {', '.join(english)}. Please see a doctor, who can tell which of them matter in your case."
    return listed
