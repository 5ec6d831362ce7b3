"""BVH, Biovision's motion capture text: a hierarchy of joints and a row of angles a frame.

Any rig is read: its skeleton is built from the file and named ``bvh_<hash>``, its joints speak the
vocabulary by their names (:mod:`skeletonllm.corpora.rigs.joint_names`), or else by the shape of the
rig (:mod:`skeletonllm.corpora.rigs.anatomy.body_shape`). The files state neither unit nor axes; a
guess is a flag (:mod:`skeletonllm.corpora.rigs.posed_rig`). A number that is NaN hides what hangs
on it, in that frame. A frame time is in seconds; where a tool wrote frames a second, milliseconds
or microseconds, and the number can be nothing else, it is taken for that.

Two corpora name their files after what is done in them:

    dataset-<n>_<action>_<style>_<number>.bvh   Bandai-Namco-Research-Motiondataset 1 and 2
    <style>_<action number>_<number>.bvh        Xia et al., SIGGRAPH 2015

There the class is the action (namespace ``bandai_namco``; the style goes to ``setup``), here the
style (``xia_style``), because the numbers have no published names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import floor
from pathlib import PurePosixPath

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bvh_text import parse
from skeletonllm.corpora.rigs.posed_rig import decode_any, pose, to_motion
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.errors import SourceError

ORIGIN = "the hierarchy of a BVH file"

MORE_FRAMES = "more_frames_than_declared"
"""Flag: the file holds more rows than it counts; all are read, as Blender does."""

RATES = tuple(
    float(rate)
    for rate in (
        "12 12.5 15 23.976 24 25 29.97 30 48 50 59.94 60 72 75 90 96 100 119.88 120 144 150 180 "
        "200 240 250 300 360 480 500 600 1000"
    ).split()
)
"""Frames a second that cameras, films and laboratories have."""

UNCLEAR = (2, 5, 10, 20)
"""Rates that some corpora have, and milliseconds of others: alone they tell nothing."""

RATE_SHARE, TIME_SHARE = 2e-4, 1e-2
"""How far a rate, and a time of a few digits, may be from what it means, as a part of it."""

BANDAI = re.compile(r"dataset-\d+_([a-z-]+)_([a-z-]+)_\d+")
XIA = re.compile(r"([a-z]+)_\d\d_\d\d\d")


class BvhReader:
    """Reader of ``.bvh`` files with one rig."""

    name = "bvh"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """Actions of Bandai Namco's two datasets, and the eight styles of Xia et al."""
        return {name: labels.names(name) for name in ("bandai_namco", "xia_style")}

    def sources(self, root: str) -> list[Source]:
        """All ``.bvh`` files below ``root``."""
        return list_sources(root, ".bvh")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = facts_of_name(PurePosixPath(source.source_id).name)
        data = load(source)
        file = parse(decode_any(data))
        fps, sure_fps = find_fps(file.frame_time)
        motion, flags = to_motion(pose(file.chain, file.values, "bvh", ORIGIN), fps, None)
        said = {FPS_ASSUMED: not sure_fps, MORE_FRAMES: motion.num_frames > file.declared}
        flags = (*flags, *(flag for flag, holds in said.items() if holds))
        yield clip_of(self, source, data, motion, flags=flags, **facts)


def find_fps(frame_time: float) -> tuple[float, bool]:
    """Frames a second by what a file calls its frame time, and whether that is certain.

    From a second on it is a rate, or in milliseconds or microseconds: whichever of them gives a
    usual rate.

    Raises:
        SourceError: ``format`` for a number that may be several of these, or none.

    Example:
        >>> find_fps(0.04), find_fps(24), find_fps(33.333), find_fps(16667)
        ((25.0, True), (24.0, False), (30.0, False), (60.0, False))
    """
    if frame_time < 1:
        return rounded_fps(frame_time), True
    if frame_time == 1:
        return 1.0, False
    as_rate = {rate: abs(frame_time - rate) / rate for rate in RATES}
    close = [rate for rate in RATES if as_rate[rate] < RATE_SHARE]
    if close:
        return min(close, key=lambda rate: as_rate[rate]), False
    as_time = {
        abs(frame_time - many / rate) / frame_time: rate
        for many in (1e3, 1e6)
        for rate in RATES
        if _is_written(frame_time, many / rate)
    }
    if as_time and frame_time not in UNCLEAR:
        return as_time[min(as_time)], False
    raise SourceError(
        "format",
        f"Frame Time: {frame_time:g}",
        expected="seconds a frame, or what can only be a rate or milliseconds",
        hint="Write the seconds of one frame there: 0.0333333 for 30 frames a second.",
    )


def _is_written(number: float, exact: float) -> bool:
    """Whether a time is written down so: whole (rounded or cut off), or to some digits."""
    if number == floor(number) and exact < 1000:
        return number in (floor(exact), round(exact))
    return abs(number - exact) < TIME_SHARE * exact


def rounded_fps(frame_time: float) -> float:
    """Frames a second; a time that was rounded to six digits means a whole number of them.

    Example:
        >>> rounded_fps(0.008333), rounded_fps(0.0333667)
        (120.0, 29.97)
    """
    fps = 1 / frame_time
    nearest = round(fps) or 1
    return float(nearest) if abs(fps - nearest) < 2e-4 * nearest else round(fps, 3)


def facts_of_name(stem: str) -> Facts:
    """What a file name says, as fields of a Clip; empty where no rule fits.

    Raises:
        SourceError: ``unknown_label`` for an action that Bandai Namco's datasets do not have.

    Example:
        >>> facts_of_name("dataset-1_walk-right_proud_001")["label"]
        'walk right'
        >>> facts_of_name("12_01_walk")
        {}
    """
    match = BANDAI.fullmatch(stem)
    if match is not None:
        action = match[1].replace("-", " ")
        return {**_label("bandai_namco", action), "setup": match[2].replace("-", " ")}
    match = XIA.fullmatch(stem)
    if match is not None and match[1] in labels.names("xia_style"):
        return _label("xia_style", match[1])
    return {}


def _label(namespace: str, label: str) -> Facts:
    names = labels.names(namespace)
    if label not in names:
        raise SourceError("unknown_label", f"action {label!r}", expected=", ".join(names))
    return {"label": label, "label_id": names.index(label), "label_namespace": namespace}
