"""C3D, the binary format of biomechanics (c3d.org): markers in the laboratory, frame by frame.

Read through the package ``c3d`` (extra ``c3d``), because it is pure Python: a hostile file can make
it raise, not crash or overwrite memory, as C++ readers may. Angles, forces, moments and powers that
modelling software stores as if they were points are left out. A point is missing where its residual
is -1, as the format says, or where all its coordinates are exactly 0, as many exporters write it.

Labels ``Ann:LKNE`` and ``Bob:LKNE`` are one marker of two persons. POINT:UNITS gives the unit, and
POINT:Y_SCREEN the axis that is up; most laboratories use z, and that is assumed (and flagged) where
neither the file nor the markers tell.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.markers import make_marker_topology, name_markers
from skeletonllm.corpora.rigs.posed_rig import (
    TO_Y_UP,
    name_main_axis,
    turn_up,
)
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.topology import locate_joint

UNITS_M = {"mm": 1e-3, "cm": 1e-2, "dm": 0.1, "m": 1.0, "in": 0.0254, "ft": 0.3048}
REACH_M = 1000.0
MAX_FRAMES = 500_000
"""Most frames of one file: 83 minutes at 100 frames a second."""

MAX_POINTS = 4096

MARKERS_UNKNOWN = "markers_unknown"
"""Flag: some labels are of no known set; they hang on the nearest word, or the pelvis."""

ORIGIN = "the labels of a C3D file"

_NO_PLACE = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
_NO_PLACE_NAME = re.compile(r".*(Angles?|Forces?|Moments?|Powers?)(Ref)?", re.IGNORECASE)


class C3dReader:
    """Reader of ``.c3d`` files."""

    name = "c3d"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: the format has no classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.c3d`` files below ``root``.

        Raises:
            UsageError: The package ``c3d`` is not installed, too.
        """
        _library()
        return list_sources(root, ".c3d")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, a person for each prefix of its labels."""
        library, data = _library(), load(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it only warns of, is checked here
            try:
                recording = _recording(library, data)
            except (SourceError, MemoryError):
                raise
            except Exception as error:  # whatever it trips over, it is the file
                raise SourceError("format", f"not C3D ({type(error).__name__}: {error})") from None
        motion, flags = _motion(recording)
        yield clip_of(
            self,
            source,
            data,
            motion,
            frame_index=recording.numbers,
            person_ids=recording.persons,
            flags=flags,
        )


@dataclass(frozen=True, eq=False)
class Recording:
    """What the library gives, sorted by person and marker.

    Args:
        points: float64 [T, P, J, 3], in the file's unit and axes; NaN where missing.
        labels: Of the J markers.
        persons: Prefixes of the labels, ``0`` where there is none.
        numbers: Frame numbers of the file.
        fps: Frames a second.
        unit: POINT:UNITS, in lower case; empty if not stated.
        up: POINT:Y_SCREEN, for example ``+z``; empty if not stated.
    """

    points: Raw
    labels: list[str]
    persons: tuple[str, ...]
    numbers: tuple[int, ...]
    fps: float
    unit: str
    up: str


def _library() -> Any:
    try:
        import c3d  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise UsageError(
            "the package 'c3d' is not installed",
            where="C3D files",
            hint="pip install 'skeletonllm[c3d]'",
        ) from None
    return c3d


def _recording(library: Any, data: bytes) -> Recording:
    if len(data) < 512 or data[1] != 0x50:
        raise SourceError("format", "no C3D header", expected="0x50 as the second byte")
    reader = library.Reader(io.BytesIO(data))
    _check_claims(reader, len(data))
    frames = [(number, points[:, :4]) for number, points, _ in reader.read_frames(copy=True)]
    if len(frames) < reader.frame_count:
        found, claimed = f"{len(frames)} frames", f"{reader.frame_count}"
        raise SourceError("truncated", found, expected=claimed)
    values = np.array([points for _, points in frames], np.float64)  # [T, N, 4]
    missing = (values[..., 3] < 0) | (values[..., :3] == 0).all(-1)
    values[missing, :3] = np.nan
    points, labels, persons = _by_person(values[..., :3], _labels(reader), _unplaced(reader))
    numbers = tuple(number for number, _ in frames)
    unit, up = _text(reader, "POINT:UNITS"), _text(reader, "POINT:Y_SCREEN")
    return Recording(points, labels, persons, numbers, float(reader.point_rate), unit, up)


def _check_claims(reader: Any, size: int) -> None:
    """Refuse counts that the file cannot hold, before they are believed."""
    frames, points = int(reader.frame_count), int(reader.point_used)
    check_size(max(frames, 0), points, 1)
    if frames > MAX_FRAMES or points > MAX_POINTS:
        expected = f"at most {MAX_FRAMES} and {MAX_POINTS}"
        raise SourceError("unsafe", f"{frames} frames of {points} points", expected=expected)
    word = 4 if reader.point_scale < 0 else 2
    analog = int(reader.analog_used) * int(reader.analog_per_frame)
    needed = frames * (4 * points + analog) * word + (reader.header.data_block - 1) * 512
    if needed > size:
        raise SourceError("truncated", f"{size} bytes", expected=f"{needed} for {frames} frames")
    if not (np.isfinite(reader.point_rate) and 0 < reader.point_rate < 1e6):
        raise SourceError("format", f"{reader.point_rate} frames a second", expected="a rate")


def _labels(reader: Any) -> list[str]:
    """A label for each point; points beyond the labels are named by their number."""
    found: list[str] = []
    for key in ("POINT:LABELS", "POINT:LABELS2", "POINT:LABELS3"):
        parameter = reader.get(key)
        if parameter is not None:
            found += [str(label).strip() for label in np.ravel(parameter.string_array)]
    found = found[: reader.point_used]
    return [label or f"point{i}" for i, label in enumerate(found)] + [
        f"point{i}" for i in range(len(found), reader.point_used)
    ]


def _unplaced(reader: Any) -> set[str]:
    """Labels of what is no place in space."""
    names: set[str] = set()
    for kind in _NO_PLACE:
        parameter = reader.get(f"POINT:{kind}")
        if parameter is not None and parameter.dimensions:
            names |= {str(label).strip() for label in np.ravel(parameter.string_array)}
    return names


def _text(reader: Any, key: str) -> str:
    parameter = reader.get(key)
    return "" if parameter is None else str(parameter.string_value).strip("\0 ").lower()


def _by_person(
    points: Raw, labels: list[str], unplaced: set[str]
) -> tuple[Raw, list[str], tuple[str, ...]]:
    """[T, N, 3] -> [T, P, J, 3], the J labels and the P prefixes."""
    kept = [
        i for i, x in enumerate(labels) if x not in unplaced and not _NO_PLACE_NAME.fullmatch(x)
    ]
    split = [labels[i].rpartition(":") for i in kept]
    persons = list(dict.fromkeys(prefix for prefix, _, _ in split if prefix)) or ["0"]
    seen: dict[tuple[str, str], int] = {}
    for i, (prefix, _, label) in zip(kept, split, strict=True):
        seen.setdefault((prefix or persons[0], label), i)
    markers = list(dict.fromkeys(label for _, label in seen))
    check_size(len(points), len(persons), len(markers))
    out = np.full((len(points), len(persons), len(markers), 3), np.nan)
    at = {label: j for j, label in enumerate(markers)}
    for (prefix, label), i in seen.items():
        out[:, persons.index(prefix), at[label]] = points[:, i]
    return out, markers, tuple(persons)


def _motion(recording: Recording) -> tuple[Motion, tuple[str, ...]]:
    names, unknown = name_markers(recording.labels)
    topology = make_marker_topology(names, ORIGIN)
    joints = recording.points * UNITS_M.get(recording.unit, UNITS_M["mm"])
    stated = recording.up if recording.up in TO_Y_UP else ""
    joints = turn_up(joints, TO_Y_UP[stated or _likely_up(joints, names)])
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    motion = Motion(clean, present, confidence, topology, recording.fps, space="world")
    flags = {
        UNIT_ASSUMED: recording.unit not in UNITS_M,
        AXES_ASSUMED: not stated,
        MARKERS_UNKNOWN: bool(unknown),
    }
    return motion, tuple(flag for flag, holds in flags.items() if holds)


def _likely_up(joints: Raw, names: list[str]) -> str:
    """The axis along which head and trunk are above the feet; z where that is not known."""
    words = [name.partition(".")[0] for name in names]
    high = [j for j, word in enumerate(words) if locate_joint(word).part in ("torso", "head")]
    low = [j for j, word in enumerate(words) if word.endswith(("ankle", "foot"))]
    if not high or not low:
        return "+z"
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frames in which all of them are missing
        up = np.nanmean(joints[:, :, high], (0, 1, 2)) - np.nanmean(joints[:, :, low], (0, 1, 2))
    return name_main_axis(up) if np.isfinite(up).all() else "+z"
