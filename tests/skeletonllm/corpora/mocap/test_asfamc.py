from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader
from skeletonllm.corpora.mocap.asfamc import AsfAmcReader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.corpora.rigs.amc_text import parse_amc
from skeletonllm.corpora.rigs.asf_text import parse_asf
from skeletonllm.errors import SourceError

Write = Callable[[str, str | bytes], Path]

BONES = {  # name: parent, direction, length in file units, axis, dof
    "lhipjoint": ("root", (0.6, -0.8, 0), 2.0, (0, 0, 0), ""),
    "lfemur": ("lhipjoint", (0.34202, -0.939693, 0), 7.2, (0, 0, 20), "rx ry rz"),
    "ltibia": ("lfemur", (0.34202, -0.939693, 0), 7.3, (0, 0, 20), "rx"),
    "lfoot": ("ltibia", (0, -0.2, 0.98), 2.3, (-90, 0, 20), "rx rz"),
    "thorax": ("root", (0, 1, 0), 6.0, (0, 0, 0), "rx ry rz"),
    "lhumerus": ("thorax", (1, 0, 0), 5.1, (180, 30, 90), "rx ry rz"),
    "lradius": ("lhumerus", (1, 0, 0), 4.6, (180, 30, 90), "rx"),
    "lwrist": ("lradius", (1, 0, 0), 1.0, (180, 30, 90), ""),
}


def asf(angle: str = "deg", length: float = 0.45) -> str:
    lines = ["# made by hand", ":version 1.10", ":units", f"  length {length}", f"  angle {angle}"]
    lines += [":documentation", "   rx ry begin end, which say nothing here", ":root"]
    lines += ["   order TX TY TZ RX RY RZ", "   axis XYZ", "   position 0 1 0"]
    lines += ["   orientation 0 0 0", ":bonedata"]
    for number, (name, (_, direction, size, axis, dof)) in enumerate(BONES.items(), 1):
        turned = np.radians(axis) if angle == "rad" else axis
        lines += ["  begin", f"     id {number}", f"     name {name}"]
        lines += ["     direction " + " ".join(map(str, direction)), f"     length {size}"]
        lines += ["     axis " + " ".join(f"{a:.12g}" for a in turned) + "   XYZ"]
        lines += [f"    dof {dof}", "    limits (-160.0 20.0)", "  end"] if dof else ["  end"]
    lines += [":hierarchy", "  begin"]
    for parent in dict.fromkeys(parent for parent, *_ in BONES.values()):
        children = [name for name, (on, *_) in BONES.items() if on == parent]
        lines.append(f"    {parent} {' '.join(children)}")
    return "\n".join([*lines, "  end"]) + "\n"


def widths() -> dict[str, int]:
    return {"root": 6} | {n: len(b[4].split()) for n, b in BONES.items() if b[4]}


def amc(values: np.ndarray, unit: str = ":DEGREES", first: int = 1) -> str:
    """``values`` [T, C], in the order of the bones with the root first."""
    lines = ["#!OML:ASF H:\\somebody.ASF", ":FULLY-SPECIFIED", unit]
    for t, row in enumerate(values):
        lines.append(str(first + t))
        at = 0
        for name, width in widths().items():
            lines.append(f"{name} " + " ".join(f"{v:.12g}" for v in row[at : at + width]))
            at += width
    return "\n".join(lines) + "\n"


def some_values(frames: int = 3) -> np.ndarray:
    values = np.random.default_rng(5).uniform(-60, 60, (frames, sum(widths().values())))
    values[:, :3] /= 10
    return values


def slow(values: np.ndarray) -> dict[str, np.ndarray]:
    """End of each bone [T, 3] in file units, as the CMU's own description computes it."""
    ends: dict[str, list[np.ndarray]] = {name: [] for name in ("root", *BONES)}
    for row in values:
        place = {"root": row[:3] + np.array([0, 1, 0])}
        turn = {"root": Rotation.from_euler("xyz", row[3:6], degrees=True)}
        at = 6
        for name, (parent, direction, length, axis, dof) in BONES.items():
            own = Rotation.from_euler("xyz", axis, degrees=True)
            moved = Rotation.identity()
            for kind in dof.split():
                moved = Rotation.from_euler(kind[1], row[at], degrees=True) * moved
                at += 1
            turn[name] = turn[parent] * own * moved * own.inv()
            place[name] = place[parent] + turn[name].apply(np.multiply(direction, length))
        for name, where in place.items():
            ends[name].append(where)
    return {name: np.array(rows) for name, rows in ends.items()}


