from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kgtools.templates.pack import find_pack, load_pack
from kgtools.templates.render import render
from kgtools.templates.sandbox import FILTERS, Tails, environment
from kgtools.tools.errors import InputError, UsageError

Folder = Callable[..., Path]
USER = "{% block user_1 %}{{ head }}？{% endblock %}"
ASSISTANT = "{% block assistant_1 %}{{ tails | listed }}。{% endblock %}"


def fault(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_pack(folder)
    return str(caught.value)


def test_a_pack_gives_its_templates_sorted_by_name_and_language(pack_folder: Folder) -> None:
    pack = load_pack(pack_folder())

    assert [template.id for template in pack.templates] == ["mine@2.1/symptom.zh", "mine@2.1/symptom.en"]
    assert [len(template.variants) for template in pack.templates] == [1, 1]


def test_a_pack_is_found_by_its_folder(pack_folder: Folder) -> None:
    assert find_pack(str(pack_folder())).info.name == "mine"


def test_a_pack_is_found_by_its_registered_name() -> None:
    assert find_pack("clinicalgpt").info.name == "clinicalgpt"


def test_an_unknown_pack_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'clinicalgtp'; did you mean clinicalgpt or clinicalgpt-paper\?"):
        find_pack("clinicalgtp")


def test_a_file_that_is_missing_is_named(pack_folder: Folder) -> None:
    assert "symptom.en.j2 is missing; write it, or say why under missing: {en: ...}" in fault(pack_folder(en=None))


def test_a_language_that_is_missing_for_a_reason_needs_no_file(pack_folder: Folder) -> None:
    pack = load_pack(pack_folder(en=None, missing={"en": "values are Chinese"}))

    assert [template.lang for template in pack.templates] == ["zh"]


def test_a_file_that_belongs_to_no_template_is_named(pack_folder: Folder) -> None:
    assert "cause.zh.j2 belongs to no template" in fault(pack_folder(extra={"cause.zh.j2": USER + ASSISTANT}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"relations": ["HAS_SYMPTON"]},
            "'HAS_SYMPTON' is no relation or inverse of the ontology; did you mean HAS_SYMPTOM",
        ),
        (
            {"relations": ["SYMPTON_OF"]},
            "'SYMPTON_OF' is no relation or inverse of the ontology; did you mean SYMPTOM_OF",
        ),
        ({"head": "Desease"}, "'Desease' is no entity type of the ontology; did you mean Disease?"),
        ({"tail": "Symptoms"}, "'Symptoms' is no entity type of the ontology; did you mean Symptom?"),
        ({"relations": None, "attribute": "icd-10"}, "'icd-10' is no attribute of the ontology; did you mean icd10?"),
        ({"relations": None}, "give relations (with tail) or attribute"),
        ({"attribute": "icd10"}, "give relations (with tail) or attribute"),
        ({"tail": None}, "relations need the type of their tail"),
        ({"singel": True}, "templates.symptom.singel: there is no such key"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_the_way_out(
    pack_folder: Folder, wrong: dict[str, object], message: str
) -> None:
    said = fault(pack_folder(**wrong))

    assert message in said
    assert "pack.yaml:" in said


@pytest.mark.parametrize("name", ["a#1", "a/b", "a@2", "a b", ""])
@pytest.mark.parametrize("key", ["name", "version", "templates"])
def test_a_name_that_would_break_the_mark_of_a_template_is_refused(pack_folder: Folder, key: str, name: str) -> None:
    folder = pack_folder()
    about = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
    about |= {key: {name: about["templates"]["symptom"]} if key == "templates" else name}
    (folder / "pack.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")

    assert "pack.yaml:" in fault(folder)


def test_a_pack_without_a_version_is_refused_at_its_line(pack_folder: Folder) -> None:
    folder = pack_folder()
    about = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
    del about["version"]
    (folder / "pack.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")

    assert fault(folder).endswith(
        'pack.yaml:1: version: Field required; write version: "1.0.0", in quotes and without spaces, @, /, # and \\'
    )


def test_a_pack_under_what_is_no_licence_is_refused_at_its_line(pack_folder: Folder) -> None:
    folder = pack_folder()
    text = (folder / "pack.yaml").read_text(encoding="utf-8")
    (folder / "pack.yaml").write_text(text.replace("CC0-1.0", "CC0"), encoding="utf-8")

    said = fault(folder)
    (folder / "pack.yaml").write_text(text.replace("CC0-1.0", "cc0-1.0"), encoding="utf-8")

    assert "license: " in said
    assert "'CC0': no licence of SPDX's list; did you mean CC0-1.0?" in said
    assert load_pack(folder).info.license == "CC0-1.0"


@pytest.mark.parametrize(
    "text",
    [
        "",
        USER,
        ASSISTANT,
        USER + ASSISTANT + USER.replace("1", "2"),
        USER.replace("1", "2") + ASSISTANT.replace("1", "2"),
        USER + ASSISTANT + USER.replace("1", "3") + ASSISTANT.replace("1", "3"),
        USER + ASSISTANT.replace("1", "2"),
    ],
)
def test_variants_that_are_no_pairs_are_refused(pack_folder: Folder, text: str) -> None:
    assert "must be pairs of blocks user_1 and assistant_1" in fault(pack_folder(zh=text))


@pytest.mark.parametrize("name", ["user", "user_0", "user_01", "system_1", "user_1_zh", "users_1"])
def test_a_block_of_another_name_is_refused_at_its_line(pack_folder: Folder, name: str) -> None:
    said = fault(pack_folder(zh="\n" + USER.replace("user_1", name) + ASSISTANT))

    assert f"symptom.zh.j2:2: a block is called {name!r}; expected user_1" in said


def test_a_block_that_stands_twice_is_refused(pack_folder: Folder) -> None:
    said = fault(pack_folder(zh=f"{USER}\n{ASSISTANT}\n{USER}"))

    assert "symptom.zh.j2:3: user_1 stands twice" in said


def test_a_block_within_a_block_is_refused(pack_folder: Folder) -> None:
    inner = "{% block user_1 %}{{ head }}{% block mark %}？{% endblock %}{% endblock %}"

    assert "symptom.zh.j2:1: block mark stands within block user_1" in fault(pack_folder(zh=inner + ASSISTANT))


def test_text_outside_of_the_blocks_is_refused_at_its_line(pack_folder: Folder) -> None:
    assert "symptom.zh.j2:2: text outside of the blocks" in fault(pack_folder(zh=f"{USER}\n好\n{ASSISTANT}"))


def test_a_comment_between_the_blocks_is_no_text(pack_folder: Folder) -> None:
    pack = load_pack(pack_folder(zh=USER + "\n{# ours #}\n" + ASSISTANT))

    assert len(pack.templates[0].variants) == 1


def test_all_that_is_wrong_is_told_at_once(pack_folder: Folder) -> None:
    folder = pack_folder(
        zh=USER.replace("head", "head | upper") + "\n" + ASSISTANT.replace("tails", "tails[0]"),
        relations=["NO"],
        tail="Symptoms",
    )

    assert [line.rpartition("/")[2].partition("; ")[0] for line in fault(folder).splitlines()] == [
        "pack.yaml:8: symptom: 'Symptoms' is no entity type of the ontology",
        "pack.yaml:7: symptom: 'NO' is no relation or inverse of the ontology",
        "symptom.zh.j2:1: no filter 'upper'",
        "symptom.zh.j2:2: getitem is not for templates",
    ]


def test_a_syntax_error_is_told_with_its_line(pack_folder: Folder) -> None:
    assert "symptom.zh.j2:3: " in fault(pack_folder(zh=f"{USER}\n{ASSISTANT}\n{{% block user_2 %}}{{{{ head"))


def test_a_file_that_is_not_utf_8_is_told_with_the_byte(pack_folder: Folder) -> None:
    assert "symptom.zh.j2:1: not UTF-8 at byte 18; save it as UTF-8" in fault(
        pack_folder(zh="{% block user_1 %}诊断{{ head }}？{% endblock %}".encode("gb18030"))
    )


@pytest.mark.parametrize(
    "code",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ tails[0] }}",
        "{{ head.upper() }}",
        "{{ range(3) }}",
        "{{ head ~ head }}",
        "{{ 7 * 7 }}",
        "{{ head if head else 1 }}",
        "{{ [head] }}",
        "{{ (head, head) }}",
        "{{ {head: 1} }}",
        "{{ -1 }}",
        "{% set x = head %}",
        "{% set x %}{{ head }}{% endset %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'other.j2' %}",
        "{% import 'other.j2' as other %}",
        "{% from 'other.j2' import other %}",
        "{% with x = head %}{% endwith %}",
        "{% filter listed %}{% endfilter %}",
        "{% for t in tails %}{{ loop.previtem }}{% endfor %}",
        "{% for t in tails %}{{ loop['index'] }}{% endfor %}",
        "{% for t in tails %}{{ t.index }}{% endfor %}",
        "{% for t in tails if loop.first %}{{ t }}{% endfor %}",
        "{% for t in tails %}{{ t }}{% else %}{{ loop.index }}{% endfor %}",
        "{{ loop.index }}",
    ],
)
def test_what_is_no_phrasing_is_refused_at_its_line(pack_folder: Folder, code: str) -> None:
    said = fault(pack_folder(zh="\n{% block user_1 %}" + code + "{% endblock %}" + ASSISTANT))

    assert "symptom.zh.j2:2: " in said
    assert " is not for templates; " in said


