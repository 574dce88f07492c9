"""What a label or a form of its own gives away: hospital numbers, cards, addresses of the net, plates."""

import re
from collections.abc import Iterator

from kgtools.corpora.deidentify.classes import Span

JOIN = r"[\s:：=#是为\]】)）]{0,6}"
CODE = (
    r"((?=[A-Za-z\-/]{0,6}[ ]?\d)[A-Za-z0-9](?:[A-Za-z0-9\-/\u200b]*)"
    r"(?:[ \n\u200b]{1,2}(?!\d{4}[-/年])\d+(?![\d.]*[.、)）年月日岁%℃床a-zA-Z/]))*)"
)
NUMBER = (
    "住院号码?|住院流水号|病案号码?|病案编号|门诊号码?|急诊号|就诊号码?|就诊卡号?|诊疗卡号?|病历号码?|登记号|挂号单号|影像号|检查号|检查单号|病理号|"
    "标本号|标本编号|条码号|条形码号?|ID号|患者编号|病人编号|患者ID|病人ID|放射号|超声号|心电图号|申请单号|处方号|报告编号|"
    "(?i:MRN|medical record (?:number|no\\.?)|patient id|chart (?:number|no\\.?)|accession (?:number|no\\.?))"
)
LABELS = (
    ("hospital-number", "number", rf"(?:{NUMBER}){JOIN}{CODE}"),
    ("hospital-number", "bed", r"(?:床号|床位号|床位)[\s:：是为]{0,3}([A-Za-z加+]{0,2}-?\d{1,4}(?:-\d{1,2})?)(?![\d.])"),
    ("insurance", "number",
     rf"(?:社保卡号?|社会保障卡?号码?|社保号码?|医保卡号?|医保号码?|医保编号|参保号|参保编号|医疗保险号|医疗证号|新农合号|农合号|保单号|"
     rf"(?i:(?:insurance|policy|member|health plan|beneficiary)\s*(?:id|no\.?|number|#))){JOIN}{CODE}"),
    ("passport", "label", rf"(?:护照号?码?|(?i:passport)(?:\s*(?i:no\.?|number|#))?){JOIN}([A-Za-z]{{0,2}}[ ]?\d(?:[ \n\u200b-]?\d){{6,8}})(?!\d)"),
    ("travel-permit", "label",
     rf"(?:(?:港澳|台胞|台湾|来往)[^\s:：\d]{{0,10}}(?:证|号码?)|回乡证号?|通行证号?码?|香港身份证号?|澳门身份证号?){JOIN}"
     r"([A-Za-z]{0,2}\d(?:[ \n\u200b-]?\d){5,10}(?:\(?[0-9A]\))?)(?!\d)"),
    ("military-id", "label",
     r"(?:军官证|士兵证|军人证|文职证|军人保障卡|警官证|士官证)(?:号码?|编号)?[\s:：为是]{0,3}"
     r"([\u4e00-\u9fff]{0,4}字?第?[ ]?\d(?:[ \n\u200b-]?\d){3,11}号?)(?!\d)"),
    ("bank-card", "label", rf"(?:银行卡号?|储蓄卡号?|信用卡号?|银行账[号户]|银行帐[号户]){JOIN}(\d(?:[ \n\u200b-]{{0,2}}\d){{11,18}})(?!\d)"),
    ("wechat", "label",
     r"(?:微信号?码?|微 信|薇信|威信|[Vv]信|(?i:we ?chat(?: id)?|weixin)|(?<![A-Za-z])(?i:wx|vx)号?|加[Vv]信?)"
     r"[\s:：是为同]{0,4}([A-Za-z0-9][A-Za-z0-9_-]{4,19})(?![A-Za-z0-9_@])"),
    ("qq", "label", r"(?i:(?<![A-Za-z])QQ群?|扣扣|企鹅号)(?:号码?)?[\s:：是为加]{0,4}([1-9](?:[ \n\u200b-]?\d){4,10})(?!\d)"),
    ("account", "label",
     r"(?i:(?:account|license|licence|certificate|driver'?s? licen[cs]e|device|serial|vehicle|VIN)\s*(?:id|no\.?|number|#)"
     r"[\s:#]{0,4})((?=[A-Za-z-]{0,8}\d)[A-Za-z0-9][A-Za-z0-9-]{3,24})"),
)  # fmt: skip
FORMS = (
    ("email", "form", r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}\s?@\s?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,30})*\.[A-Za-z]{2,10}"),
    ("url", "form", r"(?i:https?://|ftp://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{3,}"),
    ("url", "host", r"(?<![A-Za-z0-9@.])(?:[a-z0-9-]{2,30}\.){1,3}(?:com|cn|net|org|gov|edu)(?:\.cn)?/[A-Za-z0-9\-._~/?=&%#]+"),
    ("ip", "v4", r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d]|\.\d)"),
    ("ip", "v6", r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![0-9A-Fa-f:])"),
    ("plate", "form",
     r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][·.• \u200b-]?"
     r"(?=[A-Za-z0-9]{0,5}\d)[A-HJ-NP-Za-hj-np-z0-9]{4,5}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9.%])"),
    ("passport", "form", r"(?<![A-Za-z0-9字号])(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7})(?![A-Za-z0-9.])"),
    ("travel-permit", "form", r"(?<![A-Za-z0-9])[HM]\d{10}(?![A-Za-z0-9.])"),
    ("travel-permit", "hong-kong", r"(?<![A-Za-z0-9])[A-Z]{1,2}\d{6}\([0-9A]\)"),
    ("ssn", "form", r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"),
    ("phone", "american", r"(?<![\d.-])(?:\+?1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\d-])"),
)  # fmt: skip
LABELLED = [(kind, rule, re.compile(pattern)) for kind, rule, pattern in LABELS]
FORMED = [(kind, rule, re.compile(pattern)) for kind, rule, pattern in FORMS]
NEEDS = {
    ("hospital-number", "number"): ("号", "编号", "id", "mrn", "record", "chart", "accession"),
    ("hospital-number", "bed"): ("床",),
    ("insurance", "number"): (
        "社",
        "医保",
        "参保",
        "医疗",
        "农合",
        "保单",
        "insurance",
        "policy",
        "member",
        "plan",
        "beneficiary",
    ),
    ("passport", "label"): ("护照", "passport"),
    ("travel-permit", "label"): ("证", "港", "台"),
    ("military-id", "label"): ("证", "军人"),
    ("bank-card", "label"): ("卡", "银行"),
    ("wechat", "label"): ("信", "wechat", "we chat", "weixin", "wx", "vx", "加v"),
    ("qq", "label"): ("qq", "扣扣", "企鹅"),
    ("account", "label"): ("account", "licen", "certificate", "device", "serial", "vehicle", "vin"),
    ("email", "form"): ("@",),
    ("url", "form"): ("://", "www."),
    ("url", "host"): (".com", ".cn", ".net", ".org", ".gov", ".edu"),
    ("ip", "v4"): (".",),
    ("ip", "v6"): (":",),
    ("ssn", "form"): ("-",),
    ("travel-permit", "hong-kong"): ("(",),
}
"""What a folded text in lower case must hold for a rule to be tried: most texts hold none of these."""
DIGIT = re.compile(r"\d")
"""Most patterns want one; a text without any is done."""
SHORT = re.compile(r"(?:\d\.){3}\d")
"""An IP address of single digits, `1.2.3.4`, which may be a version."""
NET = re.compile(r"(?:IP|ip|地址|address)[^\d\n]{0,6}$")
"""What says that it is one: `IP：`, `address `."""
BATCH = re.compile(r"(?:批号|字|编码|批次|货号|型号)[\s:：]{0,3}$")
"""What says that a number is a batch's or a model's: `批号：`."""


