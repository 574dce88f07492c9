"""Values that are quantities: shares, durations and costs, read out of the many ways in which sites write them.

`60-70%`, `约60%--70％左右` and `治愈率在60%到70%之间` are one quantity. Told in both languages, compared by overlap."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from kgtools.corpora.text.normalize import in_digits
from kgtools.kg.build.inputs import NameTable
from kgtools.kg.build.name_rules import clean_words
from kgtools.kg.ontology import ontology

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
DASH = r" ?(?:[-‐‑–—―－﹣~～〜∼]++|至|到|或) ?"
TIMES = {
    "年": 365.0, "个月": 30.0, "月": 30.0, "周": 7.0, "个周": 7.0, "星期": 7.0, "个星期": 7.0, "天": 1.0, "日": 1.0, "小时": 1 / 24,
    "分钟": 1 / 1440,
}  # fmt: skip
"""Days of a unit."""
ENGLISH_TIMES = {365.0: "year", 30.0: "month", 7.0: "week", 1.0: "day", 1 / 24: "hour", 1 / 1440: "minute"}
CHINESE_TIMES = {365.0: "年", 30.0: "个月", 7.0: "周", 1.0: "天", 1 / 24: "小时", 1 / 1440: "分钟"}
UNIT = "|".join(sorted([*map(re.escape, TIMES), "%", "‰", "万元", "元", "万"], key=len, reverse=True))
ABOUT = r"(?:大?约|大概|大致|一般|平均|多|常|估计|可能|通常)"
MORE, LESS = r"(?:>|≥|大于|高于|超过|至少|不少于|不低于|多于)", r"(?:<|≤|小于|低于|不足|不超过|至多|最多|少于)"
RATE = r"(?:本病|该病|其|人群|总体?|特定人群)?的?(?:治愈|发病|患病|好转|有效)(?:率|比例)?"
LEAD = rf"(?:{RATE}|概率|(?:治疗)?(?:周期|疗程|时间)|费用|需要?|共|在|为|是|可?达到?|{ABOUT}|[:：，, ])*"
TAIL = r"(?:左右|上下|之间|不等|内|的?患者|治愈|可治愈|[。；;，, ])*"
QUANTITY = re.compile(
    rf"(?P<lead>{LEAD})(?P<bound>{MORE}|{LESS})? ?(?P<low>{NUMBER}) ?(?P<unit>{UNIT})?"
    rf"(?:{DASH}(?P<high>{NUMBER}) ?(?P<last>{UNIT})?)?(?P<beyond>以上|以下|以内)?(?P<tail>{TAIL})"
)
FRACTION = re.compile(rf"(?P<lead>{LEAD})(?P<part>\d+(?:\.\d+)?) ?/ ?(?P<whole>1\d*)(?P<myriads>万)?(?P<tail>{TAIL})")
COST = re.compile(
    rf"(?P<low>{NUMBER}) ?(?P<unit>万?元?)(?:{DASH}(?P<high>{NUMBER}) ?(?P<last>万?元?))?(?P<tail>左右|以上|不等)? ?元?"
    r"[)\]]? ?元?[#^、;。 ]*"
)
BEFORE_COST = ("需要", "大约", "一般", "约", "为", "是", "在", " ", '"', "“", "”")
DEPENDS = re.compile("(?>.*?(?:医院|病情|病期|地区)).*?不[同一]")
"""`根据不同医院，收费标准不一致`, before what it costs."""

NUMERAL = "(?<![一二两三四五六七八九十])(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
"""A Chinese numeral below 100, and no more of them before it."""


@dataclass(frozen=True)
class Quantity:
    """What a value says. `low`, `high`: percent, days or yuan; `parts`: the numbers as written and the unit of each.

    `about`: the source says roughly; `bound`: more, less or none. `where`: whose cost it is."""

    low: float
    high: float
    unit: str
    parts: tuple[tuple[str, float], ...]
    about: bool = False
    bound: str = ""
    where: str = ""

    def apart(self, other: "Quantity", factor: float) -> bool:
        """Whether nothing of one is within the other, and their middles differ by the factor or more."""
        (low, high), (least, most) = self._span(), other._span()
        if self.unit != other.unit or not (high < least or most < low):
            return False
        middles = sorted(max(each.low + each.high, 1e-12) for each in (self, other))
        return middles[1] >= factor * middles[0]

    def _span(self) -> tuple[float, float]:
        return 0.0 if self.bound == "less" else self.low, float("inf") if self.bound == "more" else self.high


@cache
def parse(value: str) -> Quantity | None:
    """The quantity that a value is; None where it says anything else, or more."""
    text = " ".join(unicodedata.normalize("NFKC", value).split())
    text = _with_digits(text.replace("﹝", "(").replace("﹞", ")"))
    if "元" in text:
        return _cost(text)
    if fraction := FRACTION.fullmatch(text):
        share = 100 * float(fraction["part"]) / float(fraction["whole"]) / (1e4 if fraction["myriads"] else 1)
        written = f"{share:.10f}".rstrip("0").rstrip(".")
        return Quantity(share, share, "percent", ((written, 1.0),), _is_about(fraction))
    match = QUANTITY.fullmatch(text)
    if not match:
        return None
    unit, last = match["unit"] or match["last"], match["last"] or match["unit"]
    if not unit or (match["high"] is None and match["last"]):
        return None
    return _quantity(match, unit, str(last))


def _with_digits(text: str) -> str:
    """`百分之八十` as 80%, `八成` as 80%, `一到两个月` as 1到2个月, `半年` as 6个月."""
    text = re.sub(rf"([百千])分之({NUMBER})", lambda m: m[2] + ("%" if m[1] == "百" else "‰"), text)
    text = re.sub(rf"([百千])分之({NUMERAL})", lambda m: in_digits(m[2]) + ("%" if m[1] == "百" else "‰"), text)
    text = re.sub(r"([一二三四五六七八九])成", lambda m: f"{in_digits(m[1])}0%", text)
    text = text.replace("半个月", "15天").replace("半年", "6个月")
    times = "|".join(sorted(TIMES, key=len, reverse=True))
    return re.sub(rf"({NUMERAL})(?={times}|{DASH}(?:\d|{NUMERAL}))", lambda m: in_digits(m[1]), text)


def _quantity(match: re.Match[str], unit: str, last: str) -> Quantity | None:
    if unit in TIMES and last in TIMES:
        kind, scales = "day", (TIMES[unit], TIMES[last])
    elif unit in "%‰" and last in "%‰":
        kind, scales = "percent", (0.1 if unit == "‰" else 1.0, 0.1 if last == "‰" else 1.0)
    else:
        return None
    low = match["low"].replace(",", "")
    high = (match["high"] or match["low"]).replace(",", "")
    if kind == "day" and not match["high"]:
        scales = (scales[0], scales[0])
    first, second = float(low) * scales[0], float(high) * scales[1]
    if first > second or (kind == "percent" and second > 100):
        return None
    bound = match["bound"] or ""
    more = bool(re.fullmatch(MORE, bound)) or match["beyond"] == "以上"
    less = bool(re.fullmatch(LESS, bound)) or match["beyond"] in ("以下", "以内")
    parts = ((low, scales[0]),) if not match["high"] else ((low, scales[0]), (high, scales[1]))
    return Quantity(first, second, kind, parts, _is_about(match), "more" if more else "less" if less else "")


def _is_about(match: re.Match[str]) -> bool:
    return bool(re.search(r"约|大概|大致|估计|左右|上下", match["lead"] + match["tail"]))


def _cost(text: str) -> Quantity | None:
    digit = re.search(r"\d", text)
    before, said = (text[: digit.start()], text[digit.start() :]) if digit else (text, "")
    matches, where = COST.fullmatch(said), _whose(before)
    if matches is None or where is None:
        return None
    last = matches["last"] if matches["high"] else matches["unit"]
    scales = (1e4 if "万" in (matches["unit"] or (last or "")) else 1.0, 1e4 if "万" in (last or "") else 1.0)
    numbers = [
        float(each.replace(",", "")) * scale
        for each, scale in zip((matches["low"], matches["high"]), scales, strict=True)
        if each
    ]
    if numbers[0] > numbers[-1]:
        return None
    parts = tuple((f"{number:.10g}", 1.0) for number in numbers)
    bound = "more" if matches["tail"] == "以上" else ""
    return Quantity(numbers[0], numbers[-1], "yuan", parts, True, bound, where)


def _whose(before: str) -> str | None:
    """Whose cost follows these words, empty for anybody's; None where they say anything else."""
    end = len(before) - before.endswith(("(", "["))
    while word := next((word for word in BEFORE_COST if before.endswith(word, 0, end)), ""):
        end -= len(word)
    depends = before[:end]
    where = depends.endswith("三甲医院")
    if where:
        depends = depends.removesuffix("三甲医院").removesuffix("级").removesuffix("市").removesuffix("省")
    return None if depends and not DEPENDS.match(depends) else "三甲医院" if where else ""


