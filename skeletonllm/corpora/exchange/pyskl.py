"""Poses as PYSKL pickles (Duan et al., ACM MM 2022; also MMAction2), 2D and 3D.

    {"split": {...}, "annotations": [annotation, ...]}   or one annotation
    2D: frame_dir, label, img_shape (h, w), total_frames,
        keypoint [M, T, 17, 2] pixels, keypoint_score [M, T, 17]
    3D: frame_dir, label, total_frames, keypoint [M, T, 25, 3] metres

2D annotations are COCO's joints in the picture; 3D ones are Kinect v2's in camera space, as NTU
RGB+D has them, and bear no scores. Persons who are absent are padded with zeros.

One file holds a whole corpus; every annotation becomes a clip or a reject. The pickle is read by
:mod:`skeletonllm.corpora.formats.safe_pickle`, which executes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.kinect.ntu_rgbd import REACH_M, facts_of_name
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, Motion
from skeletonllm.topology import COCO_17, KINECT_V2, Topology

MAX_BYTES = 4 << 30
"""One file is a whole corpus, and holds about three times its size in memory while it is read."""

FPS = 30.0
"""These files do not state a rate; that of NTU RGB+D and of most video corpora."""

REACH_PX = 1e5
MAX_LABEL = 2**31 - 1
BYTES_AT_LEAST = 64
"""Of an annotation in a file: its keys alone have as many, but one may be named a million times."""

Annotation = Mapping[str, Any]


class PysklReader:
    """Reader of PYSKL pickles with COCO-17 keypoints in 2D, or Kinect v2 joints in 3D.

    Annotations that bear an NTU name take their label from it; the labels of others are numbers
    without names, in the open namespace ``pyskl``.
    """

    name = "pyskl"
    licence = "pyskl"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The NTU actions, and the open namespace ``pyskl``."""
        return {"ntu": labels.names("ntu"), "pyskl": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.pkl`` files below ``root``."""
        return list_sources(root, ".pkl")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """One clip or reject an annotation, in file order."""
        data = load(source, MAX_BYTES)
        sha256 = hashlib.sha256(data).hexdigest()
        seen: set[str] = set()
        annotations = _annotations(load_pickle(data))
        if len(annotations) > max(1000, len(data) // BYTES_AT_LEAST):
            raise SourceError("unsafe", f"{len(annotations)} annotations in {len(data)} bytes")
        for i, annotation in enumerate(annotations):
            try:
                name = _name(annotation)
                if name in seen:
                    raise SourceError("duplicate_id", f"frame_dir {name!r} a second time")
                seen.add(name)
                yield self._clip(source, sha256, name, annotation)
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{i}", error)

    def _clip(self, source: Source, sha256: str, name: str, annotation: Annotation) -> Clip:
        motion = _motion(annotation)
        return Clip(
            motion=motion,
            clip_id=f"{self.name}/{source.source_id}/{name}",
            corpus=self.name,
            source_uri=source.uri,
            source_sha256=sha256,
            frame_index=tuple(range(motion.num_frames)),
            person_ids=tuple(str(person) for person in range(motion.num_persons)),
            flags=(FPS_ASSUMED,),
            licence=self.licence,
            **_facts(name, annotation),
        )


def _annotations(content: Any) -> list[Any]:
    if isinstance(content, dict) and "keypoint" in content:
        return [content]
    found = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(found, list):
        held = sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__
        expected = "a list of annotations, or a dict with the key 'annotations'"
        raise SourceError("format", f"a pickle of {held}", expected=expected)
    if not found:
        raise SourceError("format", "a list of 0 annotations", expected="at least one")
    return found


def _name(annotation: Any) -> str:
    if not isinstance(annotation, dict):
        raise SourceError("format", f"a {type(annotation).__name__}", expected="a dict")
    name = annotation.get("frame_dir")
    if not isinstance(name, str) or not name:
        raise SourceError("format", f"frame_dir {name!r}", expected="a name")
    return name


def _facts(name: str, annotation: Annotation) -> Facts:
    facts = facts_of_name(name)
    label = annotation.get("label")
    if facts or label is None:
        return facts
    if not isinstance(label, int) or not 0 <= label <= MAX_LABEL:
        raise SourceError("unknown_label", f"label {label!r:.40}", expected="a number from 0")
    return {"label": f"class {label}", "label_id": label, "label_namespace": "pyskl"}


def _motion(annotation: Annotation) -> Motion:
    points = _array(annotation, "keypoint")
    topology = _SHAPES.get(points.shape[2:])
    if topology is None:
        expected = "(M, T, 17, 2) or (M, T, 25, 3)"
        raise SourceError("format", f"keypoint of shape {points.shape}", expected=expected)
    people, frames = points.shape[:2]
    check_size(frames, people, len(topology))
    score = np.ones((people, frames, len(topology)))
    if annotation.get("keypoint_score") is not None:
        score = _array(annotation, "keypoint_score")
    if score.shape != points.shape[:3]:
        raise SourceError("format", f"keypoint_score {score.shape}", expected=f"{points.shape[:3]}")
    present = (points != 0).any((2, 3)).swapaxes(0, 1)  # PYSKL pads absent persons with zeros
    return _of_arrays(points.swapaxes(0, 1), score.swapaxes(0, 1), present, topology, annotation)


_SHAPES: dict[tuple[int, ...], Topology] = {(17, 2): COCO_17, (25, 3): KINECT_V2}
"""Skeleton by number of joints and of coordinates."""


def _of_arrays(
    points: Raw, score: Raw, present: BoolArray, topology: Topology, annotation: Annotation
) -> Motion:
    """The motion of points [T, M, J, 2|3] and scores [T, M, J]."""
    flat = topology.dims == 2
    raw = np.zeros((*points.shape[:3], 3))
    raw[..., : topology.dims] = points
    trust = np.nan_to_num(score).clip(0, 1).astype(np.float32)
    joints, confidence = observed(raw, present, trust, reach=REACH_PX if flat else REACH_M)
    if not flat:
        return Motion(joints, present, confidence, topology, FPS)
    size = _image_size(annotation)
    return Motion(joints, present, confidence, topology, FPS, "image", False, size)


def _array(annotation: Annotation, key: str) -> Raw:
    """The floats under a key."""
    if annotation.get(key) is None:
        raise SourceError("format", f"no key {key!r}", hint="Its poses are in other files.")
    if _count(annotation[key]) > 3 * MAX_POSITIONS:
        raise SourceError("unsafe", f"{key} of more numbers than any clip has")
    try:
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
            return np.asarray(np.asarray(annotation[key]), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SourceError("format", f"{key} is no array of numbers ({error})") from None


def _count(value: Any, depth: int = 8) -> int:
    """Numbers in an array or nested lists, or many; lists may hold one another, even themselves."""
    if not isinstance(value, list | tuple):
        # to make an array of one takes as long as a thousand numbers
        return max(value.size, 1000) if isinstance(value, PickledArray) else 1
    total = 1
    for part in value if depth else ():
        total += _count(part, depth - 1)
        if total > 3 * MAX_POSITIONS:
            break
    return total


def _image_size(annotation: Annotation) -> tuple[int, int]:
    """(width, height) of the picture the keypoints lie in."""
    stated = annotation.get("img_shape")
    shape = np.asarray(annotation.get("original_shape") if stated is None else stated).tolist()
    try:
        height, width = (int(side) for side in shape)
    except (TypeError, ValueError):
        height = width = 0
    if not (0 < width <= REACH_PX and 0 < height <= REACH_PX):
        raise SourceError("format", f"img_shape {shape}", expected="[height, width] in pixels")
    return width, height
