"""Skeleton sequences as ST-GCN and 2s-AGCN prepare them: one array, and a pickle of its labels.

    train_data.npy, train_data_joint.npy    float [N, C, T, V, M], often gigabytes
    train_label.pkl                         (N names, N labels)

C is x, y, z, or x, y and a score; T is padded with zeros, and so are M persons. NTU RGB+D has 25
joints in metres, and names that say what is done; after 2s-AGCN's normalisation it is recentred
and turned (:mod:`.kinect_arrays`). Kinetics has OpenPose's 18, as shares of the picture about its
middle; 2s-AGCN negates y, so there a body that stands on its head is turned, and flagged. 25 joints
whose third number is a score are OpenPose's. Other numbers of joints are read as in
:mod:`.pyskl_keypoints`. A label that is not that of the name gives way to it, and is flagged. Yan
et al., AAAI 2018; Shi et al., CVPR 2019.

An array [C, T, V, M] is one sequence; [N, M, T, V, C] is read too, where M is less than C. Bones
and their motion (``_bone``, ``_motion``) are no positions. Entries are read one after the other, so
that no file is too large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.joint_orders import WHOLE, rate_order
from skeletonllm.corpora.exchange.kinect_arrays import make_kinect_motion, strip_padding
from skeletonllm.corpora.exchange.pyskl_keypoints import parse_keypoints
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy_rows import MAX_ROWS, Rows, hash_file, open_file, read_rows
from skeletonllm.corpora.formats.packed import GZ, without_gz
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.kinect.ntu_rgbd import facts_of_name
from skeletonllm.corpora.pose.detections import NOMINAL_SIZE, REACH_PX, SHARE_MOST
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import BARE, make_bare_motion
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FPS_ASSUMED,
    IMAGE_SIZE_ASSUMED,
    SKELETON_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import part_of
from skeletonllm.corpora.toolkit.labels import (
    CONTRADICTS_NAME,
    Facts,
    contradicts,
    is_unlabelled,
)
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.motion import BoolArray, Motion
from skeletonllm.pose_topologies import OPENPOSE_18, OPENPOSE_25
from skeletonllm.topology import COCO_17, KINECT_V2, Topology

FPS = 30.0
MAX_PERSONS = 10
MAX_LABEL, MAX_LABELS = 2**31 - 1, 64 << 20
NO_POSITIONS = ("bone", "motion", "velocity")

SCORED = {17: COCO_17, 18: OPENPOSE_18, 25: OPENPOSE_25}
"""Skeletons whose third number is a score, as ST-GCN keeps those of pictures."""

UPSIDE_DOWN = 0.2
"""Heads lie so far below hips and feet, as a share of the height, where y was negated."""

MARGIN, HALF = 0.05, 0.75
"""Shares so far below 0, and none so far out, count from the middle of the picture."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Names:
    """What the pickle beside an array says; empty where there is none."""

    names: list[str]
    labels: list[Any]

    def of(self, i: int) -> tuple[str, Any]:
        """Name and label of an entry."""
        return (self.names[i], self.labels[i]) if self.names else (f"{i:06d}", None)

    @cached_property
    def _first(self) -> dict[str, int]:
        return {name: i for i, name in reversed([*enumerate(self.names)])}

    def is_twice(self, i: int) -> bool:
        """Whether an earlier entry has the name of this one."""
        return bool(self.names) and self._first[self.names[i]] != i


