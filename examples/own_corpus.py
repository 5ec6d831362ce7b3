"""A complete reader: ``<label>_<number>.csv``, a row a frame, x y z in metres of 20 joints. Run as

PYTHONPATH=. skeletonllm normalize --corpus examples.own_corpus:CsvReader --input IN --output OUT
"""

from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora import Source, clip_of, list_sources, load, motion_of
from skeletonllm.errors import SourceError
from skeletonllm.topology import KINECT_V1

CLASSES = ("wave", "squat")


class CsvReader:  # noqa: D101
    name = "lab"
    licence = "cc0-1.0"
    label_names: Mapping[str, tuple[str, ...]] = {"lab": CLASSES}

    def sources(self, root: str) -> list[Source]:  # noqa: D102
        return list_sources(root, ".csv")

    def read(self, source: Source) -> Iterator[Clip]:  # noqa: D102
        label = source.source_id.rpartition("_")[0]
        if label not in CLASSES:  # a SourceError becomes a row of rejects/
            raise SourceError("unknown_label", f"{label!r}", expected=", ".join(CLASSES))
        data = load(source)
        try:
            rows = np.loadtxt(data.decode().splitlines(), delimiter=",", skiprows=1, ndmin=2)
            motion = motion_of(rows.reshape(-1, 1, 20, 3), KINECT_V1, fps=30.0)
        except ValueError as error:
            raise SourceError("format", str(error), expected="60 numbers a row") from error
        known = {"label": label, "label_id": CLASSES.index(label), "label_namespace": self.name}
        yield clip_of(self, source, data, motion, **known)
