from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.errors import SourceError


def pose(count: int = 3, dims: int = 2, x: float = 1.0) -> Pose:
    return Pose(np.full((count, dims), x), np.ones(count))


def fail() -> Pose:
    raise SourceError("format", "no pose")


def test_a_person_who_cannot_be_read_costs_no_other() -> None:
    frames = Frames("a.json")
    frames.add(0, "here", pose)
    frames.add(0, "there", fail)
    frames.add(1, "far", lambda: pose(x=1e9))
    frames.add(2, "nobody", lambda: None)
    people = frames.people()
    assert people is not None
    assert people.present.tolist() == [[True], [False], [False]]
    assert [(r.source_uri, r.code) for r in frames.rejects] == [
        ("a.json#there", "format"),
        ("a.json#far", "out_of_range"),
    ]
    assert frames.flags == ("unread_persons",)


def test_most_persons_say_how_many_joints_there_are() -> None:
    frames = Frames("a.json")
    for number, made in enumerate([pose(5), pose(), pose(3, 3), pose()]):
        frames.add(number, f"frame {number}", lambda made=made: made)  # type: ignore[misc]
    people = frames.people()
    assert people is not None
    assert (frames.joints, frames.dims) == (3, 2)
    assert people.present[:, 0].tolist() == [False, True, False, True]
    assert [reject.message for reject in frames.rejects] == [
        "a person of 5 joints; expected 3, as most here have",
        "a person of 3 x 3 coordinates; expected 3, as most here have",
    ]


def test_where_all_was_refused_a_kind_is_said_once() -> None:
    frames = Frames("a.json")
    for number in range(4):
        frames.add(number, f"frame {number}", fail)
    frames.lose_frame("line 9", SourceError("truncated", "cut"))
    assert frames.people() is None
    assert [(r.source_uri, r.message) for r in frames.rejects] == [
        ("a.json#frame 0", "no pose (4 alike)"),
        ("a.json#line 9", "cut"),
    ]
    with pytest.raises(SourceError, match="0 frames"):
        Frames("b.json").people()


def test_frames_apart() -> None:
    frames = Frames("a.json")
    frames.add(4, "x", pose)
    frames.add_frame(5)
    frames.add(6, "y", pose)
    assert [(name, [*alone.poses]) for name, alone in frames.apart()] == [("4", [4]), ("6", [6])]


def test_a_file_of_nothing_but_faults_is_refused_as_a_whole() -> None:
    frames = Frames("a.json")
    for number in range(10_000):
        frames.add(0, f"person {number}", fail)
    with pytest.raises(SourceError, match="over 10000 frames and persons"):
        frames.add(0, "one more", fail)
    assert len(frames.rejects) == 10_000
