"""Files of which each is a picture and many are a video, or each a video: reading them tells.

Pictures of one source are the frames of one clip, by the numbers of their names. Where a name is
nothing but a number, pictures in which nobody stays where the one before was are a clip each: those
of a data set are numbered too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, load, plain_path
from skeletonllm.corpora.pose.coco_videos import VIDEO_ASSUMED, is_video
from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.pose.numbered_files import MAX_FRAMES, NumberedFiles
from skeletonllm.corpora.reader import Reader, Reject, Source
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import SourceError

PICTURES = NumberedFiles(
    ".json",
    re.compile(
        r"(?P<video>|.*?[^\W\d_])(?:[-_. ]|(?<!.)|(?=\d{4}))(?P<number>\d{1,18})"
        r"(?:\.[^\W\d]\w{1,4})?(?:\.predictions)?",
        re.DOTALL | re.ASCII,
    ),
)
"""``0012.json``, ``walk_12.json``, ``walk0012.jpg.predictions.json``; ``walk2`` is a name."""


@dataclass
class Content:
    """What one file holds.

    Args:
        frames: People by number of frame, as the file has them; one frame for a picture.
        read: Makes a pose of one of them; None where there is no body.
        picture: Whether it is one picture, whose number its name bears.
        names: Of the joints, where the file has them.
        shares: Whether coordinates are shares of the picture; None to see from their range.
        size: Of the picture, where the file states it.
        fps: Frames a second, where the file states it.
        lost: Frames that cannot be read: where, and why.
    """

    frames: dict[int, list[Any]]
    read: Callable[[Any], Pose | None]
    picture: bool = False
    names: tuple[str, ...] = ()
    shares: bool | None = None
    size: Size | None = None
    fps: float | None = None
    lost: list[tuple[str, SourceError]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """What the clip needs to know of the file."""
        return {
            "names": self.names,
            "shares": self.shares,
            "size": self.size,
            "fps": self.fps,
        }

    def add_to(self, frames: Frames, place: str, number: int | None = None) -> None:
        """Read everybody into the frames of a clip.

        Args:
            frames: Of the clip.
            place: What the file is called, where it is one of several.
            number: Of the frame, where this is a picture.
        """
        for where, error in self.lost:
            frames.lose_frame(f"{place} {where}".strip(), error)
        for own, people in self.frames.items():
            at = own if number is None else number
            frames.add_frame(at)
            for i, person in enumerate(people):
                frame = f"frame {own} " if number is None else ""
                where = f"{place} {frame}person {i}"
                frames.add(at, where.strip(), partial(self.read, person))


def check_frames(count: int) -> None:
    """Refuse more frames of one file than are believable, before they are looked at one by one.

    Raises:
        SourceError: ``unsafe``.
    """
    if count > MAX_FRAMES:
        raise SourceError("unsafe", f"{count} frames", expected=f"at most {MAX_FRAMES}")


Finish = Callable[..., Iterator[Clip | Reject]]


@dataclass(eq=False)
class Series:
    """How a reader reads files of which it cannot know beforehand what they are.

    Args:
        reader: Whose format it is.
        naming: How its files are named.
        parse: What a file holds.
        finish: Makes the clips of some frames.
        blank: Whether an empty file is a picture with nobody in it.
    """

    reader: Reader
    naming: NumberedFiles
    parse: Callable[[bytes], Content]
    finish: Finish = clips_of_frames
    blank: bool = False

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clip of all pictures of a source, and one of every video in it.

        Raises:
            SourceError: The only file cannot be read.
        """
        files = self.naming.files(source)
        frames, digest, left = Frames(source.uri), hashlib.sha256(), MAX_BYTES
        facts: dict[str, Any] = {}
        for file in files:
            title, number = PurePosixPath(plain_path(file.uri)).name, self.naming.place(file.uri)[1]
            try:
                data = load(file, left)
                content = self.parse(data)
                if not content.picture:
                    part = PurePosixPath(title).stem if len(files) > 1 else ""
                    yield from self._read_video(source, data, content, part)
                    continue
                if number in frames.poses:
                    raise SourceError("format", f"frame {number} twice")
            except SourceError as error:
                if len(files) == 1:
                    raise
                self._lose(frames, title, number, error)
                continue
            left -= len(data)
            digest.update(title.encode() + b"\0" + data)
            content.add_to(frames, title, number)
            facts = facts or content.facts
        if not facts:
            yield from frames.rejects
            return
        named = bool(self.naming.place(files[0].uri)[0]) or len(frames.poses) == 1
        yield from self._finish_pictures(source, digest.hexdigest(), frames, facts, named)

    def _read_video(
        self, source: Source, data: bytes, content: Content, part: str
    ) -> Iterator[Clip | Reject]:
        frames, sha256 = Frames(source.uri), hashlib.sha256(data).hexdigest()
        content.add_to(frames, part)
        yield from self.finish(self.reader, source, sha256, frames, part=part, **content.facts)

    def _lose(self, frames: Frames, title: str, number: int, error: SourceError) -> None:
        if self.blank and error.code == "empty":
            frames.add_frame(number)
        else:
            frames.lose_frame(title, error)

    def _finish_pictures(
        self, source: Source, sha256: str, frames: Frames, facts: dict[str, Any], named: bool
    ) -> Iterator[Clip | Reject]:
        """The clip of some pictures, or one of each where they are no video."""
        if named:
            yield from self.finish(self.reader, source, sha256, frames, **facts)
        elif is_video([*frames.poses.items()]):
            flags = (VIDEO_ASSUMED,)
            yield from self.finish(self.reader, source, sha256, frames, flags=flags, **facts)
        else:
            apart = [*frames.apart()]
            yield from frames.rejects
            for part, alone in apart:
                yield from self.finish(self.reader, source, sha256, alone, part=part, **facts)
