from __future__ import annotations

from dataclasses import replace

import fsspec
import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import Reject
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.untrimmed import (
    Segment,
    cut_segments,
    find_background,
    read_label_text,
)
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V1


def recording(frames: int = 10, first: int = 0, step: int = 1) -> Clip:
    """Frame t has all joints at t; person 1 is there in the first half only."""
    joints = np.zeros((frames, 2, 20, 3), np.float32)
    joints[:] = np.arange(frames)[:, None, None, None]
    present = np.ones((frames, 2), np.bool_)
    present[frames // 2 :, 1] = False
    confidence = np.broadcast_to(present[:, :, None], (frames, 2, 20)).astype(np.float32)
    return Clip(
        motion=Motion(joints, present, confidence, KINECT_V1, 15.0),
        clip_id="c/long",
        corpus="c",
        source_uri="long.txt",
        source_sha256="0" * 64,
        frame_index=tuple(range(first, first + frames * step, step)),
        person_ids=("0", "1"),
        flags=("irregular_frames",),
    )


def facts(action: int) -> Facts:
    if action > 9:
        raise SourceError("unknown_label", f"action number {action}")
    return {"label": f"class {action}", "label_id": action, "label_namespace": "c"}


def test_a_segment_keeps_its_frames_numbers_and_people() -> None:
    late, early = Segment(6, 8, 2), Segment(2, 4, 1)
    first, second = cut_segments(recording(), [late, early], facts)
    assert isinstance(first, Clip)
    assert isinstance(second, Clip)
    assert (first.clip_id, first.frame_index) == ("c/long/000002-000004", (2, 3, 4))
    assert (first.label, first.person_ids) == ("class 1", ("0", "1"))
    assert first.motion.joints[:, 0, 0, 0].tolist() == [2, 3, 4]
    assert (second.label, second.person_ids) == ("class 2", ("0",))
    assert second.flags == ("irregular_frames",)


def test_frame_numbers_may_have_gaps() -> None:
    (clip,) = cut_segments(recording(first=100, step=4), [Segment(101, 113, 1)], facts)
    assert isinstance(clip, Clip)
    assert clip.frame_index == (104, 108, 112)


def test_a_label_that_reaches_beyond_the_end_is_flagged() -> None:
    (clip,) = cut_segments(recording(), [Segment(8, 12, 1)], facts)
    assert isinstance(clip, Clip)
    assert clip.frame_index == (8, 9)
    assert clip.flags == ("irregular_frames", "cut_short")


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        ([Segment(20, 30, 1)], "no_frames"),
        ([Segment(1, 2, 10)], "unknown_label"),
        ([Segment(1, 2, 1), Segment(1, 2, 2)], "duplicate_id"),
    ],
)
def test_what_is_no_clip_is_a_reject_that_names_the_segment(
    segments: list[Segment], code: str
) -> None:
    *_, reject = cut_segments(recording(), segments, facts)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert reject.source_uri == f"long.txt#{segments[-1].name}"


def test_a_segment_with_nobody_in_it() -> None:
    clip = recording()
    gone = replace(
        clip.motion,
        present=np.zeros_like(clip.motion.present),
        confidence=np.zeros_like(clip.motion.confidence),
    )
    (reject,) = cut_segments(replace(clip, motion=gone), [Segment(1, 2, 1)], facts)
    assert isinstance(reject, Reject)
    assert reject.code == "no_body"


@pytest.mark.parametrize(
    "segments",
    [[Segment(0, 9, 1)] * 9, [Segment(i, i, 1) for i in range(11)]],
    ids=["too much overlap", "more than frames"],
)
def test_absurd_lists_of_segments_are_refused_before_anything_is_cut(
    segments: list[Segment],
) -> None:
    with pytest.raises(SourceError, match=r"segments of \d+ frames") as caught:
        next(cut_segments(recording(), segments, facts))
    assert caught.value.code == "unsafe"


@pytest.mark.parametrize(("first", "last"), [(5, 4), (-1, 3)])
def test_a_segment_ends_after_it_starts(first: int, last: int) -> None:
    with pytest.raises(SourceError, match=f"from frame {first} to {last}"):
        Segment(first, last, 1)


@pytest.mark.parametrize("place", ["a/b/c/Labels/x.txt", "a/b/labels/x.txt", "a/label/x.txt"])
def test_labels_lie_beside_a_recording_or_up_to_two_folders_above(place: str) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe(f"/labels_of/{place}", b"here")
    fs.mkdirs("/labels_of/a/b/c/labels/x.txt.d", exist_ok=True)
    assert read_label_text("memory://labels_of/a/b/c/x.txt", "*[Ll]abel*/x.txt") == "here"
    assert read_label_text("memory://labels_of/a/b/c/y.txt", "*[Ll]abel*/y.txt") is None
    assert read_label_text("memory://labels_of/a/b/c/d/e/x.txt", "no/x.txt") is None
    fs.rm("/labels_of", recursive=True)


def test_labels_that_cannot_be_read_say_so() -> None:
    fsspec.filesystem("memory").pipe("/bad_labels/labels", b"\xff\xfe")
    with pytest.raises(SourceError, match="labels labels: byte 0xff at offset 0") as caught:
        read_label_text("memory://bad_labels/x.txt", "*label*")
    assert caught.value.code == "encoding"


def test_the_background_is_what_no_segment_covers() -> None:
    free = find_background([Segment(2, 4, 1), Segment(4, 6, 2)], range(0, 20, 2))
    assert [(s.first, s.last, s.label) for s in free] == [(0, 0, None), (8, 18, None)]
    assert find_background([Segment(0, 99, 1)], range(10)) == []
    assert [s.name for s in find_background([], range(3))] == ["000000-000002"]


def test_a_label_file_without_end_is_refused() -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe("/endless/labels/a.txt", b"walk: 1 2\n" * 7000)
    with pytest.raises(SourceError, match="70000 bytes") as caught:
        read_label_text("memory://endless/a.txt", "labels/*")
    assert caught.value.code == "unsafe"
    fs.rm("/endless", recursive=True)
