"""Poses as PYSKL pickles (Duan et al., ACM MM 2022; also MMAction2), 2D and 3D.

    {"split": {...}, "annotations": [annotation, ...]}, a list of them, or one annotation
    2D: frame_dir, label, img_shape (h, w), total_frames,
        keypoint [M, T, 17, 2] pixels, keypoint_score [M, T, 17]
    3D: frame_dir, label, total_frames, keypoint [M, T, 25, 3] metres

2D annotations are COCO's joints in the picture; 3D ones are Kinect v2's in camera space, as NTU
RGB+D has them, and bear no scores. Persons who are absent are padded with zeros. Others write the
same with other skeletons, which :mod:`.pyskl_keypoints` guesses; of those in space neither unit nor
axes are known.

One file holds a whole corpus; every annotation becomes a clip or a reject. The pickle is read by
:mod:`skeletonllm.corpora.formats.safe_pickle`, which executes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.pyskl_keypoints import (
    Keypoints,
    parse_keypoints,
    place_in_picture,
)
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.kinect.ntu_rgbd import REACH_M, facts_of_name
from skeletonllm.corpora.pose.detections import REACH_PX
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import (
    BARE,
    find_up,
    find_whole_bodies,
    make_bare_motion,
)
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import part_of
from skeletonllm.corpora.toolkit.labels import (
    CONTRADICTS_NAME,
    SEVERAL_LABELS,
    Facts,
    contradicts,
    is_unlabelled,
)
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.topology import Topology

MAX_BYTES = 4 << 30
"""One file is a whole corpus, and holds about three times its size in memory while it is read."""

FPS = 30.0
"""These files do not state a rate; that of NTU RGB+D and of most video corpora."""

MAX_LABEL, MAX_LABELS = 2**31 - 1, 1000
BYTES_AT_LEAST = 64
"""Of an annotation in a file: its keys alone have as many, but one may be named a million times."""

NAMED = "pyskl_names"
_NAMES = ("frame_dir", "filename", "video_id", "vid_name", "name")

Annotation = Mapping[str, Any]


class PysklReader:
    """Reader of PYSKL pickles with COCO-17 keypoints in 2D, Kinect v2 joints in 3D, or others.

    Annotations that bear an NTU name take their label from it; the labels of others are numbers
    without names, in the open namespace ``pyskl``, or names, in ``pyskl_names``.
    """

    name = "pyskl"
    licence = "pyskl"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The NTU actions, and two open namespaces: names are numbered within their file."""
        return {"ntu": labels.names("ntu"), "pyskl": (), NAMED: ()}

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
        names = _label_names(annotations)
        for i, annotation in enumerate(annotations):
            try:
                name = _name(annotation, i)
                if name in seen:
                    raise SourceError("duplicate_id", f"frame_dir {name!r} a second time")
                seen.add(name)
                known = _facts(name, annotation, names)
                yield self._clip(source, sha256, name, annotation, known)
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{i}", error)

    def _clip(
        self,
        source: Source,
        sha256: str,
        name: str,
        annotation: Annotation,
        known: tuple[Facts, tuple[str, ...]],
    ) -> Clip:
        facts, several = known
        is_ntu = facts.get("label_namespace") == "ntu"
        motion, flags = _motion(annotation, source, is_ntu)
        return part_of(
            self,
            source,
            sha256,
            name,
            motion,
            flags=(FPS_ASSUMED, *flags, *several),
            **facts,
        )


def _annotations(content: Any) -> list[Any]:
    if isinstance(content, dict) and "keypoint" in content:
        return [content]
    found = content.get("annotations") if isinstance(content, dict) else content
    if found is None and isinstance(content, dict):
        found = _scattered(content)
    if not isinstance(found, list):
        held = sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__
        expected = "a list of annotations, or a dict with the key 'annotations'"
        raise SourceError("format", f"a pickle of {held}", expected=expected)
    if not found:
        raise SourceError("format", "a list of 0 annotations", expected="at least one")
    return found


def _scattered(content: Mapping[str, Any]) -> list[Any] | None:
    """The annotations of a dict of lists of them, or of a dict of them by name."""
    if all(isinstance(part, dict) and "keypoint" in part for part in content.values()):
        return [{"frame_dir": name, **note} for name, note in content.items()]
    if all(isinstance(part, list) for part in content.values()):
        notes = [note for part in content.values() for note in part]
        return notes if any(isinstance(note, dict) for note in notes) else None
    return None


def _name(annotation: Any, i: int = 0) -> str:
    """Its own, or its number where it has none."""
    if not isinstance(annotation, dict):
        raise SourceError("format", f"a {type(annotation).__name__}", expected="a dict")
    name = next((annotation[key] for key in _NAMES if annotation.get(key) is not None), None)
    name = f"{i:06d}" if name is None else str(name) if isinstance(name, int) else name
    if not isinstance(name, str) or not name:
        raise SourceError("format", f"frame_dir {name!r:.80}", expected="a name")
    return name


