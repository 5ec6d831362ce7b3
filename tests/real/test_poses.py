"""Readers of pose networks on real files, against parsers that share no code with ours."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import Reject, check_reader, get_reader, read_clips

pytestmark = pytest.mark.real

SAMPLES = {
    "coco": "coco",
    "openpose": "openpose",
    "alphapose": "alphapose",
    "mediapipe": "mediapipe",
    "mediapipe_world": "mediapipe",
    "kinetics_skeleton": "kinetics_skeleton",
}


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "data" / "samples"


def read_all(corpus: str, root: Path) -> tuple[list[Clip], list[Reject]]:
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(str(root))]
    return [c for clips, _ in results for c in clips], [r for _, rs in results for r in rs]


@pytest.mark.parametrize("corpus", SAMPLES)
def test_readers_keep_their_contract(corpus: str, samples: Path) -> None:
    assert check_reader(get_reader(corpus), str(samples / SAMPLES[corpus]), limit=2) == []


@pytest.mark.parametrize(
    ("corpus", "clips", "rejects"),
    [
        ("coco", 7, {"format": 1}),
        ("openpose", 5, {}),
        ("alphapose", 1, {}),
        ("mediapipe", 1, {}),
        ("mediapipe_world", 1, {}),
        ("kinetics_skeleton", 5, {}),
    ],
)
def test_every_file_is_clips_or_a_reject(
    corpus: str, clips: int, rejects: dict[str, int], samples: Path
) -> None:
    found, refused = read_all(corpus, samples / SAMPLES[corpus])
    assert len(found) == clips
    assert Counter(reject.code for reject in refused) == rejects
    back = clips_from_table(clips_to_table(found))
    assert [clip.motion.sha256 for clip in back] == [clip.motion.sha256 for clip in found]


def rows(people: np.ndarray) -> list[list[float]]:
    """Persons [n, J, 3] of x, y, score as sorted rows of float32, missing joints at zero."""
    seen = people[people[..., 2].any(-1)]
    kept = np.where(seen[..., 2:] > 0, seen, 0).astype(np.float32)
    return sorted(row.ravel().tolist() for row in kept)


def rows_of(clip: Clip, frame: int) -> list[list[float]]:
    t = clip.frame_index.index(frame)
    motion = clip.motion
    people = np.concatenate([motion.joints[t, ..., :2], motion.confidence[t, ..., None]], -1)
    return sorted(row.ravel().tolist() for row in people[motion.present[t]])


def test_openpose_frame_by_frame(samples: Path) -> None:
    clips, _ = read_all("openpose", samples / "openpose")
    files = sorted((samples / "openpose").rglob("*_keypoints.json"))
    assert len(files) == 524
    by_folder = {Path(clip.source_uri).parent: clip for clip in clips}
    sizes = Counter(clip.motion.image_size for clip in clips)
    assert sizes == {(640, 480): 4, (1148, 1905): 1}
    for file in files:
        clip = by_folder[file.parent]
        scale = (640, 480, 1) if clip.motion.image_size == (640, 480) else (1, 1, 1)
        listed = [p["pose_keypoints"] for p in json.loads(file.read_text())["people"]]
        people = np.array(listed).reshape(-1, 18, 3) * scale
        number = int(file.name.removesuffix("_keypoints.json").split("_")[-1])
        assert rows_of(clip, number) == rows(np.minimum(people, (np.inf, np.inf, 1)))


def test_openpose_keeps_gaps_and_the_walker_one_person(samples: Path) -> None:
    clips, _ = read_all("openpose", samples / "openpose")
    known = {clip.clip_id.rpartition("/")[2]: clip for clip in clips}
    demo = known["video"]
    assert demo.frame_index == tuple(range(91))
    assert (~demo.motion.present.any(1)).sum() == 91 - 59
    walker = known["IXMAS_alba3"].motion
    assert walker.present.sum(0).tolist() == [129, 2]  # a head is seen twice in two frames


def test_kinetics_frame_by_frame(samples: Path) -> None:
    clips, _ = read_all("kinetics_skeleton", samples / "kinetics_skeleton")
    for clip in clips:
        content = json.loads(Path(clip.source_uri).read_text())
        assert (clip.label, clip.label_id) == (content["label"], content["label_index"])
        assert clip.motion.num_frames == len(content["data"])
        for frame in content["data"]:
            people = [
                np.concatenate([np.array(p["pose"]).reshape(18, 2) * (340, 256),
                                np.array(p["score"])[:, None]], -1)
                for p in frame["skeleton"]
            ]  # fmt: skip
            expected = rows(np.array(people).reshape(-1, 18, 3))
            assert rows_of(clip, frame["frame_index"]) == expected


def test_the_diners_keep_their_places(samples: Path) -> None:
    """Up to seven sit around a table for 69 frames, in another order in every frame."""
    (clip,), _ = read_all("kinetics_skeleton", samples / "kinetics_skeleton/train/cU1fyH2QssA.json")
    scene = clip.motion.select_frames(range(86, 155))
    count = scene.observed.sum(-1)  # [T, P]
    clear = np.flatnonzero(scene.present.all(0) & (count.mean(0) > 10))
    assert len(clear) == 2
    for person in clear:
        middle = scene.joints[:, person].sum(1) / count[:, person, None]
        assert np.abs(middle - np.median(middle, 0)).max() < 10


def test_alphapose_frame_by_frame(samples: Path) -> None:
    (clip,), _ = read_all("alphapose", samples / "alphapose")
    content = json.loads((samples / "alphapose" / "alphapose-results.json").read_text())
    assert clip.frame_index == tuple(range(338))
    for entry in content:
        people = np.array(entry["keypoints"]).reshape(1, 17, 3)
        assert rows_of(clip, int(entry["image_id"].split(".")[0])) == rows(people)


def test_mediapipe_dancer(samples: Path) -> None:
    """Who faces the camera has the right hand on the left of the picture, and faces +z in 3D."""
    (flat,), _ = read_all("mediapipe", samples / "mediapipe")
    (deep,), _ = read_all("mediapipe_world", samples / "mediapipe")
    assert (flat.motion.num_frames, flat.motion.fps) == (25, 10.0)
    names = {
        n: flat.motion.topology.index(n) for n in ("nose", "left_hip", "right_hip", "left_foot")
    }
    shown, solid = flat.motion.joints[0, 0], deep.motion.joints[0, 0]
    assert shown[names["right_hip"], 0] < shown[names["left_hip"], 0]
    assert solid[names["right_hip"], 0] < solid[names["left_hip"], 0]
    assert solid[names["nose"], 2] > 0.2
    assert solid[names["nose"], 1] > 0.4
    assert solid[names["left_foot"], 1] < -0.4


def test_coco_people(samples: Path) -> None:
    clips, _ = read_all("coco", samples / "coco")
    known = {clip.clip_id: clip for clip in clips}
    content = json.loads((samples / "coco" / "test_coco.json").read_text())
    for image in content["images"]:
        clip = known[f"coco/test_coco/{image['id']}"]
        assert clip.motion.image_size == (image["width"], image["height"])
        people = [a for a in content["annotations"] if a["image_id"] == image["id"]]
        flat = np.array([p["keypoints"] for p in people], float).reshape(-1, 17, 3)
        assert rows_of(clip, 0) == rows(flat * (1, 1, 0.5))
    crowd = known["coco/test_posetrack18_val/012834"]
    assert (crowd.motion.num_persons, crowd.motion.topology.name) == (11, "posetrack_17")
    assert set(crowd.person_ids) == {str(n) for n in range(11)}
    assert (crowd.motion.confidence[crowd.motion.observed] == 1).all()


def test_coco_detections_are_a_reject_that_says_so(samples: Path) -> None:
    _, (reject,) = read_all("coco", samples / "coco" / "test_posetrack18_human_detections.json")
    assert reject.message == (
        "a list of 278, the first an object with the keys bbox, category_id, image_id, score, none "
        "with keypoints; expected annotations with keypoints"
    )


def test_no_reader_takes_the_files_of_another(samples: Path) -> None:
    """Every JSON file of every corpus, under every JSON reader: a reject, but for its own."""
    files = {
        "coco": samples / "coco" / "test_coco.json",
        "alphapose": samples / "alphapose" / "alphapose-results.json",
        "mediapipe": samples / "mediapipe" / "dance1.gif.json",
        "kinetics_skeleton": samples / "kinetics_skeleton" / "val" / "-0BveUV52cM.json",
        "nw_ucla": next((samples / "nw_ucla").rglob("a*.json")),
    }
    for corpus in (*SAMPLES, "nw_ucla"):
        for owner, file in files.items():
            clips, rejects = read_all(corpus, file)
            if owner == corpus.removesuffix("_world"):
                assert clips
            else:
                assert clips == [], (corpus, owner)
                assert {reject.code for reject in rejects} == {"format"}
