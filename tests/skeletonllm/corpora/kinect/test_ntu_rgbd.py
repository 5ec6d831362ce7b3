from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.kinect.ntu_rgbd import NtuReader, facts_of_name
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import SourceError

Rows = Callable[..., np.ndarray]
Text = Callable[..., str]
Write = Callable[[str, str | bytes], Path]
Read = Callable[[str | bytes], Clip | Reject]

NAME = "S001C002P003R002A013.skeleton"


@pytest.fixture
def read(write: Write) -> Read:
    """Read one file of the given content: its clip, or its reject."""

    def one(content: str | bytes) -> Clip | Reject:
        path = write(NAME, content)
        clips, rejects = read_clips(NtuReader(), Source(str(path), path.stem, 0))
        (item,) = [*clips, *rejects]
        return item

    return one


@pytest.fixture
def moving(ntu_rows: Rows) -> list[list[tuple[str, np.ndarray]]]:
    """Six frames of one body that walks along x."""
    return [[("72057594037931101", ntu_rows(0.1 * t))] for t in range(6)]


def test_what_file_and_name_say(read: Read, ntu_text: Text, moving: list) -> None:
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert clip.clip_id == "ntu_rgbd/S001C002P003R002A013"
    assert (clip.setup, clip.camera, clip.subject, clip.repetition) == ("1", "2", "3", "2")
    assert (clip.label, clip.label_id, clip.label_namespace) == ("tear up paper", 12, "ntu")
    assert clip.person_ids == ("72057594037931101",)
    assert clip.frame_index == tuple(range(6))
    assert clip.licence == "ntu_rgbd"
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.metric, motion.fps) == (
        "kinect_v2",
        "camera",
        True,
        30.0,
    )
    np.testing.assert_allclose(motion.joints[3, 0, 7], [0.3, 0.7, 3.0], rtol=1e-6)
    assert motion.orientations is not None
    np.testing.assert_allclose(motion.orientations[0, 0, 0], [0.5, -0.5, 0.5, -0.5])


def test_line_ends_do_not_matter(read: Read, ntu_text: Text, moving: list) -> None:
    unix, windows = read(ntu_text(moving)), read(ntu_text(moving, "\r\n"))
    assert isinstance(unix, Clip)
    assert isinstance(windows, Clip)
    assert unix.motion.sha256 == windows.motion.sha256


def test_ids_that_a_float_would_merge_are_two_persons(
    read: Read, ntu_text: Text, ntu_rows: Rows
) -> None:
    ids = ("72057594037931101", "72057594037931102")
    assert float(ids[0]) == float(ids[1])
    clip = read(ntu_text([[(ids[0], ntu_rows(0)), (ids[1], ntu_rows(1))]] * 2))
    assert isinstance(clip, Clip)
    assert set(clip.person_ids) == set(ids)


def test_a_person_keeps_the_row_when_the_file_order_swaps(
    read: Read, ntu_text: Text, ntu_rows: Rows
) -> None:
    frames = [[("7", ntu_rows(0.05 * t)), ("8", ntu_rows(2.0))] for t in range(6)]
    frames = [bodies[::-1] if t % 2 else bodies for t, bodies in enumerate(frames)]
    clip = read(ntu_text(frames))
    assert isinstance(clip, Clip)
    assert clip.person_ids == ("7", "8")
    np.testing.assert_allclose(clip.motion.joints[:, 0, 0, 0], 0.05 * np.arange(6), atol=1e-6)
    assert (clip.motion.joints[:, 1, 0, 0] == 2.0).all()


def test_rows_come_in_order_of_appearance(read: Read, ntu_text: Text, ntu_rows: Rows) -> None:
    frames = [[("still", ntu_rows(2.0)), ("mover", ntu_rows(0.2 * t))] for t in range(6)]
    clip = read(ntu_text(frames))
    assert isinstance(clip, Clip)
    assert clip.person_ids == ("still", "mover")


def test_the_place_in_the_frame_is_known(read: Read, ntu_text: Text, ntu_rows: Rows) -> None:
    still, mover = [("8", ntu_rows(2.0))], [("7", ntu_rows(0.0))]
    clip = read(ntu_text([mover, still + mover, mover + still, [], still]))
    assert isinstance(clip, Clip)
    assert clip.slots is not None
    assert clip.person_ids == ("7", "8")
    assert clip.slots.tolist() == [[0, -1], [1, 0], [0, 1], [-1, -1], [-1, 0]]