def say_zh(quantity: Quantity) -> str:
    """`约60%～70%`, `1～3个月`, `5000～10000元`."""
    numbers = [number for number, _ in quantity.parts]
    units = [{"percent": "%", "yuan": "元"}.get(quantity.unit) or CHINESE_TIMES[scale] for _, scale in quantity.parts]
    if quantity.unit == "percent":
        numbers = [f"{number}{'‰' if scale == 0.1 else '%'}" for number, scale in quantity.parts]
        text = "～".join(numbers)
    elif len(set(units)) == 1:
        text = "～".join(numbers) + units[0]
    else:
        text = "～".join(number + unit for number, unit in zip(numbers, units, strict=True))
    about = "约" if quantity.about and not quantity.bound else ""
    return {"more": f"{text}以上", "less": f"{text}以内" if quantity.unit == "day" else f"{text}以下"}.get(
        quantity.bound, about + text
    )


def say_en(quantity: Quantity) -> str:
    """`about 60% to 70%`, `1 to 3 months`, `5,000 to 10,000 yuan`."""
    if quantity.unit == "percent":
        numbers = [f"{float(number) / 10:.10g}%" if scale == 0.1 else f"{number}%" for number, scale in quantity.parts]
        text = " to ".join(numbers)
    elif quantity.unit == "yuan":
        text = " to ".join(f"{float(number):,.10g}" for number, _ in quantity.parts) + " yuan"
    else:
        text = _times(quantity.parts)
    about = "about " if quantity.about and not quantity.bound else ""
    return {"more": f"more than {text}", "less": f"less than {text}"}.get(quantity.bound, about + text)


