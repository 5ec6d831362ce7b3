"""What people reported of MediaPipe and of tables with a YAML: each input with its right value."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.reader import Source


class Right(NamedTuple):
    """The right value of a case."""

    frames: int = 30
    persons: int = 1
    joints: int = 13
    fps: float = 30.0
    metric: bool = True
    seen: float = 1.0
    flags: tuple[str, ...] = ()


GENERIC = {
    "a_base": Right(),
    "b_semicolon_comma": Right(),
    "c2_tsv_ext": Right(),
    "c3_txt_ext": Right(),
    "c4_space": Right(),
    "c_tab": Right(),
    "d_bom_crlf": Right(),
    "e_utf16": Right(),
    "f_latin_header": Right(),
    "g2_minus9999": Right(seen=1 - 15 / 390, flags=("missing_assumed",)),
    "g_minus1": Right(seen=1 - 15 / 390, flags=("missing_assumed",)),
    "h2_nan": Right(seen=1 - 1 / 390),
    "h4_NaNstr_R": Right(seen=1 - 1 / 390),
    "h_NA": Right(seen=1 - 1 / 390),
    "i_comment_lines": Right(flags=("rows_skipped",)),
    "j2_frame_from_100_step2": Right(),
    "j4_frame_float": Right(),
    "j_time_col": Right(frames=15, flags=("irregular_frames", "resampled")),
    "k2_xyz_suffix_order": Right(),
    "k3_quoted_spaces": Right(),
    "k_upper_axes": Right(),
    "l_person": Right(frames=15, persons=2),
    "m2_units_M": Right(),
    "m3_yml_name": Right(),
    "m4_up_Z": Right(),
    "m5_tabs": Right(),
    "m6_fps_2997": Right(fps=29.97),
    "m7_missing_minus1": Right(),
    "m_fps_text": Right(),
    "n2_flat": Right(flags=("order_assumed",)),
    "n3_f16_fortran": Right(),
    "n4_bigendian": Right(),
    "n5_oneframe": Right(frames=1),
    "n6_npz_many": Right(),
    "n_npy": Right(),
    "o_freemocap_npy": Right(joints=33),
}
ASSUMED = ("fps_assumed", "image_size_assumed")
PICTURE = Right(frames=12, joints=33, metric=False)
MEDIAPIPE = {
    "bare_lists": PICTURE._replace(flags=ASSUMED),
    "csv_flat": PICTURE._replace(flags=(*ASSUMED, "format_assumed", "skeleton_assumed")),
    "frame_gaps_ms": PICTURE._replace(flags=ASSUMED[1:]),
    "image_size_given": PICTURE._replace(fps=25.0),
    "named_dict": PICTURE._replace(flags=ASSUMED),
    "none_frames": PICTURE._replace(seen=10 / 12, flags=ASSUMED),
    "protobuf_json": PICTURE._replace(flags=ASSUMED),
    "tasks_list_of_poses": PICTURE._replace(flags=ASSUMED[1:]),
}


def the_clip(corpus: str, folder: Path) -> Clip:
    (source,) = get_reader(corpus).sources(str(folder))
    clips, rejects = read_clips(get_reader(corpus), source)
    assert rejects == []
    (clip,) = clips
    return clip


def measured(clip: Clip) -> Right:
    motion = clip.motion
    return Right(
        motion.num_frames,
        motion.num_persons,
        len(motion.topology),
        motion.fps,
        motion.metric,
        pytest.approx(float((motion.confidence > 0).mean()), abs=1e-9),
        clip.flags,
    )


@pytest.mark.parametrize("case", GENERIC)
def test_generic(shared: Path, case: str) -> None:
    clip = the_clip("generic", shared / "cases" / "generic" / case)
    assert measured(clip) == GENERIC[case]
    if case.startswith(("a", "b", "c", "d", "e", "f", "i", "k", "m", "n")):
        base = the_clip("generic", shared / "cases" / "generic" / "a_base").motion.joints
        close = base[: clip.motion.num_frames]
        np.testing.assert_allclose(clip.motion.joints, close, atol=2e-3)  # float16, two decimals


def test_joints_of_which_nobody_says_which_are_the_bodys(shared: Path) -> None:
    folder = str(shared / "cases" / "generic" / "o3_freemocap_553")
    (source,) = get_reader("generic").sources(folder)
    clips, (reject,) = read_clips(get_reader("generic"), source)
    assert (clips, reject.code) == ([], "format")
    assert "an array (30, 553, 3)" in reject.message
    assert "joint_numbers: says which of the 553 joints, as 0-32" in reject.message


@pytest.mark.parametrize("case", MEDIAPIPE)
def test_mediapipe(shared: Path, case: str) -> None:
    clip = the_clip("mediapipe", shared / "cases" / "mediapipe" / case)
    assert measured(clip) == MEDIAPIPE[case]
    said = [caption.text for caption in clip.captions]
    assert said == (["wave"] if case == "csv_flat" else [])
    stated = (1920, 1080) if case == "image_size_given" else (640, 480)
    assert clip.motion.image_size == stated
    shares = clip.motion.joints[0, 0, 0, :2] / stated
    np.testing.assert_allclose(shares, (0.5, 0.126388888), atol=1e-5)


@pytest.mark.parametrize("case", ["frame_gaps_ms", "tasks_list_of_poses"])
def test_mediapipe_world(shared: Path, case: str) -> None:
    clip = the_clip("mediapipe_world", shared / "cases" / "mediapipe" / case)
    assert measured(clip) == PICTURE._replace(flags=())
    left_knee = clip.motion.joints[0, 0, clip.motion.topology.find("left_knee")]
    assert left_knee[1] < -0.3


def test_the_picture_size_that_the_user_states(shared: Path) -> None:
    file = shared / "cases" / "mediapipe" / "bare_lists" / "walk.json"
    source = Source(str(file), "walk", 0, image_size=(1280, 720))
    (clip,), _ = read_clips(get_reader("mediapipe"), source)
    assert clip.motion.image_size == (1280, 720)
    assert clip.flags == ("fps_assumed",)
