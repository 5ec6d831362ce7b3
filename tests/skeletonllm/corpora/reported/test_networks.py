"""What people reported of pose networks: each input with its right value."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.reader import Reject


class Right(NamedTuple):
    """The right value of a case: of its first clip, and how many there are."""

    frames: int = 12
    persons: int = 1
    topology: str = "coco_17"
    flags: tuple[str, ...] = ()
    no_flags: tuple[str, ...] = ("skeleton_assumed",)
    clips: int = 1
    space: str = "image"
    size: tuple[int, int] | None = None
    label: str | None = None


GUESSED = ("skeleton_assumed",)
BODY_25 = Right(topology="openpose_25")
SEEN = Right(topology="openpose_18", frames=30, label="waving hand")
ALPHAPOSE = Right(flags=("fps_assumed", "image_size_assumed"))
COCO = Right(frames=1, clips=3, size=(1280, 720))

RIGHT = {
    "openpose/openpose/a_body25": BODY_25,
    "openpose/openpose/c_extra_face_person": BODY_25,
    "openpose/openpose/d_body25b": Right(topology="openpose_25b", flags=GUESSED, no_flags=()),
    "openpose/openpose/e_mpi15": Right(topology="openpose_15"),
    "openpose/openpose/h_scale3_01": BODY_25,
    "openpose/openpose/i_3d_only": Right(
        topology="openpose_25_3d", space="world", flags=("unit_assumed", "axes_assumed")
    ),
    "openpose/openpose/j_two_people_swap": BODY_25._replace(persons=2),
    "openpose/openpose/l_empty_start": BODY_25,
    "openpose/openpose/m_ids_mixed": BODY_25,
    "openpose/openpose/n_names": BODY_25._replace(frames=1, clips=4),
    "openpose/openpose/o_two_videos": BODY_25._replace(clips=2),
    "openpose/openpose/p_comfyui": Right(topology="openpose_18", size=(1280, 720)),
    "openpose/openpose/r_zero_person": BODY_25,
    "alphapose/alphapose/cmu": ALPHAPOSE._replace(topology="openpose_18"),
    "alphapose/alphapose/idx_nested": ALPHAPOSE,
    "alphapose/alphapose/jump": ALPHAPOSE._replace(frames=40),
    "alphapose/alphapose/pose_track_ids_float": ALPHAPOSE,
    "alphapose/alphapose/suffix_number": ALPHAPOSE,
    "alphapose/alphapose/timestamp_names": ALPHAPOSE,
    "alphapose/alphapose/tracked_forvis": ALPHAPOSE._replace(no_flags=("identity_by_motion",)),
    "coco/coco-names/camel": COCO,
    "coco/coco-names/dash": COCO,
    "coco/coco-names/spaced": COCO,
    "coco/coco-names/nested_triples": COCO._replace(clips=1),
    "coco/coco-names/video_no_track": COCO._replace(frames=5, clips=1, flags=("video_assumed",)),
    "mmpose/pose-networks/mmpose_image": Right(frames=1, flags=GUESSED, no_flags=()),
    "mmpose/pose-networks/mmpose_inferencer": Right(persons=2, flags=GUESSED, no_flags=()),
    "mmpose/pose-networks/mmpose_video": Right(),
    "movenet/pose-networks/movenet_js": Right(flags=("video_assumed",)),
    "openpifpaf/pose-networks/openpifpaf_images": Right(flags=GUESSED, no_flags=()),
    "ultralytics/pose-networks/yolo_tojson": Right(flags=GUESSED, no_flags=("identity_by_motion",)),
    "ultralytics/pose-networks/yolo_txt": Right(flags=GUESSED, no_flags=("identity_by_motion",)),
    "kinetics_skeleton/unlabelled/kinetics": SEEN,
    "kinetics_skeleton/unlabelled/kinetics_coco17": SEEN._replace(
        topology="coco_17", flags=GUESSED, no_flags=()
    ),
    "kinetics_skeleton/unlabelled/kinetics_dupframe": SEEN._replace(flags=("unread_frames",)),
    "kinetics_skeleton/unlabelled/kinetics_nolabel": SEEN._replace(label=None),
    "kinetics_skeleton/unlabelled/kinetics_px": SEEN,
    "kinetics_skeleton/unlabelled/kinetics_unsorted": SEEN,
    "mmskeleton/unlabelled/mmskeleton": Right(
        frames=30, flags=GUESSED, no_flags=(), size=(1280, 720), label="class 3"
    ),
}

REFUSED = {
    "openpose/openpose/b_hand_only": ("no_body", "none with a body, in 12 frames"),
    "openpose/openpose/k_all_empty": ("no_body", "nobody is seen in any of 12 frames"),
    "alphapose/alphapose/empty": ("no_body", "a list of 0 detections"),
    "kinetics_skeleton/unlabelled/kinetics_empty": ("no_frames", "0 frames"),
    "kinetics_skeleton/unlabelled/kinetics_gif_like": ("no_body", "in any of 30 frames"),
}
OWNERS = {case.partition("/")[2]: case.partition("/")[0] for case in (*RIGHT, *REFUSED)}
RIVALS = (
    "alphapose", "coco", "kinetics_skeleton", "mmpose", "mmskeleton", "movenet", "openpifpaf",
    "openpose", "ultralytics", "vitpose",
)  # fmt: skip


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    if not (shared / "cases").is_dir():
        pytest.skip("needs ../shared/cases (what people reported is never committed)")
    return shared / "cases"


def read_all(corpus: str, root: Path) -> tuple[list[Clip], list[Reject]]:
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(str(root))]
    return [c for clips, _ in results for c in clips], [r for _, rs in results for r in rs]


@pytest.mark.parametrize("case", RIGHT)
def test_what_comes_in(case: str, cases: Path) -> None:
    corpus, _, place = case.partition("/")
    right = RIGHT[case]
    clips, rejects = read_all(corpus, cases / place)
    assert len(rejects) == ("unread_frames" in right.flags)
    assert len(clips) == right.clips
    for clip in clips:
        motion = clip.motion
        assert (motion.num_frames, motion.num_persons) == (right.frames, right.persons)
        assert (motion.topology.name, motion.space) == (right.topology, right.space)
        assert (clip.label, motion.metric) == (right.label, False)
        assert clip.licence == "unknown"
        assert set(right.flags) <= set(clip.flags)
        assert not set(right.no_flags) & set(clip.flags)
        assert right.size in (None, motion.image_size)
        stated = right.size is not None or motion.space != "image"
        assert ("image_size_assumed" in clip.flags) != stated


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, cases: Path) -> None:
    corpus, _, place = case.partition("/")
    clips, (reject,) = read_all(corpus, cases / place)
    code, words = REFUSED[case]
    assert clips == []
    assert reject.code == code
    assert words in reject.message


@pytest.mark.parametrize("place", OWNERS)
def test_no_reader_takes_the_files_of_another(place: str, cases: Path) -> None:
    for corpus in RIVALS:
        if corpus == OWNERS[place] or (corpus != "ultralytics" and place.endswith("yolo_txt")):
            continue
        clips, rejects = read_all(corpus, cases / place)
        assert clips == [], (corpus, place)
        assert rejects, (corpus, place)
