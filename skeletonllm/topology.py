"""Skeleton topologies: named joints, bones, body parts and sides.

The joint names of all skeletons come from one vocabulary (:data:`VOCABULARY`), whether a Kinect or
a pose network observed them. Names are anatomical: right is the person's right.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from skeletonllm.errors import UsageError

PARTS = ("torso", "head", "left_arm", "right_arm", "left_leg", "right_leg")


@dataclass(frozen=True)
class Joint:
    """The place of a joint on the body.

    Args:
        part: One of :data:`PARTS`.
        along: How far along the part, from 0 (proximal) to 1 (distal).
    """

    part: str
    along: float

    @property
    def side(self) -> str:
        """``left``, ``right`` or ``centre``."""
        side = self.part.split("_")[0]
        return side if side in ("left", "right") else "centre"


_CENTRE = {
    "pelvis": ("torso", 0.0),
    "lower_spine": ("torso", 0.25),
    "spine": ("torso", 0.5),
    "upper_spine": ("torso", 1.0),
    "neck": ("head", 0.0),
    "head": ("head", 0.6),
    "nose": ("head", 0.7),
}
_SIDED = {
    "eye": ("head", 0.8),
    "ear": ("head", 0.8),
    "collar": ("arm", 0.0),
    "shoulder": ("arm", 0.1),
    "elbow": ("arm", 0.45),
    "wrist": ("arm", 0.8),
    "hand": ("arm", 0.9),
    "hand_tip": ("arm", 1.0),
    "thumb": ("arm", 0.95),
    "hip": ("leg", 0.0),
    "knee": ("leg", 0.5),
    "ankle": ("leg", 0.9),
    "foot": ("leg", 1.0),
}


def _vocabulary() -> dict[str, Joint]:
    words = {name: Joint(*where) for name, where in _CENTRE.items()}
    for side in ("left", "right"):
        for name, (part, along) in _SIDED.items():
            words[f"{side}_{name}"] = Joint(part if part == "head" else f"{side}_{part}", along)
    return words


VOCABULARY: dict[str, Joint] = _vocabulary()
"""Every joint name the project knows, with its place on the body."""


def locate_joint(name: str) -> Joint:
    """The place of a joint on the body, by its name.

    A name is a word of :data:`VOCABULARY`, or such a word, a dot, and any other name for a joint
    near that place: a finger, a marker, a point of the face.

    Raises:
        UsageError: The name starts with no word of the vocabulary.

    Example:
        >>> locate_joint("left_hand.index_1").part
        'left_arm'
    """
    word = name.partition(".")[0]
    if word not in VOCABULARY:
        raise UsageError(
            f"unknown joint {name!r}",
            expected=f"one of {', '.join(VOCABULARY)}, or one of these, a dot and any name",
        )
    return VOCABULARY[word]


@dataclass(frozen=True)
class Topology:
    """A named skeleton.

    Args:
        name: Registry key, for example ``kinect_v2``.
        joints: Joint names, see :func:`locate_joint`, in the order of the arrays.
        bones: Pairs of joint indices ``(proximal, distal)``; what a renderer draws.
        dims: 3, or 2 for poses in the image plane.
        source: Page or paper that defines the order.

    Example:
        >>> KINECT_V2.index("right_wrist")
        10
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    dims: int = 3
    source: str = ""

    def __post_init__(self) -> None:
        unknown = [name for name in self.joints if name.partition(".")[0] not in VOCABULARY]
        if unknown:
            raise UsageError(f"unknown joints {unknown}", where=f"topology {self.name}")
        if len(set(self.joints)) != len(self.joints):
            raise UsageError("a joint name twice", where=f"topology {self.name}")
        if any(not 0 <= end < len(self.joints) for bone in self.bones for end in bone):
            raise UsageError("a bone names a joint that is not there", where=self.name)

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Index of a joint name; UsageError names the joints there are."""
        try:
            return self._indices[joint]
        except KeyError:
            raise UsageError(
                f"no joint {joint!r}", expected=", ".join(self.joints), where=self.name
            ) from None

    def find(self, *names: str) -> int | None:
        """Index of the first of ``names`` this skeleton has, or None."""
        return next((self._indices[n] for n in names if n in self._indices), None)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.joints)}

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Parent index of each joint, -1 for a root (a joint that ends no bone)."""
        parents = [-1] * len(self.joints)
        for proximal, distal in self.bones:
            if parents[distal] < 0:
                parents[distal] = proximal
        return tuple(parents)

    @cached_property
    def places(self) -> tuple[Joint, ...]:
        """Where each joint sits on the body, see :func:`locate_joint`."""
        return tuple(locate_joint(name) for name in self.joints)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Body part of each joint, one of :data:`PARTS`."""
        return tuple(joint.part for joint in self.places)

    @cached_property
    def drawn_bones(self) -> tuple[tuple[int, int], ...]:
        """What a stick figure draws: all bones, then ``(j, j)`` for each joint of no bone.

        So a skeleton without bones, such as a set of markers, is a figure of dots.
        """
        ends = {end for bone in self.bones for end in bone}
        return (*self.bones, *((j, j) for j in range(len(self.joints)) if j not in ends))

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """For each joint, the index of its counterpart on the other side (itself if central)."""
        return tuple(self._indices.get(_other_side(n), i) for i, n in enumerate(self.joints))

    @cached_property
    def sha256(self) -> str:
        """Hash of the definition, so that data cannot silently change its skeleton."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``topologies.json``."""
        return {
            "name": self.name,
            "joints": list(self.joints),
            "bones": [list(bone) for bone in self.bones],
            "dims": self.dims,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Topology:
        """Inverse of :meth:`to_json`."""
        bones = tuple((int(a), int(b)) for a, b in data["bones"])
        name, source = data["name"], data["source"]
        if not isinstance(name, str) or not isinstance(source, str):
            raise TypeError(f"name {name!r} and source {source!r}, which must be texts")
        return cls(name, tuple(data["joints"]), bones, data["dims"], source)


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    if name.startswith("right_"):
        return "left_" + name.removeprefix("right_")
    return name


def define_topology(name: str, joints: str, chains: str, dims: int, source: str) -> Topology:
    """A topology from joint names and chains ``a-b-c`` of proximal-to-distal joints.

    ``L.`` and ``R.`` stand for ``left_`` and ``right_``; a chain with ``*.`` is taken for both.
    The topology is not registered.

    Args:
        name: Name of the skeleton, as files of clips state it.
        joints: Names of the J joints, in the order of the arrays.
        chains: Bones as chains of joint names.
        dims: 3, or 2 for poses in the image plane.
        source: Page or paper that defines the order.

    Example:
        >>> define_topology("sticks", "neck L.hand R.hand", "neck-*.hand", 2, "a drawing").bones
        ((0, 1), (0, 2))
    """
    names = tuple(joints.replace("L.", "left_").replace("R.", "right_").split())
    bones: list[tuple[int, int]] = []
    for chain in chains.split():
        for side in ("left_", "right_") if "*." in chain else ("",):
            ends = [names.index(n) for n in chain.replace("*.", side).split("-")]
            bones += pairwise(ends)
    return Topology(name, names, tuple(dict.fromkeys(bones)), dims, source)


KINECT_V2 = define_topology(
    "kinect_v2",
    "pelvis spine neck head L.shoulder L.elbow L.wrist L.hand R.shoulder R.elbow R.wrist R.hand "
    "L.hip L.knee L.ankle L.foot R.hip R.knee R.ankle R.foot upper_spine "
    "L.hand_tip L.thumb R.hand_tip R.thumb",
    "pelvis-spine-upper_spine-neck-head upper_spine-*.shoulder-*.elbow-*.wrist-*.hand-*.hand_tip "
    "*.hand-*.thumb pelvis-*.hip-*.knee-*.ankle-*.foot",
    3,
    "Kinect for Windows SDK 2.0 JointType; NTU RGB+D (Shahroudy et al., CVPR 2016)",
)
KINECT_V1 = define_topology(
    "kinect_v1",
    "pelvis spine upper_spine head L.shoulder L.elbow L.wrist L.hand R.shoulder R.elbow R.wrist "
    "R.hand L.hip L.knee L.ankle L.foot R.hip R.knee R.ankle R.foot",
    "pelvis-spine-upper_spine-head upper_spine-*.shoulder-*.elbow-*.wrist-*.hand "
    "pelvis-*.hip-*.knee-*.ankle-*.foot",
    3,
    "Kinect for Windows SDK 1.8 JointType; NW-UCLA (Wang et al., CVPR 2014)",
)
SMPL_22 = define_topology(
    "smpl_22",
    "pelvis L.hip R.hip lower_spine L.knee R.knee spine L.ankle R.ankle upper_spine L.foot R.foot "
    "neck L.collar R.collar head L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist",
    "pelvis-lower_spine-spine-upper_spine-neck-head "
    "upper_spine-*.collar-*.shoulder-*.elbow-*.wrist pelvis-*.hip-*.knee-*.ankle-*.foot",
    3,
    "SMPL body joints without hands; HumanML3D (Guo et al., CVPR 2022)",
)
COCO_17 = define_topology(
    "coco_17",
    "nose L.eye R.eye L.ear R.ear L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist "
    "L.hip R.hip L.knee R.knee L.ankle R.ankle",
    "nose-*.eye-*.ear *.shoulder-nose *.hip-*.shoulder-*.elbow-*.wrist *.hip-*.knee-*.ankle "
    "left_hip-right_hip left_shoulder-right_shoulder",
    2,
    "COCO keypoints (Lin et al., ECCV 2014)",
)
SBU_15 = define_topology(
    "sbu_15",
    "head neck spine L.shoulder L.elbow L.hand R.shoulder R.elbow R.hand "
    "L.hip L.knee L.foot R.hip R.knee R.foot",
    "spine-neck-head neck-*.shoulder-*.elbow-*.hand spine-*.hip-*.knee-*.foot",
    3,
    "OpenNI skeleton; SBU Kinect Interaction (Yun et al., CVPRW 2012), readme of version 2.0",
)

_REGISTRY: dict[str, Topology] = {}
"""What was registered in this process, beside those that are built in."""

_CATALOGUES = {
    "skeletonllm.pose_topologies": "POSE_TOPOLOGIES",
    "skeletonllm.mocap_topologies": "MOCAP_TOPOLOGIES",
    "skeletonllm.sensor_topologies": "SENSOR_TOPOLOGIES",
}
"""Modules that define the other skeletons, and where; they are imported at the first look-up."""


@cache
def _built_in() -> dict[str, Topology]:
    topologies = [KINECT_V2, KINECT_V1, SMPL_22, COCO_17, SBU_15]
    for module, name in _CATALOGUES.items():
        topologies += getattr(importlib.import_module(module), name)
    return {topology.name: topology for topology in topologies}


def list_topologies() -> dict[str, Topology]:
    """All skeletons by name, sorted: those built in, and those registered in this process.

    Example:
        >>> "openpose_25" in list_topologies()
        True
    """
    return dict(sorted({**_REGISTRY, **_built_in()}.items()))


def list_built_in() -> dict[str, Topology]:
    """The skeletons that every process knows by name, sorted.

    Example:
        >>> "coco_17" in list_built_in()
        True
    """
    return dict(sorted(_built_in().items()))


def register_topology(topology: Topology) -> Topology:
    """The registered skeleton; the same name with another definition is refused.

    Raises:
        UsageError: Another skeleton of this name is registered.
    """
    known = _built_in().get(topology.name) or _REGISTRY.setdefault(topology.name, topology)
    if known.sha256 != topology.sha256:
        raise UsageError(
            "a different topology of this name is registered",
            where=topology.name,
            hint="Choose another name.",
        )
    return known


def register_definitions(stored: Mapping[str, Any], where: str) -> dict[str, Topology]:
    """The skeletons of stored definitions by name, each registered.

    A reader makes skeletons from files (BVH, markers, a lab's own YAML) in a process of its own.
    Tables of clips and folders carry the definitions, so that every other process knows them too.

    Args:
        stored: What :meth:`Topology.to_json` gave, by name.
        where: The file that holds them, for messages.

    Raises:
        UsageError: One is no definition, or another skeleton of its name is registered.
    """
    try:
        topologies = {name: Topology.from_json(data) for name, data in stored.items()}
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        cause = f"{type(error).__name__}: {error}"
        raise UsageError(f"no definition of a skeleton ({cause})", where=where) from None
    for name, topology in topologies.items():
        try:
            topologies[name] = register_topology(topology)
        except UsageError as error:
            raise UsageError(error.found, where=f"{where}: {name}", hint=error.hint) from None
    return topologies


def is_registered(name: str) -> bool:
    """Whether a skeleton of this name is known to this process."""
    return name in _REGISTRY or name in _built_in()


def get_topology(name: str) -> Topology:
    """Topology by name.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.
    """
    known = _built_in().get(name) or _REGISTRY.get(name)
    if known is None:
        raise UsageError(
            f"unknown topology {name!r}",
            expected=f"one of {', '.join(list_topologies())}",
            hint="Register it with register_topology, or with storage.load_topologies(folder).",
        )
    return known
