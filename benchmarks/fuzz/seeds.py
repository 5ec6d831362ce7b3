"""Seeds of the fuzzer: one small folder of each format, from which mutants are made.

Written by our own writers, so that a fuzz run needs no data; where real samples are at hand, short
ones of them are added.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks.fuzz import mocap_seeds as mocap
from benchmarks.fuzz.array_seeds import ARRAYS
from benchmarks.fuzz.lab_seeds import LABS
from benchmarks.fuzz.mocap_seeds import FRAMES, Texts, make_motion, read_written
from benchmarks.fuzz.table_seeds import TABLES
from skeletonllm.corpora import readers
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import OPENPOSE_18, OPENPOSE_25
from skeletonllm.synthesis import kinect_writers as kinect
from skeletonllm.synthesis import (
    make_pyskl_annotation,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)
from skeletonllm.synthesis import pose_writers as poses
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, Topology

Files = dict[str, bytes]
"""A folder: contents by path."""

MAX_REAL_BYTES = 300_000
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "samples"


@cache
def load_seeds(corpus: str) -> list[Files]:
    """Folders that a reader reads: written ones first, then real ones, the same ones every time.

    A reader that is not known here, of a lab of its own, gets those of every format.
    """
    base = corpus.removesuffix("_background").removesuffix("_world")
    every = [make for makes in WRITTEN.values() for make in makes]
    written = [_encode_texts(make()) for make in WRITTEN.get(base, every)]
    return [*written, *_load_real_seeds(corpus)]


def _encode_texts(files: Texts) -> Files:
    return {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}


@cache
def _load_real_seeds(corpus: str) -> list[Files]:
    """Short real samples of a reader, each with the files beside it that the reader needs."""
    samples: list[Files] = []
    if corpus not in readers():
        return samples
    home = REAL / {
        "pyskl": "pyskl",
        "humanml3d_vectors": "humanml3d",
        "amass_hands": "amass",
    }.get(corpus, corpus)
    if not home.is_dir():
        return samples
    try:
        sources = readers()[corpus].sources(str(home))
    except UsageError:
        return samples
    neighbours = {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.suffix in (".asf", ".yaml") and path.is_file()
    }
    for source in sources:
        if 0 < source.size <= MAX_REAL_BYTES and Path(source.uri).is_file():
            name = str(Path(source.uri).relative_to(home))
            samples.append({**neighbours, name: Path(source.uri).read_bytes()})
    return samples[:4]


def _perform_alone(topology: Topology) -> Motion:
    return make_motion("hand waving", topology)


def _perform_together(topology: Topology) -> Motion:
    return make_motion("shaking hands", topology)


def _make_ntu() -> Texts:
    return read_written(
        lambda p: write_ntu(p / "S001C001P001R001A058.skeleton", _perform_together(KINECT_V2))
    )


def _make_nw_ucla() -> Texts:
    return read_written(
        lambda p: write_nw_ucla(p / "a08_s01_e02_v03.json", _perform_alone(KINECT_V1), 7)
    )


def _make_pyskl() -> Texts:
    names = ("S001C001P001R001A058", "S001C001P001R001A059")
    notes = [
        make_pyskl_annotation(name, _perform_together(COCO_17), i) for i, name in enumerate(names)
    ]
    return read_written(lambda p: write_pyskl(p / "ntu60_hrnet.pkl", notes))


def _make_pku() -> Texts:
    return {
        "Data/0002-L.txt": kinect.format_pku_mmd(_perform_together(KINECT_V2)),
        "Label/0002-L.txt": kinect.format_pku_labels([Segment(0, 2, 14), Segment(4, 5, 51)]),
    }


def _make_msr_daily() -> Texts:
    return {
        "a01_s02_e01_skeleton_proj.txt": kinect.format_msr_daily_table(_perform_alone(KINECT_V1)),
        "a01_s02_e02_skeleton.txt": kinect.format_msr_daily_published(_perform_alone(KINECT_V1)),
    }


def _make_utd_mhad(*, compressed: bool) -> Texts:
    data = kinect.encode_utd_mhad(_perform_alone(KINECT_V1), compressed=compressed)
    timeless = b"MATLAB 5.0 MAT-file".ljust(116)  # there stands when it was written
    return {"a3_s1_t2_skeleton.mat": timeless + data[len(timeless) :]}


def _make_utkinect() -> Texts:
    numbers = range(100, 100 + 4 * FRAMES, 4)
    return {
        "joints/joints_s01_e02.txt": kinect.format_utkinect(_perform_alone(KINECT_V1), numbers),
        "actionLabel.txt": kinect.format_utkinect_labels("s01_e02", [Segment(100, 112, 1)]),
    }


def _make_openpose(topology: Topology) -> Texts:
    texts = poses.format_openpose(_perform_together(topology))
    return {f"one/v_{t:012d}_keypoints.json": text for t, text in enumerate(texts)}


def _make_ultralytics() -> Texts:
    texts = poses.format_ultralytics(_perform_together(COCO_17))
    return {f"labels/v_{t}.txt": text for t, text in enumerate(texts, 1)}


def _make_ultralytics_table() -> Texts:
    """As ``_make_ultralytics``, but as a table, with lists in cells as Python writes them."""
    frames = json.loads(poses.format_ultralytics_json(_perform_together(COCO_17)))
    rows = [(t, p["track_id"], p["keypoints"]) for t, people in enumerate(frames) for p in people]
    lines = [f'person,0,0.9,{t},{track},"{points}"' for t, track, points in rows]
    return {"v.csv": "\n".join(["name,class,confidence,frame,track_id,keypoints", *lines])}


def _make_transformers() -> Texts:
    person = {"keypoints": [[9.5, 8.25]], "scores": [0.5], "labels": [3], "bbox": [1, 2, 3, 4]}
    return {"v.json": json.dumps([[person, person]] * FRAMES)}


def _networks(write: Callable[[Motion], str], track: str) -> list[Callable[[], Texts]]:
    """A video of two persons, by number and, without what tells them apart, by motion."""
    return [
        lambda: {"v.json": write(_perform_together(COCO_17))},
        lambda: {"v.json": write(_perform_together(COCO_17)).replace(f'"{track}"', '"other"')},
    ]


WRITTEN: dict[str, list[Callable[[], Texts]]] = {
    **ARRAYS,
    **LABS,
    **TABLES,
    "amass": [mocap.make_amass],
    "amass_hands": [mocap.make_amass],
    "human36m": [mocap.make_human36m, mocap.make_human36m_expmap],
    "kit_ml": [mocap.make_kit_ml],
    "kit_ml_vectors": [mocap.make_kit_ml_vectors],
    "alphapose": _networks(poses.format_alphapose, "idx"),
    "asfamc": [mocap.make_asfamc],
    "bvh": [mocap.make_bvh],
    "c3d": [mocap.make_c3d, mocap.make_c3d_integers],
    "coco": _networks(poses.format_coco, "track_id"),
    "humanml3d": [mocap.make_humanml3d],
    "humanml3d_joints": [mocap.make_humanml3d_joints],
    "humanml3d_vectors": [mocap.make_humanml3d_vectors],
    "kinetics_skeleton": [
        lambda: {
            "-0abc.json": poses.format_kinetics_skeleton(
                _perform_together(OPENPOSE_18), "dining", 91
            )
        }
    ],
    "mmpose": _networks(poses.format_mmpose, "track_id"),
    "mmskeleton": _networks(lambda motion: poses.format_mmskeleton(motion, 3), "person_id"),
    "movenet": _networks(poses.format_movenet, "id"),
    "msr_action3d": [
        lambda: {
            "a01_s02_e03_skeleton3D.txt": kinect.format_msr_action3d(_perform_alone(KINECT_V1))
        }
    ],
    "msr_daily": [_make_msr_daily],
    "msrc12": [lambda: {"P1_1_6A_p07.csv": kinect.format_msrc12(_perform_alone(KINECT_V1))}],
    "ntu_rgbd": [_make_ntu],
    "nw_ucla": [_make_nw_ucla],
    "openpifpaf": _networks(poses.format_openpifpaf, "id_"),
    "openpose": [lambda: _make_openpose(OPENPOSE_25), lambda: _make_openpose(OPENPOSE_18)],
    "pku_mmd": [_make_pku],
    "pyskl": [_make_pyskl],
    "sbu_kinect": [
        lambda: {"s01s02/05/001/skeleton_pos.txt": kinect.format_sbu(_perform_together(SBU_15))}
    ],
    "ultralytics": [
        _make_ultralytics,
        *_networks(poses.format_ultralytics_json, "track_id")[::-1],
        _make_ultralytics_table,
    ],
    "utd_mhad": [lambda: _make_utd_mhad(compressed=True), lambda: _make_utd_mhad(compressed=False)],
    "utkinect": [_make_utkinect],
    "vitpose": [_networks(poses.format_vitpose, "")[0], _make_transformers],
}
