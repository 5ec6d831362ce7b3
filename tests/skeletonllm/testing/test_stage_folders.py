from __future__ import annotations

from pathlib import Path

from skeletonllm.clip import clips_from_table
from skeletonllm.storage import join, read_json, read_table
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder


def test_a_clips_folder_is_one_that_normalize_could_have_left(tmp_path: Path) -> None:
    label = {"label": "wave", "label_id": 0, "label_namespace": "lab"}
    clip = make_clip(synthesize("hand waving"), clip_id="lab/7", **label)
    reject = {"source_uri": "raw/x", "stage": "read", "code": "empty", "message": "no bytes"}
    folder = write_clips_folder(str(tmp_path / "clips"), [clip], [reject])
    (read,) = clips_from_table(read_table(join(folder, PARTS, "part-00000.parquet")))
    assert (read.clip_id, read.label) == ("lab/7", "wave")
    assert read_table(join(folder, REJECTS, "part-00000.parquet")).to_pylist() == [reject]
    assert read_json(join(folder, "manifest.json"))["counts"] == {"clips": 1, "rejects": 1}
    assert list(read_json(join(folder, "topologies.json"))) == ["kinect_v2"]
