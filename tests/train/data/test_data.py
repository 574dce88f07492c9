"""Every row is looked at before anything is trained on it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.data.rows import Noun, Rows, may_train, open_rows
from kgtools.train.launch.prepare import prepare
from kgtools.train.launch.processes import Cluster
from kgtools.train.stages.sft import STAGE, Sft
from tests.train.conftest import preferences, question, recipe, records, reply

GOOD = question(0) + reply("ok")


def given(folder, noun, **changes):
    """Ids of the rows that are given out, and what was refused, with the split `train`."""
    rows = open_rows(recipe(data=(folder,), **changes), noun, folder.parent / "scratch")
    ids = [id_ for batch in rows.batches("train") for id_ in batch["id"]]
    return ids, [(id_, reason) for _, _, id_, reason in rows.rejects]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "no-messages"),
        ([*question(1), *reply("  ")], "empty-message"),
        ([*question(1), {"role": "assistant", "content": None}], "empty-message"),
        ([*question(1), None, *reply("ok")], "empty-message"),
        ([*question(1), {"role": "tool", "content": "x"}, *reply("ok")], "unknown-role"),
        ([*question(1), {"role": None, "content": "x"}, *reply("ok")], "unknown-role"),
        ([{"role": "user assistant", "content": "x"}], "unknown-role"),
        ([*question(1), {"role": "system", "content": "x"}, *reply("ok")], "system-not-first"),
        (reply("ok"), "no-question"),
        (question(1), "no-answer"),
        ([*question(1), *question(2), *reply("ok")], "roles-do-not-alternate"),
        (GOOD, "duplicate"),
    ],
)
def test_a_record_that_teaches_nothing_is_refused_with_its_reason(messages, reason, tmp_path):
    ids, refused = given(records(tmp_path / "a", [GOOD, messages]), "records")

    assert (ids, refused) == (["r0"], [("r1", reason)])


def test_preferences_are_looked_at_on_both_sides(tmp_path):
    rows = [
        (question(1), reply("a"), reply("b")), (question(1), reply("a"), reply("a")), (question(2), reply("a"), reply("")),
        (question(1), reply("a"), reply("b")),
    ]  # fmt: skip

    ids, refused = given(preferences(tmp_path / "a", rows), "preferences")

    assert ids == ["p0"]
    assert refused == [("p1", "equal-answers"), ("p2", "empty-message"), ("p3", "duplicate")]


def test_only_the_wanted_split_is_given_and_counted_whole(tmp_path):
    rows = [
        {"messages": question(n) + reply("ok"), "split": split}
        for n, split in enumerate(("train", None, "validation", "test"))
    ]
    folder = records(tmp_path / "a", rows)
    opened = open_rows(recipe(data=(folder,)), "records", tmp_path)

    found = {
        split: [id_ for batch in opened.batches(split) for id_ in batch["id"]] for split in ("train", "validation")
    }

    assert found == {"train": ["r0", "r1"], "validation": ["r2"]}
    assert opened.counts["split"] == {"train": 1, "none": 1, "validation": 1, "test": 1}


def test_a_set_that_is_for_judging_is_not_trained_on(tmp_path):
    folder = records(tmp_path / "a", [GOOD], split="test")

    with pytest.raises(InputError, match=r"the data hold test 1.*judged by its test split"):
        may_train(open_rows(recipe(data=(folder,)), "records", tmp_path), recipe())


def test_a_licence_that_forbids_it_is_refused_until_it_is_allowed(tmp_path):
    folder = records(tmp_path / "a", [GOOD], license="LicenseRef-xywy-noncommercial AND Apache-2.0")
    rows = open_rows(recipe(data=(folder,)), "records", tmp_path)

    with pytest.raises(InputError, match=r"allow_license=\[LicenseRef-xywy-noncommercial\]"):
        may_train(rows, recipe())
    may_train(rows, recipe(allow_license="LicenseRef-xywy-noncommercial"))


def test_rows_of_two_licences_that_nothing_can_satisfy_are_refused_until_both_are_named(tmp_path):
    folder = records(tmp_path / "a", [GOOD], license="CC-BY-SA-4.0 AND CC-BY-NC-4.0")
    rows = open_rows(recipe(data=(folder,)), "records", tmp_path)

    with pytest.raises(InputError, match=r"CC-BY-NC-4\.0 AND CC-BY-SA-4\.0 cannot be satisfied together") as refused:
        may_train(rows, recipe(allow_license="CC-BY-NC-4.0"))
    assert str(refused.value).endswith("'allow_license=[CC-BY-NC-4.0 AND CC-BY-SA-4.0]'")
    may_train(rows, recipe(allow_license="CC-BY-NC-4.0 AND CC-BY-SA-4.0"))


@pytest.mark.parametrize("license_", ["All rights reserved: ask, first", "it's ours", "[x]", "", "MIT License"])
def test_a_licence_that_is_none_is_refused_and_may_be_allowed_as_the_message_says(tmp_path, license_):
    folder = records(tmp_path / "a", [GOOD], license=license_)
    rows = open_rows(recipe(data=(folder,)), "records", tmp_path)

    with pytest.raises(InputError) as refused:
        may_train(rows, recipe())

    said = str(refused.value).rpartition("'allow_license=")[2].removesuffix("'")
    may_train(rows, recipe(allow_license=tuple(yaml.safe_load(said))))
    with pytest.raises(UsageError, match=r"allow_license: 'GPLv3': .*did you mean GPL-3.0-only"):
        may_train(rows, recipe(allow_license="GPLv3"))


def test_where_all_splits_are_trained_on_none_is_left_to_be_looked_on(tmp_path):
    rows = [{"messages": GOOD}, {"messages": question(1) + reply("ok"), "split": "validation"}]
    own = Sft(**recipe(data=(records(tmp_path / "a", rows),), split="all").model_dump())
    (tmp_path / "work").mkdir()

    plan = prepare(STAGE, own, tmp_path / "work", Cluster())

    assert {split: made.rows for split, made in plan.token_counts.items()} == {"train": 2}
    assert plan.rejects == {}


def test_the_licence_of_rows_that_are_not_trained_on_does_not_matter(tmp_path):
    rows = [
        {"messages": GOOD, "split": "test", "license": "LicenseRef-nobody-read"},
        {"messages": GOOD, "license": "MIT"},
    ]

    may_train(open_rows(recipe(data=(records(tmp_path / "a", rows),)), "records", tmp_path), recipe())


def test_rows_of_the_other_kind_are_refused(tmp_path):
    good, pairs = records(tmp_path / "a", [GOOD]), preferences(tmp_path / "b", [(question(1), reply("a"), reply("b"))])

    with pytest.raises(InputError, match="holds records, and this stage is for preferences"):
        open_rows(recipe(data=(good,)), "preferences", tmp_path)
    with pytest.raises(InputError, match="holds preferences, and this stage is for records"):
        open_rows(recipe(data=(pairs,)), "records", tmp_path)
    assert given(pairs, "prompts")[0] == ["p0"]
    assert given(good, "prompts")[0] == ["r0"]
    with pytest.raises(InputError, match="no data"):
        open_rows(recipe(), "records", tmp_path)


def opened(folder: Path, noun: Noun = "records", **changes: Any) -> Rows:
    return open_rows(recipe(data=(folder,), **changes), noun, folder.parent / "scratch")


def ids(rows: Rows, split: str = "train") -> list[str]:
    return [id_ for batch in rows.batches(split) for id_ in batch["id"]]


MESSAGE = st.fixed_dictionaries({
    "role": st.sampled_from(("system", "user", "user", "assistant", "assistant", "tool")),
    "content": st.sampled_from(("痛风", "fever", "头痛 🙂", "\u3000\n")),
})  # fmt: skip


def fault(messages: list[dict[str, str]], noun: str) -> str | None:
    """What is wrong with messages, said again in loops."""
    roles = [message["role"] for message in messages]
    talk = roles[1:] if roles[:1] == ["system"] else roles
    checks = {
        "no-messages": not messages,
        "empty-message": any(not message["content"].strip() for message in messages),
        "unknown-role": "tool" in roles,
        "system-not-first": "system" in roles[1:],
        "no-question": "user" not in roles,
        "no-answer": noun == "records" and roles[-1:] != ["assistant"],
        "roles-do-not-alternate": any(role != ("user", "assistant")[at % 2] for at, role in enumerate(talk))
        or (noun == "prompts" and roles[-1:] != ["user"]),
    }
    return next((reason for reason, holds in checks.items() if holds), None)


@pytest.mark.parametrize("noun", ["records", "prompts"])
@settings(max_examples=60)
@drawn(talks=st.lists(st.lists(MESSAGE, max_size=5), min_size=1, max_size=12))
def test_each_row_is_given_or_refused_and_for_the_first_thing_that_is_wrong(
    noun: Noun, talks: list[list[dict[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    good, bad, seen = [], [], []
    for number, talk in enumerate(talks):
        talk = [m for m in talk if m["role"] != "system" or m["content"].strip()]
        asked = talk[:-1] if noun == "prompts" and talk and talk[-1]["role"] == "assistant" else talk
        reason = fault(asked, noun) or ("duplicate" if asked in seen else None)
        seen.append(asked)
        if reason:
            bad.append((f"r{number}", reason))
        else:
            good.append(f"r{number}")
    rows = opened(records(tmp_path_factory.mktemp("drawn"), talks), noun)

    assert ids(rows) == good
    assert [(id_, reason) for _, _, id_, reason in rows.rejects] == bad
    assert len(good) + len(bad) == rows.counts["split"]["none"]


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "reason"),
    [
        ([], [], reply("b"), "no-messages"),
        ([], reply("a"), reply("b"), "no-question"),
        (question(1), [], reply("b"), "no-answer"),
        (question(1), reply("a"), [], "no-answer"),
        (question(1), reply("a"), question(2), "no-answer"),
        (question(1), [{"role": "doctor", "content": "a"}], reply("b"), "unknown-role"),
        (question(1), reply("a"), [{"role": "system", "content": "b"}], "system-not-first"),
        ([*question(1), *question(2)], reply("a"), reply("b"), "roles-do-not-alternate"),
        (question(1), reply("a"), [*reply("b"), *reply("c")], "roles-do-not-alternate"),
    ],
)
def test_a_pair_with_one_side_that_is_wrong_is_refused(
    prompt: Any, chosen: Any, rejected: Any, reason: str, tmp_path: Path
) -> None:
    rows = opened(preferences(tmp_path / "a", [(prompt, chosen, rejected)]), "preferences")

    assert ids(rows) == []
    assert rows.rejects == [("a", 0, "p0", reason)]


def test_of_a_text_only_its_words_are_looked_at(tmp_path: Path) -> None:
    rows = opened(records(tmp_path / "a", [reply("痛风"), question(1), reply(" "), [], reply("痛风")]), "texts")

    assert ids(rows) == ["r0", "r1"]
    assert [reason for *_, reason in rows.rejects] == ["empty-message", "no-messages", "duplicate"]


def test_a_row_of_one_folder_is_a_duplicate_in_the_next_and_in_another_split(tmp_path: Path) -> None:
    one = records(tmp_path / "one", [GOOD, {"messages": question(1) + reply("ok"), "split": "validation"}])
    two = records(tmp_path / "two", [question(1) + reply("ok"), GOOD])
    rows = open_rows(recipe(data=(one, two)), "records", tmp_path)

    found = {split: ids(rows, split) for split in ("train", "validation")}

    assert found == {"train": ["r0", "r0"], "validation": []}
    assert rows.rejects == [("two", 0, "r1", "duplicate"), ("one", 0, "r1", "duplicate")]


def test_all_are_the_rows_of_every_split_but_test(tmp_path: Path) -> None:
    splits = ("test", None, "train", "validation")
    rows = opened(
        records(tmp_path / "a", [{"messages": question(n) + reply("ok"), "split": s} for n, s in enumerate(splits)])
    )

    assert ids(rows, "all") == ["r1", "r2", "r3"]
    assert rows.rejects == []


def test_what_was_given_is_counted_and_what_was_refused_is_not(tmp_path: Path) -> None:
    rows = opened(
        records(
            tmp_path / "a",
            [
                {"messages": question(0) + reply("ok"), "task": "qa", "lang": "zh"},
                {"messages": question(1) + reply("ok"), "task": "qa", "lang": "en", "license": "MIT"},
                {"messages": question(2), "task": "dialogue", "lang": "en"},
                {"messages": question(3) + reply("ok"), "task": "qa", "lang": "zh", "split": "test"},
            ],
        )
    )

    assert ids(rows) == ["r0", "r1"]
    assert {key: dict(rows.counts[key]) for key in ("task", "lang", "license")} == {
        "task": {"qa": 2}, "lang": {"zh": 1, "en": 1}, "license": {"Apache-2.0": 1, "MIT": 1},
    }  # fmt: skip
    assert rows.counts["split"] == {"none": 3, "test": 1}


@pytest.mark.parametrize("split", ["train", "all"])
def test_a_split_that_nobody_knows_is_refused(split: str, tmp_path: Path) -> None:
    folder = records(tmp_path / "a", [GOOD, {"messages": question(1) + reply("ok"), "split": "dev"}])

    with pytest.raises(InputError, match="unknown split dev; known: train, validation, test"):
        may_train(opened(folder), recipe(split=split))


def test_rows_to_look_on_are_trained_on_only_where_all_are_wanted(tmp_path: Path) -> None:
    rows = opened(records(tmp_path / "a", [GOOD], split="validation"))

    with pytest.raises(InputError, match=r"the data hold validation 1\. .*`kgtools split` makes a train split"):
        may_train(rows, recipe())
    may_train(rows, recipe(split="all"))


def test_no_rows_at_all_are_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the data hold no row"):
        may_train(opened(records(tmp_path / "a", [])), recipe())


def test_every_licence_that_forbids_it_is_named_with_its_rows(tmp_path: Path) -> None:
    licenses = ("LicenseRef-nobody-read", "LicenseRef-xywy-noncommercial", "LicenseRef-nobody-read", "MIT")
    rows = opened(
        records(
            tmp_path / "a",
            [{"messages": question(n) + reply("ok"), "license": held} for n, held in enumerate(licenses)],
        )
    )

    with pytest.raises(InputError) as error:
        may_train(rows, recipe(allow_license="MIT"))

    assert "LicenseRef-nobody-read (2 rows), LicenseRef-xywy-noncommercial (1 rows)" in str(error.value)
    assert "'allow_license=[LicenseRef-nobody-read, LicenseRef-xywy-noncommercial]'" in str(error.value)
    with pytest.raises(InputError, match=r"'allow_license=\[LicenseRef-nobody-read\]'"):
        may_train(rows, recipe(allow_license="LicenseRef-xywy-noncommercial"))
    may_train(rows, recipe(allow_license=licenses))


def test_two_folders_of_one_name_are_both_remembered(tmp_path: Path) -> None:
    folders = [records(tmp_path / home / "made", [question(n) + reply("ok")]) for n, home in enumerate("ab")]

    rows = open_rows(recipe(data=tuple(folders)), "records", tmp_path)

    assert len(ids(rows)) == 2
    assert list(rows.inputs) == ["made/records.parquet", "made/records.parquet (2)"]
    assert len(set(rows.inputs.values())) == 2


def test_a_prompt_is_what_was_said_up_to_the_last_question(tmp_path: Path) -> None:
    first = [{"role": "system", "content": "你是医生"}, *question(0), *reply("a"), *question(1)]
    rows = opened(records(tmp_path / "a", [[*first, *reply("b")], [*first, *reply("c")], question(2)]), "prompts")

    (batch,) = rows.batches("train")

    assert batch["prompt"].to_list() == [first, question(2)]
    assert rows.rejects == [("a", 0, "r1", "duplicate")]


def test_a_message_of_the_system_that_says_nothing_is_left_out_and_counted(tmp_path: Path) -> None:
    empty = [{"role": "system", "content": text} for text in (" \n", None)]
    talks = [[empty[0], *question(1), *reply("a")], [empty[1], *question(2), empty[0], *reply("a")], [*empty], GOOD]
    rows = opened(records(tmp_path / "a", talks))

    (batch,) = rows.batches("train")

    assert batch["messages"].to_list() == [question(1) + reply("a"), question(2) + reply("a"), GOOD]
    assert rows.counts["changed"] == {"messages of the system without text left out": 3}
    assert rows.rejects == [("a", 0, "r2", "no-messages")]


@pytest.mark.parametrize("noun", ["prompts", "preferences"])
def test_an_empty_message_of_the_system_is_no_part_of_a_prompt(noun: Noun, tmp_path: Path) -> None:
    prompt = [{"role": "system", "content": ""}, *question(1)]
    rows = opened(preferences(tmp_path / "a", [(prompt, reply("a"), reply("b"))]), noun)

    (batch,) = rows.batches("train")

    assert batch["prompt"].to_list() == [question(1)]
    assert rows.counts["changed"].total() == 1


def test_what_says_the_same_as_a_row_for_testing_is_given_out_in_no_other_split(tmp_path: Path) -> None:
    talk = question(1) + reply("ok")
    one = records(
        tmp_path / "one", [talk, {"messages": talk, "split": "validation"}, question(1) + reply("another"), talk]
    )
    two = records(tmp_path / "two", [{"messages": [{"role": "system", "content": " "}, *talk], "split": "test"}, GOOD])
    rows = open_rows(recipe(data=(one, two)), "records", tmp_path)

    assert ids(rows) == ["r2", "r1"]
    assert ids(rows, "validation") == []
    assert rows.rejects == [("one", 0, id_, "copy-of-test") for id_ in ("r0", "r3", "r1")]
    assert ids(rows, "test") == ["r0"]


def test_of_prompts_the_question_alone_makes_a_copy(tmp_path: Path) -> None:
    talks = [{"messages": question(1) + reply("a")}, {"messages": question(1) + reply("b"), "split": "test"}]
    folder = records(tmp_path / "a", talks)

    assert ids(opened(folder, "records")) == ["r0"]
    asked = opened(folder, "prompts")
    assert ids(asked) == []
    assert asked.rejects == [("a", 0, "r0", "copy-of-test")]


def test_a_pair_for_testing_is_copied_by_one_with_the_same_answers(tmp_path: Path) -> None:
    rows = [(question(1), reply("a"), reply("b")), (question(1), reply("a"), reply("c"))]
    one = preferences(tmp_path / "one", rows)
    two = preferences(tmp_path / "two", rows[:1], split="test")
    asked = open_rows(recipe(data=(one, two)), "preferences", tmp_path)

    assert ids(asked) == ["p1"]
    assert asked.rejects == [("one", 0, "p0", "copy-of-test")]


def test_where_the_template_refuses_every_row_its_own_words_are_said(tmp_path: Path) -> None:
    talks = [[{"role": "system", "content": "x"}, *question(n), *reply("ok")] for n in range(2)]
    template = Path(__file__).parent / "chat" / "alternates.jinja"
    own = Sft(**recipe(data=(records(tmp_path / "a", talks),), chat_template=str(template)).model_dump())
    (tmp_path / "work").mkdir()

    with pytest.raises(
        InputError, match=r"every row was refused \(template-refuses 2\): .*roles must alternate user/assist"
    ):
        prepare(STAGE, own, tmp_path / "work", Cluster())


def test_a_copy_of_a_test_row_with_other_white_space_is_one(tmp_path):
    asked = [{"role": "user", "content": "头痛 怎么办?"}]
    own = [{"messages": asked + reply("ok"), "split": "test"}]
    own += [{"messages": [{"role": "user", "content": " 头痛  怎么办?\n"}, *reply("ok")], "split": "train"}]
    own += [{"messages": [{"role": "user", "content": "头痛怎么办?"}, *reply("ok")], "split": "train"}]
    rows = open_rows(recipe(data=(records(tmp_path / "one", own),)), "records", tmp_path / "read")

    (batch,) = rows.batches("train")

    assert batch["id"].to_list() == ["r2"]
    assert [reason for *_, reason in rows.rejects] == ["copy-of-test"]


def test_of_several_folders_no_row_is_trained_on_that_shares_a_fact_with_one_held_out(tmp_path: Path) -> None:
    splits = [("train", ["a"]), ("train", ["b", "c"]), ("test", ["d"]), ("train", [])]
    others = [("validation", ["c"]), ("train", ["d", "e"]), ("train", ["e"])]

    def folder(name: str, rows: list[Any], first: int) -> Path:
        made = [
            {"id": f"{name}{n}", "messages": question(first + n) + reply("ok"), "split": split, "facts": facts}
            for n, (split, facts) in enumerate(rows)
        ]
        return records(tmp_path / name, made)

    one, other = folder("one", splits, 0), folder("other", others, 10)
    rows = open_rows(recipe(data=(one, other)), "records", tmp_path)

    assert [id_ for batch in rows.batches("train") for id_ in batch["id"]] == ["one0", "one3", "other2"]
    assert [row[2:] for row in rows.rejects] == [("one1", "shares-facts"), ("other1", "shares-facts")]


def test_one_folder_is_trained_on_as_it_was_split(tmp_path: Path) -> None:
    rows = [
        {"id": split, "messages": question(n) + reply("ok"), "split": split, "facts": ["a"]}
        for n, split in enumerate(("train", "test"))
    ]

    assert given(records(tmp_path / "a", rows), "records") == (["train"], [])
