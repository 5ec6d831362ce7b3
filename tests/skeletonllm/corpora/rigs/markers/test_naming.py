from __future__ import annotations

from skeletonllm.corpora.rigs.markers import KNOWN, make_marker_topology, name_markers
from skeletonllm.topology import VOCABULARY, get_topology

PLUG_IN_GAIT = (
    "LFHD RFHD LBHD RBHD C7 T10 CLAV STRN RBAK LSHO LUPA LELB LFRM LWRA LWRB LFIN "
    "RSHO RUPA RELB RFRM RWRA RWRB RFIN LASI RASI LPSI RPSI "
    "LTHI LKNE LTIB LANK LHEE LTOE RTHI RKNE RTIB RANK RHEE RTOE"
).split()


def test_plug_in_gait_is_known_whole_and_connected() -> None:
    names, unknown = name_markers(PLUG_IN_GAIT)
    assert unknown == []
    topology = make_marker_topology(names, "a test")
    assert get_topology(topology.name) is topology
    free = {topology.joints[j] for j, p in enumerate(topology.parents) if p < 0}
    assert free == {"neck.C7", "right_collar.BAK"}


def test_every_label_has_its_counterpart_on_the_other_side() -> None:
    assert all(f"R{label[1:]}" in KNOWN for label in KNOWN if KNOWN[label].startswith("left"))
    names, _ = name_markers(PLUG_IN_GAIT)
    topology = make_marker_topology(names, "a test")
    sided = [j for j, name in enumerate(names) if "left" in name]
    assert all(topology.mirror[j] != j for j in sided)


def test_names_are_of_the_vocabulary_and_each_is_given_once() -> None:
    names, unknown = name_markers(["LKNE", "lkne", "*12", "*12b", "LKJC", "é", "LFEPRef", "x"])
    assert names == [
        "left_knee.KNE",
        "left_knee.KNE_2",
        "pelvis.12",
        "pelvis.12b",
        "left_knee",
        "pelvis.marker",
        "left_hip.FEPRef",
        "pelvis.x",
    ]
    assert unknown == ["*12", "*12b", "é", "LFEPRef", "x"]
    assert {name.partition(".")[0] for name in names} <= set(VOCABULARY)


def test_a_stick_skips_what_is_not_there() -> None:
    topology = make_marker_topology(["left_hip.ASI", "left_ankle.ANK", "head.x"], "a test")
    assert topology.bones == ((0, 1),)


def test_unknown_labels_that_differ_by_a_letter_are_a_pair() -> None:
    names, _ = name_markers(["qLTHX", "qRTHX", "RIB", "LLEG", "RLEG"])
    assert names == ["left_hip.qTHX", "right_hip.qTHX", "pelvis.RIB", "left_hip.LEG",
                     "right_hip.LEG"]  # fmt: skip
