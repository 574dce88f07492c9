"""What holds for every exam: its records are fit to score, its dirt is refused with a reason, its files are known as its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.exams import questions
from kgtools.corpora.exams.questions import PLAIN, ExamSettings, Question, letters_of
from kgtools.corpora.files.file import File
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from tests.conftest import ROOT
from tests.corpora.readers.exams import FOUR, PUBLISHED, Taken, lines, medqa, take

REAL = ROOT.parent / "shared" / "data" / "corpora"
REASONS: dict[str, dict[str, int]] = {
    "medqa": {"bad-json": 1},
    "cmexam": {"key-not-among-options": 1, "no-key": 1, "no-options": 1, "no-question": 1, "options-collide": 1},
    "cmb": {"key-not-among-options": 1, "key-without-question": 1},
    "cmb-clin": {"missing-field": 1, "no-question": 1},
    "ceval": {"no-key": 1},
    "cmmlu": {"options-collide": 2, "wrong-width": 2},
    "medmcqa": {"bad-key": 2, "no-question": 1, "options-collide": 1},
    "pubmedqa": {"bad-key": 1, "key-without-question": 1, "missing-field": 1},
    "usmle": {"key-not-among-options": 1, "key-without-question": 1, "needs-an-image": 1, "options-collide": 1},
    "mlec-qa": {"key-not-among-options": 1, "needs-an-image": 1, "no-key": 1},
}
WRITTEN = {
    "medqa": 4, "cmexam": 2, "cmb": 4, "cmb-clin": 3, "ceval": 3, "cmmlu": 2, "medmcqa": 4, "pubmedqa": 2, "usmle": 2, "mlec-qa": 2,
}  # fmt: skip


@pytest.fixture
def taken(tmp_path: Path) -> Callable[..., Taken]:
    return lambda name, **settings: take(tmp_path, name, PUBLISHED[name], **settings)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_row_is_a_record_or_a_reject_with_its_reason(taken: Callable[..., Taken], name: str) -> None:
    found = taken(name)

    assert found.reasons() == REASONS[name]
    assert found.outcome.written == WRITTEN[name]
    assert all(line > 0 for _, line, _ in found.rejects)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_multiple_choice_record_can_be_scored_from_its_meta(taken: Callable[..., Taken], name: str) -> None:
    for record in taken(name).records:
        if record["task"] == "mcq":
            meta, answer = record["meta"], record["answer"]
            assert list(meta["options"]) == sorted(meta["options"])
            assert answer is None or (set(answer) <= set(meta["options"]) and answer == "".join(sorted(set(answer))))
            assert meta["question"] in record["messages"][0]["content"]
            assert len(record["messages"]) == (1 if answer is None else 2)
            assert meta["choice"] in ("single", "multiple")


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_question_never_holds_the_key(taken: Callable[..., Taken], name: str) -> None:
    for record in taken(name).records:
        asked = [turn["content"] for turn in record["messages"] if turn["role"] == "user"]
        for words in ("正确答案", "The answer is", "因为", "Because", "秘密诊断", "It helps some"):
            assert not any(words in text for text in asked)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_prompt_of_an_exam_asks_the_question_with_each_option(tmp_path: Path, name: str) -> None:
    prompts = find(name).settings.model_fields.get("prompt")
    for number, prompt in enumerate(prompts.annotation.__args__ if prompts and prompts.annotation else ()):
        (folder := tmp_path / str(number)).mkdir()
        files = {file: data for file, data in PUBLISHED[name].items() if name != "medqa" or "US/" not in file}
        if (name, prompt) == ("medqa", "plain"):
            files = {file: data for file, data in PUBLISHED[name].items() if "US/" in file}
        for record in take(folder, name, files, prompt=prompt).records:
            shown = record["meta"]["options"].values() if (name, prompt) != ("pubmedqa", "lm-eval") else ()
            asked = record["messages"][0]["content"]
            assert all(text in asked for text in [record["meta"]["question"], *shown])


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_same_files_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    bytes_ = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, name, PUBLISHED[name])
        bytes_.append([(tmp_path / run / "out" / file).read_bytes() for file in ("records.parquet", "rejects.parquet")])

    assert bytes_[0] == bytes_[1]


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_strict_stops_at_the_first_reject(tmp_path: Path, name: str) -> None:
    take(tmp_path, name, PUBLISHED[name])

    with pytest.raises(InputError, match="--strict stops at the first reject"):
        list(find(name).read(Corpus([tmp_path / "exam"], strict=True), find(name).settings()))


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_each_file_of_an_exam_is_known_as_its_own_and_as_no_other_exams(tmp_path: Path, name: str) -> None:
    take(tmp_path, name, PUBLISHED[name])
    fits = who_reads([tmp_path / "exam"]).matches

    assert {(file, reader) for file, reader, _ in fits if reader in PUBLISHED} == {
        (f"exam/{file}", name) for file in PUBLISHED[name]
    }
    assert all(why and "\n" not in why for *_, why in fits)


def test_the_real_files_fit_the_exams_they_are_of_and_no_others() -> None:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    own = {"medqa": "medqa", "medmcqa": "medmcqa", "cmmlu": "cmmlu", "pubmedqa": "pubmedqa", "cmb": "cmb-clin"}

    for path in sorted(REAL.rglob("*")):
        if path.is_file() and path.suffix != ".zip":
            look = read_preview(File(path, path.name, lambda *_: None))
            fitting = [name for name in PUBLISHED if find(name).fits(look)]
            assert fitting == [own[folder] for folder in [path.relative_to(REAL).parts[0]] if folder in own], path.name


@pytest.mark.parametrize("name", sorted(PUBLISHED))
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[1, 2]", '{"a": 1}\n', "\0\0", "a,b\n1,2\n", "[[", '{"1": "A", "2": null}', '[{"question": 3}]'],
)
def test_a_file_of_something_else_is_refused_and_nothing_breaks(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "step1.json").write_text(text, encoding="utf-8")
    corpus = Corpus([tmp_path / "step1.json"])

    assert list(find(name).read(corpus, find(name).settings())) == []
    assert find(name).fits(read_preview(corpus.files[0])) is None
    assert corpus.rejects or text in ("[]", "{}", "[1, 2]") or name in ("ceval", "cmexam", "cmmlu")  # a header alone


def test_every_exam_reader_is_in_these_tests() -> None:
    theirs = {name for name in registry.names("readers") if issubclass(find(name).settings, ExamSettings)}

    assert theirs | {"cmb-clin"} == set(PUBLISHED) == set(REASONS)


@pytest.mark.parametrize(
    ("key", "letters"),
    [
        ("B", "B"), ("CA", "AC"), ("AAC", "AC"), ("A, C", "AC"), ("a, c", ""), ("Ａ、Ｃ", "AC"), (["C", "A"], "AC"), (" D. ", "D"),
        ("nan", ""), ("bad", ""), ("b", "B"), ("", ""), (None, ""), ("甲", ""), ("2", ""), (2, ""), (True, ""), ({"A": 1}, ""),
    ],
)  # fmt: skip
def test_keys_are_letters_sorted_and_once_each(key: Any, letters: str) -> None:
    assert letters_of(key) == letters


@given(st.lists(st.sampled_from("ABCDE"), min_size=1), st.sampled_from(["", ",", "、", " "]))
def test_the_order_of_a_key_does_not_count(letters: list[str], between: str) -> None:
    assert letters_of(between.join(letters)) == letters_of(sorted(set(letters)))


@given(st.text(min_size=1), st.dictionaries(st.sampled_from("ABCDEF"), st.text()), st.text())
def test_hostile_texts_are_asked_as_they_are_or_refused(text: str, options: dict[str, str], key: str) -> None:
    corpus = Corpus([])
    question = Question(Place("f", 1, 1), text, options, key, "en")

    examples = list(questions.records(corpus, question, PLAIN, ExamSettings()))

    assert len(examples) + len(corpus.rejects) == 1
    for example in examples:
        assert set(example.answer or "?") <= set(options)
        assert text.strip() in example.messages[0].content


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"text": " "}, "no-question"),
        ({"options": {}}, "no-options"),
        ({"options": None}, "no-options"),
        ({"options": {"A": "甲", "B": ""}}, "no-options"),
        ({"options": "A 甲"}, "no-options"),
        ({"options": {"A": "甲", "a": "乙"}}, "no-options"),
        ({"options": {"A": "1/16 ", "B": "1/16"}}, "options-collide"),
        ({"key": ""}, "no-key"),
        ({"key": "nan"}, "no-key"),
        ({"key": "见解析"}, "bad-key"),
        ({"key": "E"}, "key-not-among-options"),
        ({"options": FOUR | {"A": ""}, "key": "A"}, "key-not-among-options"),
    ],
)
def test_a_question_without_what_it_needs_is_refused(changed: dict[str, Any], reason: str) -> None:
    corpus = Corpus([])
    question = Question(
        **{"place": Place("f", 3, 2), "text": "哪个？", "options": FOUR, "key": "A", "lang": "zh"} | changed
    )

    assert list(questions.records(corpus, question, PLAIN, ExamSettings())) == []
    assert [(line, word) for _, line, _, word, _ in corpus.rejects] == [(3, reason)]


def test_an_empty_option_is_left_out_and_one_of_a_single_character_is_not() -> None:
    corpus = Corpus([])
    question = Question(Place("f", 1, 1), "哪个？", {"A": "", "B": "1", "C": "2", "D": None}, "C", "zh")

    (example,) = questions.records(corpus, question, PLAIN, ExamSettings())

    assert example.meta["options"] == {"B": "1", "C": "2"}
    assert corpus.changes == {"empty options left out": 2}


def test_questions_with_equal_options_are_kept_where_that_is_chosen(taken: Callable[..., Taken]) -> None:
    found = taken("cmmlu", collisions="yes")

    assert found.reasons() == {"wrong-width": 2}
    assert found.outcome.written == 4


def test_an_explanation_is_said_only_where_it_is_chosen(taken: Callable[..., Taken]) -> None:
    assert not any("Because" in text for text in taken("medmcqa").said("assistant"))
    assert taken("medmcqa").meta("explanation")[0] == "Because of beta."


def test_an_explanation_follows_the_answer(taken: Callable[..., Taken]) -> None:
    assert (
        taken("medmcqa", explanations="yes").said("assistant")[0]
        == "The answer is B. beta\nExplanation: Because of beta."
    )


def test_the_same_question_with_other_options_is_in_the_same_group(tmp_path: Path) -> None:
    found = take(tmp_path, "medqa", {"test.jsonl": lines(medqa(), medqa(options=FOUR | {"E": "戊"}))})

    assert len(set(found.column("id"))) == 2
    assert len(set(found.column("group"))) == 1


def test_half_a_surrogate_pair_in_an_explanation_stops_no_run(tmp_path: Path) -> None:
    row = orjson.dumps({"question": "?", "opa": "a", "opb": "b", "opc": "c", "opd": "d", "cop": 4, "exp": "X"}).decode()

    found = take(tmp_path, "medmcqa", {"dev.json": row.replace('"X"', r'"\ud83d"') + "\n" + row})

    assert found.outcome.written + len(found.rejects) == 2


def test_an_unknown_prompt_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"prompt.*'clinicalgpt', 'cmmlu' or 'lm-eval'"):
        take(tmp_path, "cmmlu", PUBLISHED["cmmlu"], prompt="cmb")


OPTIONS: dict[str, Any] = {
    "letters in the texts": ["A. 贫血", "B. 骨折"],
    "letters in brackets": ["(A) 贫血", "(B) 骨折"],
    "objects with a key": [{"key": "A", "value": "贫血"}, {"key": "B", "value": "骨折"}],
    "an object": {"A": "贫血", "B": "骨折"},
    "texts": ["贫血", "骨折"],
}


@pytest.mark.parametrize("answer", ["B", "骨折"])
@pytest.mark.parametrize("options", OPTIONS)
def test_options_are_read_in_every_form_of_a_list(tmp_path: Path, options: str, answer: str) -> None:
    row = {"question": "缺铁的表现是哪一个？", "options": OPTIONS[options], "answer": answer, "answer_idx": "B"}

    found = take(tmp_path, "medqa", {"a.jsonl": lines(row)})

    assert found.said("assistant") == ["正确答案：B. 骨折"]


def test_letters_that_are_no_list_of_letters_belong_to_the_texts(tmp_path: Path) -> None:
    row = {"question": "Which is it then?", "options": ["B. anthracis", "C. tetani"], "answer": "C. tetani"}

    assert take(tmp_path, "medqa", {"a.jsonl": lines(row)}).said("assistant") == ["The answer is B. C. tetani"]
