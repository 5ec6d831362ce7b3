from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import describe_release
from skeletonllm.release.describe import is_release
from skeletonllm.storage import read_json, write_json


def test_gives_what_inspect_shows(pristine: Path) -> None:
    about = describe_release(str(pristine))
    assert (about["name"], about["version"], about["counts"]["samples"]) == ("toy", "1.0.0", 11)
    assert about["files"] == 13
    sizes = [p.stat().st_size for p in pristine.rglob("*") if p.is_file()]
    assert about["bytes"] == sum(sizes) - (pristine / "manifest.json").stat().st_size
    assert about["statistics"]["clips"] == 11


def test_tells_a_release_from_a_stage(pristine: Path, stages) -> None:
    assert is_release(str(pristine))
    assert not is_release(stages["shards_dir"])
    with pytest.raises(UsageError, match="this is not a release. Give the folder of one version"):
        describe_release(stages["shards_dir"])


def test_a_damaged_manifest_is_told_in_one_sentence(pristine: Path, tmp_path: Path) -> None:
    place = shutil.copytree(pristine, tmp_path / "copy") / "manifest.json"
    place.chmod(0o644)
    manifest = read_json(str(place))
    write_json(str(place), {**manifest, "files": [7]})
    with pytest.raises(ReleaseError, match="json: manifest: a file without a path: '7'. `skeleton"):
        describe_release(str(place.parent))
