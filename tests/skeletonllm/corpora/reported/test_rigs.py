"""Rigs that people reported (../shared/cases), each with what it should become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.corpora.rigs.anatomy.rig_topology import LIMBS
from skeletonllm.corpora.rigs.bvh_text import parse
from skeletonllm.corpora.rigs.joint_names import CORE
from skeletonllm.corpora.rigs.posed_rig import pose
from skeletonllm.corpora.rigs.text_encoding import decode_any

pytestmark = pytest.mark.real

PELVIS_M = 0.95


def read(corpus: str, path: Path) -> tuple[list[Clip], list[Reject]]:
    assert path.exists()
    reader = get_reader(corpus)
    clips: list[Clip] = []
    rejects: list[Reject] = []
    for source in reader.sources(str(path)):
        found, refused = read_clips(reader, source)
        clips += found
        rejects += refused
    return clips, rejects


def height(clip: Clip) -> float:
    motion = clip.motion
    pelvis = motion.joints[:, 0, 0]
    return float(np.median(pelvis[motion.confidence[:, 0, 0] > 0, 1]))


NAMES = (
    "daz deepmotion makehuman mixamo_nocolon mmd motive reallusion rigify secondlife unreal "
    "video2bvh vroid"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_names_of_common_exporters(name: str, shared: Path) -> None:
    ((clip,), _) = read("bvh", shared / f"cases/bvh-names/{name}.bvh")
    assert set(CORE) <= set(clip.motion.topology.joints)
    assert height(clip) == pytest.approx(PELVIS_M, abs=0.001)
    assert clip.motion.metric
    assert not {"anatomy_unknown", "anatomy_by_shape"} & set(clip.flags)


@pytest.mark.parametrize("name", ["metres_clean", "metres_one_number_nan"])
def test_one_nan_decides_no_unit(name: str, shared: Path) -> None:
    ((clip,), _) = read("bvh", shared / f"cases/bvh-nan/{name}.bvh")
    assert (height(clip), clip.motion.metric, clip.flags) == (
        pytest.approx(PELVIS_M, abs=0.001),
        True,
        (),
    )
    missing = np.flatnonzero((clip.motion.confidence[:, 0] == 0).any(1))
    assert missing.tolist() == ([] if name == "metres_clean" else [clip.motion.num_frames - 1])


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("base", ()),
        ("blankbetween", ()),
        ("channels0", ()),
        ("comma", ()),
        ("cr_only", ()),
        ("endname", ()),
        ("frametime_4digits", ()),
        ("framesplit", ()),
        ("gbk", ()),
        ("indnan", ()),
        ("nan", ()),
        ("nospacecolon", ()),
        ("nulls", ()),
        ("onemore", ("more_frames_than_declared",)),
        ("smpl_upsidedown", ("axes_assumed",)),
        ("trailing", ()),
        ("upper_frames", ()),
        ("utf16", ()),
    ],
)
def test_quirks_that_are_read(name: str, flags: tuple[str, ...], shared: Path) -> None:
    ((clip,), _) = read("bvh", shared / f"cases/bvh-quirks/{name}.bvh")
    assert (clip.flags, clip.motion.metric) == (flags, True)
    assert height(clip) == pytest.approx(PELVIS_M, abs=0.001)


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("frametime0", "format", "Frame Time: 0"),
        ("onefewer", "truncated", "20 frames; expected 21"),
        ("onlyhierarchy", "truncated", "ends in its hierarchy"),
        ("tworoots", "format", "expected one ROOT"),
        ("wrapped", "format", "no rows of numbers"),
        ("zeroframes", "no_frames", "0 frames"),
    ],
)
def test_quirks_that_are_refused(name: str, code: str, says: str, shared: Path) -> None:
    clips, (reject,) = read("bvh", shared / f"cases/bvh-quirks/{name}.bvh")
    assert (clips, reject.code) == ([], code)
    assert says in reject.message


def test_a_unit_of_its_own(shared: Path) -> None:
    ((clip,), _) = read("bvh", shared / "cases/real/dab.bvh")
    at = clip.motion.topology.index
    thigh = clip.motion.joints[:, 0, at("left_hip")] - clip.motion.joints[:, 0, at("left_knee")]
    assert np.linalg.norm(thigh[0]) == pytest.approx(0.435, abs=0.005)
    assert "unit_assumed" in clip.flags


@pytest.mark.parametrize("name", ["i_case_asf_name", "j_one_asf_other_name"])
def test_the_only_skeleton_is_taken(name: str, shared: Path) -> None:
    ((clip,), _) = read("asfamc", shared / f"cases/asfamc/{name}")
    assert clip.flags == ("fps_assumed", "skeleton_by_fit")
    assert height(clip) == pytest.approx(0.971, abs=0.001)


ASF_READ = (
    "a_base b_nohead d_root_rot_first f_start0 g_dos_eof h_upper l_limits_before_dof "
    "p_tabs_comma r_deg_E s_emptyline_end"
)
ASF_REFUSED = "c2_dof_tx c_dof_l e_dup_frames q_missing_bone_in_frame3"


@pytest.mark.parametrize("name", ASF_READ.split())
def test_acclaim_that_is_read(name: str, shared: Path) -> None:
    ((clip,), _) = read("asfamc", shared / f"cases/asfamc/{name}")
    assert clip.flags == ("fps_assumed",)
    assert height(clip) == pytest.approx(0.971, abs=0.001)


@pytest.mark.parametrize("name", ["m_length_1", "o_nounits"])
def test_acclaim_whose_unit_follows_from_the_limbs(name: str, shared: Path) -> None:
    ((clip,), _) = read("asfamc", shared / f"cases/asfamc/{name}")
    assert (clip.flags, clip.motion.metric) == (("fps_assumed", "unit_assumed"), True)
    assert height(clip) == pytest.approx(0.971, abs=0.05)


def test_a_root_that_turns_the_body_up_is_flagged(shared: Path) -> None:
    ((clip,), _) = read("bvh", shared / "cases/bvh-quirks/zup_by_root.bvh")
    assert (clip.flags, clip.motion.metric) == (("axes_assumed",), True)


@pytest.mark.parametrize("name", ASF_REFUSED.split())
def test_acclaim_that_is_refused(name: str, shared: Path) -> None:
    clips, (reject,) = read("asfamc", shared / f"cases/asfamc/{name}")
    assert (clips, reject.code in {"format", "truncated"}) == ([], True)


@pytest.mark.parametrize("name", ["camel", "dash", "spaced"])
def test_names_of_keypoints(name: str, shared: Path) -> None:
    clips, rejects = read("coco", shared / f"cases/coco-names/{name}")
    assert (rejects, {clip.motion.topology.name for clip in clips}) == ([], {"coco_17"})


def test_two_folders_are_two_clips(shared: Path) -> None:
    clips, rejects = read("bvh", shared / "cases/same-names/bvh")
    assert (len({clip.clip_id for clip in clips}), rejects) == (2, [])


def test_real_rigs_without_their_names_are_the_same_bodies(shared: Path) -> None:
    """Limbs by shape are limbs by name, and nobody is taken for somebody else."""
    for path in sorted((shared / "data/samples/bvh").glob("*.bvh")):
        file = parse(decode_any(path.read_bytes()))
        bare = tuple(replace(k, name=k.name and f"j{i}") for i, k in enumerate(file.chain))
        known, found = (pose(chain, file.values, "bvh", "a test") for chain in (file.chain, bare))
        assert (known.by_shape, found.by_shape) == (False, True), path.name
        for word in LIMBS:
            at, there = known.topology.index(word), found.topology.index(word)
            same = np.array_equal(known.positions[:, at], found.positions[:, there])
            assert same, (path.name, word)
