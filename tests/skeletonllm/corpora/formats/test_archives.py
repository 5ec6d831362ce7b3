"""ZIP archives as roots: what is in them, what leads out of them, and what they may cost."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import fsspec
import numpy as np
import pytest

from skeletonllm.corpora import get_reader, list_sources, load, read_clips
from skeletonllm.corpora.formats import archives
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError, UsageError


def packed(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def motions(tmp_path: Path) -> str:
    path = tmp_path / "motions.zip"
    files = {"set/b.dat": b"2", "set/a.dat": b"11", "c.DAT": b"3", "set/.hidden.dat": b"4"}
    path.write_bytes(packed({**files, "__MACOSX/set/a.dat": b"5", "set/deep/": b""}))
    return str(path)


def listed(root: str) -> list[tuple[str, bytes]]:
    return [(source.source_id, load(source)) for source in list_sources(root, ".dat")]


def test_an_archive_is_a_folder(motions: str) -> None:
    whole = [("c", b"3"), ("set/a", b"11"), ("set/b", b"2")]
    for root in (motions, f"zip://::{motions}", f"zip://*.dat::{motions}", f"zip://**::{motions}"):
        assert listed(root) == whole
    for root in (f"zip://set::{motions}", f"zip://set/::{motions}", f"zip://set/*::{motions}"):
        assert listed(root) == [("a", b"11"), ("b", b"2")]
    assert listed(f"zip://set/b.dat::{motions}") == [("b", b"2")]
    first = list_sources(motions, ".dat")[0]
    assert first == Source(f"zip://c.DAT::{motions}", "c", 1)


def test_an_archive_in_a_folder_is_opened_where_nothing_lies_outside_of_it(motions: str) -> None:
    folder = Path(motions).parent
    assert [name for name, _ in listed(str(folder))] == [
        "motions/c",
        "motions/set/a",
        "motions/set/b",
    ]
    (folder / "own.dat").write_bytes(b"9")
    assert listed(str(folder)) == [("own", b"9")]


def test_archives_of_a_store_are_read() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/lab/m.zip", packed({"x/a.dat": b"1"}))
    assert listed("zip://::memory://lab/m.zip") == [("x/a", b"1")]
    assert listed("memory://lab/m.zip") == [("x/a", b"1")]


def test_names_that_lead_out_are_unsafe_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "in" / "slip.zip"
    path.parent.mkdir()
    path.write_bytes(packed({"../out.dat": b"1", "C:/x.dat": b"2", "a/../../b.dat": b"3"}))
    sources = list_sources(str(path), ".dat")
    assert [source.fault for source in sources] == ["unsafe"] * 3
    for source in sources:
        with pytest.raises(SourceError, match="tries to execute code or expand"):
            load(source)
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "slip.zip"]


def test_a_bomb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(packed({"a.dat": bytes(1 << 20)}))
    (source,) = list_sources(str(path), ".dat")
    with pytest.raises(SourceError) as caught:
        load(source, 1000)
    assert caught.value.code == "unsafe"


def test_what_is_no_archive_is_said_in_a_sentence(tmp_path: Path, motions: str) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match=r"bad\.zip: not a ZIP archive"):
        list_sources(str(bad), ".dat")
    with pytest.raises(UsageError, match=r"expected zip://FOLDER::ARCHIVE\.zip"):
        list_sources("zip://a.dat", ".dat")
    with pytest.raises(UsageError, match="no such file or folder"):
        list_sources(f"zip://::{tmp_path}/gone.zip", ".dat")
    with pytest.raises(UsageError, match="no such file or folder"):
        list_sources(f"zip://nofolder::{motions}", ".dat")


def test_a_damaged_member_is_its_own_reject(tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    data = packed({"a.dat": b"0123456789" * 30, "b.dat": b"1"})
    at = data.index(b"a.dat") + 8
    path.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    bad, good = list_sources(str(path), ".dat")
    with pytest.raises(SourceError) as caught:
        load(bad)
    assert caught.value.code == "unreadable"
    assert load(good) == b"1"


def test_an_archive_that_changed_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    for text in (b"1", b"22", b"333"):
        path.write_bytes(packed({"a.dat": text}))
        assert listed(str(path)) == [("a", text)]


def test_an_archive_is_opened_once(motions: str) -> None:
    archives._opened.cache_clear()
    assert len(listed(motions)) == 3
    assert archives._opened.cache_info().misses == 1


BVH = b"""HIERARCHY
ROOT Hips
{
OFFSET 0 0 0
CHANNELS 3 Xposition Yposition Zposition
End Site
{
OFFSET 0 1 0
}
}
MOTION
Frames: 1
Frame Time: 0.1
0 1 0
"""
LAYOUT = (
    b"topology: lab_zip_2\njoints: [pelvis, head]\nbones: [[pelvis, head]]\nfps: 10\nunits: m\n"
)
TABLE = b"pelvis_x,pelvis_y,pelvis_z,head_x,head_y,head_z\n0,1,0,0,1.6,0\n"


def test_companions_are_found_in_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "lab.zip"
    path.write_bytes(packed({"x/a.csv": TABLE, "x/a.yaml": LAYOUT, "c.csv": TABLE, "w.bvh": BVH}))
    reader = get_reader("generic")
    bad, good = reader.sources(str(path))
    ((clip,), _) = read_clips(reader, good)
    assert clip.clip_id == "generic/x/a"
    np.testing.assert_allclose(clip.motion.joints[0, 0, 1], (0, 1.6, 0))
    (_, (reject,)) = read_clips(reader, bad)
    assert "no c.yaml beside it" in reject.message
    assert "bvh" in {guess.corpus for guess in identify_corpus(str(path)) if guess.read}


def test_damaged_archives_are_refused_and_never_crash(tmp_path: Path) -> None:
    rng = random.Random(5)
    files = {"set/a.dat": b"hello" * 99, "\u00fc.dat": b"2", "c.dat.gz": gzip.compress(b"3" * 99)}
    whole, outcomes = packed(files), set()
    for number in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data))
            if rng.random() < 0.7:
                data[at] = rng.choice([0, 255, rng.randrange(256)])
            else:
                del data[at : at + rng.randint(1, 30)]
        path = tmp_path / f"{number}.zip"
        path.write_bytes(bytes(data))
        try:
            for source in list_sources(str(path), ".dat"):
                try:
                    outcomes.add(f"read {len(load(source)) > 0}")
                except SourceError as error:
                    outcomes.add(error.code)
        except UsageError:
            outcomes.add("usage")
    assert {"read True", "unreadable", "usage"} <= outcomes
