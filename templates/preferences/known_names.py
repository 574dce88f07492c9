"""What a graph says of each entity under any name, and why a name that it doesn't say of one may be true of it all the same.

Names hang together by their stems: what is left without 急性, 儿童, 2型, 检查, and every name of the graph that it ends with. So
2型糖尿病 is kin of 1型糖尿病 and of 糖尿病, 心内科 of 内科, and what is said of one may hold for the other."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from kgtools.templates.facts import GraphView

MARKS = re.compile(
    r"(?:(?<![0-9])[0-9]+|(?<![ivx])[ivx]+|[一二三四五甲乙丙丁戊α-δ])-?(?:型|期|级|度)|type\s*[0-9ivx]+|"
    r"亚急性|急慢性|急性|慢性|原发性|继发性|先天性|后天性|获得性|遗传性|家族性|特发性|自发性|单纯性|复发性|复杂性|非典型|典型|恶性|良性|"
    r"反复|持续性?|间歇性|阵发性|严重|重症|轻度|中度|重度|早期|晚期|"
    r"新生儿|婴幼儿|婴儿|幼儿|小儿|儿童|青少年|成年人?|成人|老年人?|男性|女性|妊娠期?合并|妊娠期?|产后|"
    r"双侧|单侧|左侧?|右侧?|(?:acute|subacute|chronic|primary|secondary|congenital|juvenile|adult|neonatal|severe|mild)"
)
"""What tells siblings apart: types, ages, courses, sides."""
ENDS = re.compile(
    r"(?:检查|检测|检验|测定|试验|性?(?:治疗|疗法)|(?:软|肠溶|缓释)?(?:片|胶囊)|颗粒|注射液|口服液|滴眼液|软膏|乳膏|丸|病|症|科)$"
)
"""Ends that say little."""
RECENT = 12_000
"""Heads of which what speaks for tails is at hand: more than all diseases of the public graphs, which template after template asks about."""
SHORTEST, SHORTEST_ASCII = 2, 4
"""Characters of a stem that says something: 肺炎, gout. Shorter ones are in unrelated names."""
WIDEST = 200
"""More entities than these are no kin, though their names end alike: 感染, 中毒."""

COMMON, FEWEST = 0.01, 20
"""A symptom or examination of more than this share of the graph's entities with which it can be linked (and of more than so many)
may be there where no source says so: 发热, 血常规."""
GENERAL_TREATMENT = re.compile(
    r"药物?治疗|药物疗法|对症|支持|康复|中医|西医|中药|西药|一般|综合|心理|护理|病因|保守|联合|辅助|全身|局部"
    r"|(?:drug|medica|symptomatic|supportive|rehabilitat|traditional chinese|general|psycho|nursing|conservative)"
)
GENERAL_DEPARTMENT = re.compile(r"急诊|中医|保健|体检|综合|营养|康复|其他|全科|疼痛|药")
"""Departments that any disease may come to: 急诊科, 中医科."""
BESIDE = re.compile(r"[,、;/+]|以及|[和及或]")
"""What stands between names that are one name in a file; forms have plain commas."""
ANY = re.compile("")
"""Finds something in any name: for departments without an opposite."""
OPPOSITE = {
    "内科": re.compile(r"外|妇|产|骨|眼|口|牙|耳|鼻|喉|五官|皮|性病|男|整形|美容|肛|烧伤|儿"),
    "外科": re.compile(r"^(?!.*外).*(?:内|传染|感染|精神|心理|皮|性病|血液|遗传|产)"),
}
"""A department of half the house is wrong only where all that are said belong to the other half."""
LIES_IN = {
    "全身|皮肤": "",
    "头|颅": "脑|颅|眼|耳|鼻|口|舌|牙|齿|面|咽|额|头",
    "颈|咽|喉": "甲状腺|咽|喉|气管|食管|颈",
    "胸|纵膈|纵隔": "心|肺|乳|气管|食管|纵膈|纵隔|肋|膈|胸",
    "腹|盆|腰": "胃|肠|肝|胆|胰|脾|肾|膀胱|输尿管|子宫|卵巢|输卵管|阑尾|前列腺|盆|腹|肛|阴道|腰",
    "生殖|会阴|外阴|盆": "子宫|卵巢|输卵管|阴|睾丸|前列腺|生殖|尿道",
    "肢": "手|足|臂|腿|膝|肘|肩|踝|髋|指|趾|肢|骨|关节|肌",
    "背|脊|腰": "脊|椎|背|腰",
    "血|淋巴|免疫|神经|骨|关节|肌": "血|淋巴|免疫|神经|骨|关节|肌|脑|脊|髓",
    "口": "牙|舌|口|齿",
}
"""Parts of the body, and what lies in them or belongs to the same system; nothing: everything."""


def form(text: str) -> str:
    """What counts as the same name: width, case and blanks don't matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def overlap(one: str, other: str) -> bool:
    """Whether one name holds the other, as 胃炎 and 慢性胃炎."""
    return one in other or other in one


