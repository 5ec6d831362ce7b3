"""From the names and numbers of keypoints in COCO's form to skeletons of people, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.pose_topologies import (
    COCO_WHOLEBODY_133,
    HALPE_26,
    HALPE_136,
    topology_of_names,
)
from skeletonllm.topology import COCO_17, Topology

PEOPLE = ("person", "people", "human", "pedestrian")

BY_COUNT = {len(t): t for t in (COCO_17, HALPE_26, COCO_WHOLEBODY_133, HALPE_136)}
"""Skeletons that are told by the number of their joints, where nothing names them."""

WITH_FACES = {len(t): t for t in (COCO_WHOLEBODY_133, HALPE_136)}
BODY = 23
"""Joints of their bodies and feet, at least, which come first and bear plain names."""

H36M_NAMES = tuple(
    (
        "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base "
        "head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist"
    ).split()
)
"""What MMPose calls the joints of Human3.6M (configs/_base_/datasets/h36m.py): its feet are our
ankles, its thorax our neck, and its head the top of it."""

FEWEST = 8
"""Joints without which it is no body."""


def topology_of_category(category: Mapping[str, Any], count: int) -> Topology:
    """The skeleton of ``count`` keypoints of a category.

    Args:
        category: An entry of ``categories``, or empty where there is none.
        count: Keypoints of an annotation.

    Raises:
        SourceError: ``format``: the category is no person, names what is no joint of a human body,
            or says nothing of keypoints whose number is of no known skeleton.

    Example:
        >>> topology_of_category({"name": "person"}, 133).name
        'coco_wholebody_133'
    """
    kind = category.get("name", PEOPLE[0])
    words = re.split(r"[^a-z]+", kind.lower()) if isinstance(kind, str) else []
    if not any(word in PEOPLE for word in words):
        raise SourceError("format", f"keypoints of {kind!r:.40}", expected="those of a person")
    names = category.get("keypoints") or ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise SourceError("format", "names of keypoints that are no list of texts")
    if len(names) == count:
        return topology_of_keypoints(names)
    body = not names or tuple(map(joint_of_word, names[:17])) == COCO_17.joints
    if body and count in BY_COUNT:
        return BY_COUNT[count]
    listed = ", ".join(str(known) for known in BY_COUNT)
    found = f"{count} keypoints of which {len(names)} are named"
    raise SourceError("format", found, expected=f"names for all, or {listed} of a known body")


def topology_of_keypoints(names: Sequence[str]) -> Topology:
    """The skeleton of named keypoints of a person.

    Points of faces and fingers have no words of ours; where they follow a body as in COCO-WholeBody
    or Halpe, in its number, they are its.

    Raises:
        SourceError: ``format``: they are no different joints of a human body, or too few.

    Example:
        >>> topology_of_keypoints(COCO_17.joints).name
        'coco_17'
    """
    if tuple(re.sub(r"[^a-z]+", "_", name.lower()) for name in names) == H36M_NAMES:
        return H36M_17
    read = [joint_of_word(name) for name in names]
    strange = [name for name, joint in zip(names, read, strict=True) if joint is None]
    whole = WITH_FACES.get(len(names))
    if strange and whole and tuple(read[:BODY]) == whole.joints[:BODY]:
        return whole
    if strange:
        found = f"keypoints that are no joints of a body: {', '.join(strange)[:120]}"
        raise SourceError("format", found)
    joints = tuple(joint for joint in read if joint is not None)
    if len(set(joints)) < len(joints) or len(joints) < FEWEST:
        expected = f"at least {FEWEST} different joints"
        raise SourceError("format", f"keypoints {', '.join(names)[:120]}", expected=expected)
    return topology_of_names(joints)
