"""One small folder of each format, from which :mod:`benchmarks.fuzz.mutants` starts.

Written by our own writers, so that a fuzz run needs no data; where real samples are at hand, short
ones of them are added.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fuzz import mocap_seeds as mocap
from benchmarks.fuzz.mocap_seeds import FRAMES, Texts, folder, motion, saved, zipped
from skeletonllm.corpora import readers
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_33, OPENPOSE_18, OPENPOSE_25
from skeletonllm.synthesis import kinect_writers as kinect
from skeletonllm.synthesis import pose_writers as poses
from skeletonllm.synthesis import (
    pyskl_annotation,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, Topology

Files = dict[str, bytes]
"""A folder: contents by path."""

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


def _bytes(files: Texts) -> Files:
    return {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}


@cache
def _real(corpus: str) -> list[Files]:
    """Real samples of a reader that are short, each with what lies beside it."""
    found: list[Files] = []
    if corpus not in readers():
        return found
    home = REAL / {
        "pose2d": "pyskl",
        "humanml3d_vectors": "humanml3d",
        "amass_hands": "amass",
    }.get(corpus, corpus)
    if not home.is_dir():
        return found
    try:
        sources = readers()[corpus].sources(str(home))
    except UsageError:
        return found
    beside = {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.suffix in (".asf", ".yaml") and path.is_file()
    }
    for source in sources:
        if 0 < source.size <= MAX_REAL_BYTES and Path(source.uri).is_file():
            name = str(Path(source.uri).relative_to(home))
            found.append({**beside, name: Path(source.uri).read_bytes()})
    return found[:4]


def _one(topology: Topology) -> Motion:
    return motion("hand waving", topology)


def _two(topology: Topology) -> Motion:
    return motion("shaking hands", topology)


def _ntu() -> Texts:
    return folder(lambda p: write_ntu(p / "S001C001P001R001A058.skeleton", _two(KINECT_V2)))


def _nw_ucla() -> Texts:
    return folder(lambda p: write_nw_ucla(p / "a08_s01_e02_v03.json", _one(KINECT_V1), 7))


def _pyskl() -> Texts:
    names = ("S001C001P001R001A058", "S001C001P001R001A059")
    notes = [pyskl_annotation(name, _two(COCO_17), i) for i, name in enumerate(names)]
    return folder(lambda p: write_pyskl(p / "ntu60_hrnet.pkl", notes))


def _pku() -> Texts:
    return {
        "Data/0002-L.txt": kinect.pku_mmd(_two(KINECT_V2)),
        "Label/0002-L.txt": kinect.pku_labels([Segment(0, 2, 14), Segment(4, 5, 51)]),
    }


def _daily() -> Texts:
    return {
        "a01_s02_e01_skeleton_proj.txt": kinect.msr_daily_table(_one(KINECT_V1)),
        "a01_s02_e02_skeleton.txt": kinect.msr_daily_published(_one(KINECT_V1)),
    }


def _utd_mhad(*, compressed: bool) -> Texts:
    data = kinect.utd_mhad_file(_one(KINECT_V1), compressed=compressed)
    timeless = b"MATLAB 5.0 MAT-file".ljust(116)  # there stands when it was written
    return {"a3_s1_t2_skeleton.mat": timeless + data[len(timeless) :]}


def _utkinect() -> Texts:
    numbers = range(100, 100 + 4 * FRAMES, 4)
    return {
        "joints/joints_s01_e02.txt": kinect.utkinect_text(_one(KINECT_V1), numbers),
        "actionLabel.txt": kinect.utkinect_labels("s01_e02", [Segment(100, 112, 1)]),
    }


def _openpose(topology: Topology) -> Texts:
    texts = poses.openpose(_two(topology))
    return {f"one/v_{t:012d}_keypoints.json": text for t, text in enumerate(texts)}


def _mediapipe() -> Texts:
    world = np.random.default_rng(0).uniform(-1, 1, (FRAMES, 33, 3))
    return {"dance.json": poses.mediapipe(_one(MEDIAPIPE_33), world)}


_LAB = """\
topology: lab_stick_4
joints: [pelvis, head, left_hand, right_hand]
bones: [[pelvis, head], [head, left_hand], [head, right_hand]]
fps: 60
units: m
"""
_COLUMNS = [f"{j}_{a}" for j in ("pelvis", "head", "left_hand", "right_hand") for a in "xyz"]
_NUMBERS = np.arange(FRAMES * 12, dtype=np.float64).reshape(FRAMES, 12) / 7 + 0.125


def _csv() -> Texts:
    return {
        "wave/1.csv": f"{','.join(_COLUMNS)}\n{kinect.table(_NUMBERS, parted=',')}",
        "skeleton.yaml": _LAB,
    }


def _npy() -> Texts:
    return {"wave/1.npy": saved(_NUMBERS.reshape(FRAMES, 4, 3)), "skeleton.yaml": _LAB}


def _npz() -> Texts:
    return {"wave/1.npz": zipped(poses=_NUMBERS.reshape(FRAMES, 4, 3)), "skeleton.yaml": _LAB}


def _parquet() -> Texts:
    file = io.BytesIO()
    columns = {name: _NUMBERS[:, i] for i, name in enumerate(_COLUMNS)}
    pq.write_table(pa.table(columns), file)
    return {"wave/1.parquet": file.getvalue(), "skeleton.yaml": _LAB}


WRITTEN: dict[str, list[Callable[[], Texts]]] = {
    "amass": [mocap.amass],
    "amass_hands": [mocap.amass],
    "human36m": [mocap.human36m, mocap.expmap],
    "kit_ml": [mocap.kit_ml],
    "kit_ml_vectors": [mocap.kit_vectors],
    "alphapose": [lambda: {"alphapose-results.json": poses.alphapose(_two(COCO_17))}],
    "asfamc": [mocap.asfamc],
    "bvh": [mocap.bvh],
    "c3d": [mocap.c3d],
    "coco": [lambda: {"train.json": poses.coco(_two(COCO_17))}],
    "generic": [_csv, _npy, _npz, _parquet],
    "humanml3d": [mocap.humanml3d],
    "humanml3d_vectors": [mocap.vectors],
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
    "utd_mhad": [lambda: _utd_mhad(compressed=True), lambda: _utd_mhad(compressed=False)],
    "utkinect": [_utkinect],
}
