"""Small files of motion capture: BVH, Acclaim, C3D, and the arrays of corpora made from it."""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from skeletonllm.corpora.mocap.kit_ml import METRES
from skeletonllm.mocap_topologies import H36M_32, KIT_21, SMPLH_52
from skeletonllm.motion import Motion
from skeletonllm.synthesis import kinect_writers as kinect
from skeletonllm.synthesis import synthesize, write_humanml3d
from skeletonllm.testing.mocap.body_models import PARENTS
from skeletonllm.testing.mocap.c3d_files import DEC, C3dFile, with_residual
from skeletonllm.topology import SMPL_22, Topology

Texts = dict[str, bytes | str]
"""A folder: contents by path."""

FRAMES = 6


@cache
def make_motion(
    action: str, topology: Topology, space: str | None = None, fps: float = 30
) -> Motion:
    whole = synthesize(action, topology=topology, seed=3, space=space, fps=fps)
    return whole.select_frames(np.arange(FRAMES))


def read_written(write: Callable[[Path], object]) -> dict[str, bytes | str]:
    """The files that a writer leaves in a folder."""
    with tempfile.TemporaryDirectory(prefix="seed") as place:
        write(Path(place))
        below = sorted(path for path in Path(place).rglob("*") if path.is_file())
        return {str(path.relative_to(place)): path.read_bytes() for path in below}


