"""Files in memory: what a reader makes of a text, without a folder on a disk."""

from __future__ import annotations

import fsspec
import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import Reader, Reject, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion

ROOT = "/testing"
"""The folder in memory; emptied before each reading."""


def read_in_memory(
    reader: Reader,
    content: str | bytes,
    name: str,
    *,
    labels: str | None = None,
    label_file: str = "",
    strict: bool = False,
) -> tuple[list[Clip], list[Reject]]:
    """Clips and rejects of one file that lies in memory.

    Args:
        reader: The reader.
        content: What the file holds.
        name: Its path below the corpus' root.
        labels: What a file of labels holds; None for no such file.
        label_file: Where that file lies; ``labels/`` and the name of the other if empty.
        strict: Let every error through that is not a SourceError, as a user never sees it: a fault
            of the reader itself.

    Example:
        >>> from skeletonllm.corpora import get_reader
        >>> clips, rejects = read_in_memory(get_reader("nw_ucla"), "", "a01_s01_e00_v01.json")
        >>> len(clips), rejects[0].code
        (0, 'empty')
    """
    fs = fsspec.filesystem("memory")
    if fs.exists(ROOT):
        fs.rm(ROOT, recursive=True)
    data = content.encode() if isinstance(content, str) else content
    fs.pipe(f"{ROOT}/{name}", data)
    if labels is not None:
        file = label_file or f"labels/{name.rpartition('/')[2]}"
        fs.pipe(f"{ROOT}/{file}", labels.encode())
    (source,) = reader.sources(f"memory:/{ROOT}/{name}")
    if strict:
        try:
            items = list(reader.read(source))
        except SourceError as error:
            items = [Reject.of(source.uri, error)]
        assert read_clips(reader, source)[1] == [i for i in items if isinstance(i, Reject)]
    return read_clips(reader, source)


def read_one_clip(reader: Reader, content: str | bytes, name: str) -> Clip:
    """The clip of a file in memory that holds one, and nothing to reject.

    Args:
        reader: The reader.
        content: What the file holds.
        name: Its path below the corpus' root.
    """
    clips, rejects = read_in_memory(reader, content, name)
    assert rejects == []
    (clip,) = clips
    return clip


def read_one_reject(reader: Reader, content: str | bytes, name: str) -> Reject:
    """The reject of a file in memory that holds no clip.

    Args:
        reader: The reader.
        content: What the file holds.
        name: Its path below the corpus' root.
    """
    clips, rejects = read_in_memory(reader, content, name)
    assert clips == []
    (reject,) = rejects
    return reject


def assert_same_motion(read: Motion, written: Motion, atol: float = 0.0) -> None:
    """Fail unless two motions have the same skeleton, rate, space, persons and observed joints.

    Args:
        read: What came out.
        written: What went in.
        atol: How far a coordinate may be off, in the unit of the motion.
    """
    assert (read.topology, read.fps, read.space) == (written.topology, written.fps, written.space)
    np.testing.assert_array_equal(read.present, written.present)
    np.testing.assert_array_equal(read.observed, written.observed)
    np.testing.assert_allclose(read.joints, written.joints, rtol=0, atol=atol)
