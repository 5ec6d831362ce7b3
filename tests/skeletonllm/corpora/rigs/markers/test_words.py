from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.markers.words import (
    SIDED,
    UNSIDED,
    read_marker,
    stands_for,
)
from skeletonllm.topology import VOCABULARY

SETS = {
    "Plug-in Gait": "LFHD=left_ear RBHD=right_ear C7=neck T10=spine CLAV=upper_spine STRN=spine "
    "RBAK=right_collar LSHO=left_shoulder LELB=left_elbow LWRA=left_wrist LFIN=left_hand "
    "LASI=left_hip RPSI=right_hip LTHI=left_hip LKNE=left_knee LTIB=left_knee LANK=left_ankle "
    "LHEE=left_ankle RTOE=right_foot LTHI3=left_hip RTIB4=right_knee",
    "CMU": "LFWT=left_hip RBWT=right_hip LSHN=left_knee LMT5=left_foot RBAC=right_collar",
    "Qualisys sports": "HeadL=left_ear HeadFront=head LShoulderTop=left_shoulder "
    "LArm=left_shoulder "
    "LElbowOut=left_elbow RWristIn=right_wrist LHand2=left_hand Chest=upper_spine "
    "SpineThoracic2=upper_spine SpineThoracic12=spine WaistLFront=left_hip WaistR=right_hip "
    "WaistBack=pelvis LThighFrontLow=left_hip LKneeOut=left_knee LShinFrontHigh=left_knee "
    "RAnkleOut=right_ankle RHeelBack=right_ankle LForefoot5=left_foot",
    "ISB landmarks": "L_IAS=left_hip R_IPS=right_hip SJN=upper_spine SXS=spine TV8=spine CV7=neck "
    "L_HDF=left_ear L_FTC=left_hip L_FLE=left_knee R_FME=right_knee L_FAX=left_knee "
    "L_TTC=left_knee L_FAL=left_ankle L_TAM=left_ankle L_FCC=left_ankle L_FM1=left_foot "
    "L_HM2=left_hand L_RSP=left_wrist L_UHE=left_wrist L_HLE=left_elbow L_SAJ=left_shoulder",
    "OptiTrack": "HeadTop=head BackTop=upper_spine BackLeft=left_collar WaistRBack=right_hip "
    "LUArmHigh=left_shoulder LFArm=left_elbow LHandOut=left_hand LToeIn=left_foot RShin=right_knee",
    "Helen Hayes": "R.ASIS=right_hip V.Sacral=pelvis R.Thigh=right_hip R.Knee=right_knee "
    "L.Knee.Medial=left_knee R.Shank=right_knee L.Ankle.Medial=left_ankle R.Toe=right_foot "
    "Top.Head=head R.Offset=right_collar",
    "BTS": "r_should=right_shoulder sacrum=pelvis r_asis=right_hip r_bar_1=right_hip "
    "r_knee_1=right_knee r_bar_2=right_knee l_mall=left_ankle l_met=left_foot l_heel=left_ankle",
    "IOR": "RGT=right_hip RLE=right_knee LME=left_knee RHF=right_knee LTT=left_knee "
    "RLM=right_ankle "
    "LMM=left_ankle RCA=right_ankle LVM=left_foot IJ=upper_spine PX=spine",
    "CAST": "RLFE=right_knee LMFC=left_knee RLMAL=right_ankle RTH1=right_hip LTB3=left_knee",
    "SOMA": "LKNEIN=left_knee LSHIN=left_knee LTHMB=left_hand LSCAP=left_collar LBUM=left_hip "
    "LFTHIIN=left_hip LELBIN=left_elbow MBLLY=lower_spine",
    "clusters": "RT3=right_hip LS4=left_knee RKL=right_knee LKM=left_knee RAM=right_ankle",
    "centres": "LHJC=left_hip RKJC=right_knee LAJC=left_ankle PELO=pelvis",
    "joints": "l_knee=left_knee RightAnkle=right_ankle LeftUpLeg=left_hip pelvis=pelvis Neck=neck "
    "l_larm=left_elbow r_uarm=right_shoulder torso=spine l_toes=left_foot",
    "Xsens": "pRightASI=right_hip pSacrum=pelvis pC7SpinalProcess=neck "
    "pRightAcromion=right_shoulder pRightArmLatEpicondyle=right_elbow "
    "pLeftKneeMedEpicondyle=left_knee pRightHeelFoot=right_ankle pIJ=upper_spine pTopOfHead=head",
    "OpenSim": "RACR=right_shoulder RASH=right_shoulder RLEL=right_elbow RFAradius=right_wrist "
    "RTH1=right_hip RTB1=right_knee LMED=left_ankle LMMA=left_ankle",
    "OpenCap": "r_mknee_study=right_knee r_calc_study=right_ankle r_5meta_study=right_foot "
    "C7_study=neck r_sh1_study=right_knee RHJC_study=right_hip r_lwrist_study=right_wrist",
    "Motek": "LGTRO=left_hip RLEK=right_knee LATI=left_knee LMEE=left_elbow LLW=left_wrist "
    "NAVE=lower_spine XYPH=spine",
    "medial and lateral": "LKNEMED=left_knee RKNELAT=right_knee RMEDKNEE=right_knee "
    "LMedMal=left_ankle RLatKnee=right_knee R_MED_KNEE=right_knee",
    "spellings": "L_KNE=left_knee KNEE_L=left_knee kneeRight=right_knee R-Knee-Lat=right_knee "
    "rkne=right_knee left.knee.lateral=left_knee LKNEE=left_knee RHEEL=right_ankle lKnee=left_knee",
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "word"),
    [pair.split("=") for row in SETS.values() for pair in row.split()],
)
def test_a_label_of_a_known_set_lies_where_the_set_says(label: str, word: str) -> None:
    marker = read_marker(label)
    assert marker is not None
    assert marker.word == word
    assert stands_for(marker.name)


