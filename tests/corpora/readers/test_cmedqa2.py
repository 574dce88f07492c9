"""cMedQA2: its tables find each other whatever file they come in, and a drawn answer does not depend on its neighbours."""

import io
import random
import zipfile
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from kgtools.corpora.detect import find, who_reads
from kgtools.corpora.read import read
from kgtools.corpora.reader import Corpus
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.licenses import terms
from tests.conftest import ROOT
from tests.corpora.readers.exams import Taken, take, take_all

REAL = ROOT.parent / "shared" / "data" / "corpora" / "cmedqa2" / "dev_candidates.zip"
QUESTIONS = "question_id,content\n11,头痛三天怎么办？\n12,发热吃什么药？\n13,胃痛是什么原因？\n14,没有候选的问题？\n"
ANSWERS = (
    "ans_id,question_id,content\n"
    "1,11,多休息。\n2,11,：：可以吃药，请遵医嘱。\n3,11,建议查血压。\n"
    '4,12,:多喝水。\n5,12,"物理降温，\n再就诊。"\n6,13,做胃镜。\n7,14,再看看。\n'
)
FILES: dict[str, bytes | str] = {
    "question.csv": QUESTIONS,
    "answer.csv": ANSWERS,
    "train_candidates.txt": "question_id,pos_ans_id,neg_ans_id\n11,1,6\n11,1,5\n11,2,4\n11,3,6\n",
    "dev_candidates.txt": "question_id,ans_id,cnt,label\n12,4,0,1\n12,5,1,1\n12,6,2,0\n",
    "test_candidates.txt": "question_id,ans_id,cnt,label\n13,6,0,1\n13,1,1,0\n",
}
SPLIT = {"11": "train", "12": "validation", "13": "test", "14": None}


