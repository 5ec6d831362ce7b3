"""Untrimmed recordings: from one long clip and a list of segments to the clips of its actions."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.errors import SourceError

FactsOf = Callable[[int], Facts]
"""From the number of an action to what it says of a clip; may raise SourceError."""

UNTRIMMED = "untrimmed"
"""Flag: a whole recording, with no labels to cut it by."""

BACKGROUND = "background"
"""Flag: what lies before, between or behind the labelled segments of a recording."""

CUT_SHORT = "cut_short"
"""Flag: the label reaches beyond the recording; this is what there is."""

MAX_LABEL_BYTES = 1 << 16
"""Largest label file; real ones stay below 10 kB, and each bad line of one is a reject."""

MAX_OVERLAP = 8
"""How often segments may cover a recording in all. Few overlap in real labels; a hostile list of
segments would otherwise turn a small file into any number of clips."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording, by the corpus' own frame numbers, both ends included.

    Args:
        first: Frame number of its first frame.
        last: Frame number of its last frame.
        label: Number of the action, None for the background.

    Raises:
        SourceError: ``format`` where it ends before it starts, or starts before frame 0.
    """

    first: int
    last: int
    label: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            found = f"a segment from frame {self.first} to {self.last}"
            raise SourceError("format", found, expected="one that ends after it starts")

    @property
    def name(self) -> str:
        """Of its clip, behind the id of the recording."""
        return f"{self.first:06d}-{self.last:06d}"


def read_label_text(uri: str, *patterns: str) -> str | None:
    """The text of the label file that lies near a recording; None if there is none.

    Args:
        uri: The recording.
        patterns: Of the path from a folder to the label file, with ``*`` and ``[]``. They are
            tried in the folder of the recording, then in the two above; the first by name is taken.

    Raises:
        SourceError: See :func:`skeletonllm.corpora.load`; the message names the label file.
    """
    fs, path = locate(uri)
    folder = path
    for _ in range(3):
        folder = folder.rpartition("/")[0]
        above = f"{glob.escape(folder)}/" if folder else ""  # an archive has no path above
        near = [f"{above}{pattern}" for pattern in patterns]
        found = sorted(path for pattern in near for path in fs.glob(pattern) if fs.isfile(path))
        if found:
            labels = Source(name_beside(uri, fs, found[0]), found[0], 0)
            try:
                return decode(load(labels, MAX_LABEL_BYTES))
            except SourceError as error:
                name = PurePosixPath(found[0]).name
                raise SourceError(error.code, error.found, where=f"labels {name}") from None
    return None


def find_background(segments: Sequence[Segment], frames: Sequence[int]) -> list[Segment]:
    """What lies outside all segments of a recording with these frame numbers, in order.

    Args:
        segments: Labelled ones.
        frames: Numbers of all frames of the recording.

    Example:
        >>> free = find_background([Segment(3, 5, 1), Segment(4, 7, 2)], range(10))
        >>> [segment.name for segment in free]
        ['000000-000002', '000008-000009']
    """
    numbers = np.asarray(frames)
    free = np.ones(len(numbers), np.bool_)
    for segment in segments:
        free &= (numbers < segment.first) | (numbers > segment.last)
    edges = np.flatnonzero(np.diff(free, prepend=False, append=False)).reshape(-1, 2)
    return [Segment(int(numbers[a]), int(numbers[b - 1])) for a, b in edges.tolist()]


def cut_segments(
    recording: Clip, segments: Sequence[Segment], facts_of: FactsOf
) -> Iterator[Clip | Reject]:
    """A clip or a reject of each segment, in the order of the recording.

    A clip keeps the frame numbers of the recording, and of its persons those who are present in it.

    Args:
        recording: All of a file, as one clip.
        segments: What to cut out.
        facts_of: What the number of an action says.

    Raises:
        SourceError: ``unsafe`` where the segments cover the recording more than
            :data:`MAX_OVERLAP` times.
    """
    numbers = np.asarray(recording.frame_index)
    starts = np.searchsorted(numbers, [segment.first for segment in segments])
    ends = np.searchsorted(numbers, [segment.last for segment in segments], side="right")
    if len(segments) > len(numbers) or (ends - starts).sum() > MAX_OVERLAP * len(numbers):
        found = f"{len(segments)} segments of {(ends - starts).sum()} frames in all"
        raise SourceError("unsafe", found, expected=f"fewer in {len(numbers)} frames")
    seen: set[str] = set()
    for i in sorted(range(len(segments)), key=lambda i: (segments[i].first, segments[i].last)):
        segment, frames = segments[i], np.arange(starts[i], ends[i])
        try:
            if segment.name in seen:
                raise SourceError("duplicate_id", f"segment {segment.name} a second time")
            seen.add(segment.name)
            yield _clip(recording, segment, frames, facts_of)
        except SourceError as error:
            yield Reject.of(f"{recording.source_uri}#{segment.name}", error)


def _clip(
    recording: Clip, segment: Segment, frames: npt.NDArray[np.int64], facts_of: FactsOf
) -> Clip:
    facts = {} if segment.label is None else facts_of(segment.label)
    if not len(frames):
        raise SourceError("no_frames", "the recording has no frame in this segment")
    motion = recording.motion.select_frames(frames)
    persons = np.flatnonzero(motion.observed.any((0, 2))).tolist()
    if not persons:
        raise SourceError("no_body", f"nobody is present in any of {len(frames)} frames")
    flags = [BACKGROUND] if segment.label is None else []
    flags += [CUT_SHORT] if segment.last > recording.frame_index[-1] else []
    return replace(
        recording,
        motion=motion.select_persons(persons),
        clip_id=f"{recording.clip_id}/{segment.name}",
        frame_index=tuple(recording.frame_index[i] for i in frames.tolist()),
        person_ids=tuple(recording.person_ids[person] for person in persons),
        flags=(*recording.flags, *flags),
        **facts,
    )
