from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.rendering.framing import (
    EDGE,
    fit_tight_camera,
    load_motions,
    measure_framing,
    measure_framings,
    project_joints,
    summarize_clips,
)
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.scene.camera import make_sensor_camera
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize, write_nw_ucla
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22, Topology


def renderer(size: int) -> DrAction:
    return DrAction(DrActionConfig(size=size, patch=28)).requires_grad_(False)


@pytest.fixture(scope="module")
def large() -> DrAction:
    return renderer(112)


@pytest.fixture(scope="module")
def small() -> DrAction:
    return renderer(56)


@pytest.mark.parametrize("topology", [KINECT_V2, SMPL_22, COCO_17])
def test_the_best_camera_wastes_nothing(topology: Topology) -> None:
    motion = synthesize("hand waving", topology=topology)
    batch, size = MotionBatch.from_motions([motion]), 112
    view = renderer(size).view
    assert view is not None
    with torch.no_grad():
        place, ahead = project_joints(
            batch.clip(0), fit_tight_camera(batch, view(batch, size), size)
        )
    place = place[batch.clip_confidence(0) > 0]
    assert ahead.all()
    low, high = place.amin(0), place.amax(0)
    assert (low > -EDGE).all()
    assert (high < size - 1 + EDGE).all()
    # It touches both edges of the longer axis, and stands in the middle of the other.
    assert float((high - low).max()) == pytest.approx(size - 1, abs=2 * EDGE)


def test_a_clip_is_worth_more_through_the_fitted_camera(large: DrAction, small: DrAction) -> None:
    framings = measure_framings(synthesize("hand waving"), large, small)
    assert framings.paper is not None
    assert framings.paper.pixels < framings.fit.pixels < framings.best.pixels
    assert framings.fit.outside == framings.best.outside == 0
    assert framings.fit.fingers is not None
    assert framings.small.fingers == pytest.approx(framings.fit.fingers * 55 / 111, rel=1e-3)


def test_joints_outside_are_counted(large: DrAction) -> None:
    motion = synthesize("hand waving")
    batch = MotionBatch.from_motions([motion])
    view = large.view
    assert view is not None
    camera = view(batch, 112)
    aside = camera.w2c.clone()
    aside[0, 0, 3] += 100
    frames = torch.zeros(1, 1, dtype=torch.int64)
    seen = measure_framing(large, batch, frames, replace(camera, w2c=aside))
    assert seen.outside == motion.joints[..., 0].size
    assert seen.pixels == seen.patches == 0


def test_what_lies_in_the_plane_of_the_camera_spoils_no_height(large: DrAction) -> None:
    motion = synthesize("hand waving")
    joints = motion.joints.copy()
    joints[0, 0, :2, 2] = 0.0
    batch = MotionBatch.from_motions([replace(motion, joints=joints)])
    frames = torch.zeros(1, 1, dtype=torch.int64)
    seen = measure_framing(large, batch, frames, make_sensor_camera(batch, 112, mirrored=False))
    assert 0 < seen.height < 1
    assert seen.outside == 2


def test_a_pose_in_the_image_plane_has_no_sensor(large: DrAction, small: DrAction) -> None:
    framings = measure_framings(synthesize("hand waving", topology=COCO_17), large, small)
    assert framings.paper is None
    column = summarize_clips([framings])
    assert column["clips that leave the picture, paper"] == "-"
    assert column["clips that leave the picture, fit"].startswith("0 ")


def test_the_same_lot_draws_the_same_clips(tmp_path: Path) -> None:
    for label in range(3):
        motion = synthesize("hand waving", topology=KINECT_V1, seed=label)
        write_nw_ucla(tmp_path / f"a01_s01_e{label:02}_v01.json", motion, 1)
    first, again = (list(load_motions("nw_ucla", tmp_path, 2)) for _ in range(2))
    assert len(first) == 2
    assert all(np.array_equal(a.joints, b.joints) for a, b in zip(first, again, strict=True))
    assert len(list(load_motions("nw_ucla", tmp_path, 0))) == 3
