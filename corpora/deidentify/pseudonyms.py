"""What stands in place of a value: derived from a key, the patient, the class and the value, and from nothing else.

So the same value of a patient gives the same pseudonym in any run and batch, and without the key nobody can try values out.
What surrogates are, `surrogate` says."""

import hashlib
import hmac
import os
import re
from pathlib import Path

from stdnum import luhn
from stdnum.cn import ric

from kgtools.corpora.deidentify.classes import LABELS
from kgtools.corpora.deidentify.fold import squeeze
from kgtools.tools.errors import InputError, UsageError

VARIABLE = "KGTOOLS_KEY"
SHORTEST = 16
"""Characters of a key: fewer can be tried out."""
GIVEN = "明华建国文军平志伟东海强晓生光林涛斌波辉鹏飞健俊杰宇浩然磊超勇亮刚毅丽敏静秀娟芳燕玲霞红梅兰英慧莹雪琳倩颖洁萍雅婷欣怡佳嘉诗梦"
FAMILY = (
    "王李张刘陈杨赵周吴徐孙朱马胡郭林罗郑梁宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁沈任姚卢傅钟姜崔谭廖范汪陆"
)
ENGLISH = (
    ["Alex", "Blake", "Casey", "Drew", "Ellis", "Finley", "Gray", "Harper", "Indigo", "Jordan"],
    ["Example", "Sample", "Surrogate", "Placeholder", "Fictive", "Standin"],
)
MADE = re.compile(
    r"(?:99\d{15}[\dX])|(?:99\d{9}0000\d)|(?:12\d{9})|(?:ZZ\d{6})|"
    r"(?:user\d{6}@example\.com)|(?:https://example\.com/\d{6})|"
    r"(?:192\.0\.2\.\d{1,3})|(?:example_\d{6})|"
    r"(?:555-01\d{2})|(?:京I\d{5})|(?:0\d{8})|(?:000-\d{2}-\d{4})|(?:00\d{3})",
)


def key_of(file: Path | None) -> bytes:
    """The key in a file, or in the variable KGTOOLS_KEY. Raises UsageError or InputError, which say how to make one."""
    advice = (
        "make one: python3 -c 'import secrets; print(secrets.token_hex(32))' > key.txt; keep it apart from the records"
    )
    if file is None:
        key = os.environ.get(VARIABLE, "").strip().encode()
        if not key:
            raise UsageError(f"pseudonyms need a key: --key-file FILE, or the variable {VARIABLE}; {advice}")
    else:
        try:
            key = file.read_bytes().strip()
        except OSError as error:
            raise InputError(f"{file}: the key cannot be read ({error.strerror}); {advice}") from error
    if len(key) < SHORTEST:
        raise InputError(
            f"{file or VARIABLE}: a key of {len(key)} characters can be guessed; it needs {SHORTEST} or more; {advice}"
        )
    return key


def fingerprint(key: bytes) -> str:
    """What a manifest may say of a key: whether two runs had the same one."""
    return _mac(key, "fingerprint").hex()[:16]


def rename_group(key: bytes, group: str) -> str:
    """A group under another name: its hash of a patient's number could be found by trying numbers out."""
    return _mac(key, "group", group).hex()[:20]


def number(key: bytes, group: str, kind: str, value: str, size: int) -> int:
    """The number of a value among `size`, for this patient."""
    return int.from_bytes(_mac(key, group, kind, squeeze(value))[:12], "big") % size


def days(key: bytes, group: str) -> int:
    """By how much a patient's dates go back: 1 to 104 weeks, so that days of the week and all intervals stay."""
    return 7 * (1 + int.from_bytes(_mac(key, group, "shift")[:8], "big") % 104)


def tag(key: bytes, group: str, kind: str, value: str, lang: str) -> str:
    """`[姓名4821]`, or `[NAME4821]` where the record is not Chinese."""
    label = LABELS[kind][0 if lang == "zh" else 1]
    return f"[{label}{1 + number(key, group, kind, value, 9999)}]"


def surrogate(key: bytes, group: str, kind: str, value: str) -> str:
    """Another value of this class. None can be a real one, but for names, which anybody may bear:

    Resident ids and cards pass their checksum and begin with 99, which no region and no issuer has; mobiles begin with 12,
    which no operator has; mail and pages are of example.com and addresses of 192.0.2.0/24, kept for examples (RFC 2606, 5737);
    American phones are 555-01xx; plates have the letter I, which plates never have."""
    pick = number(key, group, kind, value, 10**9)
    six = f"{pick % 10**6:06}"
    if kind == "name":
        return _name(value, pick)
    if kind == "resident-id":
        body = f"99{pick % 10**4:04}1970{1 + pick % 12:02}{1 + pick % 28:02}{pick % 1000:03}"
        return body + ric.calc_check_digit(body + "0")
    if kind == "bank-card":
        body = f"99{pick:09}0000"
        return body + luhn.calc_check_digit(body)
    if kind == "phone":
        american = re.match(r"\+?1?[ .(-]*\d{3}[ .)-]", value) and not re.match(r"1[3-9]\d[ -]", value)
        return f"555-01{pick % 100:02}" if american else f"12{pick:09}"
    return {
        "email": f"user{six}@example.com", "url": f"https://example.com/{six}", "ip": f"192.0.2.{1 + pick % 254}",
        "wechat": f"example_{six}", "qq": f"0{pick % 10**8:08}", "plate": f"京I{pick % 10**5:05}",
        "ssn": f"000-{pick % 100:02}-{pick % 10**4:04}", "zip": f"00{pick % 1000:03}",
    }.get(kind, f"ZZ{six}")  # fmt: skip


def is_surrogate(value: str) -> bool:
    """Whether `surrogate` could have made this value; a real one never has such a form."""
    return MADE.fullmatch(value) is not None


def _name(value: str, pick: int) -> str:
    if value.isascii():
        first, last = ENGLISH[0][pick % 10], ENGLISH[1][pick // 10 % 6]
        return f"{first} {last}" if " " in value else last
    length = len(squeeze(value))
    given = "".join(
        GIVEN[pick // len(FAMILY) // len(GIVEN) ** place % len(GIVEN)] for place in range(min(length, 3) - 1)
    )
    return FAMILY[pick % len(FAMILY)] + given


def _mac(key: bytes, *words: str) -> bytes:
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).digest()
