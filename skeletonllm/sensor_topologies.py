"""Skeletons of depth cameras and of inertial suits, in the order in which their software has them.

Xsens places a segment where it begins, so ``RightForeArm`` is the right elbow; its trunk is five
segments, of which the vocabulary has words for three.
"""

from __future__ import annotations

from skeletonllm.topology import define_topology

_ARM = "{0}.collar {0}.shoulder {0}.elbow {0}.wrist {0}.hand {0}.hand_tip {0}.thumb"
_LEG = "{0}.hip {0}.knee {0}.ankle {0}.foot"
_FACE = "head nose L.eye L.ear R.eye R.ear"
_BODY = " ".join(
    ["pelvis spine upper_spine neck", *(part.format(s) for part in (_ARM, _LEG) for s in "LR")]
)
_ARM_BONES = "upper_spine-*.collar-*.shoulder-*.elbow-*.wrist-*.hand-*.hand_tip *.wrist-*.thumb"
_BODY_BONES = (
    f"pelvis-spine-upper_spine-neck-head-nose head-*.eye-*.ear {_ARM_BONES} "
    "pelvis-*.hip-*.knee-*.ankle-*.foot"
)

AZURE_32 = define_topology(
    "azure_kinect_32",
    f"{_BODY} {_FACE}",
    _BODY_BONES,
    3,
    "Azure Kinect Body Tracking SDK 1.1, k4abt_joint_id_t",
)
ZED_18 = define_topology(
    "zed_18",
    "nose neck R.shoulder R.elbow R.wrist L.shoulder L.elbow L.wrist R.hip R.knee R.ankle "
    "L.hip L.knee L.ankle R.eye L.eye R.ear L.ear",
    "neck-nose-*.eye-*.ear neck-*.shoulder-*.elbow-*.wrist neck-*.hip-*.knee-*.ankle",
    3,
    "ZED SDK 4, BODY_18_PARTS",
)
ZED_34 = define_topology(
    "zed_34",
    f"{_BODY} {_FACE} L.ankle.heel R.ankle.heel",
    f"{_BODY_BONES} *.ankle-*.ankle.heel",
    3,
    "ZED SDK 4, BODY_34_PARTS",
)
ZED_38 = define_topology(
    "zed_38",
    "pelvis lower_spine spine upper_spine neck nose L.eye R.eye L.ear R.ear L.collar R.collar "
    "L.shoulder R.shoulder L.elbow R.elbow L.wrist R.wrist L.hip R.hip L.knee R.knee "
    "L.ankle R.ankle L.foot R.foot L.foot.small_toe R.foot.small_toe L.ankle.heel R.ankle.heel "
    "L.thumb R.thumb L.hand.index R.hand.index L.hand_tip R.hand_tip L.hand.pinky R.hand.pinky",
    "pelvis-lower_spine-spine-upper_spine-neck-nose-*.eye-*.ear "
    "upper_spine-*.collar-*.shoulder-*.elbow-*.wrist-*.hand_tip *.wrist-*.thumb "
    "*.wrist-*.hand.index *.wrist-*.hand.pinky pelvis-*.hip-*.knee-*.ankle-*.foot "
    "*.ankle-*.foot.small_toe *.ankle-*.ankle.heel",
    3,
    "ZED SDK 4, BODY_38_PARTS",
)
XSENS_23 = define_topology(
    "xsens_23",
    "pelvis lower_spine lower_spine.L3 spine upper_spine neck head "
    "R.collar R.shoulder R.elbow R.wrist L.collar L.shoulder L.elbow L.wrist "
    "R.hip R.knee R.ankle R.foot L.hip L.knee L.ankle L.foot",
    "pelvis-lower_spine-lower_spine.L3-spine-upper_spine-neck-head "
    "upper_spine-*.collar-*.shoulder-*.elbow-*.wrist pelvis-*.hip-*.knee-*.ankle-*.foot",
    3,
    "Xsens MVN user manual, the 23 segments of a body",
)

SENSOR_TOPOLOGIES = (AZURE_32, ZED_18, ZED_34, ZED_38, XSENS_23)
"""Every skeleton of this file."""
