"""A page of motions that the Python renderer can draw as well, for the player's tests."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2
from skeletonllm.viewer.blocks import deflate, join_motions, to_json_bytes
from skeletonllm.viewer.head import describe_topology
from skeletonllm.viewer.pack import pack_motion
from tests.web.made_data import PageData, make_page_data

FPS = 10.0
UNSEEN = "right_elbow"
"""A joint that no frame after the fifth observes, in the clip with a gap."""
STEPS = (
    ("The right hand rises.", 0.2, 0.6, "true", "0.41 m", ["right_wrist", "right_hand"]),
    ("The left hand rises.", 0.8, 1.1, "contradicted", "the left hand sank by 0.21 m", []),
    ("The person looks up.", 1.2, 1.4, "unverifiable", "the head was not observed", []),
    ("So be it.", 1.5, 1.7, "not_understood", "no rule reads it", []),
)


def make_motions() -> dict[str, Motion]:
    """One clip of each kind, by name: as many frames a second as the page holds."""
    hands = synthesize("hand waving", topology=KINECT_V2, fps=FPS, seed=3)
    return {
        "camera": hands,
        "pair": synthesize("shaking hands", topology=KINECT_V2, fps=FPS, seed=5),
        "world": synthesize("side kick", fps=FPS, seed=7, space="world", yaw_deg=50),
        "image": synthesize("hand waving", topology=COCO_17, fps=FPS, seed=1, space="image"),
        "gap": _with_gap(hands),
    }


def make_player_page(motions: dict[str, Motion]) -> PageData:
    """A page whose first rows show these motions, with rationales, negatives and pictures.

    Args:
        motions: By name, in the order of rows.
    """
    data = make_page_data(len(motions))
    topologies = {m.topology.name: describe_topology(m.topology) for m in motions.values()}
    packed = [pack_motion(motion) for motion in motions.values()]
    texts = [_texts(name, motion, len(motions)) for name, motion in motions.items()]
    blocks = {
        **data.blocks,
        "motions-0": deflate(join_motions(packed)),
        "texts-0": deflate(to_json_bytes(texts)),
    }
    return replace(data, head={**data.head, "topologies": topologies}, blocks=blocks)


def _with_gap(motion: Motion) -> Motion:
    confidence = motion.confidence.copy()
    confidence[5:, :, motion.topology.joints.index(UNSEEN)] = 0
    joints = motion.joints * (confidence > 0)[..., None]
    return replace(motion, joints=joints.astype(np.float32), confidence=confidence)


def _texts(name: str, motion: Motion, rows: int) -> dict[str, Any]:
    fields = ("text", "start_s", "end_s", "verdict", "measured", "joints")
    steps = [{"persons": [0], **dict(zip(fields, step, strict=True))} for step in STEPS]
    about = {"status": "accepted", "variant": 0, "prompt_sha256": None, "usd": None}
    told = {"grounded": 0.5, "text": "So it is.", **about}
    pictures = [_picture(shade) for shade in np.linspace(0, 255, motion.num_frames)]
    return {
        "rationales": [
            {"teacher": "kinematic", "steps": steps, **told},
            {"teacher": "other", "steps": steps[:1], **told},
        ],
        "captions": [{"text": f"A clip of {name}.", "start_s": 0.0, "end_s": 1.0}],
        "negatives": [["pair of hands", "kinematics 0.83"], ["none here", "text 0.20"]],
        "example_rows": [1 % rows, -1],
        "questions": ["How many persons? One."],
        "lineage": [["file", f"made/{name}.skeleton"], ["normalized as", "clean@2"]],
        "pictures": [{"name": "published", "fps": FPS, "frames": pictures}],
    }


def _picture(shade: float) -> str:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), (int(shade),) * 3).save(kept, "PNG")
    return f"data:image/png;base64,{base64.b64encode(kept.getvalue()).decode()}"
