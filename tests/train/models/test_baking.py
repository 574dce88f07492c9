"""What is written into a chat template: it renders as if it had been given each time, and stays what it was."""

import datetime
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.data.chat import chat
from kgtools.train.template_kwargs import CODES, bake
from tests.train.conftest import TALK, apply_template, question

DAY = datetime.date(2025, 3, 7)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8") | st.sampled_from("{}%#\\\"'\n\0"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def rendered(template: str, **given: Any) -> str:
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, _ = render_jinja_template(conversations=[question(1)], chat_template=template, **given)
    return str(texts[0])


@settings(max_examples=60)
@given(value=VALUES)
def test_any_value_of_json_is_in_the_template_what_it_was(value: Any) -> None:
    assert json.loads(rendered(bake("{{ value | tojson }}", {"value": value}, None))) == value


@pytest.mark.parametrize(
    "template", ["\n\n{{ x }}", "  {% if x %}\n a{% endif %}", "{{- x }}", "{# why #}\n\n {{ x }}", "a {{ x }}\n\n"]
)
def test_a_template_gives_the_text_that_it_gives_when_it_is_told_each_time(template: str) -> None:
    assert rendered(bake(template, {"x": "y"}, None)) == rendered(template, x="y")


def test_a_macro_and_a_loop_know_an_argument_too() -> None:
    template = "{% macro say() %}{{ x }}{% endmacro %}{% for m in messages %}{{ x }}{{ say() }}{% if x is defined %}!{% endif %}"

    assert rendered(bake(template + "{% endfor %}", {"x": 1}, None)) == "11!"


def test_a_later_argument_takes_the_place_of_an_earlier_one_and_leaves_the_others() -> None:
    first = bake("{{ x }}{{ y }}{{ strftime_now('%Y') }}", {"x": 1, "y": 2}, DAY)

    assert rendered(bake(first, {"y": 3}, None)) == "132025"
    assert bake(first, {}, None) == first
    assert rendered(bake(first, {}, datetime.date(1999, 1, 1))) == "121999"


@pytest.mark.parametrize(
    "form", ["%d %b %Y", "%A, %-d. %B %y", "100%% %%d %j", "%F %H:%M:%S %p", "%c|%x|%X", "年%m月", ""]
)
def test_now_is_midnight_of_the_day_in_any_format(form: str) -> None:
    template = bake("{{ strftime_now(messages[0].form) }}", {}, DAY)
    message = question(1)[0] | {"form": form}
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, _ = render_jinja_template(conversations=[[message]], chat_template=template)

    assert texts == [datetime.datetime(2025, 3, 7).strftime(form)]


def test_each_code_of_a_format_is_known() -> None:
    form = "|".join(f"%{code}" for code in CODES)

    assert rendered(bake(f"{{{{ strftime_now('{form}') }}}}", {}, DAY)) == datetime.datetime(2025, 3, 7).strftime(form)


def test_a_template_that_asks_for_no_date_is_left_as_it_is() -> None:
    assert bake("{{ messages[0].content }}", {}, DAY) == "{{ messages[0].content }}"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ enable_thinking }}", r"did you mean enable_thinking\?"),
        ("{{ documents }}{{ bos_token }}{{ messages }}", "there are: documents"),
        ("{{ messages }}", "it asks for none"),
    ],
)
def test_an_argument_that_the_template_does_not_ask_for_is_refused(template: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"template_arguments\.enable_thinkin: .* does not ask for it; {said}"):
        bake(template, {"enable_thinkin": False}, None)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("{{ ['a', 'b'] | random }}", "the filter random"),
        ("{{ [['a', 'b']] | map('random') | list }}", "the filter random"),
        ("{% for m in messages %}{{ lipsum(n=1) }}{% endfor %}", "lipsum"),
    ],
)
def test_a_template_that_draws_at_random_is_refused(template: str, named: str) -> None:
    with pytest.raises(InputError, match=f"draws at random, with {named}"):
        bake(template, {}, None)


def test_a_template_that_is_none_is_refused_before_a_row_is_looked_at(tokenizer: Any, tmp_path: Any) -> None:
    (tmp_path / "broken.jinja").write_text("{% for m in messages %}", encoding="utf-8")

    with pytest.raises(InputError, match=r"cannot be read: .*another template: chat_template=plain"):
        chat(tokenizer, str(tmp_path / "broken.jinja"), None)


def test_whoever_loads_the_tokenizer_asks_as_was_trained(tokenizer: Any, tmp_path: Any) -> None:
    from transformers import AutoTokenizer

    file = tmp_path / "own.jinja"
    file.write_text(
        "\n{{ strftime_now('%d %b %Y') }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"
        "{% if add_generation_prompt and not enable_thinking %}<think></think>{% endif %}", encoding="utf-8",
    )  # fmt: skip
    talk = chat(apply_template(tokenizer, "chatml").tokenizer, str(file), None, None, {"enable_thinking": False}, DAY)
    talk.tokenizer.save_pretrained(tmp_path / "kept")
    again = AutoTokenizer.from_pretrained(tmp_path / "kept")

    asked = again.apply_chat_template(TALK[:4], tokenize=False, add_generation_prompt=True)

    assert asked == talk.ask(TALK[:4])
    assert asked.startswith("\n07 Mar 2025你是医生。")
    assert asked.endswith("<think></think>")
    assert chat(again, "auto", None).template == talk.template
