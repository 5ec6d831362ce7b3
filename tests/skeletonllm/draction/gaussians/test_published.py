"""The published formula beside its goldens (tests/real): templates, banks, what is not drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.gaussians.published import (
    PUBLISHED_BONES,
    PublishedAppearance,
    colour_person_depths,
    make_pose_template,
)
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V1, KINECT_V2, SMPL_22

CONFIG = DrActionConfig(size=56, patch=14, formula="published", camera="sensor")


def test_published_bones_are_bones_of_the_skeletons() -> None:
    assert len(PUBLISHED_BONES["kinect_v2"]) == 24
    assert len(PUBLISHED_BONES["smpl_22"]) == 21
    published, ours = (
        {
            topology.name: {frozenset(bone) for bone in bones[topology.name]}
            for topology in (KINECT_V2, SMPL_22)
        }
        for bones in (PUBLISHED_BONES, {t.name: t.bones for t in (KINECT_V2, SMPL_22)})
    )
    assert published["smpl_22"] == ours["smpl_22"]
    tips = [frozenset((KINECT_V2.index(f"{side}_hand_tip"),)) for side in ("left", "right")]
    odd = published["kinect_v2"] - ours["kinect_v2"]
    assert len(odd) == 2  # the published finger tip hangs on the thumb
    assert all(any(tip < bone for tip in tips) for bone in odd)


def test_a_pose_template_has_points_by_length_and_uniform_limbs(
    waving: Callable[..., Motion],
) -> None:
    pose = torch.from_numpy(waving(SMPL_22).joints[0, 0])
    template = make_pose_template(SMPL_22, pose)
    lengths = [float((pose[a] - pose[b]).norm()) for a, b in PUBLISHED_BONES["smpl_22"]]
    counts = [max(2, round(24 * length / max(lengths))) for length in lengths]
    assert len(template.blend) == 22 + sum(counts)
    torch.testing.assert_close(template.blend.sum(1), torch.ones(len(template.blend)))
    assert template.radius[:22].unique().tolist() == pytest.approx([0.03])
    assert template.radius[22:].unique().tolist() == pytest.approx([0.02])


def test_features_are_carried_over_by_index(waving: Callable[..., Motion]) -> None:
    appearance = PublishedAppearance(CONFIG)
    pose = torch.from_numpy(waving(KINECT_V1).joints[0, 0])
    own = appearance.compute_logits(appearance.choose_template(KINECT_V2, pose))
    other = appearance.compute_logits(appearance.choose_template(KINECT_V1, pose))
    assert torch.equal(own[0], other[0])
    torch.testing.assert_close(own[-1], other[-1])
    assert torch.equal(own[24], other[19])


def test_depth_is_spread_over_each_person_of_each_frame() -> None:
    depth = torch.tensor([[[1.0, 2.0, 3.0], [7.0, 7.5, 8.0]]])
    expected = torch.tensor([[0.0, 0, 1], [0.5, 1, 0.5], [1, 0, 0]])
    torch.testing.assert_close(
        colour_person_depths(depth), expected.expand(1, 2, 3, 3), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22], ids=lambda t: t.name)
def test_draws_every_three_dimensional_skeleton(
    waving: Callable[..., Motion], topology: object
) -> None:
    renderer = DrAction(CONFIG)
    batch = MotionBatch.from_motions([waving(topology)])
    rendering = renderer(batch, torch.tensor([[0, 5]]))
    rendering.frames.square().sum().backward()
    assert rendering.frames.detach().amax((0, 2, 3, 4)).min() > 0.2
    for name, parameter in renderer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_an_unobserved_joint_does_not_spoil_the_frame(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[3, 0, 10], confidence[3, 0, 10] = 0, 0
    gone = replace(motion, joints=joints, confidence=confidence)
    with torch.no_grad():
        frames = [
            DrAction(CONFIG)(MotionBatch.from_motions([m]), torch.tensor([[3]])).frames
            for m in (motion, gone)
        ]
    assert np.isfinite(frames[1].numpy()).all()
    lost = (frames[0] - frames[1]).abs().amax(2) > 0.05
    assert 0 < int(lost.sum()) < 80
