"""Skeletons of pose networks and of the picture corpora they learn from.

They are registered when this module is imported, which :mod:`skeletonllm` does. A joint that the
vocabulary has no word for bears its nearest word and a name of its own: ``left_ankle.heel``.

A toe that a network puts at the end of the foot is ``foot``, and so is MediaPipe's foot index. The
crown of the head is ``head.top`` where its corpus says so, else ``head``, as its corpus says.
"""

from __future__ import annotations

from itertools import pairwise

from skeletonllm.topology import COCO_17, Topology, define_topology, register_topology

_LIMBS = "*.shoulder-*.elbow-*.wrist *.hip-*.knee-*.ankle"
_TOES = "*.ankle-*.foot *.ankle-*.foot.small_toe *.ankle-*.ankle.heel"

OPENPOSE_18 = define_topology(
    "openpose_18",
    "nose neck R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle R.eye L.eye R.ear L.ear",
    f"neck-nose-*.eye-*.ear neck-*.shoulder neck-*.hip {_LIMBS}",
    2,
    "OpenPose COCO model (Cao et al., TPAMI 2019), doc/02_output.md; kinetics-skeleton (ST-GCN)",
)
OPENPOSE_25 = define_topology(
    "openpose_25",
    "nose neck R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist pelvis R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle R.eye L.eye R.ear L.ear "
    "L.foot L.foot.small_toe L.ankle.heel R.foot R.foot.small_toe R.ankle.heel",
    f"pelvis-neck-nose-*.eye-*.ear neck-*.shoulder pelvis-*.hip {_LIMBS} {_TOES}",
    2,
    "OpenPose BODY_25 model (Cao et al., TPAMI 2019), doc/02_output.md",
)
OPENPOSE_15 = define_topology(
    "openpose_15",
    "head neck R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle spine",
    f"spine-neck-head neck-*.shoulder spine-*.hip {_LIMBS}",
    2,
    "OpenPose MPI model (Cao et al., TPAMI 2019), poseParameters.cpp; the spine is its chest",
)
OPENPOSE_19 = define_topology(
    "openpose_19",
    "nose neck R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist pelvis R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle R.eye L.eye R.ear L.ear",
    f"pelvis-neck-nose-*.eye-*.ear neck-*.shoulder pelvis-*.hip {_LIMBS}",
    2,
    "OpenPose BODY_19 model (Cao et al., TPAMI 2019), poseParameters.cpp",
)
OPENPOSE_23 = define_topology(
    "openpose_23",
    "nose R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle R.eye L.eye R.ear L.ear "
    "L.foot L.foot.small_toe L.ankle.heel R.foot R.foot.small_toe R.ankle.heel",
    f"nose-*.eye-*.ear nose-*.shoulder *.shoulder-*.hip {_LIMBS} {_TOES}",
    2,
    "OpenPose BODY_23 model (Cao et al., TPAMI 2019), poseParameters.cpp",
)
CROWDPOSE_14 = define_topology(
    "crowdpose_14",
    "L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist L.hip R.hip L.knee R.knee "
    "L.ankle R.ankle head neck",
    f"neck-head neck-*.shoulder *.shoulder-*.hip {_LIMBS}",
    2,
    "CrowdPose (Li et al., CVPR 2019)",
)
AIC_14 = define_topology(
    "aic_14",
    "R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle head.top neck",
    f"neck-head.top neck-*.shoulder *.shoulder-*.hip {_LIMBS}",
    2,
    "AI Challenger keypoints (Wu et al., arXiv:1711.06475)",
)
JHMDB_15 = define_topology(
    "jhmdb_15",
    "neck spine head R.shoulder L.shoulder R.hip L.hip R.elbow L.elbow R.knee L.knee "
    "R.wrist L.wrist R.ankle L.ankle",
    f"spine-neck-head neck-*.shoulder spine-*.hip {_LIMBS}",
    2,
    "Joint-annotated HMDB (Jhuang et al., ICCV 2013); the spine is its belly",
)
MPII_16 = define_topology(
    "mpii_16",
    "R.ankle R.knee R.hip L.hip L.knee L.ankle pelvis upper_spine neck head.top "
    "R.wrist R.elbow R.shoulder L.shoulder L.elbow L.wrist",
    f"pelvis-upper_spine-neck-head.top upper_spine-*.shoulder pelvis-*.hip {_LIMBS}",
    2,
    "MPII Human Pose (Andriluka et al., CVPR 2014); MHP (Zhao et al., ACM MM 2018)",
)
POSETRACK_17 = define_topology(
    "posetrack_17",
    "nose neck head.top L.ear R.ear L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist "
    "L.hip R.hip L.knee R.knee L.ankle R.ankle",
    f"neck-nose-head.top nose-*.ear neck-*.shoulder *.shoulder-*.hip {_LIMBS}",
    2,
    "PoseTrack18 (Andriluka et al., CVPR 2018); the neck is its head_bottom",
)

