from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.corpora.rigs.bvh_text import MAX_HEADER, MAX_ROWS, parse
from skeletonllm.corpora.rigs.forward_kinematics import MAX_LINKS
from skeletonllm.errors import SourceError
from skeletonllm.testing.rigs import MIXAMO_JOINTS, Rig, count_channels, write_bvh, write_t_pose
from skeletonllm.testing.strategies import rigs

TEXT = """HIERARCHY
ROOT Hips
{
  OFFSET 0 1.5e0 0
  CHANNELS 6 Zrotation Xrotation Yrotation Xposition Yposition Zposition
  JOINT Left Arm {
    OFFSET 1 0 0
    CHANNELS 1 Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
90 0 0 1 2 3 45
0 0 0 1e0 -2E-1 +3. 0
"""


def refused(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse(text)
    return caught.value


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rig=rigs(), frames=st.integers(1, 3), crlf=st.booleans())
def test_what_was_written_is_what_is_read(rig: Rig, frames: int, crlf: bool) -> None:
    values = np.arange(frames * count_channels(rig), dtype=float).reshape(frames, -1) - 7.25
    file = parse(write_bvh(rig, values, "\r\n" if crlf else "\n").replace("\r", ""))
    assert [link.name for link in file.chain] == [node.name for node in rig]
    assert [link.parent for link in file.chain] == [node.parent for node in rig]
    assert [link.offset for link in file.chain] == [node.offset for node in rig]
    channels = [c for node in rig for c in node.channels]
    turns = np.array([c.endswith("rotation") for c in channels])
    back = np.where(turns, np.degrees(file.values), file.values)
    np.testing.assert_allclose(back, values, atol=1e-9)


def test_the_grammar_in_one_file() -> None:
    file = parse(TEXT)
    root, arm, end = file.chain
    assert (root.name, arm.name, end.name) == ("Hips", "Left Arm", "")
    assert (root.turns, root.moves) == (((2, 0), (0, 1), (1, 2)), ((0, 3), (1, 4), (2, 5)))
    assert arm.turns == ((1, 6),)
    assert (root.offset, end.offset) == ((0, 1.5, 0), (0, 5, 0))
    assert (file.declared, file.frame_time) == (2, 0.0333333)
    np.testing.assert_allclose(file.values[:, 3:6], [[1, 2, 3], [1, -0.2, 3]])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ROOT Hips", "# a comment\n\n// another\nROOT Hips # and one"),
        ("\n{\n  OFFSET 0 1.5e0 0\n", " { OFFSET 0 1.5e0 0\n"),
        ("OFFSET", "Offset"),
        ("MOTION\n", "motion\n\n# here too\n"),
        ("Frames: 2", "Frames:\t2"),
        ("Frame Time: 0.0333333", "Frame Time:0.0333333"),
        ("Frame Time: 0.0333333", "FrameTime 0.0333333"),
        ("Frame Time: 0.0333333", "Frame  Time : 0,0333333"),
        ("Frames: 2", "Frames : 2"),
        ("Frames: 2", "Frames 2"),
        ("Frames: 2", "Frames = 2"),
        ("Frames: 2\nFrame Time: 0.0333333", "Frames:\n2\n\nFrame Time:\n# s\n0.0333333"),
        ("Frames: 2\nFrame Time:", "Frames: 2 Frame Time:"),
        ("\n90 0", "\n\n  90\t0"),
        ("Zrotation", "zRotation"),
    ],
)
def test_forms_that_mean_the_same(old: str, new: str) -> None:
    assert old in TEXT
    file, plain = parse(TEXT.replace(old, new)), parse(TEXT)
    assert file.chain == plain.chain
    np.testing.assert_array_equal(file.values, plain.values)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("HIERARCHY", "LOWERARCHY", "format", "'LOWERARCHY'; expected HIERARCHY"),
        ("MOTION", "NOTION", "truncated", "expected MOTION"),
        ("ROOT Hips", "ROOT", "format", "without a name"),
        ("ROOT Hips", "JOINT Hips", "format", "one ROOT"),
        ("JOINT Left Arm", "ROOT Left", "format", "one ROOT"),
        ("OFFSET 1 0 0", "OFFSET 1 0", "format", "line 7"),
        ("OFFSET 1 0 0", "OFFSET 1 0 inf", "non_finite", "offset"),
        ("CHANNELS 1", "CHANNELS 2", "format", "expected 2 channels"),
        ("CHANNELS 1", "CHANNELS -1", "format", "expected -1 channels"),
        ("CHANNELS 1", "CHANNELS 99999999999", "format", "expected 99999999999 channels"),
        ("CHANNELS 1 Yrotation", "CHANNELS 1 Wrotation", "format", "Zrotation"),
        ("CHANNELS 1 Yrotation", "CHANNELS 1 Yrotation\nCHANNELS 1 Xrotation", "format", "second"),
        ("    OFFSET 1 0 0\n", "    {\n", "format", "belongs to no joint"),
        ("  }\n}\nMOTION", "  }\nMOTION", "format", "1 braces that are not closed"),
        ("  }\n}\nMOTION", "  }\n}}\nMOTION", "format", "line 14"),
        ("Frames: 2", "Frames: 3", "truncated", "2 frames; expected 3, as the file says"),
        ("Frames: 2", "Frames: 99999999999", "truncated", "2 frames"),
        ("Frames: 2", "Frames: -2", "format", "Frames: -2"),
        ("Frames: 2", "Frames: 1.5", "format", "Frames: 1.5"),
        ("Frames: 2", "Frames: nan", "format", "Frames: nan"),
        ("Frames: 2", "Frames: two", "format", "'Frames: two'"),
        ("Frames: 2\n", "Frames:\n", "format", "'Frames:'; expected 'Frames:' and a number"),
        ("Frames: 2\n", "", "format", "'Frame Time: 0.0333333'; expected 'Frames:'"),
        ("Frame Time: 0.0333333\n", "", "format", "'90 0 0 1 2 3 45'; expected 'Frame Time:'"),
        ("0.0333333", "0", "format", "Frame Time: 0"),
        ("0.0333333", "-1", "format", "Frame Time: -1"),
        ("+3. 0\n", "+3.", "truncated", "6 numbers; expected 7"),
        ("90 0 0", "90 0", "format", "columns changed"),
        ("45\n", "45 7\n", "format", "columns changed"),
        ("1e0", "one", "format", "no rows of numbers"),
        ("CHANNELS 1 Yrotation", "CHANNELS 0", "format", "columns changed|rows of 7 numbers"),
    ],
)
def test_what_is_not_in_order_is_refused(old: str, new: str, code: str, says: str) -> None:
    assert TEXT.count(old) == 1
    error = refused(TEXT.replace(old, new))
    assert error.code == code
    assert any(part in str(error) for part in says.split("|")), str(error)


