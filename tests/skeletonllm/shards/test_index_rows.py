from __future__ import annotations

import json

from schemas import SAMPLE
from skeletonllm.shards import encode
from skeletonllm.shards.index_rows import describe_sample


def test_a_row_is_made_of_the_text_but_for_its_place_and_hashes(make_clip) -> None:
    clip = make_clip(0)
    row = describe_sample(json.loads(encode(clip)["json"]))
    place = {"shard", "position", "offset", "size", "bytes_hash", "content_hash"}
    assert set(row) == {column.name for column in SAMPLE.columns} - place
    assert (row["clip_id"], row["num_frames"]) == (clip.clip_id, clip.motion.num_frames)
    assert row["motion_sha256"] == clip.motion.sha256