def test_frames_without_a_body_stay_frames(read: Read, ntu_text: Text, moving: list) -> None:
    moving[0], moving[4] = [], []
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 0].tolist() == [False, True, True, True, False, True]
    assert clip.frame_index == tuple(range(6))
    assert (clip.motion.joints[4] == 0).all()


def test_every_id_has_a_row_of_its_own(read: Read, ntu_text: Text, moving: list) -> None:
    moving[3:] = [[("99", rows)] for ((_, rows),) in moving[3:]]
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert clip.person_ids == ("72057594037931101", "99")
    assert clip.motion.present.sum(0).tolist() == [3, 3]


def test_tracking_states_become_confidence(read: Read, ntu_text: Text, moving: list) -> None:
    rows = moving[2][0][1]
    rows[5, 11] = 1
    rows[6, 11], rows[6, :3] = 0, 0
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert clip.motion.confidence[2, 0, 4:7].tolist() == [1.0, 0.5, 0.0]


def test_nan_in_depth_and_colour_is_harmless(read: Read, ntu_text: Text, moving: list) -> None:
    whole = read(ntu_text(moving))
    for ((_, rows),) in moving:
        rows[:, 3:7] = np.nan
    clip = read(ntu_text(moving).replace("nan", "NaN"))
    assert isinstance(clip, Clip)
    assert isinstance(whole, Clip)
    assert clip.motion.sha256 == whole.motion.sha256


def test_unknown_orientations_are_zeros(read: Read, ntu_text: Text, moving: list) -> None:
    moving[0][0][1][3, 7:11] = np.nan
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert clip.motion.orientations is not None
    assert (clip.motion.orientations[0, 0, 3] == 0).all()
    assert clip.motion.confidence[0, 0, 3] == 1


def test_a_few_nan_joints_are_missing_joints(read: Read, ntu_text: Text, moving: list) -> None:
    for t in (1, 2):
        moving[t][0][1][[4, 9], :3] = np.nan
    clip = read(ntu_text(moving))
    assert isinstance(clip, Clip)
    assert int((clip.motion.confidence == 0).sum()) == 4


def test_more_than_half_nan_is_a_reject(read: Read, ntu_text: Text, moving: list) -> None:
    for ((_, rows),) in moving:
        rows[:13, :3] = np.nan
    reject = read(ntu_text(moving))
    assert isinstance(reject, Reject)
    assert (reject.code, reject.stage) == ("missing_joints", "read")
    assert reject.message == "78 of 150 joints are missing; expected at most half"


@pytest.mark.parametrize(("value", "code"), [(np.inf, "non_finite"), (1e4, "out_of_range")])
def test_impossible_coordinates(
    read: Read, ntu_text: Text, moving: list, value: float, code: str
) -> None:
    moving[3][0][1][11, 1] = value
    reject = read(ntu_text(moving))
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert reject.message.startswith("frame 3, person 0, joint 11: ")


def test_infinite_pelvis_at_a_handover(read: Read, ntu_text: Text, moving: list) -> None:
    moving[2][0][1][0, 0] = moving[3][0][1][0, 0] = np.inf
    moving[3:] = [[("99", rows)] for ((_, rows),) in moving[3:]]
    reject = read(ntu_text(moving))
    assert isinstance(reject, Reject)
    assert reject.code == "non_finite"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n \n", "empty"),
        (b"2\n0\n0\n", "no_body"),
        (b"0\n", "no_frames"),
        (b"1\n1\n\xff\xfe 0\n", "encoding"),
        (b"not a skeleton\n", "format"),
        (b"999999999\n0\n", "truncated"),
        (b"99999999999999999999\n0\n", "format"),
        (b"-3\n0\n", "format"),
        (b'{"skeletons": []}', "format"),
    ],
)
def test_files_that_are_no_clip(read: Read, content: bytes, code: str) -> None:
    reject = read(content)
    assert isinstance(reject, Reject)
    assert reject.code == code


def test_every_way_to_cut_a_file_is_noticed(read: Read, ntu_text: Text, moving: list) -> None:
    text = ntu_text(moving[:2])
    for end in range(2, len(text) - 2, 7):
        reject = read(text[:end])
        assert isinstance(reject, Reject), f"cut at {end} of {len(text)} gave a clip"
        assert reject.code == "truncated", f"cut at {end}: {reject}"


def test_hand_skeletons_under_the_right_name_are_another_format(read: Read) -> None:
    joint = "0.1 0.2 3.0 1 2 3 4 1 0 0 0 2"
    lines = ["2", *(["26"] + [joint] * 26) * 2]
    reject = read("\n".join(lines))
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message) == (
        "format",
        "line 3: 12 fields; expected a body line of 10",
    )


