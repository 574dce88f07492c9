"""What a patient writes into a consultation site's form: its fields, whatever the year's layout, and the site's own lines."""

import re
from collections.abc import Iterable, Mapping

Fields = dict[str, str]
"""Field -> what stands under it. Text that stands under none has the key `""`."""

NAMES = {
    "疾病": ("疾病", "疾病/症状", "疾病名称", "所患疾病"),
    "患病时长": ("患病时长", "患病多久"),
    "病情描述": ("病情描述", "内容"),
    "希望获得的帮助": ("希望获得的帮助",),
    "怀孕情况": ("怀孕情况",),
    "曾经治疗情况和效果": ("治疗情况",),
    "化验、检查结果": (),
    "最后一次就诊的医院": (),
    "已就诊医院及科室": ("已就诊医院及科室",),
    "用药情况": ("用药情况",),
    "过敏史": ("过敏史",),
    "既往病史": ("既往病史", "病史"),
    "医生给的诊疗建议": ("医生给的诊疗建议",),
}  # fmt: skip
"""Each field with its labels at the beginning of a line, in the order in which fields are rendered."""
GLUED = {
    "曾经治疗情况和效果": "曾经治疗情况和效果", "化验、检查结果": "化验、检查结果", "最后一次就诊的医院": "最后一次就诊的医院",
    "想得到怎样的帮助": "希望获得的帮助", "现在病情、想获得的帮助": "希望获得的帮助", "想获得的帮助": "希望获得的帮助",
}  # fmt: skip
"""The labels of the older years, which stand anywhere in a line."""
FORMS = (
    "预约医生", "就诊时间", "就诊患者", "就诊地点", "本次就诊时间", "报到来源", "目前是否仍在住院", "住院时是否做了手术", "出院日期",
    "复诊时间", "复查时间", "是否有出院带药", "是否开了检查", "是否拿到检查结果", "是否开药", "现在住院了吗", "告诉下次复诊时间了吗",
    "下次复诊时间", "资料照片", "附件", "开药需求", "处方审核通过",
)  # fmt: skip
"""Labels of the site's own in a description: of appointments, of checking in, of files that only the doctor sees."""
OPENING = (
    "预约医生", "就诊患者", "本次就诊时间", "报到来源", "资料照片", "开药需求", "处方审核通过", "患者资料", "药品", "疾病诊断",
    "疾病/症状", "疾病名称",
)  # fmt: skip
"""Labels that begin a form among what is said; the other ones are words that people say too."""
CLINICALGPT = ("疾病", "患病时长", "病情描述", "希望获得的帮助")
"""The fields of the prompt in ClinicalGPT's table 1."""

FIELD_OF = {label: field for field, labels in NAMES.items() for label in labels} | GLUED


def _either(labels: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))


BLANK = "[ \t\u3000]*"
ASIDE = rf"(?:{BLANK}[（(][^）)\n]{{0,40}}[）)])?{BLANK}[：:]{BLANK}"
STARTING = _either(label for label in FIELD_OF if label not in GLUED)
LABEL = re.compile(
    rf"(?:(?:^|(?<=[：:])){BLANK}(?P<starting>{STARTING}){ASIDE}|(?P<glued>{_either(GLUED)}){ASIDE})"
    rf"|(?P<aside>病情描述)[（(][^）)\n]{{1,40}}[）)]{ASIDE}",
    re.MULTILINE,
)
ONE_LINE = re.compile(r"\A(\s{0,9}疾病[：:][^\n]{0,200}?)\s{1,9}(内容[：:])")
"""The beginning of a description whose fields are glued together: `疾病：X 内容：...`."""
STAMP = re.compile(r"[（(]\d{4}-\d{1,2}-\d{1,2}填写[）)]")
"""`（2019-01-02填写）`."""
CALL = re.compile(r"医?生(?:使用隐私电话功能与患者通话|给患者打电话患者未接听)[：:]?")
"""The site's note that a doctor called: `医生使用隐私电话功能与患者通话`."""
KNOWN = _either({*FIELD_OF, *FORMS, *OPENING})
SITE_LINE = re.compile(
    rf"^{BLANK}(?:(?:{_either(FORMS)}){ASIDE}(?:\n(?!{BLANK}(?:{KNOWN}){ASIDE}))?.*|.{{0,8}}仅医生[和及]患者本人可见|所患{BLANK})(?:\n|\Z)",
    re.MULTILINE,
)
"""A line of the site's own; a label that stands alone has its value on the line behind."""
FORM = re.compile(
    rf"(?:^{BLANK}(?:{_either(OPENING)}){ASIDE}|(?<=\S)(?:(?:{_either((*OPENING, '就诊时间'))}){ASIDE}){{1,13}}$|[：:]{BLANK}预约医生{ASIDE})"
)
"""Where in a line a form begins: at its start, with a label that ends it, or with whom it is for behind a colon. Each label
stands once in a form, and there are 13."""
SUMMARY = re.compile(rf"^{BLANK}(病情摘要及初步印象|总结建议|处置建议|疾病诊断|药品){BLANK}[：:]\s*", re.MULTILINE)
"""`总结建议：` at the beginning of a line."""
AFTER_SUMMARY = re.compile(
    rf"^{BLANK}(?:(?:预约医生|开药需求|处方审核通过){ASIDE}.*|患者资料{ASIDE}(?s:.*))(?:\n|\Z)", re.MULTILINE
)


def fields_of(text: str) -> tuple[Fields, int]:
    """The fields of a description, and how many of the site's lines were left out."""
    text, forms = SITE_LINE.subn("", ONE_LINE.sub(r"\1\n\2", text))
    fields: Fields = {}
    name, begin = "", 0
    for label in [*LABEL.finditer(text), None]:
        if value := _tidy(text[begin : label.start() if label else len(text)]):
            fields = join_fields(fields, {name: value})
        if label:
            name, begin = FIELD_OF[label["starting"] or label["glued"] or label["aside"]], label.end()
    return fields, forms


def join_fields(fields: Mapping[str, str], more: Mapping[str, str]) -> Fields:
    """Both; where both have a field, one after the other unless the first says it already."""
    both = dict(fields)
    for name, value in more.items():
        before = both.get(name)
        if before is None:
            both[name] = value
        elif value not in before:
            both[name] = f"{before}\n{value}"
    return both


def render_fields(fields: Mapping[str, str], names: Iterable[str] = NAMES) -> str:
    """What stands under no label, then a line `label：text` for each of these fields that there is."""
    lines = [f"{name}：{fields[name]}" for name in names if name in fields]
    return "\n".join([fields[""], *lines] if "" in fields else lines)


def summary_of(text: str) -> tuple[str, int]:
    """What a doctor sums up in, its labels and texts on one line; and how many lines of the site's were left out."""
    text, forms = AFTER_SUMMARY.subn("", text)
    return _tidy(SUMMARY.sub(r"\1：", text)), forms


def _tidy(text: str) -> str:
    return "\n".join(line for line in (line.strip() for line in text.split("\n")) if line)
