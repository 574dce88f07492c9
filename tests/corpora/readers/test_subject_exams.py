"""C-Eval, CMMLU and MLEC-QA: the subject and the split are in the path."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from kgtools.tools.errors import UsageError
from tests.corpora.readers.exams import CEVAL, CMMLU, PUBLISHED, array, mlec, take


def test_the_subject_and_split_of_ceval_are_in_the_name(tmp_path: Path) -> None:
    found = take(tmp_path, "ceval", {"dev/physician_dev.csv": CEVAL, "val/clinical_medicine_val.csv": CEVAL})

    assert [(r["split"], r["meta"]["subject"], r["meta"]["published_split"]) for r in found.records] == [
        ("train", "physician", "dev"), ("validation", "clinical_medicine", "val"),
    ]  # fmt: skip
    assert found.meta("explanation") == ["因为。", "因为。"]


def test_only_the_test_set_of_ceval_may_be_without_keys(tmp_path: Path) -> None:
    text = "id,question,A,B,C,D\n0,下列是,甲,乙,丙,丁\n"

    test = take(tmp_path, "ceval", {"test/physician_test.csv": text})
    (tmp_path / "val").mkdir()
    val = take(tmp_path / "val", "ceval", {"physician_val.csv": text})

    assert (test.column("answer"), test.reasons()) == ([None], {})
    assert (val.records, val.reasons()) == ([], {"no-key": 1})


def test_the_subject_of_cmmlu_is_the_name_and_the_split_the_folder(tmp_path: Path) -> None:
    found = take(tmp_path, "cmmlu", {"dev/anatomy.csv": CMMLU, "test/virology.csv": CMMLU})

    assert [(r["split"], r["meta"]["subject"], r["meta"]["subject_zh"]) for r in found.records] == [
        ("train", "anatomy", "解剖学"), ("test", "virology", "病毒学"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (
            "ceval",
            "以下是中国关于医师资格考试的单项选择题，请选出其中的正确答案。\n\n下列{正确}的是____\nA. 甲\nB. 乙\nC. 丙\nD. 丁\n答案：",
        ),
        (
            "cmmlu",
            "以下是关于解剖学的单项选择题，请直接给出正确答案的选项。\n\n题目：壁层的分部不包括\nA. 甲\nB. 乙\nC. 丙\nD. 丁\n答案是：",
        ),
    ],
)
def test_the_published_prompts_name_the_subject_and_want_the_letter(tmp_path: Path, name: str, asked: str) -> None:
    found = take(tmp_path, name, PUBLISHED[name], prompt=name)

    assert found.said("user")[0] == asked
    assert len(found.said("assistant")[0]) == 1


@pytest.mark.parametrize("name", ["ceval", "cmmlu"])
def test_a_subject_without_a_chinese_name_is_asked_by_other_prompts_only(tmp_path: Path, name: str) -> None:
    files = {"marxism.csv": PUBLISHED[name][next(iter(PUBLISHED[name]))]}

    with pytest.raises(UsageError, match=r"marxism\.csv: prompt=.* knows the Chinese names of"):
        take(tmp_path, name, files, prompt=name)
    assert take(tmp_path, name, files, prompt="lm-eval").said("user")[0].endswith("\nD. 丁\n答案：")


@pytest.mark.parametrize(("subjects", "written"), [("all", 3), ("medical", 2), ("law", 1), ("law,anatomy", 2)])
def test_files_of_other_subjects_are_left_out_and_counted(tmp_path: Path, subjects: str, written: int) -> None:
    text = ",Question,A,B,C,D,Answer\n0,是,甲,乙,丙,丁,B\n"
    files = {f"test/{subject}.csv": text.replace("是", subject) for subject in ("anatomy", "law", "virology")}

    found = take(tmp_path, "cmmlu", files, subjects=subjects)

    assert found.outcome.written == written
    assert found.outcome.changed.get("files of other subjects", 0) == 3 - written


def test_a_packed_folder_says_the_same_as_the_folder(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in PUBLISHED["cmmlu"].items():
            archive.writestr(f"cmmlu/{name}", data)
    (tmp_path / "zip").mkdir()

    plain = take(tmp_path, "cmmlu", PUBLISHED["cmmlu"])
    zipped = take(tmp_path / "zip", "cmmlu", {"cmmlu_v1.zip": packed.getvalue()})

    assert zipped.column("id") == plain.column("id")
    assert zipped.column("split") == plain.column("split")


def test_a_gzipped_file_keeps_its_subject_and_split(tmp_path: Path) -> None:
    found = take(tmp_path, "ceval", {"physician_val.csv.gz": gzip.compress(CEVAL.encode("gb18030"))})

    assert (found.meta("subject"), found.column("split")) == (["physician"], ["validation"])


def test_a_folder_whose_name_only_holds_the_word_test_says_no_split(tmp_path: Path) -> None:
    assert take(tmp_path, "cmmlu", {"test_of_mine/anatomy.csv": CMMLU}).column("split") == [None]


def test_questions_of_mlec_qa_with_an_image_are_refused(tmp_path: Path) -> None:
    rows = [mlec(str(number), qimage=image) for number, image in enumerate(["", None, [], "None", "a.png", ["b.png"]])]

    found = take(tmp_path, "mlec-qa", {"PublicHealth_dev.json": array(*rows)})

    assert (found.outcome.written, found.reasons()) == (4, {"needs-an-image": 2})
    assert {(r["meta"]["subject"], r["split"], r["answer"]) for r in found.records} == {
        ("PublicHealth", "validation", "E")
    }


def test_options_of_mlec_qa_may_be_small_letters(tmp_path: Path) -> None:
    found = take(tmp_path, "mlec-qa", {"TCM_test.json": PUBLISHED["mlec-qa"]["TCM_test.json"]})

    assert found.said("assistant") == ["正确答案：B. 乙"]