@pytest.mark.parametrize("label", ["LA", "la", "L_A"])
def test_the_acromion_of_the_rizzoli_set_needs_the_rest_of_it(label: str) -> None:
    rest = frozenset("LA RA L_IAS R_IAS LFLE RFLE LFCC RFCC".split())
    marker = read_marker(label, rest)
    assert marker is not None
    assert (marker.word, stands_for(marker.name)) == ("left_shoulder", True)
    assert read_marker(label, frozenset("LA RA LKNE RKNE".split())) is None


def test_blanks_part_as_other_separators_do() -> None:
    assert read_marker("r knee 1") == read_marker("r_knee_1")


@pytest.mark.parametrize("label", [
    "b0", "ball", "racket", "gauche_ext", "LFT1", "*12", "HEEL", "LARM_elb", "EPICl", "R3", "L",
    "R", "", "U_7", "corner1", "RADIUS", "LATERAL",
])  # fmt: skip
def test_what_is_no_place_or_has_no_side_is_not_known(label: str) -> None:
    assert read_marker(label) is None


def test_a_side_at_the_end_needs_its_counterpart() -> None:
    others = frozenset({"ASISR", "ASISL", "CLAVL", "CLAVM"})
    right = read_marker("ASISr", others)
    assert right is not None
    assert right.name == "right_hip.ASIS"
    lateral = read_marker("CLAVl", others)
    assert lateral is not None
    assert lateral.name == "upper_spine.CLAVl"
    assert read_marker("ASISr") is None


def test_left_and_right_have_one_name_of_their_own() -> None:
    for row in SETS.values():
        for label in (pair.partition("=")[0] for pair in row.split()):
            marker = read_marker(label)
            assert marker is not None
            if label[:1] == "L" and marker.word.startswith("left_"):
                other = read_marker(
                    f"R{label[1:]}".replace("Left", "Right").replace("Reft", "Right")
                )
                assert other is not None, label
                assert other.name == marker.name.replace("left_", "right_", 1)


def test_tables_are_of_the_vocabulary_and_say_a_label_once() -> None:
    assert all(f"left_{marker.word}" in VOCABULARY for marker in SIDED.values())
    assert all(marker.word in VOCABULARY for marker in UNSIDED.values())


def test_what_only_hangs_somewhere_stands_for_nothing() -> None:
    assert not any(map(stands_for, ("pelvis.ball", "left_hip.qTHX", "spine.STERr")))
    assert all(map(stands_for, ("pelvis", "pelvis.VSacral", "left_hip.ASI", "neck.C7")))
