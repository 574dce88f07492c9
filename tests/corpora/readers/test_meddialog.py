"""MedDialog: whatever the year's layout, who speaks is who spoke, and what the site's forms say is not said by anybody."""

from pathlib import Path

import pytest

from kgtools.corpora.dialogue.descriptions import FORMS, OPENING, fields_of, render_fields
from kgtools.tools.errors import UsageError
from tests.corpora.readers.exams import take
from tests.corpora.readers.meddialog import ENGLISH, LAYOUTS, OLD, RAW, messages, raw


def test_a_consultation_opens_with_its_description_and_ends_with_the_doctor(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"2020.txt": RAW})

    case = "疾病：咳嗽\n患病时长：一周内\n病情描述：咳了三天，\n有痰。\n希望获得的帮助：吃什么药？\n过敏史：青霉素\n既往病史：无"
    assert messages(found) == [
        ("user", case), ("assistant", "发热吗？\n量过体温吗？"), ("user", "量过，\n36.8度。\n\n不发热。"), ("assistant", "多喝水。"),
    ]  # fmt: skip
    assert messages(found, 1) == [("user", f"{case}\n\n还是咳。"), ("assistant", "来门诊。")]
    assert found.outcome.changed == {
        "dates of filling in taken out": 2,
        "follow-up talks, each a record of its own": 1,
        "further posts of a doctor left out": 1,
        "messages joined to the one before, of the same speaker": 1,
        "turns after the last answer": 1,
        "summaries left out beside their dialogue": 1,
    }


def test_a_page_without_a_dialogue_is_refused_unless_its_doctor_sums_up(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"2020.txt": RAW})

    assert found.rejects == [("exam/2020.txt", 43, "no-dialogue")]
    assert found.column("task") == ["dialogue", "dialogue", "qa"]
    assert messages(found, 2) == [
        ("user", "疾病：胃痛\n病情描述：饭后胃痛。"),
        ("assistant", "疾病诊断：胃炎\n药品：甲药\n乙药"),
    ]
    assert found.column("answer") == [None, None, "疾病诊断：胃炎\n药品：甲药\n乙药"]


def test_all_pages_of_a_thread_are_one_group_and_its_address_is_in_no_record(tmp_path: Path) -> None:
    second = raw("医生：\n好转了吗？").replace("id=1", "id=9")
    found = take(tmp_path, "meddialog", {"2020.txt": RAW, "2021.txt": second})

    groups = found.column("group")
    assert groups[0] == groups[1] == groups[3] != groups[2]
    assert "haodf" not in str(found.records)
    assert (tmp_path / "out" / "records.parquet").read_bytes().count(b"flow_team") == 0


def test_the_meta_says_where_a_talk_stands_and_the_first_post_of_the_doctor(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"2020.txt": RAW})

    assert found.meta("id") == ["1", "1", "3"]
    assert found.meta("talk") == [1, 2, None]
    assert [RAW.split("\n")[line - 1] for line in found.meta("line")] == [
        "Dialogue", "Dialogue", "Diagnosis and suggestions",
    ]  # fmt: skip
    assert found.meta("hospital") == ["某市第一医院", "某市第一医院", None]
    assert found.meta("department") == found.meta("category") == ["呼吸内科", "呼吸内科", None]


@pytest.mark.parametrize("line", ["某市第一医院  呼吸内科  ", "某市第一医院 呼吸内科", "某市第一医院\t呼吸内科"])
def test_hospital_and_department_are_told_apart(tmp_path: Path, line: str) -> None:
    data = raw("医生：\n好。").replace("Description", f"Doctor faculty\n{line}\n\nDescription")
    found = take(tmp_path, "meddialog", {"2020.txt": data})

    assert (found.meta("hospital"), found.meta("department")) == (["某市第一医院"], ["呼吸内科"])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_layout_and_encoding_gives_the_same_question(
    tmp_path: Path, layout: str, encoding: str, end: str
) -> None:
    data = (OLD * 3).format(*[LAYOUTS[layout]] * 3).replace("\n", end).encode(encoding)
    found = take(tmp_path, "meddialog", {"data.txt": data})

    assert found.rejects == []
    assert found.said("user") == [
        "疾病：颈椎病\n病情描述：颈痛三月\n希望获得的帮助：要手术吗？\n曾经治疗情况和效果：理疗，好转\n化验、检查结果：无\n最后一次就诊的医院：某医院\n\n您好"
    ] * 3  # fmt: skip


@pytest.mark.parametrize(
    ("description", "asked"),
    [
        (
            "full",
            "疾病：咳嗽\n患病时长：一周内\n病情描述：咳了三天，\n有痰。\n希望获得的帮助：吃什么药？\n过敏史：青霉素\n既往病史：无",
        ),
        ("clinicalgpt", "疾病：咳嗽\n患病时长：一周内\n病情描述：咳了三天，\n有痰。\n希望获得的帮助：吃什么药？"),
        ("illness", "咳了三天，\n有痰。"),
        ("none", "量过，\n36.8度。\n\n不发热。"),
    ],
)
def test_what_of_the_description_is_the_first_message_can_be_chosen(
    tmp_path: Path, description: str, asked: str
) -> None:
    found = take(tmp_path, "meddialog", {"2020.txt": RAW}, description=description)

    assert messages(found)[0] == ("user", asked)
    assert messages(found)[-1] == ("assistant", "多喝水。")


