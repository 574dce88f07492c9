"""Records de-identified: what stands in place of values, what the log says, what is written and when nothing is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from stdnum import luhn
from stdnum.cn import ric

from kgtools.corpora.deidentify import deidentify, load_policy, residual
from kgtools.corpora.deidentify.classes import LABELS
from kgtools.corpora.deidentify.policy import SURROGATES, names
from kgtools.corpora.deidentify.pseudonyms import is_surrogate, surrogate
from kgtools.corpora.record import PREFERENCES, RECORDS
from tests.conftest import Ran
from tests.corpora.deidentify.planted import planted, planted_english

Kgtools = Callable[..., Ran]
KEY = b"0123456789abcdef" * 2
STORY = "患者姓名：张晓明，男，身份证号11010519491231002X，电话13800138000，出生日期：1949年12月31日，2020-03-28入院，2020-04-02出院。"


def record(text: str, group: str = "g", **columns: Any) -> dict[str, Any]:
    shared = {
        "id": f"{group}-{len(text)}", "task": "dialogue", "lang": "zh", "messages": [{"role": "user", "content": text}], "facts": [],
        "group": group, "source": "s", "license": "CC0-1.0", "meta": "{}",
    }  # fmt: skip
    return shared | columns


def cleaned(text: str, policy: str = "pipl", key: bytes = KEY, **columns: Any) -> str:
    new, _ = deidentify(RECORDS.frame([record(text, **columns)]), load_policy(policy), key)
    return str(new["messages"][0][0]["content"])


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key.txt"
    file.write_bytes(KEY)
    return file


def folder(place: Path, *rows: dict[str, Any]) -> Path:
    place.mkdir()
    RECORDS.frame(list(rows)).write_parquet(place / "records.parquet")
    return place


def test_a_patient_has_the_same_tags_in_any_batch_and_another_patient_others() -> None:
    one, two, other = (
        cleaned("姓名：张晓明，"),
        cleaned("电话不详。姓名：张 晓 明，"),
        cleaned("姓名：张晓明，", group="h"),
    )
    assert one.split("姓名：")[1] == two.split("姓名：")[1]
    assert one != other
    assert one.startswith("姓名：[姓名")


def test_another_key_gives_other_tags() -> None:
    assert cleaned("姓名：张晓明，") != cleaned("姓名：张晓明，", key=b"another key, long enough")


def test_tags_of_an_english_record_are_english() -> None:
    assert "[NAME" in cleaned("Patient name: John Smith, MRN: 12345678", lang="en")
    assert "[MRN" in cleaned("Patient name: John Smith, MRN: 12345678", lang="en")


def test_dates_of_a_patient_move_by_the_same_days_and_keep_weekday_and_form() -> None:
    texts = [cleaned("2020-03-28入院，2020年4月2日出院"), cleaned("2020/3/28")]
    first, second = (date.fromisoformat(texts[0][:10]), texts[0].split("，")[1][:-2])
    year, month, day = (int(part) for part in second.replace("年", "-").replace("月", "-").replace("日", "").split("-"))
    assert (date(year, month, day) - first).days == 5
    assert first != date(2020, 3, 28)
    assert first.weekday() == date(2020, 3, 28).weekday()
    assert texts[1] == f"{first.year}/{first.month}/{first.day}"


def test_a_birth_date_becomes_the_age_and_great_ages_one() -> None:
    assert "出生日期：70岁" in cleaned(STORY)
    assert cleaned("老人93岁") == "老人90+岁"
    assert "90+岁" in cleaned("出生日期：1920-01-01，2020-03-28入院")


def test_a_name_that_a_record_told_is_replaced_wherever_it_says_it() -> None:
    assert "张晓明" not in cleaned("姓名：张晓明，男。医生对张晓明说明病情")


def test_masks_stay() -> None:
    assert cleaned("杨XX，男，XX岁，张某，住院号___") == "杨XX，男，XX岁，张某，住院号___"


def test_answers_and_meta_are_cleaned_and_groups_are_keyed() -> None:
    meta = orjson.dumps(
        {"file": "a.txt", "line": 3, "url": "https://www.haodf.com/x_123.htm", "age_years": 93}
    ).decode()
    new, log = deidentify(RECORDS.frame([record("无", answer="打13800138000", meta=meta)]), load_policy("pipl"), KEY)
    assert "13800138000" not in new["answer"][0]
    assert orjson.loads(new["meta"][0])["age_years"] == 90
    assert "haodf" not in new["meta"][0]
    assert orjson.loads(new["meta"][0])["file"] == "a.txt"
    assert new["group"][0] != "g"
    assert new["id"][0] == record("无")["id"]
    assert set(log["part"]) == {"answer", "meta.url", "meta.age_years"}


def test_preferences_are_cleaned_on_every_side() -> None:
    row = {k: v for k, v in record("电话13800138000").items() if k != "messages"} | {
        side: [{"role": "user", "content": f"{side}电话13800138000"}] for side in ("prompt", "chosen", "rejected")
    }
    new, log = deidentify(PREFERENCES.frame([row]), load_policy("pipl"), KEY)
    assert residual(new).height == 0
    assert set(log["part"]) == {"prompt", "chosen", "rejected"}


def test_the_log_has_offsets_of_the_text_before_and_never_the_text() -> None:
    _, log = deidentify(RECORDS.frame([record(STORY)]), load_policy("pipl"), KEY)
    found = {STORY[start:end] for start, end in log.select("start", "end").iter_rows()}
    assert {"张晓明", "11010519491231002X", "13800138000"} <= found
    assert "张晓明" not in str(log.to_dicts())


@pytest.mark.parametrize("name", names())
def test_a_policy_says_what_becomes_of_every_class_and_leaves_nothing(name: str) -> None:
    policy = load_policy(name)
    assert set(policy.classes) == set(LABELS)
    keep = frozenset(kind for kind, action in policy.classes.items() if action == "keep")
    rows = [record(text.text, group=str(n)) for n, text in enumerate(planted(9, 400) + planted_english(9, 200))]
    for chosen in (policy, policy.with_surrogates()):
        new, _ = deidentify(RECORDS.frame(rows), chosen, KEY)
        assert residual(new, keep).height == 0


def test_policies_exist() -> None:
    assert names() == ["hipaa", "pipl", "research"]


@pytest.mark.parametrize("kind", sorted(SURROGATES))
def test_a_surrogate_is_known_as_one_and_its_checksum_holds(kind: str) -> None:
    for value in ("13800138000", "11010519491231002X", "6222021234567890123", "a@b.cn"):
        made = surrogate(KEY, "g", kind, value)
        assert kind == "name" or is_surrogate(made)
        assert made == surrogate(KEY, "g", kind, value)
        if kind == "resident-id":
            assert ric.calc_check_digit(made) == made[-1]
            assert not ric.is_valid(made)
        if kind == "bank-card":
            assert luhn.is_valid(made)


@pytest.mark.parametrize(
    "value",
    ["13800138000", "11010519491231002X", "6222021234567890123", "a@qq.com", "京A12345", "8.8.4.14", "00123456"],
)
def test_a_real_value_is_no_surrogate(value: str) -> None:
    assert not is_surrogate(value)


def test_the_residual_scan_finds_what_was_never_cleaned() -> None:
    found = residual(RECORDS.frame([record(STORY)]))
    assert set(found["class"]) == {"resident-id", "phone"}
    assert set(found["row"]) == {1}
    assert not {"text", "record"} & set(found.columns)


def test_the_command_writes_records_log_and_manifest_without_the_key(
    kgtools: Kgtools, tmp_path: Path, key: Path
) -> None:
    place = folder(tmp_path / "in", record(STORY), record("白细胞 13.8", group="h"))
    ran = kgtools("deidentify", place, "--key-file", key, "--out", tmp_path / "out", "--format", "json")
    assert ran.code == 0
    assert ran.json["records"] == 2
    assert ran.json["touched"] == 1
    written = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert set(written) == {"records.parquet", "deidentified.parquet", "run.json"}
    assert KEY not in b"".join(written.values())
    assert b"13800138000" not in b"".join(written.values())
    again = kgtools("deidentify", place, "--key-file", key, "--out", tmp_path / "again")
    assert again.code == 0
    assert written == {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()}


def test_a_dry_run_counts_and_writes_nothing(kgtools: Kgtools, tmp_path: Path, key: Path) -> None:
    place = folder(tmp_path / "in", record(STORY))
    ran = kgtools("deidentify", place, "--key-file", key, "--out", tmp_path / "out", "--dry-run")
    assert ran.code == 0
    assert "resident-id" in ran.out
    assert "100.0%" in ran.out
    assert not (tmp_path / "out").exists()


def test_what_is_left_fails_the_run_and_nothing_is_written(kgtools: Kgtools, tmp_path: Path, key: Path) -> None:
    place = folder(tmp_path / "in", record(STORY, source="of 13800138000"))
    ran = kgtools("deidentify", place, "--key-file", key, "--out", tmp_path / "out")
    assert ran.code == 1
    assert "phone in source" in ran.err
    assert "13800138000" not in ran.err + ran.out
    assert not (tmp_path / "out").exists()


SECOND = {
    "id": {"id": "13800138000"},
    "task": {"task": "11010519491231002X"},
    "facts": {"facts": ["0da309e87e23b3554f4b", "13800138000"]},
    "source": {"source": "zhang.san@hospital.cn"},
    "template": {"template": "pack@1/a.zh#13800138000"},
    "license": {"license": "LicenseRef-13800138000"},
    "split": {"split": "13800138000"},
    "meta": {"meta": '{"13800138000": "x"}'},
    "meta ": {"meta": '{"phone": 13800138000.0}'},
    "meta  ": {"meta": '{"file": "13800138000.txt"}'},
}


@pytest.mark.parametrize("column", SECOND)
def test_what_identifies_in_any_column_stops_the_run_with_column_and_row(
    column: str, kgtools: Kgtools, tmp_path: Path, key: Path
) -> None:
    place = folder(tmp_path / "in", record("头痛", group="a"), record("咳嗽", group="b", **SECOND[column]))

    ran = kgtools("deidentify", place, "--key-file", key, "--out", tmp_path / "out")

    assert ran.code == 1
    assert f" in {column.strip()}: " in ran.err
    assert "first in row 2" in ran.err
    assert f"give others in {column.strip()}" in ran.err
    assert "13800138000" not in ran.err
    assert not (tmp_path / "out").exists()


def test_what_identifies_in_the_facts_of_a_preference_stops_the_run(
    kgtools: Kgtools, tmp_path: Path, key: Path
) -> None:
    row = {k: v for k, v in record("头痛", facts=["13800138000"]).items() if k != "messages"}
    sides = {side: [{"role": "user", "content": "头痛"}] for side in ("prompt", "chosen", "rejected")}
    (tmp_path / "in").mkdir()
    PREFERENCES.frame([row | sides]).write_parquet(tmp_path / "in" / "preferences.parquet")

    ran = kgtools("deidentify", tmp_path / "in", "--key-file", key, "--out", tmp_path / "out")

    assert (ran.code, "phone in facts" in ran.err) == (1, True)
    assert not (tmp_path / "out").exists()


def test_an_input_that_is_called_by_a_number_of_a_person_is_refused(
    kgtools: Kgtools, tmp_path: Path, key: Path
) -> None:
    place = folder(tmp_path / "in", record("头痛")) / "records.parquet"
    named = place.rename(tmp_path / "13800138000.parquet")

    ran = kgtools("deidentify", named, "--key-file", key, "--out", tmp_path / "out")

    assert (ran.code, "rename it" in ran.err) == (1, True)
    assert not (tmp_path / "out").exists()


def test_ids_that_are_hashes_are_nobodys(kgtools: Kgtools, tmp_path: Path, key: Path) -> None:
    hashes = ["13800138000a1b2c3d4e", "a1b2c3d4e13800138000", "0da309e87e23b3554f4b"]
    rows = [record("头痛", group=text, id=text, facts=hashes) for text in hashes]

    ran = kgtools("deidentify", folder(tmp_path / "in", *rows), "--key-file", key, "--out", tmp_path / "out")

    assert ran.code == 0
    assert pl.read_parquet(tmp_path / "out" / "records.parquet")["id"].to_list() == hashes


def test_without_a_key_one_line_says_how_to_make_one(
    kgtools: Kgtools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KGTOOLS_KEY", raising=False)
    place = folder(tmp_path / "in", record(STORY))
    ran = kgtools("deidentify", place, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "secrets.token_hex" in ran.err
    monkeypatch.setenv("KGTOOLS_KEY", "short")
    assert "can be guessed" in kgtools("deidentify", place, "--out", tmp_path / "out").err
    monkeypatch.setenv("KGTOOLS_KEY", KEY.decode())
    assert kgtools("deidentify", place, "--out", tmp_path / "out").code == 0


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("title: t\nclasses: {phone: tag}\n", "the class name is missing"),
        ("title: t\nclasses: {fone: tag}\n", "no class 'fone'"),
        ("title: t\nclasses: {phone: shift}\n", "there is no shift of this class"),
        ("title: t\nclasses: {phone: hide}\n", "tag"),
        ("title: t\nclasses: {}\nmore: 1\n", "there is no such key"),
    ],
)
def test_a_faulty_policy_is_refused_with_its_line(
    kgtools: Kgtools, tmp_path: Path, key: Path, yaml: str, says: str
) -> None:
    (tmp_path / "p.yaml").write_text(yaml, encoding="utf-8")
    place = folder(tmp_path / "in", record(STORY))
    ran = kgtools("deidentify", place, "--policy", tmp_path / "p.yaml", "--key-file", key, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "p.yaml:" in ran.err
    assert says in ran.err


def test_rare_patients_are_counted(kgtools: Kgtools, tmp_path: Path, key: Path) -> None:
    def meta(age: int) -> str:
        return orjson.dumps({"age_years": age, "sex": "male", "department": "内科"}).decode()

    rows = [record(f"咳嗽{n}", group=str(n), meta=meta(40 + n % 3)) for n in range(6)] + [
        record("x", group="z", meta=meta(7))
    ]
    place = folder(tmp_path / "in", *rows)
    ran = kgtools("deidentify", place, "--key-file", key, "--dry-run", "--format", "json")
    assert ran.json["described"] == 7
    assert ran.json["rare"] == 1


def test_real_dialogues_keep_no_record_of_their_page() -> None:
    from tests.conftest import ROOT

    file = ROOT.parent / "shared" / "data" / "corpora" / "meddialog" / "COVID-Dialogue-Dataset-Chinese.txt"
    if not file.is_file():
        pytest.skip("needs ../shared/data/corpora/meddialog, which is not part of the project")
    texts = file.read_text(encoding="utf-8-sig").split("\nid=")[:200]
    new, log = deidentify(
        RECORDS.frame([record(text, group=str(n)) for n, text in enumerate(texts)]), load_policy("pipl"), KEY
    )
    assert residual(new).height == 0
    assert log.filter(pl.col("class") == "url").height >= 200
    assert log.filter(pl.col("class").is_in(["resident-id", "bank-card", "hospital-number", "plate", "ip"])).height == 0
