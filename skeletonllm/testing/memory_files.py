"""What the tests of Kinect corpora share: reading from memory, and motions drawn by hypothesis."""

from __future__ import annotations

import fsspec
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import Reader, Reject, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

FEW = settings(max_examples=25, derandomize=True, deadline=None)

FORMS = st.fixed_dictionaries(
    {"number": st.sampled_from(["%.9g", "%.9e", "%+.12f"]), "end": st.sampled_from(["\n", "\r\n"])}
)
"""Ways to write a number so that float32 comes back, and ends of lines."""

TAILS = st.sampled_from(["", "\n", "\r\n\r\n", "  "])


def read_all(
    reader: Reader,
    content: str | bytes,
    name: str,
    *,
    labels: str | None = None,
    label_file: str = "",
    strict: bool = False,
) -> tuple[list[Clip], list[Reject]]:
    """Clips and rejects of a file ``name`` in memory, with a label file beside it or without.

    ``strict`` lets every error through that is not a SourceError.
    """
    fs = fsspec.filesystem("memory")
    if fs.exists("/room"):
        fs.rm("/room", recursive=True)
    data = content.encode() if isinstance(content, str) else content
    fs.pipe(f"/room/{name}", data)
    if labels is not None:
        file = label_file or f"labels/{name.rpartition('/')[2]}"
        fs.pipe(f"/room/{file}", labels.encode())
    (source,) = reader.sources(f"memory://room/{name}")
    if strict:
        try:
            items = list(reader.read(source))
        except SourceError as error:
            items = [Reject.of(source.uri, error)]
        assert read_clips(reader, source)[1] == [i for i in items if isinstance(i, Reject)]
    return read_clips(reader, source)


def clip_of(reader: Reader, content: str | bytes, name: str) -> Clip:
    """The one clip of a file that is good."""
    clips, rejects = read_all(reader, content, name)
    assert rejects == []
    (clip,) = clips
    return clip


def reject_of(reader: Reader, content: str | bytes, name: str) -> Reject:
    """The one reject of a file that is bad."""
    clips, rejects = read_all(reader, content, name)
    assert clips == []
    (reject,) = rejects
    return reject


@st.composite
def motions(draw: st.DrawFn, topology: Topology, persons: int = 1, fps: float = 30.0) -> Motion:
    """Any joints; with two persons, the second comes and goes."""
    frames = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([1e-3, 1.0, 9.0]))
    joints = rng.uniform(-scale, scale, (frames, persons, len(topology), 3)).astype(np.float32)
    joints[rng.random(joints.shape) < 0.05] = draw(st.sampled_from([0.0, -1.0, 2.5e-7]))
    present = np.ones(joints.shape[:2], np.bool_)
    if persons > 1:
        present[:, 1:] = rng.random((frames, persons - 1)) < 0.5
        present[0] = True
    joints *= present[..., None, None]
    confidence = np.broadcast_to(present[:, :, None], joints.shape[:3]).astype(np.float32)
    return Motion(joints, present, confidence, topology, fps)


def assert_equal(read: Motion, written: Motion, atol: float = 0.0) -> None:
    """Same joints where both saw them, same people, same topology and rate."""
    assert (read.topology, read.fps, read.space) == (written.topology, written.fps, written.space)
    np.testing.assert_array_equal(read.present, written.present)
    np.testing.assert_array_equal(read.observed, written.observed)
    np.testing.assert_allclose(read.joints, written.joints, rtol=0, atol=atol)