_MEDIAPIPE = (
    "nose L.eye.inner L.eye L.eye.outer R.eye.inner R.eye R.eye.outer L.ear R.ear "
    "L.eye.mouth R.eye.mouth L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist "
    "L.hand.pinky R.hand.pinky L.hand.index R.hand.index L.thumb R.thumb L.hip R.hip "
    "L.knee R.knee L.ankle R.ankle L.ankle.heel R.ankle.heel L.foot R.foot"
)
_MEDIAPIPE_BONES = (
    "nose-*.eye.inner-*.eye-*.eye.outer-*.ear left_eye.mouth-right_eye.mouth "
    "left_shoulder-right_shoulder left_hip-right_hip *.shoulder-*.hip "
    f"{_LIMBS} *.wrist-*.thumb *.wrist-*.hand.index *.wrist-*.hand.pinky "
    "*.hand.pinky-*.hand.index *.ankle-*.ankle.heel-*.foot"
)
_MEDIAPIPE_PAGE = "MediaPipe Pose (BlazePose, Bazarevsky et al., arXiv:2006.10204)"
MEDIAPIPE_33 = define_topology("mediapipe_33", _MEDIAPIPE, _MEDIAPIPE_BONES, 2, _MEDIAPIPE_PAGE)
MEDIAPIPE_WORLD_33 = define_topology(
    "mediapipe_world_33", _MEDIAPIPE, _MEDIAPIPE_BONES, 3, f"{_MEDIAPIPE_PAGE}, world landmarks"
)


def _face() -> str:
    """The 68 points of iBUG 300-W; its left is the picture's, so its first half is the right."""
    jaw = [f"ear.jaw_{i}" for i in range(1, 9)]
    brow = [f"eye.brow_{i}" for i in range(1, 6)]
    corner, outer, inner = "eye.rim_1", ("eye.rim_2", "eye.rim_3"), "eye.rim_4"
    below = ("eye.rim_5", "eye.rim_6")
    lip = [f"eye.lip_{i}" for i in range(1, 9)]

    def right(names: list[str]) -> list[str]:
        return [f"R.{name}" for name in names]

    def left(names: list[str]) -> list[str]:
        return [f"L.{name}" for name in reversed(names)]

    rim = [corner, *outer, inner]
    nostril = ["eye.nostril_1", "eye.nostril_2"]
    points = [*right(jaw), "head.chin", *left(jaw), *right(brow), *left(brow)]
    points += [f"nose.bridge_{i}" for i in range(1, 5)]
    points += [*right(nostril), "nose.base", *left(nostril)]
    points += [*right(rim), *right([*below]), *left(rim), *left([*below])]
    points += [*right(lip[:3]), "head.lip_1", *left(lip[:3])]
    points += [*left(lip[3:5]), "head.lip_2", *right(lip[3:5])]
    points += [*right(lip[5:7]), "head.lip_3", *left(lip[5:7])]
    points += [*left(lip[7:]), "head.lip_4", *right(lip[7:])]
    return " ".join(points)


_FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def _hands() -> str:
    """21 points a hand, the left one first: the root, then each finger from the palm to its tip."""
    points = [f"hand.{finger}_{i}" for finger in _FINGERS for i in range(1, 5)]
    return " ".join(f"{side}.{name}" for side in "LR" for name in ("hand", *points))


def _finger_bones() -> str:
    chains = ["-".join(f"*.hand.{finger}_{i}" for i in range(1, 5)) for finger in _FINGERS]
    return " ".join(["*.wrist-*.hand", *(f"*.hand-{chain}" for chain in chains)])


_BODY = " ".join(COCO_17.joints)
_BODY_BONES = " ".join("-".join(COCO_17.joints[i] for i in bone) for bone in COCO_17.bones)
_HALPE = (
    f"{_BODY} head neck pelvis L.foot R.foot L.foot.small_toe R.foot.small_toe "
    "L.ankle.heel R.ankle.heel"
)
_HALPE_BONES = f"pelvis-neck-head neck-nose-*.eye-*.ear neck-*.shoulder pelvis-*.hip {_LIMBS}"
_HALPE_PAGE = "Halpe Full-Body (Fang et al., AlphaPose, TPAMI 2022)"

HALPE_26 = define_topology("halpe_26", _HALPE, f"{_HALPE_BONES} {_TOES}", 2, _HALPE_PAGE)
HALPE_68 = define_topology(
    "halpe_68",
    f"{_HALPE} {_hands()}",
    f"{_HALPE_BONES} {_TOES} {_finger_bones()}",
    2,
    "Halpe without the face, as AlphaPose's models of 68 keypoints (halpe_68_noface.py)",
)
HALPE_136 = define_topology(
    "halpe_136",
    f"{_HALPE} {_face()} {_hands()}",
    f"{_HALPE_BONES} {_TOES} {_finger_bones()}",
    2,
    _HALPE_PAGE,
)
COCO_WHOLEBODY_133 = define_topology(
    "coco_wholebody_133",
    f"{_BODY} L.foot L.foot.small_toe L.ankle.heel R.foot R.foot.small_toe R.ankle.heel "
    f"{_face()} {_hands()}",
    f"{_BODY_BONES} {_TOES} {_finger_bones()}",
    2,
    "COCO-WholeBody (Jin et al., ECCV 2020)",
)

_BODY_25B = (
    f"{_BODY} neck head.top L.foot L.foot.small_toe L.ankle.heel "
    "R.foot R.foot.small_toe R.ankle.heel"
)
_BODY_25B_BONES = f"neck-head.top neck-nose-*.eye-*.ear neck-*.shoulder *.shoulder-*.hip {_LIMBS}"
_BODY_25B_PAGE = "OpenPose BODY_25B and BODY_135 (Hidalgo et al., ICCV 2019), poseParameters.cpp"


def _knuckles() -> str:
    """20 points a hand, the left one first: as :func:`_hands` without its roots."""
    points = [f"hand.{finger}_{i}" for finger in _FINGERS for i in range(1, 5)]
    return " ".join(f"{side}.{name}" for side in "LR" for name in points)


def _knuckle_bones() -> str:
    fingers = [[f"*.hand.{finger}_{i}" for i in range(1, 5)] for finger in _FINGERS]
    return " ".join("-".join(["*.wrist", *finger]) for finger in fingers)


