"""A recipe into a mix: what is drawn, what is taken out and why, the same bytes each time."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml

from kgtools.corpora.mix import merge as merging
from kgtools.corpora.mix.recipe import HERE, MixRecipe, load_recipe, names
from kgtools.corpora.record import RECORDS
from kgtools.tools.inputs.files import digest
from tests.conftest import Ran

Kgtools = Callable[..., Ran]


def write(folder: Path, rows: list[tuple[str, str]], **columns: Any) -> Path:
    """Records of questions and answers."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = {
        "task": "qa",
        "lang": "zh",
        "facts": [],
        "source": folder.name,
        "license": "CC0-1.0",
        "meta": "{}",
    } | columns
    made = [
        shared | {
            "id": digest(f"{folder.name}|{question}|{answer}"), "group": digest(question),
            "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
        }
        for question, answer in rows
    ]  # fmt: skip
    RECORDS.frame(made).write_parquet(folder / "records.parquet")
    return folder


def ask(number: int, topic: str = "痛风") -> tuple[str, str]:
    """A question and answer like no other, so that no two are near duplicates."""
    words = digest(f"{topic}{number}")
    return f"{topic}第{words[:8]}问：{words[8:]}？", f"答：{digest(words)}，{digest(words + 'x')}。"


def recipe(folder: Path, sources: dict[str, Any], **settings: Any) -> Path:
    file = folder / "recipe.yaml"
    file.write_text(
        yaml.safe_dump({"title": "a mix", "sources": sources, **settings}, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    return file


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with the records of two sources, 40 and 10."""
    write(tmp_path / "a", [ask(n) for n in range(40)])
    write(tmp_path / "b", [ask(n, "高血压") for n in range(10)], lang="zh", license="unknown")
    return tmp_path


def test_a_mix_holds_the_shares_and_says_what_was_not_drawn(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a", "share": 0.5}, "b": {"path": "b", "share": 0.5}})

    ran = kgtools("merge", file, "--out", two / "mix", "--format", "json")

    mix = pl.read_parquet(two / "mix" / "records.parquet")
    assert ran.code == 0, ran.err
    assert dict(mix.group_by("source").len().iter_rows()) == {"a": 10, "b": 10}
    assert [(row["source"], row["drawn"], row["available"]) for row in ran.json["drawn"]] == [
        ("a", 10, 40),
        ("b", 10, 10),
    ]
    assert ran.json["removed"] == [{"step": "draw", "source": "a", "reason": "not-drawn", "records": 30}]
    removed = pl.read_parquet(two / "mix" / "removed.parquet")
    assert removed.height == 30
    assert set(removed["id"]).isdisjoint(mix["id"])


def test_the_paths_of_sources_may_be_given_on_the_command_line(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"bring": "forty records"}, "b": {"bring": "ten records"}})

    ran = kgtools(
        "merge",
        file,
        "--source",
        f"a={two / 'a'}",
        "--source",
        f"b={two / 'b' / 'records.parquet'}",
        "--out",
        two / "mix",
    )

    assert ran.code == 0, ran.err
    assert pl.read_parquet(two / "mix" / "records.parquet").height == 50


def test_every_missing_source_is_named_with_what_it_is(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a"}, "c": {"bring": "the C set"}, "d": {"bring": "the D set"}})

    ran = kgtools("merge", file, "--out", two / "mix")

    assert ran.code == 2
    assert "--source c=PATH  the C set" in ran.err
    assert "--source d=PATH  the D set" in ran.err
    assert not (two / "mix").exists()


def test_a_source_may_be_left_away_and_the_mix_says_so(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a"}, "c": {"bring": "the C set"}})

    ran = kgtools("merge", file, "--without", "c", "--out", two / "mix")

    assert ran.code == 0, ran.err
    assert "not brought: c (the C set)" in ran.err
    assert orjson.loads((two / "mix" / "run.json").read_bytes())["missing"] == {"c": "the C set"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--source", "x=a"], "has no such source; there are: a, b"),
        (["--source", "a"], "expected key=value"),
        (["--seed", "99999999999999999999"], "--seed"),
        (["--without", "x"], "--without x: the recipe has no such source"),
        (["--without", "a", "--without", "b"], "none of the recipe's sources is here"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_is_written(two: Path, kgtools: Kgtools, words: list[str], said: str) -> None:
    file = recipe(two, {"a": {"path": "a"}, "b": {"path": "b"}})

    ran = kgtools("merge", file, *words, "--out", two / "mix")

    assert ran.code == 2
    assert said in ran.err
    assert not (two / "mix" / "records.parquet").exists()


@pytest.mark.parametrize("name", ["clinicalgtp", "none.yaml"])
def test_a_recipe_that_there_is_not_is_told(kgtools: Kgtools, name: str, tmp_path: Path) -> None:
    ran = kgtools("merge", name, "--out", tmp_path / "mix")

    assert ran.code == 2
    assert f"no recipe is called '{name}'" in ran.err


def test_a_fault_of_a_recipe_has_its_line(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a", "wieght": 2}})

    ran = kgtools("merge", file, "--out", two / "mix")

    assert ran.code == 2
    assert f"{file}:5: sources.a.wieght" in ran.err


def test_a_dry_run_counts_the_same_and_writes_nothing(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a", "share": 0.5}, "b": {"path": "b", "share": 0.5}})

    dry = kgtools("merge", file, "--dry-run", "--out", two / "mix", "--format", "json")
    assert not (two / "mix").exists()
    wet = kgtools("merge", file, "--out", two / "mix", "--format", "json")

    assert (dry.code, wet.code) == (0, 0)
    assert dry.json == wet.json


def test_the_same_recipe_gives_the_same_bytes_and_another_seed_another_order(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a"}, "b": {"path": "b"}})

    def mix(name: str, *words: str) -> dict[str, bytes]:
        assert kgtools("merge", file, "--out", two / name, *words).code == 0
        return {path.name: path.read_bytes() for path in sorted((two / name).iterdir())}

    first, again, other = mix("one"), mix("two"), mix("three", "--seed", "7")

    assert first == again
    assert first["records.parquet"] != other["records.parquet"]
    assert list(first) == ["mix.svg", "records.parquet", "removed.parquet", "run.json"]


def test_the_hash_seed_of_python_changes_no_byte(two: Path) -> None:
    file = recipe(two, {"a": {"path": "a", "share": 0.5}, "b": {"path": "b", "share": 0.5}})
    found = []
    for seed in ("1", "2"):
        words = [sys.executable, "-m", "kgtools.tools.main", "merge", str(file), "--out", str(two / seed)]
        subprocess.run(words, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True)
        found.append({path.name: path.read_bytes() for path in sorted((two / seed).iterdir())})

    assert found[0] == found[1]


def test_a_table_in_many_pieces_is_the_table_in_one(
    two: Path, kgtools: Kgtools, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = recipe(two, {"a": {"path": "a"}, "b": {"path": "b"}})
    assert kgtools("merge", file, "--out", two / "whole").code == 0
    monkeypatch.setattr(merging, "PIECE", 7)

    assert kgtools("merge", file, "--out", two / "pieces").code == 0

    rows = [pl.read_parquet(two / name / "records.parquet") for name in ("whole", "pieces")]
    assert rows[0].equals(rows[1])


def test_a_repeated_record_says_which_copy_it_is(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a", "share": 0.5}, "b": {"path": "b", "share": 0.5, "repeat": 4}}, total=60)

    assert kgtools("merge", file, "--out", two / "mix").code == 0

    b = pl.read_parquet(two / "mix" / "records.parquet").filter(pl.col("source") == "b")
    copies = [orjson.loads(meta).get("copy", 0) for meta in b["meta"]]
    assert sorted(copies) == [0] * 10 + [1] * 10 + [2] * 10


def test_what_a_filter_takes_out_is_there_with_its_reason(tmp_path: Path, kgtools: Kgtools) -> None:
    write(tmp_path / "a", [ask(1), ("x", "y"), (ask(2)[0], "锟斤拷" * 9)])
    file = recipe(tmp_path, {"a": {"path": "a"}})

    assert kgtools("merge", file, "--out", tmp_path / "mix").code == 0

    removed = pl.read_parquet(tmp_path / "mix" / "removed.parquet")
    assert sorted(removed.select("step", "reason").rows()) == [("filter", "mojibake"), ("filter", "question-too-short")]


def test_only_the_tasks_and_languages_that_a_source_asks_for_are_taken(tmp_path: Path, kgtools: Kgtools) -> None:
    write(tmp_path / "zh", [ask(n) for n in range(3)])
    write(tmp_path / "en", [ask(n, "gout") for n in range(4)], lang="en")
    frame = pl.concat([pl.read_parquet(tmp_path / name / "records.parquet") for name in ("zh", "en")])
    (tmp_path / "both").mkdir()
    frame.write_parquet(tmp_path / "both" / "records.parquet")
    file = recipe(tmp_path, {"both": {"path": "both", "langs": ["en"], "tasks": ["qa"]}})

    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    assert ran.json["counts"]["lang"] == {"en": 4}
    assert ran.json["removed"] == [{"step": "filter", "source": "both", "reason": "other-language", "records": 3}]


def test_sizes_are_told_in_the_unit_of_the_recipe(two: Path, kgtools: Kgtools) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(two / "tokenizer.json"))
    sources = {"a": {"path": "a"}, "b": {"path": "b"}}
    characters = recipe(two, sources, by="characters")
    found = kgtools("merge", characters, "--dry-run", "--format", "json").json["drawn"]
    tokens = recipe(two, sources, by="tokens", tokenizer="tokenizer.json")
    counted = kgtools("merge", tokens, "--dry-run", "--format", "json").json["drawn"]

    texts = pl.read_parquet(two / "a" / "records.parquet")["messages"].to_list()
    assert found[0]["drawn"] == sum(len("\n".join(turn["content"] for turn in turns)) for turns in texts)
    assert counted[0]["drawn"] > counted[0]["records"]


def test_a_tokenizer_that_is_none_is_told(two: Path, kgtools: Kgtools) -> None:
    (two / "tokenizer.json").write_text("{}", encoding="utf-8")
    file = recipe(two, {"a": {"path": "a"}}, by="tokens", tokenizer="tokenizer.json")

    ran = kgtools("merge", file, "--out", two / "mix")

    assert ran.code == 2
    assert "not a tokenizer.json" in ran.err


def test_a_folder_without_records_is_told(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a"}, "c": {"path": "nowhere"}})

    ran = kgtools("merge", file, "--out", two / "mix")

    assert ran.code == 2
    assert "holds no records.parquet" in ran.err


def test_a_mix_of_sources_without_a_row_and_a_policy_that_there_is_not_are_told(two: Path, kgtools: Kgtools) -> None:
    write(two / "empty", [])
    nothing = recipe(two, {"e": {"path": "empty"}})
    ran = kgtools("merge", nothing, "--out", two / "mix")
    unknown = kgtools("merge", recipe(two, {"a": {"path": "a"}}, deidentify={"policy": "nosuch"}), "--out", two / "mix")

    assert (ran.code, unknown.code) == (2, 2)
    assert "none of the sources holds a row: e; nothing was written" in ran.err
    assert "no policy is called 'nosuch'" in unknown.err


@pytest.mark.parametrize("name", names())
def test_a_recipe_of_a_paper_says_what_to_bring_for_each_source(name: str, kgtools: Kgtools, tmp_path: Path) -> None:
    mix = load_recipe(name, {})

    ran = kgtools("merge", name, "--out", tmp_path / "mix")

    assert mix.paper
    assert all(source.bring and "kgtools " in source.bring for source in mix.sources.values())
    assert ran.code == 2
    assert all(f"--source {key}=PATH" in ran.err for key, source in mix.sources.items() if source.required)


def test_the_recipes_of_the_papers_are_listed(kgtools: Kgtools) -> None:
    ran = kgtools("merge")

    assert ran.code == 0
    assert names() == ["chimed-gpt", "clinicalgpt", "medalpaca", "meds-ins"]
    assert all(name in ran.out for name in names())
    assert {file.stem for file in HERE.glob("*.yaml")} == set(kgtools("merge", "--format", "json").json)


def test_the_picture_shows_each_source_task_and_split(two: Path, kgtools: Kgtools) -> None:
    file = recipe(two, {"a": {"path": "a", "split": "train"}, "b": {"path": "b", "split": "test"}})
    assert kgtools("merge", file, "--out", two / "mix").code == 0

    svg = (two / "mix" / "mix.svg").read_text(encoding="utf-8")

    assert svg.startswith("<svg ")
    for name, number in (("a", 40), ("b", 10), ("qa", 50), ("train", 40), ("test", 10)):
        assert f'>{name} <tspan class="count">{number}</tspan>' in svg
    assert svg.count('class="band"') == 4


def test_of_duplicates_the_record_of_the_source_named_first_stays(tmp_path: Path, kgtools: Kgtools) -> None:
    question, answer = ask(1)
    write(tmp_path / "b", [(question, answer), ask(2)])
    write(tmp_path / "a", [(f"{question} ", f"“{answer}”"), ask(3)])
    file = recipe(tmp_path, {"b": {"path": "b"}, "a": {"path": "a"}})

    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    (taken,) = ran.json["removed"]
    assert (taken["step"], taken["reason"], taken["records"]) == ("dedup", "exact", 1)
    assert pl.read_parquet(tmp_path / "mix" / "records.parquet").height == 3
    assert pl.read_parquet(tmp_path / "mix" / "removed.parquet")["favoured"].null_count() == 0


def test_talks_of_people_are_deidentified_and_need_a_key(
    tmp_path: Path, kgtools: Kgtools, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "talks", [("我的电话是13812345678，咳嗽怎么办？", "请多喝水，注意休息。")], task="dialogue")
    file = recipe(tmp_path, {"talks": {"path": "talks"}})
    monkeypatch.delenv("KGTOOLS_KEY", raising=False)

    without = kgtools("merge", file, "--out", tmp_path / "mix")
    assert (without.code, (tmp_path / "mix" / "records.parquet").exists()) == (2, False)
    monkeypatch.setenv("KGTOOLS_KEY", "k" * 32)
    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    assert ran.code == 0, ran.err
    assert ran.json["replaced"] == {"talks": 1}
    assert b"13812345678" not in b"".join(path.read_bytes() for path in (tmp_path / "mix").iterdir())
    told = pl.read_parquet(tmp_path / "mix" / "records.parquet")["messages"].to_list()[0][0]["content"]
    assert "13812345678" not in told
    assert "咳嗽怎么办" in told


def test_a_recipe_may_say_that_nothing_is_deidentified(tmp_path: Path, kgtools: Kgtools) -> None:
    write(tmp_path / "talks", [("我的电话是13812345678，咳嗽怎么办？", "请多喝水，注意休息。")], task="dialogue")
    file = recipe(tmp_path, {"talks": {"path": "talks"}}, deidentify=None)

    assert kgtools("merge", file, "--out", tmp_path / "mix").code == 0
    assert "13812345678" in str(pl.read_parquet(tmp_path / "mix" / "records.parquet")["messages"].to_list())


TALK = [("我的电话是13812345678，咳嗽怎么办？", "请多喝水，注意休息。")]


@pytest.mark.parametrize(
    ("private", "settings", "safe"),
    [
        (None, {}, False),
        (True, {}, True),
        (None, {"private": True}, True),
        (False, {"private": True}, False),
        (None, {"private": True, "deidentified": True}, False),
    ],
)
def test_whose_records_a_source_holds_is_told_by_the_recipe_or_by_the_manifest(
    private: bool | None,
    settings: dict[str, bool],
    safe: bool,
    tmp_path: Path,
    kgtools: Kgtools,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KGTOOLS_KEY", "k" * 32)
    write(tmp_path / "talks", TALK)
    (tmp_path / "talks" / "run.json").write_bytes(orjson.dumps({"command": "read", "settings": settings}))
    file = recipe(tmp_path, {"talks": {"path": "talks"} | ({} if private is None else {"private": private})})

    ran = kgtools("merge", file, "--out", tmp_path / "mix")

    assert ran.code == 0, ran.err
    assert (
        "13812345678" not in str(pl.read_parquet(tmp_path / "mix" / "records.parquet")["messages"].to_list())
    ) == safe


@pytest.mark.parametrize("command", ["dedup", "split", "decontaminate", "deidentify", "merge"])
def test_a_command_in_between_hands_on_whose_records_they_are(
    command: str, tmp_path: Path, kgtools: Kgtools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGTOOLS_KEY", "k" * 32)
    write(tmp_path / "talks", TALK)
    write(tmp_path / "exam", [ask(1)], split="test")
    (tmp_path / "talks" / "run.json").write_bytes(orjson.dumps({"command": "read", "settings": {"private": True}}))
    between = recipe(tmp_path, {"talks": {"path": "talks"}}, deidentify=None)
    words = {"merge": [between], "decontaminate": [tmp_path / "talks", "--against", tmp_path / "exam"]}

    allowed = ["--allow-identified"] if command == "split" else []
    done = kgtools(command, *words.get(command, [tmp_path / "talks"]), *allowed, "--out", tmp_path / "between")
    assert done.code == 0, done.err
    settings = orjson.loads((tmp_path / "between" / "run.json").read_bytes())["settings"]
    file = recipe(tmp_path, {"talks": {"path": "between"}})
    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    assert ran.code == 0, ran.err
    assert "13812345678" not in str(pl.read_parquet(tmp_path / "mix" / "records.parquet")["messages"].to_list())
    assert settings.get("deidentified", False) == (command == "deidentify")
    assert ran.json["replaced"] == ({} if command == "deidentify" else {"talks": 1})


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        MixRecipe(title="x", sources={"a": {}}).title = "y"  # type: ignore[misc,dict-item]


@pytest.fixture
def exam(two: Path) -> Path:
    """A folder of two sources and an evaluation set, of which the first source holds two items."""
    write(two / "exam", [ask(3), ask(7), ask(99)], split="test", source="exam")
    return two


@pytest.mark.parametrize("where", ["recipe", "option", "index"])
def test_what_holds_items_of_an_evaluation_set_is_taken_out(exam: Path, kgtools: Kgtools, where: str) -> None:
    evalset = exam / "exam"
    if where == "index":
        evalset = exam / "exam.index"
        kgtools("decontaminate", "--against", exam / "exam", "--save-index", evalset)
    settings = {"decontaminate": {"against": ["exam"]}} if where == "recipe" else {}
    file = recipe(exam, {"a": {"path": "a"}, "b": {"path": "b"}}, **settings)

    ran = kgtools(
        "merge", file, *([] if where == "recipe" else ["--against", evalset]), "--out", exam / "mix", "--format", "json"
    )

    assert ran.code == 0, ran.err
    assert {row["step"]: row["records"] for row in ran.json["removed"]} == {"decontaminate": 2}
    removed = pl.read_parquet(exam / "mix" / "removed.parquet")
    items = pl.read_parquet(exam / "exam" / "records.parquet")["id"]
    assert removed.select("source", "step", "reason", "favoured").rows() == [
        ("a", "decontaminate", "stem", f"exam/test#{items[0]}"),
        ("a", "decontaminate", "stem", f"exam/test#{items[1]}"),
    ]
    assert pl.read_parquet(exam / "mix" / "records.parquet").height == 48
    assert str(exam) not in (exam / "mix" / "run.json").read_text(encoding="utf-8")


def test_a_recipe_may_refuse_to_mix_what_is_contaminated(exam: Path, kgtools: Kgtools) -> None:
    file = recipe(exam, {"a": {"path": "a"}}, decontaminate={"against": ["exam"], "on_hit": "fail"})

    ran = kgtools("merge", file, "--out", exam / "mix")

    assert ran.code == 1, ran.err
    assert not list(exam.glob("mix/*"))
    assert "2 records hold items of the evaluation sets" in ran.err


def test_the_rules_of_decontamination_are_those_of_the_recipe(exam: Path, kgtools: Kgtools) -> None:
    file = recipe(exam, {"a": {"path": "a"}}, decontaminate={"against": ["exam"], "rules": ["options"]})

    ran = kgtools("merge", file, "--out", exam / "mix", "--format", "json")

    assert ran.json["removed"] == []


def test_what_was_made_from_a_graph_stays_and_is_told(exam: Path, kgtools: Kgtools) -> None:
    write(exam / "graphs", [ask(3), ask(4)], facts=["3f2a9c"])

    ran = kgtools(
        "merge", recipe(exam, {"graphs": {"path": "graphs"}}), "--against", exam / "exam", "--out", exam / "mix",
        "--format", "json",
    )  # fmt: skip

    assert (ran.json["records"], ran.json["removed"]) == (2, [])
    assert ran.json["alike"] == [{"source": "graphs", "evalset": "exam/test", "verdict": "facts", "records": 1}]


def test_records_are_compared_before_names_in_them_are_replaced(tmp_path: Path, kgtools: Kgtools) -> None:
    question = ("患者姓名：王建国，住院号：20231234，反复咳嗽三个月，夜里加重，请问是什么病", "可能是支气管哮喘")
    write(tmp_path / "a", [question, ask(1)], task="dialogue")
    write(tmp_path / "exam", [question], split="test", source="exam")
    key = tmp_path / "key.txt"
    key.write_text("k" * 64, encoding="utf-8")

    ran = kgtools(
        "merge", recipe(tmp_path, {"a": {"path": "a"}}), "--against", tmp_path / "exam", "--key-file", key,
        "--out", tmp_path / "mix", "--format", "json",
    )  # fmt: skip

    assert ran.code == 0, ran.err
    assert [row["step"] for row in ran.json["removed"]] == ["decontaminate"]
