from __future__ import annotations

from pathlib import Path

from skeletonllm.storage import read_json, read_table, sha256_of


def test_every_file_is_described_with_its_hash(pristine: Path) -> None:
    data = read_json(str(pristine / "croissant.json"))
    assert data["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    described = {f["contentUrl"]: f["sha256"] for f in data["distribution"]}
    assert len(described) == 12
    for path, digest in described.items():
        assert sha256_of(str(pristine / path))[0] == digest


def test_every_field_extracts_a_column_that_is_there(pristine: Path) -> None:
    sets = {s["name"]: s for s in read_json(str(pristine / "croissant.json"))["recordSet"]}
    assert sorted(sets) == ["index", "negatives", "rationales", "rejects"]
    for name, described in sets.items():
        columns = set(read_table(str(pristine / f"{name}.parquet")).column_names)
        for field in described["field"]:
            assert field["source"]["fileObject"]["@id"] == f"{name}.parquet"
            assert field["source"]["extract"]["column"] in columns
    types = {f["name"]: f["dataType"] for f in sets["index"]["field"]}
    assert (types["index/offset"], types["index/label"]) == ("sc:Integer", "sc:Text")
    assert sets["index"]["key"] == {"@id": "index/key"}


def test_terms_and_version_are_stated(pristine: Path) -> None:
    data = read_json(str(pristine / "croissant.json"))
    assert (data["name"], data["version"]) == ("toy", "1.0.0")
    assert "https://creativecommons.org/licenses/by/4.0/" in data["license"]
