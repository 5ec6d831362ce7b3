from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from schemas import SAMPLE
from skeletonllm import topology
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.index import find_index, write_index
from skeletonllm.shards.manifest import Identity, Listed, Manifest
from skeletonllm.storage import read_table, write_json, write_table
from skeletonllm.topology import get_topology


def test_every_sample_is_found_by_its_bytes(folder: Path, make_clip) -> None:
    index = read_index(str(folder))
    assert len(index) == 50
    for row in reversed(index.to_pylist()):
        clip = make_clip(row["position"])
        sample = read_sample(str(folder), row)
        assert sample.clip.clip_id == row["clip_id"] == clip.clip_id
        assert abs(sample.motion.joints - clip.motion.joints).max() <= 1e-4 + 2e-6


def test_one_file_or_many_parts(folder: Path, tmp_path: Path) -> None:
    index = read_index(str(folder))
    write_table(str(tmp_path / "index.parquet"), index)
    assert read_index(str(tmp_path)).equals(index)


def test_refuses_what_is_no_index(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no index. Give the folder of a release"):
        read_index(str(tmp_path))
    index = read_index(str(folder))
    write_table(str(tmp_path / "index.parquet"), index.slice(1))
    with pytest.raises(ReleaseError, match="positions of the index are not 0, 1, 2"):
        read_index(str(tmp_path))
    write_table(str(tmp_path / "index.parquet"), index.drop_columns(["size"]))
    with pytest.raises(SchemaError, match=r"missing columns \['size'\]"):
        read_index(str(tmp_path))


@pytest.mark.parametrize("kind", ["released", "built"])
def test_an_index_that_its_manifest_does_not_list_so_is_refused(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    release = shutil.copytree(request.getfixturevalue(kind), tmp_path / "release")
    path = next(p for p in sorted(release.rglob("*.parquet")) if "index" in str(p))
    content = bytearray(path.read_bytes())
    content[200] ^= 4
    path.write_bytes(content)
    with pytest.raises(ReleaseError, match=rf"{path.name}: .* bytes with sha256 .* expected"):
        read_index(str(release))
    path.unlink()
    with pytest.raises(ReleaseError, match=rf"{path.name}: no such file, though the manifest"):
        read_index(str(release))


def test_the_index_of_a_release_reads_back_as_it_was_written(folder: Path, tmp_path: Path) -> None:
    index = read_index(str(folder))
    write_index(str(tmp_path / "index.parquet"), index)
    assert read_table(str(tmp_path / "index.parquet"), schema=SAMPLE).equals(index)
    parquet = pq.ParquetFile(tmp_path / "index.parquet")
    assert parquet.schema_arrow.metadata == index.schema.metadata


def test_parts_are_in_the_order_of_their_numbers() -> None:
    paths = [f"index/part-{n}.parquet" for n in ("100000", "00002", "99999", "00000")]
    files = {path: Listed("0" * 64, 1) for path in [*paths, "tars/a.tar", "index/part.txt"]}
    manifest = Manifest("out", Identity("shards", "", ""), files, checked=True, data={})
    numbers = [path[11:-8] for path in find_index(manifest)]
    assert numbers == ["00000", "00002", "99999", "100000"]


def test_wrong_bytes_are_named(folder: Path) -> None:
    row, other, *_ = read_index(str(folder)).to_pylist()
    other_bytes = f"sample {row['key']}: its bytes are not those that the index has the hash of"
    with pytest.raises(ReleaseError, match=other_bytes):
        read_sample(str(folder), {**row, "offset": other["offset"], "size": other["size"]})
    with pytest.raises(ReleaseError, match=other_bytes):
        read_sample(str(folder), {**row, "offset": 100})
    with pytest.raises(UsageError, match=r"gone\.tar: the index names a tar that does not exist"):
        read_sample(str(folder), {**row, "shard": "gone.tar"})


def test_skeletons_of_a_folder_are_known_to_who_reads_its_index_or_a_sample(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = shutil.copytree(folder, tmp_path / "release")
    (name,) = set(read_index(str(release)).column("topology").to_pylist())
    write_json(f"{release}/topologies.json", {name: get_topology(name).to_json()})
    write_json(f"{release}/manifest.json", {"stage": "build_shards"})
    row = read_index(str(release)).to_pylist()[0]
    monkeypatch.setattr(topology, "_built_in", dict)  # as if a reader had made the skeleton
    monkeypatch.setattr(topology, "_REGISTRY", {})
    with pytest.raises(ReleaseError, match=f"unknown topology '{name}'"):
        read_sample(str(folder), row)
    assert read_sample(str(release), row).motion.topology.name == name
    monkeypatch.setattr(topology, "_REGISTRY", {})
    read_index(str(release))
    assert get_topology(name).name == name
