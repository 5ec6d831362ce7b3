"""DrAction as its callers see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.scene.camera import make_sensor_camera
from skeletonllm.draction.solids import nvdiffrast_mesh
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.software_nvdiffrast import SoftwareNvdiffrast
from skeletonllm.topology import KINECT_V2

SMALL = DrActionConfig(size=56, patch=14)
FRAMES = torch.tensor([[0, 2, 6]])


def draw(renderer: DrAction, motions: list[Motion], frames: Tensor = FRAMES) -> Tensor:
    batch = MotionBatch.from_motions(motions)
    with torch.no_grad():
        return renderer(batch, frames.expand(len(motions), -1)).frames


def without(motion: Motion, frame: int, joint: int) -> Motion:
    """The motion with one joint of one frame unobserved."""
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[frame, 0, joint], confidence[frame, 0, joint] = 0, 0
    return replace(motion, joints=joints, confidence=confidence)


def test_shapes_ranges_and_types(everyone: list[Motion]) -> None:
    batch = MotionBatch.from_motions(everyone)
    rendering = DrAction(SMALL)(batch, FRAMES.expand(4, -1))
    assert rendering.frames.shape == (4, 3, 3, 56, 56)
    assert rendering.frames.dtype == torch.float32
    assert rendering.frames.min() == 0
    assert 0.5 < float(rendering.frames.detach().max()) <= 1
    assert rendering.patches.shape == (4, 3, 4, 4)
    assert rendering.patches.dtype == torch.bool


def test_a_clip_looks_the_same_alone_and_in_a_mixed_batch(everyone: list[Motion]) -> None:
    renderer = DrAction(SMALL)
    together = draw(renderer, everyone)
    for clip, motion in enumerate(everyone):
        alone = draw(renderer, [motion])[0]
        torch.testing.assert_close(together[clip], alone, rtol=0, atol=1e-6)


def test_nothing_can_be_seen_outside_the_patches(everyone: list[Motion]) -> None:
    renderer = DrAction(DrActionConfig(size=112, patch=14))
    batch = MotionBatch.from_motions(everyone)
    with torch.no_grad():
        rendering = renderer(batch, FRAMES.expand(4, -1))
    background = ~rendering.patches.repeat_interleave(14, 2).repeat_interleave(14, 3)
    outside = rendering.frames.amax(2)[background]
    assert 0.2 < rendering.patches.float().mean() < 0.8
    assert float(outside.max()) < 1 / 255


def test_gradient_reaches_every_parameter_and_the_joints(everyone: list[Motion]) -> None:
    renderer = DrAction(replace(SMALL, recurrent=True))
    batch = MotionBatch.from_motions(everyone)
    batch = replace(batch, joints=batch.joints.requires_grad_())
    rendering = renderer(batch, FRAMES.expand(4, -1))
    weight = torch.rand(rendering.frames.shape, generator=torch.Generator().manual_seed(0))
    (rendering.frames * weight).sum().backward()
    for name, parameter in renderer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
    assert batch.joints.grad is not None
    assert batch.joints.grad.any()


def test_gradient_of_joints_is_that_of_finite_differences(waving: Callable[..., Motion]) -> None:
    """Through appearance and rasterizer, with a camera that does not depend on the joints."""
    renderer = DrAction(replace(SMALL, camera="sensor"))
    batch = MotionBatch.from_motions([waving(KINECT_V2)])
    weight = torch.rand(3, 3, 56, 56, generator=torch.Generator().manual_seed(0))

    def loss(joints: Tensor) -> Tensor:
        return (renderer(replace(batch, joints=joints), FRAMES).frames[0] * weight).double().sum()

    joints = batch.joints.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(joints), joints)
    wrist = 2 * 25 + KINECT_V2.index("right_wrist")  # of frame 2
    for axis in range(2):
        step = torch.zeros_like(joints)
        step[wrist, axis] = 2e-3
        with torch.no_grad():
            slope = (loss(joints + step) - loss(joints - step)) / 4e-3
        assert float(gradient[wrist, axis]) == pytest.approx(float(slope), rel=0.02)


def test_right_hand_is_on_the_left_with_both_cameras(waving: Callable[..., Motion]) -> None:
    """The right arm is warm: red outweighs blue where it hangs."""
    for camera in ("fit", "sensor"):
        renderer = DrAction(DrActionConfig(size=56, patch=14, camera=camera, modulate=False))
        picture = draw(renderer, [waving(KINECT_V2)])[0, 0]
        columns = torch.arange(56).float()
        warm = (picture[0] - picture[2]).clamp_min(0).sum(0)
        cold = (picture[2] - picture[0]).clamp_min(0).sum(0)
        assert (warm @ columns) / warm.sum() < (cold @ columns) / cold.sum() - 2, camera


def test_the_published_formula_is_the_mirror_image(waving: Callable[..., Motion]) -> None:
    config = DrActionConfig(size=56, patch=14, formula="published", camera="sensor")
    motion = waving(KINECT_V2)
    arm = [KINECT_V2.index(f"right_{name}") for name in ("elbow", "wrist", "hand", "hand_tip")]
    lifted = motion.joints.copy()
    lifted[:, :, arm, 0] += 0.8
    picture = draw(DrAction(config), [replace(motion, joints=lifted)])[0, 0].sum(0)
    assert picture[:, 40:].sum() > 2 * picture[:, :16].sum()


def test_an_unobserved_joint_takes_its_bones_with_it_and_nothing_else(
    waving: Callable[..., Motion],
) -> None:
    config = replace(SMALL, camera="sensor", modulate=False, motion=False)
    renderer, whole = DrAction(config), waving(KINECT_V2)
    hand = KINECT_V2.index("right_hand_tip")
    before, after = (draw(renderer, [m])[0] for m in (whole, without(whole, 2, hand)))
    torch.testing.assert_close(before[[0, 2]], after[[0, 2]], rtol=0, atol=0.01)
    changed = (before[1] - after[1]).abs().amax(0) > 0.05
    assert changed.any()
    assert int(changed.sum()) < 30


def test_an_unobserved_joint_gets_no_gradient_and_gives_no_nan(
    waving: Callable[..., Motion],
) -> None:
    motion = without(waving(KINECT_V2), 2, 10)
    batch = MotionBatch.from_motions([motion])
    batch = replace(batch, joints=batch.joints.requires_grad_())
    DrAction(SMALL)(batch, FRAMES).frames.square().sum().backward()
    assert batch.joints.grad is not None
    assert batch.joints.grad.isfinite().all()
    assert not batch.joints.grad.view(10, 25, 3)[2, 10].any()
    assert batch.joints.grad.view(10, 25, 3)[2, 9].any()


def test_where_an_unobserved_joint_is_said_to_be_does_not_matter(
    waving: Callable[..., Motion],
) -> None:
    gone = without(waving(KINECT_V2), 2, 10)
    joints = gone.joints.copy()
    joints[2, 0, 10] = [50, -3, 0.5]
    one, other = (draw(DrAction(SMALL), [m]) for m in (gone, replace(gone, joints=joints)))
    assert torch.equal(one, other)


def test_who_is_absent_is_not_drawn(waving: Callable[..., Motion]) -> None:
    pair = waving(KINECT_V2, 10, 2)
    present = pair.present.copy()
    present[:, 1] = False
    renderer = DrAction(SMALL)
    alone = draw(renderer, [pair.select_persons([0])])
    torch.testing.assert_close(
        draw(renderer, [replace(pair, present=present)]), alone, rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("depth", [-3.0, -0.01, 0.0, 0.05])
def test_nobody_behind_or_at_the_sensor_is_drawn(
    waving: Callable[..., Motion], depth: float
) -> None:
    motion = waving(KINECT_V2, 10, 2)
    joints = motion.joints.copy()
    joints[:, 1, :, 2] += depth - joints[:, 1, :, 2].max()
    renderer = DrAction(DrActionConfig(size=56, patch=14, modulate=False))
    batch = MotionBatch.from_motions([replace(motion, joints=joints)])
    batch = replace(batch, joints=batch.joints.requires_grad_())
    camera = make_sensor_camera(batch, 56, mirrored=False)
    with torch.no_grad():  # a colour that does not depend on how deep the clip is
        renderer.appearance.depth_mix_logit.fill_(-50)
        renderer.appearance.halos.dim.fill_(-50)
        alone = MotionBatch.from_motions([motion.select_persons([0])])
        expected = renderer(alone, FRAMES, camera).frames
    found = renderer(batch, FRAMES, camera).frames
    torch.testing.assert_close(found.detach(), expected, rtol=0, atol=1e-5)
    found.sum().backward()
    assert batch.joints.grad is not None
    assert batch.joints.grad.isfinite().all()
    assert not batch.joints.grad.view(10, 2, 25, 3)[:, 1].any()


def test_everything_is_float32_under_autocast(everyone: list[Motion]) -> None:
    batch, renderer = MotionBatch.from_motions(everyone), DrAction(SMALL)
    with torch.no_grad():
        plain = renderer(batch, FRAMES.expand(4, -1)).frames
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = renderer(batch, FRAMES.expand(4, -1)).frames
    assert torch.equal(plain, mixed)


def test_parameters_are_freed_by_name() -> None:
    renderer = DrAction(SMALL)
    assert renderer.set_trainable("appearance.nfm.*", "appearance.features") == [
        "appearance.features",
        "appearance.nfm.0.weight",
        "appearance.nfm.0.bias",
        "appearance.nfm.2.weight",
        "appearance.nfm.2.bias",
    ]
    assert renderer.set_trainable() == []
    assert renderer.set_trainable("features", "appearance.features") == ["appearance.features"]
    with pytest.raises(
        RenderError, match=r"no parameter matches 'head\.\*'; expected appearance\."
    ):
        renderer.set_trainable("features", "head.*")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_freed_by_its_name_and_has_no_parameters_when_it_is_off(part: str) -> None:
    def list_parts(config: DrActionConfig) -> set[str]:
        names = [name for name, _ in DrAction(config).named_parameters()]
        return {name for name in names if name.startswith(tuple(f"appearance.{p}." for p in PARTS))}

    renderer, without = DrAction(SMALL), replace(SMALL, **{part: False})
    found = renderer.set_trainable(f"{part}.*")
    assert set(found) == list_parts(SMALL) - list_parts(without)
    assert found
    free = [name for name, parameter in renderer.named_parameters() if parameter.requires_grad]
    assert free == found
    with pytest.raises(RenderError, match=rf"no parameter matches '{part}\.\*'; expected appea"):
        DrAction(without).set_trainable(f"{part}.*")


def test_without_its_parts_a_renderer_starts_with_the_weights_it_always_had() -> None:
    plain = DrAction(replace(SMALL, **dict.fromkeys(PARTS, False))).state_dict()
    whole = DrAction(SMALL).state_dict()
    new = {name for name in whole if name not in plain}
    assert all(name.split(".")[1] in PARTS for name in new)
    thin = ("appearance.joint_radius", "appearance.bone_thickness")
    for name, value in plain.items():
        assert torch.equal(whole[name], value) == (name not in thin), name


def test_units_do_not_matter_to_the_fitted_camera(waving: Callable[..., Motion]) -> None:
    metres = waving(KINECT_V2)
    noise = np.random.default_rng(0).normal(size=metres.joints.shape) * 0.02
    metres = replace(metres, joints=metres.joints + noise.astype(np.float32))  # no equal depths
    centimetres = replace(metres, joints=metres.joints * 100, metric=False)
    renderer = DrAction(SMALL)
    torch.testing.assert_close(
        draw(renderer, [metres]), draw(renderer, [centimetres]), rtol=0, atol=1e-3
    )


def test_image_clips_and_the_same_persons_in_space_look_alike(everyone: list[Motion]) -> None:
    """COCO joints fitted as pixels, and the same photograph taken of them in the world."""
    flat = everyone[3]
    joints = (flat.joints - np.float32([320, 240, 0])) * np.float32([-1, -1, 0]) / 150
    space = replace(
        flat, joints=joints + np.float32([0, 0, 30]), space="camera", image_size=None, metric=True
    )
    renderer = DrAction(replace(SMALL, modulate=False))
    with torch.no_grad():
        renderer.appearance.depth_mix_logit.fill_(-50)
        renderer.appearance.halos.dim.fill_(-50)
        renderer.view.log_fov.fill_(-3)
    one, other = draw(renderer, [flat]), draw(renderer, [space])
    torch.testing.assert_close(one, other, rtol=0, atol=0.04)


def test_a_training_step_makes_the_picture_more_like_a_target(everyone: list[Motion]) -> None:
    renderer = DrAction(SMALL)
    batch, frames = MotionBatch.from_motions(everyone), FRAMES.expand(4, -1)
    target = DrAction(replace(SMALL, seed=7))
    with torch.no_grad():
        target.appearance.colour.neg_()
        wanted = target(batch, frames).frames
    optimizer = torch.optim.Adam(renderer.parameters(), lr=1e-2)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = (renderer(batch, frames).frames - wanted).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_the_mesh_engine_is_a_name_away(
    everyone: list[Motion], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn by the stand-in for nvdiffrast: same camera, same patches, bodies instead of dots."""
    batch, frames = MotionBatch.from_motions(everyone), FRAMES.expand(4, -1)
    plain = replace(SMALL, **dict.fromkeys(PARTS, False))
    renderer = DrAction(replace(plain, engine="nvdiffrast_mesh"))
    with pytest.raises(RenderError, match="no CUDA device"):
        renderer(batch, frames)
    monkeypatch.setattr(nvdiffrast_mesh, "load_nvdiffrast", lambda _: SoftwareNvdiffrast())
    solid, splatted = renderer(batch, frames), DrAction(plain)(batch, frames)
    assert torch.equal(solid.patches, splatted.patches)
    shown = [rendering.frames.detach().amax(2) > 0.2 for rendering in (solid, splatted)]
    assert (shown[0] & shown[1]).sum() > 0.6 * (shown[0] | shown[1]).sum()
    solid.frames.sum().backward()
    assert renderer.appearance.joint_radius.grad is not None


def test_the_published_formula_has_no_solids() -> None:
    with pytest.raises(RenderError, match="expected formula 'body', whose bones are known"):
        DrAction(DrActionConfig(engine="nvdiffrast_mesh", formula="published"))


def test_lengths_and_angles_are_told_from_networks() -> None:
    view = ["view.turn", "view.log_fov", "view.log_distance"]
    names = "joint_radius bone_thickness format_scale format_thickness".split()
    names += "motion.reach motion.width motion.slowest halos.width sharp.density".split()
    assert DrAction(SMALL).geometry() == [*(f"appearance.{name}" for name in names), *view]
    assert DrAction(replace(SMALL, formula="published", camera="sensor")).geometry() == []
