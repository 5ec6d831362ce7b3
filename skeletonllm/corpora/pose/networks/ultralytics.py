"""Ultralytics YOLO pose models: labels as text, a file a frame, or the JSON of their results.

    <folder>/<video>_12.txt      (``save_txt=True``), a person a line, shares of the picture:
    0 cx cy w h x1 y1 c1 x2 y2 c2 ... [confidence] [track]

The same form, with visibility 0, 1, 2 for ``c`` or without it, is that of labels for training. A
frame without anybody has no file. ``confidence`` is there with ``save_conf``, ``track`` where it
tracked: a whole number. In JSON (``Results.to_json()``, ``tojson()`` of older versions) a picture
is a list, and lists of them, or of texts of them, are a video:

    [{"name": "person", "class": 0, "confidence": 0.92, "box": {...}, "track_id": 1,
      "keypoints": {"x": [...], "y": [...], "visible": [...]}}, ...]

in pixels, or in shares (``normalize=True``). Answers of its server have them under ``images`` and
``results``, with the ``shape`` of the picture. ``to_csv()`` has the same in the cells of a table
(:mod:`skeletonllm.corpora.pose.networks.ultralytics_tables`). Joints of a score under 0.5 are
written as 0, 0 by the tool, whatever their score: they are missing. 17 joints are COCO's; nothing
says so (``skeleton_assumed``). Neither rate nor, but for servers, picture size is stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, mark_duplicates, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.coco_videos import VIDEO_ASSUMED, is_video
from skeletonllm.corpora.pose.detections import INFERRED, Pose, flat_numbers, track_name
from skeletonllm.corpora.pose.listed_frames import frames_of, parse_json_or_lines, rate_of, size_of
from skeletonllm.corpora.pose.networks.joint_counts import BY_COUNT
from skeletonllm.corpora.pose.networks.series import PICTURES, Content, Series, check_frames
from skeletonllm.corpora.pose.networks.ultralytics_tables import read_people
from skeletonllm.corpora.pose.numbered_files import NumberedFiles
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.pictures import stated_size
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.motion import BoolArray

TEXTS = NumberedFiles(".txt")
TABLES = NumberedFiles(".csv", PICTURES.pattern)
BOX = 5
"""Numbers before the joints of a line: class and box."""

MOST_EXTRAS = 2
MOST_LINES = 100_000
"""Of a file, the blank ones too."""

MOST_PEOPLE = 4096
MOST_CHARACTERS = 1 << 14
"""Of a line: 136 joints with a dozen digits a number take 6,000."""
REACH = 2.0
FARTHEST, USUAL = 0.35, 0.2
"""Longest and usual step from one point of an outline to the next, as a share of its size."""

ONWARD = 0.2
"""Mean cosine between the steps of an outline, at least; joints turn back at every second one."""

PEOPLE = ("results", "detections", "predictions", "persons", "people")
VISIBLE = ("visible", "conf", "confidence", "score")


class UltralyticsReader:
    """Reader of poses of Ultralytics; they name no actions."""

    name = "ultralytics"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """Every series of ``.txt`` files below ``root``, and ``.json``; else every ``.csv``."""
        found: list[Source] = []
        missing: list[UsageError] = []
        for naming in (TEXTS, PICTURES, TABLES):
            if naming is TABLES and found:
                continue  # what training writes beside labels is no pose
            try:
                found += naming.sources(root)
            except UsageError as error:
                missing.append(error)
        if not found:
            raise missing[0]
        return mark_duplicates(found)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clip of all files of a source, and one of every file that is a video."""
        name = plain_path(source.uri).lower()
        texts, tables = name.endswith(".txt"), name.endswith(".csv")
        if name.endswith("*"):  # of one name, texts come first
            texts = bool(TEXTS.files(source))
            tables = not texts and not PICTURES.files(source)
        if texts:
            yield from Series(self, TEXTS, _parse_text, blank=True).read(source)
        elif tables:
            yield from Series(self, TABLES, _parse_table).read(source)
        else:
            yield from Series(self, PICTURES, _parse_json).read(source)