def stem(name: str) -> str:
    """A form without what tells siblings apart, and without ends that say little, as long as two characters are left."""
    for pattern in (MARKS, ENDS):
        shorter = pattern.sub("", name).strip("-,，、()（）")
        name = shorter if len(shorter) >= SHORTEST else name
    return name


def pieces_of(forms: Iterable[str]) -> set[str]:
    """The names that stand in these, side by side: 放射治疗 in 放射治疗,热能治疗."""
    return {piece for each in forms if BESIDE.search(each) for piece in BESIDE.split(each) if piece}


@dataclass(frozen=True)
class Near:
    """What speaks for tails of a head: entities linked to it; forms of what is said of it and of its namesakes; departments and
    stems of what is linked; entities linked to what is more general, and to each kind of its kin."""

    linked: set[int]
    names: list[set[str]]
    departments: list[int]
    roots: set[str]
    general: list[set[int]]
    siblings: list[set[int]]


class KnownNames:
    """What a graph says of each entity, doubtful facts too: nothing of it may be called wrong."""

    def __init__(self, view: GraphView) -> None:
        names, english = view.names("zh").to_list(), view.names("en").to_list()
        self.names: list[str] = names
        self._forms = [
            {form(name)} | ({form(other)} if other else set()) for name, other in zip(names, english, strict=True)
        ]
        aliases = view.facts.filter(pl.col("kind") == "alias").select("head", "value")
        for head, alias in aliases.iter_rows():
            self._forms[head].add(form(alias))
        self.aliases: dict[int, list[str]] = dict(aliases.group_by("head").agg(pl.col("value").sort()).iter_rows())
        triples = view.facts.filter(pl.col("kind") == "relation").select("head", "tail")
        turned = triples.select(pl.col("tail").alias("head"), pl.col("head").alias("tail"))
        linked = pl.concat([triples, turned]).group_by("head").agg(pl.col("tail").unique())
        self._linked = {head: set(tails) for head, tails in linked.iter_rows()}
        parts = view.facts.filter(pl.col("relation") == "PART_OF_DEPARTMENT").select("head", "tail")
        types = view.entities["type"].to_list()
        self._foods = {entity for entity, type_ in enumerate(types) if type_ == "Food"}
        self._parts = {entity for entity, type_ in enumerate(types) if type_ == "BodyPart"}
        self._common = self._find_common(types)
        self._above: dict[int, set[int]] = defaultdict(set)
        for part, whole in parts.iter_rows():
            self._above[part].add(whole)
        self._values: dict[int, dict[str, set[str]]] = {}
        values = view.facts.filter(pl.col("kind") == "attribute").select("head", "relation", "value")
        for head, attribute, value in values.iter_rows():
            self._values.setdefault(head, {}).setdefault(attribute, set()).add(value)
        self.known = set().union(*self._forms)
        self._departments = set(view.entities.filter(pl.col("type") == "Department")["number"])
        self._add_names_of_namesakes()
        self._named: dict[str, set[int]] = defaultdict(set)
        for entity, forms in enumerate(self._forms):
            for each in forms:
                self._named[each].add(entity)
        self._beside: dict[str, set[int]] = defaultdict(set)
        for entity, forms in enumerate(self._forms):
            for each in pieces_of(forms):
                self._beside[each].add(entity)
        self._stems = {stem(name) for forms in self._forms for name in forms}
        self._roots = [self._roots_of(forms) for forms in self._forms]
        self._kin: dict[str, set[int]] = defaultdict(set)
        for entity, roots in enumerate(self._roots):
            for root in roots:
                self._kin[root].add(entity)
        self._about: dict[int, set[str]] = {}
        self._known_values: dict[tuple[int, str], list[str]] = {}
        self._nears: dict[int, Near] = {}
        self._texts: dict[int, str] = {}
        self._kin_links: dict[str, set[int]] = {}

    def _add_names_of_namesakes(self) -> None:
        """What a disease is called, the symptom of the same name is called too: 胸水 for 胸腔积液."""
        called: dict[str, set[int]] = defaultdict(set)
        for entity, name in enumerate(self.names):
            called[form(name)].add(entity)
        alike = [namesakes for namesakes in called.values() if len(namesakes) > 1]
        for namesakes in alike:
            together = set().union(*(self._forms[each] for each in namesakes))
            for each in namesakes:
                self._forms[each] = together

    def _find_common(self, types: list[str]) -> set[int]:
        """The symptoms and examinations of many, and treatments that say little."""
        least = max(FEWEST, COMMON * types.count("Disease"))
        often = {e for e, said in self._linked.items() if types[e] in ("Symptom", "Examination") and len(said) > least}
        general = {
            e for e, type_ in enumerate(types) if type_ == "Treatment" and GENERAL_TREATMENT.search(form(self.names[e]))
        }
        return often | general

    def _roots_of(self, forms: Iterable[str]) -> set[str]:
        roots: set[str] = set()
        for name in map(stem, forms):
            least = SHORTEST_ASCII if name.isascii() else SHORTEST
            ends = (name[start:] for start in range(1, len(name) - least + 1)) if not name.isascii() else ()
            roots.update(end for end in ends if end in self._stems)
            roots.add(name)
        return roots

    def forms(self, entity: int) -> set[str]:
        """The forms of its names."""
        return self._forms[entity]

    def namesakes(self, entity: int) -> set[int]:
        """The entities that have a name of it, itself among them."""
        return set().union(*(self._named[name] for name in self._forms[entity]))

    def linked(self, entity: int) -> set[int]:
        """The entities that any triple links with it, with a namesake of it, or with a name that holds its own beside others."""
        alike = set().union(*(self._named[name] | self._beside[name] for name in self._forms[entity]))
        return set().union(*(self._linked.get(each, set()) for each in alike))

    def roots(self, entity: int) -> set[str]:
        """The stems of its names, and the names of the graph with which they end."""
        return self._roots[entity]

    def values_of(self, entity: int, attribute: str) -> list[str]:
        """What any source says of it and of what is more general than it."""
        key = entity, attribute
        if key not in self._known_values:
            each = (self._values.get(other, {}).get(attribute, set()) for other in (entity, *self._general(entity)))
            self._known_values[key] = sorted(set().union(*each))
        return self._known_values[key]

    def about(self, head: int) -> set[str]:
        """Forms of the head's own names, of its values, and of the names of all entities that any triple links to it."""
        if head not in self._about:
            linked = [forms | pieces_of(forms) for forms in map(self._forms.__getitem__, self._linked.get(head, ()))]
            values = {form(value) for each in self._values.get(head, {}).values() for value in each}
            self._about[head] = self._forms[head].union(values, *linked)
        return self._about[head]

    def why_related(self, one: int, other: int) -> str | None:
        """Why two entities are the same or nearly so."""
        if not self._forms[one].isdisjoint(self._forms[other]):
            return "namesake"
        if self._departments >= {one, other} and (self._higher(one, other) or self._higher(other, one)):
            return "department-above-or-below"
        if not self._roots[one].isdisjoint(self._roots[other]):
            return "department-above-or-below" if one in self._departments else "shared-stem"
        return None

    def why_true(self, head: int, tail: int) -> str | None:
        """Why a tail may be true of a head; null where nothing speaks for it."""
        near = self._near(head)
        if tail in near.linked or tail == head:
            return "said"
        if any(not names.isdisjoint(self._forms[tail]) for names in near.names):
            return "namesake"
        if open_ := self.why_open(head, tail):
            return open_
        if self._is_in_texts(tail, head) or self._is_in_texts(head, tail):
            return "said-in-text"
        if tail in self._parts and any(self._holds(tail, each) for each in near.linked & self._parts):
            return "body-part-above-or-below"
        department = tail in self._departments
        if department and (
            any(self._higher(tail, each) or self._higher(each, tail) for each in near.departments)
            or any(not OPPOSITE.get(self.names[tail], ANY).search(self.names[each]) for each in near.departments)
        ):
            return "department-above-or-below"
        if not self._roots[tail].isdisjoint(near.roots):
            return "department-above-or-below" if department else "shared-stem"
        if any(tail in said for said in near.general):
            return "said-of-general-head"
        return "said-of-sibling-head" if any(tail in said for said in near.siblings) else None

    def _is_in_texts(self, one: int, other: int) -> bool:
        """Whether a text about the other entity or a namesake of it, its description or causes, holds a name of this one or of a namesake."""
        if other not in self._texts:
            values = (
                value
                for entity in sorted(self.namesakes(other))
                for each in self._values.get(entity, {}).values()
                for value in each
            )
            self._texts[other] = "\n".join(sorted(map(form, values)))
        text = self._texts[other]
        if not text:
            return False
        names: set[str] = set().union(*(self._forms[each] for each in self.namesakes(one)))
        return any(len(name) >= SHORTEST and name in text for name in names)

    def why_open(self, head: int, tail: int) -> str | None:
        """Why one may be true of the other whatever else is said of either."""
        if tail in self._foods or head in self._foods:
            return "any-food"
        if tail in self._common or (head in self._common and tail not in self._departments | self._parts):
            return "said-of-many"
        name = self.names[tail] if tail in self._departments else ""
        return "department-above-or-below" if GENERAL_DEPARTMENT.search(name) else None

    def _near(self, head: int) -> Near:
        if head not in self._nears:
            if len(self._nears) >= RECENT:
                self._forget()
            linked = self._linked.get(head, set())
            alike = set().union(*(self._named[name] for name in self._forms[head]))
            self._nears[head] = Near(
                linked,
                [self.about(each) for each in sorted(alike)],
                sorted(linked & self._departments),
                self._roots[head].union(*(self._roots[other] for other in linked)),
                [self._linked[each] for each in sorted(self._general(head)) if each in self._linked],
                [self._linked_to_kin(root) for root in sorted(self._roots[head]) if 1 < len(self._kin[root]) <= WIDEST],
            )
        return self._nears[head]

    def _forget(self) -> None:
        """Let go of what was found of heads; it is found again where it is asked for."""
        for found in (self._nears, self._about, self._kin_links):
            found.clear()

    def _general(self, head: int) -> set[int]:
        """The entities whose names are roots of the head's name."""
        return set().union(*(self._named.get(root, set()) for root in self._roots[head])) - {head}

    def _linked_to_kin(self, root: str) -> set[int]:
        if root not in self._kin_links:
            self._kin_links[root] = set().union(*(self._linked.get(each, set()) for each in self._kin[root]))
        return self._kin_links[root]

    def _holds(self, one: int, other: int) -> bool:
        """Whether one part of the body may lie in the other."""
        names = [self.names[part] for part in (one, other)]
        return any(
            re.search(whole, above) and (not inside or re.search(inside, below))
            for above, below in (names, names[::-1])
            for whole, inside in LIES_IN.items()
        )

    def _higher(self, part: int, above_it: int) -> bool:
        """Whether a department belongs to another, at any number of steps."""
        above, seen = set(self._above.get(part, ())), set()
        while above:
            if above_it in above:
                return True
            seen |= above
            above = {each for other in above for each in self._above.get(other, ())} - seen
        return False
