from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from skeletonllm.corpora.rigs.bvh_text import parse
from skeletonllm.corpora.rigs.joint_names import CORE
from skeletonllm.corpora.rigs.posed_rig import (
    TO_Y_UP,
    UNITS_M,
    decode_any,
    pose,
    to_motion,
    turn_up,
)
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.testing.rigs import MIXAMO_JOINTS, write_t_pose
from skeletonllm.topology import get_topology


def read(text: str, unit_m: float | None = None) -> tuple[Motion, tuple[str, ...]]:
    file = parse(text)
    return to_motion(pose(file.chain, file.values, "bvh", "a test"), 30.0, unit_m)


@pytest.mark.parametrize("unit", UNITS_M)
def test_the_unit_follows_from_the_limbs(unit: str) -> None:
    motion, flags = read(write_t_pose(MIXAMO_JOINTS, 1 / UNITS_M[unit]))
    assert flags == ()
    assert (motion.metric, motion.space) == (True, "world")
    at = motion.topology.index
    ankle, head = motion.joints[0, 0, at("left_ankle")], motion.joints[0, 0, at("head")]
    assert ankle == pytest.approx([0.1, 0.07, 0], abs=1e-5)
    assert head == pytest.approx([0, 1.55, 0], abs=1e-5)


@pytest.mark.parametrize(("scale", "metres"), [(70.0, 0.01), (0.62, 1.0)])
def test_a_small_person_is_read_and_flagged(scale: float, metres: float) -> None:
    motion, flags = read(write_t_pose(MIXAMO_JOINTS, scale))
    assert flags == ("unit_assumed",)
    assert motion.metric
    head = motion.joints[0, 0, motion.topology.index("head"), 1]
    assert head == pytest.approx(1.55 * scale * metres, rel=1e-5)


def test_a_size_that_no_unit_explains_is_no_metre() -> None:
    motion, flags = read(write_t_pose(MIXAMO_JOINTS, 1e6))
    assert (flags, motion.metric) == (("unit_assumed",), False)
    assert motion.joints[0, 0, motion.topology.index("head"), 1] == pytest.approx(1.55, rel=0.1)


def test_a_unit_that_the_file_states_is_taken_if_it_can_be() -> None:
    assert read(write_t_pose(MIXAMO_JOINTS, 70), 0.01)[1] == ()
    motion, flags = read(write_t_pose(MIXAMO_JOINTS, 100), 1.0)
    assert flags == ("unit_assumed",)
    assert motion.joints.max() < 3


def test_z_up_is_turned_and_flagged() -> None:
    upright, (flag,) = read(write_t_pose(MIXAMO_JOINTS, 100, up="z"))
    plain, _ = read(write_t_pose(MIXAMO_JOINTS, 100))
    assert flag == "axes_assumed"
    np.testing.assert_allclose(upright.joints, plain.joints, atol=1e-6)


def test_who_lies_down_is_not_turned() -> None:
    lying = write_t_pose(MIXAMO_JOINTS, 100).replace("CHANNELS 3", "CHANNELS 3", 1).splitlines()
    row = lying[-1].split()
    row[1] = "-90"  # about x: the head goes to -z
    motion, flags = read("\n".join([*lying[:-1], " ".join(row)]))
    assert flags == ("axes_assumed",)
    assert abs(motion.joints[0, 0, motion.topology.index("head"), 1] - 0.95) < 1e-5


@pytest.mark.parametrize("axis", TO_Y_UP)
def test_every_axis_can_be_up(axis: str) -> None:
    up = np.zeros(3)
    up["xyz".index(axis[1])] = 1 if axis[0] == "+" else -1
    np.testing.assert_allclose(turn_up(up, TO_Y_UP[axis]), [0, 1, 0], atol=1e-12)


def test_orientations_turn_with_the_axes() -> None:
    """A bone's own direction, turned by its orientation, is where the next joint is."""
    motion, _ = read(write_t_pose(MIXAMO_JOINTS, 100, up="z"))
    hip, knee = (motion.topology.index(f"left_{name}") for name in ("hip", "knee"))
    assert motion.orientations is not None
    turn = Rotation.from_quat(motion.orientations[0, 0, hip], scalar_first=True)
    found = motion.joints[0, 0, knee] - motion.joints[0, 0, hip]
    np.testing.assert_allclose(turn.apply([0, 0, -0.42]), found, atol=1e-5)


def test_a_body_of_unknown_names_is_known_by_its_shape_and_flagged() -> None:
    motion, flags = read(write_t_pose([f"part{i}" for i in range(20)], 100))
    named, _ = read(write_t_pose(MIXAMO_JOINTS, 100))
    assert (flags, motion.metric) == (("anatomy_by_shape",), True)
    for word in CORE:
        at, there = motion.topology.index(word), named.topology.index(word)
        np.testing.assert_array_equal(motion.joints[:, :, at], named.joints[:, :, there])


def test_what_is_no_body_has_no_anatomy() -> None:
    motion, flags = read(RIG.replace("Hips", "tail").replace("LeftUpLeg", "tip"))
    assert (flags, motion.metric) == (("unit_assumed", "axes_assumed", "anatomy_unknown"), False)


