import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kgtools.templates.describe import describe, describe_template
from kgtools.templates.pack import find_pack, load_pack
from kgtools.tools.errors import UsageError

Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]


def test_packs_alone_lists_as_packs_list_does(command: Run) -> None:
    bare, listed = command("packs"), command("packs", "list")

    assert bare.returncode == 0, bare.stderr
    assert bare.stdout == listed.stdout
    assert "clinicalgpt-paper" in bare.stdout


def test_packs_are_listed_with_their_templates_and_variants(command: Run, pack_folder: Folder) -> None:
    done = command("packs", "list", pack_folder(), "--format", "json")

    assert json.loads(done.stdout) == [
        {"pack": "mine", "version": "2.1", "templates": 1, "variants": 2, "license": "CC0-1.0", "title": "A pack"}
    ]


def test_a_pack_tells_what_each_template_asks_and_what_is_missing(pack_folder: Folder) -> None:
    told = describe(load_pack(pack_folder(en=None, missing={"en": "nobody wrote it"})))

    assert (told["pack"], told["version"], told["license"], told["title"]) == ("mine", "2.1", "CC0-1.0", "A pack")
    assert told["templates"] == [
        {
            "template": "symptom", "head": "Disease", "relations": ["HAS_SYMPTOM"], "attribute": None, "tail": "Symptom",
            "single": False, "variants": {"zh": 1}, "missing": {"en": "nobody wrote it"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pack", "path", "leads"),
    [
        ("clinicalgpt", "symptoms_treatment", "(Symptom)<-[HAS_SYMPTOM]-(Disease)-[HAS_TREATMENT]->(Treatment)"),
        ("extended", "symptoms_cure_rate", "(Symptom)<-[HAS_SYMPTOM]-(Disease)-[cure_rate]->(value)"),
        ("extended", "diseases_drug_products", "(Disease)<-[COMMON_DRUG_FOR]-(Drug)-[HAS_PRODUCT]->(Product)"),
    ],
)
def test_a_path_is_told_with_its_hops_and_where_it_leads(pack: str, path: str, leads: str) -> None:
    (told,) = [each for each in describe(find_pack(pack))["paths"] if each["path"] == path]

    assert (told["hops"], told["leads"]) == (2, leads)


TEXT = """{# ours #}
{% block user_1 %}{{ head }}的症状？{% endblock %}

{%- block assistant_1 -%}
  {% if head %}症状：{% endif %}{{ tails | listed }}。
{% endblock %}
"""


def test_a_template_is_shown_with_every_text_as_it_is_written(pack_folder: Folder) -> None:
    told = describe_template(load_pack(pack_folder(zh=TEXT)), "symptom")

    zh, en = told["texts"]
    assert (zh["lang"], zh["variant"], zh["line"], zh["user"]) == ("zh", 1, 2, "{{ head }}的症状？")
    assert zh["assistant"].strip() == "{% if head %}症状：{% endif %}{{ tails | listed }}。"
    assert en["user"] == "What are the signs of {{ head }}?"


def test_a_template_that_there_is_not_names_the_nearest(pack_folder: Folder) -> None:
    with pytest.raises(UsageError, match="mine has no template 'symptoms'; did you mean symptom"):
        describe_template(load_pack(pack_folder()), "symptoms")


def test_show_prints_both_for_people_and_for_programs(command: Run, pack_folder: Folder) -> None:
    folder = pack_folder()

    pack, template = command("packs", "show", folder), command("packs", "show", folder, "symptom")
    read = command("packs", "show", folder, "symptom", "--format", "json")

    assert "mine 2.1: A pack" in pack.stdout
    assert "HAS_SYMPTOM" in pack.stdout
    assert f"zh#1  {folder}/symptom.zh.j2:1\n  {{{{ head }}}}有什么症状？" in template.stdout
    assert json.loads(read.stdout)["texts"][1]["assistant"] == "These: {{ tails | listed }}."
