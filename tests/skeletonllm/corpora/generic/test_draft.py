"""A draft, filled in where it asks, is a layout that the file is read by."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import cli
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.generic.draft import draft_layout
from skeletonllm.errors import UsageError
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17, Topology, list_topologies

Write = Callable[[str, str | bytes], Path]
JOINTS = (
    "nose left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hip "
    "right_hip left_knee right_knee left_ankle right_ankle"
).split()
HEIGHTS = [1.6, 1.4, 1.4, 1.1, 1.1, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.1, 0.1]
BODY = np.zeros((12, 13, 3))
BODY[..., 2] = HEIGHTS
BODY[:, 1::2, 0], BODY[:, 2::2, 0] = 0.2, -0.2
BODY[..., 1] = np.linspace(0, 0.5, 12)[:, None]


def asked(draft: str) -> list[str]:
    return [line.partition(":")[0] for line in draft.splitlines() if "# fill in" in line]


def filled(draft: str, **answers: str) -> str:
    """The draft with what the user writes into the marked lines."""
    lines = []
    for line in draft.splitlines():
        key = line.partition(":")[0]
        lines.append(f"{key}: {answers[key]}" if "# fill in" in line else line)
    return "\n".join(lines)


def read(path: Path, yaml: str) -> Clip:
    path.with_suffix(".yaml").write_text(yaml, "utf-8")
    (source,) = get_reader("generic").sources(str(path))
    clips, rejects = read_clips(get_reader("generic"), source)
    assert rejects == []
    (clip,) = clips
    return clip


def table(
    template: str = "{joint}_{axis}",
    mark: str = ",",
    decimal: str = ".",
    before: Callable[[int], list[str]] | None = None,
    head: list[str] | None = None,
    names: list[str] | None = None,
) -> str:
    columns = [
        template.replace("{joint}", name).replace("{axis}", axis)
        for name in names or JOINTS
        for axis in "xyz"
    ]
    rows = [[*(head or []), *columns]]
    for t, body in enumerate(BODY * 1000):
        numbers = [f"{value:.3f}".replace(".", decimal) for value in body.ravel()]
        rows.append([*(before(t) if before else []), *numbers])
    return "\n".join(mark.join(row) for row in rows)


def same(clip: Clip, atol: float = 1e-5) -> None:
    turned = BODY[..., [0, 2, 1]] * (1, 1, -1)
    order = [clip.motion.topology.joints.index(name) for name in JOINTS]
    np.testing.assert_allclose(clip.motion.joints[:, 0][:, order], turned, atol=atol)
    assert clip.motion.metric


@FEW_EXAMPLES
@given(
    template=st.sampled_from(["{joint}_{axis}", "{joint}.{axis}", "{axis}_{joint}"]),
    mark=st.sampled_from(";\t,|"),
    decimal=st.sampled_from(".,"),
    camel=st.booleans(),
    upper=st.booleans(),
    when=st.sampled_from(["frame", "time", "timestamp_ms", ""]),
)
def test_a_table_of_named_joints_needs_unit_and_rate_alone(
    tmp_path_factory: pytest.TempPathFactory,
    template: str,
    mark: str,
    decimal: str,
    camel: bool,
    upper: bool,
    when: str,
) -> None:
    decimal = "." if mark == "," else decimal
    names = [n.title().replace("_", "") for n in JOINTS] if camel else JOINTS
    scale = {"frame": 1.0, "time": 1 / 25, "timestamp_ms": 40.0, "": 0.0}[when]
    text = table(
        template,
        mark,
        decimal,
        (lambda t: [f"{t * scale:g}".replace(".", decimal)]) if when else None,
        [when] if when else [],
        names,
    )
    text = text.upper() if upper and not camel else text
    path = tmp_path_factory.mktemp("draft") / "walk.csv"
    path.write_text(text, "utf-8")
    draft = draft_layout(str(path))
    timed = when in ("time", "timestamp_ms")
    assert asked(draft) == (["units"] if timed else ["fps", "units"])
    assert "likely mm" in draft
    clip = read(path, filled(draft, fps="25", units="mm"))
    same(clip)
    assert (clip.motion.fps, clip.flags) == (25.0, ())


def test_an_unfilled_draft_is_refused_with_the_lines(write: Write) -> None:
    path = write("walk.csv", table())
    draft = draft_layout(str(path))
    path.with_suffix(".yaml").write_text(draft, "utf-8")
    (source,) = get_reader("generic").sources(str(path))
    _, (reject,) = read_clips(get_reader("generic"), source)
    lines = [i for i, line in enumerate(draft.splitlines(), 1) if "# fill in" in line]
    for line, key in zip(lines, ("fps", "units"), strict=True):
        assert f"line {line}: {key}: missing" in reject.message


def test_evidence_of_axes_units_persons_marks_and_confidence(write: Write) -> None:
    text = table(before=lambda t: [str(t // 2), "ab"[t % 2]], head=["Frame", "person_id"])
    lines = text.splitlines()
    lines[0] += "," + ",".join(f"{name}_likelihood" for name in JOINTS)
    lines[1:] = [line + ",0.5" * 13 for line in lines[1:]]
    lines[3] = lines[3].replace(",".join(lines[3].split(",")[2:5]), "-1,-1,-1", 1)
    lines.insert(1, ",".join(["", "", *["mm"] * 39, *[""] * 13]))
    path = write("walk.csv", "\n".join(lines))
    draft = draft_layout(str(path))
    for line in (
        "up: z  # nose lies above left_ankle along it in 100% of the frames",
        "units: mm  # the file says so",
        "frame: Frame",
        "person: person_id  # 2 different",
        "missing: [nan, -1]  # 1 joints at -1 in all coordinates",
        "confidence: '{joint}_likelihood'",
        "left out: line 2",
    ):
        assert line in draft
    assert asked(draft) == ["fps"]
    clip = read(path, filled(draft, fps="25"))
    assert clip.person_ids == ("a", "b")
    assert set(np.unique(clip.motion.confidence)) == {0.0, 0.5}


def test_names_over_several_lines(write: Write) -> None:
    first = ",".join(name if axis == "x" else "" for name in JOINTS for axis in "xyz")
    second = ",".join("xyz" for _ in JOINTS).replace("xyz", "x,y,z")
    path = write("walk.csv", "\n".join([first, second, *table().splitlines()[1:]]))
    draft = draft_layout(str(path))
    assert "header_rows: 2" in draft
    same(read(path, filled(draft, fps="25", units="mm")))


def test_a_known_skeleton_is_named_and_its_joints_renamed(write: Write) -> None:
    names = [name.replace("left_", "L").replace("right_", "R") for name in COCO_17.joints]
    head = ",".join(f"{name}_{axis}" for name in names for axis in "xy")
    rows = [",".join(f"{200 + t + i}" for i in range(34)) for t in range(5)]
    path = write("walk.csv", "\n".join([head, *rows]))
    draft = draft_layout(str(path))
    assert "topology: coco_17  # it has these 17 joints" in draft
    assert "left_hip: Lhip" in draft
    assert asked(draft) == ["fps", "units", "image_size"]
    assert "likely px" in draft
    clip = read(path, filled(draft, fps="25", units="px", image_size="[640, 480]"))
    assert clip.motion.topology == COCO_17


@pytest.mark.parametrize("numbered", [False, True])
def test_a_row_a_joint(write: Write, numbered: bool) -> None:
    rows = [
        f"{t};{i if numbered else name};{x:.3f};{y:.3f};{z:.3f};0.5".replace(".", ",")
        for t, body in enumerate(BODY * 1000)
        for i, (name, (x, y, z)) in enumerate(zip(JOINTS, body.tolist(), strict=True))
    ]
    path = write("walk.csv", "\n".join(["Frame;Joint;pos_X;pos_Y;pos_Z;score", *rows]))
    draft = draft_layout(str(path))
    for line in ("frame: Frame", "joint: Joint", "columns: 'pos_{axis}'", "confidence: score"):
        assert line in draft
    assert asked(draft) == (["topology", "fps", "units", "up"] if numbered else ["fps", "units"])
    yaml = filled(draft, fps="25", units="mm", up="z", topology=f"lab_13\njoints: {JOINTS}")
    clip = read(path, yaml)
    same(clip)
    assert (clip.motion.confidence == 0.5).all()


def test_markers_keep_their_own_names(write: Write) -> None:
    names = ["LASI", "RASI", "LKNE", "RKNE", "Wand"]
    head = ",".join(f"{name} {axis} (mm)" for name in names for axis in "XYZ")
    rows = [",".join(f"{value:.1f}" for value in range(t, t + 15)) for t in range(5)]
    path = write("walk.csv", "\n".join([head, *rows]))
    draft = draft_layout(str(path))
    assert asked(draft) == ["fps", "up"]
    assert "rename: {left_hip.ASI: LASI, right_hip.ASI: RASI}" in draft
    assert "units: mm  # the file says so" in draft
    assert "means them: Wand;" in draft
    clip = read(path, filled(draft, fps="100", up="z"))
    joints = ("left_hip.ASI", "right_hip.ASI", "left_knee", "right_knee")
    assert clip.motion.topology.joints == joints
    np.testing.assert_allclose(clip.motion.joints[0, 0, 2], (0.006, 0.008, -0.007), atol=1e-6)


def test_units_in_names_that_are_not_those_of_the_yaml(write: Write) -> None:
    text = "\n".join([",".join(f"head_{axis} [mm]" for axis in "xyz"), "1,2,3"])
    path = write("walk.csv", text)
    path.with_suffix(".yaml").write_text("topology: lab_h1\njoints: [head]\nfps: 9\nunits: m\n")
    (source,) = get_reader("generic").sources(str(path))
    _, (reject,) = read_clips(get_reader("generic"), source)
    assert reject.message == "the head gives the unit mm; expected units: m, as the YAML says"


def saved(save: Callable[..., None], *arrays: np.ndarray, **named: np.ndarray) -> bytes:
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


@pytest.mark.parametrize("shape", ["plain", "flat", "joints first", "axes first", "numbers alone"])
def test_of_an_array_the_skeleton_must_be_filled_in(write: Write, shape: str) -> None:
    body = BODY * 1000
    arrays = {
        "plain": body,
        "flat": body.reshape(12, -1),
        "joints first": body.transpose(1, 0, 2),
        "axes first": np.moveaxis(body, -1, 0),
    }
    if shape == "numbers alone":
        text = "\n".join(" ".join(f"{value:.3f}" for value in row) for row in body.reshape(12, -1))
        path = write("walk.txt", text)
    else:
        path = write("walk.npy", saved(np.save, arrays[shape]))
    draft = draft_layout(str(path))
    unclear = ["order"] if shape == "joints first" else []
    assert sorted(asked(draft)) == sorted(["fps", "topology", "units", "up", *unclear])
    assert "13 joints" in draft
    order = "[joint, frame, axis]"
    assert (f"{order}, for both may be" in draft) == bool(unclear)
    yaml = filled(
        draft, fps="25", units="mm", up="z", topology=f"lab_13\njoints: {JOINTS}", order=order
    )
    same(read(path, yaml))


@pytest.mark.parametrize(
    ("shape", "ambiguous"),
    [
        ((22, 22, 3), True),
        ((25, 17, 3), True),
        ((40, 300, 3), True),
        ((300, 17, 3), False),
        ((100, 39, 3), False),
        ((2000, 17, 3), False),
        ((17, 2000, 3), False),
        ((1, 2, 300, 25, 3), False),
    ],
)
def test_an_order_of_which_two_may_be_is_filled_in(
    write: Write, shape: tuple[int, ...], ambiguous: bool
) -> None:
    path = write("walk.npy", saved(np.save, np.random.default_rng(0).normal(size=shape)))
    assert ("order" in asked(draft_layout(str(path)))) == ambiguous


def test_the_smoother_axis_is_told(write: Write) -> None:
    body = np.repeat(np.random.default_rng(0).normal(size=(1, 22, 3)), 22, 0)
    path = write("walk.npy", saved(np.save, body + np.linspace(0, 0.1, 22)[:, None, None]))
    assert "along axis 1 neighbours differ least" in draft_layout(str(path))


def test_an_array_of_times_is_named_and_tells_frames_from_joints(write: Write) -> None:
    stamps = np.arange(13) * 0.04
    data = saved(np.savez, pose=BODY.transpose(1, 0, 2) * 1000, t=stamps)
    draft = draft_layout(str(write("walk.npz", data)))
    assert "time: t  # 0.04 s apart: 25 frames" in draft
    assert sorted(asked(draft)) == ["topology", "units", "up"]


def test_names_of_drafts_tell_skeletons_of_other_dimensions_apart(write: Write) -> None:
    flat = [f"{name}_{axis}" for name in JOINTS for axis in "xy"]
    row = ",".join(["1"] * 26)
    names = set()
    for name, text in [("a.csv", table()), ("b.csv", ",".join(flat) + f"\n{row}\n{row}\n")]:
        draft = draft_layout(str(write(name, text)))
        names |= {line.split()[1] for line in draft.splitlines() if line.startswith("topology:")}
    assert len(names) == 2


def test_what_another_file_brought_is_no_known_skeleton(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Topology("brought_by_a_file", tuple(JOINTS), ((0, 1),), 3, "a file")
    monkeypatch.setattr("skeletonllm.topology._REGISTRY", {own.name: own})
    assert own.name in list_topologies()
    assert "brought_by_a_file" not in draft_layout(str(write("walk.csv", table())))


@pytest.mark.parametrize("column", ["who", "Kind 1"])
def test_a_column_that_parts_the_rows_of_a_time_is_the_person(write: Write, column: str) -> None:
    head, *rows = table().splitlines()
    lines = [f"t,{column},note,{head}"]
    lines += [f"{i / 25:.2f},{who},x{i},{row}" for i, row in enumerate(rows) for who in "AB"]
    draft = draft_layout(str(write("walk.csv", "\n".join(lines))))
    person = next(line for line in draft.splitlines() if line.startswith("person:"))
    assert column in person
    assert "not used, for nothing tells what they are: note" in draft


def test_an_archive_says_more(write: Write) -> None:
    data = saved(np.savez, pose=BODY * 1000, sure=np.full((12, 13), 0.5), fps=np.array(30))
    path = write("walk.npz", data)
    draft = draft_layout(str(path))
    for line in ("array: pose  # the largest of fps (), pose", "fps: 30  #", "confidence: sure  #"):
        assert line in draft
    yaml = filled(draft, units="mm", up="z", topology=f"lab_13\njoints: {JOINTS}")
    clip = read(path, yaml)
    same(clip)
    assert (clip.motion.confidence == 0.5).all()


def test_a_count_names_the_skeletons_that_have_it(write: Write) -> None:
    path = write("walk.npy", saved(np.save, np.random.default_rng(0).normal(size=(50, 17, 3))))
    draft = draft_layout(str(path))
    assert "the skeleton of the 17 joints (as many as " in draft
    assert "human36m_17" in draft or "h36m_17" in draft


def test_parquet(write: Write) -> None:
    names = [f"{name}_{axis}" for name in JOINTS for axis in "xyz"]
    columns = dict(zip(names, (BODY * 1000).reshape(12, -1).T, strict=True))
    path = write("walk.parquet", b"")
    pq.write_table(pa.table(columns), path)
    same(read(path, filled(draft_layout(str(path)), fps="25", units="mm")))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.bvh", "HIERARCHY", "no table or array"),
        ("a.csv", "a,b\n1,2", "expected columns called by joint and axis"),
        ("a.csv", "", "cannot be drafted"),
        ("a.npy", b"no", "not a .npy file"),
        ("a.npy", saved(np.save, np.full((9, 24, 4), 3.0)), "a confidence from 0 to 1"),
        ("a.csv", "x,y,z\n1,2,3", "or of a row a joint, with columns of frames"),
        ("a.npy", saved(np.save, np.zeros(60)), r"an array \(60,\)"),
        ("a.parquet", b"PAR1", "not Parquet"),
    ],
)
def test_what_cannot_be_drafted(write: Write, name: str, data: str | bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        draft_layout(str(write(name, data)))


def test_the_command_writes_it_and_overwrites_nothing(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, to = write("walk.csv", table()), tmp_path / "layout.yaml"
    command = ["identify", str(path), "--draft", str(to)]
    assert cli.main(command) == 0
    assert "fill in fps, units" in capsys.readouterr().out
    written = to.read_text("utf-8")
    assert written == draft_layout(str(path))
    to.write_text("mine", "utf-8")
    assert cli.main(command) == 2
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert to.read_text("utf-8") == "mine"
    assert cli.main([*command, "--overwrite"]) == 0
    assert to.read_text("utf-8") == written
