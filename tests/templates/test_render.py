from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtools.templates.pack import Template, load_pack
from kgtools.templates.render import render
from kgtools.templates.sandbox import FILTERS, TESTS
from kgtools.tools.errors import InputError

Folder = Callable[..., Path]
PACKS = sorted(path.parent for path in (Path(__file__).parents[2] / "templates" / "packs").rglob("pack.yaml"))
TEMPLATES = [template for folder in PACKS for template in load_pack(folder).templates]

HOSTILE = st.sampled_from(
    ["'", '"', "`", "\\", "{{ 7*7 }}", "{{ head }}", "{% raw %}", "{% endraw %}", "{% endblock %}", "{# x #}", "{{", "}}", "{%", "\n", "\r\n",
     "\t", "\0", "\u200b", "\ufeff", "😀", "👩\u200d⚕️", "\u202e", "\u2028", "مرض", "|||", "<b>", "&amp;", "%s", "{0}", "$1", "𬌗", "é", "甲"]
)  # fmt: skip
NAMES = (
    st.lists(HOSTILE | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"), max_size=4), min_size=1, max_size=6)
    .map(lambda parts: "".join(parts).strip())
    .filter(bool)
)  # fmt: skip


def symptom(folder: Path) -> Template:
    return load_pack(folder).templates[0]


def one_by_one(template: Template, number: int, head: str, tails: list[str]) -> tuple[str, str]:
    """The same file rendered by plain Jinja, a block at a time."""
    plain = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    plain.filters, plain.tests = dict(FILTERS[template.lang]), dict(TESTS)
    parsed = plain.from_string(template.file.read_text(encoding="utf-8"))
    context = parsed.new_context({"head": head, "tails": tails})
    user, assistant = ("".join(parsed.blocks[f"{role}_{number}"](context)) for role in ("user", "assistant"))
    return user.strip(), assistant.strip()


@given(head=NAMES, tails=st.lists(NAMES, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_hostile_name_comes_out_as_it_went_in(head: str, tails: list[str]) -> None:
    template = next(t for t in TEMPLATES if t.id == "clinicalgpt-paper@1.0.0/symptom.zh")

    users, assistants = render(template, template.variants[0], [head, "痛风"], [tails, ["关节痛"]])

    assert users == [f"{head}有哪些常见症状？", "痛风有哪些常见症状？"]
    assert assistants == [f"{head}的常见症状包括{'、'.join(tails)}。", "痛风的常见症状包括关节痛。"]


@given(data=st.data(), rows=st.lists(st.tuples(NAMES, st.lists(NAMES, min_size=1, max_size=4)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_many_rows_in_one_call_are_the_rows_one_by_one(data: st.DataObject, rows: list[tuple[str, list[str]]]) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    variant = data.draw(st.sampled_from(template.variants))

    users, assistants = render(template, variant, [head for head, _ in rows], [tails for _, tails in rows])

    assert list(zip(users, assistants, strict=True)) == [one_by_one(template, variant.number, *row) for row in rows]


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.id for template in TEMPLATES])
def test_every_variant_of_our_packs_names_its_head_and_its_tails(template: Template) -> None:
    for variant in template.variants:
        (user,), (assistant,) = render(template, variant, ["Ωhead"], [["tail-α", "tail-β"]])

        assert "Ωhead" in user
        assert "tail-α" in assistant
        assert "tail-β" in assistant


def test_no_rows_give_no_texts(pack_folder: Folder) -> None:
    template = symptom(pack_folder())

    assert render(template, template.variants[0], [], []) == ([], [])


@pytest.mark.parametrize(("head", "tail"), [("痛\x1e风", "关节痛"), ("痛风", "关节\x1e痛")])
def test_a_name_with_the_character_that_ends_a_text_is_refused(pack_folder: Folder, head: str, tail: str) -> None:
    template = symptom(pack_folder())

    with pytest.raises(InputError, match=r"symptom\.zh\.j2: a name holds the control character U\+001E"):
        render(template, template.variants[0], [head], [[tail]])


@pytest.mark.parametrize("name", ["tail", "rows", "self", "loop", "names"])
def test_a_name_that_a_block_does_not_get_is_an_error_and_no_empty_text(pack_folder: Folder, name: str) -> None:
    text = "{% block user_1 %}{{ head }}{{ NAME }}？{% endblock %}{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"
    template = symptom(pack_folder(zh=text.replace("NAME", name)))

    with pytest.raises(InputError, match=r"symptom\.zh\.j2: variant 1 cannot be rendered: "):
        render(template, template.variants[0], ["痛风"], [["关节痛"]])


@pytest.mark.parametrize("code", ["tails", "tails | no_stop", "tails | first_upper", "head | listed", "head == head"])
def test_what_is_no_text_is_not_printed(pack_folder: Folder, code: str) -> None:
    text = "{% block user_1 %}{{ head }}？{% endblock %}{% block assistant_1 %}{{ CODE }}。{% endblock %}"
    template = symptom(pack_folder(zh=text.replace("CODE", code)))

    with pytest.raises(InputError, match=r"symptom\.zh\.j2: variant 1 cannot be rendered: "):
        render(template, template.variants[0], ["痛风"], [["关节痛"]])


def test_a_name_that_a_loop_sets_ends_with_the_loop(pack_folder: Folder) -> None:
    text = "{% block user_1 %}{% for head in tails %}{{ head }}，{% endfor %}{{ head }}？{% endblock %}"
    text += "{% block assistant_1 %}{{ head }}。{% endblock %}"
    template = symptom(pack_folder(zh=text))

    assert render(template, template.variants[0], ["痛风"], [["甲", "乙"]]) == (["甲，乙，痛风？"], ["痛风。"])
