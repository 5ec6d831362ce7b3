"""SBU Kinect Interaction (Yun et al., CVPRW 2012): two persons, 15 joints each, as text.

    <actor><actor>/<action>/<repetition>/skeleton_pos.txt, for example s01s02/05/001

A line a frame: frame number, 15 joints x y z of the person at the left, 15 of the one at the right,
all parted by commas. Frame numbers go on from those of the session and need not start at 1.

Coordinates are normalised; the readme of the corpus maps them back:
X = 1280 - 2560 x, Y = 960 - 1920 y, Z = 10000 z / 7.8125. The map puts bones at constant lengths of
human size in millimetres, faces partners towards each other and has 94 % of handshakes done with
the right hand, so that left and right are the persons' own. Still no file states a unit, and
motions are not marked as metric.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, list_sources, load
from skeletonllm.corpora.formats.text_table import parse_table
from skeletonllm.corpora.kinect.common import MAX_BYTES
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.errors import SourceError
from skeletonllm.topology import SBU_15

FPS = 15.0
PERSONS = ("A", "B")
COLUMNS = 1 + len(PERSONS) * len(SBU_15) * 3

SCALE = (-2.560, -1.920, 1.280)
OFFSET = (1.280, 0.960, 0.0)
"""From normalised coordinates to thousandths of the readme's original ones, which makes metres."""

NAME = re.compile(r"(s\d{2}s\d{2})_(\d{2})_(\d{3})")
"""Pair of actors, action and repetition, in the source ids that :func:`own_id` makes."""


class SbuReader:
    """Reader of ``skeleton_pos.txt`` files; in folders of other names they have no label."""

    name = "sbu_kinect"
    licence = "sbu_kinect"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The eight interactions, 01 first."""
        return {"sbu_kinect": labels.names("sbu_kinect")}

    def sources(self, root: str) -> list[Source]:
        """All files named ``skeleton_pos.txt`` below ``root``."""
        return list_sources(root, "skeleton_pos.txt", own_id=own_id)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file: the person at the left, then the one at the right."""
        facts = _facts_of_id(source.source_id)
        data = load(source, MAX_BYTES)
        text = re.sub(r",[ \t]*(?=\r?$)", "", decode(data), flags=re.MULTILINE)
        table = parse_table(text, COLUMNS, delimiter=",")
        if not ((np.abs(table[:, 0]) < 1 << 31).all() and (np.diff(table[:, 0]) > 0).all()):
            raise SourceError("format", "frame numbers that do not ascend")
        raw = table[:, 1:].reshape(-1, len(PERSONS), len(SBU_15), 3)
        with np.errstate(over="ignore"):  # refused, as what is infinite
            raw = raw * SCALE + OFFSET
        motion = motion_of(raw, SBU_15, FPS, metric=False)
        frames = tuple(int(number) for number in table[:, 0])
        yield clip_of(self, source, data, motion, frame_index=frames, person_ids=PERSONS, **facts)


def own_id(uri: str) -> str | None:
    """Id of a file of SBU, from the three folders it lies in, since all files have one name.

    Args:
        uri: Path of the file; None comes of folders that are not named as SBU names them.

    Example:
        >>> own_id("sbu/s01s02/05/001/skeleton_pos.txt")
        's01s02_05_001'
    """
    folders = [part for part in uri.replace("\\", "/").split("/")[:-1] if part.strip(".")]
    name = "_".join(folders[-3:])
    return name if NAME.fullmatch(name) else None


def _facts_of_id(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    pair, action, repetition = match.groups()
    label, label_id = labels.look_up_label("sbu_kinect", int(action))
    return {
        "subject": pair,
        "repetition": str(int(repetition)),
        "label": label,
        "label_id": label_id,
        "label_namespace": "sbu_kinect",
    }
