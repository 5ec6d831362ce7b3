"""Kinetics-skeleton (Yan et al., ST-GCN, AAAI 2018): OpenPose on Kinetics-400, as JSON a video.

    {"data": [{"frame_index": 1, "skeleton": [{"pose": [x1, y1, ...], "score": [c1, ...]}]}],
     "label": "dining", "label_index": 91}

18 joints, shares of the picture; a missing joint is 0, 0 with score 0. Frames count from 1 in the
published files and from 0 in others. Videos were brought to 340 x 256 and 30 frames a second before
OpenPose saw them, so that is the picture that shares are taken of. People bear no ids.

Files are named after the video on YouTube. What lies beside them (``kinetics_train_label.json``)
becomes a reject. The corpus holds 0 to 7 people in a frame and many false ones; all are kept, the
main one first, and more than half of the joints of a clip may be missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, own_stem
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.detections import Pose, gather_people, image_clip
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.errors import SourceError
from skeletonllm.pose_topologies import OPENPOSE_18

NAME = re.compile(r"[A-Za-z0-9_-]{11}")
"""Names of videos on YouTube, which the corpus' own files bear."""

FPS = 30.0
SIZE = (340, 256)
MAX_CLASSES = 1 << 20


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
        return list_sources(root, ".json", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        content = parse_json(data)
        if not isinstance(content, dict) or not isinstance(content.get("data"), list):
            expected = "an object with the list 'data'"
            raise SourceError("format", parse_described(content), expected=expected)
        people = gather_people(_frames(content["data"]))
        sha256 = hashlib.sha256(data).hexdigest()
        facts = _label(content)
        yield image_clip(self, source, sha256, people, OPENPOSE_18, fps=FPS, nominal=SIZE, **facts)


def _label(content: Mapping[str, Any]) -> Facts:
    name, number = content.get("label"), content.get("label_index")
    if name is None and number is None:
        return {}
    if not isinstance(name, str) or type(number) is not int or not 0 <= number < MAX_CLASSES:
        found = f"label {name!r:.80} of index {number!r:.20}"
        raise SourceError("unknown_label", found, expected="a name and a number from 0")
    return {"label": name, "label_id": number, "label_namespace": "kinetics"}


def _frames(data: list[Any]) -> dict[int, list[Pose]]:
    frames: dict[int, list[Pose]] = {}
    for frame in data:
        if not isinstance(frame, dict) or type(frame.get("frame_index")) is not int:
            expected = "an object with a whole frame_index"
            raise SourceError(
                "format", f"a frame that is {parse_described(frame)}", expected=expected
            )
        number, people = frame["frame_index"], frame.get("skeleton")
        where = f"frame {number}"
        if number in frames:
            raise SourceError("format", "the same frame_index twice", where=where)
        if not isinstance(people, list):
            raise SourceError("format", "no list 'skeleton'", where=where)
        frames[number] = [_pose(person, where) for person in people]
    return frames


def _pose(person: Any, where: str) -> Pose:
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}", where=where)
    flat = read_numbers(person.get("pose"), "pose")
    score = read_numbers(person.get("score"), "score")
    if (len(flat), len(score)) != (2 * len(OPENPOSE_18), len(OPENPOSE_18)):
        found = f"pose and score of {len(flat)} and {len(score)} numbers"
        raise SourceError("format", found, expected="36 and 18", where=where)
    return Pose(flat.reshape(-1, 2), score)
