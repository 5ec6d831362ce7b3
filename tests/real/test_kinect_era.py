"""Kinect-era corpora on real files: three of them whole, and left and right checked on bodies."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.io import loadmat

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, check_reader, get_reader, read_clips
from skeletonllm.corpora.kinect.utd_mhad import JOINTS
from skeletonllm.motion import Motion

pytestmark = pytest.mark.real

SAMPLES = {
    "msr_action3d": ("msr_action3d", 10, {"no_body": 1}),
    "msr_daily": ("msr_daily3d", 4, {}),
    "msrc12": ("msrc12", 1, {}),
    "pku_mmd": ("pku_mmd", 1, {}),
    "pku_mmd_background": ("pku_mmd", 1, {}),
    "sbu_kinect": ("sbu_kinect", 11, {}),
    "utd_mhad": ("utd_mhad", 9, {}),
    "utkinect": ("utkinect", 10, {}),
    "utkinect_background": ("utkinect", 20, {}),
}

WHOLE = {"msr_action3d": 566, "sbu_kinect": 282, "utd_mhad": 861}


def read_all(corpus: str, root: Path) -> tuple[list[Clip], list[Reject]]:
    reader, clips, rejects = get_reader(corpus), [], []
    for source in reader.sources(str(root)):
        found, refused = read_clips(reader, source)
        clips += found
        rejects += refused
    return clips, rejects


@pytest.fixture(scope="session")
def samples(shared: Path) -> Path:
    return shared / "data" / "samples"


@pytest.fixture(scope="session")
def whole(shared: Path, tmp_path_factory: pytest.TempPathFactory):
    """From the name of a corpus to all its clips and rejects."""

    @cache
    def read(corpus: str) -> tuple[list[Clip], list[Reject]]:
        folder = tmp_path_factory.mktemp(corpus)
        with tarfile.open(shared / "data" / "corpora" / f"{corpus}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        return read_all(corpus, folder)

    return read


@pytest.mark.parametrize("corpus", SAMPLES)
def test_samples(corpus: str, samples: Path) -> None:
    folder, count, codes = SAMPLES[corpus]
    clips, rejects = read_all(corpus, samples / folder)
    assert len(clips) == count
    assert Counter(reject.code for reject in rejects) == codes
    assert check_reader(get_reader(corpus), str(samples / folder), limit=3) == []


@pytest.mark.parametrize("corpus", WHOLE)
def test_whole_corpora(corpus: str, whole, shared: Path) -> None:
    clips, rejects = whole(corpus)
    assert len(clips) == WHOLE[corpus]
    lost = [(Path(reject.source_uri).name, reject.code) for reject in rejects]
    assert lost == ([("a13_s09_e02_skeleton3D.txt", "no_body")] if "msr" in corpus else [])
    facts = json.loads((shared / "facts" / "benchmarks.json").read_text())[corpus]
    assert len(clips) + len(rejects) == facts["clips"]
    assert {clip.label for clip in clips} == set(facts["actions"].values())
    for clip in clips:
        assert clip.label == facts["actions"][str(1 + (clip.label_id or 0))]
    split = {str(n) for n in facts.get("xsub_train_subjects", [])}
    if split:
        others = {str(n) for n in facts["xsub_test_subjects"]}
        assert {clip.subject for clip in clips} == split | others


def right_in_front(motion: Motion, person: int = 0) -> npt.NDArray[np.float64]:
    """[T, 3]: where the chest points if left is left and right is right; up is +y."""
    at = motion.topology.index
    seen = motion.present[:, person]
    across = (
        motion.joints[seen, person, at("right_shoulder")]
        - motion.joints[seen, person, at("left_shoulder")]
    )
    return np.cross([0.0, 1.0, 0.0], across)


def toes(motion: Motion, person: int = 0) -> npt.NDArray[np.float64]:
    """[T, 3]: from ankles to toes, of both feet."""
    at, seen = motion.topology.index, motion.present[:, person]
    joints = motion.joints[seen, person]
    return sum(joints[:, at(f"{s}_foot")] - joints[:, at(f"{s}_ankle")] for s in ("left", "right"))


def share_facing(clips: list[Clip]) -> float:
    """Share of clips whose first persons mostly have their toes where their chests point."""
    agree = [
        np.median(np.sign((right_in_front(c.motion) * toes(c.motion)).sum(-1))) > 0 for c in clips
    ]
    return float(np.mean(agree))


def share_of_right(clips: list[Clip], joint: str, person: int = 0) -> float:
    """Share of clips in which the right one of two joints travels further than the left one."""

    def path(clip: Clip, side: str) -> float:
        motion = clip.motion
        joints = motion.joints[motion.present[:, person], person]
        trunk = joints[:, motion.topology.index("spine")]
        track = joints[:, motion.topology.index(f"{side}_{joint}")] - trunk
        return float(np.linalg.norm(np.diff(track, axis=0), axis=-1).sum())

    return float(np.mean([path(clip, "right") > path(clip, "left") for clip in clips]))


@pytest.mark.parametrize("corpus", ["msr_daily", "msrc12", "pku_mmd", "utkinect"])
def test_chests_point_where_toes_do(corpus: str, samples: Path) -> None:
    clips, _ = read_all(corpus, samples / SAMPLES[corpus][0])
    assert share_facing(clips) == 1


@pytest.mark.parametrize(
    ("corpus", "one_armed", "kicks"),
    [
        ("utd_mhad", {"swipe left", "swipe right", "wave", "throw", "draw x", "knock"}, set()),
        (
            "msr_action3d",
            {"high arm wave", "hammer", "forward punch", "high throw", "draw x", "draw tick"},
            {"forward kick", "side kick"},
        ),
    ],
)
def test_right_is_the_persons_right(
    corpus: str, one_armed: set[str], kicks: set[str], whole
) -> None:
    clips, _ = whole(corpus)
    assert share_facing(clips) > 0.97
    armed = [clip for clip in clips if clip.label in one_armed]
    assert share_of_right(armed, "hand") > 0.99
    kicked = [clip for clip in clips if clip.label in kicks]
    assert not kicks or share_of_right(kicked, "foot") > 0.95


def test_partners_of_sbu_face_each_other_and_shake_right_hands(whole) -> None:
    clips, _ = whole("sbu_kinect")
    apart = [clip for clip in clips if clip.label != "departing"]
    for person, other in ((0, 1), (1, 0)):
        towards = []
        for clip in apart:
            to = clip.motion.joints[:, other, 2] - clip.motion.joints[:, person, 2]
            towards.append(((right_in_front(clip.motion, person) * to).sum(-1) > 0).mean())
        assert np.mean(towards) > 0.9
        shaking = [clip for clip in clips if clip.label == "shaking hands"]
        assert share_of_right(shaking, "hand", person) > 0.9


@pytest.mark.parametrize("corpus", WHOLE)
def test_bones_are_of_constant_and_equal_length(corpus: str, whole) -> None:
    """A wrong order of joints or scale of axes would show here at once."""
    clips, _ = whole(corpus)
    bones = {"thigh": ("hip", "knee"), "upper arm": ("shoulder", "elbow")}
    for near, far in bones.values():
        sides = []
        for side in ("left", "right"):
            a, b = (clips[0].motion.topology.index(f"{side}_{joint}") for joint in (near, far))
            drift, length = zip(*(_bone(clip.motion, a, b) for clip in clips), strict=True)
            assert np.median(drift) < 0.09
            sides.append(np.median(length))
        assert abs(sides[0] / sides[1] - 1) < 0.08
        assert 0.2 < sides[0] < 0.6


def _bone(motion: Motion, a: int, b: int) -> tuple[float, float]:
    joints = motion.joints[motion.present[:, 0], 0]
    length = np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)
    return float(length.std() / length.mean()), float(np.median(length))


def test_frames_of_zeros_of_msr_action3d_are_empty(whole) -> None:
    clips, _ = whole("msr_action3d")
    gaps = {
        c.clip_id[13:24]: int((~c.motion.present).sum())
        for c in clips
        if not c.motion.present.all()
    }
    assert (len(gaps), gaps["a13_s09_e03"], gaps["a07_s04_e01"]) == (19, 740, 36)
    assert all((clip.motion.confidence[clip.motion.present] > 0).all() for clip in clips)


def test_pku_second_body_comes_and_goes(samples: Path) -> None:
    ((clip,), _) = read_all("pku_mmd", samples / "pku_mmd")
    assert clip.motion.present.sum(0).tolist() == [1040, 728]
    assert (clip.quality, clip.camera) == (("untrimmed",), "L")


def test_pku_segments_with_a_label_file(samples: Path, tmp_path: Path) -> None:
    for folder in ("Data/Skeleton", "Label/Final"):
        (tmp_path / folder).mkdir(parents=True)
    text = (samples / "pku_mmd" / "A10N08-L.txt").read_text()
    (tmp_path / "Data/Skeleton/A10N08-L.txt").write_text(text)
    (tmp_path / "Label/Final/A10N08-L.txt").write_text("34,100,199,2\n1,900,1200,1\n")
    clips, rejects = read_all("pku_mmd", tmp_path)
    assert rejects == []
    assert [(c.label, c.motion.num_frames, c.motion.num_persons) for c in clips] == [
        ("standing up", 100, 1),
        ("bow", 140, 2),
    ]
    numbers = np.loadtxt(samples / "pku_mmd" / "A10N08-L.txt").reshape(-1, 2, 25, 3)
    np.testing.assert_array_equal(
        clips[0].motion.joints[:, 0], numbers[100:200, 0].astype(np.float32)
    )
    assert "cut_short" in clips[1].quality


def test_mat_files_are_read_as_scipy_reads_them(samples: Path) -> None:
    clips, _ = read_all("utd_mhad", samples / "utd_mhad")
    for clip in clips:
        theirs = loadmat(clip.source_uri)["d_skel"].transpose(2, 0, 1).astype(np.float32)
        order = [JOINTS.index(name) for name in clip.motion.topology.joints]
        np.testing.assert_array_equal(clip.motion.joints[:, 0], theirs[:, order])


def test_msrc12_before_tracking(samples: Path) -> None:
    ((clip,), _) = read_all("msrc12", samples / "msrc12")
    assert clip.motion.present[:, 0].sum() == 943 - 26
    assert (clip.label, clip.subject) == ("lift outstretched arms", "22")


def test_utkinect_frames_and_labels(samples: Path) -> None:
    clips, _ = read_all("utkinect", samples / "utkinect")
    bounds = [(clip.label, clip.frame_index[0], clip.frame_index[-1]) for clip in clips]
    assert bounds[0] == ("walk", 252, 390)
    assert [label for label, _, _ in bounds][5:8] == ["throw", "pull", "push"]  # as they were done
    assert all(clip.motion.num_persons == 1 for clip in clips)
