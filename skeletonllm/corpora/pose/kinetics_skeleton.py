"""Kinetics-skeleton (Yan et al., ST-GCN, AAAI 2018): OpenPose on Kinetics-400, as JSON a video.

    {"data": [{"frame_index": 1, "skeleton": [{"pose": [x1, y1, ...], "score": [c1, ...]}]}],
     "label": "dining", "label_index": 91}

18 joints, shares of the picture; a missing joint is 0, 0 with score 0. Frames count from 1 in the
published files and from 0 in others. Videos were brought to 340 x 256 and 30 frames a second before
OpenPose saw them, so that is the picture that shares are taken of. People bear no ids.

Files are named after the video on YouTube. What lies beside them (``kinetics_train_label.json``)
becomes a reject. The corpus holds 0 to 7 people in a frame and many false ones; all are kept, the
main one first, and more than half of the joints of a clip may be missing.

Others write this form too, with other networks and of other videos: 17 joints are COCO's and 25
those of OpenPose, by their number alone (``skeleton_assumed``), and 18 too where they do not lie as
OpenPose's. A file that is not named as the corpus names its own, or that states what those do not
(``fps``, ``width``, ``height``), is not taken for one of it: its licence is unknown, and its rate
assumed unless it is stated. Eleven letters that make words are no id of a video. Ids of people are
believed where they are there. A label such as ``unknown``, or of index -1, is none. A frame number
that comes twice costs the second frame, a person who cannot be read that person.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.detections import (
    Pose,
    flat_numbers,
    image_clip,
    track_name,
    whole_number,
)
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.joint_orders import choose_order, makes_a_body
from skeletonllm.corpora.pose.listed_frames import rate_of, size_of
from skeletonllm.corpora.pose.networks.joint_counts import BY_COUNT
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.labels import Facts, is_unlabelled
from skeletonllm.errors import SourceError
from skeletonllm.pose_topologies import OPENPOSE_18

NAME = re.compile(r"[A-Za-z0-9_-]{11}")
"""Names of videos on YouTube, which the corpus' own files bear."""

FPS = 30.0
SIZE = (340, 256)
MAX_CLASSES = 1 << 20
STATED = ("fps", "frame_rate", "width", "height")
"""What the corpus' own files never state."""

_WORDS = re.compile(r"([A-Z]?[a-z]+|[A-Z]+)(\d*)", re.ASCII)
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)

UNNUMBERED_LABEL = "unnumbered_label"
"""Flag: the file names an action but gives it no number, so that the clip bears no label."""


class KineticsSkeletonReader:
    """Reader of Kinetics-skeleton JSON files; labels are those in the file."""

    name = "kinetics_skeleton"
    licence = "kinetics_skeleton"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The open namespace ``kinetics``: names come with the files."""
        return {"kinetics": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json", own_id=_own_id)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, and a reject for each frame or person that is not read."""
        data = load(source)
        content = parse_json(data)
        if not isinstance(content, dict) or not isinstance(content.get("data"), list):
            expected = "an object with the list 'data'"
            raise SourceError("format", parse_described(content), expected=expected)
        frames = _frames(source.uri, content["data"])
        label, label_flags = _label(content)
        people = frames.people()
        yield from frames.rejects
        if people is None:
            return
        topology, guessed = choose_order(people, BY_COUNT[people.joints.shape[2]])
        published = _is_published(source, content) and topology is OPENPOSE_18
        if published and makes_a_body(people, topology) is not False:
            guessed = ()  # the corpus says what they are
        elif topology is not OPENPOSE_18:
            guessed = (SKELETON_ASSUMED,)
        yield image_clip(
            self,
            source,
            hashlib.sha256(data).hexdigest(),
            people,
            topology,
            fps=FPS if published else rate_of(content),
            size=size_of(content),
            nominal=SIZE,
            licence=self.licence if published else "unknown",
            flags=(*guessed, *frames.flags, *label_flags),
            **label,
        )


