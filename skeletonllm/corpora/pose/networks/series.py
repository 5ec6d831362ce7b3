"""Files of which each may be a picture, and many a video, or a video by itself: nothing tells before
they are read.

Pictures of one source are the frames of one clip, by the numbers of their names. Where a name is
nothing but a number, pictures in which nobody stays where the one before was are a clip each: those
of a data set are numbered too.
"""

from __future__ import annotations

import hashlib
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
from skeletonllm.corpora.pose.numbered_files import NumberedFiles, is_pattern
from skeletonllm.corpora.reader import Reader, Reject, Source
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import SourceError


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
        lost: Frames that cannot be read: where, and why.
    """

    frames: dict[int, list[Any]]
    read: Callable[[Any], Pose | None]
    picture: bool = False
    names: tuple[str, ...] = ()
    shares: bool | None = None
    size: Size | None = None
    lost: list[tuple[str, SourceError]] = field(default_factory=list)

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


Parse = Callable[[bytes], Content]


def read_series(
    reader: Reader,
    source: Source,
    naming: NumberedFiles,
    parse: Parse,
    finish: Callable[..., Iterator[Clip | Reject]] = clips_of_frames,
) -> Iterator[Clip | Reject]:
    """The clip of all pictures of a source, and one of every video in it.

    Args:
        reader: Whose format it is.
        source: As ``naming`` lists it.
        naming: How its files are named.
        parse: What a file holds.
        finish: Makes the clips of some frames.

    Raises:
        SourceError: The only file cannot be read.
    """
    files = naming.files(source)
    frames, digest, left = Frames(source.uri), hashlib.sha256(), MAX_BYTES
    first: Content | None = None
    for file in files:
        title, number = PurePosixPath(plain_path(file.uri)).name, naming.place(file.uri)[1]
        try:
            data = load(file, left)
            content = parse(data)
            if content.picture and number in frames.poses:
                raise SourceError("format", f"frame {number} twice")
        except SourceError as error:
            if len(files) == 1:
                raise
            frames.lose_frame(title, error)
            continue
        if not content.picture:
            part = PurePosixPath(title).stem if len(files) > 1 else ""
            sha256 = hashlib.sha256(data).hexdigest()
            yield from _video(reader, source, sha256, content, part, finish)
            continue
        left -= len(data)
        digest.update(title.encode() + b"\0" + data)
        content.add_to(frames, title, number)
        first = first or content
    if first is None:
        yield from frames.rejects
        return
    yield from _pictures(reader, source, digest.hexdigest(), frames, first, naming, finish)


def _video(
    reader: Reader,
    source: Source,
    sha256: str,
    content: Content,
    part: str,
    finish: Callable[..., Iterator[Clip | Reject]],
) -> Iterator[Clip | Reject]:
    """The clip of one file that is a video."""
    frames = Frames(source.uri)
    content.add_to(frames, part)
    yield from finish(
        reader,
        source,
        sha256,
        frames,
        names=content.names,
        part=part,
        shares=content.shares,
        size=content.size,
    )


def _pictures(
    reader: Reader,
    source: Source,
    sha256: str,
    frames: Frames,
    content: Content,
    naming: NumberedFiles,
    finish: Callable[..., Iterator[Clip | Reject]],
) -> Iterator[Clip | Reject]:
    """The clip of the pictures of a source, or one of each."""
    facts = {"names": content.names, "shares": content.shares, "size": content.size}
    series = is_pattern(source.uri) and len(frames.poses) > 1
    unnamed = series and not naming.place(source.uri.replace("*", f"0{naming.suffix}", 1))[0]
    evident = unnamed and is_video([*frames.poses.items()])
    if not unnamed or evident:
        flags = (VIDEO_ASSUMED,) if unnamed else ()
        yield from finish(reader, source, sha256, frames, flags=flags, **facts)
        return
    yield from frames.rejects
    for number, poses in frames.poses.items():
        if poses:
            alone = Frames(source.uri)
            alone.poses[number] = poses
            part = f"{number}"
            yield from finish(reader, source, sha256, alone, part=part, flags=frames.flags, **facts)