def _times(parts: tuple[tuple[str, float], ...]) -> str:
    named = [(number, ENGLISH_TIMES[scale] + ("" if float(number) == 1 else "s")) for number, scale in parts]
    if len(named) == 2 and named[0][1].rstrip("s") == named[1][1].rstrip("s"):
        return f"{named[0][0]} to {named[1][0]} {named[1][1]}"
    return " to ".join(f"{number} {unit}" for number, unit in named)


def is_quantity(value: str) -> bool:
    """Whether a value is a quantity and nothing else: `1～3个月`, `约80%`."""
    return parse(value) is not None


PREDICATE = re.compile(
    r"(?:主要|最|多|常|好|易|大多|一般|以|均|可|往往|通常|几乎)*(?:(?:见|发|发生|患|出现)(?:于|在)|多见|为多|居多|常见)"
    r"|(?:有|无|没有|不具|具有|部分有|可有|没有)传染性$|(?:不|会|可|不会|一般不)传染|需要?(?:终身|长期|终生)|无法(?:治愈|根治)|(?:通过|经|由|可经|可通过)(?:[^，。；]{1,20})(?:传播|传染)$"
)
"""How a value begins that says something of the disease itself: `多见于儿童`, `无传染性`, `需要终身治疗`."""
KINDS_OF_PEOPLE = (
    r"人|人群|者|儿童|婴儿|婴幼儿|幼儿|新生儿|小儿|早产儿|女性|男性|妇女|孕妇|产妇|青年|少年|青少年|青壮年|中年|老年|"
    r"工人|农民|学生|患者|病人|男子|女子|群体"
)
PEOPLE = re.compile(
    rf"[^，。；:：]*(?:{KINDS_OF_PEOPLE})"
    r"|\d+[^，。；:：]{0,8}岁(?:以上|以下|左右|之间)?"
)
ROUTE = re.compile(r"[^，。；:：\d]*(?:传播|传染|叮咬)")
"""How something spreads: `呼吸道传播`."""


