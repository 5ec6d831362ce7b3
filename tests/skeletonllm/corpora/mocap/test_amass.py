from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, check_reader, read_clips
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.rigs.body_model import VARIABLE, find_model
from skeletonllm.mocap_topologies import SMPLH_52
from skeletonllm.testing.mocap.body_models import (
    PARENTS,
    make_adult_joints,
    make_model_file,
    pose_by_loop,
    save_npz,
    write_adult_models,
)

Write = Callable[[str, str | bytes], Path]
RNG = np.random.default_rng(3)
SHAPES = {kind: RNG.normal(0, 0.01, (len(parents), 3, 10)) for kind, parents in PARENTS.items()}
WIDTH = {"smplh": 156, "smplx": 165}


def motion(kind: str = "smplh", frames: int = 5, **other: object) -> dict[str, object]:
    """The arrays of a file; those that are None are left out."""
    rng = np.random.default_rng(7)
    rate = "mocap_framerate" if kind == "smplh" else "mocap_frame_rate"
    arrays = {
        "poses": rng.normal(0, 0.8, (frames, WIDTH[kind])),
        "trans": rng.normal(0, 1, (frames, 3)),
        "betas": rng.normal(0, 1, 16),
        "gender": np.array("female"),
        rate: np.array(120.0),
    }
    return {name: value for name, value in {**arrays, **other}.items() if value is not None}


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def models(write: Write, tmp_path: Path) -> str:
    """A folder of models of random bodies, in both layouts that are handed out."""
    for kind, parents in PARENTS.items():
        data = make_model_file(make_adult_joints(len(parents)), parents, SHAPES[kind])
        write(f"models/{kind}/female/model.npz", data)
        write(f"models/{kind}/{kind.upper()}_MALE.npz", data)
    return str(tmp_path / "models")


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(
        arrays: dict[str, object] | bytes, models: str | None = None, hands: bool = False
    ) -> Clip | Reject:
        path = "raw/ACCAD/s1/stand_poses.npz"
        write(path, arrays if isinstance(arrays, bytes) else save_npz(**arrays))
        reader = AmassReader(models, hands)
        (source,) = reader.sources(str(tmp_path / "raw"))
        clips, rejects = read_clips(reader, source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


@pytest.mark.parametrize("hands", [False, True])
@pytest.mark.parametrize("kind", ["smplh", "smplx"])
def test_joints_are_those_of_the_body_model(
    read: Read, models: str, kind: str, hands: bool
) -> None:
    arrays = motion(kind)
    clip = read(arrays, models, hands)
    assert isinstance(clip, Clip)
    rest = make_adult_joints(len(PARENTS[kind])) + SHAPES[kind] @ arrays["betas"][:10]
    whole = pose_by_loop(rest, PARENTS[kind], arrays["poses"], arrays["trans"])
    at = [*range(22), *(range(whole.shape[1] - 30, whole.shape[1]) if hands else [])]
    expected = whole[:, at][..., [0, 2, 1]] * [1, 1, -1]
    np.testing.assert_allclose(clip.motion.joints[:, 0], expected, atol=1e-5)
    assert clip.motion.topology.name == ("smplh_52" if hands else "smpl_22")
    assert (clip.motion.space, clip.motion.fps, clip.motion.metric) == ("world", 120.0, True)
    assert clip.clip_id == f"amass{'_hands' * hands}/ACCAD/s1/stand_poses"
    assert clip.licence == "amass"


def test_a_person_at_rest_is_upright_and_left_is_left(
    read: Read, write: Write, tmp_path: Path
) -> None:
    """AMASS turns the rest pose, y up and facing +z, so that z is up: it then faces -y."""
    write_adult_models(write)
    poses = np.zeros((3, 156))
    poses[:, 0] = np.pi / 2
    clip = read(motion(poses=poses, trans=np.zeros((3, 3))), str(tmp_path / "models"))
    assert isinstance(clip, Clip)
    joints = dict(zip(clip.motion.topology.joints, clip.motion.joints[0, 0], strict=True))
    assert joints["head"][1] - joints["left_ankle"][1] == pytest.approx(1.46, abs=1e-5)
    assert joints["left_foot"][2] - joints["left_ankle"][2] == pytest.approx(0.12, abs=1e-5)
    assert joints["left_wrist"][0] == pytest.approx(0.70, abs=1e-5)


def test_the_environment_says_where_the_models_are(
    read: Read, models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, models + "/")
    assert isinstance(read(motion()), Clip)
    assert isinstance(read(motion(gender=np.array(b"male"))), Clip)
    assert isinstance(read(motion("smplx", gender=np.array("b'male'"))), Clip)


def test_without_a_model_the_reject_says_what_to_do(read: Read) -> None:
    reject = read(motion())
    assert isinstance(reject, Reject)
    assert reject.code == "no_body_model"
    for words in (VARIABLE, "smplh/female/model.npz", "https://mano.is.tue.mpg.de"):
        assert words in reject.message


def test_another_gender_is_not_taken_instead(read: Read, models: str) -> None:
    reject = read(motion(gender=np.array("neutral")), models)
    assert isinstance(reject, Reject)
    assert reject.code == "no_body_model"
    assert "no neutral smplh body model in" in reject.message


def test_a_folder_is_known_without_a_model(write: Write, tmp_path: Path) -> None:
    write("amass/s1/stand_poses.npz", save_npz(**motion()))
    best = identify_corpus(str(tmp_path / "amass"))[0]
    assert (best.corpus, best.certain, best.read) == ("amass", True, 1)
    assert any(VARIABLE in reason or "no_body_model" in reason for reason in best.reasons)


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


SIGNALLING = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf0\x7f")[0]
"""A NaN that makes whatever counts with it raise a warning."""


@pytest.mark.parametrize(
    ("arrays", "code", "message"),
    [
        (motion(poses=None), "format", "this file holds no motion"),
        (motion(poses=np.zeros((5, 75))), "format", "poses (5, 75)"),
        (motion(poses=np.zeros((5, 76))), "format", "poses is an array of (5, 76)"),
        (motion(poses=np.full((5, 156), "x")), "format", "an array of b'<U1'"),
        (motion(poses=np.array([{}], object)), "unsafe", "pickled objects"),
        (motion(trans=np.zeros((4, 3))), "format", "poses of 5 frames and trans (4, 3)"),
        (motion(frames=0), "no_frames", "0 frames"),
        (motion(poses=np.zeros((106_000, 156), "f2")), "unsafe", "16536000 numbers"),
        (motion(poses=np.full((5, 156), SIGNALLING)), "non_finite", "poses"),
        (motion(trans=np.full((5, 3), np.inf)), "non_finite", "trans"),
        (motion(betas=np.full(16, np.nan)), "non_finite", "betas"),
        (motion(gender=np.array(Caller(), object)), "unsafe", "wants to call"),
        (motion(mocap_framerate=np.array(-5)), "format", "mocap_framerate -5"),
        (motion(mocap_framerate=np.array("often")), "format", "mocap_framerate 'often'"),
        (save_npz(**motion())[:900], "format", "not a whole .npz"),
        (b"PK\x03\x04", "format", "not a whole .npz"),
    ],
)
def test_bad_files(
    read: Read, models: str, arrays: dict[str, object] | bytes, code: str, message: str
) -> None:
    reject = read(arrays, models)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


@pytest.mark.parametrize(
    ("other", "flags"),
    [
        ({"betas": np.zeros((1, 10))}, ()),
        ({"betas": np.zeros((5, 10))}, ()),
        ({"betas": None}, ("body_assumed",)),
        ({"betas": np.array(None, object)}, ("body_assumed",)),
        ({"poses": np.zeros((1, 5, 156))}, ()),
        ({"poses": None, "smpl_poses": np.zeros((5, 156))}, ()),
        ({"mocap_framerate": None, "mocap_time_length": np.array(5 / 120)}, ()),
        ({"gender": np.array(b"female")}, ()),
        ({"gender": np.array("female", object)}, ()),
        ({"gender": np.array(["f"])}, ()),
        ({"gender": np.array("F")}, ()),
        ({"mocap_framerate": np.array("120")}, ()),
        ({"mocap_framerate": np.array(120)}, ()),
        ({"mocap_framerate": None, "fps": np.array([120])}, ()),
        ({"poses": np.zeros((5, 52, 3))}, ()),
        ({"poses": np.zeros((5, 156), np.int64)}, ()),
    ],
)
def test_other_tools_write_the_same_in_other_forms(
    read: Read, models: str, other: dict[str, object], flags: tuple[str, ...]
) -> None:
    plain = {"betas": np.zeros(16), "poses": np.zeros((5, 156))}
    expected = read(motion(**plain), models)
    clip = read(motion(**{**plain, **other}), models)
    assert isinstance(expected, Clip)
    assert isinstance(clip, Clip)
    np.testing.assert_array_equal(clip.motion.joints, expected.motion.joints)
    assert (clip.motion.fps, clip.flags) == (120.0, flags)
    assert (expected.licence, expected.flags) == ("amass", ())


@pytest.mark.parametrize("gender", [np.array("unknown"), np.array(3), np.array("robot"), None])
def test_an_unknown_gender_is_the_neutral_body(
    read: Read, write: Write, tmp_path: Path, gender: object
) -> None:
    write_adult_models(write)
    clip = read(motion(gender=gender), str(tmp_path / "models"))
    assert isinstance(clip, Clip)
    assert (clip.flags, clip.licence) == (("body_assumed",), "unknown")


def test_without_translations_the_body_stays_at_the_origin(read: Read, models: str) -> None:
    clip = read(motion(trans=None), models)
    there = read(motion(trans=np.zeros((5, 3))), models)
    assert isinstance(clip, Clip)
    assert isinstance(there, Clip)
    np.testing.assert_array_equal(clip.motion.joints, there.motion.joints)
    assert clip.flags == ("axes_assumed", "start_assumed")


@pytest.mark.parametrize("rate", [None, np.array(0.0), np.array(np.nan)])
def test_no_rate_is_thirty_frames_a_second(read: Read, models: str, rate: object) -> None:
    clip = read(motion(mocap_framerate=rate), models)
    assert isinstance(clip, Clip)
    assert (clip.motion.fps, clip.flags, clip.licence) == (30.0, ("fps_assumed",), "unknown")


def test_smpl_has_24_joints_of_which_22_are_the_body_s(read: Read, models: str) -> None:
    poses = np.random.default_rng(5).normal(0, 0.5, (5, 72))
    clip = read(motion(poses=poses), models)
    assert isinstance(clip, Clip)
    rest = make_adult_joints(24) + SHAPES["smpl"] @ motion()["betas"][:10]
    whole = pose_by_loop(rest, PARENTS["smpl"], poses, motion()["trans"])[:, :22]
    np.testing.assert_allclose(
        clip.motion.joints[:, 0], whole[..., [0, 2, 1]] * [1, 1, -1], atol=1e-5
    )
    assert (clip.flags, clip.licence) == (("axes_assumed",), "unknown")
    reject = read(motion(poses=poses), models, hands=True)
    assert isinstance(reject, Reject)
    assert (reject.code, "without fingers" in reject.message) == ("format", True)
    reject = read(motion(poses=poses))
    assert "smpl/female/model.npz" in reject.message
    assert "https://smpl.is.tue.mpg.de" in reject.message


@pytest.mark.parametrize("kind", ["smplh", "smplx"])
def test_poses_in_parts(read: Read, models: str, kind: str) -> None:
    """SMPL-X has three joints of the face between body and hands."""
    arrays = motion(kind)
    poses = arrays["poses"].copy()
    poses[:, 66:-90] = 0
    expected = read({**arrays, "poses": poses}, models, hands=True)
    parts = {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "pose_hand": poses[:, -90:]}
    del arrays["poses"]
    clip = read({**arrays, **parts}, models, hands=True)
    assert isinstance(expected, Clip)
    assert isinstance(clip, Clip)
    np.testing.assert_array_equal(clip.motion.joints, expected.motion.joints)
    assert clip.flags == ("body_assumed",)


def test_one_bad_frame_is_missing_and_no_more(read: Read, models: str) -> None:
    arrays = motion()
    whole = read(arrays, models)
    trans, poses = arrays["trans"].copy(), arrays["poses"].copy()
    trans[0], poses[2, 3 * 18] = np.nan, SIGNALLING
    clip = read({**arrays, "trans": trans, "poses": poses}, models)
    assert isinstance(whole, Clip)
    assert isinstance(clip, Clip)
    seen, joints = clip.motion.confidence[:, 0] > 0, clip.motion.joints[:, 0]
    assert not seen[0].any()
    assert np.flatnonzero(~seen[2]).tolist() == [20]  # what hangs on the left elbow
    np.testing.assert_array_equal(joints[seen], whole.motion.joints[:, 0][seen])


def test_poses_that_leave_the_room(read: Read, models: str) -> None:
    reject = read(motion(trans=np.full((5, 3), 5e3)), models)
    assert isinstance(reject, Reject)
    assert reject.code == "out_of_range"


def bad_model(**other: object) -> bytes:
    return make_model_file(make_adult_joints(52), PARENTS["smplh"], SHAPES["smplh"], **other)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", "format: not a whole .npz"),
        (bad_model(J_regressor=np.array(Caller(), object)), "unsafe: an array of pickled"),
        (bad_model(v_template=np.zeros((7, 3))), "format: arrays of"),
        (bad_model(shapedirs=np.zeros((104, 3, 0))), ""),
        (bad_model(kintree_table=np.full((2, 52), 51, np.uint32)), "comes before its parent"),
        (bad_model(v_template=np.full((104, 3), np.nan)), "non_finite: v_template"),
        (
            make_model_file(
                make_adult_joints(52)[:22], PARENTS["smplh"][:22], SHAPES["smplh"][:22]
            ),
            "more",
        ),
    ],
)
def test_bad_models(read: Read, write: Write, tmp_path: Path, data: bytes, message: str) -> None:
    write("models/smplh/female/model.npz", data)
    item = read(motion(), str(tmp_path / "models"), hands=True)
    if not message:  # a model of no shapes is one of the mean body
        assert isinstance(item, Clip)
        return
    assert isinstance(item, Reject)
    assert item.code == "no_body_model"
    assert message in item.message
    assert not Path("executed").exists()


def test_a_model_is_read_once(models: str) -> None:
    assert find_model("smplh", "female", models) is find_model("smplh", "female", models)


def test_the_contract_holds(write: Write, tmp_path: Path, models: str) -> None:
    for name in ("s1/stand_poses", "s2/stand_poses"):
        write(f"raw/{name}.npz", save_npz(**motion()))
    write("raw/s1/shape.npz", save_npz(gender=np.array("female"), betas=np.zeros(16)))
    for hands in (False, True):
        assert check_reader(AmassReader(models, hands), str(tmp_path / "raw")) == []
    assert check_reader(AmassReader(), str(tmp_path / "raw")) == []


def test_fingers_have_counterparts() -> None:
    assert len(SMPLH_52) == 52
    assert SMPLH_52.parents.count(-1) == 1
    for j, other in enumerate(SMPLH_52.mirror):
        assert SMPLH_52.mirror[other] == j
    assert SMPLH_52.parents[:22] == PARENTS["smplh"][:22]
    assert SMPLH_52.parents == PARENTS["smplh"]
