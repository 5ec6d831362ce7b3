from __future__ import annotations

import pytest

from skeletonllm.corpora.generic.joints import TEMPLATES
from skeletonllm.corpora.generic.layout import Layout, parse_layout
from skeletonllm.errors import SourceError

NAMES = ("left_hip", "left_knee", "left_ankle")


def layout(joints: str, more: str = "") -> Layout:
    return parse_layout(
        f"topology: lab_{len(joints)}_{len(more)}\njoints: [{joints}]\nfps: 1\nunits: m\n{more}"
    )


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("upper", [False, True])
def test_usual_spellings_are_found(template: str, upper: bool) -> None:
    filled = [
        template.replace("{joint}", name).replace("{axis}", axis)
        for name in NAMES
        for axis in ("XYZ" if upper else "xyz")
    ]
    head = ["time", *reversed(filled), "more"]
    found, trust = layout(", ".join(NAMES)).joints.find(head)
    assert (found, trust) == (filled, [])


@pytest.mark.parametrize("written", ["LHip, LKnee, LAnkle", "hip_l, knee_l, ankle_l"])
def test_joints_as_a_lab_writes_them(written: str) -> None:
    first_bone = ", ".join(written.split(", ")[:2])
    made = layout(written, f"bones: [[{first_bone}], [left_knee, left_ankle]]")
    assert made.topology.joints == NAMES
    assert made.topology.bones == ((0, 1), (1, 2))
    first = written.partition(",")[0]
    assert made.columns[0] == (f"{first}_x", f"{first}_y", f"{first}_z")


@pytest.mark.parametrize("hip", ["LHip", "leftHip", "Hip.L", "L_HIP"])
def test_columns_are_found_by_what_they_mean(hip: str) -> None:
    head = [f"{name}_{axis}" for name in (hip, "LKNEE", "l_ankle") for axis in "xyz"]
    assert layout(", ".join(NAMES)).joints.find(head)[0] == head


def test_a_template_may_repeat_the_joint() -> None:
    head = [f"{n}.{n}_{a}" for n in ("LHip", "LKnee", "LAnkle") for a in "XYZ"]
    made = layout(", ".join(NAMES), "columns: '{joint}.{joint}_{axis}'")
    assert made.joints.find(head)[0] == head


def test_a_column_that_two_could_be_is_absent() -> None:
    head = [f"{n}_{a}" for n in ("LHip", "hip_l", "left_knee", "left_ankle") for a in "xyz"]
    with pytest.raises(SourceError, match="no column left_hip_x, left_hip_y, left_hip_z"):
        layout(", ".join(NAMES)).joints.find(head)


def test_confidence_and_lists() -> None:
    head = [f"{name}_{axis}" for name in NAMES for axis in "xyzC"]
    found, trust = layout(", ".join(NAMES), "confidence: '{joint}_c'").joints.find(head)
    assert trust == [name for name in head if name.endswith("C")]
    assert not set(found) & set(trust)
    listed = "columns: {left_hip: [a, b, c], left_knee: [d, e, f], left_ankle: [g, h, i]}"
    assert layout(", ".join(NAMES), listed).joints.find([*"ihgfedcba"])[0] == [*"abcdefghi"]


def test_absent_columns_and_those_there_twice() -> None:
    joints = layout(", ".join(NAMES)).joints
    head = [f"{name}_{axis}" for name in NAMES for axis in "xyz"]
    with pytest.raises(SourceError, match="no column left_hip_x, .* and 3 more; expected"):
        joints.find(["a"])
    with pytest.raises(SourceError, match="'left_hip_x' twice"):
        joints.find([*head, "left_hip_x"])
    with pytest.raises(SourceError, match="header_rows: 0"):
        joints.find(["0.5"] * 9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("joints: [LHip, left_hip]", "line 2: joints: LHip and left_hip both mean left_hip"),
        ("joints: [left_hip, tail]", r"unknown joints \['tail'\]"),
        ("joints: [left_hip]\nbones: [[left_hip, tail]]", "line 3: bones: tail, expected ends"),
        ("joints: [left_hip]\nrename: {tail: a}", "line 3: rename: no joints of lab_bad: tail"),
        ("joints: [left_hip]\ncolumns: {left_hip: [a]}", "line 3: columns: not 3 for left_hip"),
        ("joints: [left_hip, left_hip]", "line 2: joints: "),
    ],
)
def test_faults(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_layout(f"topology: lab_bad\n{text}\nfps: 1\nunits: m")
