"""Motions drawn by hypothesis, written by our writers, read back, equal.

Of the text formats, BVH, PKU-MMD, MSR-Action3D, MSR-Daily, MSRC-12, SBU, UTKinect and UTD-MHAD have
theirs in the tests of their readers; here are the others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.rigs.amc_text import parse_amc
from skeletonllm.corpora.rigs.asf_text import parse_asf
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import (
    CROWDPOSE_14,
    HALPE_26,
    MEDIAPIPE_33,
    OPENPOSE_18,
    OPENPOSE_25,
)
from skeletonllm.synthesis import pose_writers, write_ntu, write_nw_ucla
from skeletonllm.testing.strategies import FEW_EXAMPLES, NUMBER_FORMS, motions
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, Topology


def read(corpus: str, files: Mapping[str, str | bytes]) -> Clip:
    """The one clip of a folder of files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        reader = get_reader(corpus)
        (source,) = reader.sources(folder)
        clips, rejects = read_clips(reader, source)
    assert rejects == []
    (clip,) = clips
    return clip


def written(write: object, name: str, *args: object, **kwargs: object) -> dict[str, bytes]:
    """The file that a writer of paths leaves."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name, *args, **kwargs)  # type: ignore[operator]
        return {name: (Path(folder) / name).read_bytes()}


def assert_same(clip: Clip, motion: Motion, ids: list[str], atol: float, dims: int = 3) -> None:
    """Same people in the same frames, with the same joints, wherever one is seen."""
    assert sorted(clip.person_ids) == sorted(ids)
    back = clip.motion.select_persons([clip.person_ids.index(name) for name in ids])
    assert (back.topology, back.num_frames) == (motion.topology, motion.num_frames)
    np.testing.assert_array_equal(back.present, motion.present)
    np.testing.assert_array_equal(back.observed, motion.observed)
    seen = motion.observed
    expected = motion.joints[seen][:, :dims]
    np.testing.assert_allclose(back.joints[seen][:, :dims], expected, rtol=0, atol=atol)


@st.composite
def pictures(
    draw: st.DrawFn, topology: Topology, persons: int, size: tuple[int, int] = (640, 480)
) -> Motion:
    """People in a picture: all there in the first frame and the last, some joints unseen."""
    frames = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (frames, persons, len(topology))
    joints = np.zeros((*shape, 3), np.float32)
    corner = np.array(size) - 5  # nobody jumps: whoever reads without ids goes by motion
    joints[..., :2] = rng.uniform(5, corner, (*shape[1:], 2)) + rng.uniform(-3, 3, (*shape, 2))
    present = rng.random(shape[:2]) < 0.7
    present[[0, -1]] = True
    seen = (rng.random(shape) < draw(st.sampled_from([0.8, 1.0]))) & present[..., None]
    seen[..., 0] = present
    confidence = np.where(seen, rng.uniform(0.1, 1, shape), 0).astype(np.float32)
    joints *= seen[..., None]
    return Motion(joints, present, confidence, topology, 30.0, "image", False, size)


@st.composite
def tracked(draw: st.DrawFn) -> Motion:
    """Two bodies of Kinect v2: joints seen, inferred (0.5) or missing."""
    motion = draw(motions(KINECT_V2, persons=2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    states = rng.choice([1.0, 1.0, 1.0, 0.5, 0.0], motion.confidence.shape).astype(np.float32)
    states *= motion.present[..., None]
    states[0, :, :15] = 1.0  # nobody is more than half missing
    joints = motion.joints * (states > 0)[..., None]
    return Motion(joints, motion.present, states, KINECT_V2, 30.0)


@FEW_EXAMPLES
@given(motion=tracked(), newline=st.sampled_from(["\n", "\r\n"]))
def test_ntu(motion: Motion, newline: str) -> None:
    ids = ["72057594037931101", "72057594037931102"]
    name = "S001C002P003R002A058.skeleton"
    clip = read("ntu_rgbd", written(write_ntu, name, motion, body_ids=ids, newline=newline))
    there = motion.present.any(0).tolist()
    known = [name for name, here in zip(ids, there, strict=True) if here]
    assert_same(clip, motion.select_persons(np.flatnonzero(there).tolist()), known, 1e-5)
    rows = [clip.person_ids.index(name) for name in known]
    full = clip.motion.select_persons(rows).confidence == 1
    np.testing.assert_array_equal(full, motion.confidence[:, there] == 1)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1), label=st.integers(1, 10))
def test_nw_ucla(motion: Motion, label: int) -> None:
    clip = read("nw_ucla", written(write_nw_ucla, "a08_s01_e02_v03.json", motion, label))
    assert_same(clip, motion, ["0"], 1e-6)
    assert (clip.label, clip.subject, clip.camera) == ("donning", "1", "3")


@pytest.mark.parametrize("topology", [OPENPOSE_18, OPENPOSE_25])
@FEW_EXAMPLES
@given(data=st.data(), first=st.integers(0, 10**9), key=st.sampled_from(["", "_2d"]))
def test_openpose(topology: Topology, data: st.DataObject, first: int, key: str) -> None:
    motion = data.draw(pictures(topology, 1))
    texts = pose_writers.format_openpose(motion, f"pose_keypoints{key}")
    files = {f"v/x_{first + t:012d}_keypoints.json": text for t, text in enumerate(texts)}
    clip = read("openpose", files)
    assert_same(clip, motion, ["0"], 0)
    np.testing.assert_array_equal(clip.motion.confidence, motion.confidence)
    assert clip.frame_index == tuple(range(first, first + len(texts)))


@pytest.mark.parametrize("topology", [COCO_17, HALPE_26])
@FEW_EXAMPLES
@given(data=st.data())
def test_alphapose(topology: Topology, data: st.DataObject) -> None:
    motion = data.draw(pictures(topology, 2))
    clip = read("alphapose", {"alphapose-results.json": pose_writers.format_alphapose(motion)})
    assert_same(clip, motion, ["0", "1"], 0)


@pytest.mark.parametrize("topology", [COCO_17, CROWDPOSE_14])
@FEW_EXAMPLES
@given(data=st.data())
def test_coco(topology: Topology, data: st.DataObject) -> None:
    motion = data.draw(pictures(topology, 2))
    clip = read("coco", {"val.json": pose_writers.format_coco(motion)})
    assert clip.motion.image_size == (640, 480)
    assert_same(clip, motion, ["0", "1"], 0)


@FEW_EXAMPLES
@given(motion=pictures(OPENPOSE_18, 1, (340, 256)), label=st.text(min_size=1).filter(str.strip))
def test_kinetics_skeleton(motion: Motion, label: str) -> None:
    clip = read(
        "kinetics_skeleton", {"x.json": pose_writers.format_kinetics_skeleton(motion, label, 7)}
    )
    assert_same(clip, motion, ["0"], 1e-4)
    assert (clip.label, clip.label_id) == (label, 7)


@FEW_EXAMPLES
@given(motion=pictures(MEDIAPIPE_33, 1), seed=st.integers(0, 2**32))
def test_mediapipe(motion: Motion, seed: int) -> None:
    world = np.random.default_rng(seed).uniform(-1, 1, (motion.num_frames, 33, 3))
    files = {"x.json": pose_writers.format_mediapipe(motion, world)}
    clip = read("mediapipe", files)
    scale = np.divide((640, 480), clip.motion.image_size or (1, 1))  # the file says shares alone
    seen = motion.observed
    np.testing.assert_array_equal(clip.motion.observed, seen)
    back = clip.motion.joints[seen][:, :2] * scale
    np.testing.assert_allclose(back, motion.joints[seen][:, :2], rtol=1e-5)
    back = read("mediapipe_world", files).motion.joints[:, 0] * (1, -1, -1)
    np.testing.assert_allclose(back[seen[:, 0]], world[seen[:, 0]], atol=1e-6)


NETWORKS = {
    "mmpose": (pose_writers.format_mmpose, 0),
    "movenet": (pose_writers.format_movenet, 0),
    "openpifpaf": (pose_writers.format_openpifpaf, 1),
    "ultralytics": (pose_writers.format_ultralytics_json, 0),
    "vitpose": (pose_writers.format_vitpose, 0),
}


@pytest.mark.parametrize("corpus", NETWORKS)
@FEW_EXAMPLES
@given(data=st.data())
def test_networks(corpus: str, data: st.DataObject) -> None:
    motion = data.draw(pictures(COCO_17, 2))
    write, first = NETWORKS[corpus]
    clip = read(corpus, {"v.json": write(motion)})
    assert_same(clip, motion, [str(first), str(first + 1)], 1e-4)


@FEW_EXAMPLES
@given(motion=pictures(COCO_17, 2))
def test_ultralytics_labels(motion: Motion) -> None:
    texts = pose_writers.format_ultralytics(motion)
    files = {f"labels/v_{t}.txt": text for t, text in enumerate(texts, 1) if text}
    clip = read("ultralytics", files)
    assert_same(clip, motion, ["0", "1"], 1e-3)
    assert clip.motion.image_size == (640, 480)


@FEW_EXAMPLES
@given(motion=pictures(COCO_17, 2, (1280, 720)), category=st.integers(-1, 5))
def test_mmskeleton(motion: Motion, category: int) -> None:
    clip = read("mmskeleton", {"v.json": pose_writers.format_mmskeleton(motion, category)})
    assert_same(clip, motion, ["0", "1"], 0)
    assert clip.motion.image_size == (1280, 720)
    assert clip.label_id == (None if category < 0 else category)


AXES = st.permutations(["rx", "ry", "rz"]).flatmap(lambda a: st.integers(0, 3).map(lambda n: a[:n]))
NAMES = [f"bone{i}" for i in range(7)]


@st.composite
def acclaim(draw: st.DrawFn) -> tuple[str, str, np.ndarray, dict[str, list[str]]]:
    """A skeleton and a motion as text, the values in it, and the turns of each bone."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dofs = {name: draw(AXES) for name in NAMES[: draw(st.integers(1, len(NAMES)))]}
    angle, end = draw(st.sampled_from(["deg", "rad"])), draw(st.sampled_from(["\n", "\r\n"]))
    lines = [":version 1.10", ":units", "  length 0.45", f"  angle {angle}", ":root"]
    lines += ["  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0", "  orientation 0 0 0"]
    lines += [":bonedata"]
    for name, dof in dofs.items():
        direction = " ".join(f"{x:.6f}" for x in rng.normal(size=3))
        lines += [
            "begin",
            f" name {name}",
            f" direction {direction}",
            f" length {rng.random():.6f}",
        ]
        lines += [" axis 0 0 0 XYZ", *([f" dof {' '.join(dof)}"] if dof else []), "end"]
    lines += [":hierarchy", "begin", f"  root {NAMES[0]}"]
    on = {name: draw(st.sampled_from(NAMES[:i])) for i, name in enumerate(NAMES[: len(dofs)]) if i}
    children = {parent: [n for n in on if on[n] == parent] for parent in sorted(set(on.values()))}
    lines += [f"  {parent} {' '.join(names)}" for parent, names in children.items()]
    widths = {"root": 6} | {name: len(dof) for name, dof in dofs.items() if dof}
    values = rng.uniform(-90, 90, (draw(st.integers(1, 4)), sum(widths.values())))
    frames = [":FULLY-SPECIFIED", {"deg": ":DEGREES", "rad": ":RADIANS"}[angle]]
    for number, row in enumerate(values, 1):
        parts = np.split(row, np.cumsum([*widths.values()])[:-1])
        frames.append(str(number))
        frames += [
            f"{n} {' '.join(map(repr, p.tolist()))}" for n, p in zip(widths, parts, strict=True)
        ]
    turned = np.ones(values.shape[1], np.bool_)
    turned[:3] = False
    expected = np.where(turned, np.radians(values), values) if angle == "deg" else values
    return end.join([*lines, "end", ""]), end.join([*frames, ""]), expected, dofs


