"""De-identification: recall and precision of each class on planted texts, and MB/s, beside plain regexes."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from clock import in_turns, print_aim, print_table
from graphs import Graphs

from kgtools.corpora.deidentify import deidentify, load_policy, residual
from kgtools.corpora.deidentify.classes import STRUCTURED
from kgtools.corpora.deidentify.find import find
from kgtools.corpora.record import RECORDS

sys.path.insert(0, str(Path(__file__).parents[2]))

PLAIN = {
    "resident-id": r"\d{17}[\dXx]|\d{15}",
    "bank-card": r"\d{16,19}",
    "phone": r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|\(?\d{3}\)?[ -]\d{3}-\d{4}",
    "email": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "url": r"https?://\S+|www\.\S+",
    "ip": r"\d{1,3}(?:\.\d{1,3}){3}",
    "qq": r"[Qq]{2}[:：]?\d{5,11}",
    "wechat": r"微信号?[:：]?([A-Za-z0-9_-]{6,20})",
    "plate": r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}",
    "passport": r"[EG]\d{8}",
    "ssn": r"\d{3}-\d{2}-\d{4}",
    "hospital-number": r"(?:住院号|门诊号|病案号|MRN)[:：\s]*([A-Za-z0-9-]{3,})",
    "date": r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?",
    "name": r"[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗][\u4e00-\u9fff]{0,2}(?=医生|大夫|"
    r"主任)|(?:Dr|Mr|Mrs)\.? [A-Z]\w+|姓名[:：]([\u4e00-\u9fff]{2,"
    r"3})",
    "hospital": r"[\u4e00-\u9fff]{2,}(?:医院|卫生院)",
}
"""What one writes without context, checksums or folding."""


def bench(_graphs: Graphs, _scratch: Path, rounds: int) -> None:
    """Print the tables; the planted set is that of the tests, and so are its figures."""
    from tests.corpora.deidentify.planted import planted, planted_english, score

    texts = planted() + planted_english()
    plain = [(kind, re.compile(pattern)) for kind, pattern in PLAIN.items()]

    def regexes(text: str) -> list[tuple[int, int, str]]:
        return [(*match.span(match.lastindex or 0), kind) for kind, rule in plain for match in rule.finditer(text)]

    def ours(text: str) -> list[tuple[int, int, str]]:
        return [(span.start, span.end, span.kind) for span in find(text)]

    mine, theirs = score(texts, ours), score(texts, regexes)
    rows = []
    for kind, scores in mine.items():
        other = theirs.get(kind)
        rest = (f"{other.recall:.1%}", f"{other.precision:.1%}") if other and other.found else ("-", "-")
        rows.append((kind, scores.planted, f"{scores.recall:.1%}", f"{scores.precision:.1%}", *rest))
    columns = ("class", "planted", "recall", "precision", "regex recall", "regex precision")
    print_table(f"DEIDENTIFY  {sum(len(text.spans) for text in texts):,} planted identifiers", columns, rows)
    structured = min(mine[kind].recall for kind in mine if kind in STRUCTURED)
    found, right = sum(s.found for s in mine.values()), sum(s.right for s in mine.values())
    print_aim(f"structured identifiers recall >= 99 %, the worst class: {structured:.1%}", structured >= 0.99)
    print_aim(f"names recall >= 95 %: {mine['name'].recall:.1%}", mine["name"].recall >= 0.95)
    print_aim(f"precision >= 97 %: {right / found:.1%}", right / found >= 0.97)
    _speed([text.text for text in texts], regexes, rounds)


def _speed(texts: list[str], regexes: Callable[[str], object], rounds: int) -> None:
    """MB/s of whole records: ten texts of the planted set each, so one character in ten or so is of an identifier."""
    joined = ["\n".join(texts[at : at + 10]) for at in range(0, len(texts), 10)]
    shared = {"task": "dialogue", "lang": "zh", "facts": [], "source": "planted", "license": "CC0-1.0", "meta": "{}"}
    records = RECORDS.frame(
        [
            shared | {"id": str(n), "group": str(n), "messages": [{"role": "user", "content": t}]}
            for n, t in enumerate(joined)
        ]
    )
    policy, key = load_policy("pipl"), b"a key for measuring only"
    megabytes = sum(len(text.encode()) for text in joined) / 1e6

    replace, scan, plain = in_turns(
        rounds,
        lambda: deidentify(records, policy, key),
        lambda: residual(records),
        lambda: [regexes(t) for t in joined],
    )
    rows = [
        (name, f"{megabytes / spread.median:.2f}")
        for name, spread in (("deidentify", replace), ("residual scan", scan), ("plain regexes, find only", plain))
    ]
    print_table("DEIDENTIFY  speed on one core", ("work", "MB/s"), rows)
