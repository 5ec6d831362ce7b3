"""UTKinect-Action3D (Xia et al., CVPRW 2012): 20 joints of Kinect v1, as text.

    joints_s<subject>_e<episode>.txt   frame number, then x y z (m) of each joint: 61 numbers a line
    actionLabel.txt                    s01_e01, then "walk: 252 390" and so on, ten a recording

Frame numbers are those of the pictures. They advance by about 4 a line, lines come at about 15 a
second (at which people walk and clap as people do), and some lines are lost; a motion keeps the
lines as its frames, with their numbers, and the flag ``irregular_frames``. A number that comes
twice is the same body measured again, which is left out (flag ``repeated_frames``), or, where it
stands elsewhere, another person.

The ten actions of a recording become clips, named by their first and last frame. "NaN NaN" is an
action that was not done. The label file (``labels`` in some copies) lies beside the recordings or
in a folder above; without it a recording is one clip without a label, flagged ``untrimmed``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, load, own_stem
from skeletonllm.corpora.formats.text_table import lines_of, parse_table
from skeletonllm.corpora.kinect.common import MAX_BYTES, named_sources
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
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray
from skeletonllm.topology import KINECT_V1

FPS = 15.0
COLUMNS = 1 + 3 * len(KINECT_V1)
MAX_PERSONS = 6
"""Kinect sees no more."""

SAME_BODY_M = 0.3
"""Mean distance of joints below which two lines of one frame are one body; 0.07 at most in files,
and two people cannot stand so close."""

IRREGULAR, REPEATED = "irregular_frames", "repeated_frames"
"""Flags: see above."""

NAME = re.compile(r"joints_s(\d{2})_e(\d{2})")
"""Subject and episode, in file names of this corpus."""

ACTIONS = "walk sitDown standUp pickUp carry throw push pull waveHands clapHands".split()
"""Actions as the label file names them, 1 first."""

_LABEL = re.compile(r"(\w+): *(\d{1,9}|NaN) +(\d{1,9}|NaN)")
_RECORDING = re.compile(r"s\d{2}_e\d{2}")


class UtKinectReader:
    """Reader of ``joints_*.txt`` with the label file.

    Args:
        background: Keep what lies between the actions too, as clips without a label that are
            flagged ``background``. Such a reader is named ``utkinect_background``.
    """

    licence = "utkinect"

    def __init__(self, *, background: bool = False) -> None:
        self.background = background

    @property
    def name(self) -> str:
        """``utkinect``, or ``utkinect_background`` with the background."""
        return "utkinect_background" if self.background else "utkinect"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The ten actions, in the order of the label file."""
        return {"utkinect": labels.names("utkinect")}

    def sources(self, root: str) -> list[Source]:
        """All ``joints_*.txt`` files below ``root``."""
        return named_sources(root, ".txt", own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip or a reject of each action, in the order of the recording."""
        data = load(source, MAX_BYTES)
        recording = self._recording(source, data)
        text = read_label_text(source.uri, "*[Ll]abel*")
        segments, errors = ([], []) if text is None else _segments(text, source.source_id)
        if not segments and not errors:
            yield replace(recording, flags=(*recording.flags, UNTRIMMED))
            return
        yield from (Reject.of(f"{source.uri}#labels", error) for error in errors)
        if self.background:
            segments += find_background(segments, recording.frame_index)
        yield from cut_segments(recording, segments, _facts_of_action)

    def _recording(self, source: Source, data: bytes) -> Clip:
        numbers, raw, flags = _frames(parse_table(decode(data), COLUMNS))
        present: BoolArray = np.any(~np.isnan(raw), axis=(2, 3))
        motion = motion_of(raw, KINECT_V1, FPS, present=present)
        match = NAME.fullmatch(source.source_id)
        known = {"subject": str(int(match[1])), "repetition": str(int(match[2]))} if match else {}
        frames = tuple(numbers.tolist())
        return clip_of(self, source, data, motion, frame_index=frames, flags=flags, **known)


def _frames(table: Raw) -> tuple[npt.NDArray[np.int64], Raw, tuple[str, ...]]:
    """Frame numbers, joints [T, P, 20, 3] with NaN where a person is not, and flags."""
    stated, bodies = table[:, 0], table[:, 1:].reshape(-1, len(KINECT_V1), 3)
    ascend = np.isfinite(stated).all() and (np.diff(stated) >= 0).all() and stated[0] >= 0
    if not ascend or stated[-1] >= 1 << 31:
        raise SourceError("format", "frame numbers that do not ascend")
    again = np.diff(stated, prepend=-1) == 0
    with np.errstate(invalid="ignore", over="ignore"):  # what is infinite is refused later
        apart = np.linalg.norm(bodies[1:] - bodies[:-1], axis=-1).mean(-1)
    repeat = again & (np.append(np.inf, apart) < SAME_BODY_M)
    stated, bodies, again = stated[~repeat], bodies[~repeat], again[~repeat]
    numbers, frame = np.unique(stated.astype(np.int64), return_inverse=True)
    person = np.arange(len(frame)) - np.flatnonzero(~again)[frame]
    if person.max() >= MAX_PERSONS:
        found = f"{person.max() + 1} persons in one frame"
        raise SourceError("format", found, expected=f"at most {MAX_PERSONS}")
    check_size(len(numbers), int(person.max()) + 1, len(KINECT_V1))
    raw = np.full((len(numbers), person.max() + 1, len(KINECT_V1), 3), np.nan)
    raw[frame, person] = bodies
    irregular = len(set(np.diff(numbers).tolist())) > 1
    flags = ((IRREGULAR, irregular), (REPEATED, bool(repeat.any())))
    return numbers, raw, tuple(flag for flag, is_so in flags if is_so)


def _segments(text: str, recording: str) -> tuple[list[Segment], list[SourceError]]:
    """What the label file says of a recording, and an error for each line that says nothing."""
    segments: list[Segment] = []
    errors: list[SourceError] = []
    here = False
    for number, line in lines_of(text):
        if _RECORDING.fullmatch(line):
            here = recording == f"joints_{line}"
        elif here:
            try:
                segments.append(_segment(line, f"line {number} of the labels"))
            except SourceError as error:
                errors.append(error)
    return segments, errors


def _segment(line: str, where: str) -> Segment:
    match = _LABEL.fullmatch(line)
    if match is None:
        raise SourceError("format", f"{line[:80]!r}", expected="action: first last", where=where)
    action, first, last = match.groups()
    if action not in ACTIONS:
        raise SourceError(
            "unknown_label", f"{action[:80]!r}", expected=", ".join(ACTIONS), where=where
        )
    if "NaN" in (first, last):
        raise SourceError("no_frames", f"{line!r}: the action was not done", where=where)
    return Segment(int(first), int(last), 1 + ACTIONS.index(action))


def _facts_of_action(action: int) -> Facts:
    label, label_id = labels.look_up_label("utkinect", action)
    return {"label": label, "label_id": label_id, "label_namespace": "utkinect"}
