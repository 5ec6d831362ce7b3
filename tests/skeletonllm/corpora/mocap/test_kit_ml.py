from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora import Reject, check_reader, read_clips
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.humanml3d_vectors import recover_joints
from skeletonllm.corpora.mocap.kit_ml import METRES, KitMlReader
from skeletonllm.mocap_topologies import KIT_21
from skeletonllm.normalize.handedness import measure_handedness
from skeletonllm.testing.mocap.motion_vectors import encode_features, measure_headings

Write = Callable[[str, str | bytes], Path]

BODY = np.array([
    [0, 560, 0], [0, 636, 7], [0, 743, -4], [0, 782, 4], [0, 803, 20],
    [-97, 782, 4], [-129, 666, -62], [-118, 576, -53],
    [97, 782, 4], [129, 666, -62], [118, 576, -53],
    [-45, 560, 0], [-50, 330, 33], [-60, 110, -27], [-60, 90, -11], [-65, 60, 50],
    [45, 560, 0], [50, 330, 33], [60, 110, -27], [60, 90, -11], [65, 60, 50],
], float)  # fmt: skip
"""A body of the published size and sides: joints 5 and 11 lie to the right of where the toes point.
(The means of all motions, as models come with them, give these places.)"""
SIGNALLING = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf0\x7f")[0]
"""A NaN that makes whatever counts with it raise a warning."""
PUBLISHED = (11, 5, 16, 8)


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def walking(frames: int = 20) -> np.ndarray:
    """[T, 21, 3]: walks a curve, starting at the origin and heading +z."""
    turn = np.linspace(0, 1.2, frames) ** 2
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y, z = BODY.T
    about = np.stack([cos * x + sin * z, y + 0 * cos, cos * z - sin * x], -1)
    root = np.cumsum(np.stack([np.sin(turn), 0 * turn, np.cos(turn)], -1) * 16, axis=0)
    return about + (root - root[0])[:, None]


def vectors_of(joints: np.ndarray) -> np.ndarray:
    return encode_features(joints, measure_headings(joints, PUBLISHED), (14, 15, 19, 20))


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(array: np.ndarray | bytes, vectors: bool = False) -> Clip | Reject:
        folder = "new_joint_vecs" if vectors else "new_joints"
        write(f"{folder}/00001.npy", array if isinstance(array, bytes) else saved(array))
        reader = KitMlReader(vectors)
        (source,) = reader.sources(str(tmp_path))
        clips, rejects = read_clips(reader, source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def test_joints_are_an_adult_s_and_no_mirror_image(read: Read, write: Write) -> None:
    write("texts/00001.txt", "a person waves with the left hand.#x#0.0#0.0\n")
    clip = read(walking())
    assert isinstance(clip, Clip)
    expected = walking() * [-METRES, METRES, METRES]
    np.testing.assert_allclose(clip.motion.joints[:, 0], expected, atol=1e-6)
    motion = clip.motion
    assert (motion.topology.name, motion.fps, motion.space) == ("kit_21", 12.5, "world")
    assert (motion.metric, clip.flags) == (False, ("unit_assumed", "unmirrored"))
    assert clip.captions == (Caption("a person waves with the left hand."),)
    assert clip.licence == "kit_ml"
    assert measure_handedness(motion).mirrored is False


def test_features_give_the_joints_back(read: Read) -> None:
    """All but the last frame, which has no velocity."""
    joints = walking()
    np.testing.assert_allclose(recover_joints(vectors_of(joints)), joints[:-1], atol=1e-9)
    clip, same = read(vectors_of(joints), vectors=True), read(joints)
    assert isinstance(clip, Clip)
    assert isinstance(same, Clip)
    assert clip.clip_id == "kit_ml_vectors/00001"
    np.testing.assert_allclose(clip.motion.joints, same.motion.joints[:-1], atol=1e-5)
    assert measure_handedness(clip.motion).mirrored is False


def test_normalised_features_are_undone(read: Read, write: Write) -> None:
    mean, std = np.linspace(-1, 1, 251), np.linspace(0.3, 0.6, 251)
    normal = (vectors_of(walking()) - mean) / std
    reject = read(normal, vectors=True)
    assert isinstance(reject, Reject)
    assert "normalised features" in reject.message
    write("Mean.npy", saved(mean))
    write("Std.npy", saved(std))
    clip = read(normal, vectors=True)
    assert isinstance(clip, Clip)
    assert "denormalised" in clip.flags


@pytest.mark.parametrize("vectors", [False, True])
@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.zeros((5, 22, 3)), "format"),
        (np.zeros((5, 263)), "format"),
        (saved(walking())[:300], "truncated"),
        (saved(np.array([{}])), "unsafe"),
        (b"hello", "format"),
    ],
)
def test_other_files(read: Read, array: np.ndarray | bytes, code: str, vectors: bool) -> None:
    reject = read(array, vectors)
    assert isinstance(reject, Reject)
    assert reject.code == code


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (walking() / 1000, "out_of_range"),
        (walking()[:0], "no_frames"),
        (np.full((5, 21, 3), np.nan), "no_body"),
        (np.full((5, 21, 3), np.inf), "non_finite"),
        (walking() + 1e9, "out_of_range"),
        (np.full((5, 21, 3), SIGNALLING), "no_body"),
    ],
)
def test_bad_joints(read: Read, array: np.ndarray | bytes, code: str) -> None:
    reject = read(array)
    assert isinstance(reject, Reject)
    assert reject.code == code


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full((5, 251), SIGNALLING), "non_finite"),
        (np.full((5, 251), np.nan), "non_finite"),
        (np.zeros((0, 251)), "no_frames"),
    ],
)
def test_bad_features(read: Read, array: np.ndarray, code: str) -> None:
    reject = read(array, vectors=True)
    assert isinstance(reject, Reject)
    assert reject.code == code


def test_the_contract_holds_and_the_folder_is_known(write: Write, tmp_path: Path) -> None:
    write("KIT-ML/new_joints/00001.npy", saved(walking()))
    write("KIT-ML/new_joint_vecs/00001.npy", saved(vectors_of(walking())))
    write("KIT-ML/texts/00001.txt", "walks#walk/VERB#0.0#0.0")
    root = str(tmp_path / "KIT-ML")
    assert check_reader(KitMlReader(), root) == []
    assert check_reader(KitMlReader(vectors=True), root) == []
    best = identify_corpus(root)[0]
    assert (best.corpus, best.certain) == ("kit_ml", True)


def test_the_order_of_joints() -> None:
    assert KIT_21.joints[5:8] == ("left_shoulder", "left_elbow", "left_wrist")
    assert KIT_21.joints[16:18] == ("right_hip", "right_knee")


def test_names_and_texts_do_not_make_other_axes_the_corpus(read: Read, write: Write) -> None:
    write("texts/00001.txt", "a person walks.#x#0.0#0.0\n")
    clip = read(walking()[..., [0, 2, 1]] + [0, 3000, 0])
    assert isinstance(clip, Clip)
    assert clip.licence == "unknown"
    assert {"format_assumed", "axes_assumed"} < set(clip.flags)
