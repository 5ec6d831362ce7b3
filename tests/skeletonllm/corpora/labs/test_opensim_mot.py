from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.opensim_mot import parse_storage
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.lab_writers import format_storage
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, ReadFile

BODIES = {
    "pelvis": 1.0, "femur_r": 0.8, "tibia_r": 0.4, "talus_r": 0.1, "femur_l": 0.8, "tibia_l": 0.4,
    "torso": 1.4, "center_of_mass": 1.0,
}  # fmt: skip


def kinematics() -> str:
    """What BodyKinematics writes: places and turns of each body, and the middle of mass."""
    columns = [f"{body}_{axis}" for body in BODIES for axis in ("X", "Y", "Z", "Ox", "Oy", "Oz")]
    lines = ["Positions", "version=1", "nRows=3", f"nColumns={len(columns) + 1}"]
    lines += ["inDegrees=yes", "", "Units are S.I. units (second, meters, Newtons, ...)"]
    lines += ["endheader", "\t".join(["time", *columns])]
    for t in range(3):
        values = [x for y in BODIES.values() for x in (0.1, y, 0.2, 30, 60, 90)]
        lines.append("\t".join([f"      {t / 50:.8f}", *(f"{x:16.8f}" for x in values)]))
    return "\n".join([*lines, ""])


def test_bodies_are_points_and_turns_and_the_whole_are_not(read_file: ReadFile) -> None:
    ((clip,), rejects) = read_file("opensim_mot", "a_pos_global.sto", kinematics())
    assert (rejects, clip.flags) == ([], ())
    motion = clip.motion
    assert (motion.fps, motion.metric) == (50.0, True)
    assert motion.topology.joints == (
        "pelvis", "right_hip.femur", "right_knee.tibia", "right_ankle.talus", "left_hip.femur",
        "left_knee.tibia", "upper_spine.torso",
    )  # fmt: skip
    np.testing.assert_allclose(motion.joints[0, 0, 1], (0.1, 0.8, 0.2), atol=1e-6)
    assert len(motion.topology.bones) == 6


def test_a_file_of_angles_says_what_to_export(read_file: ReadFile) -> None:
    head = "Coordinates\nversion=1\nnRows=1\nnColumns=6\ninDegrees=yes\nendheader\n"
    names = "time\tpelvis_tilt\tpelvis_tx\tpelvis_ty\tpelvis_tz\thip_flexion_r\n"
    (_, (reject,)) = read_file("opensim_mot", "ik.mot", f"{head}{names}0\t1\t0\t1\t0\t20\n")
    assert reject.code == "format"
    assert "BodyKinematics" in reject.message
    assert ".osim" in reject.message


@pytest.mark.parametrize("title", ["Velocities", "Accelerations", "subject_vel_global"])
def test_what_is_no_position_is_refused(read_file: ReadFile, title: str) -> None:
    text = kinematics().replace("Positions", title, 1)
    (_, (reject,)) = read_file("opensim_mot", "a.sto", text)
    assert "expected positions" in reject.message


def test_places_of_forces_are_no_body(read_file: ReadFile) -> None:
    plates = [f"{n}_ground_force_p{a}" for n in range(1, 6) for a in "xyz"]
    text = "grf\nendheader\n" + "\t".join(["time", *plates]) + "\n" + "\t".join(["0"] * 16) + "\n"
    (_, (reject,)) = read_file("opensim_mot", "grf.mot", text)
    assert reject.code == "format"


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    axes=st.sampled_from(["XYZ", "xyz"]),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(seed: int, axes: str, number: str, end: str) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 2, (rng.integers(2, 6), rng.integers(3, 9), 3))
    points[rng.random(points.shape[:2]) < 0.2] = np.nan
    labels = [f"M{i}" for i in range(points.shape[1])]
    text = format_storage(points, labels, 50, axes=axes, number=number)
    back = parse_storage(text.replace("\n", end).encode())
    np.testing.assert_allclose(back.values, points, rtol=1e-8, atol=1e-9)
    assert (back.labels, back.fps, back.unit_m, back.flags) == (labels, 50.0, 1.0, ())


def test_vectors_in_one_cell_are_points(markers: np.ndarray, read_file: ReadFile) -> None:
    rows = [
        "\t".join([str(t / 10), *("" if np.isnan(p).any() else ",".join(map(str, p)) for p in row)])
        for t, row in enumerate(markers.tolist())
    ]
    head = "DataRate=10\nDataType=Vec3\nversion=3\nendheader\n" + "\t".join(["time", *MARKERS])
    ((clip,), _) = read_file("opensim_mot", "m.sto", "\n".join([head, *rows, ""]))
    assert clip.motion.fps == 10.0
    np.testing.assert_allclose(clip.motion.joints[0, 0, 7], (0.1, 0.5, 0), atol=1e-6)
    assert clip.motion.observed.sum() == 5 * 11 - 1


def test_uneven_times_are_flagged(markers: np.ndarray, read_file: ReadFile) -> None:
    text = format_storage(markers, [*MARKERS]).replace("0.04000000\t", "0.09000000\t")
    ((clip,), _) = read_file("opensim_mot", "m.sto", text)
    assert clip.flags == ("irregular_frames",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\nb\n", "no line 'endheader'"),
        ("a\nendheader\n", "no column 'time'"),
        ("a\nendheader\ntime\ta_X\ta_Y\ta_Z\n", "of which 1 are points"),
    ],
)
def test_other_text_is_refused_by_its_cause(text: str, found: str) -> None:
    with pytest.raises(SourceError, match=found):
        parse_storage(text.encode())


def test_the_contract_holds(tmp_path: Path) -> None:
    (tmp_path / "a.sto").write_text(kinematics())
    assert check_reader(get_reader("opensim_mot"), str(tmp_path)) == []
