"""What joints are: by their names or, where a file has none, by how many there are, a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.pose.coco_categories import topology_of_keypoints
from skeletonllm.corpora.pose.detections import People, image_clip
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.joint_orders import choose_order
from skeletonllm.corpora.reader import Reader, Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.errors import SourceError
from skeletonllm.pose_topologies import (
    AIC_14,
    COCO_WHOLEBODY_133,
    CROWDPOSE_14,
    HALPE_26,
    HALPE_136,
    JHMDB_15,
    MEDIAPIPE_33,
    MPII_16,
    OPENPOSE_15,
    OPENPOSE_18,
    OPENPOSE_25,
    OPENPOSE_25B,
    OPENPOSE_135,
)
from skeletonllm.topology import COCO_17, Topology

BY_COUNT: dict[int, tuple[Topology, ...]] = {
    14: (CROWDPOSE_14, AIC_14),
    15: (OPENPOSE_15, JHMDB_15),
    16: (MPII_16,),
    17: (COCO_17,),
    18: (OPENPOSE_18,),
    25: (OPENPOSE_25, OPENPOSE_25B),
    26: (HALPE_26,),
    33: (MEDIAPIPE_33,),
    133: (COCO_WHOLEBODY_133,),
    135: (OPENPOSE_135,),
    136: (HALPE_136,),
}
"""Skeletons of pose networks by the number of their joints, the most usual first."""


def topology_of_count(people: People, orders: Sequence[Topology] | None = None) -> Topology:
    """The skeleton of joints without names; clips bear ``skeleton_assumed`` for it.

    Args:
        people: Who was seen; where several skeletons have as many joints, the one that makes a
            body of them.
        orders: Skeletons to choose from; by default those of :data:`BY_COUNT`.

    Raises:
        SourceError: ``format`` for a number of joints that no known skeleton has.
    """
    count = people.joints.shape[2]
    known = BY_COUNT.get(count, ()) if orders is None else orders
    if not known:
        expected = f"names, or {', '.join(map(str, BY_COUNT))} of a known body"
        raise SourceError("format", f"{count} keypoints without names", expected=expected)
    return choose_order(people, known)[0]


def clips_of_frames(
    reader: Reader,
    source: Source,
    sha256: str,
    frames: Frames,
    *,
    names: Sequence[str] = (),
    **facts: Any,
) -> Iterator[Clip | Reject]:
    """The clip of some frames, after a reject for each part of them that was not read.

    Args:
        reader: Whose corpus and licence it is.
        source: The file.
        sha256: Of the file.
        frames: What was read of it.
        names: Of the joints, where the file has them; else their number is all there is.
        facts: What :func:`skeletonllm.corpora.pose.detections.image_clip` takes.

    Raises:
        SourceError: Nobody is seen, or the joints are not those of a known body.
    """
    people = frames.people()
    yield from frames.rejects
    if people is None:
        return
    count = people.joints.shape[2]
    if names and len(names) != count:
        raise SourceError("format", f"{count} keypoints", expected=f"{len(names)}, as are named")
    topology = topology_of_keypoints(names) if names else topology_of_count(people)
    guessed = () if names else (SKELETON_ASSUMED,)
    flags = (*guessed, *frames.flags, *facts.pop("flags", ()))
    yield image_clip(reader, source, sha256, people, topology, flags=flags, **facts)
