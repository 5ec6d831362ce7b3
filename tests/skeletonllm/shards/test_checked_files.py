from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas import NEGATIVE, QUESTION, RATIONALE
from skeletonllm import topology
from skeletonllm.errors import ReleaseError, SchemaError, SkeletonLLMError, UsageError
from skeletonllm.shards import checked_files
from skeletonllm.shards.catalogue import open_catalogue
from skeletonllm.shards.checked_files import (
    load_checked_topologies,
    read_checked,
    read_checked_table,
)
from skeletonllm.shards.manifest import Identity, read_manifest, unchecked
from skeletonllm.storage import write_json, write_table
from skeletonllm.storage.files import read_pieces
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.views.asked_views import read_asked_views
from skeletonllm.views.questions import Questions
from skeletonllm.views.rankings import read_ranking
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


def test_a_file_that_differs_is_refused_with_both_hashes(own_release: Path) -> None:
    manifest = read_manifest(str(own_release))
    path = own_release / "negatives.parquet"
    whole = path.read_bytes()
    for content in (whole[:-1], whole + b"\0", b"", bytes([whole[0] ^ 1]) + whole[1:]):
        path.write_bytes(content)
        with pytest.raises(ReleaseError) as caught:
            read_checked_table(str(own_release), path.name, manifest, NEGATIVE)
        assert str(caught.value) == (
            f"{path}: {len(content)} bytes with sha256 {hashlib.sha256(content).hexdigest()}; "
            f"expected {len(whole)} bytes with sha256 {hashlib.sha256(whole).hexdigest()}, as the "
            "manifest says. Copy this file again from where the folder came from; "
            "`skeletonllm verify` checks all."
        )
    path.unlink()
    with pytest.raises(ReleaseError, match="no such file, though the manifest lists it"):
        read_checked(str(own_release), path.name, manifest)
    with pytest.raises(ReleaseError, match="the manifest does not list this file"):
        read_checked(str(own_release), "questions.parquet", manifest)


def test_a_table_is_refused_by_its_schema_and_form(own_release: Path) -> None:
    folder = str(own_release)
    with pytest.raises(SchemaError, match="a table of schema 'negative'; expected schema 'ration"):
        read_checked_table(folder, "negatives.parquet", read_manifest(folder), RATIONALE)
    (own_release / "negatives.parquet").write_bytes(b"no table")
    with pytest.raises(ReleaseError, match=r"negatives\.parquet: not a parquet file"):
        read_checked_table(folder, "negatives.parquet", unchecked(folder), NEGATIVE)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("negatives.parquet", lambda folder: read_ranking(folder, None, lambda _: True)),
        ("questions.parquet", Questions.open),
        ("views.json", read_asked_views),
    ],
)
def test_what_a_view_reads_beside_the_tars_is_checked(
    own_release: Path, name: str, read: Callable[[str], Any]
) -> None:
    write_table(str(own_release / "questions.parquet"), pa.Table.from_pylist([], QUESTION.arrow))
    write_json(f"{own_release}/views.json", {"negatives": [], "rationales": []})
    list_again(own_release)
    read(str(own_release))
    path = own_release / name
    whole = path.read_bytes()
    for at in range(0, len(whole), 1 + len(whole) // 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        with pytest.raises(ReleaseError, match=f"{name}: {len(whole)} bytes with sha256"):
            read(str(own_release))


def test_only_listed_skeletons_are_registered(
    own_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "_built_in", dict)
    monkeypatch.setattr(topology, "_REGISTRY", {})
    path = own_release / "topologies.json"
    manifest = read_manifest(str(own_release))
    whole = path.read_text()
    path.write_text(whole.replace("kinect_v2", "kinect_v3"))
    with pytest.raises(ReleaseError, match=r"topologies\.json: \d+ bytes with sha256"):
        load_checked_topologies(manifest)
    assert not topology.is_registered("kinect_v3")
    path.write_text(whole)
    load_checked_topologies(manifest)
    assert topology.is_registered("kinect_v2")
    path.write_text(json.dumps([1]))
    list_again(own_release)
    with pytest.raises(UsageError, match="no definition of a skeleton"):
        load_checked_topologies(read_manifest(str(own_release)))
    path.write_text("{")
    list_again(own_release)
    with pytest.raises(ReleaseError, match=r"topologies\.json: not JSON"):
        load_checked_topologies(read_manifest(str(own_release)))


def test_a_stage_may_list_nothing_only_where_no_job_wrote_its_manifest(
    built: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(built, tmp_path / "shards")
    stated = json.loads((folder / "manifest.json").read_text())
    stated.pop("files")
    write_json(f"{folder}/manifest.json", stated)
    with pytest.raises(ReleaseError, match="the list of files is damaged"):
        read_manifest(str(folder))


@pytest.mark.parametrize("wrong", [1, 2])
def test_a_copy_that_differs_is_fetched_once_more_before_it_is_called_damaged(
    released: Path, wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [wrong]

    def flip(url: str) -> Iterator[bytes]:
        for piece in read_pieces(url):
            yield piece if left[0] <= 0 else bytes([piece[0] ^ 1]) + piece[1:]
        left[0] -= 1

    with FaultyStore(released) as store:
        manifest = read_manifest(store.url)
        monkeypatch.setattr(checked_files, "read_pieces", flip)
        if wrong == 1:
            whole = (released / "negatives.parquet").read_bytes()
            assert read_checked(store.url, "negatives.parquet", manifest) == whole
            return
        with pytest.raises(ReleaseError, match=r"negatives\.parquet: .* as the manifest says"):
            read_checked(store.url, "negatives.parquet", manifest)
