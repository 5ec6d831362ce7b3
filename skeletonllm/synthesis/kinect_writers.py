"""Writers of the text formats of Kinect corpora, as their own files have them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.io import savemat

from skeletonllm.corpora.kinect import msr_action3d, utd_mhad, utkinect
from skeletonllm.corpora.kinect import sbu_kinect as sbu
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.motion import Motion

Array = npt.NDArray[Any]


def table(rows: Array, number: str = "%.6f", parted: str = " ", end: str = "\n") -> str:
    """A line a row, numbers in the given form.

    Args:
        rows: Numbers, [N, columns].
        number: Form of a number.
        parted: What stands between numbers.
        end: End of a line.
    """
    return "".join(parted.join(number % value for value in row) + end for row in rows)


def pku_mmd(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """150 numbers a line; zeros for a body that is not there.

    Args:
        motion: Kinect v2, one or two persons.
        number: Form of a number.
        end: End of a line.
    """
    bodies = np.zeros((motion.num_frames, 2, 75))
    bodies[:, : motion.num_persons] = motion.joints.reshape(motion.num_frames, -1, 75)
    return table(bodies.reshape(-1, 150), number, end=end)


def pku_labels(segments: Sequence[Segment]) -> str:
    """action,start,end,confidence."""
    return "".join(f"{s.label},{s.first},{s.last},2\n" for s in segments)


def msr_action3d_text(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """x y z confidence a line; seen is 1, inferred is 0, missing is a line of zeros.

    Args:
        motion: Kinect v1, one person.
        number: Form of a number.
        end: End of a line.
    """
    order = [motion.topology.index(name) for name in msr_action3d.JOINTS]
    stated = np.maximum(2 * motion.confidence - 1, 0)[..., None]
    rows = np.concatenate([motion.joints, stated], -1)[:, 0, order]
    return table(rows.reshape(-1, 4), number, "  ", end)


def msr_daily_table(motion: Motion, number: str = "%.6f", end: str = "\r\n") -> str:
    """Frame joint x y z, from 1.

    Args:
        motion: Kinect v1, one person.
        number: Form of a number.
        end: End of a line.
    """
    lines = [
        " ".join([str(t), str(j), *(number % value for value in xyz)])
        for t, frame in enumerate(motion.joints[:, 0], 1)
        for j, xyz in enumerate(frame, 1)
    ]
    return end.join([*lines, ""])


def msr_daily_published(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """Counts, then two rows a joint: in metres, then in the picture.

    Args:
        motion: Kinect v1, up to two persons.
        number: Form of a number.
        end: End of a line.
    """
    lines = [f"{motion.num_frames} {len(motion.topology)}"]
    for frame, present in zip(motion.joints, motion.present, strict=True):
        lines.append(str(40 * int(present.sum())))
        for xyz in frame[present].reshape(-1, 3):
            lines += [" ".join([*(number % value for value in xyz), "1"]), "0.5 0.4 9000 1"]
    return end.join([*lines, ""])


def msrc12(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """A time stamp in microseconds, then x y z 1 of each joint; zeros where nobody is.

    Args:
        motion: Kinect v1, one person.
        number: Form of a number.
        end: End of a line.
    """
    seen = (motion.confidence > 0).astype(np.float64)[..., None]
    rows = np.concatenate([motion.joints, seen], -1).reshape(motion.num_frames, -1)
    return "".join(
        f"{4_772_120_570 + 33_333 * t} {table(row[None], number, end=end)}"
        for t, row in enumerate(rows)
    )


def utkinect_text(
    motion: Motion, numbers: Sequence[int], number: str = "%.6f", end: str = "\n"
) -> str:
    """A frame number, then x y z of each joint; a line a person.

    Args:
        motion: Kinect v1.
        numbers: Number of each frame.
        number: Form of a coordinate.
        end: End of a line.
    """
    return "".join(
        f"{n}   {table(person.reshape(1, -1), number, '  ', end)}"
        for n, frame, present in zip(numbers, motion.joints, motion.present, strict=True)
        for person in frame[present]
    )


def utkinect_labels(recording: str, segments: Sequence[Segment]) -> str:
    """The block of one recording.

    Args:
        recording: Name of the recording, such as ``s01_e01``.
        segments: What is done in it, and when.
    """
    lines = [f"{utkinect.ACTIONS[(s.label or 1) - 1]}: {s.first} {s.last}" for s in segments]
    return "\n".join([recording, *lines, ""])


def sbu_text(motion: Motion, first: int = 1, number: str = "%.6g", end: str = "\n") -> str:
    """A frame number, then both persons in normalised coordinates.

    Args:
        motion: 15 joints, two persons.
        first: Number of the first frame.
        number: Form of a number.
        end: End of a line.
    """
    plain = (motion.joints.astype(np.float64) - sbu.OFFSET) / sbu.SCALE
    rows = plain.reshape(motion.num_frames, -1)
    return "".join(f"{t},{table(row[None], number, ',', end)}" for t, row in enumerate(rows, first))


def utd_mhad_file(motion: Motion, *, compressed: bool = True) -> bytes:
    """A MATLAB 5 file with the array ``d_skel``.

    Args:
        motion: Kinect v1, one person.
        compressed: Whether the array is packed, as MATLAB does it by default.
    """
    order = [motion.topology.index(name) for name in utd_mhad.JOINTS]
    array = motion.joints[:, 0, order].astype(np.float64).transpose(1, 2, 0)
    return mat({"d_skel": array}, compressed=compressed)


def mat(arrays: dict[str, object], *, compressed: bool = True) -> bytes:
    """Any MATLAB 5 file.

    Args:
        arrays: By name.
        compressed: Whether they are packed.
    """
    file = io.BytesIO()
    savemat(file, arrays, do_compression=compressed)
    return file.getvalue()
