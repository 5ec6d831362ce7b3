"""Small files of MediaPipe's landmarks and of tables and arrays with a YAML."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fuzz.mocap_seeds import FRAMES, Texts, make_motion, save_npy, save_npz
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.pose_topologies import MEDIAPIPE_33
from skeletonllm.synthesis import kinect_writers as kinect
from skeletonllm.synthesis import pose_writers as poses

_LAB = """\
topology: lab_stick_4
joints: [pelvis, head, left_hand, right_hand]
bones: [[pelvis, head], [head, left_hand], [head, right_hand]]
fps: 60
units: m
"""
_TIMED = f"""\
{_LAB.replace("fps: 60", "fps: 50")}time: t
person: who
resample: true
confidence: "{{joint}}_c"
missing: [nan, zero, -1, 9999, occluded]
decimal: ","
"""
_FLAT = f"""\
{_LAB}header_rows: 0
comments: "%"
order: [frame, axis, joint]
"""
_JOINTS = ("pelvis", "head", "left_hand", "right_hand")
_COLUMNS = [f"{j}_{a}" for j in _JOINTS for a in "xyz"]
_NUMBERS = np.arange(FRAMES * 12, dtype=np.float64).reshape(FRAMES, 12) / 7 + 0.125


def _make_csv() -> Texts:
    return {
        "wave/1.csv": f"{','.join(_COLUMNS)}\n{kinect.format_table(_NUMBERS, parted=',')}",
        "skeleton.yaml": _LAB,
    }


def _make_times() -> Texts:
    head = ["t", "who", *_COLUMNS, *(f"{joint}_c" for joint in _JOINTS)]
    rows = ["# uneven times, marks for what is missing", ";".join(head)]
    for t, numbers in enumerate(_NUMBERS):
        values = [0.02 * t + 0.005 * (t % 3), *numbers, 1, 0.5, 1, 0]
        words = [f"{value:.4f}".replace(".", ",") for value in values]
        words[3:6] = ["-1"] * 3 if t % 4 == 1 else words[3:6]
        words[6] = "occluded" if t % 4 == 2 else words[6]
        rows += [";".join([words[0], who, *words[1:]]) for who in ("a", "b")[: 1 + t % 2]]
    return {"wave/1.tsv": "\n".join(rows), "skeleton.yml": _TIMED}


def _make_flat() -> Texts:
    rows = [" ".join(f"{value:.4f}" for value in numbers) for numbers in _NUMBERS]
    return {"1.txt": "\r\n".join(["% numbers alone", *rows]).encode("utf-16"), "1.yaml": _FLAT}


def _make_rows() -> Texts:
    rows = [
        f"{t},{joint},{x:.4f},{y:.4f},{z:.4f},0.5"
        for t, pose in enumerate(_NUMBERS.reshape(FRAMES, 4, 3).tolist())
        for joint, (x, y, z) in zip(_JOINTS, pose, strict=True)
    ]
    yaml = f"{_LAB}frame: frame\njoint: joint\nconfidence: c\n"
    return {"1.csv": "\n".join(["frame,joint,x,y,z,c", *rows]), "skeleton.yaml": yaml}


def _make_npy() -> Texts:
    return {"wave/1.npy": save_npy(_NUMBERS.reshape(FRAMES, 4, 3)), "skeleton.yaml": _LAB}


def _make_npz() -> Texts:
    arrays = {"poses": _NUMBERS, "sure": np.ones((FRAMES, 4)), "t": np.arange(FRAMES) / 60}
    yaml = f"{_LAB}array: poses\nconfidence: sure\ntime: t\n"
    return {"wave/1.npz": save_npz(**arrays), "skeleton.yaml": yaml}


def _make_parquet() -> Texts:
    file = io.BytesIO()
    columns = {name: _NUMBERS[:, i] for i, name in enumerate(_COLUMNS)}
    pq.write_table(pa.table(columns), file)
    return {"wave/1.parquet": file.getvalue(), "skeleton.yaml": _LAB}


def _poses() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Landmarks in shares of the picture [T, 33, 4]."""
    motion = make_motion("hand waving", MEDIAPIPE_33)
    shares = motion.joints[:, 0, :, :2] / (motion.image_size or (1, 1))
    rest = np.tile((-0.1, 0.9), (*shares.shape[:2], 1))
    return np.concatenate([shares, rest], -1).astype(np.float64).round(4)


def _make_dance() -> Texts:
    world = np.random.default_rng(0).uniform(-1, 1, (FRAMES, 33, 3))
    return {"dance.json": poses.format_mediapipe(make_motion("hand waving", MEDIAPIPE_33), world)}


def _make_tasks() -> Texts:
    def points(pose: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[dict[str, float]]:
        return [dict(zip(("x", "y", "z", "visibility"), p, strict=True)) for p in pose.tolist()]

    frames = [
        {
            "timestamp_ms": 40 * t,
            "pose_landmarks": [points(pose)],
            "pose_world_landmarks": [points(pose - 0.5)],
        }
        for t, pose in enumerate(_poses())
    ]
    return {"tasks.json": json.dumps({"width": 1280, "height": 720, "results": frames})}


def _make_wide() -> Texts:
    head = ["label", "frame", *(f"{n.upper()}_{a}" for n in NAMES for a in ("x", "y", "z", "v"))]
    rows = [["wave", str(t), *map(str, pose.ravel())] for t, pose in enumerate(_poses())]
    return {"wide.csv": "\n".join(",".join(row) for row in [head, *rows])}


def _make_long() -> Texts:
    rows = [
        f"{t / 25},{i},{x},{y},{z},{v}"
        for t, pose in enumerate(_poses())
        for i, (x, y, z, v) in enumerate(pose.tolist())
    ]
    return {"long.csv": "\n".join(["time,landmark_id,x,y,z,visibility", *rows])}


def _make_landmarks() -> Texts:
    return {
        "poses.npy": save_npy(_poses()),
        "flat.npz": save_npz(pose=_poses().reshape(FRAMES, -1)),
    }


TABLES: dict[str, list[Callable[[], Texts]]] = {
    "generic": [
        _make_csv, _make_npy, _make_npz, _make_parquet, _make_times, _make_flat,
        _make_rows,
    ],
    "mediapipe": [_make_dance, _make_tasks, _make_wide, _make_long, _make_landmarks],
}  # fmt: skip
