from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.pose.coco_categories import topology_of_category
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.pose_topologies import CROWDPOSE_14
from skeletonllm.topology import COCO_17

Write = Callable[[str, str | bytes], Path]
Read = Callable[[Any], tuple[list[Clip], list[Reject]]]
PERSON = {"id": 1, "name": "person", "keypoints": list(COCO_17.joints)}


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any) -> tuple[list[Clip], list[Reject]]:
        path = write("ours.json", content if isinstance(content, bytes) else json.dumps(content))
        return read_clips(get_reader("coco"), Source(str(path), "ours", 0))

    return all_of


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": f"v/{number:06d}.jpg", "width": 640, "height": 480} | more


def person(where: int, x: float = 10, v: float = 2, count: int = 17, **more: Any) -> dict[str, Any]:
    flat = [value for j in range(count) for value in (x + j, 20 + 2 * j, v)]
    return {"id": 7, "image_id": where, "category_id": 1, "keypoints": flat} | more


def content(images: list[Any], annotations: list[Any], *categories: Any) -> dict[str, Any]:
    known = list(categories or (PERSON,))
    return {"images": images, "annotations": annotations, "categories": known}


def test_an_image_is_a_clip_of_one_frame(read: Read) -> None:
    people = [person(3), person(3, 200, id=8), person(4)]
    clips, rejects = read(content([image(3), image(4)], people))
    assert rejects == []
    assert [clip.clip_id for clip in clips] == ["coco/ours/3", "coco/ours/4"]
    motion = clips[0].motion
    assert (motion.joints.shape, motion.image_size) == ((1, 2, 17, 3), (640, 480))
    assert (motion.topology.name, clips[0].flags) == ("coco_17", ("fps_assumed",))
    np.testing.assert_array_equal(motion.joints[0, 1, 3], [203, 26, 0])


def test_images_of_a_video_are_one_clip_with_its_tracks(read: Read) -> None:
    images = [image(n, vid_id="007", is_labeled=n != 12) for n in (10, 11, 12, 14)]
    people = [person(10, track_id=5), person(11, track_id=5), person(14, track_id=0)]
    ((clip,), _) = read(content(images, people))
    assert (clip.clip_id, clip.frame_index) == ("coco/ours/007", (10, 11, 12, 13, 14))
    assert clip.motion.present.T.tolist() == [[True, True, *[False] * 3], [*[False] * 4, True]]
    assert set(clip.person_ids) == {"5", "0"}
    assert clip.flags == ("fps_assumed", "unlabelled_frames")


def test_without_track_ids_motion_says_who_is_who(read: Read) -> None:
    images = [image(n, video_id=3) for n in range(3)]
    people = [person(n, x) for n in range(3) for x in ((10, 300) if n != 1 else (300, 10))]
    ((clip,), _) = read(content(images, people))
    assert "identity_by_motion" in clip.flags
    assert clip.motion.joints[:, :, 0, 0].tolist() == [[10, 300]] * 3


def test_tracked_images_without_video_ids_belong_to_their_folder(read: Read) -> None:
    images = [image(1), image(2), image(3, file_name="w/000001.jpg")]
    people = [person(n, track_id=1) for n in (1, 2, 3)]
    clips, _ = read(content(images, people))
    assert [(c.clip_id, c.motion.num_frames) for c in clips] == [
        ("coco/ours/v", 2),
        ("coco/ours/w", 1),
    ]


def test_visibility_is_confidence(read: Read) -> None:
    mixed = person(1)
    mixed["keypoints"][:9] = [0, 0, 0, 5, 5, 1, 6, 6, 2]
    ((clip,), _) = read(content([image(1)], [mixed]))
    assert clip.motion.confidence[0, 0, :3].tolist() == [0, 0.5, 1]
    ((ones,), _) = read(content([image(1)], [person(1, v=1)]))
    assert (ones.motion.confidence == 1).all()
    ((scored,), _) = read(content([image(1)], [person(1, v=0.25)]))
    assert (scored.motion.confidence == 0.25).all()


@pytest.mark.parametrize(
    ("names", "topology"),
    [
        ([*CROWDPOSE_14.joints], "crowdpose_14"),
        (
            "Right-ankle Right-knee Right-hip Left-hip Left-knee Left-ankle Pelvis Thorax "
            "Upper-neck Head-top Right-wrist Right-elbow Right-shoulder Left-shoulder Left-elbow "
            "Left-wrist".split(),
            "mpii_16",
        ),
        ([n.replace("_", " ").title() for n in COCO_17.joints], "coco_17"),
        ([*COCO_17.joints, "left_toe", "right_toe"], "keypoints_19_be01cd94"),
    ],
)
def test_skeletons_are_those_that_the_category_names(
    read: Read, names: list[str], topology: str
) -> None:
    category = {"id": 1, "name": "Person", "keypoints": names}
    ((clip,), _) = read(content([image(1)], [person(1, count=len(names))], category))
    assert clip.motion.topology.name == topology