class StGcnReader:
    """Reader of arrays [N, C, T, V, M] with the pickle of names and labels beside them."""

    name = "stgcn"
    licence = "ntu_rgbd"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The NTU actions, and the open namespace ``stgcn`` of numbered classes."""
        return {"ntu": labels.names("ntu"), "stgcn": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files below ``root``."""
        return list_sources(root, ".npy")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip of each entry, named as the pickle beside names it."""
        with open_file(source) as (file, size):
            rows = read_rows(file, size)
            entries, count = _sequences(rows, source)
            known = _names_beside(source, count)
            sha256 = hash_file(file)
            for i, entry in enumerate(entries):
                name, label = known.of(i)
                try:
                    if known.is_twice(i):
                        raise SourceError("duplicate_id", f"the name {name!r:.80} a second time")
                    yield self._clip(source, sha256, name, label, entry)
                except SourceError as error:
                    yield Reject.of(f"{source.uri}#{i}", error)

    def _clip(self, source: Source, sha256: str, name: str, label: Any, entry: Array) -> Clip:
        facts = facts_of_name(name)
        is_ntu = bool(facts)
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
            points = entry.astype(np.float64).transpose(1, 3, 2, 0) + 0.0  # [T, M, V, C]
        motion, flags = _motion(strip_padding(points), is_ntu, source.image_size)
        if contradicts(label, facts):
            flags = (*flags, CONTRADICTS_NAME)
        return part_of(
            self,
            source,
            sha256,
            name,
            motion,
            flags=flags,
            licence=self.licence if is_ntu else UNKNOWN,
            **(facts or _class(label)),
        )


def _sequences(rows: Rows, source: Source) -> tuple[Iterator[Array], int]:
    """Entries [C, T, V, M] of an array, and how many."""
    stem = PurePosixPath(plain_path(source.uri)).stem.lower()
    if any(word in stem for word in NO_POSITIONS):
        found = "an array that is named as bones or their motion, which are no positions"
        raise SourceError("format", found, hint="Read the joints: train_data_joint.npy.")
    one = len(rows.shape) == 4
    form = rows.shape[-4:] if len(rows.shape) in (4, 5) else (0, 0, 0, 0)
    persons_first = form[0] in (1, 2) and form[3] in (2, 3) and form[0] < form[3]
    order = (3, 1, 2, 0) if persons_first else (0, 1, 2, 3)
    form = tuple(form[axis] for axis in order)
    fits = form[0] in (2, 3) and 0 < form[3] <= MAX_PERSONS
    if not fits:
        found = f"an array {rows.shape}"
        raise SourceError("format", found, expected="(N, C, T, V, M) of 2 or 3 coordinates C")
    check_size(form[1], form[3], form[2])
    entries = iter([np.stack([*rows.entries])]) if one else rows.entries
    return (entry.transpose(order) for entry in entries), 1 if one else rows.shape[0]


def _class(label: Any) -> Facts:
    if is_unlabelled(label):
        return {}
    if type(label) is not int or label > MAX_LABEL:
        raise SourceError("unknown_label", f"label {label!r:.40}", expected="a number from 0")
    return {"label": f"class {label}", "label_id": label, "label_namespace": "stgcn"}


def _motion(points: Raw, is_ntu: bool, size: Size | None) -> tuple[Motion, tuple[str, ...]]:
    """The motion of points [T, M, V, C], and what was assumed."""
    joints, channels = points.shape[2:]
    if joints == len(KINECT_V2) and channels == 3 and not _is_openpose(points):
        return make_kinect_motion(points, is_ntu)
    near = float(np.nan_to_num(np.abs(points[..., :2])).max()) <= SHARE_MOST
    if channels == 3 and near and joints in SCORED and _is_score(points[..., 2]):
        return _in_picture(points[..., :2], points[..., 2], SCORED[joints], size)
    found = parse_keypoints(points.transpose(1, 0, 2, 3), None)
    flags = (*found.flags, FPS_ASSUMED)
    if found.topology.dims == 3:
        motion = make_bare_motion(points, found.topology, FPS, present=_present(points))
        return motion, (*flags, *BARE)
    flat = found.points.transpose(1, 0, 2, 3)
    score = (flat != 0).any(-1) if found.score is None else found.score.transpose(1, 0, 2)
    motion, assumed = _in_picture(flat, score.astype(np.float64), found.topology, size)
    return motion, tuple(dict.fromkeys((*found.flags, *assumed)))


def _is_openpose(points: Raw) -> bool:
    """Whether 25 joints [T, M, V, 3] are OpenPose's in a picture with scores, not Kinect v2's."""
    if not _is_score(points[..., 2]):
        return False
    flat = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    wide = float(np.nan_to_num(np.abs(flat)).max()) > 20 * SHARE_MOST
    marks = [rate_order(flat, order) for order in (OPENPOSE_25, KINECT_V2)]
    return wide or (marks[0] == WHOLE and marks[1] != WHOLE)


def _is_score(third: Raw) -> bool:
    return bool((np.nan_to_num(third) >= 0).all() and np.nan_to_num(third).max() <= SHARE_MOST)


def _present(points: Raw) -> BoolArray:
    return np.asarray((np.nan_to_num(points, nan=1) != 0).any((2, 3)))


def _in_picture(
    points: Raw, score: Raw, topology: Topology, size: Size | None
) -> tuple[Motion, tuple[str, ...]]:
    """The motion of points [T, M, V, 2] in a picture: shares about its middle, or pixels."""
    seen = points[(score > 0) & np.isfinite(points).all(-1)]
    if not len(seen):
        raise SourceError("no_body", "no joint is seen in any frame")
    shown = (score > 0).any((0, 2))
    points, score = points[:, shown], score[:, shown]
    known = size or NOMINAL_SIZE
    flags: tuple[str, ...] = (SKELETON_ASSUMED, FPS_ASSUMED)
    flags += () if size else (IMAGE_SIZE_ASSUMED,)
    if np.abs(seen).max() > SHARE_MOST:
        far = seen.max(0).tolist()
        known = size or (max(1, math.ceil(far[0])), max(1, math.ceil(far[1])))
    else:
        middle = 0.5 if seen.min() < -MARGIN and np.abs(seen).max() < HALF else 0.0
        if middle and _is_upside_down(points, score, topology):
            points, flags = points * [1, -1], (*flags, AXES_ASSUMED)
        points = (points + middle) * known
    raw = np.zeros((*points.shape[:3], 3))
    raw[..., :2] = points
    trust = np.nan_to_num(score).clip(0, 1).astype(np.float32)
    present = _present(points) & (score > 0).any(-1)
    joints, confidence = observed(raw, present, trust, reach=REACH_PX)
    return Motion(joints, present, confidence, topology, FPS, "image", False, known), flags


def _is_upside_down(points: Raw, score: Raw, topology: Topology) -> bool:
    """Whether heads lie below hips and feet where y is down: 2s-AGCN negates y of Kinetics."""
    seen = (score > 0) & np.isfinite(points).all(-1)
    parts = []
    for names in (("nose", "neck"), ("left_hip", "right_hip", "left_ankle", "right_ankle")):
        at = [j for j in map(topology.find, names) if j is not None]
        parts.append(points[..., at, 1][seen[..., at]])
    heads, legs = parts
    if not (len(heads) and len(legs)):
        return False
    low, high = np.quantile(points[..., 1][seen], [0.05, 0.95])
    return bool(np.median(heads) - np.median(legs) > UPSIDE_DOWN * (high - low))


def _names_beside(source: Source, count: int) -> Names:
    """Names and labels of the pickle beside an array, held against the number of its entries.

    Raises:
        SourceError: ``format`` where the pickle has others, or another number of them.
    """
    fs, path = locate(source.uri)
    folder, _, name = without_gz(path).rpartition("/")
    stem = name.removesuffix(".npy")
    for start in dict.fromkeys((stem.partition("_data")[0], stem, stem.partition("_")[0])):
        named = "/".join(filter(None, (folder, f"{start}_label.pkl")))
        beside = next((path for path in (named, f"{named}{GZ}") if fs.exists(path)), None)
        if beside is not None:
            held = load_pickle(
                load(Source(name_beside(source.uri, fs, beside), name, 0), MAX_LABELS)
            )
            found = _parse_names(held, f"{start}_label.pkl")
            if len(found.names) != count:
                stated = f"{len(found.names)} names in {start}_label.pkl"
                raise SourceError("format", f"{count} sequences, and {stated}")
            return found
    return Names([], [])


def _parse_names(held: Any, where: str) -> Names:
    parts = [_listed(part) for part in held] if isinstance(held, list | tuple) else []
    if len(parts) < 2 or len(parts[0]) != len(parts[1]):
        found = f"a pickle of {[len(part) for part in parts]}"
        raise SourceError("format", found, expected="(names, labels)", where=where)
    names = [str(name).strip().removesuffix(".skeleton").removesuffix(".json") for name in parts[0]]
    return Names([name[:200] or f"{i:06d}" for i, name in enumerate(names)], parts[1])


def _listed(part: Any) -> list[Any]:
    if isinstance(part, PickledArray) and part.size <= MAX_ROWS:
        part = np.asarray(part).reshape(-1).tolist()
    return list(part) if isinstance(part, list | tuple) else []
