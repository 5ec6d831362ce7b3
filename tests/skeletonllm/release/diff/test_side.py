from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import QUESTION, RATIONALE, SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.release.diff.side import open_draft, open_side
from tests.skeletonllm.release.verify.forge import edit_manifest


def test_columns_are_those_of_the_table(pristine: Path) -> None:
    side = open_side(str(pristine))
    with side.open_table("index.parquet", SAMPLE) as index:
        assert (len(index), index.version) == (11, SAMPLE.version)
        assert index.column("clip_id")[0].as_py() == "alpha/000"
    with side.open_table("rationales.parquet", RATIONALE) as told:
        (lists,) = told.leaves("steps", ["verdict"])
        assert lists.to_pylist() == [[{"verdict": "true"}]] * 8
        ((texts, flags),) = told.batches(["label", "flags"])
        assert (len(texts), flags.null_count) == (8, 8)


def test_a_table_that_is_not_there_is_empty(pristine: Path) -> None:
    with open_side(str(pristine)).open_table("questions.parquet", QUESTION) as table:
        assert (len(table), len(table.column("answer")), table.version) == (0, 0, None)
        assert list(table.batches(["answer"])) == []


def test_a_file_that_is_not_what_the_manifest_lists_is_refused(release: Path) -> None:
    (release / "statistics.json").write_text("{}")
    with pytest.raises(ReleaseError, match="as the manifest says"):
        open_side(str(release)).read_json("statistics.json")
    with (
        pytest.raises(SchemaError, match="expected schema 'rationale'"),
        open_side(str(release)).open_table("index.parquet", RATIONALE),
    ):
        pass


def test_what_is_no_release_is_refused(release: Path, stages) -> None:
    with pytest.raises(UsageError, match="this is not a release"):
        open_side(stages["shards_dir"])
    manifest = json.loads((release / "manifest.json").read_text())
    del manifest["licences"]
    (release / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="manifest: 'licences' is missing"):
        open_side(str(release))


def test_a_release_that_is_built_has_no_hash_yet(pristine: Path) -> None:
    head = json.loads((pristine / "manifest.json").read_text())
    side = open_draft(str(pristine), head, head["files"], "stage/tars")
    assert (side.identity.version, side.identity.sha256) == ("1.0.0", "")
    assert side.readable
    assert side.tars == "stage/tars"
    assert open_side(str(pristine)).tars == str(pristine / "shards")
    assert side.read_json("licences.json") == open_side(str(pristine)).read_json("licences.json")


@pytest.mark.parametrize("change", [{"stages": [3]}, {"stages": 3}, {"parent": "junk"}])
def test_a_lineage_of_another_form_is_refused_in_a_sentence(
    release: Path, change: dict[str, Any]
) -> None:
    edit_manifest(release, lambda manifest: manifest["lineage"].update(change))
    with pytest.raises(ReleaseError, match=r"manifest: lineage.*`skeletonllm verify` lists all"):
        open_side(str(release))


def test_a_release_that_does_not_list_its_index_is_refused(release: Path) -> None:
    def drop(manifest: dict[str, Any]) -> None:
        manifest["files"] = [e for e in manifest["files"] if e["path"] != "index.parquet"]

    edit_manifest(release, drop)
    with (
        pytest.raises(ReleaseError, match="index.parquet: the manifest does not list this file"),
        open_side(str(release)).open_table("index.parquet", SAMPLE),
    ):
        pass