@pytest.mark.parametrize(
    ("count", "topology"), [(17, "coco_17"), (26, "halpe_26"), (136, "halpe_136")]
)
def test_without_names_numbers_tell(read: Read, count: int, topology: str) -> None:
    ((clip,), _) = read(content([image(1)], [person(1, count=count)], {"id": 1, "name": "person"}))
    assert clip.motion.topology.name == topology


def test_whole_bodies_in_pieces_are_put_together(read: Read) -> None:
    counts = {"foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}
    pieces = {
        key: person(1, 100 * i, count=counts[key])["keypoints"] for i, key in enumerate(counts, 1)
    }
    ((clip,), _) = read(content([image(1)], [person(1, **pieces)]))
    motion = clip.motion
    assert motion.topology.name == "coco_wholebody_133"
    firsts = [
        motion.topology.index(n) for n in ("left_foot", "head.chin", "left_hand", "right_hand")
    ]
    assert motion.joints[0, 0, firsts, 0].tolist() == [100, 208, 300, 400]


def test_results_are_read_image_by_image(read: Read) -> None:
    results = [person(785, score=0.9), person(40083), person(785, 100)]
    clips, rejects = read(results)
    assert rejects == []
    assert [(c.clip_id, c.motion.num_persons) for c in clips] == [
        ("coco/ours/785", 2),
        ("coco/ours/40083", 1),
    ]
    assert clips[0].flags == ("fps_assumed", "image_size_assumed")


def test_people_without_keypoints_are_flagged_and_empty_images_rejected(read: Read) -> None:
    crowd, box = person(1, v=0), {"id": 9, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4]}
    clips, rejects = read(content([image(1), image(2)], [person(1), crowd, box]))
    assert [clip.flags for clip in clips] == [("fps_assumed", "unposed_persons")]
    ((reject),) = rejects
    assert (reject.code, reject.source_uri[-7:]) == ("no_body", ".json#2")


@pytest.mark.parametrize(
    ("changes", "category", "message"),
    [
        (
            {},
            {"name": "macaque", "supercategory": "animal"},
            "keypoints of 'macaque'; expected those",
        ),
        ({}, {"name": "person", "keypoints": ["tail"] * 17}, "no joints of a body: tail, tail"),
        ({}, {"name": "person", "keypoints": ["nose"] * 17}, "at least 8 different joints"),
        ({}, {"name": "person", "keypoints": [1] * 17}, "no list of texts"),
        ({"keypoints": [1, 2, 2] * 68}, {"name": "person"}, "68 keypoints of which 0 are named"),
        ({"keypoints": [1, 2, 2, 4]}, {"name": "person"}, "keypoints of 4 numbers"),
        ({"keypoints": []}, {"name": "person"}, "keypoints of 0 numbers"),
        ({"keypoints": [[1, 2]] * 18}, {"name": "person"}, "keypoints in rows of 2 numbers"),
        ({"keypoints": [[[1]]] * 17}, {"name": "person"}, "keypoints in rows of 1 numbers"),
        ({"keypoints": {}}, {"name": "person"}, "keypoints is no list of numbers"),
        ({"image_id": 99}, PERSON, "image_id 99 of no image"),
        ({"image_id": None}, PERSON, "the id None; expected a number or a name"),
    ],
)
def test_what_is_no_person_is_a_reject_that_says_so(
    read: Read, changes: dict[str, Any], category: dict[str, Any], message: str
) -> None:
    bad = person(1, id=55) | changes
    clips, rejects = read(content([image(1), image(2)], [bad, person(2, category_id=2)],
                                  {"id": 1} | category, {**PERSON, "id": 2}))  # fmt: skip
    assert [clip.clip_id for clip in clips] == ["coco/ours/2"]
    assert message in rejects[0].message
    assert rejects[0].source_uri.endswith("#annotation 55")
    assert {reject.code for reject in rejects} <= {"format", "no_body"}


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        (
            [{"bbox": [1, 2, 3, 4], "score": 1, "image_id": 1}],
            "format",
            "keys bbox, image_id, score",
        ),
        (
            {"cameras": {}, "calibDataSource": ""},
            "format",
            "an object with the keys calibDataSource",
        ),
        ([], "format", "a list of 0, none with keypoints"),
        (7, "format", "a int; expected an object with the list 'annotations'"),
        (content([image(1), image(1)], [person(1)]), "duplicate_id", "image 1 twice"),
        (content([7], [person(1)]), "format", "an image that is a int"),
        ({"images": 3, "annotations": [person(1)]}, "format", "no list"),
        (b'{"images": [], "images": []}', "format", "the key 'images' twice"),
        (b'{"annotations": [{"keypo', "truncated", "not JSON"),
        (b"[" * 100_000, "unsafe", "nested too deeply"),
    ],
)
def test_files_of_other_things(read: Read, written: Any, code: str, message: str) -> None:
    clips, (reject,) = read(written)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_what_does_not_fit_a_video_costs_no_other(read: Read) -> None:
    tracked = [person(1, track_id=1), person(2, track_id=1), person(3, track_id=1)]
    images = [image(n, vid_id="v") for n in (1, 2, 3)]
    halpe = {"id": 2, "name": "person"}
    mixed = [*tracked[:2], person(3, track_id=1, category_id=2, count=26, id=9)]
    (clip,), (reject,) = read(content(images, mixed, PERSON, halpe))
    assert clip.motion.present[:, 0].tolist() == [True, True, False]
    assert reject.message == "a person of halpe_26; expected coco_17, as most here are"
    assert reject.source_uri.endswith("#annotation 9")
    images[1]["file_name"] = images[0]["file_name"]
    (clip,), (reject,) = read(content(images, tracked))
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    assert reject.message == "image 2: frame 1 twice"


