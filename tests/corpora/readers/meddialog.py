"""Small files in the layouts of MedDialog, dirt planted, and what a record says."""

from tests.corpora.readers.exams import Taken

PAGE = "https://www.haodf.com/doctorteam/flow_team_64771{}.htm"
RAW = f"""
id=1
{PAGE.format("001_1")}

Doctor faculty
某市第一医院  呼吸内科  某医生工作室  全科

Description
疾病： 咳嗽
病情描述： 咳了三天，
有痰。
希望获得的帮助： 吃什么药？
患病多久： 一周内
过敏史： 青霉素（2020-03-23填写）
既往病史： 无（2020-03-23填写）

Dialogue
医生：
发热吗？
医生：
量过体温吗？
病人：
量过，
36.8度。

不发热。
医生：
多喝水。
病人：
谢谢。

Diagnosis and suggestions
病情摘要及初步印象：
上感
总结建议： 多休息。

Dialogue
病人：
还是咳。
医生:
来门诊。

id=2
{PAGE.format("001")}

Description
疾病： 头痛
病情描述： 头痛两天。

id=3
{PAGE.format("003")}

Description
疾病： 胃痛
病情描述： 饭后胃痛。

Diagnosis and suggestions
疾病诊断： 胃炎
药品： 甲药

乙药
"""
OLD = "id=1\nhttp://www.haodf.com/wenda/a_g_1.htm\n\nDescription\n{}\n\nDialogue\n病人：\n您好\n医生：\n您好，请来门诊。\n\n\n"
GLUED_2010 = (
    "疾病：颈椎病 内容：病情描述（发病时间、主要症状、就诊医院等）：颈痛三月曾经治疗情况和效果：理疗，"
    "好转想得到怎样的帮助:要手术吗？化验、检查结果：无最后一次就诊的医院：某医院"
)
TREATED = "曾经治疗情况和效果：\n理疗，好转\n"
CHECKED = "化验、检查结果：\n无\n最后一次就诊的医院：\n某医院"
LAYOUTS = {
    "2010": GLUED_2010,
    "2011": "疾病：\n颈椎病\n病情描述（发病时间、主要症状、就诊医院等）：\n颈痛三月\n"
    f"{TREATED}想得到怎样的帮助：\n要手术吗？\n{CHECKED}",
    "2012": "疾病：\n颈椎病\n\n病情描述（主要症状、发病时间）：颈痛三月\n治疗情况：\n理疗，好转\n想得到怎样的帮助：要手术吗？\n\n"
    "化验、检查结果：无\n最后一次就诊的医院：某医院",
    "2016": "疾病：颈椎病\n病情描述：颈痛三月\n曾经治疗情况和效果：理疗，好转\n现在病情、想获得的帮助：要手术吗？\n"
    "化验、检查结果：无\n最后一次就诊的医院：某医院",
    "2020": f"疾病： \n颈椎病\n病情描述： \n颈痛三月\n希望获得的帮助： \n要手术吗？\n{TREATED}{CHECKED}",
}
ENGLISH = """id=1
https://www.icliniq.com/qa/a

Description
I have a cough. Is it bad?

Dialogue
Patient:
Hello doctor,
I have a cough.
Doctor:
Hello,
do you smoke?\r Take care.
Patient:
No.
Doctor:
Good.

id=1
https://www.healthtap.com/member/fg?page=/search/covid

Description
Can I go out?

Dialogue
Patient:
Can I  go out?
Doctor:
Yes.
"""
TALK = ["病人：咳嗽三天。", "医生：发热吗？", "病人：不。", "医生：多喝水。"]


def raw(dialogue: str, description: str = "疾病： 咳嗽\n病情描述： 咳了三天。") -> str:
    return f"id=1\n{PAGE.format('001')}\n\nDescription\n{description}\n\nDialogue\n{dialogue}\n\n\n"


def messages(found: Taken, number: int = 0) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in found.records[number]["messages"]]
