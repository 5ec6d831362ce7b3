"""FreeMoCap: the body of MediaPipe in space, 33 joints, from several cameras.

By the names that FreeMoCap gives its own files (freemocap/system/paths_and_filenames):

- ``mediapipe_body_3d_xyz.npy`` [T, 33, 3], also with more words around ``body_3d_xyz``;
- ``mediaPipeSkel_3d_body_hands_face.npy`` and ``mediapipe3dData_numFrames_numTrackedPoints_
  spatialXYZ.npy`` [T, 553, 3] (or with fewer points of the face): the body comes first;
- ``mediapipe_body_3d_xyz.csv`` with columns ``body_left_shoulder_x``, or without ``body_``, and
  ``freemocap_data_by_frame.csv`` or ``<recording>_by_trajectory.csv`` with more columns beside;
- ``<recording>_by_frame.csv`` with a row a point since 1.7: ``frame, timestamp,
  timestamp_by_camera, model, keypoint, x, y, z``, of models ``mediapipe_body``, ``_hand``, ...
  (freemocap, DataSaver.save_to_tidy_csv).

Millimetres by the calibration board, if its squares were measured; raw data is +y down, what was
postprocessed +z up: up goes by the body. Files hold no unit, most no times, and an array not even
names: unit and rate are flagged, and an array as known by its name alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.labs.points import (
    find_up,
    frame_numbers,
    likely_unit,
    missing_as_nan,
    to_y_up,
)
from skeletonllm.corpora.labs.text_rows import UNREAD_CELLS, parse_rows, read_table
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.text_encoding import decode_any
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import IRREGULAR, clock_of, seconds_of
from skeletonllm.corpora.toolkit.moments import read_moments
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_WORLD_33

FPS = 30.0
REACH_M = 1000.0
RATES = (1.0, 1000.0)
"""Frames a second that cameras have."""

MAX_POINTS = 600
HEAD_BYTES = 1 << 20
"""Within these a table has its names of columns: 553 points take some 50 kB."""

MAX_ROWS, MAX_LINE = 1_000_000, 10_000
"""Points of the body in a table with a row a point: a quarter of an hour; and letters of a line."""

BODY = len(NAMES)
LONG, STAMP = ("frame", "model", "keypoint", "x", "y", "z"), "timestamp"

_ARRAY = re.compile(
    r"(.*body_3d_xyz.*|mediapipeskel_3d.*|mediapipe_?skeleton_3d.*|.*3ddata_.*spatialxyz)\.npy"
)
_TABLE = re.compile(r".*(mediapipe|freemocap|body_3d_xyz|by_frame|by_trajectory).*\.csv")
_OTHER = re.compile(r",[^,]*_(face|hand|com|total_body_center_of_mass),")
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
            (joints, flags), fps = _of_array(data), None
        else:
            joints, fps, flags = _of_table(data)
        motion, guessed = _motion(missing_as_nan(joints), fps)
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


def _of_table(data: bytes) -> tuple[Raw, float | None, tuple[str, ...]]:
    """Joints, frames a second and flags of a table."""
    head = [name.strip().lower() for name in parse_rows(data[:HEAD_BYTES], most=1)[0][0]]
    if {*LONG} <= {*head}:
        return _of_points(decode_any(data), head)
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
    cells = [[row[c] if c < len(row) else "" for c in columns] for row in body]
    table, unread = read_table(cells, len(columns), decimal_comma)
    at = head.index(STAMP) if STAMP in head else None
    stamps = [] if at is None else [row[at] if at < len(row) else "" for row in body]
    rate, uneven = _rate(stamps)
    flags = {FORMAT_ASSUMED: not start, UNREAD_CELLS: unread, IRREGULAR: uneven}
    joints = table.reshape(len(table), BODY, 3)
    return joints, rate, tuple(flag for flag, holds in flags.items() if holds)


def _of_points(text: str, head: list[str]) -> tuple[Raw, float | None, tuple[str, ...]]:
    """The same of a table with a row a point, by the numbers of the frames."""
    at = {name: head.index(name) for name in (*LONG, STAMP) if name in head}
    place = {name: j for j, name in enumerate(NAMES)}
    wanted = [at[name] for name in ("frame", "x", "y", "z")]
    cells: list[list[str]] = []
    points: list[int] = []
    stamps: dict[str, str] = {}
    try:
        for row in csv.reader(_lines_of_body(text)):
            point = (
                place.get(row[at["keypoint"]].strip().lower()) if len(row) >= len(head) else None
            )
            if point is None:
                continue
            if len(cells) == MAX_ROWS:
                raise SourceError("unsafe", f"more than {MAX_ROWS} points of a body")
            cells.append([row[i] for i in wanted])
            points.append(point)
            stamps.setdefault(row[wanted[0]], row[at[STAMP]] if STAMP in at else "")
    except csv.Error as error:
        raise SourceError("format", f"no table ({error})") from None
    table, unread = read_table(cells, 4, decimal_comma=False)
    numbers = frame_numbers(np.unique(table[:, 0]))
    if numbers is None:
        found = f"{len(cells)} rows of MediaPipe's body"
        raise SourceError("format", found, expected="rows of whole frame numbers")
    count = numbers[-1] - numbers[0] + 1
    check_size(count, 1, BODY)
    check_gaps(count, len(numbers))
    frames = table[:, 0].astype(np.int64) - numbers[0]
    joints = np.full((count, BODY, 3), np.nan)
    joints[frames, points] = table[:, 1:]
    by_frame = {int(float(frame)) - numbers[0]: stamp for frame, stamp in stamps.items()}
    rate, uneven = _rate([by_frame.get(t, "") for t in range(count)])
    flags = {UNREAD_CELLS: unread, IRREGULAR: uneven}
    return joints, rate, tuple(flag for flag, holds in flags.items() if holds)


def _lines_of_body(text: str) -> Iterator[str]:
    """The lines below the head that may be of the body; a face has 478 a frame, which are many."""
    start = text.find("\n") + 1
    while 0 < start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        start = end + 1
        if 0 < len(line) < MAX_LINE and not _OTHER.search(line):
            yield line


def _rate(stamps: list[str]) -> tuple[float | None, bool]:
    """Frames a second of the stamps of all frames, and whether they are uneven; None without."""
    numbers, _ = read_table([[stamp] for stamp in stamps], 1, decimal_comma=False, most=1.0)
    times = numbers.reshape(-1)
    if np.isnan(times).all():
        moments = read_moments(stamps, None)
        times = np.array([np.nan if t is None else t for t in moments], np.float64)
    try:
        clock = clock_of(seconds_of(times, STAMP)[0])
    except SourceError:
        return None, False
    if clock is None or not RATES[0] <= clock.rate <= RATES[1]:
        return None, False
    even = clock.regular and int(clock.numbers[-1]) == len(times) - 1
    whole = clock.rate * (len(times) - 1) / max(int(clock.numbers[-1]), 1)
    return (clock.rate if even else whole), not even


def _motion(raw: Raw, fps: float | None) -> tuple[Motion, tuple[str, ...]]:
    check_size(len(raw), 1, BODY)
    joints = raw[:, None]
    up, sure = find_up(joints, MEDIAPIPE_WORLD_33.joints, "+z")
    metres, metric = likely_unit(joints, MEDIAPIPE_WORLD_33)
    joints = to_y_up(joints, up, metres)
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    motion = Motion(
        clean, present, confidence, MEDIAPIPE_WORLD_33, fps or FPS, space="world", metric=metric
    )
    guessed = {FPS_ASSUMED: fps is None, UNIT_ASSUMED: True, AXES_ASSUMED: not sure}
    return motion, tuple(flag for flag, holds in guessed.items() if holds)
