"""What is taken out of a sample, the same from every reader; and the members of a tar."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from skeletonllm.shards import Sample


class Taken(NamedTuple):
    """One sample, ready for a model; taken so that nothing may be put off.

    Args:
        clip_id: Of the clip.
        label: Its class.
        rationales: Rows of its rationales.
        joints: float32 [T, P, J, 3].
        present: bool [T, P].
        confidence: float32 [T, P, J].
    """

    clip_id: str
    label: str | None
    rationales: Sequence[Mapping[str, Any]]
    joints: npt.NDArray[np.float32]
    present: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float32]


NextEpoch = Callable[[], Iterator[Taken]]
"""Starts the next epoch of a reader: its samples, each once."""


def take_sample(sample: Sample) -> Taken:
    """What a model needs of a sample of ours."""
    motion = sample.motion
    return Taken(
        sample.clip.clip_id,
        sample.label,
        sample.rationales,
        motion.joints,
        motion.present,
        motion.confidence,
    )


def list_tars(folder: Path) -> list[str]:
    """The tars of a folder, by name."""
    return [str(path) for path in sorted(folder.glob("*.tar"))]


def iterate_members(folder: Path) -> Iterator[dict[str, bytes]]:
    """The members of every sample of the tars, by extension; the converters start from these.

    Args:
        folder: That holds tars; two members, JSON and arrays, a sample.
    """
    for path in list_tars(folder):
        with tarfile.open(path) as tar:
            sample: dict[str, bytes] = {}
            for member in tar:
                file = tar.extractfile(member)
                assert file is not None
                sample[member.name.partition(".")[2]] = file.read()
                if len(sample) == 2:
                    yield sample
                    sample = {}
