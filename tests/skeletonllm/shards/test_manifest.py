from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.errors import ReleaseError, SkeletonLLMError, UsageError
from skeletonllm.shards.catalogue import open_catalogue
from skeletonllm.shards.checked_files import (
    read_checked,
)
from skeletonllm.shards.manifest import RECIPE, RELEASE, Identity, read_manifest, refuse_inside
from skeletonllm.storage import write_bytes, write_json
from skeletonllm.views.view import View
from tests.skeletonllm.shards.finished_folders import list_again


def test_the_identity_of_a_release_is_the_hash_of_its_manifest(released: Path, built: Path) -> None:
    sha256 = hashlib.sha256((released / "manifest.json").read_bytes()).hexdigest()
    manifest = read_manifest(str(released))
    assert manifest.identity == Identity("lab", "1.0.0", sha256)
    assert str(manifest.identity) == f"lab 1.0.0 ({sha256[:12]})"
    assert (manifest.is_release, manifest.checked, manifest.parent) == (True, True, None)
    stage = read_manifest(str(built))
    assert (stage.identity.name, stage.identity.version, stage.is_release) == ("shards", "", False)
    assert str(stage.identity) == f"shards ({stage.identity.sha256[:12]})"


def test_a_manifest_lists_each_file_with_its_hash_and_size(released: Path) -> None:
    manifest = read_manifest(str(released))
    paths = {str(p.relative_to(released)) for p in released.rglob("*") if p.is_file()}
    assert set(manifest.files) == paths - {"manifest.json"}
    for path, listed in manifest.files.items():
        content = (released / path).read_bytes()
        assert listed == (hashlib.sha256(content).hexdigest(), len(content))
        assert read_checked(str(released), path, manifest) == content


def test_the_parent_is_read_from_the_lineage(own_release: Path) -> None:
    parent = {"name": "lab", "version": "0.9.0", "manifest_sha256": "a" * 64}
    list_again(own_release, lambda m: m.update(lineage={"parent": parent}))
    assert read_manifest(str(own_release)).parent == Identity("lab", "0.9.0", "a" * 64)
    for wrong in ("lab", {"name": "lab"}, {**parent, "version": 9}):
        list_again(own_release, lambda m, wrong=wrong: m.update(lineage={"parent": wrong}))
        with pytest.raises(ReleaseError, match=r"manifest\.json: the parent .* is not named"):
            _ = read_manifest(str(own_release)).parent


def without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda manifest: manifest.pop(key)


def set_first(**entry: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["files"][0].update(entry)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("files"), "the list of files is damaged at 'None'"),
        (lambda m: m.update(files={}), "the list of files is damaged"),
        (lambda m: m["files"].append(7), "the list of files is damaged at '7'"),
        (lambda m: m["files"].append(m["files"][0]), "the list of files is damaged"),
        (set_first(path="../index.parquet"), "the list of files is damaged"),
        (set_first(path="/etc/passwd"), "the list of files is damaged"),
        (set_first(path=["index.parquet"]), "the list of files is damaged"),
        (set_first(sha256="A" * 64), "the list of files is damaged"),
        (set_first(sha256="a" * 64 + "\n"), "the list of files is damaged"),
        (set_first(sha256=None), "the list of files is damaged"),
        (set_first(bytes=-1), "the list of files is damaged"),
        (set_first(bytes=1.5), "the list of files is damaged"),
        (set_first(bytes=True), "the list of files is damaged"),
        (without("name"), "a release without name and version"),
        (lambda m: m.update(version=1), "a release without name and version"),
    ],
)
def test_a_manifest_of_the_wrong_form_is_refused(
    own_release: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    list_again(own_release, change)
    with pytest.raises(ReleaseError, match=rf"manifest\.json: {said}"):
        read_manifest(str(own_release))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"not JSON \(Expecting value"),
        (b"{", r"not JSON \(Expecting property name"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a JSON list; expected an object"),
        (b"null", "a JSON NoneType; expected an object"),
    ],
)
def test_a_manifest_that_is_no_object_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ReleaseError, match=rf"manifest\.json: {said}"):
        read_manifest(str(tmp_path))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ReleaseError, match=r"no manifest\.json. Give the folder of a release"):
            read_manifest(str(folder))


def test_a_flipped_manifest_is_refused_or_another_release(own_release: Path) -> None:
    path, identity = own_release / "manifest.json", read_manifest(str(own_release)).identity
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    refused = 0
    for at in rng.integers(len(whole), size=300).tolist():
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with suppress(SkeletonLLMError):
            assert open_catalogue(str(own_release), View()).identity.sha256 != identity.sha256
            continue
        refused += 1
    assert refused > 200


def test_a_stage_may_list_nothing_only_where_no_job_wrote_its_manifest(
    built: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(built, tmp_path / "shards")
    stated = json.loads((folder / "manifest.json").read_text())
    stated.pop("files")
    write_json(f"{folder}/manifest.json", stated)
    with pytest.raises(ReleaseError, match="the list of files is damaged"):
        read_manifest(str(folder))


@pytest.mark.parametrize("stated", [{"schema": RELEASE}, {"schema": RECIPE}, {"stage": "quality"}])
def test_nothing_is_put_into_what_is_finished(stated: dict[str, str], tmp_path: Path) -> None:
    for root in (str(tmp_path / "x"), f"memory://{tmp_path.name}/x"):
        write_json(f"{root}/manifest.json", stated)
        for below in ("", "/a", "/a/b/c/"):
            with pytest.raises(UsageError, match=f"{root}: a finished release, recipe or stage"):
                refuse_inside(root + below)
        refuse_inside(f"{root}2")


def test_other_manifests_are_none_of_ours(tmp_path: Path) -> None:
    for content in (b'{"name": "a page"}', b"[1]", b"{", b"\xff"):
        write_bytes(str(tmp_path / "manifest.json"), content)
        refuse_inside(str(tmp_path / "releases"))
    refuse_inside("relative/folder")
    refuse_inside("memory://nosuch")
