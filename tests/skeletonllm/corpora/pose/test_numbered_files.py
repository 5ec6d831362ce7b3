from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from skeletonllm.corpora.files import load
from skeletonllm.corpora.pose.numbered_files import NumberedFiles, is_pattern
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError

FILES = NumberedFiles("_pose.json")


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = path.stem.encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_a_source_is_a_video(tmp_path: Path) -> None:
    put(tmp_path, "a/v_2_pose.json", "a/v_10_pose.json", "a/w_1_pose.json", "b/000_pose.json")
    put(tmp_path, "a/cat_pose.json", "a/.v_3_pose.json", "a/v_11.json")
    sources = FILES.sources(str(tmp_path))
    assert [source.source_id for source in sources] == ["a/cat", "a/v", "a/w", "b"]
    assert all(is_pattern(source.uri) for source in sources)
    names = [Path(file.uri).name for file in FILES.files(sources[1])]
    assert names == ["v_2_pose.json", "v_10_pose.json"]
    assert FILES.place(f"{tmp_path}/a/v_10_pose.json") == ("v", 10)
    (one,) = FILES.sources(f"{tmp_path}/a/v_10_pose.json")
    assert (one.source_id, is_pattern(one.uri), FILES.files(one)) == ("v", False, [one])


def test_packed_files_are_the_same(tmp_path: Path) -> None:
    put(tmp_path, "gz/v_1_pose.json.gz", "gz/v_2_pose.json.gz")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for n in (1, 2):
            archive.writestr(f"in/v_{n}_pose.json", f"v_{n}_pose")
    for root, name in ((tmp_path / "gz", "v"), (tmp_path / "all.zip", "in/v")):
        (source,) = FILES.sources(str(root))
        assert source.source_id == name
        files = FILES.files(source)
        assert [FILES.place(file.uri)[1] for file in files] == [1, 2]
        assert load(files[0]).startswith(b"v_1_pose")


def test_what_was_listed_with_a_fault_or_is_gone_raises(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        FILES.files(Source("a/v*", "a/v", 0, "duplicate_id"))
    with pytest.raises(SourceError, match="FileNotFoundError"):
        FILES.files(Source(f"{tmp_path}/gone/v*", "v", 0))
