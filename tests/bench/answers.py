"""Answers of each form to questions on the graph, as models give them: right ones, some that leave something out, some that are wrong."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from graphs import Graphs

from kgtools.corpora.verify import Item, NameIndex, Step

RELATIONS = {"HAS_SYMPTOM": "症状", "HAS_COMPLICATION": "并发症", "HAS_DRUG": "常用药品", "NEEDS_EXAMINATION": "检查"}
EXPLAINED = ("description", "cause", "prevention")
LEAST, MOST = 40, 1_500
"""Characters of a text that is explained."""
NAMED = 20
"""Things that it may name."""
LETTERS = "ABCD"

Answer = tuple[str, Item]
Names = tuple[str, ...]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Facts:
    """What the graphs say: each entity's names, the tails of a head by relation, the texts of a head; and all of these names."""

    names: dict[str, Names]
    groups: list[tuple[str, str, list[str]]]
    texts: list[tuple[str, str]]
    drugs: list[str]
    index: NameIndex


def read_facts(graphs: Graphs) -> Facts:
    """The facts of all graphs."""
    tables = [tables for tables, _ in graphs.prepared()]
    named = pl.concat([each.named.select("id", "name") for each in tables]).unique("id").sort("id")
    facts = pl.concat([each.facts.select("kind", "head", "relation", "tail") for each in tables]).unique()
    label = dict(named.iter_rows())
    english = {zh: en for table in reversed(graphs.names) for zh, en in table.names.select("zh", "en").iter_rows()}
    groups = (
        facts.filter(pl.col("kind") == "relation", pl.col("relation").is_in(list(RELATIONS)))
        .sort("head", "relation", "tail")
        .group_by("head", "relation", maintain_order=True)
        .agg("tail")
        .filter(pl.col("tail").list.len().is_between(3, 8))
    )
    texts = facts.filter(
        pl.col("kind") == "attribute",
        pl.col("relation").is_in(EXPLAINED),
        pl.col("tail").str.len_chars().is_between(LEAST, MOST),
    ).sort("head", "relation", "tail")
    return Facts(
        {id: (name, english[name]) if name in english else (name,) for id, name in label.items()},
        groups.rows(),
        texts.select("head", "tail").rows(),
        sorted(set(label.values())),
        NameIndex(sorted(set(label.values()) | set(english.values()))),
    )


def answer_sets(facts: Facts, count: int) -> list[Answer]:
    """Lists of names in five forms: some leave one out, some have a wrong one."""
    draw = random.Random(7)
    answers = []
    for number, (head, relation, tails) in enumerate(_sample(draw, facts.groups, count)):
        called, about = [facts.names[tail] for tail in tails], facts.names[head]
        item = Item(
            "set", about=(about,), answers=tuple(called), steps=tuple(Step(about, relation, tail) for tail in called)
        )
        said = [tail[0] for tail in called][: len(called) - number % 2]
        if number % 4 == 3:
            said.append(draw.choice(facts.drugs))
        answers.append((_say(number % 5, about, RELATIONS[relation], said, [tail[-1] for tail in called]), item))
    return answers


def _sample(draw: random.Random, rows: list[Row], count: int) -> list[Row]:
    return draw.sample(rows, min(count, len(rows)))


def _say(form: int, about: Names, noun: str, said: list[str], english: list[str]) -> str:
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


def answer_texts(facts: Facts, count: int) -> list[Answer]:
    """Explanations: the text itself, half of its sentences behind an introduction, with a negation, another text, a list of names."""
    draw = random.Random(7)
    answers = []
    for number, (head, text) in enumerate(_sample(draw, facts.texts, count)):
        named = list(dict.fromkeys(text[begin:end] for begin, end in facts.index.find(text)))[:NAMED]
        sentences = text.split("。")
        said = (
            text,
            f"{facts.names[head][0]}简单来说是这样的：" + "。".join(sentences[: len(sentences) // 2 + 1]),
            text.replace("可", "不可", 2),
            draw.choice(facts.texts)[1],
            "、".join(named),
        )
        item = Item("text", (facts.names[head],), answers=tuple((name,) for name in named), reference=text)
        answers.append((said[number % 5], item))
    return answers


def answer_choices(facts: Facts, count: int) -> list[Answer]:
    """Letters and texts of options, alone and with reasons."""
    draw = random.Random(7)
    answers = []
    for number, (head, relation, tails) in enumerate(_sample(draw, facts.groups, count)):
        texts = [facts.names[draw.choice(tails)][0], *draw.sample(facts.drugs, len(LETTERS) - 1)]
        order = draw.sample(texts, len(texts))
        options = dict(zip(LETTERS, order, strict=True))
        right = LETTERS[order.index(texts[0])]
        letter = draw.choice(LETTERS) if number % 4 == 3 else right
        others = "，".join(
            f"{each}项{text}与{facts.names[head][0]}无关" for each, text in options.items() if each != letter
        )
        said = (
            letter,
            f"答案：{letter}. {options[letter]}",
            f"{facts.names[head][0]}的{RELATIONS[relation]}包括{options[letter]}，所以选{letter}。{others}。",
            f"Let us look at the options one by one. The others do not belong here, so the correct answer is {letter}.",
            options[letter],
        )
        answers.append((said[number % 5], Item("choice", options=options, right=right)))
    return answers


def answer_booleans(facts: Facts, count: int) -> list[Answer]:
    """True and false, as a word and in sentences."""
    draw = random.Random(7)
    said: tuple[Callable[[str, str], str], ...] = (
        lambda *_: "正确",
        lambda head, tail: f"这个说法是错误的，{tail}与{head}没有直接关系，建议咨询医生。",
        lambda head, tail: f"该说法正确。{head}患者常见{tail}，临床上应结合检查判断。",
        lambda *_: "False. The statement is not correct, as the sources do not link the two.",
        lambda head, tail: f"{head}可以出现{tail}。",
    )
    answers = []
    for number, (head, _, tails) in enumerate(_sample(draw, facts.groups, count)):
        about = (facts.names[head], facts.names[tails[0]])
        item = Item("boolean", about, right=("true", "false")[number % 2])
        answers.append((said[number % 5](about[0][0], about[1][0]), item))
    return answers


def answer_queries(facts: Facts, count: int) -> list[Answer]:
    """Queries as they are asked for, in a block behind a sentence, with other names of variables, of another relation."""
    draw = random.Random(7)
    answers = []
    for number, (head, relation, _) in enumerate(_sample(draw, facts.groups, count)):
        right = (
            f"MATCH (d:Disease {{name: '{facts.names[head][0]}'}})-[:{relation}]->(t)\n"
            "WHERE t.name <> d.name\nRETURN DISTINCT t.name ORDER BY t.name"
        )
        said = (
            right,
            f"可以这样查询：\n```cypher\n{right}\n```\n结果是{RELATIONS[relation]}的名称。",
            right.replace("(d:", "(disease:").replace("d.name", "disease.name").replace("t.name", "tail.name").replace("(t)", "(tail)"),
            right.replace(relation, "SHOULD_AVOID"),
        )  # fmt: skip
        answers.append((said[number % 4], Item("cypher", right=right)))
    return answers
