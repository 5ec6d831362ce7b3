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

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import (
    MAX_BYTES,
    decode,
    list_sources,
    load,
    mark_duplicates,
    plain_path,
)
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.detections import Pose, split_triples, track_name
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.networks.joint_counts import BY_COUNT, clips_of_frames
from skeletonllm.corpora.pose.numbered_files import NumberedFiles, is_pattern
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import SourceError, UsageError

SUFFIX = ".predictions.json"
PICTURES = NumberedFiles(
    SUFFIX,
    re.compile(r"(?P<video>.*?)_?(?P<number>\d{1,18})(?:\.\w{1,5})?", re.DOTALL | re.ASCII),
)
ROWS = ("predictions", "frame")


class OpenPifPafReader:
    """Reader of OpenPifPaf's JSON; it names no actions."""

    name = "openpifpaf"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """Every series of ``*.predictions.json`` below ``root``, and every other ``.json``."""
        try:
            pictures = PICTURES.sources(root)
        except UsageError:
            return list_sources(root, ".json")
        try:
            videos = list_sources(root, ".json", keep=lambda uri: not uri.lower().endswith(SUFFIX))
        except UsageError:
            videos = []
        return mark_duplicates([*pictures, *videos])

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a source, and a reject for each frame or person that is not read."""
        frames, digest = Frames(source.uri), hashlib.sha256()
        name = plain_path(source.uri).lower()
        if is_pattern(source.uri) or name.endswith(SUFFIX):
            _gather_pictures(frames, digest, source)
        else:
            data = load(source)
            digest.update(data)
            _gather_video(frames, data)
        sha256 = digest.hexdigest()
        yield from clips_of_frames(self, source, sha256, frames, shares=False)


def _gather_pictures(frames: Frames, digest: Any, source: Source) -> None:
    """Read the files of a series of pictures; of one alone, what is wrong with it raises."""
    left = MAX_BYTES
    files = PICTURES.files(source)
    for file in files:
        name, number = PurePosixPath(plain_path(file.uri)).name, PICTURES.place(file.uri)[1]
        try:
            data = load(file, left)
            left -= len(data)
            people = parse_json(data)
            _check_people(people)
            if number in frames.poses:
                raise SourceError("format", f"frame {number} twice")
        except SourceError as error:
            if len(files) == 1:
                raise
            frames.lose_frame(name, error)
            continue
        digest.update(name.encode() + b"\0" + data)
        _add(frames, number, name, people)


def _gather_video(frames: Frames, data: bytes) -> None:
    """Read lines of frames, or a list of them; or the people of one picture."""
    lines = decode(data).splitlines()
    rows: list[tuple[str, bytes]] = [
        (f"line {i}", line.encode()) for i, line in enumerate(lines, 1) if line.strip()
    ]
    if len(rows) == 1 or not lines[0].strip().endswith("}"):
        content = parse_json(data)
        if not _is_row(content):
            listed = content if isinstance(content, list) else [content]
            if not any(map(_is_row, listed)):
                _check_people(content)
                _add(frames, 0, "picture", content)
                return
            for i, row in enumerate(listed):
                _add_row(frames, f"entry {i}", row)
            return
    for place, line in rows:
        try:
            row = parse_json(line)
        except SourceError as error:
            frames.lose_frame(place, error)
            continue
        if not frames.poses and not _is_row(row) and place == rows[0][0]:
            expected = "an object with 'frame' and 'predictions' a line"
            raise SourceError("format", parse_described(row), expected=expected)
        _add_row(frames, place, row)


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get(ROWS[0]), list) and ROWS[1] in row


def _add_row(frames: Frames, place: str, row: Any) -> None:
    """Read one frame of a video; its number must come for the first time."""
    number = row.get(ROWS[1]) if _is_row(row) else None
    if type(number) is not int or number in frames.poses:
        twice = f"frame {number} twice" if type(number) is int else parse_described(row)
        error = SourceError("format", twice, expected="'frame', a number, and 'predictions'")
        frames.lose_frame(place, error)
        return
    _add(frames, number, place, row[ROWS[0]])


def _check_people(people: Any) -> None:
    """Refuse what is no list of OpenPifPaf's; such lists may be empty."""
    fits = isinstance(people, list) and (not people or any(map(_is_annotation, people)))
    if not fits:
        expected = "a list of keypoints with bbox and score, of one picture"
        raise SourceError("format", parse_described(people), expected=expected)


def _is_annotation(entry: Any) -> bool:
    """Whether it is a person of OpenPifPaf; entries with an image_id are COCO's or AlphaPose's."""
    held = entry if isinstance(entry, dict) else {}
    flat = held.get("keypoints")
    named = isinstance(flat, list) and not any(isinstance(value, dict) for value in flat[:1])
    return named and "bbox" in held and "image_id" not in held and "keypoint_scores" not in held


def _add(frames: Frames, number: int, place: str, people: list[Any]) -> None:
    frames.add_frame(number)
    for i, person in enumerate(people):
        frames.add(number, f"{place} person {i}", partial(_pose, person))


def _pose(person: Any) -> Pose | None:
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}")
    if person.get("keypoints") is None and "bbox" in person:
        return None  # a detection of something without keypoints
    xy, score = split_triples(person.get("keypoints"), sorted(BY_COUNT), "keypoints")
    return Pose(xy, score, track_name(person.get("id_")))
