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


def format_table(rows: Array, number: str = "%.6f", parted: str = " ", end: str = "\n") -> str:
    """The text of a table of numbers, one line a row.

    Args:
        rows: [N, C].
        number: How a number is written, as ``%`` takes it.
        parted: Between two numbers.
        end: Of a line.
    """
    return "".join(parted.join(number % value for value in row) + end for row in rows)


def format_pku_mmd(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """The text of a PKU-MMD skeleton file: 150 numbers a line, zeros for a body that is absent.

    Args:
        motion: Of Kinect v2, one or two persons.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    bodies = np.zeros((motion.num_frames, 2, 75))
    bodies[:, : motion.num_persons] = motion.joints.reshape(motion.num_frames, -1, 75)
    return format_table(bodies.reshape(-1, 150), number, end=end)


def format_pku_labels(segments: Sequence[Segment]) -> str:
    """The text of a PKU-MMD label file: action, start, end and confidence a line."""
    return "".join(f"{s.label},{s.first},{s.last},2\n" for s in segments)


def format_msr_action3d(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """The text of an MSR Action3D file: x, y, z and confidence of a joint a line.

    Confidence is 1 for a tracked joint and 0 for an inferred one; a missing joint is all zeros.

    Args:
        motion: Of Kinect v1; person 0 is written.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    order = [motion.topology.index(name) for name in msr_action3d.JOINTS]
    stated = np.maximum(2 * motion.confidence - 1, 0)[..., None]
    rows = np.concatenate([motion.joints, stated], -1)[:, 0, order]
    return format_table(rows.reshape(-1, 4), number, "  ", end)


def format_msr_daily_table(motion: Motion, number: str = "%.6f", end: str = "\r\n") -> str:
    """The text of a table of MSR Daily Activity: frame, joint, x, y, z a line; both count from 1.

    Args:
        motion: Of Kinect v1; person 0 is written.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    lines = [
        " ".join([str(t), str(j), *(number % value for value in xyz)])
        for t, frame in enumerate(motion.joints[:, 0], 1)
        for j, xyz in enumerate(frame, 1)
    ]
    return end.join([*lines, ""])


def format_msr_daily_published(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """The text of an MSR Daily file as published: counts, then two lines a joint.

    The first line is in metres, the second in the picture.

    Args:
        motion: Of Kinect v1.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    lines = [f"{motion.num_frames} {len(motion.topology)}"]
    for frame, present in zip(motion.joints, motion.present, strict=True):
        lines.append(str(40 * int(present.sum())))
        for xyz in frame[present].reshape(-1, 3):
            lines += [" ".join([*(number % value for value in xyz), "1"]), "0.5 0.4 9000 1"]
    return end.join([*lines, ""])


def format_msrc12(motion: Motion, number: str = "%.6f", end: str = "\n") -> str:
    """The text of an MSRC-12 file: microseconds, then x, y, z, 1 of each joint; zeros for nobody.

    Args:
        motion: Of Kinect v1, one person.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    tracked = (motion.confidence > 0).astype(np.float64)[..., None]
    rows = np.concatenate([motion.joints, tracked], -1).reshape(motion.num_frames, -1)
    return "".join(
        f"{4_772_120_570 + 33_333 * t} {format_table(row[None], number, end=end)}"
        for t, row in enumerate(rows)
    )


def format_utkinect(
    motion: Motion, numbers: Sequence[int], number: str = "%.6f", end: str = "\n"
) -> str:
    """The text of a UTKinect file: frame number, then x, y, z of each joint; a line a person.

    Args:
        motion: Of Kinect v1.
        numbers: Number of each frame.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    return "".join(
        f"{n}   {format_table(person.reshape(1, -1), number, '  ', end)}"
        for n, frame, present in zip(numbers, motion.joints, motion.present, strict=True)
        for person in frame[present]
    )


def format_utkinect_labels(recording: str, segments: Sequence[Segment]) -> str:
    """The lines of one recording in UTKinect's file of labels.

    Args:
        recording: Its name, such as ``s01_e02``.
        segments: What is labelled.
    """
    lines = [f"{utkinect.ACTIONS[(s.label or 1) - 1]}: {s.first} {s.last}" for s in segments]
    return "\n".join([recording, *lines, ""])


def format_sbu(motion: Motion, first: int = 1, number: str = "%.6g", end: str = "\n") -> str:
    """The text of an SBU file: frame number, then both persons in normalised coordinates.

    Args:
        motion: Of SBU's 15 joints, two persons.
        first: Number of the first frame.
        number: How a number is written, as ``%`` takes it.
        end: Of a line.
    """
    plain = (motion.joints.astype(np.float64) - sbu.OFFSET) / sbu.SCALE
    rows = plain.reshape(motion.num_frames, -1)
    return "".join(
        f"{t},{format_table(row[None], number, ',', end)}" for t, row in enumerate(rows, first)
    )


def encode_utd_mhad(motion: Motion, *, compressed: bool = True) -> bytes:
    """The bytes of a UTD-MHAD file: MATLAB 5 with the array ``d_skel`` [20, 3, T].

    Args:
        motion: Of Kinect v1; person 0 is written.
        compressed: Whether the array is deflated, as MATLAB does by default.
    """
    order = [motion.topology.index(name) for name in utd_mhad.JOINTS]
    array = motion.joints[:, 0, order].astype(np.float64).transpose(1, 2, 0)
    return encode_mat({"d_skel": array}, compressed=compressed)


def encode_mat(arrays: dict[str, object], *, compressed: bool = True) -> bytes:
    """The bytes of a MATLAB 5 file.

    Args:
        arrays: By name.
        compressed: Whether they are deflated.
    """
    file = io.BytesIO()
    savemat(file, arrays, do_compression=compressed)
    return file.getvalue()
