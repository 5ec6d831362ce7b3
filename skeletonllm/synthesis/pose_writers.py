"""Writers of the JSON of pose estimators and their corpora, as their own files have it.

All take motions in the picture, whose joints are pixels and whose confidence is the score, and
write missing joints as 0, 0 with score 0. Numbers are written so that float32 comes back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.motion import Motion
from skeletonllm.synthesis.body import Array


def format_openpose(motion: Motion, key: str = "pose_keypoints_2d") -> list[str]:
    """The text of each frame's OpenPose file (Cao et al., TPAMI 2019).

    Args:
        motion: In the picture.
        key: Under which keypoints stand; older versions called them otherwise.
    """
    return [
        json.dumps({"version": 1.3, "people": [{key: rows.ravel().tolist()} for _, rows in people]})
        for people in _choose_people(motion)
    ]


def format_alphapose(motion: Motion, *, tracked: bool = True) -> str:
    """The text of an AlphaPose file: detections by names of pictures (Fang et al., TPAMI 2022).

    Args:
        motion: In the picture.
        tracked: Whether each detection bears the number of its person.
    """
    return json.dumps(
        [
            {"image_id": f"{t}.jpg", "category_id": 1, "keypoints": rows.ravel().tolist()}
            | {"score": 2.5}
            | ({"idx": p} if tracked else {})
            for t, people in enumerate(_choose_people(motion))
            for p, rows in people
        ]
    )


def format_kinetics_skeleton(motion: Motion, label: str, label_index: int) -> str:
    """The text of a Kinetics-Skeleton file: one video, in shares of the picture, frames from 1.

    Yan et al., AAAI 2018.

    Args:
        motion: In the picture.
        label: Name of the action.
        label_index: Its number.
    """
    width, height = motion.image_size or (1, 1)
    data = []
    for t, people in enumerate(_choose_people(motion), 1):
        shares = [rows / (width, height, 1) for _, rows in people]
        poses = [{"pose": s[:, :2].ravel().tolist(), "score": s[:, 2].tolist()} for s in shares]
        data.append({"frame_index": t, "skeleton": poses})
    return json.dumps({"data": data, "label": label, "label_index": label_index})


def format_coco(motion: Motion, joints: Sequence[str] | None = None) -> str:
    """The text of a COCO file: images of one video, with tracks; observed joints have v = 2.

    Args:
        motion: In the picture.
        joints: Names of the keypoints; those of the topology if None.
    """
    width, height = motion.image_size or (1, 1)
    size = {"width": width, "height": height}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for t, people in enumerate(_choose_people(motion)):
        images.append({"id": t + 1, "file_name": f"v/{t:06d}.jpg", "vid_id": "v", **size})
        for p, rows in people:
            flat = np.concatenate([rows[:, :2], 2 * (rows[:, 2:] > 0)], -1).ravel().tolist()
            facts = {"id": len(annotations), "image_id": t + 1, "category_id": 1, "track_id": p}
            annotations.append({**facts, "keypoints": flat})
    category = {"id": 1, "name": "person", "keypoints": list(joints or motion.topology.joints)}
    return json.dumps({"images": images, "annotations": annotations, "categories": [category]})


def format_mediapipe(motion: Motion, world: Array | None = None) -> str:
    """The text of a MediaPipe file: frames of 33 named landmarks, in shares of the picture.

    Args:
        motion: In the picture; person 0 is written.
        world: Landmarks in metres [T, 33, 3], written beside the others; None for none.
    """
    width, height = motion.image_size or (1, 1)
    frames: list[dict[str, Any]] = []
    for t, people in enumerate(_choose_people(motion)):
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


def format_mmpose(motion: Motion) -> str:
    """The text of what MMPose's demos save of a video: named joints and tracked instances."""
    names = {str(i): name for i, name in enumerate(motion.topology.joints)}
    frames = [
        {
            "frame_id": t,
            "instances": [
                {
                    "keypoints": rows[:, :2].tolist(),
                    "keypoint_scores": rows[:, 2].tolist(),
                    "track_id": p,
                }
                for p, rows in people
            ],
        }
        for t, people in enumerate(_choose_people(motion))
    ]
    meta = {"dataset_name": "ours", "num_keypoints": len(names), "keypoint_id2name": names}
    return json.dumps({"meta_info": meta, "instance_info": frames})