@FEW_EXAMPLES
@given(drawn=acclaim())
def test_asf_and_amc(drawn: tuple[str, str, np.ndarray, dict[str, list[str]]]) -> None:
    asf, amc, values, dofs = drawn
    skeleton = parse_asf(asf)
    assert {name: list(bone.dof) for name, bone in skeleton.bones.items() if name != "root"} == dofs
    read_values, numbers = parse_amc(amc, skeleton)
    np.testing.assert_allclose(read_values, values, rtol=1e-12)
    assert numbers == tuple(range(1, len(values) + 1))


LAB = Topology(
    "lab_roundtrip_4",
    ("pelvis", "head", "left_hand", "right_hand"),
    ((0, 1), (1, 2), (1, 3)),
    3,
    "us",
)
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}


@FEW_EXAMPLES
@given(
    motion=motions(LAB, persons=2, fps=60.0),
    mark=st.sampled_from(",;\t"),
    unit=st.sampled_from(sorted(UNITS)),
    form=NUMBER_FORMS,
    order=st.permutations(range(14)),
)
def test_a_table_with_its_yaml(
    motion: Motion, mark: str, unit: str, form: dict[str, str], order: list[int]
) -> None:
    names = ["t", "who", *(f"{joint}_{axis}" for joint in LAB.joints for axis in "xyz")]
    rows = [[names[i] for i in order]]
    for t, p in np.argwhere(motion.present).tolist():
        flat = [form["number"] % (x / UNITS[unit]) for x in motion.joints[t, p].ravel()]
        fields = [str(t), f"P{p}", *flat]
        rows.append([fields[i] for i in order])
    layout = f"""
topology: {LAB.name}
joints: [{", ".join(LAB.joints)}]
bones: [[pelvis, head], [head, left_hand], [head, right_hand]]
fps: 60
units: {unit}
frame: t
person: who
"""
    files = {"a.csv": form["end"].join(mark.join(row) for row in rows), "skeleton.yaml": layout}
    clip = read("generic", files)
    there = np.flatnonzero(motion.present.any(0)).tolist()
    written_ones = motion.select_persons(there)
    last = int(np.flatnonzero(written_ones.present.any(1))[-1]) + 1
    expected = written_ones.select_frames(np.arange(last))
    back = clip.motion.select_persons([clip.person_ids.index(f"P{p}") for p in there])
    np.testing.assert_array_equal(back.present, expected.present)
    np.testing.assert_allclose(back.joints, expected.joints, rtol=0, atol=1e-5)
    assert (back.fps, back.topology.joints) == (60.0, LAB.joints)
