"""One small folder of each format, from which :mod:`benchmarks.hostile.mutants` starts.

Written by our own writers, so that a fuzz run needs no data; where real samples are at hand, short
ones of them are added.
"""

from __future__ import annotations

import io
import math
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import c3d
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skeletonllm.corpora import readers
from skeletonllm.corpora.amass import SMPLH_52
from skeletonllm.corpora.h36m_topologies import H36M_32
from skeletonllm.corpora.kit_ml import KIT_21, METRES
from skeletonllm.corpora.segments import Segment
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_33, OPENPOSE_18, OPENPOSE_25
from skeletonllm.synthesis import kinect_writers as kinect
from skeletonllm.synthesis import pose_writers as poses
from skeletonllm.synthesis import (
    pyskl_annotation,
    synthesize,
    write_humanml3d,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, SMPL_22, Topology

Files = dict[str, bytes]
"""A folder: contents by path."""

FRAMES = 6
MAX_REAL_BYTES = 300_000
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "samples"


@cache
def seeds(corpus: str) -> list[Files]:
    """Folders that a reader reads: written ones first, then real ones, the same ones every time.

    A reader that is not known here, of a lab of its own, gets those of every format.
    """
    base = corpus.removesuffix("_background").removesuffix("_world")
    every = [make for makes in WRITTEN.values() for make in makes]
    written = [_bytes(make()) for make in WRITTEN.get(base, every)]
    return [*written, *_real(corpus)]


def _bytes(files: dict[str, bytes | str]) -> Files:
    return {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}


@cache
def _real(corpus: str) -> list[Files]:
    """Real samples of a reader that are short, each with what lies beside it."""
    found: list[Files] = []
    if corpus not in readers():
        return found
    folder = REAL / {
        "pose2d": "pyskl",
        "humanml3d_vectors": "humanml3d",
        "amass_hands": "amass",
    }.get(corpus, corpus)
    if not folder.is_dir():
        return found
    try:
        sources = readers()[corpus].sources(str(folder))
    except UsageError:
        return found
    beside = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".asf", ".yaml") and path.is_file()
    }
    for source in sources:
        if 0 < source.size <= MAX_REAL_BYTES and Path(source.uri).is_file():
            name = str(Path(source.uri).relative_to(folder))
            found.append({**beside, name: Path(source.uri).read_bytes()})
    return found[:4]


@cache
def _motion(action: str, topology: Topology, space: str | None = None, fps: float = 30) -> Motion:
    motion = synthesize(action, topology=topology, seed=3, space=space, fps=fps)
    return motion.select_frames(np.arange(FRAMES))


def _one(topology: Topology) -> Motion:
    return _motion("hand waving", topology)


def _two(topology: Topology) -> Motion:
    return _motion("shaking hands", topology)


def _folder(write: Callable[[Path], object]) -> dict[str, bytes | str]:
    """What a writer leaves in a folder."""
    with tempfile.TemporaryDirectory(prefix="seed") as place:
        write(Path(place))
        below = sorted(path for path in Path(place).rglob("*") if path.is_file())
        return {str(path.relative_to(place)): path.read_bytes() for path in below}


def _saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _ntu() -> dict[str, bytes | str]:
    return _folder(lambda p: write_ntu(p / "S001C001P001R001A058.skeleton", _two(KINECT_V2)))


def _nw_ucla() -> dict[str, bytes | str]:
    return _folder(lambda p: write_nw_ucla(p / "a08_s01_e02_v03.json", _one(KINECT_V1), 7))


def _humanml3d() -> dict[str, bytes | str]:
    motion = _motion("hand waving", SMPL_22, "world", 20)
    return _folder(lambda p: write_humanml3d(p, "000012", motion, ["someone waves"]))


def _vectors() -> dict[str, bytes | str]:
    features = np.zeros((FRAMES, 263), np.float32)
    features[:, 3:67] = 0.5
    files: dict[str, bytes | str] = {"new_joint_vecs/000012.npy": _saved(features)}
    stds = np.full(263, 2, np.float32)
    return files | {"Mean.npy": _saved(np.zeros(263, np.float32)), "Std.npy": _saved(stds)}


def _pyskl() -> dict[str, bytes | str]:
    names = ("S001C001P001R001A058", "S001C001P001R001A059")
    notes = [pyskl_annotation(name, _two(COCO_17), i) for i, name in enumerate(names)]
    return _folder(lambda p: write_pyskl(p / "ntu60_hrnet.pkl", notes))


def _pku() -> dict[str, bytes | str]:
    return {
        "Data/0002-L.txt": kinect.pku_mmd(_two(KINECT_V2)),
        "Label/0002-L.txt": kinect.pku_labels([Segment(0, 2, 14), Segment(4, 5, 51)]),
    }