def test_a_topology_is_named_by_what_it_is() -> None:
    (one, _), (same, _) = read(write_t_pose(MIXAMO_JOINTS)), read(write_t_pose(MIXAMO_JOINTS, 7.0))
    other, _ = read(write_t_pose([name.replace("Spine", "Tail") for name in MIXAMO_JOINTS]))
    assert one.topology is same.topology is get_topology(one.topology.name)
    assert one.topology.name.startswith("bvh_")
    assert other.topology.name != one.topology.name
    mirror = one.topology.mirror
    assert mirror[one.topology.index("left_knee")] == one.topology.index("right_knee")


RIG = """HIERARCHY
ROOT joint_Root
{
OFFSET 0 0 0
CHANNELS 3 Xposition Yposition Zposition
JOINT Hips
{
OFFSET 0 90 0
CHANNELS 1 Xrotation
JOINT LHipJoint
{
OFFSET 0 0 0
CHANNELS 1 Xrotation
JOINT LeftUpLeg
{
OFFSET 10 0 0
CHANNELS 1 Xrotation
End Site
{
OFFSET 0 0 0
}
}
}
}
}
MOTION
Frames: 1
Frame Time: 1
0 0 0 0 0 0
"""


def test_the_scene_and_joints_that_cannot_leave_their_parents_are_left_out() -> None:
    motion, _ = read(RIG)
    assert motion.topology.joints == ("pelvis", "left_hip")
    assert motion.topology.bones == ((0, 1),)


def test_a_channel_that_is_no_number_hides_what_hangs_on_it() -> None:
    text = write_t_pose(MIXAMO_JOINTS)
    row = text.splitlines()[-1].split()
    row[15] = "nan"  # the left shoulder's first channel
    motion, _ = read("\n".join([*text.splitlines()[:-1], " ".join(row)]))
    lost = {motion.topology.joints[j] for j in np.flatnonzero(motion.confidence[0, 0] == 0)}
    assert lost == {"left_elbow", "left_wrist"}


def test_numbers_beyond_reach_are_refused() -> None:
    text = RIG.replace("\n0 0 0 0 0 0", "\n0 1e300 0 0 0 0")
    with pytest.raises(SourceError) as caught:
        read(text)
    assert caught.value.code == "out_of_range"


def test_bytes_of_any_encoding_become_text() -> None:
    assert decode_any("# Müller\r\na\rb".encode("latin-1")) == "# Müller\na\nb"
    assert decode_any("\ufeff# Müller".encode()) == "# Müller"
    with pytest.raises(SourceError, match="blanks"):
        decode_any(b" \r\n ")


def upside_down(arms: float, upright_frames: int = 0) -> tuple[Motion, tuple[str, ...]]:
    """Someone who hangs head down, with arms turned up by so many degrees; then stands."""
    lines = write_t_pose(MIXAMO_JOINTS, 100).splitlines()
    row = lines[-1].split()
    standing = " ".join(row)
    row[0] = "180"  # about z
    for joint, sign in (("LeftArm", 1), ("RightArm", -1)):
        row[3 * MIXAMO_JOINTS.index(f"mixamorig:{joint}")] = str(sign * arms)
    rows = [" ".join(row)] * 10 + [standing] * upright_frames
    text = "\n".join([*lines[:-1], *rows]).replace("Frames: 1", f"Frames: {len(rows)}")
    return read(text)


def head_of(motion: Motion) -> float:
    at = motion.topology.index
    above = motion.joints[0, 0, at("head")] - motion.joints[0, 0, at("left_ankle")]
    return float(above[1])


def test_who_hangs_head_down_all_the_time_is_turned_and_flagged() -> None:
    motion, flags = upside_down(-30)
    assert (flags, head_of(motion) > 1.4) == (("axes_assumed",), True)
    arms_down, _ = upside_down(-70)
    assert head_of(arms_down) > 1.4


def test_a_handstand_and_a_cartwheel_are_not_turned() -> None:
    motion, flags = upside_down(85)
    assert (flags, head_of(motion) < -1.4) == (("axes_assumed",), True)
    motion, _ = upside_down(-30, upright_frames=3)
    assert head_of(motion) < -1.4


HALF = """HIERARCHY
ROOT Hips
{
OFFSET 0 0 95
CHANNELS 1 Xrotation
JOINT Spine
{
OFFSET 0 0 40
CHANNELS 1 Xrotation
JOINT Head
{
OFFSET 0 0 30
CHANNELS 1 Xrotation
End Site
{
OFFSET 0 0 20
}
}
}
}
MOTION
Frames: 1
Frame Time: 1
0 0 0
"""


def test_half_a_body_tells_what_is_up() -> None:
    motion, flags = read(HALF)
    assert flags == ("unit_assumed", "axes_assumed", "anatomy_unknown")
    up = motion.joints[0, 0, motion.topology.index("head")] - motion.joints[0, 0, 0]
    np.testing.assert_allclose(up / np.linalg.norm(up), [0, 1, 0], atol=1e-6)