def test_no_frames_and_no_channels() -> None:
    head = TEXT.partition("90 0")[0]
    assert parse(head.replace("Frames: 2", "Frames: 0")).values.shape == (0, 7)
    empty = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\n}\nMOTION\nFrames: 9\nFrame Time: 1\n"
    assert "without channels" in str(refused(empty))
    assert refused("HIERARCHY\nMOTION\nFrames: 1\nFrame Time: 1\n1\n").code == "no_body"


@pytest.mark.parametrize(
    "written",
    "NaN -nan -nan(ind) nan(snan) 1.#QNAN -1.#IND00 1.#INF -1.#J inf -inf Infinity 1e999 "
    "null N/A".split(),
)
def test_a_number_that_is_none_is_missing(written: str) -> None:
    values, plain = parse(TEXT.replace("1e0", written)).values, parse(TEXT).values
    assert np.argwhere(np.isnan(values)).tolist() == [[1, 3]]
    np.testing.assert_array_equal(np.where(np.isnan(values), plain, values), plain)


def test_more_rows_than_are_counted_are_read() -> None:
    file = parse(TEXT.replace("Frames: 2", "Frames: 1"))
    assert (len(file.values), file.declared) == (2, 1)


def test_nothing_hostile_takes_long() -> None:
    joint = "JOINT a\n{\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n"
    start = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n"
    motion = "MOTION\nFrames: 1\nFrame Time: 1\n"
    attacks = {
        start + joint * (MAX_LINKS + 5): "truncated",
        start + joint * 2 * MAX_LINKS + "}\n" * (2 * MAX_LINKS + 1) + motion + "1\n": "unsafe",
        start + " " * (MAX_HEADER + 1): "unsafe",
        start + "}\n" + motion + "\n" * (MAX_ROWS + 1): "unsafe",
        start + "}\n" + motion + "1 " * 5_000_000: "format",
        start + "}\n" + motion + "9" * 5_000_000: "format",
        "\n" * 5_000_000: "format",
    }
    began = time.perf_counter()
    assert [refused(text).code for text in attacks] == list(attacks.values())
    assert time.perf_counter() - began < 2 * len(attacks)


PLAIN = write_t_pose(MIXAMO_JOINTS, 100.5)


@pytest.mark.parametrize(
    "changed",
    [
        re.sub(r"(?<=\d)\.(?=\d)", ",", PLAIN),
        re.sub(r"(?<=\d)\.(?=\d)", ",", PLAIN).replace("Time: 0,", "Time: 0."),
        re.sub(r"(?<=OFFSET )(\S+) (\S+) ", r"\1, \2, ", PLAIN),
        re.sub(r"(?<=OFFSET )(\S+) (\S+) ", r"\1,\2,", PLAIN),
        "\n".join([*PLAIN.splitlines()[:-1], PLAIN.splitlines()[-1].replace(" ", ", ")]),
        "\n".join([*PLAIN.splitlines()[:-1], PLAIN.splitlines()[-1].replace(" ", ",")]),
    ],
)
def test_commas_are_those_of_decimals_or_stand_between_numbers(changed: str) -> None:
    assert changed != PLAIN
    plain, other = parse(PLAIN), parse(changed)
    assert other.chain == plain.chain
    assert other.frame_time == plain.frame_time
    np.testing.assert_array_equal(other.values, plain.values)
