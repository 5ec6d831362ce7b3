"""ETRI-Activity3D (Jang et al., IROS 2020): Kinect v2 as CSV, a line a body in a frame.

    frameNum,bodyindexID,trackingID,joint1_3dX,joint1_3dY,joint1_3dZ,joint1_depthX,joint1_depthY,
    joint1_orientationX,...,joint1_trackingState,joint2_3dX,...        25 joints of 10 columns

Columns are found by name. Positions are metres before the sensor; the rate is not stated, and is
that of the sensor. A line without a body is an empty frame, and so is a number that is skipped.
``A001_P001_G001_C001.csv`` names action, person, repetition and camera.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.kinect_arrays import JOINTS
from skeletonllm.corpora.files import decode, list_sources, load, own_stem, plain_path
from skeletonllm.corpora.formats.text_table import lines_of
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size
from skeletonllm.errors import SourceError
from skeletonllm.topology import KINECT_V2

FPS = 30.0
NAME = re.compile(r"A(\d{3})_P(\d{3})_G(\d{3})_C(\d{3})")
MAX_NUMBER = 2**31 - 1
STATES = (0.0, 0.5, 1.0)
"""Confidence of a joint that is not tracked, inferred, tracked: the sensor's own words."""

MAX_COLUMNS = 10_000
"""Of a header; ETRI has some 350."""

FRAME, BODY, TRACK = "frameNum", "bodyindexID", "trackingID"


class EtriReader:
    """Reader of CSV with ``joint1_3dX``; actions bear numbers."""

    name = "etri"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {"etri": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.csv`` files below ``root``."""
        return list_sources(root, ".csv", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file: a row for each body, in order of appearance."""
        data = load(source)
        rows, ids = _rows(decode(data))
        first, last = int(rows[:, 0].min()), int(rows[:, 0].max())
        persons = [name for name in dict.fromkeys(ids) if name]
        check_gaps(last - first + 1, len(rows))
        check_size(last - first + 1, len(persons), JOINTS)
        points = np.full((last - first + 1, len(persons), JOINTS, 3), np.nan)
        trust = np.zeros(points.shape[:3], np.float32)
        for row, name in zip(rows, ids, strict=True):
            if name:
                at = int(row[0]) - first, persons.index(name)
                if trust[at].any():
                    where = f"frame {int(row[0])}"
                    raise SourceError("format", f"body {name:.40} twice", where=where)
                points[at] = row[1 : 1 + 3 * JOINTS].reshape(JOINTS, 3)
                trust[at] = np.take(STATES, np.clip(row[1 + 3 * JOINTS :], 0, 2).astype(int))
        present = trust.any(-1) & ~np.isnan(points).all((2, 3))
        motion = motion_of(points, KINECT_V2, FPS, present=present, confidence=trust)
        yield clip_of(
            self,
            source,
            data,
            motion,
            frame_index=tuple(range(first, last + 1)),
            person_ids=tuple(persons),
            flags=(FPS_ASSUMED,),
            **_facts_of_path(source.uri),
        )


def _rows(text: str) -> tuple[Raw, list[str]]:
    """Frame, 75 coordinates and 25 states of each line, and whose it is (empty for nobody's)."""
    lines = lines_of(text)
    head = next(lines)[1]
    if head.count(",") > MAX_COLUMNS:
        raise SourceError("format", f"a header of {head.count(',') + 1} columns", expected=FRAME)
    names = [name.strip().strip('"') for name in head.split(",")]
    wanted = [FRAME, *(f"joint{j}_3d{axis}" for j in range(1, JOINTS + 1) for axis in "XYZ")]
    missing = [name for name in (*wanted, BODY) if name not in names]
    if missing:
        found = f"a header without {missing[0]} and {len(missing) - 1} other columns"
        raise SourceError("format", found, expected=f"{FRAME}, {BODY}, joint1_3dX, ...")
    states = [f"joint{j}_trackingState" for j in range(1, JOINTS + 1)]
    at = [names.index(name) for name in wanted]
    tracked = [names.index(name) if name in names else -1 for name in states]
    who = names.index(TRACK) if TRACK in names else names.index(BODY)
    body = names.index(BODY)
    rows, ids = [], []
    for number, line in lines:
        fields = [field.strip() for field in line.split(",")]
        if len(fields) != len(names):
            found = f"{len(fields)} fields"
            raise SourceError("format", found, expected=f"{len(names)}", where=f"line {number}")
        there = fields[body] not in ("", "nan", "NaN")
        ids.append((fields[who] or fields[body]) if there else "")
        values = [fields[i] for i in at]
        values += [fields[i] if i >= 0 else "2" for i in tracked]
        rows.append(_numbers(values, f"line {number}"))
    if not rows:
        raise SourceError("no_frames", "a header and no line")
    return np.array(rows), ids


def _numbers(fields: list[str], where: str) -> list[float]:
    try:
        numbers = [float(field or "nan") for field in fields]
    except ValueError as error:
        raise SourceError("format", str(error)[:80], expected="a number", where=where) from None
    if not (numbers[0].is_integer() and 0 <= numbers[0] <= MAX_NUMBER):
        found = f"{FRAME} {fields[0]:.40}"
        raise SourceError("format", found, expected="a whole number", where=where)
    states = numbers[1 + 3 * JOINTS :]
    if any(state not in (0, 1, 2) and state == state for state in states):  # noqa: PLR0124 - NaN
        raise SourceError("format", "a trackingState", expected="0, 1 or 2", where=where)
    return [*numbers[: 1 + 3 * JOINTS], *(0 if state != state else state for state in states)]  # noqa: PLR0124


def _facts_of_path(uri: str) -> Facts:
    match = NAME.search(PurePosixPath(plain_path(uri)).stem)
    if match is None or int(match[1]) < 1:
        return {}
    action, subject, repetition, camera = (int(group) for group in match.groups())
    return {
        "label": f"action {action}",
        "label_id": action - 1,
        "label_namespace": "etri",
        "subject": str(subject),
        "repetition": str(repetition),
        "camera": str(camera),
    }