def test_keypoints_in_rows(read: Read) -> None:
    rows = person(1)
    rows["keypoints"] = np.reshape(rows["keypoints"], (-1, 3)).tolist()
    rows["keypoints"][0][2] = 1
    ((clip,), rejects) = read(content([image(1)], [rows]))
    assert rejects == []
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 3], [13, 26, 0])
    assert clip.motion.confidence[0, 0, :2].tolist() == [0.5, 1]


def test_a_folder_in_which_people_stay_is_a_video(read: Read) -> None:
    images = [image(n) for n in range(10, 50, 10)]
    clips, _ = read(content(images, [person(n, 10 + n / 10) for n in range(10, 50, 10)]))
    (clip,) = clips
    assert (clip.clip_id, clip.frame_index) == ("coco/ours/v", (10, *range(11, 41)))
    assert clip.flags == ("fps_assumed", "identity_by_motion", "video_assumed")
    clips, _ = read(content(images, [person(n, 60 * n) for n in range(10, 50, 10)]))
    assert [clip.motion.num_frames for clip in clips] == [1] * 4
    images[-1] = image(40, file_name="v/47.jpg")
    assert len(read(content(images, [person(n) for n in range(10, 50, 10)]))[0]) == 4


def test_names_of_whole_bodies(read: Read) -> None:
    names = [*COCO_17.joints, "left_big_toe", "left_small_toe", "left_heel"]
    names += ["right_big_toe", "right_small_toe", "right_heel"]
    names += [f"face-{i}" for i in range(68)] + [f"hand{i}" for i in range(42)]
    category = {"id": 1, "name": "person", "keypoints": names}
    ((clip,), _) = read(content([image(1)], [person(1, count=133)], category))
    assert clip.motion.topology.name == "coco_wholebody_133"
    names[17], names[20] = names[20], names[17]
    assert read(content([image(1)], [person(1, count=133)], category))[0] == []


def test_lists_with_names_of_pictures_are_alphapose(read: Read) -> None:
    clips, (reject,) = read([person(1, image_id="0.jpg")])
    assert clips == []
    assert "--corpus alphapose" in reject.message
    ((clip,), _) = read([person(1, image_id="scene one")])
    assert clip.clip_id == "coco/ours/scene one"


def test_infinity_is_refused_for_its_image_alone(read: Read) -> None:
    bad = person(1)
    bad["keypoints"][0] = float("inf")
    clips, (reject,) = read(content([image(1), image(2)], [bad, person(2)]))
    assert (len(clips), reject.code) == (1, "non_finite")


@pytest.mark.parametrize("side", [{}, [640], "640", 1e9, -1, None, 10**6])
def test_sizes_that_are_none_are_not_taken(read: Read, side: Any) -> None:
    ((clip,), _) = read(content([image(3, width=side)], [person(3)]))
    assert clip.motion.image_size != (side, 480)
    assert "image_size_assumed" in clip.flags


def test_names_that_are_no_list_are_said(read: Read) -> None:
    clips, rejects = read(content([image(3)], [person(3)], PERSON | {"keypoints": True}))
    assert clips == []
    assert "no list of texts" in rejects[0].message


def test_names_must_fit_their_number() -> None:
    with pytest.raises(SourceError, match="18 keypoints of which 17 are named"):
        topology_of_category(PERSON, 18)