def zipped(files: dict[str, bytes | str]) -> dict[str, bytes | str]:
    """Each file in a zip file of its own, as they are published."""
    packed: dict[str, bytes | str] = {}
    for name, data in files.items():
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        packed[f"{Path(name).stem}.zip"] = raw.getvalue()
    return packed


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("answers", ["one", "all"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_question_stands_in_the_split_of_its_candidates(
    tmp_path: Path, packed: bool, answers: str, end: str
) -> None:
    files: dict[str, bytes | str] = {name: str(data).replace("\n", end) for name, data in FILES.items()}
    found = take(tmp_path, "cmedqa2", zipped(files) if packed else files, answers=answers)

    assert dict(zip(found.meta("question_id"), found.column("split"), strict=True)) == SPLIT
    assert Counter(found.meta("question_id")) == (
        {"11": 1, "12": 1, "13": 1, "14": 1} if answers == "one" else {"11": 3, "12": 2, "13": 1, "14": 1}
    )
    assert found.rejects == []
    assert found.outcome.changed["questions that stand in no candidates"] == 1
    assert found.outcome.changed.get("answers that were not drawn (--set answers=all)", 0) == (
        3 if answers == "one" else 0
    )


def test_a_record_is_the_question_and_its_answer_without_a_colon_before_it(tmp_path: Path) -> None:
    found = take(tmp_path, "cmedqa2", FILES, answers="all")

    assert [record["messages"] for record in found.records][:2] == [
        [{"role": "user", "content": "头痛三天怎么办？"}, {"role": "assistant", "content": "多休息。"}],
        [{"role": "user", "content": "头痛三天怎么办？"}, {"role": "assistant", "content": "可以吃药，请遵医嘱。"}],
    ]
    assert found.outcome.changed["colons taken off the beginning of answers"] == 2
    assert [meta["line"] for meta in found.column("meta")] == [2, 3, 4, 5, 6, 8, 9]


def test_all_answers_of_a_question_are_in_one_group(tmp_path: Path) -> None:
    found = take(tmp_path, "cmedqa2", FILES, answers="all")

    assert (
        len(set(zip(found.meta("question_id"), found.column("group"), strict=True)))
        == len(set(found.column("group")))
        == 4
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_drawn_answers_depend_on_neither_order_nor_other_questions(tmp_path: Path, seed: int) -> None:
    def drawn(run: str, questions: list[str], answers: list[str]) -> set[tuple[str, str]]:
        (folder := tmp_path / run).mkdir()
        (folder / "q.csv").write_text("question_id,content\n" + "".join(questions), encoding="utf-8")
        (folder / "a.csv").write_text("ans_id,question_id,content\n" + "".join(answers), encoding="utf-8")
        read("cmedqa2", [folder / "q.csv", folder / "a.csv"], folder / "out", {}, seed=seed)
        meta = pl.read_parquet(folder / "out" / "records.parquet")["meta"]
        return set(zip(meta.str.json_path_match("$.question_id"), meta.str.json_path_match("$.ans_id"), strict=True))

    questions = [f"{n},问题{n}\n" for n in range(50)]
    answers = [f"{a},{n},回答{a}\n" for n in range(50) for a in range(n * 10, n * 10 + 4)]
    whole = drawn("1", questions, answers)
    mixed = random.Random(seed)

    assert drawn("2", mixed.sample(questions, 50), mixed.sample(answers, 200)) == whole
    assert drawn("3", questions[:20], answers[:80]) == {(q, a) for q, a in whole if int(q) < 20}
    assert len(whole) == 50


def test_another_seed_draws_other_answers_and_each_about_as_often(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(
        "question_id,content\n" + "".join(f"{n},问{n}\n" for n in range(900)), encoding="utf-8"
    )
    (tmp_path / "a.csv").write_text(
        "ans_id,question_id,content\n" + "".join(f"{n * 3 + k},{n},答{k}\n" for n in range(900) for k in range(3)), encoding="utf-8"
    )  # fmt: skip
    drawn = []
    for seed in (1, 2):
        read("cmedqa2", [tmp_path / "q.csv", tmp_path / "a.csv"], tmp_path / f"out{seed}", {}, seed=seed)
        meta = pl.read_parquet(tmp_path / f"out{seed}" / "records.parquet")["meta"]
        drawn.append([int(answer) % 3 for answer in meta.str.json_path_match("$.ans_id")])

    assert drawn[0] != drawn[1]
    assert all(250 < Counter(picks)[which] < 350 for picks in drawn for which in range(3))


@pytest.mark.parametrize(
    ("given", "lacking", "there"),
    [
        (["dev_candidates.txt"], ["question.csv", "answer.csv"], []),
        (["dev_candidates.txt", "answer.csv"], ["question.csv"], ["answer.csv"]),
        (["question.csv", "train_candidates.txt"], ["answer.csv"], ["question.csv"]),
    ],
)
def test_what_is_missing_is_named_in_one_line(
    tmp_path: Path, given: list[str], lacking: list[str], there: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        take(tmp_path, "cmedqa2", {name: FILES[name] for name in given})

    assert all(f"{name} (" in str(refused.value) for name in lacking)
    assert not any(f"{name} (" in str(refused.value) for name in there)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "row", "reason"),
    [
        ("question.csv", "11,同一个编号\n", "id-given-twice"),
        ("question.csv", "15\n", "wrong-width"),
        ("question.csv", "15,\n", "missing-field"),
        ("question.csv", ",没有编号\n", "missing-field"),
        ("question.csv", "15,问\0题\n", "nul"),
        ("question.csv", "15,没有回答的问题\n", "question-without-answer"),
        ("answer.csv", "7,11,同一个编号\n", "id-given-twice"),
        ("answer.csv", "8,99,没有这个问题\n", "answer-without-question"),
        ("answer.csv", "8,11,：\n", "missing-field"),
        ("answer.csv", "8,11,\0\n", "nul"),
        ("answer.csv", "8,11\n", "wrong-width"),
        ("train_candidates.txt", "11,6,1\n", "answer-of-another-question"),
        ("train_candidates.txt", "11,99,1\n", "unknown-answer"),
        ("train_candidates.txt", "99,1,1\n", "unknown-question"),
        ("train_candidates.txt", "11,1\n", "wrong-width"),
        ("train_candidates.txt", "11,,1\n", "missing-field"),
        ("dev_candidates.txt", "12,4,0,1,1\n", "wrong-width"),
        ("dev_candidates.txt", ",4,0,1\n", "missing-field"),
        ("dev_candidates.txt", "12,4,0,2\n", "bad-label"),
        ("dev_candidates.txt", "12,4,0,\n", "bad-label"),
        ("dev_candidates.txt", "\0,4,0,1\n", "unknown-question"),
    ],
)
def test_a_row_that_fits_no_other_is_refused_at_its_line(tmp_path: Path, file: str, row: str, reason: str) -> None:
    found = take(tmp_path, "cmedqa2", FILES | {file: str(FILES[file]) + row}, answers="all")
    line = (str(FILES[file]) + row).count("\n")

    assert found.rejects == [(f"exam/{file}", line, reason)]
    assert found.outcome.written == 7


@pytest.mark.parametrize("chunk", [1, 40, 1000])
def test_lines_keep_their_numbers_however_the_candidates_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("kgtools.corpora.readers.cmedqa2.CHUNK", chunk)
    dirty = str(FILES["train_candidates.txt"]) + "\n11,1\n11,2,5\n\n11,6,1\n"
    found = take(tmp_path, "cmedqa2", FILES | {"train_candidates.txt": dirty}, answers="all")

    assert [(line, reason) for _, line, reason in found.rejects] == [
        (7, "wrong-width"),
        (10, "answer-of-another-question"),
    ]
    assert dict(zip(found.meta("question_id"), found.column("split"), strict=True)) == SPLIT


def test_a_question_in_two_splits_is_refused_with_its_answers(tmp_path: Path) -> None:
    both = "question_id,ans_id,cnt,label\n12,4,0,1\n13,6,0,1\n"
    found = take(tmp_path, "cmedqa2", FILES | {"test_candidates.txt": both}, answers="all")

    assert found.reasons() == {
        "answer-without-question": 2, "question-in-two-splits": 1, "unknown-question": 2,
    }  # fmt: skip
    assert "12" not in found.meta("question_id")


def test_an_answer_that_the_candidates_do_not_call_right_is_counted(tmp_path: Path) -> None:
    fewer = str(FILES["dev_candidates.txt"]).replace("12,5,1,1", "12,5,1,0")
    found = take(tmp_path, "cmedqa2", FILES | {"dev_candidates.txt": fewer}, answers="all")

    assert found.outcome.changed["answers that the candidates do not call right"] == 1
    assert found.outcome.written == 7


def test_candidates_whose_name_says_no_split_and_other_files_are_refused_as_a_whole(tmp_path: Path) -> None:
    more: dict[str, bytes | str] = {
        "more.txt": FILES["dev_candidates.txt"],
        "README.md": "# cMedQA2\n",
        "empty.csv": "",
    }
    found = take(tmp_path, "cmedqa2", FILES | more, answers="all")

    assert sorted(found.rejects) == [
        ("exam/README.md", 0, "unknown-file"), ("exam/empty.csv", 0, "unknown-file"), ("exam/more.txt", 0, "unknown-split"),
    ]  # fmt: skip


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    take(tmp_path, "cmedqa2", FILES | {"answer.csv": f"{ANSWERS}8,99,没有这个问题\n"})

    with pytest.raises(InputError, match=r"answer\.csv:10: answer-without-question"):
        list(find("cmedqa2").read(Corpus([tmp_path / "exam"], strict=True), find("cmedqa2").settings()))


@pytest.mark.parametrize("name", ["questions.csv", "answers.csv"])
def test_the_first_version_is_read_too_whose_files_have_other_names(tmp_path: Path, name: str) -> None:
    files = {
        ("questions.csv" if "question" in key else key.replace("answer.", "answers.")): data
        for key, data in FILES.items()
    }

    assert name in files
    assert take(tmp_path, "cmedqa2", files, answers="all").outcome.written == 7


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "cmedqa2", FILES)
        written.append((tmp_path / run / "out" / "records.parquet").read_bytes())

    assert written[0] == written[1]


def test_every_file_of_it_is_known(tmp_path: Path) -> None:
    take(tmp_path, "cmedqa2", FILES)

    assert {(file, name) for file, name, _ in who_reads([tmp_path / "exam"]).matches} == {
        (f"exam/{name}", "cmedqa2") for name in FILES
    }


def test_a_setting_that_there_is_not_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'one' or 'all'"):
        take(tmp_path, "cmedqa2", FILES, answers="best")


def test_its_licence_lets_records_be_passed_on_but_not_for_money() -> None:
    assert terms.find(find("cmedqa2").license).use == "noncommercial"


@pytest.fixture
def candidates() -> Path:
    if not REAL.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return REAL


def test_the_published_candidates_alone_are_no_corpus(candidates: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks question\.csv .* and answer\.csv"):
        read("cmedqa2", [candidates], tmp_path / "out", {})


def test_the_published_candidates_give_4000_questions_with_7527_answers(candidates: Path, tmp_path: Path) -> None:
    rows = pl.read_csv(zipfile.ZipFile(candidates).read("dev_candidates.txt"))
    right = rows.filter(pl.col("label") == 1).sort("ans_id")
    right.select("ans_id", "question_id", content=pl.format("答{}", "ans_id")).write_csv(tmp_path / "answer.csv")
    asked = rows["question_id"].unique().sort().to_frame().with_columns(content=pl.format("问{}", "question_id"))
    asked.write_csv(tmp_path / "question.csv")

    found: Taken = take_all(
        tmp_path, "cmedqa2", [tmp_path / "question.csv", tmp_path / "answer.csv", candidates], answers="all"
    )

    assert (found.outcome.written, len(set(found.meta("question_id"))), found.rejects) == (7527, 4000, [])
    assert (found.outcome.splits, found.outcome.changed) == ({"validation": 7527}, {})
    assert [Counter(Counter(found.meta("question_id")).values())[n] for n in (1, 2, 3, 4)] == [2319, 921, 363, 164]
