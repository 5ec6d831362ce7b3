from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, read_clips
from skeletonllm.corpora.mocap.humanml3d_vectors import HumanML3DVectorsReader, recover_joints

Write = Callable[[str, str | bytes], Path]


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def features(frames: int = 12) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(0, 0.1, (frames, 263))
    vectors[:, -4:] = np.arange(4 * frames).reshape(frames, 4) % 3 == 0
    return vectors


def by_loop(vectors: np.ndarray) -> np.ndarray:
    """The formula frame by frame, with complex numbers for the ground plane."""
    half, root, frames = 0.0, 0j, []
    for t, row in enumerate(vectors):
        if t:
            half += vectors[t - 1, 0]
            root += complex(*vectors[t - 1, 1:3]) * np.exp(2j * half)
        joints = [(root.real, row[3], root.imag)]
        for x, y, z in row[4:67].reshape(21, 3):
            at = root + complex(x, z) * np.exp(2j * half)
            joints.append((at.real, y, at.imag))
        frames.append(joints)
    return np.array(frames)


def test_joints_are_those_of_the_formula() -> None:
    np.testing.assert_allclose(recover_joints(features()), by_loop(features()), atol=1e-12)


def test_normalised_features_are_refused_or_undone(write: Write, tmp_path: Path) -> None:
    mean, std = np.linspace(-1, 1, 263), np.linspace(0.3, 0.6, 263)
    write("new_joint_vecs/000001.npy", saved((features() - mean) / std))
    reader = HumanML3DVectorsReader()
    (source,) = reader.sources(str(tmp_path))
    _, (reject,) = read_clips(reader, source)
    assert reject.code == "format"
    assert "normalised features" in reject.message
    write("Mean.npy", saved(mean))
    write("Std.npy", saved(std))
    (clip,), _ = read_clips(reader, source)
    assert clip.flags == ("denormalised",)
    np.testing.assert_allclose(clip.motion.joints[:, 0], by_loop(features()), atol=1e-5)


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.zeros((5, 251)), "format"),
        (np.zeros((0, 263)), "no_frames"),
        (np.full((5, 263), np.nan), "non_finite"),
    ],
)
def test_bad_files(write: Write, tmp_path: Path, array: np.ndarray, code: str) -> None:
    write("new_joint_vecs/1.npy", saved(array))
    (source,) = HumanML3DVectorsReader().sources(str(tmp_path))
    _, (reject,) = read_clips(HumanML3DVectorsReader(), source)
    assert reject.code == code


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("new_joint_vecs/1.npy", saved(features()))
    assert check_reader(HumanML3DVectorsReader(), str(tmp_path)) == []


@pytest.mark.real
def test_real_features_give_the_published_joints(shared: Path) -> None:
    root = shared / "data" / "samples" / "humanml3d"
    reader = HumanML3DVectorsReader()
    for source in reader.sources(str(root)):
        (clip,), _ = read_clips(reader, source)
        expected = np.load(root / "new_joints" / f"{source.source_id}.npy")
        np.testing.assert_allclose(clip.motion.joints[:, 0], expected, atol=1e-6)