def test_another_number_of_joints_is_another_format(
    read: Read, ntu_text: Text, moving: list
) -> None:
    reject = read(ntu_text(moving).replace("\n25\n", "\n21\n"))
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message) == ("format", "line 4: 21 joints; expected 25")


def test_lines_that_break_the_grammar_are_named(read: Read, ntu_text: Text, moving: list) -> None:
    lines = ntu_text(moving).split("\n")
    for broken, found in (
        (lines[7] + " 5", "line 8: 13 fields; expected a joint line of 12"),
        (lines[7].replace("3", "three", 1), "a joint that is no number"),
    ):
        reject = read("\n".join([*lines[:7], broken, *lines[8:]]))
        assert isinstance(reject, Reject)
        assert reject.code == "format"
        assert found in reject.message


def test_lines_after_the_last_frame_are_refused(read: Read, ntu_text: Text, moving: list) -> None:
    text = ntu_text(moving)
    reject = read("5" + text[1:])
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message) == ("format", "line 142: 28 lines after the last frame")


def test_one_id_twice_in_a_frame_is_refused(
    read: Read, ntu_text: Text, moving: list, ntu_rows: Rows
) -> None:
    moving[1].append(("72057594037931101", ntu_rows(1.0)))
    reject = read(ntu_text(moving))
    assert isinstance(reject, Reject)
    assert reject.message == "frame 1: body 72057594037931101 twice"


def test_absurd_numbers_of_bodies_are_refused_before_they_are_allocated(
    read: Read, ntu_text: Text, ntu_rows: Rows
) -> None:
    rows = ntu_rows()
    reject = read(ntu_text([[(str(i), rows) for i in range(300)]]))
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message) == ("unsafe", "300 body ids; expected at most 256")


def test_an_action_that_does_not_exist() -> None:
    with pytest.raises(SourceError, match="action number 121; expected 1 to 120"):
        facts_of_name("S001C001P001R001A121")
    assert facts_of_name("my_recording") == {}


def test_sources_list_skeletons_and_folders_named_like_them(write: Write, tmp_path: Path) -> None:
    write("b/S001C001P001R001A002.skeleton", "x")
    write("S001C001P001R001A001.SKELETON", "x")
    write("S001C001P001R001A003.skeleton/inside.txt", "x")
    write("readme.txt", "x")
    sources = NtuReader().sources(str(tmp_path))
    assert [(s.source_id[-4:], s.fault) for s in sources] == [
        ("A001", ""),
        ("A002", ""),
        ("A003", "not_a_file"),
    ]


def azure(ntu_text: Text, rows: np.ndarray, *, mixed: bool = False) -> str:
    """Two frames in the grammar of NTU, whose bodies have the 32 joints of Azure Kinect."""
    lines = ntu_text([[("7", rows)]] * 2).splitlines()
    extra = [lines[5]] * 7
    for at in (56, 29) if not mixed else (29,):
        lines[at:at] = extra
    text = "\n".join(lines) + "\n"
    return text.replace("\n25\n", "\n32\n", 1 if mixed else 2)


def test_bodies_of_azure_kinect_are_read_and_what_was_guessed_is_flagged(
    read: Read, ntu_text: Text, ntu_rows: Rows
) -> None:
    clip = read(azure(ntu_text, ntu_rows(1.0)))
    assert isinstance(clip, Clip)
    assert (clip.motion.topology.name, clip.licence) == ("azure_kinect_32", "unknown")
    assert {"skeleton_assumed", "fps_assumed"} <= set(clip.flags)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 24], (1, 2.4, 3), rtol=1e-6)


def test_bodies_of_two_kinds_in_one_file_are_refused(
    read: Read, ntu_text: Text, ntu_rows: Rows
) -> None:
    reject = read(azure(ntu_text, ntu_rows(1.0), mixed=True))
    assert isinstance(reject, Reject)
    assert "25 joints; expected 32, as before" in reject.message


def test_bodies_of_kinect_v1_are_read_too(read: Read, ntu_text: Text, ntu_rows: Rows) -> None:
    lines = ntu_text([[("7", ntu_rows(1.0))]]).replace("\n25\n", "\n20\n").splitlines()
    clip = read("\n".join(lines[:-5]) + "\n")
    assert isinstance(clip, Clip)
    assert (clip.motion.topology.name, clip.licence) == ("kinect_v1", "unknown")