def _label_names(annotations: list[Any]) -> list[str]:
    """Labels that are names, sorted."""
    found = (_one_label(note.get("label")) for note in annotations if isinstance(note, dict))
    return sorted({label.strip() for label in found if isinstance(label, str)})


def _facts(name: str, annotation: Annotation, names: list[str]) -> tuple[Facts, tuple[str, ...]]:
    """What the name or the label says, and the flag where there is more than one label."""
    facts = facts_of_name(name)
    label = _one_label(annotation.get("label"))
    if facts or is_unlabelled(label):
        return facts, (CONTRADICTS_NAME,) if contradicts(label, facts) else ()
    if isinstance(label, list):
        return {}, (SEVERAL_LABELS,)
    if isinstance(label, str):
        number = names.index(label.strip())
        return {"label": label.strip(), "label_id": number, "label_namespace": NAMED}, ()
    if isinstance(label, bool | float) or not isinstance(label, int) or label > MAX_LABEL:
        raise SourceError("unknown_label", f"label {label!r:.40}", expected="a number from 0")
    return {"label": f"class {label}", "label_id": label, "label_namespace": "pyskl"}, ()


def _one_label(label: Any) -> Any:
    """A label as a number or text; a list where there are several, None where there is none."""
    if isinstance(label, PickledArray) and label.size <= MAX_LABELS:
        label = np.asarray(label).reshape(-1).tolist()
        if len(label) > 2 and set(label) == {0, 1} and sum(label) == 1:  # one-hot
            label = label.index(1)
    if isinstance(label, list | tuple):
        label = label[0] if len(label) == 1 else list(label) or None
    label = label.decode("utf-8", "replace") if isinstance(label, bytes) else label
    if isinstance(label, str) and label.strip().isdecimal() and len(label) < 12:
        label = int(label)
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _motion(annotation: Annotation, source: Source, is_ntu: bool) -> tuple[Motion, tuple[str, ...]]:
    """The motion of an annotation, and what was assumed."""
    keypoint = _array(annotation, "keypoint")
    found = parse_keypoints(keypoint, annotation.get("total_frames"), is_ntu)
    points, topology = found.points, found.topology
    people, frames = points.shape[:2]
    check_size(frames, people, len(topology))
    score = np.ones((people, frames, len(topology))) if found.score is None else found.score
    if annotation.get("keypoint_score") is not None:
        score = _array(annotation, "keypoint_score")
        score = score[..., 0] if score.shape == (*points.shape[:3], 1) else score
        score = score[None] if score.shape == points.shape[1:3] and people == 1 else score
    if score.shape != points.shape[:3]:
        raise SourceError("format", f"keypoint_score {score.shape}", expected=f"{points.shape[:3]}")
    trust = np.nan_to_num(score.swapaxes(0, 1)).clip(0, 1).astype(np.float32)
    if topology.dims == 2:
        motion, flags = _in_picture(found, trust, annotation, source)
        return motion, (*found.flags, *flags)
    points, present = points.swapaxes(0, 1), _present(points)
    if found.defined and not _is_vast(points[present]):
        joints, confidence = observed(points, present, trust, reach=REACH_M)
        flags = () if is_ntu or _stands(points, present, topology) else (AXES_ASSUMED,)
        return Motion(joints, present, confidence, topology, FPS), (*found.flags, *flags)
    motion = make_bare_motion(points, topology, FPS, present=present, confidence=trust)
    return motion, (*found.flags, *BARE)


def _stands(points: Raw, present: BoolArray, topology: Topology) -> bool:
    """Whether bodies [T, M, V, 3] stand along +y, or too little of them is there to tell."""
    bodies = find_whole_bodies(np.where(present[..., None, None], points, np.nan), topology)
    return not len(bodies) or find_up(bodies, topology) == "+y"


def _is_vast(bodies: Raw) -> bool:
    """Whether bodies [N, V, 3] are in a smaller unit than the metre: no room is so large."""
    return bool(bodies.size) and float(np.nanmedian(np.abs(bodies).max(-1))) > REACH_M


def _present(points: Raw) -> BoolArray:
    """Who is there, [T, M]: PYSKL pads absent persons with zeros."""
    return np.asarray((points != 0).any((2, 3)).swapaxes(0, 1))


def _in_picture(
    found: Keypoints, trust: FloatArray, annotation: Annotation, source: Source
) -> tuple[Motion, tuple[str, ...]]:
    """The motion of keypoints of scores [T, M, V] in a picture, and what was assumed."""
    points, present = found.points.swapaxes(0, 1), _present(found.points)
    there = present[..., None] & (trust > 0) & (points != 0).any(-1)
    pixels, size, flags = place_in_picture(points, points[there], annotation, source.image_size)
    raw = np.zeros((*points.shape[:3], 3))
    raw[..., :2] = pixels
    joints, confidence = observed(raw, present, trust, reach=REACH_PX)
    motion = Motion(joints, present, confidence, found.topology, FPS, "image", False, size)
    return motion, flags


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