def test_without_its_description_a_talk_that_the_doctor_opens_begins_with_the_patient(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"2020.txt": RAW}, description="none")

    assert found.outcome.changed["messages of doctors before the first of the patient cut off"] == 1
    assert messages(found, 1) == [("user", "还是咳。"), ("assistant", "来门诊。")]


def test_a_summary_can_be_the_last_message_or_a_record_of_its_own(tmp_path: Path) -> None:
    summary = "病情摘要及初步印象：上感\n总结建议：多休息。"
    for name in ("turn", "record"):
        (tmp_path / name).mkdir()
    turn = take(tmp_path / "turn", "meddialog", {"2020.txt": RAW}, summary="turn")
    record = take(tmp_path / "record", "meddialog", {"2020.txt": RAW}, summary="record")

    assert messages(turn)[-2:] == [("user", "谢谢。"), ("assistant", summary)]
    assert record.column("task") == ["dialogue", "qa", "dialogue", "qa"]
    assert messages(record, 1)[1] == ("assistant", summary)
    assert record.records[0]["group"] == record.records[1]["group"]


def test_where_the_doctor_only_sums_up_the_summary_is_the_answer(tmp_path: Path) -> None:
    found = take(
        tmp_path, "meddialog", {"a.txt": raw("病人：\n严重吗？\n\nDiagnosis and suggestions\n总结建议：\n不严重。")}
    )

    assert messages(found) == [
        ("user", "疾病：咳嗽\n病情描述：咳了三天。\n\n严重吗？"),
        ("assistant", "总结建议：不严重。"),
    ]


def test_an_unknown_choice_is_an_error_that_names_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"full.*clinicalgpt.*illness.*none"):
        take(tmp_path, "meddialog", {"2020.txt": RAW}, description="some")


@pytest.mark.parametrize("label", [label for label in OPENING if label != "患者资料"])
@pytest.mark.parametrize("colon", ["：", ":", "（2）： ", "： \n"])
def test_a_form_among_what_is_said_is_taken_out_until_somebody_speaks(tmp_path: Path, label: str, colon: str) -> None:
    dialogue = f"医生：\n多喝水。\n{label}{colon}甲\n\n乙\n病人：\n好的。\n医生：\n再见。"
    found = take(tmp_path, "meddialog", {"a.txt": raw(dialogue)})

    assert messages(found)[1:] == [("assistant", "多喝水。"), ("user", "好的。"), ("assistant", "再见。")]
    assert found.outcome.changed["form lines taken out"] >= 2


@pytest.mark.parametrize(
    "line",
    [
        "就诊时间：周二上午",
        "复诊时间：两周后",
        "附件炎会好",
        "药品要按时吃：一天三次",
        "有疾病诊断：胃炎吗",
        "既往病史：无",
    ],
)
def test_words_that_people_say_too_are_no_forms(tmp_path: Path, line: str) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": raw(f"医生：\n{line}")})

    assert messages(found)[1] == ("assistant", line)
    assert found.outcome.changed == {}


