"""Every row is looked at before anything is trained on it."""

import orjson
import pytest

from tests.train.conftest import preferences, question, recipe, records, said
from tools.errors import InputError
from train.data import may_train, open_rows

GOOD = question(0) + said("ok")


def given(folder, noun, **changes):
    """Ids of the rows that are given out, and what was refused, with the split `train`."""
    rows = open_rows(recipe(data=(folder,), **changes), noun, folder.parent / "scratch")
    ids = [id_ for batch in rows.batches("train") for id_ in batch["id"]]
    return ids, [(id_, reason) for _, _, id_, reason in rows.rejects]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "no-messages"),
        ([*question(1), *said("  ")], "empty-message"),
        ([*question(1), {"role": "tool", "content": "x"}, *said("ok")], "unknown-role"),
        ([*question(1), {"role": "system", "content": "x"}, *said("ok")], "system-not-first"),
        (said("ok"), "no-question"),
        (question(1), "no-answer"),
        ([*question(1), *question(2), *said("ok")], "roles-do-not-alternate"),
        (GOOD, "duplicate"),
    ],
)
def test_a_record_that_teaches_nothing_is_refused_with_its_reason(messages, reason, tmp_path):
    ids, refused = given(records(tmp_path / "a", [GOOD, messages]), "records")

    assert (ids, refused) == (["r0"], [("r1", reason)])


def test_preferences_are_looked_at_on_both_sides(tmp_path):
    rows = [
        (question(1), said("a"), said("b")), (question(1), said("a"), said("a")), (question(2), said("a"), said("")),
        (question(1), said("a"), said("b")),
    ]  # fmt: skip

    ids, refused = given(preferences(tmp_path / "a", rows), "preferences")

    assert ids == ["p0"]
    assert refused == [("p1", "equal-answers"), ("p2", "empty-message"), ("p3", "duplicate")]


def test_only_the_wanted_split_is_given_and_counted_whole(tmp_path):
    rows = [
        {"messages": question(n) + said("ok"), "split": split}
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


@pytest.mark.parametrize(
    ("row", "noun"),
    [
        ({"messages": GOOD}, "records"),
        ({"conversations": [{"from": "human", "value": "q?"}, {"from": "gpt", "value": "ok"}]}, "records"),
        ({"instruction": "q?", "input": "", "output": "ok"}, "records"),
        ({"prompt": question(1), "chosen": said("a"), "rejected": said("b")}, "preferences"),
    ],
)
def test_the_shapes_of_others_are_read(row, noun, tmp_path):
    file = tmp_path / "foreign.jsonl"
    file.write_bytes(orjson.dumps(row) + b"\n")

    rows = open_rows(recipe(data=(file,)), noun, tmp_path / "scratch")

    assert sum(batch.height for batch in rows.batches("train")) == 1
    assert list(rows.inputs) == ["foreign.jsonl"] or len(rows.inputs) == 1


def test_a_broken_row_of_a_foreign_file_is_refused_with_its_line(tmp_path):
    file = tmp_path / "foreign.jsonl"
    lines = [orjson.dumps({"messages": question(n) + said("ok")}) for n in range(3)]
    file.write_bytes(b"\n".join([lines[0], b'{"messages": 7}', *lines[1:]]) + b"\n")

    rows = open_rows(recipe(data=(file,)), "records", tmp_path / "scratch")

    assert sum(batch.height for batch in rows.batches("train")) == 3
    assert [(name, line) for name, line, _, _ in rows.rejects] == [("foreign.jsonl", 2)]


def test_rows_of_the_other_kind_are_refused(tmp_path):
    good, pairs = records(tmp_path / "a", [GOOD]), preferences(tmp_path / "b", [(question(1), said("a"), said("b"))])

    with pytest.raises(InputError, match="holds records, and this stage is for preferences"):
        open_rows(recipe(data=(good,)), "preferences", tmp_path)
    with pytest.raises(InputError, match="holds preferences, and this stage is for records"):
        open_rows(recipe(data=(pairs,)), "records", tmp_path)
    assert given(pairs, "prompts")[0] == ["p0"]
    assert given(good, "prompts")[0] == ["r0"]
    with pytest.raises(InputError, match="no data"):
        open_rows(recipe(), "records", tmp_path)
