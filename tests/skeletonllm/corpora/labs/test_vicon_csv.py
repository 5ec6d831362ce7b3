from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.vicon_csv import parse_vicon
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.lab_writers import format_vicon_csv
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, TO_Z_UP, ReadFile


def exported(markers: np.ndarray, *subjects: str, box: bool = False) -> str:
    labels = [f"{who}:{label}" for who in subjects for label in MARKERS]
    points = [markers + np.array([i, 0, 0]) for i in range(len(subjects))]
    if box:
        labels += ["box:corner1", "box:corner2", "*12"]
        points.append(np.ones((len(markers), 3, 3)))
    return format_vicon_csv(np.concatenate(points, 1) @ TO_Z_UP * 1000, labels)


def test_trajectories_are_read_and_devices_and_a_box_are_not(
    markers: np.ndarray, read_file: ReadFile
) -> None:
    ((clip,), rejects) = read_file("vicon_csv", "t.csv", exported(markers, "Ann", box=True))
    assert (clip.clip_id, rejects) == ("vicon_csv/t", [])
    assert clip.flags == ("objects_left_out", "unlabelled_left_out")
    assert clip.person_ids == ("Ann",)
    motion = clip.motion
    assert (motion.fps, motion.metric, motion.num_joints) == (100.0, True, 11)
    np.testing.assert_allclose(motion.joints[0, 0, 7], (0.1, 0.5, 0), atol=1e-6)


def test_two_subjects_are_two_persons(markers: np.ndarray, read_file: ReadFile) -> None:
    ((clip,), _) = read_file("vicon_csv", "t.csv", exported(markers, "Ann", "Bob"))
    assert (clip.person_ids, clip.flags) == (("Ann", "Bob"), ())
    apart = clip.motion.joints[0, 1, 7] - clip.motion.joints[0, 0, 7]
    np.testing.assert_allclose(apart, (1, 0, 0), atol=1e-6)


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
    unit=st.sampled_from(["mm", "cm", "m", "in"]),
    first=st.integers(0, 10**6),
)
def test_what_was_written_is_read(seed: int, number: str, unit: str, first: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 900, (rng.integers(1, 6), rng.integers(1, 9), 3))
    points[rng.random(points.shape[:2]) < 0.2] = np.nan
    labels = [f"S:{i}" for i in range(points.shape[1])]
    text = format_vicon_csv(points, labels, 60, unit=unit, number=number, first=first)
    back = parse_vicon(text.encode())
    np.testing.assert_allclose(back.values, points, rtol=1e-8, atol=1e-8)
    assert (back.labels, back.fps) == (labels, 60.0)
    assert back.unit_m == {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "in": 0.0254}[unit]
    assert back.numbers == [*range(first, first + len(points))]


def test_numbers_that_are_left_out_are_empty_frames(
    markers: np.ndarray, read_file: ReadFile
) -> None:
    lines = [line for line in exported(markers, "Ann").split("\r\n") if not line.startswith("4,")]
    ((clip,), _) = read_file("vicon_csv", "t.csv", "\r\n".join(lines))
    assert clip.frame_index == (1, 2, 3, 4, 5)
    assert clip.motion.present[:, 0].tolist() == [True, True, True, False, True]


def test_units_that_are_left_out_are_guessed(markers: np.ndarray, read_file: ReadFile) -> None:
    text = exported(markers, "Ann").replace(",mm", ",")
    ((clip,), _) = read_file("vicon_csv", "t.csv", text)
    assert "unit_assumed" in clip.flags
    text = "\r\n".join(x for x in exported(markers, "Ann").split("\r\n") if "mm" not in x)
    ((clip,), _) = read_file("vicon_csv", "t.csv", text)
    assert clip.motion.num_frames == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\n", "no section Trajectories"),
        ("trajectories are here,1\n", "no section Trajectories"),
        ("Trajectories\n100\n", "without a row Frame"),
        ("Trajectories\n100\n,,A,,\nFrame,Sub Frame,RX,RY,RZ\n,,deg\n1,0,1,2,3\n", "no marker"),
    ],
)
def test_other_tables_are_refused_by_their_cause(text: str, found: str) -> None:
    with pytest.raises(SourceError, match=found):
        parse_vicon(text.encode())


def test_the_contract_holds(markers: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "walk.csv").write_text(exported(markers, "Ann"))
    assert check_reader(get_reader("vicon_csv"), str(tmp_path)) == []
