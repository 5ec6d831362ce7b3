"""Files of one name in two folders, over all readers: two clips, but for names of a corpus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skeletonllm.corpora import Source, get_reader, read_clips, readers

Write = Callable[[str, str | bytes], Path]

OWN_NAMES = {
    "etri": "A001_P001_G001_C001.csv",
    "humanml3d_joints": "joints/M000012.npy",
    "ntu_npy": "S001C001P001R001A001.skeleton.npy",
    "humanml3d": "new_joints/M000012.npy",
    "humanml3d_vectors": "new_joint_vecs/000012.npy",
    "kinetics_skeleton": "-3B32lodo2M.json",
    "kit_ml": "new_joints/M00012.npy",
    "kit_ml_vectors": "new_joint_vecs/00012.npy",
    "msr_action3d": "a01_s02_e03_skeleton3D.txt",
    "msr_daily": "a01_s02_e03_skeleton_proj.txt",
    "msrc12": "P1_1_6A_p07.csv",
    "ntu_rgbd": "S001C001P001R001A001.skeleton",
    "nw_ucla": "a01_s01_e00_v01.json",
    "pku_mmd": "0002-L.txt",
    "pku_mmd_background": "0002-L.txt",
    "sbu_kinect": "s01s02/05/001/skeleton_pos.txt",
    "utd_mhad": "a3_s1_t2_skeleton.mat",
    "utkinect": "joints_s01_e02.txt",
    "utkinect_background": "joints_s01_e02.txt",
}
"""A file as each published corpus names its own; no other file of it bears this name."""

OWN_NAMES_ONLY = {
    *("msr_action3d", "msr_daily", "msrc12", "utkinect", "utkinect_background"),
    *("pku_mmd", "pku_mmd_background"),
}
"""Readers of text files, which list no others."""

ANY_NAMES = (
    *("clip.amc", "clip.bvh", "clip.c3d", "clip.csv", "clip.json", "clip.mat", "clip.npz"),
    *("clip.pkl", "clip.skeleton", "skeleton_pos.txt", "v_000000000001_keypoints.json"),
    *("new_joints/clip.npy", "new_joint_vecs/clip.npy", "joints/clip.npy", "person1/clip.npy"),
    *("clip.npy", "clip.trc", "clip.mot", "clip.mvnx", "clip_body_3d_xyz.npy"),
)
"""A file of each format, named by a person."""

ONE_FRAME = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 3 Xposition Yposition Zposition
  JOINT LeftLeg
  {
    OFFSET 10 -45 0
    CHANNELS 1 Zrotation
    End Site
    {
      OFFSET 0 -40 0
    }
  }
}
MOTION
Frames: 1
Frame Time: 0.033333
0 90 0 10
"""


def listed(name: str, root: Path) -> list[Source]:
    return readers()[name].sources(str(root))


@pytest.mark.parametrize("name", sorted(readers().keys() - OWN_NAMES_ONLY))
def test_each_reader_makes_two_sources_of_two_folders(
    name: str, write: Write, tmp_path: Path
) -> None:
    for file in ANY_NAMES:
        write(f"one/{file}", "x")
        write(f"two/{file}", "x")
    ids = [source.source_id for source in listed(name, tmp_path) if not source.fault]
    first, second = ([i for i in ids if i.startswith(f"{folder}/")] for folder in ("one", "two"))
    assert [i.removeprefix("one/") for i in first] == [i.removeprefix("two/") for i in second] != []
    assert len(first) + len(second) == len(ids)


@pytest.mark.parametrize(("name", "file"), OWN_NAMES.items())
def test_a_name_of_the_corpus_is_the_id_whichever_folder_is_listed(
    name: str, file: str, write: Write, tmp_path: Path
) -> None:
    path = write(f"one/{file}", "x")
    roots = (tmp_path, tmp_path / "one", path)
    (first,), *others = ([s.source_id for s in listed(name, root)] for root in roots)
    assert others == [[first], [first]]
    assert "one" not in first
    write(f"two/{file}", "x")
    assert [(s.source_id, s.fault) for s in listed(name, tmp_path)] == [
        (first, ""),
        (first, "duplicate_id"),
    ]


def test_two_takes_of_one_name_are_two_clips(write: Write, tmp_path: Path) -> None:
    reader = get_reader("bvh")
    for folder in ("Aj", "BigVegas"):
        path = write(f"{folder}/Dance#1.bvh", ONE_FRAME)
    clips = [c for source in reader.sources(str(tmp_path)) for c in read_clips(reader, source)[0]]
    assert [clip.clip_id for clip in clips] == [
        "bvh/Aj/Dance#1",
        "bvh/BigVegas/Dance#1",
    ]
    ((alone,), _) = read_clips(reader, *reader.sources(str(path)))
    assert alone.clip_id == "bvh/Dance#1"


@pytest.mark.real
def test_real_takes_of_one_name_are_two_clips(shared: Path) -> None:
    reader = get_reader("bvh")
    results = [read_clips(reader, s) for s in reader.sources(str(shared / "cases/same-names/bvh"))]
    assert [(len(clips), len(rejects)) for clips, rejects in results] == [(1, 0), (1, 0)]
