import orjson
import pytest

from kgtools.kg.build.inputs import GraphMetadata, Metadata, NamesMetadata, SourceMetadata, files_of
from kgtools.tools.inputs.files import to_json

SOURCE = {
    "counts": [],
    "files": {"a.csv": "00"},
    "flagged": {},
    "license": "MIT",
    "license_note": "",
    "raw": False,
    "reader": "a",
    "title": "A",
}
NAMES = {
    "dropped": {"empty": 1},
    "file": "n.tsv",
    "files": {"n.tsv": "11"},
    "license": "CC0-1.0",
    "names": 2,
    "read": 3,
    "recased": 0,
    "sha256": "11",
}


@pytest.mark.parametrize(("kind", "values"), [(SourceMetadata, SOURCE), (NamesMetadata, NAMES)])
@pytest.mark.parametrize("more", [{}, {"loaded_by": "a guest", "version": 9}])
def test_metadata_come_back_in_the_same_bytes_with_keys_that_nobody_knows(
    kind: type[Metadata], values: dict[str, object], more: dict[str, object]
) -> None:
    written = to_json(values | more)

    metadata = kind.from_dict(orjson.loads(written))

    assert metadata.extra == more
    assert to_json(metadata.to_dict()) == written
    assert list(metadata.to_dict()) == sorted(values | more)


def test_what_a_file_does_not_say_is_not_written() -> None:
    assert SourceMetadata.from_dict({"license": "MIT"}).to_dict() == {"license": "MIT"}
    assert SourceMetadata.from_dict({"license": "MIT"}).title is None


def test_the_files_of_a_graph_are_those_of_its_sources_and_tables() -> None:
    older = {"file": "o.tsv", "sha256": "22", "license": "MIT"}
    joined = NAMES | {"files": {"n.tsv": "11", "codes.csv": "33"}}
    metadata = GraphMetadata.from_dict(
        {"sources": {"a": SOURCE}, "names": {"joined": joined, "mine": NAMES, "older": older}}
    )

    assert files_of(metadata) == {
        "a/a.csv": "00",
        "names/joined/n.tsv": "11",
        "names/joined/codes.csv": "33",
        "names/mine": "11",
        "names/older": "22",
    }
    assert GraphMetadata.from_dict(metadata.to_dict()) == metadata
