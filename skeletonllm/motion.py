"""Motion: who was where, when; the one noun every room shares.

Spaces, as in docs/ARCHITECTURE.md: ``camera`` and ``world`` are right-handed with +y up, metres if
``metric``; in camera space +z points away from the sensor, hence +x to the sensor's left.
``image`` is pixels, +x right, +y down, z = 0.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import MotionError
from skeletonllm.topology import Topology

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

SPACES = ("camera", "world", "image")


@dataclass(frozen=True, eq=False)
class Motion:
    """Trajectories of named joints of one or more persons.

    Args:
        joints: Positions, float32 [T, P, J, 3]; 0 where unobserved, never NaN.
        present: Whether a person is there at all, bool [T, P].
        confidence: 0..1, float32 [T, P, J]; 0 means unobserved, never drawn, never measured.
        topology: What the J joints are.
        fps: Frames a second.
        space: ``camera``, ``world`` or ``image``.
        metric: Whether the unit is the metre (pixels and unit-less corpora: False).
        image_size: (width, height) in pixels for ``image`` space, else None.
        orientations: Optional joint quaternions (w, x, y, z), float32 [T, P, J, 4].

    Raises:
        MotionError: Shapes, dtypes, finiteness, ranges or space do not fit.
    """

    joints: FloatArray
    present: BoolArray
    confidence: FloatArray
    topology: Topology
    fps: float
    space: str = "camera"
    metric: bool = True
    image_size: tuple[int, int] | None = None
    orientations: FloatArray | None = None

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_values(self)
        self._check_words()

    @classmethod
    def of_sound_values(
        cls,
        joints: FloatArray,
        present: BoolArray,
        confidence: FloatArray,
        orientations: FloatArray | None,
        **words: Any,
    ) -> Motion:
        """A motion whose numbers are right by the way they were made; all else is checked.

        For a decoder of millions of samples: to look for NaN, infinity and a confidence outside
        0..1 takes a tenth of its time, and whole numbers times a finite one give none of them.

        Args:
            joints: As of a Motion; so are the other arrays.
            present: Who is there.
            confidence: Within 0..1.
            orientations: Or None.
            **words: All other arguments of a Motion; none has a default here.

        Raises:
            MotionError: Shapes, dtypes or words do not fit.
        """
        motion = object.__new__(cls)
        arrays = {"joints": joints, "present": present, "confidence": confidence}
        motion.__dict__.update(arrays, orientations=orientations, **words)
        _check_shapes(motion)
        motion._check_words()
        return motion

    def _check_words(self) -> None:
        if self.space not in SPACES:
            raise MotionError(f"space {self.space!r}", expected=f"one of {SPACES}")
        if (self.space == "image") != (self.image_size is not None):
            raise MotionError(f"space {self.space} with image_size {self.image_size}")
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise MotionError(f"fps {self.fps}", expected="a positive number")

    @property
    def num_frames(self) -> int:
        """T."""
        return self.joints.shape[0]

    @property
    def num_persons(self) -> int:
        """P: rows, whether or not the person is present."""
        return self.joints.shape[1]

    @property
    def num_joints(self) -> int:
        """J."""
        return self.joints.shape[2]

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the end of the last."""
        return self.num_frames / self.fps

    @property
    def observed(self) -> BoolArray:
        """Joints that were seen, bool [T, P, J]."""
        return (self.confidence > 0) & self.present[:, :, None]

    def select_frames(self, frames: Sequence[int] | npt.NDArray[np.int64]) -> Motion:
        """The motion of the given frame indices, in the given order; fps is kept as said."""
        at = np.asarray(frames, dtype=np.int64)
        orient = None if self.orientations is None else self.orientations[at]
        return replace(
            self,
            joints=self.joints[at],
            present=self.present[at],
            confidence=self.confidence[at],
            orientations=orient,
        )

    def select_persons(self, persons: Sequence[int]) -> Motion:
        """The motion of the given person rows, in the given order."""
        at = np.asarray(persons, dtype=np.int64)
        orient = None if self.orientations is None else self.orientations[:, at]
        return replace(
            self,
            joints=self.joints[:, at],
            present=self.present[:, at],
            confidence=self.confidence[:, at],
            orientations=orient,
        )

    def reversed(self) -> Motion:
        """The motion played backwards."""
        return self.select_frames(np.arange(self.num_frames)[::-1])

    def mirrored(self) -> Motion:
        """What a mirror shows: x is reflected and left joints become right ones.

        Orientations are dropped: a reflection is no rotation.
        """
        swap = np.asarray(self.topology.mirror)
        joints = self.joints[:, :, swap].copy()
        confidence = np.ascontiguousarray(self.confidence[:, :, swap])
        width = float(self.image_size[0]) if self.image_size else 0.0
        joints[..., 0] = (width - joints[..., 0]) * (confidence > 0)
        return replace(self, joints=joints, confidence=confidence, orientations=None)

    @property
    def sha256(self) -> str:
        """Hash of everything that determines a picture or a measurement of this motion."""
        digest = hashlib.sha256()
        head = (self.topology.sha256, self.joints.shape, float(self.fps), self.space)
        digest.update(repr((*head, self.metric, self.image_size)).encode())
        for array in (self.joints, self.present, self.confidence, self.orientations):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()


def _check_shapes(motion: Motion) -> None:
    if motion.joints.ndim != 4:
        raise MotionError(f"joints of shape {motion.joints.shape}", expected="[T, P, J, 3]")
    frames, persons, _, _ = motion.joints.shape
    count = len(motion.topology)
    _check_shape("joints", motion.joints, (frames, persons, count, 3), np.float32)
    _check_shape("present", motion.present, (frames, persons), np.bool_)
    _check_shape("confidence", motion.confidence, (frames, persons, count), np.float32)
    if motion.orientations is not None:
        shape = (frames, persons, count, 4)
        _check_shape("orientations", motion.orientations, shape, np.float32)


def _check_shape(
    name: str, array: npt.NDArray[np.generic], shape: tuple[int, ...], dtype: type
) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise MotionError(
            f"{name} of shape {array.shape} and dtype {array.dtype}",
            expected=f"{shape} {np.dtype(dtype)}",
        )


def _check_values(motion: Motion) -> None:
    for name in ("joints", "confidence", "orientations"):
        array = getattr(motion, name)
        if array is not None and not np.isfinite(array).all():
            raise MotionError(
                f"{name} holds NaN or infinity",
                hint="A missing joint has confidence 0 and position 0.",
            )
    if motion.confidence.size and not (
        motion.confidence.min() >= 0 <= motion.confidence.max() <= 1
    ):
        raise MotionError("confidence outside 0..1")
