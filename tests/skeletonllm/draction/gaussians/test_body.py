"""Formula ``body``: its parts together, and the fixed drawing that it holds as a special case."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.baselines import velocity_sticks as sticks
from skeletonllm.draction.baselines.base import SOLID
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.gaussians import sharpness, streaks
from skeletonllm.draction.gaussians.primitives import EVEN
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1, SMPL_22, Topology

from .conftest import SIZE

CONFIG = DrActionConfig(size=SIZE, patch=14, modulate=False)
ROW = math.sqrt(2 * math.pi)
"""Optical depth of a row of Gaussians a deviation apart, in those of one."""


@torch.no_grad()
def make_velocity_sticks() -> DrAction:
    """A body whose parameters are the constants of ``velocity_sticks``."""
    renderer = DrAction(CONFIG)
    look = renderer.appearance
    look.depth_mix_logit.fill_(-50)
    look.intensity.fill_(50)
    look.get_parameter("base.2.weight").zero_()
    low, high = (math.log(radius) for radius in sharpness.RADIUS_RANGE)
    share = torch.tensor((math.log(sticks.STICK) - low) / (high - low))
    for radius in (look.joint_radius, look.bone_thickness):
        radius.copy_(share.logit())
    look.sharp.density.fill_(math.log(SOLID / EVEN))
    look.halos.width.fill_(math.log(sticks.HALO))
    look.halos.strength.fill_(math.log(SOLID / EVEN))
    look.halos.dim.copy_(torch.tensor(1 - sticks.FAR).logit())
    look.motion.reach.copy_(torch.tensor([1e-3, sticks.SECONDS]).log())
    look.motion.width.fill_(math.log(sticks.STREAK))
    look.motion.density[0] = -20
    look.motion.density[1] = math.log(SOLID / streaks.LENGTH)
    look.motion.tip.copy_(torch.tensor([0.15, 0.15]).logit())
    look.motion.slowest.fill_(math.log(sticks.SLOWEST))
    return renderer


@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22], ids=lambda t: t.name)
@pytest.mark.parametrize("action", ["throw", "walk around"])
def test_velocity_sticks_are_a_special_case(topology: Topology, action: str) -> None:
    motion = synthesize(action, topology=topology)
    batch, frames = MotionBatch.from_motions([motion]), torch.tensor([[5, 20, 30]])
    with torch.no_grad():
        wanted = get_renderer("velocity_sticks", CONFIG)(batch, frames).frames
        found = make_velocity_sticks()(batch, frames).frames
    lit, drawn = (picture.amax(2) > 0.1 for picture in (wanted, found))
    assert (found - wanted).abs().mean(2)[lit].mean() < 0.1
    assert (lit & drawn).sum() > 0.85 * (lit | drawn).sum()


@pytest.mark.parametrize("part", PARTS)
def test_each_part_changes_the_picture(part: str, everyone: list[Motion]) -> None:
    batch, frames = MotionBatch.from_motions(everyone), torch.tensor([[0, 3, 6]]).expand(4, -1)
    with torch.no_grad():
        whole = DrAction(CONFIG)(batch, frames).frames
        without = DrAction(replace(CONFIG, **{part: False}))(batch, frames).frames
    changed = (whole - without).abs().amax((1, 2, 3, 4)) > 0.2
    assert changed.tolist() == [True, True, True, part != "halos"]


def test_parts_may_be_switched_in_any_mixture(everyone: list[Motion]) -> None:
    batch, frames = MotionBatch.from_motions(everyone), torch.tensor([[3]]).expand(4, -1)
    for mask in range(2 ** len(PARTS)):
        parts = {part: bool(mask >> i & 1) for i, part in enumerate(PARTS)}
        frame = DrAction(replace(CONFIG, **parts))(batch, frames).frames
        assert frame.amax((1, 2, 3, 4)).min() > 0.5, parts
        frame.sum().backward()