def save_npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def save_npz(**arrays: object) -> bytes:
    """What ``numpy.savez_compressed`` writes, but for the time of day."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            archive.writestr(entry, save_npy(np.asanyarray(array)), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def make_humanml3d() -> Texts:
    waving = make_motion("hand waving", SMPL_22, "world", 20)
    return read_written(lambda p: write_humanml3d(p, "000012", waving, ["someone waves"]))


def make_humanml3d_joints() -> Texts:
    joints = make_motion("hand waving", SMPLH_52, "world", 20).joints[:, 0]
    return {"joints/000012.npy": save_npy(joints), "texts/000012.txt": "waves#x#0.0#0.0\n"}


def make_humanml3d_vectors() -> Texts:
    features = np.zeros((FRAMES, 263), np.float32)
    features[:, 3:67] = 0.5
    files: Texts = {"new_joint_vecs/000012.npy": save_npy(features)}
    stds = np.full(263, 2, np.float32)
    return files | {"Mean.npy": save_npy(np.zeros(263, np.float32)), "Std.npy": save_npy(stds)}


def make_human36m() -> Texts:
    """As VideoPose3D and others keep it: z up, one array or all in a pickle."""
    joints = make_motion("hand waving", H36M_32, "world").joints[:, 0].copy()
    hips = [H36M_32.index(f"{side}_hip") for side in ("left", "right")]
    joints[:, 0] = joints[:, hips].mean(1)
    lying = joints[..., [0, 2, 1]] * np.array([1, -1, 1], np.float32)
    return {
        "s1_walking.npy": save_npy(lying),
        "data_3d_h36m.npz": save_npz(positions_3d={"S1": {"Walking 1": lying}}),
    }


def make_human36m_expmap() -> Texts:
    return {"S1/walking_1.txt": kinect.format_table(np.full((FRAMES, 99), 0.25), parted=",")}


def make_kit_ml() -> Texts:
    joints = make_motion("hand waving", KIT_21, "world").joints[:, 0] / METRES
    return {
        "new_joints/00012.npy": save_npy(joints),
        "texts/00012.txt": "waves#waves/VERB#0.0#0.0\n",
    }


def make_kit_ml_vectors() -> Texts:
    joints = make_motion("hand waving", KIT_21, "world").joints[:, 0] / METRES
    features = np.zeros((FRAMES, 251), np.float32)
    features[:, 3], features[:, 4:64] = joints[:, 0, 1], joints[:, 1:].reshape(FRAMES, 60)
    return {"new_joint_vecs/00012.npy": save_npy(features)}


def make_amass() -> Texts:
    """Six frames of SMPL-H."""
    motion_of_it = {"poses": np.full((FRAMES, 156), 0.1), "trans": np.ones((FRAMES, 3))}
    facts = {"gender": np.array("neutral"), "mocap_framerate": np.array(120.0)}
    return {"CMU/01/walk_poses.npz": save_npz(**motion_of_it, betas=np.ones(16), **facts)}


def write_body_model(models: Path) -> None:
    """Bodies of points, where the readers of poses look for them; no part of any mutant."""
    for kind, parents in PARENTS.items():
        joints = len(parents)
        place = models / kind / "neutral"
        place.mkdir(parents=True)
        np.savez(
            place / "model.npz",
            kintree_table=np.array([[max(parent, 0) for parent in parents], range(joints)]),
            J_regressor=np.eye(joints),
            v_template=np.random.default_rng(0).normal(0, 0.3, (joints, 3)),
            shapedirs=np.zeros((joints, 3, 10)),
        )


_JOINTS = (("Hips", 0, 0.9, 0), ("Spine", 0, 0.3, 0), ("Neck", 0, 0.3, 0), ("Head", 0, 0.1, 0))


def make_bvh() -> Texts:
    lines, turns = ["HIERARCHY"], "Zrotation Xrotation Yrotation"
    for i, (name, *offset) in enumerate(_JOINTS):
        kind = "JOINT" if i else "ROOT"
        moves = "CHANNELS 3 " if i else "CHANNELS 6 Xposition Yposition Zposition "
        lines += [f"{kind} {name}", "{", f"OFFSET {' '.join(map(str, offset))}", moves + turns]
    lines += ["End Site", "{", "OFFSET 0 0.1 0", "}", *"}" * len(_JOINTS)]
    lines += ["MOTION", f"Frames: {FRAMES}", "Frame Time: 0.033333"]
    rows = np.arange(FRAMES * 15, dtype=np.float64).reshape(FRAMES, 15) / 10
    return {"walk.bvh": "\n".join(lines) + "\n" + kinect.format_table(rows)}


_BONES = {  # parent, direction, length, dof
    "lhipjoint": ("root", "0.6 -0.8 0", 2.0, ""),
    "lfemur": ("lhipjoint", "0.34 -0.94 0", 7.2, "rx ry rz"),
    "ltibia": ("lfemur", "0.34 -0.94 0", 7.3, "rx"),
    "lfoot": ("ltibia", "0 -0.2 0.98", 2.3, "rx rz"),
    "thorax": ("root", "0 1 0", 6.0, "rx ry rz"),
}


def make_asfamc() -> Texts:
    lines = [":version 1.10", ":units", "  length 0.45", "  angle deg", ":root"]
    lines += ["  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0"]
    lines += ["  orientation 0 0 0", ":bonedata"]
    for i, (name, (_, direction, length, dof)) in enumerate(_BONES.items(), 1):
        lines += ["begin", f"  id {i}", f"  name {name}", f"  direction {direction}"]
        lines += [f"  length {length}", "  axis 0 0 20 XYZ", f"  dof {dof}" * bool(dof), "end"]
    lines += [":hierarchy", "begin", "  root lhipjoint thorax", "  lhipjoint lfemur"]
    lines += ["  lfemur ltibia", "  ltibia lfoot", "end"]
    frames = [":FULLY-SPECIFIED", ":DEGREES"]
    for t in range(1, FRAMES + 1):
        frames += [str(t), f"root 0 1 {t} 0 0 {math.sin(t):.6f}"]
        widths = {name: len(dof.split()) for name, (*_, dof) in _BONES.items() if dof}
        frames += [f"{name} {' '.join(['1.5'] * width)}" for name, width in widths.items()]
    return {"01.asf": "\n".join([*lines, ""]), "01_02.amc": "\n".join([*frames, ""])}


def make_c3d() -> Texts:
    """Numbers of 32 bits of an Intel, an up axis, a count in TRIAL, a box and a point of nobody."""
    labels = ["A:C7", "A:LKNE", "A:RKNE", "A:LANK", "A:RANK", "box:1", "*2"]
    stated = {
        "POINT:Y_SCREEN": "+Z",
        "TRIAL:ACTUAL_START_FIELD": np.array([1, 0]),
        "TRIAL:ACTUAL_END_FIELD": np.array([FRAMES, 0]),
    }
    return {"walk.c3d": C3dFile(_make_points(7), labels, stated).encode()}


def make_c3d_integers() -> Texts:
    """Words of 16 bits of a VAX, a unit for each point, other signals."""
    stated = {"POINT:UNITS": ["mm"] * 5, "ANALOG:USED": 3}
    labels = ["C7", "LKNE", "RKNE", "LANK", "RANK"]
    file = C3dFile(_make_points(5), labels, stated, processor=DEC, scale=0.1, analog=3)
    return {"walk.c3d": file.encode()}


def _make_points(count: int) -> np.ndarray:
    """Points of a body in millimetres [T, N, 4], all of them seen."""
    body = [[0, 0, 1500], [100, 0, 500], [-100, 0, 500], [100, 0, 80], [-100, 0, 80]]
    places = np.array([*body, [900, 0, 100], [800, 0, 100]], float)[:count]
    return with_residual(places + np.arange(FRAMES)[:, None, None])
