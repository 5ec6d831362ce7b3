"""Small files of what action recognition and generators of motion exchange: arrays and pickles."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.fuzz.mocap_seeds import FRAMES, Texts, make_amass, make_motion, save_npy, save_npz
from skeletonllm.mocap_topologies import H36M_17, LCRNET_13
from skeletonllm.topology import KINECT_V2, SMPL_22

_NAMES = ["S001C001P001R001A010", "S001C001P001R001A058"]


def _kinect() -> np.ndarray:
    """[T, 2, 25, 3]"""
    return make_motion("shaking hands", KINECT_V2).joints


def _smpl() -> np.ndarray:
    """[T, 22, 3]"""
    return make_motion("hand waving", SMPL_22, "world", 20).joints[:, 0]


def make_stgcn() -> Texts:
    entry = _kinect().transpose(3, 0, 2, 1)
    labels = ([f"{name}.skeleton" for name in _NAMES], [9, 57])
    return {
        "train_data_joint.npy": save_npy(np.stack([entry, entry])),
        "train_label.pkl": pickle.dumps(labels),
    }


def make_ctrgcn() -> Texts:
    rows = _kinect().reshape(1, FRAMES, 150)
    body = {"joints": _kinect()[:, 0].reshape(-1, 3), "interval": [*range(FRAMES)]}
    raw = {"name": _NAMES[0], "num_frames": FRAMES, "data": {"72": body}}
    return {
        "NTU60_CS.npz": save_npz(x_train=rows, y_train=np.eye(60)[[57]]),
        "raw_denoised_joints.pkl": pickle.dumps([rows[0]]),
        "raw_skes_data.pkl": pickle.dumps([raw]),
    }


def make_ntu_npy() -> Texts:
    bodies = {f"skel_body{i}": _kinect()[:, i].astype(np.float64) for i in range(2)}
    held: Any = {"file_name": _NAMES[1], "nbodys": [2] * FRAMES, "njoints": 25, **bodies}
    return {f"{_NAMES[1]}.skeleton.npy": save_npy(np.array(held))}


def make_toyota_smarthome() -> Texts:
    joints = make_motion("hand waving", LCRNET_13).joints[:, 0].astype(np.float64)
    people = [
        [{"pose3d": j.T.ravel().tolist(), "pose2d": np.abs(j[:, :2]).T.ravel().tolist()}]
        for j in joints
    ]
    content = {"njts": 13, "K": 1, "frames": people}
    return {"Walk_p02_r00_v02_c03.json": json.dumps(content)}


def make_etri() -> Texts:
    parts = ("3dX", "3dY", "3dZ", "depthX", "trackingState")
    header = ["frameNum", "bodyindexID", "trackingID"]
    header += [f"joint{j}_{part}" for j in range(1, 26) for part in parts]
    lines = [",".join(header)]
    for t, joints in enumerate(_kinect()[:, 0].tolist()):
        fields = [str(t), "0", "72057594037927936"]
        for joint in joints:
            fields += [*(f"{x:.4f}" for x in joint), "1.5", "2"]
        lines.append(",".join(fields))
    return {"A001_P002_G003_C004.csv": "\n".join([*lines, ""])}


def make_lifted_poses() -> Texts:
    joints = make_motion("hand waving", H36M_17, "world").joints[:, 0].copy()
    hips = [H36M_17.index(f"{side}_hip") for side in ("left", "right")]
    joints[:, 0] = joints[:, hips].mean(1)
    return {"X3D.npy": save_npy(joints), "out/a.npz": save_npz(reconstruction=joints)}


def make_mdm() -> Texts:
    motion = _smpl().transpose(1, 2, 0)[None]
    held: Any = {"motion": motion, "text": ["waves"], "lengths": np.array([FRAMES])}
    counts = {"num_samples": 1, "num_repetitions": 1}
    return {"results.npy": save_npy(np.array({**held, **counts}))}


def make_motiongpt() -> Texts:
    return {"0_out.npy": save_npy(_smpl()[None]), "0_in.txt": "waves\n"}


def make_interhuman() -> Texts:
    rows = np.zeros((FRAMES, 492), np.float32)
    rows[:, :66] = (_smpl()[..., [0, 2, 1]] * np.array([1, -1, 1])).reshape(FRAMES, 66)
    files = {f"motions_processed/person{i}/17.npy": save_npy(rows) for i in (1, 2)}
    return {**files, "annots/17.txt": "They greet.\n"}


def make_interhuman_smpl() -> Texts:
    body: dict[str, Any] = {"trans": np.ones((FRAMES, 3)), "root_orient": np.full((FRAMES, 3), 0.1)}
    body |= {"pose_body": np.full((FRAMES, 63), 0.1), "betas": np.ones(10)}
    both = {name: {**body, "gender": "neutral"} for name in ("person1", "person2")}
    held = {"mocap_framerate": 59.94, "frames": FRAMES, **both}
    return {"motions/17.pkl": pickle.dumps(held), "annots/17.txt": "They greet.\n"}


def make_motion_x() -> Texts:
    return {
        "motion_data/smplx_322/dance/a.npy": save_npy(np.full((FRAMES, 322), 0.1, np.float32)),
        "texts/semantic_labels/dance/a.txt": "dances\n",
    }


def make_babel() -> Texts:
    ((name, data),) = make_amass().items()
    said = {"raw_label": "walk", "proc_label": "walk", "act_cat": ["walk"]}
    frames = {"labels": [{**said, "start_t": 0, "end_t": 0.04}]}
    motion = {"babel_sid": 7, "feat_p": name, "dur": 0.05, "frame_ann": frames}
    other = {**motion, "frame_ann": None, "seq_ann": {"labels": [said]}}
    return {name: data, "train.json": json.dumps({"7": motion, "8": other})}


ARRAYS: dict[str, list[Callable[[], Texts]]] = {
    "babel": [make_babel],
    "ctrgcn": [make_ctrgcn],
    "etri": [make_etri],
    "interhuman": [make_interhuman],
    "interhuman_smpl": [make_interhuman_smpl],
    "lifted_poses": [make_lifted_poses],
    "mdm": [make_mdm],
    "motion_x": [make_motion_x],
    "motion_x_hands": [make_motion_x],
    "motiongpt": [make_motiongpt],
    "ntu_npy": [make_ntu_npy],
    "stgcn": [make_stgcn],
    "toyota_smarthome": [make_toyota_smarthome],
    "toyota_smarthome_2d": [make_toyota_smarthome],
}