def _parse_text(data: bytes) -> Content:
    """The people of one picture, a line each."""
    if (count := data.count(b"\n")) > MOST_LINES:
        raise SourceError("unsafe", f"{count} lines", expected=f"at most {MOST_LINES} in a picture")
    lines = [line for line in decode(data).splitlines() if line.strip()]
    rows = [line.split() if len(line) <= MOST_CHARACTERS else [] for line in lines]
    if len(rows) > MOST_PEOPLE:
        expected = f"at most {MOST_PEOPLE} people in a picture"
        raise SourceError("unsafe", f"{len(rows)} lines", expected=expected)
    posed = [row for row in rows if _layout(row) and _is_plain(row)]
    if posed and all(map(_is_outline, posed)):
        expected = "class, box and joints: is it a segmentation?"
        raise SourceError("format", "lines of points in a row, as outlines have", expected=expected)
    if not posed:
        found = f"lines of {len(rows[0])} words"
        expected = "class, box and joints: 5 numbers and 51 for 17 joints, for example"
        raise SourceError("format", found, expected=expected)
    return Content({0: rows}, _text_pose, picture=True, shares=True)


def _is_plain(row: list[str]) -> bool:
    """Whether a line begins with a class and a box that are shares."""
    try:
        box = [float(word) for word in row[1:BOX]]
    except ValueError:
        return False
    return row[0].isdecimal() and all(-REACH <= side <= REACH for side in box)