def find_labelled(text: str) -> Iterator[Span]:
    """Values behind their labels, and values of a form of their own, in a folded text."""
    low = text.lower()
    has_digits = DIGIT.search(text) is not None
    for kind, rule, pattern in LABELLED:
        if any(word in low for word in NEEDS[kind, rule]):
            for match in pattern.finditer(text):
                yield Span(match.start(1), match.end(1), kind, f"{rule}-label" if rule != "label" else rule)
    for kind, rule, pattern in FORMED:
        if (has_digits or kind in ("email", "url")) and any(word in low for word in NEEDS.get((kind, rule), ("",))):
            for match in pattern.finditer(text):
                if _holds(kind, rule, match.group(), text[max(0, match.start() - 12) : match.start()]):
                    cut = len(match.group()) - len(match.group().rstrip(".,;:)!?'")) if kind == "url" else 0
                    yield Span(match.start(), match.end() - cut, kind, rule)


def _holds(kind: str, rule: str, value: str, before: str) -> bool:
    if rule == "v4":
        return not SHORT.fullmatch(value) or bool(NET.search(before))
    if rule == "hong-kong":
        return _is_hong_kong(value)
    return not (kind == "passport" and BATCH.search(before))


def _is_hong_kong(value: str) -> bool:
    """The check digit of Hong Kong identity cards: the weighted sum, the digit in it, is a multiple of 11."""
    body = value[:-3].rjust(8)
    codes = [36 if letter == " " else int(letter, 36) for letter in body]
    check = 10 if value[-2] == "A" else int(value[-2])
    return (sum(code * weight for code, weight in zip(codes, range(9, 1, -1), strict=True)) + check) % 11 == 0
