"""Everything that can learn is reached by the gradient of a real vision transformer, by name.

Lists of names come from the renderers themselves, so that no parameter is forgotten.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from transformers import InternVLVisionConfig, InternVLVisionModel

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.gaussians.appearance import MOTION_INPUTS
from skeletonllm.draction.gaussians.primitives import NODES
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, PARTS, SMPL_22

SMALL = DrActionConfig(size=56, patch=14, points_per_bone=4)
FRAMES = torch.tensor([[4, 20, 36]])
CONFIGS = {
    "body": SMALL,
    "body, recurrent": replace(SMALL, recurrent=True),
    "body, still": replace(SMALL, modulate=False),
    "published": replace(SMALL, formula="published"),
}
EVERY = [
    (kind, name)
    for kind, config in CONFIGS.items()
    for name, _ in DrAction(config).named_parameters()
]
PROMISED = {
    "view.turn", "view.log_fov", "view.log_distance",
    "appearance.colour", "appearance.intensity", "appearance.features",
    "appearance.joint_radius", "appearance.bone_thickness",
    "appearance.format_scale", "appearance.format_thickness",
    "appearance.base.0.weight", "appearance.base.2.bias", "appearance.depth_mix_logit",
    "appearance.nfm.0.weight", "appearance.nfm.2.bias",
    "appearance.memory.weight_ih_l0", "appearance.memory.weight_hh_l0",
}  # fmt: skip
PER_NODE = ("colour", "intensity", "features", "joint_radius", "bone_thickness")
INPUTS = {
    "position": slice(0, 3),
    "velocity": slice(3, 6),
    "depth": slice(6, 7),
    "joint angle": slice(7, 8),
    "colour and opacity at rest": slice(MOTION_INPUTS, MOTION_INPUTS + 4),
}
"""Columns of the modulator's first layer."""

Gradients = dict[str, Tensor | None]


@pytest.fixture(scope="module")
def people() -> list[Motion]:
    """Four skeletons in camera, world and image space; one of the clips holds two persons."""
    return [
        synthesize("punch/slap someone", topology=KINECT_V2),
        synthesize("pick up", topology=KINECT_V1),
        synthesize("walk around", topology=SMPL_22),
        synthesize("squat down", topology=COCO_17),
    ]


