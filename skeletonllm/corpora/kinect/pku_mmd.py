"""PKU-MMD (Liu et al., 2017), versions 1 and 2: untrimmed recordings of Kinect v2, as text.

    <skeletons>/0002-L.txt, A10N08-L.txt   150 numbers a line: 2 bodies x 25 joints x 3, metres
    <labels>/0002-L.txt                    action,start,end,confidence of one segment a line

L, M and R are the cameras at the left, in the middle and at the right. A body of zeros is nobody.
A recording lasts minutes; its labelled segments become clips named by their first and last frame,
both counted from 0 and both inside. The label file of a recording bears its name and lies in a
folder that has "label" in its name, beside the folder of skeletons or one or two levels above
(``Data/PKU_Skeleton_Renew`` and ``Label/Train_Label_PKU_final`` as published). Without one the
recording is one clip without a label, flagged ``untrimmed``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, load
from skeletonllm.corpora.formats.text_table import lines_of, parse_table
from skeletonllm.corpora.kinect.common import MAX_BYTES, named_sources, stem
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.untrimmed import (
    UNTRIMMED,
    Segment,
    cut_segments,
    find_background,
    read_label_text,
)
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray
from skeletonllm.topology import KINECT_V2

FPS = 30.0
BODIES = 2
COLUMNS = BODIES * len(KINECT_V2) * 3

NAME = re.compile(r"(?:\d{4}|A\d{2}N\d{2})-([LMR])")
"""Recording and camera, in file names of versions 1 and 2."""

_LABEL = re.compile(r"([0-9]{1,9}), *([0-9]{1,9}), *([0-9]{1,9}), *[0-9.]*")


class PkuMmdReader:
    """Reader of PKU-MMD skeleton text with its label files.

    Args:
        background: Keep what lies between the segments too, as clips without a label that are
            flagged ``background``. Such a reader is named ``pku_mmd_background``.

    Example:
        >>> PkuMmdReader(background=True).name
        'pku_mmd_background'
    """

    licence = "pku_mmd"

    def __init__(self, *, background: bool = False) -> None:
        self.background = background

    @property
    def name(self) -> str:
        """``pku_mmd``, or ``pku_mmd_background`` with the background."""
        return "pku_mmd_background" if self.background else "pku_mmd"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 51 actions, 1 first."""
        return {"pku_mmd": labels.names("pku_mmd")}

    def sources(self, root: str) -> list[Source]:
        """All skeleton files below ``root``; files in folders of labels are none."""
        return named_sources(root, ".txt", _source_id)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip or a reject of each segment, in the order of the recording."""
        data = load(source, MAX_BYTES)
        raw = parse_table(decode(data), COLUMNS).reshape(-1, BODIES, len(KINECT_V2), 3)
        present: BoolArray = np.any(raw != 0, axis=(2, 3))
        motion = motion_of(raw, KINECT_V2, FPS, present=present)
        camera = NAME.fullmatch(source.source_id)
        known = {"camera": camera[1]} if camera else {}
        recording = clip_of(self, source, data, motion, **known)
        file = f"{source.source_id}.txt"
        text = read_label_text(source.uri, f"*[Ll]abel*/{file}", f"*[Ll]abel*/*/{file}")
        if text is None:
            yield replace(recording, flags=(UNTRIMMED,))
            return
        segments, errors = _segments(text)
        yield from (Reject.of(f"{source.uri}#labels", error) for error in errors)
        if self.background:
            segments += find_background(segments, recording.frame_index)
        yield from cut_segments(recording, segments, _facts_of_action)


def _source_id(uri: str) -> str | None:
    folders = uri.replace("\\", "/").split("/")[:-1]
    if not NAME.fullmatch(stem(uri)) or any("label" in folder.lower() for folder in folders[-2:]):
        return None
    return stem(uri)


def _segments(text: str) -> tuple[list[Segment], list[SourceError]]:
    """The segments of a label file, and an error for each line that is none."""
    segments, errors = [], []
    for number, line in lines_of(text):
        try:
            segments.append(_segment(line, f"line {number} of the labels"))
        except SourceError as error:
            errors.append(error)
    return segments, errors


def _segment(line: str, where: str) -> Segment:
    match = _LABEL.fullmatch(line)
    if match is None:
        expected = "action,start,end,confidence"
        raise SourceError("format", f"{line[:80]!r}", expected=expected, where=where)
    action, first, last = (int(field) for field in match.groups())
    return Segment(first, last, action)


def _facts_of_action(action: int) -> Facts:
    label, label_id = labels.look_up_label("pku_mmd", action)
    return {"label": label, "label_id": label_id, "label_namespace": "pku_mmd"}
