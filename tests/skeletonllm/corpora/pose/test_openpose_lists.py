"""Frames of OpenPose that somebody put into one file, as a list, by number or a line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.reader import Source, read_clips
from skeletonllm.pose_topologies import OPENPOSE_18
from tests.skeletonllm.corpora.pose.test_openpose import Write, body, read_all


def test_one_list_of_frames(write: Write, tmp_path: Path) -> None:
    def picture(t: int, **more: Any) -> dict[str, Any]:
        people = [{"pose_keypoints_2d": body(OPENPOSE_18, 600 + t)}]
        return {"people": people, "canvas_width": 1280, "canvas_height": 720} | more

    write("PoseKeypoint_00001.json", json.dumps([picture(t) for t in range(4)]))
    write("PoseKeypoint_00002.json", json.dumps([picture(0), 7, picture(2), {"people": 3}]))
    clips, rejects = read_all(tmp_path)
    assert [clip.motion.num_frames for clip in clips] == [4, 4]
    assert {clip.motion.image_size for clip in clips} == {(1280, 720)}
    assert "image_size_assumed" not in clips[0].flags
    assert clips[1].motion.present[:, 0].tolist() == [True, False, True, False]
    assert [reject.code for reject in rejects] == ["format", "format"]
    alone = write("other/pose.json", json.dumps(picture(0)))
    ((clip,), _) = read_clips(get_reader("openpose"), Source(str(alone), "pose", 1))
    assert clip.motion.image_size == (1280, 720)
    assert check_reader(get_reader("openpose"), str(tmp_path)) == []


def test_other_lists_of_frames(write: Write) -> None:
    frames = [{"people": [{"pose_keypoints_2d": body(OPENPOSE_18, 600 + t)}]} for t in range(4)]
    lines = "\n".join(json.dumps(one) for one in frames)
    by_number = {f"{t}.jpg": one for t, one in enumerate(frames, 8)}
    held = {"fps": 25, "frames": frames}
    for text in (lines, json.dumps(by_number), json.dumps(held)):
        path = write("poses.json", text)
        (clip,), rejects = read_clips(get_reader("openpose"), Source(str(path), "poses", 1))
        assert (clip.motion.num_frames, rejects) == (4, [])
        assert (clip.motion.fps == 25) == ("fps" in text)