@pytest.fixture(scope="module")
def tower() -> InternVLVisionModel:
    """The vision tower of InternVL, tiny and random, frozen."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = InternVLVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=[56, 56],
            patch_size=[14, 14],
            layer_scale_init_value=1.0,
        )
        model = InternVLVisionModel(config)
        for name, weight in model.named_parameters():
            nn.init.normal_(weight, std=0.2) if weight.ndim > 1 and "norm" not in name else None
    return model.eval().requires_grad_(False)


def draw(renderer: DrAction, motions: list[Motion]) -> Tensor:
    return renderer(MotionBatch.from_motions(motions), FRAMES.expand(len(motions), -1)).frames


def look(tower: InternVLVisionModel, frames: Tensor) -> Tensor:
    """A number that depends on everything the tower sees."""
    seen = tower(frames.flatten(0, 1) * 4 - 1).last_hidden_state.float()
    weight = torch.rand(seen.shape, generator=torch.Generator().manual_seed(1)) - 0.5
    return (seen * weight).sum()


def gradients(renderer: DrAction, motions: list[Motion], tower: InternVLVisionModel) -> Gradients:
    renderer.zero_grad()
    look(tower, draw(renderer, motions)).backward()
    return {name: parameter.grad for name, parameter in renderer.named_parameters()}


@pytest.fixture(scope="module")
def found(people: list[Motion], tower: InternVLVisionModel) -> dict[str, Gradients]:
    """Gradients of every parameter of every kind of renderer, from four formats at once."""
    return {k: gradients(DrAction(config), people, tower) for k, config in CONFIGS.items()}


def loud(config: DrActionConfig) -> DrAction:
    """A renderer whose modulator does not whisper."""
    renderer = DrAction(config)
    with torch.no_grad():
        renderer.get_parameter("appearance.nfm.2.weight").mul_(10)
    return renderer


def test_what_is_promised_is_there() -> None:
    assert {name for _, name in EVERY} >= PROMISED


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_parameter_is_reached_through_a_vision_transformer(
    found: dict[str, Gradients], kind: str, name: str
) -> None:
    gradient = found[kind][name]
    assert gradient is not None
    assert gradient.isfinite().all()
    assert gradient.any()


@pytest.mark.parametrize("name", PER_NODE)
def test_every_part_of_the_body_is_reached(found: dict[str, Gradients], name: str) -> None:
    gradient = found["body"][f"appearance.{name}"]
    assert gradient is not None
    nodes = gradient.view(len(PARTS), NODES, -1).abs().sum(-1)
    assert (nodes > 0).any(1).all()


@pytest.mark.parametrize("name", ["format_scale", "format_thickness"])
def test_every_format_of_the_batch_is_reached_and_no_other(
    found: dict[str, Gradients], people: list[Motion], tower: InternVLVisionModel, name: str
) -> None:
    every = found["body"][f"appearance.{name}"]
    assert every is not None
    assert every.all()
    alone = gradients(DrAction(SMALL), people[2:3], tower)[f"appearance.{name}"]
    assert alone is not None
    reached = alone.view(len(SMALL.formats), -1).all(1).tolist()
    assert reached == [name == "smpl_22" for name in SMALL.formats]


@pytest.mark.parametrize("name", [name for kind, name in EVERY if kind == "body, recurrent"])
def test_each_is_freed_by_its_name_and_then_learns_alone(
    people: list[Motion], tower: InternVLVisionModel, name: str
) -> None:
    renderer = DrAction(CONFIGS["body, recurrent"])
    assert renderer.set_trainable(name) == [name]
    before = {n: p.detach().clone() for n, p in renderer.named_parameters()}
    found = gradients(renderer, people[1:3], tower)
    assert [n for n, gradient in found.items() if gradient is not None] == [name]
    torch.optim.Adam([p for p in renderer.parameters() if p.requires_grad], lr=0.01).step()
    changed = [n for n, p in renderer.named_parameters() if not torch.equal(p, before[n])]
    assert changed == [name]


def test_frozen_means_no_gradient_at_all(people: list[Motion]) -> None:
    renderer = DrAction(CONFIGS["body, recurrent"])
    renderer.set_trainable()
    assert not draw(renderer, people).requires_grad


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_the_modulator_hears_each_of_its_inputs(
    people: list[Motion], tower: InternVLVisionModel, name: str, recurrent: bool
) -> None:
    renderer = loud(replace(SMALL, recurrent=recurrent))
    first = renderer.get_parameter("appearance.nfm.0.weight")
    gradient = gradients(renderer, people, tower)["appearance.nfm.0.weight"]
    assert gradient is not None
    columns = gradient[:, INPUTS[name]]
    assert columns.isfinite().all()
    assert columns.any(0).all()
    with torch.no_grad():
        hearing = draw(renderer, people)
        first[:, INPUTS[name]] = 0
        deaf = draw(renderer, people)
    assert float((hearing - deaf).abs().max()) > 0.01


def test_only_the_gru_remembers_earlier_frames(people: list[Motion]) -> None:
    for recurrent in (False, True):
        renderer = loud(replace(SMALL, recurrent=recurrent))
        batch = MotionBatch.from_motions(people[:1])
        with torch.no_grad():
            one, other = (renderer(batch, torch.tensor([[at, 30]])).frames[0, 1] for at in (0, 20))
        difference = float((one - other).abs().max())
        assert (difference > 1e-3) == recurrent, difference


@pytest.mark.parametrize("kind", CONFIGS)
def test_under_bfloat16_frames_stay_float32_and_gradients_finite(
    people: list[Motion], tower: InternVLVisionModel, kind: str
) -> None:
    renderer = DrAction(CONFIGS[kind])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        frames = draw(renderer, people)
        loss = look(tower, frames)
    assert frames.dtype == torch.float32
    loss.backward()
    for name, parameter in renderer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.dtype == torch.float32, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
