from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.training_clips import (
    check_training_clips,
    name_training_views,
    select_training_clips,
)
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.views.view import EVERY_CLIP, View


def nw_ucla(label: str, camera: str) -> Clip:
    motion = synthesize("hand waving", fps=5)
    facts = {"label": label, "label_namespace": "nw_ucla", "camera": camera, "label_id": 0}
    return make_clip(motion, clip_id=f"{label}/{camera}", corpus="nw_ucla", **facts)


def test_names_of_protocols_become_their_training_views_and_none_all_clips() -> None:
    first, second = name_training_views(["nw_ucla/xview", "nw_ucla/8-2", "nw_ucla/xview"])
    assert (first.name, second.name) == ("nw_ucla/8-2", "nw_ucla/xview")
    assert first.sha256 == get_protocol("nw_ucla/8-2").train.sha256
    assert name_training_views([]) == (EVERY_CLIP,)
    with pytest.raises(UsageError, match="unknown protocol 'ucla'"):
        name_training_views(["ucla"])


def test_clips_are_chosen_as_a_release_would_choose_them() -> None:
    view = get_protocol("nw_ucla/8-2").train
    seen, unseen = (view.labels or ())[0], view.unseen[0]
    clips = [nw_ucla(seen, "1"), nw_ucla(seen, "3"), nw_ucla(unseen, "1"), nw_ucla(seen, "2")]
    assert select_training_clips(clips, view) == [clips[0], clips[3]]
    assert select_training_clips(clips[1:3], view) == []
    assert select_training_clips([], view) == []
    nobody = replace(clips[0], label=None, label_id=None, label_namespace=None)
    assert select_training_clips([nobody, clips[1]], EVERY_CLIP.view) == [clips[1]]
    assert select_training_clips(clips, View(topologies=("coco_17",))) == []


def test_a_protocol_without_a_training_clip_is_refused_with_what_there_is(tmp_path: Path) -> None:
    label = (get_protocol("nw_ucla/8-2").train.labels or ())[0]
    folder = write_clips_folder(str(tmp_path / "clips"), [nw_ucla(label, "3")])
    said = (
        r"clips: no training clip of protocol 'nw_ucla/xview'; the clips have .*'camera': \['3'\]"
        r".*\. Name a protocol of these clips; `skeletonllm splits`"
    )
    views = name_training_views(["nw_ucla/xview"])
    with pytest.raises(UsageError, match=said):
        check_training_clips([folder], views)
    more = write_clips_folder(str(tmp_path / "more"), [nw_ucla(label, "1")])
    check_training_clips([folder, more], views)
    check_training_clips([folder], [EVERY_CLIP])
