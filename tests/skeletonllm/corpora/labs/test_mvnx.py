from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader, read_clips
from skeletonllm.corpora.reader import Source
from skeletonllm.corpora.rigs.forward_kinematics import rotate_vectors
from skeletonllm.sensor_topologies import XSENS_23
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.lab_writers import format_mvnx
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import TO_Z_UP, ReadFile

SEGMENTS = (
    "Pelvis L5 L3 T12 T8 Neck Head RightShoulder RightUpperArm RightForeArm RightHand LeftShoulder "
    "LeftUpperArm LeftForeArm LeftHand RightUpperLeg RightLowerLeg RightFoot RightToe LeftUpperLeg "
    "LeftLowerLeg LeftFoot LeftToe"
).split()


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    motion = synthesize("hand waving", topology=XSENS_23, seed=1, space="world")
    return motion.joints[:6, 0].astype(np.float64)


def test_segments_are_joints_in_metres_and_calibration_is_left_out(
    places: np.ndarray, read_file: ReadFile
) -> None:
    ((clip,), rejects) = read_file("mvnx", "a.mvnx", format_mvnx(places @ TO_Z_UP, SEGMENTS, 240))
    assert (rejects, clip.flags, clip.person_ids) == ([], (), ("Ann",))
    motion = clip.motion
    assert (motion.topology, motion.fps, motion.metric) == (XSENS_23, 240.0, True)
    np.testing.assert_allclose(motion.joints[:, 0], places, atol=1e-5)


def test_the_times_of_frames_are_believed_where_another_rate_is_stated(
    places: np.ndarray, read_file: ReadFile
) -> None:
    text = format_mvnx(places @ TO_Z_UP, SEGMENTS, 240)
    told = text.replace('frameRate="240"', 'frameRate="60"')
    assert told != text
    ((clip,), _) = read_file("mvnx", "a.mvnx", told)
    assert clip.flags == ("rate_contradicted",)
    assert clip.motion.fps == pytest.approx(240, rel=0.02)  # six whole milliseconds


@FEW_EXAMPLES
@given(seed=st.integers(0, 2**32), number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]))
def test_what_was_written_is_read_with_its_turns(
    tmp_path_factory: pytest.TempPathFactory, seed: int, number: str
) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 5))
    points = rng.normal(0, 2, (count, 23, 3))
    turned = rng.normal(0, 1, (count, 23, 4))
    turned /= np.linalg.norm(turned, axis=-1, keepdims=True)
    path = tmp_path_factory.mktemp("x") / "a.mvnx"
    path.write_text(format_mvnx(points, SEGMENTS, turned=turned, number=number))
    ((clip,), _) = read_clips(get_reader("mvnx"), Source(str(path), "a", 1))
    np.testing.assert_allclose(clip.motion.joints[:, 0] @ TO_Z_UP, points, atol=1e-5)
    assert clip.motion.orientations is not None
    ahead = np.array([1.0, 0, 0])[:, None].repeat(23 * count, 1)
    was = rotate_vectors(turned.reshape(-1, 4).T, ahead).T
    now = rotate_vectors(clip.motion.orientations.reshape(-1, 4).T.astype(float), ahead).T
    np.testing.assert_allclose(now @ TO_Z_UP, was, atol=1e-5)


def test_half_a_body_has_a_skeleton_of_its_own(places: np.ndarray, read_file: ReadFile) -> None:
    at = [0, 15, 16, 17, 18, 19, 20, 21, 22]
    legs = format_mvnx(places[:, at] @ TO_Z_UP, [SEGMENTS[i] for i in at])
    ((clip,), _) = read_file("mvnx", "a.mvnx", legs)
    assert clip.motion.topology.joints[:3] == ("pelvis", "right_hip", "right_knee")
    assert len(clip.motion.topology.bones) == 8


def test_props_and_fingers_are_left_out(places: np.ndarray, read_file: ReadFile) -> None:
    more = np.concatenate([places @ TO_Z_UP, np.ones((6, 2, 3))], 1)
    ((clip,), _) = read_file("mvnx", "a.mvnx", format_mvnx(more, [*SEGMENTS, "Prop1", "Sword"]))
    assert clip.motion.topology is XSENS_23


def test_two_subjects_are_two_persons(places: np.ndarray, read_file: ReadFile) -> None:
    one = format_mvnx(places @ TO_Z_UP, SEGMENTS)
    two = format_mvnx(places[:4] @ TO_Z_UP + (1, 0, 0), SEGMENTS, label="Bob")
    start, end = two.index("<subject"), two.index("</mvnx>")
    text = one.replace("</mvnx>", two[start:end] + "</mvnx>")
    ((clip,), _) = read_file("mvnx", "a.mvnx", text)
    assert (clip.person_ids, clip.motion.num_frames) == (("Ann", "Bob"), 6)
    assert clip.flags == ("fewer_frames_than_declared",)
    assert clip.motion.present[:, 1].tolist() == [True] * 4 + [False] * 2


def test_a_frame_of_another_width_is_missing_alone(places: np.ndarray, read_file: ReadFile) -> None:
    text = format_mvnx(places @ TO_Z_UP, SEGMENTS)
    at = text.rindex("<position>")
    ((clip,), _) = read_file("mvnx", "a.mvnx", text[:at] + "<position>1 2 " + text[at + 10 :])
    assert clip.flags == ("unread_frames",)
    assert clip.motion.present[:, 0].tolist() == [True] * 5 + [False]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE mvnx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<mvnx><subject>&b;</subject></mvnx>"
)
LEAK = '<!DOCTYPE mvnx [<!ENTITY f SYSTEM "file:///etc/passwd">]><mvnx>&f;</mvnx>'


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        (BOMB, "unsafe", "entity 'a'"),
        (LEAK, "unsafe", "entity 'f'"),
        ("<html></html>", "format", "<html>"),
        ("HIERARCHY", "format", "not XML"),
        ("<mvnx><subject/></mvnx>", "no_frames", "no frame of type normal"),
        ("<mvnx>" + "<a>" * 99, "unsafe", "nested too deeply"),
        ('<?xml version="1.0" encoding="nosuch"?><mvnx/>', "format", "not XML"),
    ],
)
def test_what_is_no_recording_is_refused(
    read_file: ReadFile, text: str, code: str, found: str
) -> None:
    (clips, (reject,)) = read_file("mvnx", "a.mvnx", text)
    assert (clips, reject.code) == ([], code)
    assert found in reject.message


def test_a_doctype_that_only_names_xsens_own_is_passed_by(
    places: np.ndarray, read_file: ReadFile
) -> None:
    text = format_mvnx(places @ TO_Z_UP, SEGMENTS)
    doctype = '<!DOCTYPE mvnx SYSTEM "http://www.xsens.com/mvn/mvnx/schema.dtd">\n<mvnx'
    (clips, _) = read_file("mvnx", "a.mvnx", text.replace("<mvnx", doctype, 1))
    assert len(clips) == 1


def test_a_file_that_was_cut_says_so(places: np.ndarray, read_file: ReadFile) -> None:
    text = format_mvnx(places @ TO_Z_UP, SEGMENTS)
    (_, (reject,)) = read_file("mvnx", "a.mvnx", text[: len(text) // 2])
    assert reject.code == "truncated"


def test_the_contract_holds(places: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "a.mvnx").write_text(format_mvnx(places @ TO_Z_UP, SEGMENTS))
    assert check_reader(get_reader("mvnx"), str(tmp_path)) == []
