"""MVNX, what Xsens MVN exports: XML with the segments of a body suit, frame by frame.

    <mvnx version="4"> <subject label="..." frameRate="60" segmentCount="23">
      <segments> <segment label="Pelvis" id="1"> ... </segments>
      <frames segmentCount="23">
        <frame time="0" index="0" type="normal">
          <orientation> w x y z of each segment </orientation>
          <position> x y z of each segment, in metres, z up </position>

A segment stands where it begins: ``RightForeArm`` at the right elbow. Frames of another type than
``normal`` (identity, tpose, npose) are calibration and are left out. Positions and quaternions are
those of Xsens' global frame: x forward, y left, z up (MVN user manual, "MVNX"). Several subjects
are several persons if they have the same segments. Where the times of the frames (in milliseconds)
have another rate than the subject states, that is taken and flagged.

The file is read as a stream. Entities, by which XML can grow without bound or reach out for other
files, are refused; a DOCTYPE that only names Xsens' own is passed by and never fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import FEWER_FRAMES, FPS, compare_counts
from skeletonllm.corpora.labs.segment_names import XSENS
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.forward_kinematics import multiply_quaternions
from skeletonllm.corpora.rigs.posed_rig import TO_Y_UP, turn_up
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import are_counts, settle_rate
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import topology_of_names
from skeletonllm.sensor_topologies import XSENS_23
from skeletonllm.topology import Topology

MAX_BYTES = 512 << 20
"""A minute at 240 frames a second takes some 60 MB with all that MVN can export."""

REACH_M = 1000.0
UNREAD_FRAMES = "unread_frames"
"""Flag: frames whose positions are not those of all segments are empty."""

MOST = 1e6
"""Largest number that is believable, in metres."""

MAX_TEXT = 1 << 20
"""Most letters of one element that is read: 23 segments take 1,000."""


@dataclass
class _Subject:
    """One who wears a suit, as far as it is read."""

    label: str
    fps: float | None
    segments: list[str] = field(default_factory=list)
    frames: list[tuple[Raw, Raw]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class MvnxReader:
    """Reader of ``.mvnx`` files."""

    name = "mvnx"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.mvnx`` files below ``root``."""
        return list_sources(root, ".mvnx")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, a person for each subject."""
        data = load(source, MAX_BYTES)
        subjects = [subject for subject in _Parser().run(data) if subject.frames]
        if not subjects:
            raise SourceError("no_frames", "no frame of type normal")
        same = [subject for subject in subjects if subject.segments == subjects[0].segments]
        motion, flags = _motion(same)
        persons = tuple(f"{subject.label or 'subject'}" for subject in same)
        if len(set(persons)) < len(persons):
            persons = tuple(str(number) for number in range(len(same)))
        yield clip_of(self, source, data, motion, person_ids=persons, flags=flags)
        for other in subjects:
            if other not in same:
                found = f"subject {other.label!a:.60} has other segments than the first"
                yield Reject.of(source.uri, SourceError("format", found))


class _Parser:
    """A stream of XML, and what was gathered of it."""

    def __init__(self) -> None:
        self.subjects: list[_Subject] = []
        self.path: list[str] = []
        self.text: list[str] = []
        self.length = 0
        self.values: dict[str, Raw] = {}
        self.stamp = ""
        self.positions = 0

    def run(self, data: bytes) -> list[_Subject]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.EntityDeclHandler = self._refuse_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise self._fault(error) from None
        except SourceError:
            raise
        except (ValueError, LookupError) as error:  # an encoding that Python does not know
            raise SourceError("format", f"not XML ({error})") from None
        return self.subjects

    def _fault(self, error: expat.ExpatError) -> SourceError:
        early = error.code in (3, 5, 6)  # no element, unclosed token, partial character
        if self.path[:1] != ["mvnx"]:
            return SourceError("format", f"not XML ({error})", expected="an <mvnx> of Xsens MVN")
        found = f"the file ends in <{self.path[-1]}>" if early else f"not XML ({error})"
        return SourceError("truncated" if early else "format", found)

    def _refuse_entity(self, name: str, *_: Any) -> None:
        raise SourceError("unsafe", f"an entity {name!a:.60} is declared", expected="plain XML")

    def _start(self, tag: str, facts: dict[str, str]) -> None:
        if not self.path and tag != "mvnx":
            raise SourceError("format", f"XML of <{tag[:60]}>", expected="an <mvnx> of Xsens MVN")
        self.path.append(tag)
        if len(self.path) > 64:
            raise SourceError("unsafe", "XML nested too deeply to be read")
        if tag == "subject":
            self.subjects.append(_Subject(facts.get("label", ""), _rate(facts.get("frameRate"))))
        elif tag == "segment" and self.subjects and self.path[-2:-1] == ["segments"]:
            self.subjects[-1].segments.append(facts.get("label", ""))
        elif tag == "frame":
            self.values = {} if facts.get("type", "normal") == "normal" else {"left out": _NONE}
            self.stamp = facts.get("time", "")
        self.text, self.length = [], 0

    def _characters(self, text: str) -> None:
        if self.path[-2:-1] == ["frame"] and self.path[-1] in _READ:
            self.length += len(text)
            if self.length > MAX_TEXT:
                raise SourceError("unsafe", f"an element of more than {MAX_TEXT} letters")
            self.text.append(text)

    def _end(self, tag: str) -> None:
        self.path.pop()
        if self.path[-1:] == ["frame"] and tag in _READ:
            self.values[tag] = _numbers("".join(self.text))
        elif tag == "frame" and self.subjects and "left out" not in self.values:
            read = self.values
            self.positions += len(read.get("position", _NONE)) // 3
            if self.positions > MAX_POSITIONS:
                raise SourceError("unsafe", f"more than {MAX_POSITIONS} positions")
            pair = read.get("position", _NONE), read.get("orientation", _NONE)
            self.subjects[-1].frames.append(pair)
            self.subjects[-1].times.append(_millisecond(self.stamp))


_READ = ("position", "orientation")
_NONE = np.zeros(0)


def _numbers(text: str) -> Raw:
    try:
        values = np.array(text.split(), np.float64)
    except ValueError:
        return _NONE
    return values if (np.abs(values) < MOST).all() else _NONE  # refuses NaN, too


def _millisecond(text: str) -> float:
    """The time of a frame in seconds, which is written in milliseconds; NaN if there is none."""
    try:
        return float(text) / 1000
    except ValueError:
        return float("nan")


def _rate(text: str | None) -> float | None:
    try:
        rate = float(text or "")
    except ValueError:
        return None
    return rate if 0 < rate <= 10_000 else None


def _motion(subjects: list[_Subject]) -> tuple[Motion, tuple[str, ...]]:
    segments = subjects[0].segments
    kept, topology = _skeleton(segments)
    longest = max(len(subject.frames) for subject in subjects)
    joints = np.full((longest, len(subjects), len(segments), 3), np.nan)
    turned = np.zeros((longest, len(subjects), len(segments), 4))
    unread = 0
    for p, subject in enumerate(subjects):
        for t, (position, orientation) in enumerate(subject.frames):
            if len(position) != 3 * len(segments):
                unread += 1
                continue
            joints[t, p] = position.reshape(-1, 3)
            if len(orientation) == 4 * len(segments):
                turned[t, p] = orientation.reshape(-1, 4)
    if unread == sum(len(subject.frames) for subject in subjects):
        found = f"{len(subjects[0].frames[0][0])} numbers in a position"
        raise SourceError("format", found, expected=f"3 for each of {len(segments)} segments")
    times = np.array(subjects[0].times)
    counts = are_counts(times * 1000, "")  # some writers count the frames there
    rate, contradicted = (subjects[0].fps, ()) if counts else settle_rate(subjects[0].fps, times)
    motion = _upright(joints[:, :, kept], turned[:, :, kept], topology, rate)
    flags = {UNREAD_FRAMES: unread, FPS_ASSUMED: rate is None}
    shorter = [compare_counts(longest, len(subject.frames)) for subject in subjects]
    flags[FEWER_FRAMES] = any(shorter)
    return motion, (*contradicted, *(flag for flag, holds in flags.items() if holds))


def _upright(joints: Raw, turned: Raw, topology: Topology, fps: float | None) -> Motion:
    """The motion with +y up, positions and orientations."""
    up = TO_Y_UP["+z"]
    joints = turn_up(joints, up)
    flat = multiply_quaternions(np.array(up)[:, None], turned.reshape(-1, 4).T)
    turned = np.ascontiguousarray(flat.T).reshape(turned.shape)
    turned = np.where(np.isfinite(turned).all(-1, keepdims=True), turned, 0)
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    return Motion(
        clean,
        present,
        confidence,
        topology,
        fps or FPS,
        space="world",
        orientations=turned.astype(np.float32) if turned.any() else None,
    )


def _skeleton(segments: list[str]) -> tuple[list[int], Topology]:
    """Which segments are joints of a body, and their skeleton; fingers and props are left out."""
    names = [XSENS.get(label.replace(" ", "").lower()) for label in segments]
    first = {name: i for i, name in reversed([*enumerate(names)]) if name is not None}
    kept = sorted(first.values())
    joints = tuple(str(names[i]) for i in kept)
    if len(joints) < 2:
        found = f"segments {', '.join(segments[:8])}"[:200]
        raise SourceError("format", found, expected="those of Xsens: Pelvis, L5, L3, ...")
    if joints == XSENS_23.joints:
        return kept, XSENS_23
    return kept, topology_of_names(joints, "xsens", 3)
