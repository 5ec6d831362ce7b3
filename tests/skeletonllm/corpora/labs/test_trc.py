from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.trc import parse_trc
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.lab_writers import format_trc
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, TO_Z_UP, ReadFile


def test_markers_become_metres_with_their_names(markers: np.ndarray, read_file: ReadFile) -> None:
    ((clip,), rejects) = read_file("trc", "walk.trc", format_trc(markers * 1000, [*MARKERS], 200))
    assert (clip.clip_id, rejects, clip.flags, clip.licence) == ("trc/walk", [], (), "unknown")
    motion = clip.motion
    assert (motion.fps, motion.space, motion.metric) == (200.0, "world", True)
    assert clip.frame_index == (1, 2, 3, 4, 5)
    knee = motion.topology.index("left_knee.KNE")
    np.testing.assert_allclose(motion.joints[0, 0, knee], (0.1, 0.5, 0), atol=1e-6)
    assert motion.observed.sum() == 5 * 11 - 1
    assert len(motion.topology.bones) > 5


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    mark=st.sampled_from("\t,;"),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    first=st.integers(0, 10**6),
)
def test_what_was_written_is_read(seed: int, mark: str, number: str, end: str, first: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 900, (rng.integers(1, 6), rng.integers(1, 9), 3))
    points[rng.random(points.shape[:2]) < 0.2] = np.nan
    labels = [f"M{i}" for i in range(points.shape[1])]
    text = format_trc(points, labels, 50, unit="cm", mark=mark, number=number, first=first)
    back = parse_trc(text.replace("\n", end).encode())
    np.testing.assert_allclose(back.values, points, rtol=1e-8, atol=1e-8)
    assert (back.labels, back.fps, back.unit_m, back.flags) == (labels, 50.0, 0.01, ())
    assert back.numbers == [*range(first, first + len(points))]


@pytest.mark.parametrize(
    ("times", "rate", "flags"),
    [
        ([0.04 * n for n in range(8)], 25.0, ("rate_contradicted",)),
        ([round(n / 75, 2) for n in range(8)], 75.0, ()),  # written coarsely
        ([0.0, 0.01, 0.02, 0.06, 0.07, 0.08, 0.09, 0.1], 100.0, ()),  # rows were lost
        ([10.0 * n for n in range(8)], 100.0, ()),  # milliseconds
        ([0.0] * 8, 100.0, ()),
    ],
)
def test_the_times_are_believed_where_the_head_states_another_rate(
    times: list[float], rate: float, flags: tuple[str, ...]
) -> None:
    stated = 75 if rate == 75 else 100
    lines = format_trc(np.ones((8, 11, 3)), [*MARKERS], stated).splitlines()
    at = next(i for i, line in enumerate(lines) if line[:1] == "1" and i > 2)
    for n, time in enumerate(times):
        cells = lines[at + n].split("\t")
        lines[at + n] = "\t".join([cells[0], f"{time:.5f}", *cells[2:]])
    back = parse_trc("\n".join(lines).encode())
    assert (back.fps, tuple(back.flags)) == (rate, flags)


@pytest.mark.parametrize("how", ["commas of a spreadsheet", "decimal commas", "utf-16"])
def test_what_spreadsheets_make_of_it_is_read(
    markers: np.ndarray, read_file: ReadFile, how: str
) -> None:
    text: str | bytes = format_trc(markers * 1000, [*MARKERS])
    assert isinstance(text, str)
    if how.startswith("commas"):
        text = format_trc(markers * 1000, [*MARKERS], mark=",")
        text = "".join(f"{line},,,,\n" for line in text.splitlines())
    elif how.startswith("decimal"):
        head, _, body = text.partition("\n\n")
        text = f"{head}\n\n{body.replace('.', ',')}"
    else:
        text = text.encode("utf-16")
    ((clip,), _) = read_file("trc", "walk.trc", text)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 7], (0.1, 0.5, 0), atol=1e-6)
    assert clip.motion.num_frames == 5


def test_the_row_of_axes_may_be_left_out(markers: np.ndarray, read_file: ReadFile) -> None:
    lines = format_trc(markers, [*MARKERS], unit="m").split("\n")
    ((clip,), _) = read_file("trc", "a.trc", "\n".join([*lines[:4], *lines[6:]]))
    assert (clip.motion.num_frames, clip.flags) == (5, ())