@pytest.fixture
def folder(write: Write) -> Path:
    write("cmu/02.asf", asf())
    return write("cmu/02_01.amc", amc(some_values())).parent


def read(path: Path) -> Clip | Reject:
    clips, rejects = read_clips(AsfAmcReader(), Source(str(path), path.stem, 0))
    (item,) = [*clips, *rejects]
    return item


def test_it_agrees_with_a_slow_reading_of_the_formula(folder: Path) -> None:
    clip = read(folder / "02_01.amc")
    assert isinstance(clip, Clip)
    assert (clip.motion.fps, clip.motion.space) == (120.0, "world")
    assert clip.frame_index == (1, 2, 3)
    expected = slow(some_values())
    joints = {
        "pelvis": "root",
        "left_hip": "lhipjoint",
        "left_knee": "lfemur",
        "left_ankle": "ltibia",
        "left_foot": "lfoot",
        "left_shoulder": "thorax",
        "left_elbow": "lhumerus",
        "left_wrist": "lradius",
        "left_hand_tip": "lwrist",
    }
    for joint, bone in joints.items():
        found = clip.motion.joints[:, 0, clip.motion.topology.index(joint)]
        metres = expected[bone] * 0.0254 / 0.45
        np.testing.assert_allclose(found, metres, atol=1e-5, err_msg=joint)


def test_radians_mean_the_same(folder: Path, write: Write) -> None:
    values = some_values()
    values[:, 3:] = np.radians(values[:, 3:])
    write("cmu/03.asf", asf("rad"))
    radians = read(write("cmu/03_01.amc", amc(values, ":RADIANS")))
    degrees = read(folder / "02_01.amc")
    assert isinstance(radians, Clip)
    assert isinstance(degrees, Clip)
    np.testing.assert_allclose(radians.motion.joints, degrees.motion.joints, atol=1e-6)


def test_comments_encodings_and_line_ends_do_not_matter(folder: Path, write: Write) -> None:
    plain = read(folder / "02_01.amc")
    text = amc(some_values()).replace("\n2\n", "\n# half way\n\n2\n")
    write("cmu/HDM_tr.asf", asf().replace("by hand", "f\xfcr uns").encode("latin-1"))
    other = read(write("cmu/HDM_tr_cut_001_120.amc", text.replace("\n", "\r\n")))
    assert isinstance(plain, Clip)
    assert isinstance(other, Clip)
    assert other.motion.sha256 == plain.motion.sha256


def test_decimal_commas_and_a_dos_end_do_not_matter(folder: Path, write: Write) -> None:
    plain = read(folder / "02_01.amc")
    write("cmu/03.asf", re.sub(r"(?<=\d)\.(?=\d)", ",", asf()).replace("1,10", "1.10") + "\x1a")
    text = re.sub(r"(?<=\d)\.(?=\d)", ",", amc(some_values()))
    other = read(write("cmu/03_01.amc", text.encode("utf-16")))
    assert isinstance(plain, Clip)
    assert isinstance(other, Clip)
    assert other.motion.sha256 == plain.motion.sha256


def test_the_longest_name_that_fits_is_the_skeleton(folder: Path, write: Write) -> None:
    write("cmu/HDM.asf", "not this one")
    write("cmu/HDM_mm.asf", asf())
    assert isinstance(read(write("cmu/HDM_mm_cut_01.amc", amc(some_values()))), Clip)


def test_a_missing_skeleton_is_said(write: Write) -> None:
    reject = read(write("07_01.amc", amc(some_values())))
    assert isinstance(reject, Reject)
    assert reject.code == "unreadable"
    assert "no skeleton file beside it; expected 07.asf" in reject.message


def test_a_broken_skeleton_is_named(write: Write) -> None:
    write("07.asf", asf().replace("axis 0 0 20   XYZ", "axis 0 0 20   XYY"))
    reject = read(write("07_01.amc", amc(some_values())))
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message[:7]) == ("format", "07.asf:")


