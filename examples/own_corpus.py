"""Bring your own corpus: a complete reader of CSV files in some 40 lines of code.

One file a clip, named ``<label>_<number>.csv``: a header, then one row a frame of 60 numbers, the
x, y, z in metres of the 20 joints of Kinect v1. From the folder that holds ``examples/``, run

    PYTHONPATH=. skeletonllm normalize --corpus examples.own_corpus:CsvReader --input IN --output O
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, Source, list_sources, load, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V1

CLASSES = ("wave", "squat")


class CsvReader:
    """Reader of our lab's CSV files."""

    name = "lab"
    licence = "cc0-1.0"
    label_names: Mapping[str, tuple[str, ...]] = {"lab": CLASSES}

    def sources(self, root: str) -> list[Source]:
        """All ``.csv`` files below ``root``; what is wrong with one is said when it is read."""
        return list_sources(root, ".csv")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file; a SourceError becomes a row of rejects/."""
        label = source.source_id.rpartition("_")[0]
        if label not in CLASSES:
            raise SourceError("unknown_label", f"{label!r}", expected=", ".join(CLASSES))
        data = load(source)
        try:
            rows = np.loadtxt(data.decode().splitlines(), delimiter=",", skiprows=1, ndmin=2)
            joints = rows.reshape(len(rows), 1, 20, 3)
        except ValueError as error:
            raise SourceError("format", str(error), expected="60 numbers a row") from error
        present = np.ones((len(rows), 1), dtype=bool)
        seen = np.ones((len(rows), 1, 20), dtype=np.float32)
        joints, confidence = observed(joints, present, seen, reach=100.0)
        yield Clip(
            motion=Motion(joints, present, confidence, KINECT_V1, fps=30.0),
            clip_id=f"{self.name}/{source.source_id}",
            corpus=self.name,
            source_uri=source.uri,
            source_sha256=hashlib.sha256(data).hexdigest(),
            frame_index=tuple(range(len(rows))),
            person_ids=("1",),
            label=label,
            label_id=CLASSES.index(label),
            label_namespace="lab",
            licence=self.licence,
        )
