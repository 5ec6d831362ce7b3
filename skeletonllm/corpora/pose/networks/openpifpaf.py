"""OpenPifPaf (Kreiss et al., T-ITS 2021): a JSON a picture, or a line of JSON a frame of a video.

    <folder>/0012.jpg.predictions.json                   (openpifpaf.predict --json-output)
    [{"keypoints": [x1, y1, c1, ...], "bbox": [...], "score": 0.8, "category_id": 1}, ...]

    <video>.openpifpaf.json, a frame a line              (openpifpaf.video --json-output)
    {"frame": 1, "predictions": [<as above, with "id_" where it tracked>, ...]}

Coordinates are pixels; a missing joint has score 0. Files do not name their joints: 17 are COCO's,
133 those of COCO-WholeBody (``skeleton_assumed``). Neither rate nor picture size is stated.
Pictures of one folder that differ by a number are one clip, as frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.formats.json_text import list_rows, parse_described, parse_json
from skeletonllm.corpora.pose.detections import Pose, split_triples, track_name
from skeletonllm.corpora.pose.networks.joint_counts import BY_COUNT
from skeletonllm.corpora.pose.networks.series import PICTURES, Content, Series, check_frames
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import SourceError

ROWS = ("predictions", "frame")


class OpenPifPafReader:
    """Reader of OpenPifPaf's JSON; it names no actions."""

    name = "openpifpaf"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """Every series of ``.json`` files below ``root``; those of pictures differ by a number."""
        return PICTURES.sources(root)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clip of all pictures of a source, and one of every video."""
        yield from Series(self, PICTURES, _parse).read(source)


def _parse(data: bytes) -> Content:
    """What a file holds: lines or a list of frames, or the people of one picture."""
    rows = list_rows(data)
    if len(rows) > 1 and rows[0][:1] == b"{" and rows[0].rstrip()[-1:] == b"}":
        return _lines(rows)
    content = parse_json(data)
    listed = content if isinstance(content, list) else [content]
    check_frames(len(listed))
    video = Content({}, _pose)
    if any(map(_is_row, listed)):
        for i, row in enumerate(listed):
            _add_row(video, f"entry {i}", row)
        return video
    lists = bool(listed) and all(isinstance(people, list) for people in listed)
    if lists and any(map(_is_annotation, chain.from_iterable(listed))):
        video.frames = dict(enumerate(listed))
        return video
    if not isinstance(content, list) or (content and not any(map(_is_annotation, content))):
        expected = "a list of keypoints with bbox and score, of one picture"
        raise SourceError("format", parse_described(content), expected=expected)
    return Content({0: content}, _pose, picture=True)


def _lines(lines: list[bytes]) -> Content:
    """A frame a line; one that cannot be read is empty."""
    check_frames(len(lines))
    video = Content({}, _pose)
    for i, line in enumerate(lines, 1):
        try:
            row = parse_json(line)
        except SourceError as error:
            video.lost.append((f"line {i}", error))
            continue
        if i == 1 and not _is_row(row):
            expected = "an object with 'frame' and 'predictions' a line"
            raise SourceError("format", parse_described(row), expected=expected)
        _add_row(video, f"line {i}", row)
    return video


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get(ROWS[0]), list) and ROWS[1] in row


def _add_row(video: Content, place: str, row: Any) -> None:
    """Take one frame of a video; its number must come for the first time."""
    number = row.get(ROWS[1]) if _is_row(row) else None
    if type(number) is not int or number in video.frames:
        found = f"frame {number} twice" if type(number) is int else parse_described(row)
        error = SourceError("format", found, expected="'frame', a number, and 'predictions'")
        video.lost.append((place, error))
        return
    video.frames[number] = row[ROWS[0]]


def _is_annotation(entry: Any) -> bool:
    """Whether it is a person of OpenPifPaf; entries with an image_id are COCO's or AlphaPose's."""
    held = entry if isinstance(entry, dict) else {}
    flat = held.get("keypoints")
    named = isinstance(flat, list) and not any(isinstance(value, dict) for value in flat[:1])
    return named and "bbox" in held and "image_id" not in held and "keypoint_scores" not in held


def _pose(person: Any) -> Pose | None:
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}")
    if person.get("keypoints") is None and "bbox" in person:
        return None  # a detection of something without keypoints
    xy, score = split_triples(person.get("keypoints"), sorted(BY_COUNT), "keypoints")
    return Pose(xy, score, track_name(person.get("id_")))