def test_the_contract(tmp_path: Path) -> None:
    images = [image(n, vid_id="v") for n in range(3)]
    people = [person(n, 10 + n, track_id=1) for n in range(3)]
    (tmp_path / "train.json").write_text(json.dumps(content(images, people)))
    assert check_reader(get_reader("coco"), str(tmp_path)) == []


def test_shares_of_a_picture_and_rates_of_videos_are_seen(read: Read) -> None:
    images = [image(n, video_id=3) for n in range(3)]
    people = [person(n) for n in range(3)]
    for one in people:
        one["keypoints"] = (np.reshape(one["keypoints"], (-1, 3)) / (640, 480, 1)).ravel().tolist()
    ((clip,), _) = read(content(images, people) | {"videos": [{"id": 3, "fps": 25}]})
    np.testing.assert_allclose(clip.motion.joints[0, 0, 3, :2], [13, 26], rtol=1e-5)
    assert (clip.motion.fps, clip.flags) == (25, ("identity_by_motion",))


def test_a_category_may_be_called_a_human_body(read: Read) -> None:
    clips, _ = read(content([image(1)], [person(1)], PERSON | {"name": "Human Body"}))
    assert len(clips) == 1


PLACES = {
    "nose": (0, 90), "eye": (6, 82), "ear": (14, 88), "shoulder": (40, 142), "elbow": (55, 210),
    "wrist": (60, 275), "hip": (22, 300), "knee": (24, 400), "ankle": (25, 495), "head": (0, 88),
    "pelvis": (0, 300), "spine": (0, 220), "neck": (0, 140), "head.top": (0, 60),
}  # fmt: skip


def walker(t: int, joints: tuple[str, ...] = COCO_17.joints, **more: Any) -> dict[str, Any]:
    flat: list[float] = []
    for joint in joints:
        side, _, word = joint.partition("_")
        across, down = PLACES[word if side in ("left", "right") else joint]
        flat += [300 + 3 * t + (-across if side == "right" else across), down, 0.9]
    return {"image_id": t, "category_id": 1, "keypoints": flat, "score": 0.9} | more


@pytest.mark.parametrize(
    ("joints", "sure"),
    [(COCO_17.joints, True), (H36M_17.joints, False)],
)
@pytest.mark.parametrize("listed", [False, True])
def test_joints_that_nothing_names_are_a_guess_unless_bodies_bear_them_out(
    read: Read, joints: tuple[str, ...], sure: bool, listed: bool
) -> None:
    results = [walker(t, joints) for t in range(5)]
    written = {"images": [{"id": t} for t in range(5)], "annotations": results}
    (clips, _) = read(
        results if listed else written | {"categories": [{"id": 1, "name": "person"}]}
    )
    assert all(clip.motion.topology is COCO_17 for clip in clips)
    assert all(("skeleton_assumed" in clip.flags) != sure for clip in clips)


def test_names_are_no_guess_whatever_people_look_like(read: Read) -> None:
    images = [image(t) for t in range(5)]
    (clips, _) = read(content(images, [walker(t, H36M_17.joints) for t in range(5)]))
    assert all("skeleton_assumed" not in clip.flags for clip in clips)


def flat_images() -> list[dict[str, Any]]:
    return [image(t, file_name=f"frame_{t:06d}.PNG") for t in range(6)]


@pytest.mark.parametrize("more", [{"track_id": 0}, {"attributes": {"track_id": 0}}])
def test_tracked_images_without_a_folder_are_one_clip(read: Read, more: dict[str, Any]) -> None:
    people = [walker(t, **more) for t in range(1, 6)]  # nobody is in the first
    ((clip,), rejects) = read(content(flat_images(), people))
    assert (clip.motion.num_frames, clip.person_ids, rejects) == (6, ("0",), [])
    assert clip.flags == ("fps_assumed",)


def test_images_without_a_folder_in_which_people_stay_are_a_video(read: Read) -> None:
    people = [walker(t) for t in range(6)]
    written = content(flat_images(), people)
    ((named,), _) = read(written)
    ((bare,), _) = read(people)
    ((two, _), _) = read(
        content(
            [*flat_images(), *(image(100 + t, file_name=f"cam2_{t}.png") for t in range(6))],
            [*people, *(walker(t, image_id=100 + t) for t in range(6))],
        )
    )
    for clip in (named, bare, two):
        assert clip.motion.num_frames == 6
        assert "video_assumed" in clip.flags
    results = [walker(t, image_id=t * t) for t in range(6)]
    assert len(read(results)[0]) == 6  # numbers do not run evenly
    assert len(read(people[:4])[0]) == 4  # too few to tell