def format_mmskeleton(motion: Motion, category: int) -> str:
    """The text of an MMSkeleton file (Yan et al.): one video, with the size of its picture.

    Args:
        motion: In the picture.
        category: Number of the action; -1 for none.
    """
    annotations = [
        {"frame_index": t, "id": i, "person_id": p, "keypoints": rows.tolist()}
        for t, people in enumerate(_choose_people(motion))
        for i, (p, rows) in enumerate(people)
    ]
    info = {
        "video_name": "v.mp4",
        "resolution": list(motion.image_size or (1, 1)),
        "num_frame": motion.num_frames,
        "num_keypoints": len(motion.topology),
        "keypoint_channels": ["x", "y", "score"],
        "version": "1.0",
    }
    return json.dumps({"info": info, "annotations": annotations, "category_id": category})


def format_movenet(motion: Motion) -> str:
    """The text of dumped poses of TensorFlow.js: a list of tracked poses for each frame."""
    joints = motion.topology.joints
    frames = [
        [
            {
                "id": p,
                "score": 0.9,
                "keypoints": [
                    {"x": x, "y": y, "score": s, "name": name}
                    for name, (x, y, s) in zip(joints, rows.tolist(), strict=True)
                ],
            }
            for p, rows in people
        ]
        for people in _choose_people(motion)
    ]
    return json.dumps(frames)


def format_openpifpaf(motion: Motion) -> str:
    """The lines of an OpenPifPaf video: a frame a line, persons with the numbers of its tracker."""
    return "".join(
        json.dumps(
            {
                "frame": t,
                "predictions": [
                    {
                        "keypoints": rows.ravel().tolist(),
                        "bbox": [0, 0, 1, 1],
                        "score": 0.8,
                        "category_id": 1,
                        "id_": p + 1,
                    }
                    for p, rows in people
                ],
            }
        )
        + "\n"
        for t, people in enumerate(_choose_people(motion), 1)
    )


def format_ultralytics(motion: Motion) -> list[str]:
    """The text of each frame's label file of YOLO, tracked; empty where nobody is."""
    width, height = motion.image_size or (1, 1)
    return [
        "".join(
            f"0 0.5 0.5 0.1 0.9 {' '.join(map(repr, shares.ravel().tolist()))} {p}\n"
            for p, shares in ((p, rows / (width, height, 1)) for p, rows in people)
        )
        for people in _choose_people(motion)
    ]


def format_ultralytics_json(motion: Motion) -> str:
    """The text of a list of YOLO's results, a list for each frame."""
    frames = [
        [
            {
                "name": "person",
                "class": 0,
                "confidence": 0.9,
                "track_id": p,
                "keypoints": dict(zip(("x", "y", "visible"), rows.T.tolist(), strict=True)),
            }
            for p, rows in people
        ]
        for people in _choose_people(motion)
    ]
    return json.dumps(frames)


def format_vitpose(motion: Motion) -> str:
    """The text of an easy_ViTPose file: y before x, persons by their numbers, named joints."""
    frames = [
        {str(p): rows[:, [1, 0, 2]].tolist() for p, rows in people}
        for people in _choose_people(motion)
    ]
    names = {str(i): name for i, name in enumerate(motion.topology.joints)}
    return json.dumps({"keypoints": frames, "skeleton": names})


def _landmarks(xyz: Array, score: Array) -> list[dict[str, Any]]:
    rows = zip(NAMES, xyz.tolist(), score.tolist(), strict=True)
    return [{"x": x, "y": y, "z": z, "score": s, "name": name} for name, (x, y, z), s in rows]


def _choose_people(motion: Motion) -> list[list[tuple[int, Array]]]:
    """Person and rows x, y, score [J, 3] of everyone who is present, by frame."""
    rows = np.concatenate([motion.joints[..., :2], motion.confidence[..., None]], -1)
    rows = np.where(motion.observed[..., None], rows, 0).astype(np.float64)
    return [
        [(p, frame[p]) for p in np.flatnonzero(present).tolist()]
        for frame, present in zip(rows, motion.present, strict=True)
    ]
