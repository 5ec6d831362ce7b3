"""FreeMoCap: the body of MediaPipe in space, 33 joints, from several cameras.

By the names that FreeMoCap gives its own files (freemocap/system/paths_and_filenames):

- ``mediapipe_body_3d_xyz.npy`` [T, 33, 3], also with more words around ``body_3d_xyz``;
- ``mediaPipeSkel_3d_body_hands_face.npy`` and ``mediapipe3dData_numFrames_numTrackedPoints_
  spatialXYZ.npy`` [T, 553, 3] (or with fewer points of the face): the body comes first;
- ``mediapipe_body_3d_xyz.csv`` with columns ``body_left_shoulder_x``, or without ``body_``, and
  ``freemocap_data_by_frame.csv`` with more columns beside.

Millimetres by the calibration board, if its squares were measured; raw data is +y down, what was
postprocessed +z up: up goes by the body. Files hold neither rate nor unit, and an array not even
names, so rate and unit are flagged, and an array as known by its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.labs.points import find_up, likely_unit, missing_as_nan, to_y_up
from skeletonllm.corpora.labs.text_rows import UNREAD_CELLS, parse_rows, read_table
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_WORLD_33

FPS = 30.0
REACH_M = 1000.0
MAX_POINTS = 600
BODY = len(NAMES)

_ARRAY = re.compile(
    r"(.*body_3d_xyz.*|mediapipeskel_3d.*|mediapipe_?skeleton_3d.*|.*3ddata_.*spatialxyz)\.npy"
)
_TABLE = re.compile(r".*(mediapipe|freemocap|body_3d_xyz|by_frame|by_trajectory).*\.csv")
_ERROR = re.compile(r".*(reprojection_?error|hand_3d|face_3d|com_|segmentcom).*")


class FreeMoCapReader:
    """Reader of FreeMoCap's arrays and tables of the body."""

    name = "freemocap"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` and ``.csv`` files below ``root`` that are named as FreeMoCap names them."""
        return list_sources(root, ".npy", ".csv", keep=is_named_so)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        if plain_path(source.uri).lower().endswith(".npy"):
            joints, flags = _of_array(data)
        else:
            joints, flags = _of_table(data)
        motion, guessed = _motion(missing_as_nan(joints))
        yield clip_of(self, source, data, motion, flags=(*flags, *guessed))


def is_named_so(path: str) -> bool:
    """Whether FreeMoCap gives a file of a body such a name.

    Example:
        >>> is_named_so("output_data/mediapipe_body_3d_xyz.npy"), is_named_so("walk.npy")
        (True, False)
    """
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    return bool(_ARRAY.fullmatch(name) or _TABLE.fullmatch(name)) and not _ERROR.fullmatch(name)


def _of_array(data: bytes) -> tuple[Raw, tuple[str, ...]]:
    array = parse_npy(data)
    fits = array.ndim == 3 and array.shape[2] == 3 and BODY <= array.shape[1] <= MAX_POINTS
    if array.dtype.kind != "f" or not fits:
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="floats (T, 33, 3) or (T, 553, 3)")
    check_size(len(array), 1, BODY)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        return array[:, :BODY].astype(np.float64), (FORMAT_ASSUMED,)


def _of_table(data: bytes) -> tuple[Raw, tuple[str, ...]]:
    head = [name.lower() for name in parse_rows(data, most=1)[0][0]]
    for start in ("body_", ""):
        wanted = [f"{start}{name}_{axis}" for name in NAMES for axis in "xyz"]
        if {*wanted} <= {*head}:
            break
    else:
        wanted = [f"body_{name}_{axis}" for name in NAMES for axis in "xyz"]
        found = f"no column {next(name for name in wanted if name not in head)}"
        raise SourceError("format", found, expected="x, y and z of MediaPipe's 33 joints")
    rows, decimal_comma = parse_rows(data)
    body = [row for row in rows[1:] if any(row)]
    columns = [head.index(name) for name in wanted]
    table, unread = read_table(body, max(columns) + 1, decimal_comma)
    flags = {FORMAT_ASSUMED: not start, UNREAD_CELLS: unread}
    joints = table[:, columns].reshape(len(table), BODY, 3)
    return joints, tuple(flag for flag, holds in flags.items() if holds)


def _motion(raw: Raw) -> tuple[Motion, tuple[str, ...]]:
    check_size(len(raw), 1, BODY)
    joints = raw[:, None]
    up, sure = find_up(joints, MEDIAPIPE_WORLD_33.joints, "+z")
    metres, metric = likely_unit(joints, MEDIAPIPE_WORLD_33)
    joints = to_y_up(joints, up, metres)
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    motion = Motion(
        clean, present, confidence, MEDIAPIPE_WORLD_33, FPS, space="world", metric=metric
    )
    return motion, (FPS_ASSUMED, UNIT_ASSUMED, *(() if sure else (AXES_ASSUMED,)))
