"""Writers of what pose estimators and their corpora leave behind: JSON, as their own files have it.

All take motions in the picture, whose joints are pixels and whose confidence is the score, and
write missing joints as 0, 0 with score 0. Numbers are written so that float32 comes back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from skeletonllm.corpora.pose.mediapipe import NAMES
from skeletonllm.motion import Motion
from skeletonllm.synthesis.body import Array


def openpose(motion: Motion, key: str = "pose_keypoints_2d") -> list[str]:
    """The text of each frame's file (Cao et al., TPAMI 2019).

    Args:
        motion: In the image plane.
        key: Name of the keypoints, which differs between versions.
    """
    return [
        json.dumps({"version": 1.3, "people": [{key: rows.ravel().tolist()} for _, rows in people]})
        for people in _people(motion)
    ]


def alphapose(motion: Motion, *, tracked: bool = True) -> str:
    """One list of detections, by the names of pictures (Fang et al., TPAMI 2022).

    Args:
        motion: In the image plane.
        tracked: Whether detections say which person they are.
    """
    return json.dumps(
        [
            {"image_id": f"{t}.jpg", "category_id": 1, "keypoints": rows.ravel().tolist()}
            | {"score": 2.5}
            | ({"idx": p} if tracked else {})
            for t, people in enumerate(_people(motion))
            for p, rows in people
        ]
    )


def kinetics_skeleton(motion: Motion, label: str, label_index: int) -> str:
    """One video, as shares of the picture (Yan et al., AAAI 2018); frames count from 1.

    Args:
        motion: 18 joints in the image plane.
        label: Name of the class.
        label_index: Its number.
    """
    width, height = motion.image_size or (1, 1)
    data = []
    for t, people in enumerate(_people(motion), 1):
        shares = [rows / (width, height, 1) for _, rows in people]
        poses = [{"pose": s[:, :2].ravel().tolist(), "score": s[:, 2].tolist()} for s in shares]
        data.append({"frame_index": t, "skeleton": poses})
    return json.dumps({"data": data, "label": label, "label_index": label_index})


def coco(motion: Motion, joints: Sequence[str] | None = None) -> str:
    """Images of one video, with tracks; every joint that is there is labelled and seen (v = 2).

    Args:
        motion: In the image plane.
        joints: Names in the category; None takes COCO's own.
    """
    width, height = motion.image_size or (1, 1)
    size = {"width": width, "height": height}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for t, people in enumerate(_people(motion)):
        images.append({"id": t + 1, "file_name": f"v/{t:06d}.jpg", "vid_id": "v", **size})
        for p, rows in people:
            flat = np.concatenate([rows[:, :2], 2 * (rows[:, 2:] > 0)], -1).ravel().tolist()
            facts = {"id": len(annotations), "image_id": t + 1, "category_id": 1, "track_id": p}
            annotations.append({**facts, "keypoints": flat})
    category = {"id": 1, "name": "person", "keypoints": list(joints or motion.topology.joints)}
    return json.dumps({"images": images, "annotations": annotations, "categories": [category]})


def mediapipe(motion: Motion, world: Array | None = None) -> str:
    """Frames of 33 named landmarks: shares of the picture and, if given, ``world`` [T, 33, 3].

    Args:
        motion: 33 landmarks in the image plane.
        world: The same in space, [T, 33, 3] metres.
    """
    width, height = motion.image_size or (1, 1)
    frames: list[dict[str, Any]] = []
    for t, people in enumerate(_people(motion)):
        frame: dict[str, Any] = {"frameNum": t, "keypoints": []}
        frame |= {} if world is None else {"keypoints3D": []}
        for _, rows in people[:1]:
            shares = rows / (width, height, 1)
            flat = np.concatenate([shares[:, :2], np.zeros((33, 1))], -1)
            frame["keypoints"] = _landmarks(flat, rows[:, 2])
            if world is not None:
                frame["keypoints3D"] = _landmarks(world[t], rows[:, 2])
        frames.append(frame)
    return json.dumps({"fileName": "v.mp4", "ticksPerSecond": motion.fps, "frames": frames})


def _landmarks(xyz: Array, score: Array) -> list[dict[str, Any]]:
    rows = zip(NAMES, xyz.tolist(), score.tolist(), strict=True)
    return [{"x": x, "y": y, "z": z, "score": s, "name": name} for name, (x, y, z), s in rows]


def _people(motion: Motion) -> list[list[tuple[int, Array]]]:
    """Person and rows x, y, score [J, 3] of everyone who is present, by frame."""
    rows = np.concatenate([motion.joints[..., :2], motion.confidence[..., None]], -1)
    rows = np.where(motion.observed[..., None], rows, 0).astype(np.float64)
    return [
        [(p, frame[p]) for p in np.flatnonzero(present).tolist()]
        for frame, present in zip(rows, motion.present, strict=True)
    ]
