"""Small files of laboratories: one body, as each software exports it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.fuzz.mocap_seeds import FRAMES, Texts, make_motion, save_npy
from skeletonllm.corpora.labs.kinect_azure import NAMES as AZURE_NAMES
from skeletonllm.corpora.pose.landmarks.recording import NAMES as MEDIAPIPE_NAMES
from skeletonllm.pose_topologies import MEDIAPIPE_WORLD_33
from skeletonllm.sensor_topologies import AZURE_32, XSENS_23, ZED_18, ZED_38
from skeletonllm.synthesis import lab_writers as labs
from skeletonllm.synthesis.body import Array
from skeletonllm.topology import Topology

Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""From +y up to +z up, for rows of points."""

MARKERS = {
    "C7": (0, 1.5, 0), "CLAV": (0, 1.4, 0.1), "LSHO": (0.2, 1.4, 0), "RSHO": (-0.2, 1.4, 0),
    "LASI": (0.1, 1, 0.1), "RASI": (-0.1, 1, 0.1), "SACR": (0, 1, -0.1),
    "LKNE": (0.1, 0.5, 0), "RKNE": (-0.1, 0.5, 0), "LANK": (0.1, 0.1, 0), "RANK": (-0.1, 0.1, 0),
}  # fmt: skip
"""A body of markers in metres, +y up."""

MOTIVE = (
    "Hip Ab Chest Neck Head LShoulder LUArm LFArm LHand RShoulder RUArm RFArm RHand "
    "LThigh LShin LFoot LToe RThigh RShin RFoot RToe"
).split()
XSENS = (
    "Pelvis L5 L3 T12 T8 Neck Head RightShoulder RightUpperArm RightForeArm RightHand LeftShoulder "
    "LeftUpperArm LeftForeArm LeftHand RightUpperLeg RightLowerLeg RightFoot RightToe LeftUpperLeg "
    "LeftLowerLeg LeftFoot LeftToe"
).split()


def _markers() -> Array:
    """[T, N, 3] in metres: the body walks, and one marker is lost in one frame."""
    still = np.array([*MARKERS.values()])
    points = still + 0.01 * np.arange(FRAMES)[:, None, None]
    points[2, 0] = np.nan
    return points


def _joints(topology: Topology, space: str = "world") -> Array:
    return make_motion("hand waving", topology, space).joints[:, 0].astype(np.float64)


def make_trc() -> Texts:
    return {"walk.trc": labs.format_trc(_markers() * 1000, [*MARKERS])}


def make_storage() -> Texts:
    bodies = ["pelvis", "femur_r", "tibia_r", "femur_l", "tibia_l", "torso"]
    points = _markers()[:, [6, 8, 10, 7, 9, 1]]
    return {
        "markers.sto": labs.format_storage(_markers(), [*MARKERS], axes="xyz"),
        "walk_BodyKinematics_pos_global.sto": labs.format_storage(points, bodies),
    }


def make_vicon() -> Texts:
    labels = [*(f"Ann:{label}" for label in MARKERS), "box:corner1"]
    points = np.concatenate([_markers(), np.ones((FRAMES, 1, 3))], 1)
    return {"walk.csv": labs.format_vicon_csv(points @ Z_UP.T * 1000, labels)}


def make_motive() -> Texts:
    at = [XSENS_23.index(joint) for joint in _MOTIVE_JOINTS]
    bones = [f"Ann:{bone}" for bone in MOTIVE]
    return {"take.csv": labs.format_motive_csv(_joints(XSENS_23)[:, at], bones)}


_ARM = "{0}_collar {0}_shoulder {0}_elbow {0}_wrist"
_LEG = "{0}_hip {0}_knee {0}_ankle {0}_foot"
_MOTIVE_JOINTS = " ".join(
    ["pelvis spine upper_spine neck head", _ARM.format("left"), _ARM.format("right"),
     _LEG.format("left"), _LEG.format("right")]
).split()  # fmt: skip


def make_qualisys() -> Texts:
    points = _markers() @ Z_UP.T * 1000
    return {
        "a.tsv": labs.format_qualisys_tsv(points, [*MARKERS]),
        "b.tsv": labs.format_qualisys_tsv(points, [*MARKERS], before=2, named=True),
    }


def make_mvnx() -> Texts:
    return {"take.mvnx": labs.format_mvnx(_joints(XSENS_23) @ Z_UP.T, XSENS)}


def make_visual3d() -> Texts:
    points = _markers() @ Z_UP.T
    return {"walk.txt": labs.format_visual3d(points, [*MARKERS], files=("a.c3d", "b.c3d"))}


def make_azure() -> Texts:
    points = _joints(AZURE_32, "camera") * (-1, -1, 1) * 1000
    return {"a.json": labs.format_azure(points, AZURE_NAMES)}


def make_azure_csv() -> Texts:
    points = _joints(AZURE_32, "camera") * (-1, -1, 1) * 1000
    return {"a.csv": labs.format_table_of_joints(points, AZURE_NAMES)}


def make_freemocap() -> Texts:
    points = _joints(MEDIAPIPE_WORLD_33) @ Z_UP.T * 1000
    column = "body_{joint}_{axis}"
    table = labs.format_table_of_joints(points, MEDIAPIPE_NAMES, column=column)
    long = [f"{t},,{{}},mediapipe_body,{name},{','.join(map(str, xyz))}"
            for t, pose in enumerate(points.tolist())
            for name, xyz in zip(MEDIAPIPE_NAMES, pose, strict=True)]  # fmt: skip
    head = "frame,timestamp,timestamp_by_camera,model,keypoint,x,y,z"
    return {
        "x/mediapipe_body_3d_xyz.npy": save_npy(points),
        "y/mediapipe_body_3d_xyz.csv": table,
        "z/rec_by_frame.csv": "\n".join([head, *long, ""]),
    }


LABS: dict[str, list[Callable[[], Texts]]] = {
    "freemocap": [make_freemocap],
    "kinect_azure": [make_azure, make_azure_csv],
    "mvnx": [make_mvnx],
    "opensim_mot": [make_storage],
    "optitrack_csv": [make_motive],
    "qualisys_tsv": [make_qualisys],
    "trc": [make_trc],
    "vicon_csv": [make_vicon],
    "visual3d": [make_visual3d],
    "zed": [
        lambda: {"bodies.json": labs.format_zed(_joints(ZED_18))},
        lambda: {"bodies.json": labs.format_zed(_joints(ZED_38))},
    ],
}
"""Makers of folders by reader."""
