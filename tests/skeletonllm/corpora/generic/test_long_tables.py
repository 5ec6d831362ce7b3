from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, get_reader, read_clips

Write = Callable[[str, str | bytes], Path]
JOINTS = ("pelvis", "head", "left_hand", "right_hand")
OTHER = ("Hips", "Head", "LHand", "Hand.R")
YAML = f"""topology: lab_long_4
joints: [{", ".join(JOINTS)}]
units: m
joint: landmark
"""
RNG = np.random.default_rng(0)
POSES = (RNG.uniform(-1, 1, (4, 3)) + RNG.uniform(-0.01, 0.01, (5, 4, 3))).round(4)


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[[str, str], tuple[list[Clip], list[Reject]]]:
    def one(data: str, more: str) -> tuple[list[Clip], list[Reject]]:
        write("a.csv", data)
        write("skeleton.yaml", YAML + more)
        (source,) = get_reader("generic").sources(str(tmp_path))
        return read_clips(get_reader("generic"), source)

    return one


Read = Callable[[str, str], tuple[list[Clip], list[Reject]]]


def rows(label: Callable[[int], str], before: Callable[[int], str] = str) -> list[str]:
    return [
        f"{before(t)},{label(i)},{x},{y},{z}"
        for t, pose in enumerate(POSES.tolist())
        for i, (x, y, z) in enumerate(pose)
    ]


@pytest.mark.parametrize(
    "label",
    [
        str,
        lambda i: str(i + 1),
        lambda i: JOINTS[i],
        lambda i: ("Hips", "Head", "LHand", "Hand.R")[i],
    ],
    ids=["number", "from 1", "name", "meaning"],
)
@pytest.mark.parametrize("turned", [False, True])
def test_joints_by_name_or_number(read: Read, label: Callable[[int], str], turned: bool) -> None:
    body = rows(label)[:: -1 if turned else 1]
    (clip,), rejects = read("\n".join(["frame,landmark,x,y,z", *body]), "frame: frame\nfps: 30")
    np.testing.assert_allclose(clip.motion.joints[:, 0], POSES, atol=1e-6)
    assert rejects == []


def test_persons_times_and_confidence(read: Read) -> None:
    both = [
        f"{row},{c}"
        for who, c in (("a", 0.5), ("b", 1))
        for row in rows(lambda i: JOINTS[i], lambda t, who=who: f"{t / 50},{who}")
    ]
    text = "\n".join(["time,who,landmark,pos_x,pos_y,pos_z,score", *both])
    more = "time: time\nperson: who\ncolumns: 'pos_{axis}'\nconfidence: score"
    (clip,), _ = read(text, more)
    assert (clip.motion.fps, clip.person_ids) == (50.0, ("a", "b"))
    assert clip.motion.confidence[0, :, 0].tolist() == [0.5, 1]


def test_rows_that_are_absent_or_of_other_joints(read: Read) -> None:
    body = rows(lambda i: JOINTS[i])
    text = "\n".join(["frame,landmark,x,y,z", *body[:5], *body[6:], "0,tail,1,2,3"])
    (clip,), rejects = read(text, "frame: frame\nfps: 30")
    assert rejects == []
    assert clip.motion.confidence[1, 0].tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("last", "more", "words"),
    [
        ("0,head,1,2,3", "frame: frame", "line 22: head twice in one frame"),
        ("", "", "rows of joints without frames; expected frame: or time:"),
        ("", "frame: bild", "no column bild; expected those of the YAML"),
        ("", "frame: frame\ncolumns: '{joint}_{axis}'", "expected {axis} alone beside joint:"),
        ("", "frame: frame\ncolumns: 'p{axis}'", "no column px, py, pz"),
    ],
)
def test_refusals(read: Read, last: str, more: str, words: str) -> None:
    text = "\n".join(["frame,landmark,x,y,z", *rows(lambda i: JOINTS[i]), last])
    clips, (reject,) = read(text, f"fps: 30\n{more}")
    assert clips == []
    assert words in reject.message


def test_strange_joints_are_named(read: Read) -> None:
    text = "\n".join(["frame,landmark,x,y,z", *rows(lambda i: f"m{i}")])
    _, (reject,) = read(text, "fps: 30\nframe: frame")
    assert "joints called m0, m1, m2, m3; expected pelvis, head" in reject.message
    text = "\n".join(["frame,landmark,x,y,z", *rows(lambda i: str(i + 7))])
    _, (reject,) = read(text, "fps: 30\nframe: frame")
    assert "joints numbered 7 to 10; expected 4 from 0 or 1 on" in reject.message