def _is_outline(row: list[str]) -> bool:
    """Whether a line is no pose but a segmentation: a class, and points around something.

    Those are a path of small steps that goes on and on. Joints go to and fro between the sides, and
    neither the size of a box nor a score lies beside its middle.
    """
    try:
        numbers: Raw = np.array([float(word) for word in row[1:]])
    except ValueError:
        return False
    path = numbers[: len(numbers) // 2 * 2].reshape(-1, 2)
    steps = np.diff(path, axis=0)
    lengths = np.linalg.norm(steps, axis=-1)
    size = float(np.linalg.norm(np.ptp(path, axis=0)))
    close = lengths.max() <= FARTHEST * size and np.median(lengths) <= USUAL * size
    onward = (steps[1:] * steps[:-1]).sum(-1) / np.maximum(lengths[1:] * lengths[:-1], 1e-12)
    return bool(size > 0 and close and onward.mean() > ONWARD)


def _layout(row: list[str]) -> tuple[int, int] | None:
    """How many joints a line has, and how many numbers each."""
    left = len(row) - BOX
    for joints in sorted(BY_COUNT, key=lambda count: (count != 17, count)):
        for width in (3, 2):
            if 0 <= left - joints * width <= MOST_EXTRAS:
                return joints, width
    return None


def _text_pose(row: list[str]) -> Pose:
    layout = _layout(row)
    if layout is None:
        raise SourceError("format", f"a line of {len(row)} words", expected="class, box and joints")
    joints, width = layout
    if _is_plain(row) and _is_outline(row):
        raise SourceError(
            "format", "points in a row, as an outline has", expected="joints of a body"
        )
    try:
        numbers = np.array([float(word) for word in row])
    except ValueError as error:
        raise SourceError("format", f"a line with what is no number ({error})"[:200]) from None
    end = BOX + joints * width
    table = numbers[BOX:end].reshape(joints, width)
    extra = row[end:]
    person = extra[-1] if extra and extra[-1].isdecimal() and len(extra[-1]) <= 18 else ""
    return Pose(table[:, :2], _scores(table[:, :2], table[:, 2] if width == 3 else None), person)


def _scores(xy: Raw, third: Raw | None) -> Raw:
    """Confidence of joints: that of the file, 0 where the tool left out the place."""
    there: BoolArray = np.asarray(xy.any(-1))
    if third is None:
        return there.astype(np.float64)
    labels = np.isin(third, (0, 1, 2)).all() and (third == 2).any()
    score: Raw = np.array((0.0, INFERRED, 1.0))[third.astype(np.int64)] if labels else third.copy()
    score[~there] = 0.0
    return score


def _parse_json(data: bytes) -> Content:
    """What a file holds: frames, or the people of one picture."""
    content = parse_json_or_lines(data)
    listed = [*(frames_of(content) or {}).values()]
    check_frames(len(listed))
    if not listed:
        raise _foreign(content)
    listed = [parse_json(item.encode()) if isinstance(item, str) else item for item in listed]
    if all(isinstance(item, dict) and _people(item) is None for item in listed):
        if not any(map(_is_posed, listed)):
            raise _foreign(content)
        return Content({0: listed}, _json_pose, picture=True)
    frames = [_people(item) for item in listed]
    if not any(_is_posed(person) for people in frames for person in people or ()):
        raise _foreign(content)
    sizes = [_size(item) for item in listed]
    size = sizes[0] if len({*sizes}) == 1 else None
    read = Content({}, _json_pose, size=size or size_of(content), fps=rate_of(content))
    for i, people in enumerate(frames):
        if people is None:
            error = SourceError("format", f"a frame that is {parse_described(listed[i])}")
            read.lost.append((f"frame {i}", error))
        read.frames[i] = people or []
    return read


def _parse_table(data: bytes) -> Content:
    """The people of one picture or, where one is about where the one before was, of a video."""
    people, numbers = read_people(data)
    if all(number is not None for number in numbers):
        content = Content({}, _json_pose)
        for number, person in zip(numbers, people, strict=True):
            content.frames.setdefault(number or 0, []).append(person)
        return content
    read: list[tuple[int, list[Pose]]] = []
    for i, person in enumerate(people):
        try:
            pose = _json_pose(person)
        except SourceError:
            pose = None
        read.append((i, [pose] if pose else []))
    if not is_video(read):
        return Content({0: [*people]}, _json_pose, picture=True)
    frames = {i: [person] for i, person in enumerate(people)}
    return Content(frames, _json_pose, flags=(VIDEO_ASSUMED,))


def _foreign(content: Any) -> SourceError:
    expected = "people whose keypoints are an object of x and y"
    return SourceError("format", parse_described(content), expected=expected)


def _people(item: Any) -> list[Any] | None:
    """The people of a frame, where it is one."""
    if isinstance(item, list):
        return item
    held = item if isinstance(item, dict) else {}
    return next((held[key] for key in PEOPLE if isinstance(held.get(key), list)), None)


def _size(item: Any) -> tuple[int, int] | None:
    shape = item.get("shape", item.get("orig_shape")) if isinstance(item, dict) else None
    fits = isinstance(shape, list) and len(shape) >= 2
    return stated_size(shape[1], shape[0]) if fits and isinstance(shape, list) else None


def _is_posed(person: Any) -> bool:
    held = person if isinstance(person, dict) else {}
    points = held.get("keypoints")
    rows = isinstance(points, list) and all(isinstance(row, list) for row in points) and points
    if rows and all(key in held for key in ("class", "confidence")):
        return True  # as who dumps the tensors beside the boxes has them
    return isinstance(points, dict) and "x" in points and "y" in points


def _json_pose(person: Any) -> Pose | None:
    if not isinstance(person, dict):
        raise SourceError("format", f"a person that is {parse_described(person)}")
    points = person.get("keypoints")
    if points is None:
        return None  # a box of something without joints
    if not _is_posed(person):
        found = f"keypoints that are {parse_described(points)}"
        raise SourceError("format", found, expected="an object of x and y")
    if isinstance(points, list):
        width = len(points[0])
        table = flat_numbers(points, width, "keypoints").reshape(len(points), -1)
        if width not in (2, 3):
            raise SourceError("format", f"keypoints in rows of {width}", expected="2 or 3")
        third = table[:, 2] if width == 3 else None
        return Pose(table[:, :2], _scores(table[:, :2], third), track_name(person.get("track_id")))
    x, y = read_numbers(points["x"], "x"), read_numbers(points["y"], "y")
    seen = next((points[key] for key in VISIBLE if points.get(key) is not None), None)
    third = None if seen is None else read_numbers(seen, "visible")
    if len(x) != len(y) or not len(x) or (third is not None and len(third) != len(x)):
        raise SourceError("format", f"{len(x)} x and {len(y)} y", expected="one of each a joint")
    xy: Raw = np.stack([x, y], -1)
    return Pose(xy, _scores(xy, third), track_name(person.get("track_id")))
