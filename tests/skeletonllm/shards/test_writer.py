from __future__ import annotations

import gc
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest
import webdataset

from schemas import SAMPLE
from skeletonllm.errors import SchemaError
from skeletonllm.shards import (
    decode,
    encode,
    hash_bytes,
    hash_content,
    read_members,
    write_shard,
)
from skeletonllm.shards.writer import join_samples


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_plain_webdataset_reads_the_tars_in_order(folder: Path, make_clip) -> None:
    dataset = webdataset.WebDataset(str(folder / "tars/shard-000001.tar"), shardshuffle=False)
    samples = [decode(raw) for raw in dataset]
    del dataset
    gc.collect()  # webdataset leaves its file to the collector: let it warn here, not elsewhere
    assert [s.clip.clip_id for s in samples] == [make_clip(i).clip_id for i in range(8, 16)]
    assert samples[0].label == make_clip(8).label


def test_bytes_depend_on_nothing_but_the_samples(tmp_path: Path, make_clip) -> None:
    for name in ("a", "b"):
        samples = (encode(make_clip(i)) for i in range(3))
        write_shard(str(tmp_path / name / "shard-000000.tar"), samples)
    one, two = (tmp_path / name / "shard-000000.tar" for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as tar:
        about = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in tar}
    assert about == {(0, 0, 0, "", "", 0o444)}
    assert [p.name for p in one.parent.iterdir()] == ["shard-000000.tar"]  # no partial file


def test_the_index_says_where_each_sample_lies(tmp_path: Path, make_clip) -> None:
    url = str(tmp_path / "shard-000003.tar")
    clips = [make_clip(i) for i in range(3)]
    index = write_shard(url, (encode(c) for c in clips), start=40)
    assert SAMPLE.faults(index) == []
    rows = index.to_pylist()
    assert [row["position"] for row in rows] == [40, 41, 42]
    assert [row["clip_id"] for row in rows] == [clip.clip_id for clip in clips]
    assert rows[0]["offset"] == 0
    assert all(a["offset"] + a["size"] == b["offset"] for a, b in pairwise(rows))
    assert {row["shard"] for row in rows} == {"shard-000003.tar"}
    data = Path(url).read_bytes()
    for row, clip in zip(rows, clips, strict=True):
        part = data[row["offset"] : row["offset"] + row["size"]]
        assert row["bytes_hash"] == hash_bytes(part)
        assert row["content_hash"] == hash_content(encode(clip))
        assert read_members(part, row["key"]) == {"__key__": row["key"], **encode(clip)}
    assert [r["motion_sha256"] for r in rows] == [clip.motion.sha256 for clip in clips]


def test_no_samples_no_tar(tmp_path: Path) -> None:
    index = write_shard(str(tmp_path / "shard-000000.tar"), [])
    assert len(index) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_clip_twice_is_refused_before_anything_is_written(tmp_path: Path, make_clip) -> None:
    with pytest.raises(SchemaError, match=r"sample\.key.*field_uniqueness"):
        write_shard(str(tmp_path / "s.tar"), [encode(make_clip(1))] * 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [1, 2, 7])
def test_samples_joined_from_other_tars_are_the_tar_of_these_samples(
    tmp_path: Path, make_clip, count: int
) -> None:
    samples = [encode(make_clip(i)) for i in range(count)]
    index = write_shard(str(tmp_path / "straight.tar"), samples)
    pieces = []
    for number, sample in enumerate(samples):
        (row,) = write_shard(str(tmp_path / f"{number}.tar"), [sample]).to_pylist()
        data = (tmp_path / f"{number}.tar").read_bytes()
        pieces.append(data[row["offset"] : row["offset"] + row["size"]])
    offsets = join_samples(str(tmp_path / "joined.tar"), pieces)
    assert (tmp_path / "joined.tar").read_bytes() == (tmp_path / "straight.tar").read_bytes()
    assert offsets == index.column("offset").to_pylist()
