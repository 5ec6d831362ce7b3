"""Toyota Smarthome (Das et al., ICCV 2019): poses of LCR-Net++ as JSON, a file a video.

    {"njts": 13, "K": ..., "frames": [[{"pose2d": 26 numbers, "pose3d": 39 numbers}, ...], ...]}

A frame is a list of people. All x come first, then all y, then all z, of 13 joints: ankles, knees,
hips, wrists, elbows, shoulders, each right before left, and the head. The picture is 640 x 480; in
space no unit is stated, and axes are those of the body. People bear no ids.
``Cook.Cleandishes_p02_r00_v02_c03.json`` names activity, subject, repetition, video and camera.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.detections import Pose, gather_people, image_clip
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import BARE, make_bare_motion
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import LCRNET_13
from skeletonllm.pose_topologies import topology_of_names

FPS = 20.0
SIZE = (640, 480)
JOINTS = len(LCRNET_13)

NAME = re.compile(
    r"(?P<activity>[A-Za-z]+(?:\.[A-Za-z]+)?)_p(?P<subject>\d+)_r(?P<repetition>\d+)"
    r"_v(?P<setup>\d+)_c(?P<camera>\d+)"
)
ACTIVITIES = tuple(
    "Cook.Cleandishes Cook.Cleanup Cook.Cut Cook.Stir Cook.Usestove Cutbread Drink.Frombottle "
    "Drink.Fromcan Drink.Fromcup Drink.Fromglass Eat.Attable Eat.Snack Enter Getup Laydown Leave "
    "Makecoffee.Pourgrains Makecoffee.Pourwater Maketea.Boilwater Maketea.Insertteabag "
    "Pour.Frombottle Pour.Fromcan Pour.Fromkettle Readbook Sitdown Takepills Uselaptop "
    "Usetelephone Usetablet Walk WatchTV".split()
)
"""The 31 activities, in the order in which the corpus' code numbers them."""


class ToyotaSmarthomeReader:
    """Reader of poses in space, or in the picture.

    Args:
        picture: Read ``pose2d``; the corpus is then called ``toyota_smarthome_2d``.
    """

    licence = "unknown"

    def __init__(self, picture: bool = False) -> None:
        self._picture = picture

    @property
    def name(self) -> str:
        """The corpus."""
        return "toyota_smarthome_2d" if self._picture else "toyota_smarthome"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 31 activities."""
        return {"toyota_smarthome": ACTIVITIES}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        frames = _frames(parse_json(data))
        facts = _facts_of_path(source.uri)
        dims = 2 if self._picture else 3
        people = gather_people(
            {
                number: [_pose(person, dims, f"frame {number}") for person in frame]
                for number, frame in enumerate(frames)
            }
        )
        if self._picture:
            flat = topology_of_names(LCRNET_13.joints)
            size = SIZE if facts else None
            sha256 = hashlib.sha256(data).hexdigest()
            yield image_clip(self, source, sha256, people, flat, size=size, shares=False, **facts)
            return
        motion = make_bare_motion(people.joints, LCRNET_13, FPS, present=people.present)
        flags = (FPS_ASSUMED, *BARE, *people.flags)
        yield clip_of(self, source, data, motion, person_ids=people.ids, flags=flags, **facts)


def _frames(content: Any) -> list[list[Any]]:
    """The people of each frame."""
    frames = content.get("frames") if isinstance(content, dict) else None
    if not isinstance(frames, list) or not isinstance(content, dict) or "njts" not in content:
        expected = "an object with the list 'frames' and the number 'njts'"
        raise SourceError("format", parse_described(content), expected=expected)
    if content["njts"] != JOINTS:
        raise SourceError("format", f"njts {content['njts']!r:.40}", expected=str(JOINTS))
    check_size(len(frames), 1, JOINTS)
    bad = next((i for i, frame in enumerate(frames) if not isinstance(frame, list)), None)
    if bad is not None:
        found = f"a frame that is {parse_described(frames[bad])}"
        raise SourceError("format", found, expected="a list of people", where=f"frame {bad}")
    return frames


def _pose(person: Any, dims: int, where: str) -> Pose:
    key = f"pose{dims}d"
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}", where=where)
    flat = read_numbers(person.get(key), key)
    if len(flat) != dims * JOINTS:
        found = f"{key} of {len(flat)} numbers"
        raise SourceError("format", found, expected=str(dims * JOINTS), where=where)
    return Pose(flat.reshape(dims, JOINTS).T, np.ones(JOINTS))


def _facts_of_path(uri: str) -> Facts:
    match = NAME.match(PurePosixPath(plain_path(uri)).name)
    if match is None or match["activity"] not in ACTIVITIES:
        return {}
    label = match["activity"]
    return {
        "label": label,
        "label_id": ACTIVITIES.index(label),
        "label_namespace": "toyota_smarthome",
        "subject": str(int(match["subject"])),
        "repetition": str(int(match["repetition"])),
        "setup": str(int(match["setup"])),
        "camera": str(int(match["camera"])),
    }
