from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.optitrack_csv import parse_motive
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.lab_writers import format_motive_csv
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, TO_Z_UP, ReadFile

BONES = {
    "Hip": (0, 1, 0), "Ab": (0, 1.1, 0), "Chest": (0, 1.3, 0), "Neck": (0, 1.5, 0),
    "Head": (0, 1.6, 0), "LUArm": (0.2, 1.4, 0), "LFArm": (0.5, 1.4, 0), "LHand": (0.7, 1.4, 0),
    "RUArm": (-0.2, 1.4, 0), "RFArm": (-0.5, 1.4, 0), "RHand": (-0.7, 1.4, 0),
    "LThigh": (0.1, 1, 0), "LShin": (0.1, 0.5, 0), "LFoot": (0.1, 0.1, 0),
    "RThigh": (-0.1, 1, 0), "RShin": (-0.1, 0.5, 0), "RFoot": (-0.1, 0.1, 0),
}  # fmt: skip
FBX = (
    "Hips Spine Spine1 Neck Head LeftArm LeftForeArm LeftHand RightArm RightForeArm RightHand "
    "LeftUpLeg LeftLeg LeftFoot RightUpLeg RightLeg RightFoot"
).split()


@pytest.fixture
def bones() -> np.ndarray:
    return np.array([*BONES.values()]) + 0.01 * np.arange(4)[:, None, None]


@pytest.mark.parametrize("names", [[*BONES], FBX], ids=["motive", "fbx"])
@pytest.mark.parametrize("form", ["{who}:{bone}", "{who}:{who}_{bone}"])
def test_bones_are_joints_whatever_they_are_called(
    bones: np.ndarray, read_file: ReadFile, names: list[str], form: str
) -> None:
    labels = [form.format(who="Ann", bone=name) for name in names]
    ((clip,), rejects) = read_file("optitrack_csv", "t.csv", format_motive_csv(bones, labels))
    assert (rejects, clip.flags, clip.person_ids) == ([], (), ("Ann",))
    motion = clip.motion
    assert (motion.fps, motion.metric, motion.num_joints) == (120.0, True, 17)
    knee = motion.topology.index("left_knee")
    np.testing.assert_allclose(motion.joints[0, 0, knee], (0.1, 0.5, 0), atol=1e-6)
    assert len(motion.topology.bones) == 16


def test_the_root_that_bears_the_name_of_its_skeleton_is_the_hip(
    bones: np.ndarray, read_file: ReadFile
) -> None:
    labels = ["Ann:Ann", *(f"Ann:Ann_{bone}" for bone in [*BONES][1:])]
    ((clip,), _) = read_file("optitrack_csv", "t.csv", format_motive_csv(bones, labels))
    assert clip.motion.topology.joints[0] == "pelvis"


def test_two_skeletons_are_two_persons(bones: np.ndarray, read_file: ReadFile) -> None:
    labels = [f"{who}:{bone}" for who in ("Ann", "Bob") for bone in BONES]
    both = np.concatenate([bones, bones + np.array([2, 0, 0])], 1)
    ((clip,), _) = read_file("optitrack_csv", "t.csv", format_motive_csv(both, labels))
    assert clip.person_ids == ("Ann", "Bob")
    assert clip.motion.num_joints == 17


def test_markers_are_read_where_there_are_no_bones(
    markers: np.ndarray, read_file: ReadFile
) -> None:
    text = format_motive_csv(
        markers @ TO_Z_UP * 1000, [*MARKERS], kind="Marker", unit="Millimeters"
    )
    ((clip,), _) = read_file("optitrack_csv", "t.csv", text)
    assert clip.flags == ("axes_assumed",)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 7], (0.1, 0.5, 0), atol=1e-6)
    assert clip.motion.observed.sum() == 5 * 11 - 1


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(["Bone", "Marker"]),
    unit=st.sampled_from(["Meters", "Centimeters", "Millimeters", "Inches"]),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
)
def test_what_was_written_is_read(seed: int, kind: str, unit: str, number: str) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 2, (rng.integers(1, 6), rng.integers(1, 9), 3))
    points[rng.random(points.shape[:2]) < 0.2] = np.nan
    labels = [f"S:{i}" for i in range(points.shape[1])]
    text = format_motive_csv(points, labels, 240, kind=kind, unit=unit, number=number)
    back, bones = parse_motive(text.encode())
    np.testing.assert_allclose(back.values, points, rtol=1e-8, atol=1e-9)
    assert (back.labels, back.fps, back.flags, bones) == (labels, 240.0, (), kind == "Bone")
    known = {"Meters": 1.0, "Centimeters": 0.01, "Millimeters": 0.001, "Inches": 0.0254}
    assert back.unit_m == known[unit]


def test_a_stated_count_is_compared(bones: np.ndarray, read_file: ReadFile) -> None:
    text = format_motive_csv(bones, [f"Ann:{bone}" for bone in BONES])
    text = text.replace("Total Exported Frames,4", "Total Exported Frames,40")
    ((clip,), _) = read_file("optitrack_csv", "t.csv", text)
    assert clip.flags == ("fewer_frames_than_declared",)


def test_heads_without_their_titles_are_read(bones: np.ndarray, read_file: ReadFile) -> None:
    text = format_motive_csv(bones, [f"Ann:{bone}" for bone in BONES])
    for title in ("Type", "Name", "ID"):
        text = text.replace(f"\n,{title},", "\n,,")
    (clips, _) = read_file("optitrack_csv", "t.csv", text)
    assert len(clips) == 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda t: t.replace("Format Version", "Version"), "expected 'format version'"),
        (lambda t: t.replace("\nFrame,", "\nRow,"), "no line Frame"),
        (lambda t: t.replace("Bone", "Thing"), "no line of types"),
        (lambda t: t.replace("Bone", "Rigid Body"), "positions of bones or labelled markers"),
        (lambda t: t[: t.index("\n0,")] + "\n", "a head without frames"),
    ],
)
def test_other_tables_are_refused_by_their_cause(
    bones: np.ndarray, change: object, found: str
) -> None:
    text = format_motive_csv(bones, [f"Ann:{bone}" for bone in BONES])
    with pytest.raises(SourceError, match=found):
        parse_motive(change(text).encode())  # type: ignore[operator]


def test_the_contract_holds(bones: np.ndarray, tmp_path: Path) -> None:
    labels = [f"Ann:{bone}" for bone in BONES]
    (tmp_path / "t.csv").write_text(format_motive_csv(bones, labels))
    assert check_reader(get_reader("optitrack_csv"), str(tmp_path)) == []