def test_z_up_is_seen_by_the_body_and_flagged(markers: np.ndarray, read_file: ReadFile) -> None:
    text = format_trc(markers @ TO_Z_UP, [*MARKERS], unit="m")
    ((clip,), _) = read_file("trc", "a.trc", text)
    assert clip.flags == ("axes_assumed",)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 7], (0.1, 0.5, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("stated", "flag"),
    [("9", "fewer_frames_than_declared"), ("3", "more_frames_than_declared"), ("5", None)],
)
def test_a_stated_count_is_compared_with_the_frames_that_are_there(
    markers: np.ndarray, read_file: ReadFile, stated: str, flag: str | None
) -> None:
    text = format_trc(markers, [*MARKERS], unit="m").replace("\t5\t11\t", f"\t{stated}\t11\t")
    ((clip,), _) = read_file("trc", "a.trc", text)
    assert clip.motion.num_frames == 5
    assert clip.flags == (() if flag is None else (flag,))


def test_joints_of_pose2sim_are_joints(read_file: ReadFile) -> None:
    places = {
        "Hip": (0, 1, 0), "RHip": (-0.1, 1, 0), "RKnee": (-0.1, 0.5, 0), "RAnkle": (-0.1, 0.1, 0),
        "LHip": (0.1, 1, 0), "LKnee": (0.1, 0.5, 0), "LAnkle": (0.1, 0.1, 0), "Neck": (0, 1.5, 0),
        "Head": (0, 1.7, 0), "RShoulder": (-0.2, 1.4, 0), "LShoulder": (0.2, 1.4, 0),
        "RBigToe": (-0.1, 0, 0.2), "RHeel": (-0.1, 0, -0.1),
    }  # fmt: skip
    points = np.repeat(np.array([*places.values()])[None], 3, 0)
    points[:, 0, 0] = 0.001
    ((clip,), _) = read_file("trc", "a.trc", format_trc(points, [*places], unit="m"))
    joints = clip.motion.topology.joints
    assert joints[:4] == ("pelvis", "right_hip", "right_knee", "right_ankle")
    bones = {(joints[a], joints[b]) for a, b in clip.motion.topology.bones}
    assert {("right_hip", "right_knee"), ("pelvis", "left_hip")} <= bones
    assert clip.flags == ()


def test_no_unit_goes_by_the_limbs_and_no_rate_by_the_times(read_file: ReadFile) -> None:
    places = np.array([[-0.1, 1, 0], [-0.1, 0.58, 0], [-0.1, 0.17, 0], [0, 1.5, 0]]) * 100
    text = format_trc(np.repeat(places[None], 4, 0), ["RHip", "RKnee", "RAnkle", "Neck"], 25)
    text = text.replace("\tmm\t", "\t\t").replace("\n25\t", "\n0\t")
    ((clip,), _) = read_file("trc", "a.trc", text)
    assert clip.flags == ("unit_assumed",)
    assert (clip.motion.metric, clip.motion.fps) == (True, 25.0)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 1], (-0.1, 0.58, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.replace("PathFileType", "Something"), "format"),
        (lambda t: t.replace("Frame#", "Number"), "format"),
        (lambda t: "\n".join(t.split("\n")[:5]), "no_frames"),
        (lambda t: t[:30], "truncated"),
        (lambda t: t.replace("0.0", "x"), "format"),
        (lambda t: t.replace("\tC7\t\t\t", "\t\tC7\t\t"), "format"),
    ],
)
def test_other_text_is_refused_by_its_cause(markers: np.ndarray, change: object, code: str) -> None:
    text = format_trc(markers, [*MARKERS], unit="m", number="%.1f")
    with pytest.raises(SourceError) as caught:
        parse_trc(change(text).encode())  # type: ignore[operator]
    assert caught.value.code == code


def test_a_cell_that_is_no_number_is_missing_and_flagged(
    markers: np.ndarray, read_file: ReadFile
) -> None:
    text = format_trc(markers, [*MARKERS], unit="m").replace("0.51000", "lost", 1)
    ((clip,), _) = read_file("trc", "a.trc", text)
    assert clip.flags == ("unread_cells",)
    assert clip.motion.observed.sum() == 5 * 11 - 2


def test_the_contract_holds(markers: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "walk.trc").write_text(format_trc(markers * 1000, [*MARKERS]))
    assert check_reader(get_reader("trc"), str(tmp_path)) == []
