"""Every reader on real files, against parsers that share no code with ours."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import Reject, check_reader, get_reader, read_clips
from skeletonllm.normalize import normalize

pytestmark = pytest.mark.real

SAMPLES = {
    "ntu_rgbd": "ntu_rgbd",
    "nw_ucla": "nw_ucla",
    "humanml3d": "humanml3d",
    "pyskl": "pyskl",
}


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


@pytest.mark.parametrize("corpus", SAMPLES)
def test_readers_keep_their_contract(corpus: str, samples: Path) -> None:
    assert check_reader(get_reader(corpus), str(samples / SAMPLES[corpus]), limit=4) == []


@pytest.mark.parametrize(
    ("corpus", "clips", "rejects"),
    [
        ("ntu_rgbd", 44, {"no_body": 1}),
        ("nw_ucla", 20, {}),
        ("humanml3d", 2, {}),
        ("pyskl", 487, {}),
    ],
)
def test_every_file_is_a_clip_or_a_reject(
    corpus: str, clips: int, rejects: dict[str, int], samples: Path
) -> None:
    found, refused = read_all(corpus, samples / SAMPLES[corpus])
    assert len(found) == clips
    assert Counter(reject.code for reject in refused) == rejects


@pytest.mark.parametrize("corpus", SAMPLES)
def test_clean_clips_survive_the_table(corpus: str, samples: Path) -> None:
    clips = [normalize(clip) for clip in read_all(corpus, samples / SAMPLES[corpus])[0][:30]]
    back = clips_from_table(clips_to_table(clips))
    assert [clip.motion.sha256 for clip in back] == [clip.motion.sha256 for clip in clips]


def naive_ntu(path: Path) -> list[dict[str, list[list[str]]]]:
    """Joint fields by body id, frame by frame, token by token."""
    tokens = iter(path.read_text().split())
    frames = []
    for _ in range(int(next(tokens))):
        bodies = {}
        for _ in range(int(next(tokens))):
            body = next(tokens)
            for _ in range(9):
                next(tokens)
            count = int(next(tokens))
            bodies[body] = [[next(tokens) for _ in range(12)] for _ in range(count)]
        frames.append(bodies)
    assert next(tokens, None) is None
    return frames


def test_ntu_agrees_with_a_naive_parser_joint_by_joint(samples: Path) -> None:
    clips, _ = read_all("ntu_rgbd", samples / "ntu_rgbd")
    for clip in clips[::3]:
        motion, frames = clip.motion, naive_ntu(Path(clip.source_uri))
        assert motion.num_frames == len(frames)
        rows = {body: p for p, ids in enumerate(clip.person_ids) for body in ids.split("+")}
        assert set(rows) == {body for bodies in frames for body in bodies}
        for t, bodies in enumerate(frames):
            assert motion.present[t].sum() == len(bodies)
            for body, fields in bodies.items():
                values = np.array(fields, dtype=np.float64)
                p = rows[body]
                assert motion.present[t, p]
                np.testing.assert_array_equal(motion.joints[t, p], values[:, :3].astype(np.float32))
                np.testing.assert_array_equal(motion.confidence[t, p], values[:, 11] / 2)
                assert motion.orientations is not None
                np.testing.assert_array_equal(
                    motion.orientations[t, p], values[:, 7:11].astype(np.float32)
                )


def test_the_body_id_that_switches_is_one_person(samples: Path) -> None:
    (raw,), _ = read_all("ntu_rgbd", samples / "ntu_rgbd" / "S005C002P004R001A023.skeleton")
    clip = normalize(raw)
    assert clip.flags == ("identity_switch",)
    assert clip.motion.num_persons == 1
    assert clip.motion.present.all()


def test_two_person_actions_have_two_persons(samples: Path) -> None:
    clips, _ = read_all("ntu_rgbd", samples / "ntu_rgbd")
    pairs = [c for c in clips if c.label_id is not None and 49 <= c.label_id <= 59]
    assert len(pairs) == 12
    assert {normalize(clip).motion.num_persons for clip in pairs} == {2}


def test_orientations_are_w_first(samples: Path) -> None:
    """Who faces the sensor is turned half round about y: |y| near 1, not |w|."""
    (clip,), _ = read_all("ntu_rgbd", samples / "ntu_rgbd" / "S001C001P001R001A001.skeleton")
    assert clip.motion.orientations is not None
    pelvis = np.abs(clip.motion.orientations[:, 0, 0])
    np.testing.assert_allclose(np.linalg.norm(pelvis, axis=-1), 1, atol=1e-3)
    assert (pelvis.argmax(-1) == 2).all()


def test_humanml3d_captions(samples: Path) -> None:
    clips, _ = read_all("humanml3d", samples / "humanml3d")
    kick, other = clips
    assert len(kick.captions) == 4
    assert kick.captions[0].text == "a man kicks something or someone with his left leg."
    assert other.captions == ()
    raw = np.load(samples / "humanml3d" / "new_joints" / "000000.npy")
    np.testing.assert_array_equal(kick.motion.joints[:, 0], raw)


def test_pyskl_labels_and_absent_persons(samples: Path) -> None:
    clips, _ = read_all("pyskl", samples / "pyskl")
    assert {clip.label_namespace for clip in clips} == {"pyskl"}
    (pair,) = [clip for clip in clips if clip.motion.num_persons == 2]
    assert pair.clip_id == "pyskl/example_UCF101_skeleton/v_ApplyEyeMakeup_g01_c01"
    assert (~pair.motion.present).sum(0).tolist() == [0, 149]
    assert pair.motion.image_size == (340, 256)


def test_files_of_other_corpora_are_rejects(samples: Path, tmp_path: Path) -> None:
    """Real files under a wrong name, as they turn up in practice."""
    disguises = {
        "ntu_rgbd": ("msr_action3d/a01_s01_e01_skeleton3D.txt", "x.skeleton", {"format"}),
        "nw_ucla": ("kinetics_skeleton/val/-0BveUV52cM.json", "x.json", {"format"}),
        "humanml3d": ("pyskl/example_NTU-RGB-D_sketeton.npy", "new_joints/x.npy", {"format"}),
        "pyskl": ("humanml3d/Mean.npy", "x.pkl", {"format"}),
    }
    for corpus, (real, name, codes) in disguises.items():
        path = tmp_path / corpus / name
        path.parent.mkdir(parents=True)
        path.write_bytes((samples / real).read_bytes())
        clips, rejects = read_all(corpus, tmp_path / corpus)
        assert clips == []
        assert {reject.code for reject in rejects} == codes


def test_all_of_nw_ucla(shared: Path, tmp_path: Path) -> None:
    with tarfile.open(shared / "data" / "corpora" / "nw_ucla.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    clips, rejects = read_all("nw_ucla", tmp_path)
    assert (len(clips), rejects) == (1484, [])
    facts = json.loads((shared / "facts" / "benchmarks.json").read_text())["nw_ucla"]
    numbers = [int(number) for number in facts["actions"]]
    for clip in clips:
        number = int(clip.clip_id.split("/")[1][1:3])
        assert clip.label == facts["actions"][str(number)]
        assert clip.label_id == numbers.index(number)
    assert {clip.subject for clip in clips} == {str(n) for n in range(1, facts["subjects"] + 1)}
    train = [clip for clip in clips if int(clip.camera or 0) in facts["xview_train_views"]]
    assert len(train) == 1020
