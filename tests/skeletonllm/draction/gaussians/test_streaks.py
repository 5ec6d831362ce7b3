"""Streaks: whence, whither and how fast, in seconds, and only of what moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.gaussians.bodies import Bodies
from skeletonllm.draction.gaussians.primitives import make_primitives
from skeletonllm.draction.gaussians.streaks import AHEAD, BEHIND, LENGTH, SLOWEST
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import project_to_image
from skeletonllm.topology import COCO_17, SMPL_22

from .conftest import SIZE, Way, draw, gather, move_wrist

CONFIG = DrActionConfig(size=SIZE, patch=14, modulate=False, halos=False)
WRIST = SMPL_22.index("right_wrist")
NAMES = [name for name, _ in DrAction(CONFIG).appearance.motion.named_parameters()]


def steady(speed: float) -> Way:
    return lambda seconds: speed * seconds


def swinging(seconds: np.ndarray) -> np.ndarray:
    return 0.3 * np.sin(5 * seconds)


def draw_streaks(motion: Motion, frame: int) -> tuple[Gaussians, Bodies]:
    bodies = gather(motion, [frame])
    shapes = make_primitives(motion.topology, 5, even=True)
    with torch.no_grad():
        return DrAction(CONFIG).appearance.motion.draw(bodies, shapes), bodies


def find_ends(streaks: Gaussians) -> Tensor:
    """x / z of both ends of each piece, [N, 2], the way behind first."""
    half = streaks.stretch / (2 * LENGTH)
    ends = torch.stack([streaks.points - half, streaks.points + half], 1)
    return ends[..., 0] / ends[..., 2]


def find_wrist(bodies: Bodies, seconds: Tensor) -> Tensor:
    """x / z of the wrist so many seconds after the first frame of a steady motion, [M]."""
    place, observed = bodies.follow(seconds, torch.tensor([WRIST]))
    assert observed.all()
    return place[0, 0, :, 0, 0] / place[0, 0, :, 0, 2]


def lose(motion: Motion, frames: list[int], place: float = 0.0) -> Motion:
    """The motion without the wrist in some frames, where it is said to be at ``place``."""
    confidence, joints = motion.confidence.copy(), motion.joints.copy()
    confidence[frames, 0, WRIST], joints[frames, 0, WRIST] = 0, place
    return replace(motion, confidence=confidence, joints=joints)


def test_a_person_at_rest_has_none() -> None:
    still = move_wrist(steady(0))
    assert len(draw_streaks(still, 30)[0].points) == 0
    with_streaks, without = (
        draw(DrAction(replace(CONFIG, motion=on)), still, 30) for on in (True, False)
    )
    assert torch.equal(with_streaks, without)


def test_tremor_has_none() -> None:
    still = move_wrist(steady(0))
    noise = np.random.default_rng(0).normal(0, 0.004, still.joints.shape)
    trembling = replace(still, joints=(still.joints + noise).astype(np.float32))
    for frame in (0, 30, 60):
        assert len(draw_streaks(trembling, frame)[0].points) == 0


@pytest.mark.parametrize("speed", [1.0, 2.5])
def test_its_ends_are_where_the_joint_was_and_will_be(speed: float) -> None:
    motion = move_wrist(steady(speed))
    streaks, bodies = draw_streaks(motion, 30)
    behind, ahead = DrAction(CONFIG).appearance.motion.reach.detach().exp()
    ends = find_ends(streaks)
    assert len(ends) == BEHIND + AHEAD
    torch.testing.assert_close(ends[1:, 0], ends[:-1, 1], rtol=0, atol=1e-4)
    expected = find_wrist(bodies, torch.stack([-behind, behind * 0, ahead]))
    found = torch.stack([ends[0, 0], ends[BEHIND, 0], ends[-1, 1]])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    metres = float((expected[2] - expected[0]) * bodies.joints[0, 0, WRIST, 2])
    assert metres == pytest.approx(speed * float(behind + ahead), rel=1e-3)


def test_it_fades_away_from_the_joint() -> None:
    opacity = draw_streaks(move_wrist(steady(2)), 30)[0].opacity
    assert (opacity[:BEHIND].diff() > 0).all()
    assert (opacity[BEHIND:].diff() < 0).all()


def test_a_faster_joint_has_more_of_it() -> None:
    slow, at, fast = (
        draw_streaks(move_wrist(steady(s * SLOWEST)), 30)[0].opacity.sum() for s in (0.7, 1, 2)
    )
    assert 0 < 4 * slow < at < 0.5 * fast


def test_who_leaps_across_the_room_has_none() -> None:
    motion = move_wrist(lambda seconds: 3.0 * (seconds > 1))
    streaks, _ = draw_streaks(motion, 30)
    assert streaks.opacity.numel() == 0 or streaks.opacity.max() < 0.1


@pytest.mark.parametrize("fps", [15.0, 60.0])
def test_the_picture_is_the_same_at_any_frame_rate(fps: float) -> None:
    camera = FittedView()(MotionBatch.from_motions([move_wrist(swinging)]), SIZE)

    def draw_at(rate: float, *, motion: bool = True) -> Tensor:
        batch = MotionBatch.from_motions([move_wrist(swinging, fps=rate)])
        frames = torch.tensor([[round(rate * s) for s in (0.4, 1.0, 1.2)]])
        with torch.no_grad():
            return DrAction(replace(CONFIG, motion=motion))(batch, frames, camera).frames

    usual, other, bare = draw_at(30.0), draw_at(fps), draw_at(30.0, motion=False)
    streaks = (usual - bare).abs().amax(2) > 0.1
    assert (streaks.sum((2, 3)) > 50).all()
    assert (usual - other).abs().amax(2)[streaks].mean() < 0.05
    assert (usual - other).abs().amax(2)[~streaks].mean() < 0.001


def test_a_lost_joint_breaks_the_way_and_its_place_does_not_matter() -> None:
    motion = move_wrist(steady(1.5))
    whole, _ = draw_streaks(motion, 30)
    broken, _ = draw_streaks(lose(motion, [34, 35, 36]), 30)
    junk, _ = draw_streaks(lose(motion, [34, 35, 36], 50.0), 30)
    kept = [int((end[None] - find_ends(whole)).abs().sum(1).argmin()) for end in find_ends(broken)]
    assert 0 < len(kept) < len(whole.points)
    assert set(range(BEHIND)) < set(kept)  # the way behind is whole
    for name in ("points", "stretch", "opacity"):
        assert torch.equal(getattr(broken, name), getattr(junk, name)), name
    assert len(draw_streaks(lose(motion, [30]), 30)[0].points) == 0


@pytest.mark.parametrize("frame", range(26, 36))
def test_a_resting_joint_that_is_lost_now_and_then_has_none(frame: int) -> None:
    gone = lose(move_wrist(steady(0)), [28, 33], 50.0)
    assert len(draw_streaks(gone, frame)[0].points) == 0


def test_nothing_is_drawn_beyond_the_ends_of_a_clip() -> None:
    motion = move_wrist(steady(1.5))
    for frame in (0, 1, 30, 59, 60):
        streaks, bodies = draw_streaks(motion, frame)
        now = frame / motion.fps
        low, high = find_wrist(bodies, torch.tensor([-now, 2.0 - now]))
        ends = find_ends(streaks)
        assert (ends >= low - 1e-4).all()
        assert (ends <= high + 1e-4).all()
        assert streaks.stretch.any(1).all()
        half = [BEHIND if frame == 60 else 0, AHEAD if frame == 0 else 0]
        assert len(ends) == (sum(half) or len(ends))


@pytest.mark.parametrize("flat", [False, True])
def test_every_parameter_learns_in_space_and_in_the_image_plane(flat: bool) -> None:
    motion = move_wrist(swinging, topology=COCO_17)
    motion = project_to_image(motion) if flat else motion
    renderer = DrAction(CONFIG)
    frames = renderer(MotionBatch.from_motions([motion]), torch.tensor([[10, 30]])).frames
    weight = torch.rand(frames.shape, generator=torch.Generator().manual_seed(0))
    (frames * weight).sum().backward()
    for name, parameter in renderer.appearance.motion.named_parameters():
        assert parameter.grad.isfinite().all(), name
        ahead_and_behind = parameter.grad.view(2, -1) if parameter.ndim else parameter.grad.view(1)
        assert ahead_and_behind.abs().flatten(1).sum(1).all() if parameter.ndim else True, name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("name", ["reach", "width", "slowest", "tip"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    renderer = DrAction(replace(CONFIG, size=56)).double()
    batch = MotionBatch.from_motions([move_wrist(swinging)])
    batch = replace(batch, joints=batch.joints.double())
    with torch.no_grad():
        camera = renderer.view(batch, 56)
        for parameter in renderer.appearance.motion.parameters():
            parameter.add_(0.0123)  # no end of a piece in the very moment of a frame
    weight = torch.rand(3, 56, 56, generator=torch.Generator().manual_seed(0)).double()
    parameter = renderer.appearance.motion.get_parameter(name)

    def loss() -> Tensor:
        return (renderer(batch, torch.tensor([[25]]), camera).frames[0, 0] * weight).sum()

    (gradient,) = torch.autograd.grad(loss(), parameter)
    step = 1e-4
    with torch.no_grad():
        parameter.add_(step)
        above = loss()
        parameter.sub_(2 * step)
        slope = (above - loss()) / (2 * step)
    assert float(gradient.sum()) == pytest.approx(float(slope), rel=1e-3)
