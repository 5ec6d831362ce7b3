"""A tiny raw corpus of each family of readers: folders as those who hand them on leave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from skeletonllm.synthesis import (
    make_pyskl_annotation,
    synthesize,
    write_humanml3d,
    write_ntu,
    write_pyskl,
)
from skeletonllm.synthesis.pose_writers import format_coco
from skeletonllm.topology import COCO_17, SMPL_22, Topology
from tests.jobs.test_normalize import BVH

LABELS = {"sit down": "A008", "hand waving": "A023"}
TAKES = (1, 2)

LAB_SKELETON = "lab_stick_of_the_road"
LAYOUT = f"""topology: {LAB_SKELETON}
joints: [pelvis, neck, head, left_hand, right_hand]
bones: [[pelvis, neck], [neck, head], [neck, left_hand], [neck, right_hand]]
fps: 10
units: m
name: "{{label}}/{{repetition}}"
labels: [sit, wave]
"""


@dataclass(frozen=True)
class Family:
    """A corpus that stands for a family.

    Args:
        corpus: Name of the reader.
        write: Writes the raw files into a folder.
        labelled: Whether its clips bear classes, so that one may train on them alone.
        clips: How many clips come of it.
    """

    corpus: str
    write: Callable[[Path], object]
    labelled: bool = True
    clips: int = 4


def _kinect(folder: Path) -> None:
    for (label, action), take in product(LABELS.items(), TAKES):
        name = f"S001C001P001R{take:03d}{action}.skeleton"
        write_ntu(folder / name, synthesize(label, seed=take, fps=10))


def _mocap(folder: Path) -> None:
    for action, take in product(("kick", "punch"), TAKES):
        turned = BVH.replace("10 0 0 0 0", f"{10 * take} 0 0 0 0")
        (folder / f"dataset-1_{action}_normal_{take:03d}.bvh").write_text(turned)


def _pose(folder: Path) -> None:
    """Joints in the order of a network of one's own: a skeleton that only the files define."""
    own = Topology("own_order", COCO_17.joints[::-1], ((0, 1),), 2)
    for take in TAKES:
        motion = synthesize("hand waving", topology=own, seed=take, fps=10)
        (folder / f"video{take}.json").write_text(format_coco(motion))


def _generic(folder: Path) -> None:
    (folder / "skeleton.yaml").write_text(LAYOUT)
    joints = ("pelvis", "neck", "head", "left_hand", "right_hand")
    names = [f"{joint}_{axis}" for joint, axis in product(joints, "xyz")]
    body = np.array([[0, 1, 0], [0, 1.5, 0], [0, 1.7, 0], [0.4, 1.2, 0], [-0.4, 1.2, 0]])
    rng = np.random.default_rng(0)
    for label, take in product(("sit", "wave"), TAKES):
        rows = body.ravel() + rng.normal(0, 0.05, (8, len(names))).cumsum(0)
        (folder / label).mkdir(exist_ok=True)
        np.savetxt(
            folder / label / f"{take}.csv", rows, delimiter=",", header=",".join(names), comments=""
        )


def _exchange(folder: Path) -> None:
    motions = {
        f"S001C001P001R{take:03d}{action}": synthesize(label, topology=COCO_17, seed=take, fps=10)
        for (label, action), take in product(LABELS.items(), TAKES)
    }
    notes = [make_pyskl_annotation(name, motion, 0) for name, motion in motions.items()]
    write_pyskl(folder / "ntu_hrnet.pkl", notes)


def _captions(folder: Path) -> None:
    for take in TAKES:
        motion = synthesize("hand waving", topology=SMPL_22, seed=take, fps=20)
        write_humanml3d(folder, f"{take:06d}", motion, ["someone waves"])


FAMILIES = {
    "kinect": Family("ntu_rgbd", _kinect),
    "mocap": Family("bvh", _mocap),
    "pose": Family("coco", _pose, labelled=False, clips=2),
    "generic": Family("generic", _generic),
    "exchange": Family("pyskl", _exchange),
    "captions": Family("humanml3d", _captions, labelled=False, clips=2),
}
