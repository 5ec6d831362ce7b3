"""The published renderer's own outputs and gradients; see ../shared/golden/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.goldens import (
    FRAME_TOLERANCE,
    GOLDENS,
    GRADIENT_TOLERANCE,
    measure_frame_error,
    measure_gradient_errors,
)
from skeletonllm.visualization.frames import render_motion


@pytest.mark.real
@pytest.mark.parametrize("name", GOLDENS)
def test_frames_are_the_published_ones(shared: Path, name: str) -> None:
    assert measure_frame_error(shared, name) < FRAME_TOLERANCE


@pytest.mark.real
def test_gradients_are_the_published_ones(shared: Path) -> None:
    errors = measure_gradient_errors(shared)
    assert errors.pop("frames") < FRAME_TOLERANCE
    assert {n: e for n, e in errors.items() if e >= GRADIENT_TOLERANCE} == {}


RAW = {
    "humanml3d_c1_224": ("humanml3d", "humanml3d/new_joints/000000.npy"),
    "ntu_one_person_c1_448": ("ntu_rgbd", "ntu_rgbd/S001C001P001R001A005.skeleton"),
    "ntu_one_person_c3_224": ("ntu_rgbd", "ntu_rgbd/S001C001P001R001A008.skeleton"),
    "ntu_two_person_c1_448": ("ntu_rgbd", "ntu_rgbd/S017C003P020R002A055.skeleton"),
    "ntu_two_person_c2_224": ("ntu_rgbd", "ntu_rgbd/S017C003P020R002A051.skeleton"),
}


@pytest.mark.real
@pytest.mark.parametrize("name", GOLDENS)
def test_from_the_raw_file_to_the_published_picture(shared: Path, name: str) -> None:
    corpus, path = RAW[name]
    folder = shared / "data" / "samples" / Path(path).parts[0]
    reader = get_reader(corpus)
    (source,) = [s for s in reader.sources(str(folder)) if s.uri.endswith(path)]
    clips, rejects = read_clips(reader, source)
    assert not rejects
    golden = np.load(shared / "golden" / "draction" / f"{name}.npz")
    size = int(name.rsplit("_", maxsplit=1)[1])
    number = name.split("_c")[1][0]
    weights = shared / "golden" / "weights" / f"draction_candidate_0{number}.safetensors"
    config = DrActionConfig(size=size, patch=28, formula="published", camera="sensor")
    found = render_motion(clips[0].motion, config, golden["frame_indices"], weights)
    assert np.abs(found - golden["frames"].astype(np.float32)).max() < FRAME_TOLERANCE


@pytest.mark.real
@pytest.mark.parametrize("corpus", ["ntu_rgbd", "nw_ucla", "humanml3d"])
def test_no_joint_of_a_real_clip_leaves_the_picture(shared: Path, corpus: str) -> None:
    folder = shared / "data" / "samples" / corpus
    reader = get_reader(corpus)
    motions = [
        clip.motion
        for source in reader.sources(str(folder))
        for clip in read_clips(reader, source)[0]
    ]
    assert motions
    batch, view = MotionBatch.from_motions(motions), FittedView()
    with torch.no_grad():
        camera = view(batch, 448)
        for index in range(len(batch)):
            seen = batch.clip(index)[batch.clip_confidence(index) > 0]
            points = camera.transform_points(seen, torch.tensor(index))
            pixel = camera.k[index, :2, 2] - camera.k[index, 0, 0] * points[:, :2] / points[:, 2:]
            assert points[:, 2].min() > 0
            assert pixel.min() >= 0
            assert pixel.max() <= 447
