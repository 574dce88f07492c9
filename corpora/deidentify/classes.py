"""The classes of what identifies a person, and the spans in which a text holds them."""

from typing import NamedTuple

LABELS = {
    "resident-id": ("身份证号", "ID"),
    "military-id": ("军人证号", "MILITARY-ID"),
    "passport": ("护照号", "PASSPORT"),
    "travel-permit": ("通行证号", "TRAVEL-PERMIT"),
    "ssn": ("社会安全号", "SSN"),
    "bank-card": ("银行卡号", "BANK-CARD"),
    "insurance": ("医保号", "INSURANCE"),
    "hospital-number": ("就诊编号", "MRN"),
    "account": ("账号", "ACCOUNT"),
    "email": ("邮箱", "EMAIL"),
    "url": ("网址", "URL"),
    "ip": ("IP地址", "IP"),
    "wechat": ("微信号", "WECHAT"),
    "qq": ("QQ号", "QQ"),
    "phone": ("电话", "PHONE"),
    "plate": ("车牌号", "PLATE"),
    "name": ("姓名", "NAME"),
    "birth-date": ("出生日期", "BIRTH-DATE"),
    "date": ("日期", "DATE"),
    "age": ("年龄", "AGE"),
    "employer": ("单位", "EMPLOYER"),
    "hospital": ("医院", "HOSPITAL"),
    "address": ("地址", "ADDRESS"),
    "zip": ("邮编", "ZIP"),
}
"""Class -> its label in Chinese and English tags. Where two spans of a kind of rank overlap, the earlier class stands."""

STRUCTURED = (
    "resident-id", "military-id", "passport", "travel-permit", "ssn", "bank-card", "insurance", "hospital-number", "account",
    "email", "url", "ip", "wechat", "qq", "phone", "plate",
)  # fmt: skip
"""Classes whose form or label gives them away: what the residual scan looks for."""

RANK = {name: place for place, name in enumerate(LABELS)}


class Span(NamedTuple):
    """Characters `start` to `end` of a text are of class `kind`; `rule` says which rule said so."""

    start: int
    end: int
    kind: str
    rule: str