LISTED = "{{ tails | listed }}"


@pytest.mark.parametrize(
    ("code", "way_out"),
    [
        ("{{ tails[:3] | listed }}", f"it leaves some out; say all of them: {LISTED}, or {{% for tail in tails %}}"),
        ("{{ tails[0] }}", f"it leaves some out; say all of them: {LISTED}"),
        ("{{ tails | first }}", f"it leaves some out; say all of them: {LISTED}"),
        ("{{ tails | random }}", f"it leaves some out; say all of them: {LISTED}"),
        ("{{ tails | length }}", "a count says no tail: ask {% if tails is several %}; say all of them: {{ tails | listed }}"),
        ("{{ tails | sort | listed }}", f"tails have an order: write {LISTED}"),
        ("{{ head | capitalize }}", "only a first letter becomes a capital: {{ head | first_upper }}"),
        ("{{ head | e }}", "names are clean and told as they are: write {{ head }}"),
        ("{% set n = tails %}", "write {{ head }} and {{ tails | listed }} where they are said"),
        ("{{ tails.join('、') }}", 'write a filter behind the name: {{ tails | join(", ") }}'),
        ("{{ head ~ head }}", "texts stand side by side, without a sign between: "),
        ("{{ 'x' if head else 'y' }}", "write {% if tails is several %}are{% else %}is{% endif %}"),
        ("{% include 'other.j2' %}", "write the words into the block itself"),
        ("{{ 7 * 7 }}", "compute in Python, phrase in Jinja"),
        ("{% for t in tails %}{{ loop.previtem }}{% endfor %}", "a loop has loop.first, loop.last, loop.index, "),
        ("{{ loop.index }}", "loop is of the inside of {% for tail in tails %}"),
        ("{{ tails | listed(或) }}", 'write listed("或")'),
        ("{{ tails | join(sep='、') }}", 'write join("或")'),
        ("{{ tails | join(1) }}", 'write join("或")'),
        ("{{ head | no_stop('。') }}", "write | no_stop"),
        ("{{ head }.", "close {{ with }} and {% with %}: {{ tails | listed }}"),
        ("{{ head 有", "write one name with its filters, and close it: {{ tails | listed }}"),
        ("{{ head | }}", "write a filter behind |: {{ tails | listed }}"),
        ("{{ }}", "write a name into {{ }} and a condition into {% if %}"),
        ("{{ tails | listed(“或”) }}", "within {{ }} and {% %} quotes, brackets and commas are half-width and straight: "),
        ("{{ tails | listed('或) }}", "end a text with the quote that begins it: "),
        ("{{ tails | listed) }}", "open each bracket before you close it: "),
        ("{% if tails is several %}多", "write {% endif %} before {% endblock %}"),
        ("多{% endfor %}", "take {% endfor %} out, or begin it with {% for ... %}"),
        ("多{% else %}", "take {% else %} out, or begin with {% if ... %}"),
        ("{% when tails %}", "there are {% block %}, {% if %} with {% elif %} and {% else %}, and {% for %}"),
        ("{% for tails %}{% endfor %}", "write {% for tail in tails %}"),
        ("{% if tails several %}{% endif %}", "write {% if tails is several %} or {% for tail in tails %}"),
        ("{# 多", "close {# with #}"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_with_what_to_write_instead(pack_folder: Folder, code: str, way_out: str) -> None:
    said = fault(pack_folder(zh="\n{% block user_1 %}" + code + "{% endblock %}" + ASSISTANT))

    assert "symptom.zh.j2:2: " in said
    assert f"; {way_out}" in said


@pytest.mark.parametrize(
    ("change", "way_out"),
    [
        ({"paths": {"x": "symptom"}}, ":12: paths.x: expected a list: [one, two]; write paths: {symptom_to_department: ["),
        ({"paths": ["symptom"]}, ": paths: expected keys with values: {key: value}; write paths: {symptom_to_department: ["),
        ({"paths": {"x": [["symptom"]]}}, "; write paths: {symptom_to_department: ["),
        ({"paths": {"x y": ["symptom"]}}, "; write the name 'x y' without spaces, @, /, # and \\"),
        ({"templates": {"symptom": ["HAS_SYMPTOM"]}}, "expected keys with values: {key: value}; write symptom: {head: Disease, "),
        ({"missing": ["en"]}, ": expected keys with values: {key: value}; write missing: {en: why there is none in English}"),
        ({"missing": "en"}, "; write missing: {en: why there is none in English}"),
        ({"missing": {"en": None}}, "; write missing: {en: why there is none in English}"),
        ({"origin": {"zh": "ours"}}, ": expected a list: [one, two]; write origin: {zh: [ours, paper], en: [ours, paper]}"),
        ({"relations": "HAS_SYMPTOM"}, ": expected a list: [one, two]; write relations: [HAS_SYMPTOM]"),
        ({"head": None}, "; write head: Disease, or another entity type"),
        ({"single": "maybe"}, "; write single: true, or leave it out"),
    ],
)  # fmt: skip
def test_a_key_of_another_form_is_told_with_how_it_is_written(
    tmp_path: Path, change: dict[str, object], way_out: str
) -> None:
    template = {"head": "Disease", "tail": "Symptom", "relations": ["HAS_SYMPTOM"]}
    whole = {key: value for key, value in change.items() if key in ("paths", "templates")}
    template |= {key: value for key, value in change.items() if key not in whole}
    pack = {"license": "MIT", "name": "mine", "title": "t", "version": "1", "templates": {"symptom": template}, **whole}
    (tmp_path / "pack.yaml").write_text(yaml.safe_dump(pack, sort_keys=False), encoding="utf-8")

    assert way_out in fault(tmp_path)


def test_a_pack_yaml_with_an_open_bracket_is_told_to_close_it(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("name: mine\nmissing: [en\n", encoding="utf-8")

    assert "pack.yaml:3: not valid YAML: " in fault(tmp_path)
    assert "; close each bracket and quote, indent by spaces" in fault(tmp_path)


def test_a_loop_tells_where_it_is(pack_folder: Folder) -> None:
    text = "{% for t in tails %}{{ loop.index }}）{{ t }}{% if not loop.last %}；{% endif %}{% endfor %}。"
    template = load_pack(pack_folder(zh=USER + "{% block assistant_1 %}" + text + "{% endblock %}")).templates[0]

    _, answers = render(template, template.variants[0], ["甲"], [["乙", "丙"]])

    assert answers == ["1）乙；2）丙。"]


def test_a_template_that_extends_another_is_refused(pack_folder: Folder) -> None:
    assert "extends is not for templates" in fault(pack_folder(zh="{% extends 'other.j2' %}" + USER + ASSISTANT))


@pytest.mark.parametrize("name", ["listd", "upper", "attr", "map", "tojson", "safe"])
def test_a_filter_that_we_do_not_document_is_refused(pack_folder: Folder, name: str) -> None:
    assert f"symptom.zh.j2:1: no filter {name!r}; " in fault(
        pack_folder(zh=USER.replace("head", f"head | {name}") + ASSISTANT)
    )


def test_if_and_for_are_for_templates(pack_folder: Folder) -> None:
    text = (
        "{% block assistant_1 %}{% for t in tails %}{% if t != head %}{{ t }}；{% endif %}{% endfor %}。{% endblock %}"
    )

    assert len(load_pack(pack_folder(zh=USER + text)).templates[0].variants) == 1


def test_a_sandbox_holds_no_globals_and_our_filters_alone() -> None:
    for lang in ("zh", "en"):
        made = environment(lang)

        assert not made.globals
        assert set(made.filters) == {
            "first_upper",
            "join",
            "listed",
            "no_stop",
            *(["with_article"] if lang == "en" else []),
        }


@pytest.mark.parametrize(
    ("lang", "items", "text"),
    [
        ("zh", ["甲"], "甲"),
        ("zh", ["甲", "乙"], "甲、乙"),
        ("zh", ["甲", "乙", "丙"], "甲、乙、丙"),
        ("en", ["a"], "a"),
        ("en", ["a", "b"], "a and b"),
        ("en", ["a", "b", "c"], "a, b and c"),
        ("en", ["a", "b and c"], "a as well as b and c"),
        ("en", ["a", "b and c", "d"], "a, b and c, as well as d"),
    ],
)
def test_listed_lists_as_its_language_does(lang: str, items: list[str], text: str) -> None:
    assert FILTERS[lang]["listed"](items) == text


@pytest.mark.parametrize(
    ("lang", "items", "link", "text"),
    [
        ("zh", ["甲"], "和", "甲"),
        ("zh", ["甲", "乙", "丙"], "和", "甲、乙和丙"),
        ("zh", ["甲", "乙", "丙"], "或", "甲、乙或丙"),
        ("en", ["a", "b", "c"], "or", "a, b or c"),
        ("en", ["a", "b or c"], "or", "a, or b or c"),
    ],
)
def test_listed_takes_the_word_before_the_last(lang: str, items: list[str], link: str, text: str) -> None:
    assert FILTERS[lang]["listed"](items, link) == text


def test_of_a_list_that_is_not_whole_listed_says_so_with_any_word() -> None:
    assert FILTERS["zh"]["listed"](Tails.of(["甲", "乙"], True), "和") == "甲和乙等"
    assert FILTERS["en"]["listed"](Tails.of(["a", "b"], True), "or") == "a or b, among others"


@pytest.mark.parametrize(
    ("article", "words"),
    [
        (
            "an",
            "ulcer MRI X-ray ECG hour H2 IgA eGFR mRNA 8-year-old 18-hour uninfected umbilical urgent oedema Addison",
        ),
        ("a", "fever CT UTI uterus urinary ureteral unilateral one-sided hepatitis head T-cell 100-mg euthyroid"),
    ],
)
def test_an_article_is_the_one_that_is_said(article: str, words: str) -> None:
    assert [word for word in words.split() if FILTERS["en"]["with_article"](word) != f"{article} {word}"] == []


@pytest.mark.parametrize(
    ("items", "partial", "verb"), [(["a"], False, "is"), (["a"], True, "are"), (["a", "b"], False, "are")]
)
def test_a_template_can_tell_one_answer_from_several(items: list[str], partial: bool, verb: str) -> None:
    text = "{% if tails is several %}are{% else %}is{% endif %}"

    assert environment("en").from_string(text).render(tails=Tails.of(items, partial)) == verb


@pytest.mark.parametrize("name", ["listed", "join"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_text_is_not_listed_letter_by_letter(lang: str, name: str) -> None:
    with pytest.raises(TypeError, match="takes a list, as tails is"):
        FILTERS[lang][name]("糖尿病")


@pytest.mark.parametrize(
    ("text", "upper"),
    [
        ("gout", "Gout"),
        ("IgA disease", "IgA disease"),
        ("eGFR low", "EGFR low"),
        ("2型", "2型"),
        ("", ""),
        ("éa", "Éa"),
    ],
)
def test_first_upper_touches_the_first_letter_alone(text: str, upper: str) -> None:
    assert FILTERS["en"]["first_upper"](text) == upper


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("规律运动。", "规律运动"),
        ("one. Two.", "one. Two"),
        ("甲；", "甲"),
        ("甲。。", "甲"),
        ("甲！", "甲！"),
        ("", ""),
    ],
)
def test_no_stop_takes_full_stops_from_the_end(text: str, bare: str) -> None:
    assert FILTERS["zh"]["no_stop"](text) == bare


def test_join_puts_the_separator_between() -> None:
    assert FILTERS["zh"]["join"](["甲", "乙", "丙"], "；") == "甲；乙；丙"
    assert FILTERS["zh"]["join"](["甲", "乙"]) == "甲乙"