def is_predicate(value: str) -> bool:
    """Whether a value is a predicate that the name may stand before: `好发于老年人`, `无传染性`."""
    return PREDICATE.match(value) is not None


def is_people(value: str) -> bool:
    """Whether a value is a group of people: `成年女性`, `儿童和老年人`."""
    return PEOPLE.fullmatch(value) is not None


def is_route(value: str) -> bool:
    """Whether a value is a way, or a list of ways, of transmission: `呼吸道传播、接触传播`."""
    return ROUTE.fullmatch(value) is not None


def say_values(values: pl.DataFrame, tables: Sequence[NameTable], bits: Mapping[str, int]) -> pl.DataFrame:
    """`relation` (an attribute) and `value` of each row, with what an answer says: `value_zh`, `value_en` (null where there is no
    English), `value_mask` (the bit of the table that has it in English) and `misplaced` (a quantity that the
    attribute does not hold, or a cost where none belongs).

    Quantities are told in one way, texts without odd spaces; English comes from quantities, from tables of names whose type is
    the attribute, or stands there already."""
    known = ontology().attributes
    translated: dict[tuple[str, str], tuple[str, int]] = {}
    for table in tables:
        own = table.names.filter(pl.col("type").is_in(list(known)))
        for zh, en, type_ in own.select("zh", "en", "type").iter_rows():
            translated.setdefault((type_, zh), (en, bits[table.name]))
    rows = []
    looks = clean_words(values["value"])  # as names in those tables are
    for (relation, value), look in zip(values.iter_rows(), looks, strict=True):
        told = known.get(relation)
        unit = told.unit if told else None
        quantity = parse(value) if unit else None
        misplaced = bool(unit and unit != "yuan" and MONEY.search(value))
        if told and quantity:
            misplaced |= not told.holds(quantity.unit, quantity.low, quantity.high)
        en, mask = translated.get((relation, look), (None, 0))
        if quantity:
            zh, en, mask = say_zh(quantity), say_en(quantity), 0
        else:
            zh, en = tidy(value), en or (value if ENGLISH.fullmatch(value) else None)
        rows.append((relation, value, zh, en, mask, misplaced))
    columns = {
        "relation": pl.String, "value": pl.String, "value_zh": pl.String, "value_en": pl.String, "value_mask": pl.Int64,
        "misplaced": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


MONEY = re.compile(r"\d\s*元|收费标准|三甲医院")
"""`50元`, `收费标准不同`."""
ENGLISH = re.compile(r"[ -~µμ℃°±≤≥×·～–—‰]+")
"""A value that may stand in an English sentence as it is: `80%`, `I10`."""


WIDE = "\u3400-\u9fff，。；：、？！"
FULL = str.maketrans(",;:?!", "，；：？！")


def tidy(text: str) -> str:
    """A text with single spaces (none between Chinese), plain line breaks, and full-width brackets and commas around Chinese."""
    lines = [
        " ".join(line.replace("\u3000", " ").split())
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    whole = re.sub(rf"(?<=[{WIDE}]) (?=[{WIDE}])", "", "\n".join(line for line in lines if line))
    whole = re.sub(rf"\(([^()（）{WIDE}]*[{WIDE}][^()（）]*)\)", r"（\1）", whole)
    return re.sub(rf"(?<=[{WIDE}）])([,;:?!])\s*(?=[{WIDE}（])", lambda found: found[1].translate(FULL), whole)
