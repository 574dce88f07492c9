"""Small files of IMCS-21 in their published shape."""

from typing import Any

from tests.corpora.readers.exams import whole

REPORT = {
    "主诉": "咳嗽3天。", "现病史": "患儿3天前出现咳嗽，有痰。", "辅助检查": "暂缺。", "既往史": "体健。", "诊断": "小儿支气管炎。",
    "建议": "多喝水，复查血常规。",
}  # fmt: skip
OTHER = REPORT | {"主诉": "咳嗽、有痰3天。", "诊断": "考虑支气管炎。"}


def sentence(speaker: str, text: str, act: str = "Other", labels: str = "", **changed: Any) -> dict[str, Any]:
    row = {
        "sentence_id": "1", "speaker": speaker, "sentence": text, "dialogue_act": act,
        "BIO_label": labels or " ".join("O" * len(text)), "symptom_norm": [], "symptom_type": [], "local_implicit_info": {},
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


SENTENCES = [
    sentence("医生", "你好", "Other"),
    sentence("医生", "宝宝发热吗", "Request-Symptom", "O O B-Symptom I-Symptom O"),
    sentence("患者", "（空）"),
    sentence("患者", "不发热", "Inform-Symptom", "O B-Symptom I-Symptom"),
    sentence("患者", "有痰", "Inform-Symptom", "O B-Symptom"),
    sentence("医生", "考虑支气管炎", "Diagnose", "O O B-Symptom I-Symptom I-Symptom I-Symptom"),
    sentence(
        "医生", "吃阿莫西林，查血常规", "Inform-Drug_Recommendation",
        "O B-Drug I-Drug I-Drug I-Drug O O B-Medical_Examination I-Medical_Examination I-Medical_Examination",
    ),
    sentence("患者", "谢谢医生", "Other"),
]  # fmt: skip


def talk(**changed: Any) -> dict[str, Any]:
    row = {
        "diagnosis": "小儿支气管炎", "self_report": "宝宝咳嗽3天了，怎么办？", "dialogue": SENTENCES, "report": [REPORT, OTHER],
        "explicit_info": {"Symptom": ["咳嗽"]}, "implicit_info": {"Symptom": {"发热": "0", "痰": "1", "炎症": "2"}},
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


def bare(row: dict[str, Any]) -> dict[str, Any]:
    """As in the hidden test: what was told and said, no labels."""
    said = [{key: one[key] for key in ("sentence_id", "speaker", "sentence")} for one in row["dialogue"]]
    return {"self-report": row["self_report"], "dialogue": said}


FILES: dict[str, bytes | str] = {
    "train.json": whole({"10000001": talk(), "10000002": talk(self_report="宝宝拉肚子。")}),
    "dev.json": whole({"10000003": talk(self_report="宝宝发热。")}),
    "test_input.json": whole({"10000004": bare(talk(self_report="宝宝便秘。"))}),
}
HOSTILE: dict[str, tuple[Any, str]] = {
    "null": (None, "not-an-object"), "a text": ("x", "not-an-object"), "a list": ([1], "not-an-object"),
    "no dialogue": (talk(dialogue=...), "missing-field"), "an empty dialogue": (talk(dialogue=[]), "no-messages"),
    "a dialogue that is a text": (talk(dialogue="医生：你好"), "missing-field"),
    "a sentence that is none": (talk(dialogue=[sentence("医生", "你好"), 3]), "wrong-type"),
    "a sentence of a number": (talk(dialogue=[sentence("医生", "你好", sentence=3)]), "wrong-type"),
    "an unknown speaker": (talk(dialogue=[sentence("护士", "你好")]), "unknown-role"),
    "a number told before": (talk(self_report=3), "wrong-type"),
    "a diagnosis that is a list": (talk(diagnosis=["a"]), "wrong-type"),
}  # fmt: skip
