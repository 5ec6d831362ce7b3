from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.release import cut_release
from skeletonllm.storage import list_files, read_json, read_table, sha256_of


def test_every_file_is_described_with_its_hash_and_the_tars_are_one_set(pristine: Path) -> None:
    data = read_json(str(pristine / "croissant.json"))
    assert data["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    *files, tars = data["distribution"]
    assert (tars["@type"], tars["includes"]) == ("cr:FileSet", "shards/*.tar")
    described = {f["contentUrl"]: f["sha256"] for f in files}
    others = {path for path in list_files(str(pristine)) if not path.endswith(".tar")}
    assert set(described) == others - {"croissant.json", "manifest.json"}
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
    types = {f["name"]: f["dataType"] for s in sets.values() for f in s["field"]}
    assert (types["index/offset"], types["index/label"]) == ("sc:Integer", "sc:Text")
    assert types["rationales/facts_given"] == "sc:Boolean"
    assert sets["index"]["key"] == {"@id": "index/key"}


def test_terms_version_and_citation_are_stated(pristine: Path) -> None:
    data = read_json(str(pristine / "croissant.json"))
    assert (data["name"], data["version"]) == ("toy", "1.0.0")
    assert "https://creativecommons.org/licenses/by/4.0/" in data["license"]
    assert data["citeAs"] == (
        "@misc{toy_1_0_0, title={toy 1.0.0}, version={1.0.0}, "
        "note={Human motion as skeletons, from alpha, beta; cut by test}}"
    )


def test_the_day_is_stated_by_who_cuts_and_never_taken_from_the_clock(
    tmp_path: Path, pristine: Path, stages: dict[str, Any]
) -> None:
    assert "datePublished" not in read_json(str(pristine / "croissant.json"))
    given = {"published": "2026-11-27", **stages}
    release = cut_release(str(tmp_path), "toy", "1.0.0", code="test", **given)
    assert read_json(f"{release}/croissant.json")["datePublished"] == "2026-11-27"
    assert read_json(f"{release}/manifest.json")["published"] == "2026-11-27"


@pytest.mark.parametrize("day", ["today", "2026-13-01", "20261127", ""])
def test_what_is_no_day_is_refused(day: str, tmp_path: Path, stages: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="expected YYYY-MM-DD"):
        cut_release(str(tmp_path), "toy", "1.0.0", published=day, **stages)
    assert list(tmp_path.iterdir()) == []
