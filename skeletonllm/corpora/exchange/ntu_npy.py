"""NTU RGB+D as ``.skeleton.npy``: what the corpus' own ``txt2npy.py`` makes of a ``.skeleton``.

    {"file_name", "nbodys": bodies of each frame that has any, "njoints": 25,
     "skel_body0": [T, 25, 3], "rgb_body0": [T, 25, 2], "depth_body0": ..., "skel_body1": ...}

A dict, saved by ``numpy.save``, hence a pickle; nothing of it is executed. Positions are metres
before the sensor, 30 frames a second; a body that is absent is zeros. Bodies have lost their ids:
the first of a frame is ``skel_body0``, whoever that is, and normalization tells who is who. Bodies
that are an adult's in millimetres or centimetres are taken as that, and flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.kinect_arrays import JOINTS
from skeletonllm.corpora.files import list_sources, load, own_stem, plain_path
from skeletonllm.corpora.formats.object_arrays import parse_one_dict
from skeletonllm.corpora.formats.safe_pickle import PickledArray
from skeletonllm.corpora.kinect.ntu_rgbd import FPS, NAME, facts_of_name
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import find_scale
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import UNIT_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.topology import KINECT_V2

MAX_BODIES = 16
KEY = "skel_body"

BODIES_DIFFER = "bodies_differ"
"""Flag: ``nbodys`` states another number of bodies than are there, or none."""


class NtuNpyReader:
    """Reader of dicts with ``skel_body0``; label and setup are those of the name."""

    name = "ntu_npy"
    licence = "ntu_rgbd"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 120 actions, A001 first."""
        return {"ntu": labels.names("ntu")}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files below ``root``."""
        return list_sources(root, ".npy", own_id=_own_id)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        content = parse_one_dict(data)
        points = _bodies(content)
        facts = facts_of_name(_stem(source.uri)) or facts_of_name(_stated_name(content))
        present = (np.nan_to_num(points, nan=1) != 0).any((2, 3))
        scale = find_scale(points, KINECT_V2, present)
        motion = motion_of(points * scale, KINECT_V2, FPS, present=present)
        licence = self.licence if facts else UNKNOWN
        flags: tuple[str, ...] = (
            (BODIES_DIFFER,) if _stated_bodies(content) != points.shape[1] else ()
        )
        flags += (UNIT_ASSUMED,) if scale != 1 else ()
        yield clip_of(self, source, data, motion, flags=flags, licence=licence, **facts)


def _stem(uri: str) -> str:
    name = PurePosixPath(plain_path(uri)).name
    return name.removesuffix(".npy").removesuffix(".skeleton")


def _own_id(uri: str) -> str | None:
    return own_stem(NAME)(f"{_stem(uri)}.npy")


def _stated_bodies(content: Mapping[Any, Any]) -> int | None:
    """The most bodies of a frame, as ``nbodys`` states them."""
    counts = content.get("nbodys")
    if isinstance(counts, PickledArray) and counts.size <= MAX_POSITIONS:
        counts = np.asarray(counts).reshape(-1).tolist()
    whole = [n for n in counts if isinstance(n, int)] if isinstance(counts, list) else []
    return max(whole) if whole else None


def _stated_name(content: Mapping[Any, Any]) -> str:
    name = content.get("file_name")
    return name.removesuffix(".skeleton") if isinstance(name, str) else ""


def _bodies(content: Mapping[Any, Any]) -> Raw:
    """Positions [T, M, 25, 3] of the bodies, in the order of their numbers."""
    keys = [f"{KEY}{i}" for i in range(MAX_BODIES) if f"{KEY}{i}" in content]
    if not keys:
        found = f"a dict of {', '.join(sorted(map(str, content)))[:200]}"
        raise SourceError("format", found, expected=f"{KEY}0, as NTU RGB+D's txt2npy.py writes it")
    bodies = [_body(content[key], key) for key in keys]
    if len({len(body) for body in bodies}) > 1:
        found = f"joints of a body in {[len(body) for body in bodies]} frames"
        raise SourceError("format", found, expected="as many frames of each")
    check_size(len(bodies[0]), len(bodies), JOINTS)
    return np.stack(bodies, axis=1)


def _body(held: Any, key: str) -> Raw:
    if not isinstance(held, PickledArray) or held.size > 3 * MAX_POSITIONS:
        found = f"{key}, the joints of a body, is a {type(held).__name__}"
        raise SourceError("format", found, expected="an array")
    array = np.asarray(held)
    if array.ndim != 3 or array.shape[1:] != (JOINTS, 3) or array.dtype.kind != "f":
        found = f"{key}, the joints of a body, is an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="floats (T, 25, 3)")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.astype(np.float64) + 0.0
