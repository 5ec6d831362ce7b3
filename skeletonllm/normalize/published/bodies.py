"""What the published recipes share: bodies by id without empty frames, and clips made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.motion import FloatArray

Index = npt.NDArray[np.int64]

SHORTEST = 11
"""Bodies of so many frames or fewer are noise to pyskl and CTR-GCN, where there are several."""

WIDE = 0.8
"""A body is noise in a frame in which it is wider than this times its height."""

WIDE_FRAMES = 0.69754
"""Share of such frames from which on a body is noise altogether."""

NOBODY = "nobody"
"""Id of a row that the origin filled with zeros throughout."""


@dataclass(frozen=True, eq=False)
class Track:
    """A body id as these recipes hold it: its frames one after the other, gaps forgotten.

    Args:
        row: Its row in the clip as read.
        start: Its first frame, empty frames not counted.
        frames: The n source frames that show it, int64.
        joints: float32 [n, 25, 3].
        motion: Sum over x, y, z of the variance over all its joints and frames (float32, as there).
    """

    row: int
    start: int
    frames: Index
    joints: FloatArray
    motion: np.float32

    @property
    def stop(self) -> int:
        """One past the last frame it would have if it had never been away."""
        return self.start + len(self.frames)


class Cells:
    """Which body of which source frame each place [T, P] of the outcome shows; -1 for nobody."""

    def __init__(self, frames: int, persons: int) -> None:
        self.row = np.full((frames, persons), -1)
        self.frame = np.full((frames, persons), -1)

    def put(self, track: Track, person: int) -> None:
        """Write a track, whole, over whatever is there.

        Args:
            track: A body of the source.
            person: The place it is written to.
        """
        self.row[track.start : track.stop, person] = track.row
        self.frame[track.start : track.stop, person] = track.frames

    def select(self, frames: Index | slice) -> Cells:
        """Some of the frames."""
        chosen = Cells(0, 0)
        chosen.row, chosen.frame = self.row[frames], self.frame[frames]
        return chosen

    def joints(self, clip: Clip) -> FloatArray:
        """What is shown, [T, P, 25, 3], zeros for nobody."""
        there = (self.row >= 0)[..., None, None]
        return np.where(there, clip.motion.joints[self.frame, self.row], np.float32(0))

    def clip(self, clip: Clip, frames: Index) -> Clip:
        """The clip that shows this; ``frames`` says for which source frame each frame stands.

        Args:
            clip: As its reader gives it.
            frames: Which of its frames remain.
        """
        motion, there, at = clip.motion, self.row >= 0, (self.frame, self.row)
        turns = motion.orientations
        return replace(
            clip,
            motion=replace(
                motion,
                joints=self.joints(clip),
                present=there,
                confidence=motion.confidence[at] * there[..., None],
                orientations=None if turns is None else turns[at] * there[..., None, None],
            ),
            frame_index=tuple(clip.frame_index[frame] for frame in frames.tolist()),
            person_ids=tuple(_name(clip, rows) for rows in self.row.T),
            filled=None if clip.filled is None else clip.filled[at] & there[..., None],
            slots=None,
        )


def as_read(clip: Clip, recipe: str) -> npt.NDArray[np.int16]:
    """The slots of a clip these recipes can be applied to.

    Args:
        clip: As its reader gives it.
        recipe: Name of the recipe, for the sentence of the error.

    Raises:
        UsageError: It is no Kinect v2 clip, or not as its reader gave it.
    """
    name = clip.motion.topology.name
    if name != "kinect_v2" or clip.motion.space != "camera":
        raise UsageError(
            f"profile {recipe} of a clip of {name} in {clip.motion.space} space",
            expected="NTU RGB+D, kinect_v2 in camera space",
            where=clip.clip_id,
        )
    if clip.slots is None:
        raise UsageError(
            f"profile {recipe} of a clip that is not as its reader gave it ({clip.profile})",
            expected="a raw .skeleton file, which says in which order bodies stand in a frame",
            where=clip.clip_id,
        )
    return clip.slots


def tracks(clip: Clip) -> tuple[list[Track], Index]:
    """The body ids in order of appearance, and the source frames that show anybody.

    Both pyskl and CTR-GCN drop empty frames first, and then write the frames of an id from its
    first one on, so that who was away for n frames is n frames early ever after.
    """
    present = clip.motion.present
    shown = np.flatnonzero(present.any(1))
    found = []
    for row in np.flatnonzero(present.any(0)).tolist():
        frames = np.flatnonzero(present[:, row])
        joints = clip.motion.joints[frames, row]
        start = int(np.searchsorted(shown, frames[0]))
        found.append(Track(row, start, frames, joints, variance(joints)))
    return found, shown


def variance(joints: FloatArray) -> np.float32:
    """The published measure of motion: a body that is tall moves, even if it stands still."""
    return np.float32(np.sum(np.var(joints.reshape(-1, 3), axis=0)))


def narrow(joints: FloatArray) -> npt.NDArray[np.bool_]:
    """Frames in which a body [n, 25, 3] is not too wide to be one, bool [n].

    Who bows, sits with arms spread, or lies down is too wide.
    """
    extent = joints.max(1) - joints.min(1)
    return np.asarray(extent[:, 0] <= WIDE * extent[:, 1])


def no_body(clip: Clip, found: str) -> SourceError:
    """For clips in which an origin finds nobody; most origins crash there.

    Args:
        clip: The clip without a body.
        found: What there is instead.
    """
    return SourceError("no_body", found, where=clip.clip_id)


def half(clip: Clip) -> Clip:
    """Positions rounded to float16, as stored by pyskl and mmaction2: steps of 2 mm beyond 2 m."""
    rounded = clip.motion.joints.astype(np.float16).astype(np.float32)
    return replace(clip, motion=replace(clip.motion, joints=rounded))


def _name(clip: Clip, rows: Index) -> str:
    ids = dict.fromkeys(rows[rows >= 0].tolist())
    return "+".join(clip.person_ids[row] for row in ids) or NOBODY