def _is_published(source: Source, content: Mapping[str, Any]) -> bool:
    """Whether a file states no more than the corpus' own, and is named after a video on YouTube."""
    stated = any(content.get(key) is not None for key in STATED)
    return not stated and _own_id(plain_path(source.uri)) is not None


def _own_id(uri: str) -> str | None:
    """The id of a video on YouTube that a file is named after; None where it is none.

    They are drawn at random: nearly all have letters of both cases, and make no words. So those of
    other names are told by their folders, as is usual.

    Example:
        >>> _own_id("train/cU1fyH2QssA.json"), _own_id("cam1/MyVideo_001.json")
        ('cU1fyH2QssA', None)
    """
    name = PurePosixPath(uri.replace("\\", "/")).stem
    if not NAME.fullmatch(name) or name in (name.lower(), name.upper()):
        return None
    words = all(
        (len(word) > 1 and _VOWEL.search(word)) or (len(word) == 1 and number)
        for word, number in _WORDS.findall(name)
    )
    return None if words else name


def _label(content: Mapping[str, Any]) -> tuple[Facts, tuple[str, ...]]:
    """The label of a clip, if there is one, and what to flag."""
    name, stated = content.get("label"), content.get("label_index")
    name = name[0] if isinstance(name, list) and len(name) == 1 else name
    stated = stated[0] if isinstance(stated, list) and len(stated) == 1 else stated
    if type(name) is int and (stated is None or name == whole_number(stated)):
        name, stated = None, name  # a class by its number
    number = whole_number(stated)
    if not isinstance(name, str | None) or (number is None and not is_unlabelled(stated)):
        found = f"label {name!r:.80} of index {stated!r:.20}"
        raise SourceError("unknown_label", found, expected="a name and a number from 0")
    known = number if number is not None and 0 <= number < MAX_CLASSES else None
    label = f"class {known}" if name is None and known is not None else name or ""
    if is_unlabelled(label):
        return {}, ()
    if known is None:
        return {}, (UNNUMBERED_LABEL,)
    return {"label": label, "label_id": known, "label_namespace": "kinetics"}, ()


def _frames(uri: str, data: list[Any]) -> Frames:
    frames = Frames(uri)
    for i, frame in enumerate(data):
        try:
            number, people = _frame(frame, frames)
        except SourceError as error:
            frames.lose_frame(f"entry {i}", error)
            continue
        frames.add_frame(number)
        for j, person in enumerate(people):
            frames.add(number, f"frame {number} person {j}", partial(_pose, person))
    return frames


def _frame(frame: Any, frames: Frames) -> tuple[int, list[Any]]:
    """Number and people of a frame that comes for the first time."""
    number = whole_number(frame.get("frame_index")) if isinstance(frame, dict) else None
    if number is None:
        expected = "an object with a whole frame_index"
        raise SourceError("format", f"a frame that is {parse_described(frame)}", expected=expected)
    people = frame.get("skeleton")
    where = f"frame {number}"
    if number in frames.poses:
        raise SourceError("format", "the same frame_index twice", where=where)
    if not isinstance(people, list):
        raise SourceError("format", "no list 'skeleton'", where=where)
    return number, people


def _pose(person: Any) -> Pose:
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}")
    flat = flat_numbers(person.get("pose"), 2, "pose")
    xy = flat.reshape(-1, 2) if len(flat) % 2 == 0 else flat.reshape(-1, 1)
    stated = person.get("score")
    score = np.asarray(xy.any(-1), np.float64) if stated is None else read_numbers(stated, "score")
    if len(flat) != 2 * len(score) or len(score) not in BY_COUNT:
        found = f"pose and score of {len(flat)} and {len(score)} numbers"
        raise SourceError("format", found, expected="36 and 18")
    return Pose(xy, score, track_name(person.get("person_id", person.get("track_id"))))
