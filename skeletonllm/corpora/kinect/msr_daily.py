"""MSR-DailyActivity3D (Wang et al., CVPR 2012): 20 joints of Kinect v1, as text of two forms.

    a<action>_s<subject>_e<episode>_skeleton.txt        as published
        frames joints
        per frame: rows, 40 a person: a joint's x y z (m) flag, then its u v depth flag
    a<action>_s<subject>_e<episode>_skeleton_proj.txt   as passed on since
        frame joint x y z, all counted from 1, one person

Episode 1 is done sitting on a sofa, 2 standing. "The integer at the end is supposed to be the
confidence value, but it is not useful", says the page of the corpus: it is not read. A frame of 0
rows is one in which nobody was tracked; a frame of 80 rows holds two persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, load, own_stem
from skeletonllm.corpora.formats.text_table import parse_table
from skeletonllm.corpora.kinect.common import named_sources
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray
from skeletonllm.topology import KINECT_V1

FPS = 30.0
MAX_PERSONS = 6
"""Kinect sees no more."""

MAX_BYTES = 4 << 20
"""Largest file; real ones stay below 2 MB. Its numbers are counted before they are read."""

NAME = re.compile(r"a(\d{2})_s(\d{2})_e(\d{2})_skeleton(_proj)?")
"""Action, subject, episode and form, in file names of this corpus."""

_JOINTS = len(KINECT_V1)
_BODY = 2 * _JOINTS  # rows: a joint in metres, then in the picture


class MsrDailyReader:
    """Reader of both forms, told apart by their first line."""

    name = "msr_daily"
    licence = "msr_daily"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 16 activities, a01 first."""
        return {"msr_daily": labels.names("msr_daily")}

    def sources(self, root: str) -> list[Source]:
        """All files of both forms below ``root``."""
        return named_sources(root, ".txt", own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = _facts_of_name(source.source_id)
        data = load(source, MAX_BYTES)
        text = decode(data)
        head = text.lstrip().partition("\n")[0].split()
        if len(head) == 2:
            raw, frames = _as_published(text), None
        else:
            raw, frames = _as_table(text)
        present: BoolArray = np.any(~np.isnan(raw), axis=(2, 3))
        motion = motion_of(raw, KINECT_V1, FPS, present=present)
        numbers = tuple(range(motion.num_frames)) if frames is None else frames
        yield clip_of(self, source, data, motion, frame_index=numbers, **facts)


def _as_table(text: str) -> tuple[Raw, tuple[int, ...]]:
    """Joints [T, 1, 20, 3] and frame numbers of the form ``frame joint x y z``."""
    table = parse_table(text, 5)
    if len(table) % _JOINTS:
        found = f"{len(table)} lines"
        raise SourceError("truncated", found, expected=f"{_JOINTS} a frame")
    rows = table.reshape(-1, _JOINTS, 5)
    if not (rows[:, :, 1] == np.arange(1, _JOINTS + 1)).all():
        raise SourceError("format", "joints out of order", expected=f"1 to {_JOINTS} a frame")
    numbers = rows[:, 0, 0]
    if not ((rows[:, :, 0] == numbers[:, None]).all() and (np.diff(numbers) > 0).all()):
        raise SourceError("format", "frame numbers that do not ascend")
    return rows[:, None, :, 2:], tuple(int(number) for number in numbers)


def _as_published(text: str) -> Raw:
    """Joints [T, P, 20, 3] of the form with counts; NaN where a person is not there.

    Counts are claims: frames are checked against the numbers that are there.
    """
    numbers = parse_table(" ".join(text.split()), len(text.split()))[0]
    frames, joints = numbers[:2]
    if joints != _JOINTS or not frames >= 0:
        found = f"{frames:g} frames of {joints:g} joints"
        raise SourceError("format", found, expected=f"{_JOINTS} joints", where="line 1")
    starts: list[tuple[int, int]] = []
    at = 2
    while at < len(numbers):
        people = numbers[at] / _BODY
        if people not in range(MAX_PERSONS + 1):
            found = f"{numbers[at]:g} rows in frame {len(starts)}"
            raise SourceError("format", found, expected=f"a multiple of {_BODY}")
        starts.append((at + 1, int(people)))
        at += 1 + 4 * _BODY * int(people)
    if at > len(numbers) or len(starts) < frames:
        raise SourceError("truncated", f"{len(starts)} of {frames:g} frames")
    if len(starts) > frames:
        raise SourceError("format", f"{len(starts)} frames", expected=f"{frames:g}")
    persons = max((people for _, people in starts), default=0)
    check_size(len(starts), persons, _JOINTS)
    raw = np.full((len(starts), persons, _JOINTS, 3), np.nan)
    for frame, (start, people) in enumerate(starts):
        body = numbers[start : start + 4 * _BODY * people].reshape(people, _JOINTS, 2, 4)
        raw[frame, :people] = body[:, :, 0, :3]
    return raw


def _facts_of_name(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    action, subject, episode = (int(group) for group in match.groups()[:3])
    label, label_id = labels.look_up_label("msr_daily", action)
    return {
        "subject": str(subject),
        "repetition": str(episode),
        "label": label,
        "label_id": label_id,
        "label_namespace": "msr_daily",
    }