def test_a_form_that_ends_a_line_leaves_what_is_said_before_it(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": raw("病人：\n吃完了药开药需求： \n医生：\n继续吃。")})

    assert messages(found)[0][1].endswith("\n\n吃完了药")
    assert found.outcome.changed["form lines taken out"] == 1


def test_a_description_in_a_form_belongs_to_the_talk_behind_it(tmp_path: Path) -> None:
    form = "预约医生： 张三\n疾病： 胃痛\n病情描述： 饭后胃痛。（2020-03-22填写）"
    found = take(tmp_path, "meddialog", {"a.txt": raw(f"医生：\n多喝水。\n{form}\n\nDialogue\n医生：\n吃什么？")})

    assert messages(found, 0) == [("user", "疾病：咳嗽\n病情描述：咳了三天。"), ("assistant", "多喝水。")]
    assert messages(found, 1) == [("user", "疾病：胃痛\n病情描述：饭后胃痛。"), ("assistant", "吃什么？")]
    assert "张三" not in str(found.records)


@pytest.mark.parametrize("label", FORMS)
@pytest.mark.parametrize("value", ["： 某人", "：某人", "：\n某人", "（1）：\n某人"])
def test_the_site_own_lines_are_taken_out_of_a_description(label: str, value: str) -> None:
    fields, forms = fields_of(f"{label}{value}\n疾病： 咳嗽\n病情描述：咳了三天。\n附件(9)：\n仅医生和患者本人可见\n")

    assert render_fields(fields) == "疾病：咳嗽\n病情描述：咳了三天。"
    assert forms == 2


def test_a_reminder_is_taken_out_and_the_words_behind_it_are_the_patients(tmp_path: Path) -> None:
    dialogue = "医生：\n医生给您发来一个提醒：\n医生：\n医生给您发来一个提醒\n医生：\n体温高吗医生给您发来一个提醒： 36.5\n\n中午量的\n医生：\n不高。"
    found = take(tmp_path, "meddialog", {"a.txt": raw(dialogue)})

    assert messages(found)[1:] == [("assistant", "体温高吗"), ("user", "36.5\n\n中午量的"), ("assistant", "不高。")]
    assert found.outcome.changed["words of patients behind a reminder given back to them"] == 1
    assert found.outcome.changed["form lines taken out"] == 3


@pytest.mark.parametrize("colon", ["：", ": ", ""])
@pytest.mark.parametrize("call", ["医生使用隐私电话功能与患者通话", "医生给患者打电话患者未接听"])
def test_a_note_of_a_phone_call_is_said_by_nobody(tmp_path: Path, call: str, colon: str) -> None:
    data = raw(f"医生：\n好。\n病人：\n好的{call}{colon}\n{call}{colon}\n医生：\n电话里说了。")
    found = take(tmp_path, "meddialog", {"a.txt": data})

    assert messages(found)[1:] == [("assistant", "好。"), ("user", "好的"), ("assistant", "电话里说了。")]
    assert found.outcome.changed == {"notes of phone calls taken out": 2}


@pytest.mark.parametrize(
    ("descriptions", "asked"),
    [
        (["疾病：甲\n病情描述：一", "预约医生：张三"], "疾病：甲\n病情描述：一"),
        (["疾病：甲\n病情描述：一", "用药情况：乙药"], "疾病：甲\n病情描述：一\n用药情况：乙药"),
        (["疾病：甲\n病情描述：一", "疾病：甲\n病情描述：一二"], "疾病：甲\n病情描述：一\n一二"),
        (["随便写的。", ""], "随便写的。"),
    ],
)
def test_descriptions_that_wait_for_one_dialogue_are_joined(
    tmp_path: Path, descriptions: list[str], asked: str
) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": raw("医生：\n好。", "\n\nDescription\n".join(descriptions))})

    assert messages(found) == [("user", asked), ("assistant", "好。")]


def test_a_whole_description_behind_a_dialogue_is_a_new_one_and_a_part_goes_with_the_old(tmp_path: Path) -> None:
    more = "Description\n疾病： 乙\n病情描述： 二。\n\nDialogue\n医生：\n好二。\n\nDescription\n疾病： 丙\n\nDialogue\n医生：\n好三。"
    found = take(tmp_path, "meddialog", {"a.txt": raw(f"医生：\n好。\n\n{more}")})

    assert found.said("user")[1:] == ["疾病：乙\n病情描述：二。", "疾病：乙\n丙\n病情描述：二。"]


def test_english_talks_keep_their_lines_and_a_repeated_description_is_left_out(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"covid.txt": ENGLISH})

    assert found.column("lang") == ["en", "en"]
    assert messages(found)[:2] == [
        ("user", "I have a cough. Is it bad?\n\nHello doctor,\nI have a cough."),
        ("assistant", "Hello,\ndo you smoke?\n Take care."),
    ]
    assert messages(found, 1) == [("user", "Can I  go out?"), ("assistant", "Yes.")]
    assert found.outcome.changed["openings left out that the first message repeats"] == 1


def test_strangers_who_share_the_address_of_a_search_are_not_one_group(tmp_path: Path) -> None:
    other = ENGLISH.replace("Can I go out?", "Is it safe?").replace("www.icliniq.com/qa/a", "www.icliniq.com/qa/b")
    found = take(tmp_path, "meddialog", {"a.txt": ENGLISH, "b.txt": other})

    assert len(set(found.column("group"))) == 4


@pytest.mark.parametrize("colon", ["：", ":"])
@pytest.mark.parametrize(("patient", "doctor"), [("病人", "医生"), ("患者", "医生"), ("Patient", "Doctor")])
def test_who_speaks_stands_alone_with_either_colon(tmp_path: Path, colon: str, patient: str, doctor: str) -> None:
    said = f"{patient}{colon} \n病了。\n{doctor}{colon}\n报告说患者：男。\n患者：男，45岁\n{patient}{colon}\n是我。\n{doctor}{colon}\n好。"
    found = take(tmp_path, "meddialog", {"a.txt": raw(said)})

    assert messages(found)[1:] == [
        ("assistant", "报告说患者：男。\n患者：男，45岁"),
        ("user", "是我。"),
        ("assistant", "好。"),
    ]


def test_who_speaks_may_stand_before_the_words_where_it_never_stands_alone(tmp_path: Path) -> None:
    found = take(tmp_path, "meddialog", {"a.txt": raw("病人：病了。\n两天了。\n医生: 多喝水。")})

    assert messages(found) == [
        ("user", "疾病：咳嗽\n病情描述：咳了三天。\n\n病了。\n两天了。"),
        ("assistant", "多喝水。"),
    ]