OPENPOSE_25B = define_topology(
    "openpose_25b", _BODY_25B, f"{_BODY_25B_BONES} {_TOES}", 2, _BODY_25B_PAGE
)
OPENPOSE_135 = define_topology(
    "openpose_135",
    f"{_BODY_25B} {_knuckles()} {_face()} R.eye.pupil L.eye.pupil",
    f"{_BODY_25B_BONES} {_TOES} {_knuckle_bones()}",
    2,
    _BODY_25B_PAGE,
)
_OPENPOSE = (
    OPENPOSE_15,
    OPENPOSE_18,
    OPENPOSE_19,
    OPENPOSE_23,
    OPENPOSE_25,
    OPENPOSE_25B,
    OPENPOSE_135,
)
OPENPOSE_3D = tuple(
    Topology(f"{flat.name}_3d", flat.joints, flat.bones, 3, f"{flat.source}; --3d")
    for flat in _OPENPOSE
)
"""OpenPose's skeletons where it triangulated them."""

POSE_TOPOLOGIES = (
    *_OPENPOSE,
    *OPENPOSE_3D,
    CROWDPOSE_14,
    AIC_14,
    JHMDB_15,
    MPII_16,
    POSETRACK_17,
    MEDIAPIPE_33,
    MEDIAPIPE_WORLD_33,
    HALPE_26,
    HALPE_68,
    HALPE_136,
    COCO_WHOLEBODY_133,
)
"""Every skeleton of this file. Points of a face have no bones: lines would say what no body has."""

_CHAINS = (
    "pelvis lower_spine spine upper_spine neck head head.top",
    "left_collar left_shoulder left_elbow left_wrist left_hand left_hand_tip",
    "right_collar right_shoulder right_elbow right_wrist right_hand right_hand_tip",
    "left_hip left_knee left_ankle left_foot",
    "right_hip right_knee right_ankle right_foot",
)
_TRUNK = (
    (("collar", "shoulder"), ("upper_spine", "neck")),
    (("hip",), ("pelvis", "lower_spine", "spine")),
)
"""Where limbs begin, and what they hang from: the first that is there of each."""


def topology_of_names(
    joints: tuple[str, ...], family: str = "keypoints", dims: int = 2
) -> Topology:
    """The skeleton of some joints, by name: a known one of a picture, or one made for them.

    A known skeleton is COCO's or one of :data:`POSE_TOPOLOGIES`, with these joints in this order.
    Else bones join what is there along the limbs and the trunk, and the new skeleton is registered
    as ``keypoints_<how many>_<hash>``.

    Args:
        joints: Names, see :func:`skeletonllm.topology.locate_joint`.
        family: First word of the name of a skeleton that is made.
        dims: 2 in a picture, or 3.

    Raises:
        UsageError: A name is no joint of the vocabulary, or is there twice.

    Example:
        >>> topology_of_names(COCO_17.joints).name
        'coco_17'
    """
    for known in (COCO_17, *POSE_TOPOLOGIES):
        if known.joints == joints and known.dims == dims == 2:
            return known
    bones = tuple((joints.index(a), joints.index(b)) for a, b in _bones(joints))
    made = Topology(family, joints, bones, dims, "named by its corpus")
    name = f"{family}_{len(joints)}_{made.sha256[:8]}"
    return register_topology(Topology(name, joints, bones, dims, made.source))


def _bones(joints: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of names: neighbours along the limbs, limbs at the trunk, own names at their word."""
    there = set(joints)
    bones = [b for chain in _CHAINS for b in pairwise(j for j in chain.split() if j in there)]
    for side in ("left_", "right_"):
        ends = [
            (_first(there, above), _first(there, tuple(side + word for word in limb)))
            for limb, above in _TRUNK
        ]
        bones += [(above, limb) for above, limb in ends if above and limb]
        arm, leg = f"{side}shoulder", f"{side}hip"
        if not all(above for above, _ in ends) and {arm, leg} <= there:
            bones.append((arm, leg))
    joined = {end for _, end in bones}
    own = [(name.partition(".")[0], name) for name in joints if "." in name]
    return bones + [(word, name) for word, name in own if word in there and name not in joined]


def _first(there: set[str], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in there), "")
