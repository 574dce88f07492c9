"""To say that one does not know, and to decline to answer."""

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import EXPLAINED, NAMES, ONE, SYMPTOMS, TRUE, UNSAID


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I cannot assist with that request.",
        "As an AI, I can't discuss this.",
        "I can't help with that.",
        "I'm not able to provide medical advice.",
        "As a language model I am not allowed to give medical advice. Please see a doctor.",
        "I must decline to comment.",
        "I won't discuss that topic.",
        "抱歉，作为AI助手，我不能讨论这类话题。",
        "对不起，我无法提供医疗建议，请咨询医生。",
        "我不能协助处理这个请求。",
        "恕我无可奉告。",
        "我们换个话题吧。",
        "很遗憾，我没法帮您，请咨询专业人士。",
        "我不便回答这类问题。",
    ],
)
def test_to_decline_is_no_answer_in_any_form(text: str) -> None:
    for item in (ONE, SYMPTOMS, TRUE, UNSAID, EXPLAINED):
        assert score(text, item, NAMES).verdict == "no_answer", item.form


@pytest.mark.parametrize(
    "text",
    [
        "I don't have any information about this.",
        "I do not have enough information.",
        "I don't have access to such data.",
        "I'm not familiar with this.",
        "I have never heard of that.",
        "This is beyond my knowledge.",
        "I have no knowledge of this.",
        "我不太清楚。",
        "这个我没听说过。",
        "说不准。",
        "我不掌握这方面的情况。",
        "我对此不太了解，请咨询医生。",
        "资料没有提到，我无法提供医疗建议。",
    ],
)
def test_not_to_know_is_to_abstain_in_any_form(text: str) -> None:
    assert score(text, UNSAID, NAMES).verdict == "right"
    for item in (ONE, SYMPTOMS, TRUE, EXPLAINED):
        assert score(text, item, NAMES).verdict == "abstained", item.form


def test_who_declines_one_thing_and_answers_claims() -> None:
    said = "I can't give medical advice, but pneumonia causes fever, cough, chest pain and dyspnea."

    assert score(said, SYMPTOMS, NAMES).verdict == "right"
    assert score("我不能提供医疗建议，不过答案是B。", ONE).verdict == "right"
    assert score("I can't give medical advice. It is usually aspirin.", UNSAID, NAMES).verdict == "wrong"