def _daily() -> dict[str, bytes | str]:
    return {
        "a01_s02_e01_skeleton_proj.txt": kinect.msr_daily_table(_one(KINECT_V1)),
        "a01_s02_e02_skeleton.txt": kinect.msr_daily_published(_one(KINECT_V1)),
    }


def _utkinect() -> dict[str, bytes | str]:
    numbers = range(100, 100 + 4 * FRAMES, 4)
    return {
        "joints/joints_s01_e02.txt": kinect.utkinect_text(_one(KINECT_V1), numbers),
        "actionLabel.txt": kinect.utkinect_labels("s01_e02", [Segment(100, 112, 1)]),
    }


def _openpose(topology: Topology) -> dict[str, bytes | str]:
    texts = poses.openpose(_two(topology))
    return {f"one/v_{t:012d}_keypoints.json": text for t, text in enumerate(texts)}


def _mediapipe() -> dict[str, bytes | str]:
    world = np.random.default_rng(0).uniform(-1, 1, (FRAMES, 33, 3))
    return {"dance.json": poses.mediapipe(_one(MEDIAPIPE_33), world)}


def _human36m() -> dict[str, bytes | str]:
    """As VideoPose3D and others keep it: z up, one array or all in a pickle."""
    joints = _motion("hand waving", H36M_32, "world").joints[:, 0].copy()
    hips = [H36M_32.index(f"{side}_hip") for side in ("left", "right")]
    joints[:, 0] = joints[:, hips].mean(1)
    lying = joints[..., [0, 2, 1]] * np.array([1, -1, 1], np.float32)
    file = io.BytesIO()
    np.savez_compressed(file, positions_3d={"S1": {"Walking 1": lying}})  # type: ignore[arg-type]
    return {"s1_walking.npy": _saved(lying), "data_3d_h36m.npz": file.getvalue()}


def _expmap() -> dict[str, bytes | str]:
    return {"S1/walking_1.txt": kinect.table(np.full((FRAMES, 99), 0.25), parted=",")}


def _kit_ml() -> dict[str, bytes | str]:
    joints = _motion("hand waving", KIT_21, "world").joints[:, 0] / METRES
    return {"new_joints/00012.npy": _saved(joints), "texts/00012.txt": "waves#waves/VERB#0.0#0.0\n"}


def _kit_vectors() -> dict[str, bytes | str]:
    joints = _motion("hand waving", KIT_21, "world").joints[:, 0] / METRES
    features = np.zeros((FRAMES, 251), np.float32)
    features[:, 3], features[:, 4:64] = joints[:, 0, 1], joints[:, 1:].reshape(FRAMES, 60)
    return {"new_joint_vecs/00012.npy": _saved(features)}


def _amass() -> dict[str, bytes | str]:
    file = io.BytesIO()
    poses = np.full((FRAMES, 156), 0.1)
    facts = {"gender": np.array("neutral"), "mocap_framerate": np.array(120.0)}
    np.savez_compressed(file, poses=poses, trans=np.ones((FRAMES, 3)), betas=np.ones(16), **facts)
    return {"CMU/01/walk_poses.npz": file.getvalue()}


def write_body_model(folder: Path) -> None:
    """A body of points for ``amass``, where its reader looks for one; no part of any mutant."""
    joints, tree = len(SMPLH_52), [max(parent, 0) for parent in SMPLH_52.parents]
    place = folder / "smplh" / "neutral"
    place.mkdir(parents=True)
    np.savez(
        place / "model.npz",
        kintree_table=np.array([tree, range(joints)]),
        J_regressor=np.eye(joints),
        v_template=np.random.default_rng(0).normal(0, 0.3, (joints, 3)),
        shapedirs=np.zeros((joints, 3, 10)),
    )


_LAB = """\
topology: lab_stick_4
joints: [pelvis, head, left_hand, right_hand]
bones: [[pelvis, head], [head, left_hand], [head, right_hand]]
fps: 60
units: m
"""
_COLUMNS = [f"{j}_{a}" for j in ("pelvis", "head", "left_hand", "right_hand") for a in "xyz"]
_NUMBERS = np.arange(FRAMES * 12, dtype=np.float64).reshape(FRAMES, 12) / 7 + 0.125


def _csv() -> dict[str, bytes | str]:
    return {
        "wave/1.csv": f"{','.join(_COLUMNS)}\n{kinect.table(_NUMBERS, parted=',')}",
        "skeleton.yaml": _LAB,
    }


def _npy() -> dict[str, bytes | str]:
    return {"wave/1.npy": _saved(_NUMBERS.reshape(FRAMES, 4, 3)), "skeleton.yaml": _LAB}


def _npz() -> dict[str, bytes | str]:
    file = io.BytesIO()
    np.savez_compressed(file, poses=_NUMBERS.reshape(FRAMES, 4, 3))
    return {"wave/1.npz": file.getvalue(), "skeleton.yaml": _LAB}


