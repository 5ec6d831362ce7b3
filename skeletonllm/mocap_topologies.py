"""Skeletons of motion capture corpora that more than one file or folder shares.

Names of joints are those of the corpora's own rigs. Where two of a rig's joints are always one
point (Human3.6M: the spine's root and the pelvis, the collars and the neck, the ends of the
hands), the second bears a name of its own and has no bone: a bone of no length says nothing.
"""

from __future__ import annotations

from skeletonllm.topology import SMPL_22, define_topology

_FINGERS = [
    f"{name}_{i}" for name in ("index", "middle", "pinky", "ring", "thumb") for i in (1, 2, 3)
]
_CHAINS = ["-".join(f"*.hand.{name}" for name in _FINGERS[i : i + 3]) for i in range(0, 15, 3)]

SMPLH_52 = define_topology(
    "smplh_52",
    " ".join([*SMPL_22.joints, *(f"{s}.hand.{name}" for s in "LR" for name in _FINGERS)]),
    " ".join(
        [
            *("-".join(SMPL_22.joints[j] for j in bone) for bone in SMPL_22.bones),
            *(f"*.wrist-{chain}" for chain in _CHAINS),
        ]
    ),
    3,
    "SMPL-H body and hands (Romero et al., SIGGRAPH Asia 2017)",
)
SMPL_24 = define_topology(
    "smpl_24",
    " ".join([*SMPL_22.joints, "L.hand R.hand"]),
    " ".join(["-".join(SMPL_22.joints[j] for j in bone) for bone in SMPL_22.bones])
    + " *.wrist-*.hand",
    3,
    "SMPL body joints with the hands (Loper et al., SIGGRAPH Asia 2015)",
)
KIT_21 = define_topology(
    "kit_21",
    "pelvis lower_spine upper_spine neck head L.shoulder L.elbow L.wrist "
    "R.shoulder R.elbow R.wrist L.hip L.knee L.ankle L.ankle.turn L.foot "
    "R.hip R.knee R.ankle R.ankle.turn R.foot",
    "pelvis-lower_spine-upper_spine-neck-head neck-*.shoulder-*.elbow-*.wrist "
    "pelvis-*.hip-*.knee-*.ankle-*.ankle.turn-*.foot",
    3,
    "KIT Motion-Language (root BP BT BLN BUN LS LE LW RS RE RW LH LK LA LMrot LF RH ...)",
)
H36M_32 = define_topology(
    "h36m_32",
    "pelvis R.hip R.knee R.ankle R.foot R.foot.tip L.hip L.knee L.ankle L.foot L.foot.tip "
    "pelvis.spine spine neck head head.top "
    "L.collar L.shoulder L.elbow L.wrist L.wrist.thumb L.thumb L.hand L.hand.end "
    "R.collar R.shoulder R.elbow R.wrist R.wrist.thumb R.thumb R.hand R.hand.end",
    "pelvis-*.hip-*.knee-*.ankle-*.foot-*.foot.tip pelvis-spine-neck-head-head.top "
    "neck-*.shoulder-*.elbow-*.wrist-*.thumb *.wrist-*.hand",
    3,
    "Human3.6M (Ionescu et al., TPAMI 2014), D3_Positions",
)
H36M_17 = define_topology(
    "h36m_17",
    "pelvis R.hip R.knee R.ankle L.hip L.knee L.ankle spine neck head head.top "
    "L.shoulder L.elbow L.wrist R.shoulder R.elbow R.wrist",
    "pelvis-*.hip-*.knee-*.ankle pelvis-spine-neck-head-head.top neck-*.shoulder-*.elbow-*.wrist",
    3,
    "Human3.6M, the 17 joints that move (Martinez et al., ICCV 2017; VideoPose3D)",
)

LCRNET_13 = define_topology(
    "lcrnet_13",
    "R.ankle L.ankle R.knee L.knee R.hip L.hip R.wrist L.wrist R.elbow L.elbow "
    "R.shoulder L.shoulder head",
    "*.hip-*.shoulder-*.elbow-*.wrist *.hip-*.knee-*.ankle *.shoulder-head "
    "left_hip-right_hip left_shoulder-right_shoulder",
    3,
    "LCR-Net++ (Rogez et al., TPAMI 2019); Toyota Smarthome",
)

MOCAP_TOPOLOGIES = (SMPLH_52, SMPL_24, KIT_21, H36M_32, H36M_17, LCRNET_13)
"""Every skeleton of this file."""