def test_another_length_is_checked_against_the_limbs(write: Write) -> None:
    write("07.asf", asf(length=1.0))
    clip = read(write("07_01.amc", amc(some_values())))
    assert isinstance(clip, Clip)
    assert "unit_assumed" in clip.flags
    thigh = np.linalg.norm(
        clip.motion.joints[0, 0, clip.motion.topology.index("left_hip")]
        - clip.motion.joints[0, 0, clip.motion.topology.index("left_knee")]
    )
    assert thigh == pytest.approx(7.2 * 0.0254 / 0.45, rel=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name lfemur", "name lhipjoint", "second time"),
        ("length 7.2", "length nan", "finite"),
        ("length 0.45", "length -1", "above 0"),
        ("dof rx ry rz", "dof rx rx rz", "expected some of rx ry rz"),
        ("dof rx ry rz", "dof tx ry rz", "expected some of rx ry rz"),
        ("direction 0.6 -0.8 0", "direction 0.6", "direction"),
        ("    lfemur ltibia\n", "    lfemur ltibia ltibia\n", "second parent"),
        ("    lfemur ltibia\n", "    lfemur root\n", "second parent of root"),
        ("    lfemur ltibia\n", "    ltibia lfemur\n", "second parent of lfemur"),
        ("    lfemur ltibia\n", "", "hang on nothing: lfoot, ltibia"),
        ("    lfemur ltibia\n", "    lfemur tail\n", "no bone tail"),
    ],
)
def test_skeletons_out_of_order(old: str, new: str, says: str) -> None:
    assert old in asf()
    with pytest.raises(SourceError, match=says) as caught:
        parse_asf(asf().replace(old, new, 1)).chain()
    assert caught.value.code == "format"


def test_a_skeleton_that_was_cut() -> None:
    with pytest.raises(SourceError) as caught:
        parse_asf(asf().partition(":hierarchy")[0])
    assert caught.value.code == "truncated"


@pytest.mark.parametrize(
    ("cut", "code"),
    [
        (lambda text: text[: text.rindex("ltibia")], "truncated"),
        (lambda text: text[: text.rindex(" ")], "truncated"),
        (lambda text: text.partition("1\nroot")[0], "no_frames"),
        (lambda text: text.replace("\n2\n", "\n7\n"), "format"),
        (lambda text: text.replace("\n1\n", "\n-1\n"), "format"),
        (lambda text: text.replace("ltibia", "tail"), "format"),
        (lambda text: text.replace("ltibia", "lfemur"), "format"),
        (lambda text: text.replace("ltibia ", "ltibia 1 "), "format"),
        (lambda text: text.replace("ltibia ", "ltibia x", 1), "format"),
        (lambda text: text.replace("ltibia ", "ltibia 1e #", 1), "format"),
        (lambda text: text + "9" * 500, "format"),
        (lambda text: text + "9" * 300, "truncated"),
        (lambda text: text[:0] + "\n" * 3_000_000, "unsafe"),
        (lambda text: text[:0] + "1\n" * 1000, "format"),
    ],
)
def test_motions_out_of_order(cut: Callable[[str], str], code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_amc(cut(amc(some_values())), parse_asf(asf()))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "written", ["nan", "-1.#IND", "1.#QNAN0", "1.#INF", "-nan(ind)", "inf", "-inf", "1e999"]
)
def test_a_number_that_is_none_hides_what_hangs_on_it_in_that_frame(
    written: str, folder: Path, write: Write
) -> None:
    values = some_values()
    values[1, 9] = np.nan  # the left knee's angle
    text = amc(values).replace("nan", f"{written} # of frame 2")
    clip, whole = read(write("cmu/02_07.amc", text)), read(folder / "02_01.amc")
    assert isinstance(clip, Clip)
    assert isinstance(whole, Clip)
    assert clip.flags == whole.flags
    frames, joints = np.nonzero(clip.motion.confidence[:, 0] == 0)
    assert set(frames) == {1}
    lost = {clip.motion.topology.joints[j] for j in joints}
    assert lost == {"left_ankle", "left_foot"}
    seen = clip.motion.confidence > 0
    np.testing.assert_array_equal(clip.motion.joints[seen], whole.motion.joints[seen])


def test_a_bone_without_a_line_is_at_rest() -> None:
    values = some_values()
    text = "".join(
        line for line in amc(values).splitlines(keepends=True) if not line.startswith("ltibia")
    )
    found, _ = parse_amc(text, parse_asf(asf()))
    whole, _ = parse_amc(amc(values), parse_asf(asf()))
    assert (found[:, 9] == 0).all()
    np.testing.assert_array_equal(np.delete(found, 9, 1), np.delete(whole, 9, 1))


def test_the_contract_holds(folder: Path) -> None:
    assert check_reader(AsfAmcReader(), str(folder)) == []