def _parquet() -> dict[str, bytes | str]:
    file = io.BytesIO()
    columns = {name: _NUMBERS[:, i] for i, name in enumerate(_COLUMNS)}
    pq.write_table(pa.table(columns), file)
    return {"wave/1.parquet": file.getvalue(), "skeleton.yaml": _LAB}


_JOINTS = (("Hips", 0, 0.9, 0), ("Spine", 0, 0.3, 0), ("Neck", 0, 0.3, 0), ("Head", 0, 0.1, 0))


def _bvh() -> dict[str, bytes | str]:
    lines, turns = ["HIERARCHY"], "Zrotation Xrotation Yrotation"
    for i, (name, *offset) in enumerate(_JOINTS):
        kind = "JOINT" if i else "ROOT"
        moves = "CHANNELS 3 " if i else "CHANNELS 6 Xposition Yposition Zposition "
        lines += [f"{kind} {name}", "{", f"OFFSET {' '.join(map(str, offset))}", moves + turns]
    lines += ["End Site", "{", "OFFSET 0 0.1 0", "}", *"}" * len(_JOINTS)]
    lines += ["MOTION", f"Frames: {FRAMES}", "Frame Time: 0.033333"]
    rows = np.arange(FRAMES * 15, dtype=np.float64).reshape(FRAMES, 15) / 10
    return {"walk.bvh": "\n".join(lines) + "\n" + kinect.table(rows)}


_BONES = {  # parent, direction, length, dof
    "lhipjoint": ("root", "0.6 -0.8 0", 2.0, ""),
    "lfemur": ("lhipjoint", "0.34 -0.94 0", 7.2, "rx ry rz"),
    "ltibia": ("lfemur", "0.34 -0.94 0", 7.3, "rx"),
    "lfoot": ("ltibia", "0 -0.2 0.98", 2.3, "rx rz"),
    "thorax": ("root", "0 1 0", 6.0, "rx ry rz"),
}


def _asfamc() -> dict[str, bytes | str]:
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


def _c3d() -> dict[str, bytes | str]:
    """By the package of that name, which reads and writes the format; see pyproject's ``dev``."""
    labels = ["C7", "LKNE", "RKNE", "LANK", "RANK"]
    places = np.array([[0, 0, 1500], [100, 0, 500], [-100, 0, 500], [100, 0, 80], [-100, 0, 80]])
    rows = np.concatenate([places, np.zeros((5, 2))], -1).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer = c3d.Writer(point_rate=100, analog_rate=0, point_scale=-1.0)
        writer.add_frames([(rows + t, np.array([[]])) for t in range(FRAMES)])
        writer.set_point_labels(labels)
        writer.point_group.set_str("UNITS", "", "mm", 2)
        writer.set_screen_axis("+X", "+Z")
        handle = io.BytesIO()
        writer.write(handle)
    return {"walk.c3d": handle.getvalue()}


WRITTEN: dict[str, list[Callable[[], dict[str, bytes | str]]]] = {
    "amass": [_amass],
    "amass_hands": [_amass],
    "human36m": [_human36m, _expmap],
    "kit_ml": [_kit_ml],
    "kit_ml_vectors": [_kit_vectors],
    "alphapose": [lambda: {"alphapose-results.json": poses.alphapose(_two(COCO_17))}],
    "asfamc": [_asfamc],
    "bvh": [_bvh],
    "c3d": [_c3d],
    "coco": [lambda: {"train.json": poses.coco(_two(COCO_17))}],
    "generic": [_csv, _npy, _npz, _parquet],
    "humanml3d": [_humanml3d],
    "humanml3d_vectors": [_vectors],
    "kinetics_skeleton": [
        lambda: {"-0abc.json": poses.kinetics_skeleton(_two(OPENPOSE_18), "dining", 91)}
    ],
    "mediapipe": [_mediapipe],
    "msr_action3d": [
        lambda: {"a01_s02_e03_skeleton3D.txt": kinect.msr_action3d_text(_one(KINECT_V1))}
    ],
    "msr_daily": [_daily],
    "msrc12": [lambda: {"P1_1_6A_p07.csv": kinect.msrc12(_one(KINECT_V1))}],
    "ntu_rgbd": [_ntu],
    "nw_ucla": [_nw_ucla],
    "openpose": [lambda: _openpose(OPENPOSE_25), lambda: _openpose(OPENPOSE_18)],
    "pku_mmd": [_pku],
    "pose2d": [_pyskl],
    "sbu_kinect": [lambda: {"s01s02/05/001/skeleton_pos.txt": kinect.sbu_text(_two(SBU_15))}],
    "utd_mhad": [
        lambda: {"a3_s1_t2_skeleton.mat": kinect.utd_mhad_file(_one(KINECT_V1))},
        lambda: {"a3_s1_t3_skeleton.mat": kinect.utd_mhad_file(_one(KINECT_V1), compressed=False)},
    ],
    "utkinect": [_utkinect],
}
