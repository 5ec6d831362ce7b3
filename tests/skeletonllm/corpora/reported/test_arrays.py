"""Arrays that people reported, each with the value it should have."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.reader import Reject
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.testing.mocap.body_models import write_adult_models

pytestmark = pytest.mark.real

BARE = {"format_assumed", "skeleton_assumed", "unit_assumed", "fps_assumed"}
LIFTED = {*BARE, "axes_assumed"}
RATE = {"fps_assumed"}
GUESSED = {"fps_assumed", "skeleton_assumed"}


class Right(NamedTuple):
    """The right value of a case."""

    corpus: str
    frames: int
    skeleton: str
    metric: bool
    flags: set[str]
    licence: str = "unknown"
    clips: int = 1


class Refused(NamedTuple):
    """The reject of a case, and words of its sentence."""

    corpus: str
    code: str
    words: str


def pyskl(skeleton: str = "coco_17", flags: set[str] = RATE, metric: bool = False) -> Right:
    return Right("pyskl", 40, skeleton, metric, flags, "pyskl")


def humanml(flags: set[str] | None = None) -> Right:
    return Right("humanml3d", 60, "smpl_22", True, flags or set(), "humanml3d")


CASES: dict[str, Right | Refused] = {
    "motionbert": Right("lifted_poses", 60, "h36m_17", False, LIFTED),
    "motionbert_px": Right("lifted_poses", 60, "h36m_17", False, LIFTED),
    "mhformer": Right("lifted_poses", 60, "h36m_17", False, LIFTED),
    "pyskl_coco17": pyskl(),
    "pyskl_gz": pyskl(),
    "pyskl_halpe26": pyskl("halpe_26", GUESSED),
    "pyskl_k25_3d": pyskl("kinect_v2", metric=True),
    "pyskl_kp_with_score": pyskl(),
    "pyskl_list_kp": pyskl(),
    "pyskl_multi_label": pyskl(flags={*RATE, "several_labels"}),
    "pyskl_nan_frame": pyskl(),
    "pyskl_neg_label": pyskl(),
    "pyskl_no_imgshape": pyskl(flags={*RATE, "image_size_assumed"}),
    "pyskl_npint_label": pyskl(),
    "pyskl_op18": pyskl("openpose_18", GUESSED),
    "pyskl_op25_2d": pyskl("openpose_25", GUESSED),
    "pyskl_protocol5": pyskl(),
    "pyskl_str_label": pyskl(),
    "pyskl_wb133": pyskl("coco_wholebody_133", GUESSED),
    "pyskl_tmv": Refused("pyskl", "format", "of 1 frames, and total_frames 40"),
    "stgcn": Right("stgcn", 40, "kinect_v2", True, set(), "ntu_rgbd", 4),
    "ctrgcn": Right("ctrgcn", 40, "kinect_v2", True, set(), "ntu_rgbd", 8),
    "ctrgcn_pkl": Right("ctrgcn", 40, "kinect_v2", False, LIFTED, clips=2),
    "mdm": Right("mdm", 60, "smpl_22", True, {*GUESSED, "unit_assumed"}, clips=3),
    "motiongpt": Right("motiongpt", 60, "smpl_22", True, BARE),
    "humanml": Right("humanml3d_joints", 60, "smplh_52", True, BARE),
    "humanml24": Right("humanml3d", 60, "smpl_24", True, BARE),
    "humanml64": Right("humanml3d", 60, "smpl_22", True, BARE),
    "humanmlnan": Right("humanml3d", 60, "smpl_22", True, BARE),
    "humanmlallnan": Refused("humanml3d", "missing_joints", "1320 of 1320"),
    "humanmlempty": Refused("humanml3d", "no_frames", "0 frames"),
    "humanmlcap_beyond": humanml(),
    "humanmlcap_bom": humanml(),
    "humanmlcap_comma": humanml({"bad_caption"}),
    "humanmlcap_crlf": humanml(),
    "humanmlcap_hash": humanml(),
    "humanmlcap_latin": humanml({"bad_caption"}),
    "humanmlcap_negend": humanml({"bad_caption"}),
    "humanmlcap_onlytext": humanml({"bad_caption"}),
    "humanmlcap_threefields": humanml({"bad_caption"}),
}
DUPLICATE = "pyskl_dupe"


def read(corpus: str, root: Path) -> tuple[list[Clip], list[Reject]]:
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(str(root))]
    return [c for clips, _ in results for c in clips], [r for _, found in results for r in found]


@pytest.fixture(scope="session")
def arrays(shared: Path) -> Path:
    folder = shared / "cases" / "arrays"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_case_has_its_right_value(name: str, arrays: Path) -> None:
    right = CASES[name]
    clips, rejects = read(right.corpus, arrays / name)
    if isinstance(right, Refused):
        assert clips == []
        assert [reject.code for reject in rejects] == [right.code]
        assert right.words in rejects[0].message
        return
    assert (len(clips), rejects) == (right.clips, [])
    for clip in clips:
        motion = clip.motion
        shape = (motion.num_frames, motion.num_persons, motion.topology.name)
        assert shape == (right.frames, 1, right.skeleton)
        assert (motion.metric, clip.licence) == (right.metric, right.licence)
        assert set(clip.flags) == right.flags
        assert (motion.confidence > 0).mean() > 0.95


def test_every_case_has_a_right_value(arrays: Path) -> None:
    names = {path.name for path in arrays.iterdir()}
    assert names <= {*CASES, DUPLICATE}


def test_the_second_of_a_name_is_one_reject(arrays: Path) -> None:
    (clip,), (reject,) = read("pyskl", arrays / DUPLICATE)
    assert (clip.label, reject.code) == ("class 3", "duplicate_id")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("pyskl_coco17", "class 3"),
        ("pyskl_npint_label", "class 3"),
        ("pyskl_neg_label", None),
        ("pyskl_str_label", "wave"),
        ("pyskl_multi_label", None),
        ("ctrgcn", "drink water"),
        ("stgcn", "drink water"),
    ],
)
def test_labels(name: str, label: str | None, arrays: Path) -> None:
    right = CASES[name]
    clips, _ = read(right.corpus, arrays / name)
    assert clips[0].label == label


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("humanmlcap_bom", ["a man waves"]),
        ("humanmlcap_crlf", ["a man waves", "he waves twice"]),
        ("humanmlcap_hash", ["a man walks in a #8 shape"]),
        ("mdm", ["a person waves"]),
    ],
)
def test_captions(name: str, texts: list[str], arrays: Path) -> None:
    clips, _ = read(CASES[name].corpus, arrays / name)
    assert [caption.text for caption in clips[0].captions] == texts


@pytest.mark.parametrize("name", ["motionbert", "mhformer", "motiongpt", "humanml64", "ctrgcn_pkl"])
def test_what_is_a_guess_is_never_certain(name: str, arrays: Path) -> None:
    best = identify_corpus(str(arrays / name))[0]
    assert (best.corpus, best.certain) == (CASES[name].corpus, False)


@pytest.mark.parametrize("name", ["stgcn", "ctrgcn", "pyskl_coco17", "humanmlcap_bom"])
def test_what_the_bytes_say_is_found(name: str, arrays: Path) -> None:
    best = identify_corpus(str(arrays / name))[0]
    assert (best.corpus, best.certain) == (CASES[name].corpus, True)


AMASS = {
    "a_ok": ("smplh/female", set()),
    "b_bytes_gender": ("smplh/male", set()),
    "c_obj_gender": ("smplh/male", set()),
    "d_betas_2d": ("smplh/female", set()),
    "e_betas_T": ("smplh/female", set()),
    "f_no_rate": ("smplh/female", {"fps_assumed"}),
    "g_smpl72": ("smpl/female", {"axes_assumed"}),
    "h_smplx_parts": ("smplx/neutral", {"body_assumed"}),
    "i_float32": ("smplh/female", set()),
    "j_int_rate": ("smplh/female", set()),
    "k_rate_str": ("smplh/female", set()),
    "l_gender_m": ("smplh/male", set()),
    "m_gender_unknown": ("smplh/neutral", {"body_assumed"}),
    "n_fps_key": ("smplh/female", set()),
    "o_T3d": ("smplh/female", set()),
    "p_nan_first": ("smplh/female", set()),
}
RATES = {"f_no_rate": 30, "h_smplx_parts": 30, "j_int_rate": 60, "n_fps_key": 30}


@pytest.mark.parametrize("name", sorted(AMASS))
def test_poses_are_read_up_to_the_body_model(
    name: str, arrays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, flags = AMASS[name]
    monkeypatch.delenv(VARIABLE, raising=False)
    (source,) = AmassReader().sources(str(arrays.parent / "amass" / name))
    _, (reject,) = read_clips(AmassReader(), source)
    assert (reject.code, f"{model}/model.npz" in reject.message) == ("no_body_model", True)

    def write(path: str, data: bytes) -> Path:
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return place

    write_adult_models(write)
    (clip,), rejects = read_clips(AmassReader(str(tmp_path / "models")), source)
    assert rejects == []
    assert set(clip.flags) == flags
    motion = clip.motion
    assert (motion.num_frames, motion.fps, motion.metric) == (20, RATES.get(name, 120), True)
    absent = np.flatnonzero(~motion.present[:, 0]).tolist()
    assert absent == ([0] if name == "p_nan_first" else [])
    seen = motion.joints[motion.present[:, 0], 0]
    height = np.linalg.norm(seen[:, 15] - (seen[:, 7] + seen[:, 8]) / 2, axis=-1)
    np.testing.assert_allclose(height, 1.46, atol=0.05)
