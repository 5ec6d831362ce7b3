from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import NEGATIVE, QUESTION, RATIONALE
from skeletonllm import topology
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards import checked_files
from skeletonllm.shards.checked_files import (
    load_checked_topologies,
    read_checked,
    read_checked_table,
)
from skeletonllm.shards.manifest import read_manifest, unchecked
from skeletonllm.storage import write_json, write_table
from skeletonllm.storage.files import read_pieces
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.views.asked_views import read_asked_views
from skeletonllm.views.questions import Questions
from skeletonllm.views.rankings import read_ranking
from tests.skeletonllm.shards.finished_folders import list_again


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
