"""Do colours learnt on one skeleton stay on the same part of the body of another?

    python -m benchmarks.learning.transfer --released draction_candidate_01.safetensors --pictures
    out

Features of DrAction live on the body; the published code stretches a list of features, in the order
of joints and bones, to the length that another skeleton needs. Both carry colours from Kinect v2 to
other formats; the colour of a part there is compared with its colour on Kinect v2. Colours are at
rest: before motion and depth change them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import tyro
from torch import Tensor

from benchmarks.table import publish_table
from skeletonllm.draction import DrAction, DrActionConfig, load_renderer
from skeletonllm.draction.gaussians.appearance import BodyAppearance
from skeletonllm.draction.gaussians.primitives import make_primitives
from skeletonllm.draction.gaussians.published import PublishedAppearance
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, PARTS, SMPL_22, Topology
from skeletonllm.visualization.sheets import make_contact_sheet

FORMATS = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)
POINTS = 10
CLOSED_LOGIT = -50.0
"""Logit of a share of zero."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    released: str | None = None
    """Released weights of the paper, to be compared too."""
    size: int = 168
    """Height and width of a picture of the sheet."""
    pictures: str | None = None
    """Folder for the sheet ``transfer.png``."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    renderers = make_renderers(flags)
    rows = [row for name, renderer in renderers.items() for row in compare_formats(name, renderer)]
    publish_table("Colour distance (RGB in 0..1) to the same place on Kinect v2", rows, flags.json)
    if flags.pictures:
        drawn = [draw_formats(renderer) for renderer in renderers.values()]
        folder = Path(flags.pictures)
        folder.mkdir(parents=True, exist_ok=True)
        sheet = make_contact_sheet(
            drawn, [f"{name}: {', '.join(t.name for t in FORMATS)}" for name in renderers]
        )
        sheet.save(folder / "transfer.png", optimize=True)
    return 0


def make_renderers(flags: Flags) -> dict[str, DrAction]:
    """Renderers that show colours without motion and depth, by name."""
    config = DrActionConfig(size=flags.size, points_per_bone=POINTS, modulate=False)
    ours = remove_motion_effects(DrAction(config))
    renderers = {
        "on the body": ours,
        "by index, our colours": remove_motion_effects(make_index_renderer(ours)),
    }
    if flags.released:
        released = load_renderer(flags.released, size=flags.size, camera="fit")
        renderers["by index, released weights"] = remove_motion_effects(released)
    return renderers


@torch.no_grad()
def remove_motion_effects(renderer: DrAction) -> DrAction:
    """The same renderer without the effects of motion and depth on colours."""
    renderer.appearance.nfm = None
    renderer.appearance.depth_mix_logit.fill_(CLOSED_LOGIT)
    return renderer


@torch.no_grad()
def make_index_renderer(ours: DrAction) -> DrAction:
    """The published renderer, with the colours on Kinect v2 that ours has there.

    Its features are made to be those colours before the sigmoid, and its network to hand them on:
    x = relu(x) - relu(-x).
    """
    config = DrActionConfig(
        size=ours.config.size, points_per_bone=POINTS, modulate=False, formula="published", hidden=6
    )
    renderer = DrAction(config)
    appearance = renderer.appearance
    assert isinstance(appearance, PublishedAppearance)
    assert isinstance(ours.appearance, BodyAppearance)
    surface = ours.appearance.compute_logits(make_primitives(KINECT_V2, POINTS))[
        : len(KINECT_V2), :3
    ]
    blend = appearance.choose_template(KINECT_V2, surface).blend
    appearance.canonical_features.copy_(blend @ surface)
    both = torch.cat([torch.eye(3), -torch.eye(3)])
    appearance.get_parameter("appearance_head.0.weight").copy_(both)
    appearance.get_parameter("appearance_head.2.weight").zero_()[:3] = both.T
    appearance.get_parameter("appearance_head.2.bias").copy_(torch.tensor([0.0, 0, 0, 3]))
    return renderer


def compare_formats(name: str, renderer: DrAction) -> list[dict[str, Any]]:
    """One row a format: how far its parts, and its joints of the same name, are from Kinect v2's.

    A part's colour is the mean over what is drawn of it: it moves a little where a format has no
    hand, even if every place has the same colour. ``between parts`` says how far two parts of
    Kinect v2 are from each other: where that is nothing, there is nothing to carry.
    """
    reference = measure_part_colours(renderer, KINECT_V2)
    between = [
        float((reference[a] - reference[b]).norm()) for a, b in combinations(range(len(PARTS)), 2)
    ]
    rows = []
    for topology in FORMATS[1:]:
        parts = (measure_part_colours(renderer, topology) - reference).norm(dim=-1)
        parts = parts[parts.isfinite()]  # COCO has no torso
        joints = measure_joint_distances(renderer, topology)
        rows.append(
            {
                "features": name,
                "format": topology.name,
                "parts: mean": f"{float(parts.mean()):.3f}",
                "worst": f"{float(parts.max()):.3f}",
                "joints: mean": f"{float(joints.mean()):.3f}",
                "worst ": f"{float(joints.max()):.3f}",
                "between parts": f"{sum(between) / len(between):.3f}",
            }
        )
    return rows


def measure_part_colours(renderer: DrAction, topology: Topology) -> Tensor:  # [parts, 3]
    """Mean colour of the Gaussians of each part of the body; NaN where there are none."""
    rgb, blend = compute_colours(renderer, topology)
    nodes = blend @ make_primitives(topology, POINTS).anchors[: len(topology)]
    share = nodes.view(len(nodes), len(PARTS), -1).sum(-1)  # [K, parts]
    return share.T @ rgb / share.sum(0)[:, None]


def measure_joint_distances(renderer: DrAction, topology: Topology) -> Tensor:
    """Distance of colours at every joint that Kinect v2 has by the same name."""
    reference, other = (
        compute_colours(renderer, KINECT_V2)[0],
        compute_colours(renderer, topology)[0],
    )
    shared = [name for name in topology.joints if name in KINECT_V2.joints]
    pairs = [(KINECT_V2.index(name), topology.index(name)) for name in shared]
    return torch.stack([(reference[a] - other[b]).norm() for a, b in pairs])


@torch.no_grad()
def compute_colours(renderer: DrAction, topology: Topology) -> tuple[Tensor, Tensor]:
    """Colours at rest [K, 3] of a format's Gaussians, joints first, and their blends [K, J]."""
    appearance = renderer.appearance
    if isinstance(appearance, BodyAppearance):
        shapes = make_primitives(topology, POINTS)
        return appearance.compute_logits(shapes)[:, :3].sigmoid(), shapes.blend
    template = appearance.choose_template(
        topology, torch.from_numpy(make_person(topology).joints[0, 0])
    )
    return appearance.compute_logits(template)[:, :3].sigmoid(), template.blend


def make_person(topology: Topology) -> Motion:
    """The same person, the same performance, before the sensor."""
    return synthesize("hand waving", topology=topology, side="right", noise_m=0.0, space="camera")


@torch.no_grad()
def draw_formats(renderer: DrAction) -> npt.NDArray[np.float32]:  # [formats, 3, H, W]
    """One picture of each format."""
    batch = MotionBatch.from_motions([make_person(topology) for topology in FORMATS])
    frames = torch.full((len(FORMATS), 1), make_person(KINECT_V2).num_frames // 2)
    return renderer(batch, frames).frames[:, 0].numpy()


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
