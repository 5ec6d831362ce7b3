"""A raw file of which nobody has said the corpus; how jobs use it, see tests/jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, Source, reader
from skeletonllm.corpora.identify import any_reader
from skeletonllm.corpora.identify.any_reader import read_raw, take_clip
from skeletonllm.corpora.kinect.ntu_rgbd import NtuReader
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED, IMAGE_SIZE_ASSUMED
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize, write_ntu

NAMES = ("S001C001P001R001A010.skeleton", "S001C001P002R001A010.skeleton")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write_ntu(str(tmp_path / name), synthesize("hand waving"))
    return tmp_path


def test_the_reader_that_reads_a_clip_is_found(folder: Path) -> None:
    found = read_raw(str(folder / NAMES[0]))
    assert found.reader == "ntu_rgbd"
    assert [clip.clip_id for clip in found.clips] == ["ntu_rgbd/S001C001P001R001A010"]
    assert found.rejects == []


def test_a_clip_is_taken_by_its_id_or_the_first(folder: Path) -> None:
    found = read_raw(str(folder), "ntu_rgbd")
    second = take_clip(found.clips, found.rejects, "x", "ntu_rgbd/S001C001P002R001A010")
    assert second.subject == "2"
    found = read_raw(str(folder))
    assert take_clip(found.clips, found.rejects, "x").subject == "1"
    with pytest.raises(UsageError, match="x: no clip 'y'"):
        take_clip(found.clips, found.rejects, "x", "y")


def test_why_nothing_could_be_read_is_said(tmp_path: Path) -> None:
    bad = tmp_path / NAMES[0]
    bad.write_text("no skeleton")
    found = read_raw(str(bad), "ntu_rgbd")
    with pytest.raises(UsageError, match=r"rejected \(format\): .*expected a frame count"):
        take_clip(found.clips, found.rejects, str(bad))
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(UsageError, match=r"a\.jpg is no file that is read.*run a pose network"):
        read_raw(str(tmp_path / "a.jpg"))
    with pytest.raises(UsageError, match="unknown corpus 'nonsense'"):
        read_raw(str(bad), "nonsense")


def test_the_reader_that_came_nearest_is_named(folder: Path, tmp_path: Path) -> None:
    path = folder / NAMES[0]
    path.write_text(path.read_text()[:9000])
    found = read_raw(str(path))  # the only reader of such names
    with pytest.raises(UsageError, match=r"rejected \(truncated\)"):
        take_clip(found.clips, found.rejects, str(path))
    (tmp_path / "t").mkdir()
    (tmp_path / "t/walk.csv").write_text("a_x,a_y,a_z\n1,2,3\n")
    (tmp_path / "t/skeleton.yaml").write_text("fps: 30\nunits: furlong\ntopology: kinect_v1\n")
    with pytest.raises(UsageError, match=r"text of 2 lines.*generic came nearest.*furlong"):
        read_raw(str(tmp_path / "t"))


def test_a_reader_that_knows_the_bytes_goes_before_one_that_guesses(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Guesser(NtuReader):
        name = "a_guesser"

        def read(self, source: Source) -> Iterator[Clip | Reject]:
            for item in super().read(source):
                yield item if isinstance(item, Reject) else replace(item, flags=(FORMAT_ASSUMED,))

    monkeypatch.setitem(reader._READERS, "a_guesser", Guesser())
    assert read_raw(str(folder / NAMES[0])).reader == "ntu_rgbd"
    monkeypatch.setattr(any_reader, "reader_names", lambda: ("a_guesser", "bvh"))
    assert read_raw(str(folder / NAMES[0])).reader == "a_guesser"


def test_the_size_of_pictures_reaches_the_reader(tmp_path: Path) -> None:
    triples = [v for j in range(17) for v in (0.3 + 0.02 * j, 0.5, 0.9)]
    path = tmp_path / "a_keypoints.json"
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": triples + triples[:3]}]}))
    plain = next(read_raw(str(path)).clips)
    stated = next(read_raw(str(path), size=(1920, 1080)).clips)
    assert plain.motion.image_size == (640, 480)
    assert stated.motion.image_size == (1920, 1080)
    assert set(plain.flags) - set(stated.flags) == {IMAGE_SIZE_ASSUMED}
    assert stated.motion.joints[0, 0, 0].tolist() == pytest.approx([0.3 * 1920, 0.5 * 1080, 0])
