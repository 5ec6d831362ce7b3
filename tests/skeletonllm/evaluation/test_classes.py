"""Which classes are ranked: declared or met ones, and none that a view hides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import ReleaseError
from skeletonllm.evaluation.classes import find_classes, list_class_names
from skeletonllm.evaluation.training_clips import name_training_views
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.topology import KINECT_V1

PROTOCOL = "nw_ucla/8-2"


def make(number: int, namespace: str | None, label: str | None) -> Clip:
    return make_clip(
        synthesize("hand waving", seed=number, fps=5, topology=KINECT_V1),
        clip_id=f"nw_ucla/{number}",
        corpus="nw_ucla",
        label=label,
        label_id=None if label is None else number,
        label_namespace=namespace,
        camera="1",
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> str:
    of_ucla = list_class_names("nw_ucla")[0]
    made = [
        make(0, "nw_ucla", of_ucla),
        make(1, "lab", "wave"),
        make(2, "lab", "clap"),
        make(3, "lab", "wave"),
        make(4, None, None),
    ]
    return write_clips_folder(str(tmp_path_factory.mktemp("clips") / "one"), made)


def test_a_closed_namespace_has_all_its_classes_an_open_one_has_those_it_met(clips: str) -> None:
    found = find_classes([clips], name_training_views(()))
    assert found == {
        "all": {"lab": ("clap", "wave"), "nw_ucla": tuple(sorted(list_class_names("nw_ucla")))}
    }
    assert list_class_names("lab") == ()


def test_classes_are_those_of_the_parts_that_the_manifest_lists(clips: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clips, tmp_path / "clips"))
    before = find_classes([str(folder)], name_training_views(()))
    other = write_clips_folder(str(tmp_path / "other"), [make(9, "lab", "jump")])
    part = folder / "parts" / "part-00000.parquet"
    shutil.copy(Path(other, "parts", part.name), part.with_name("part-00000 copy.parquet"))
    assert find_classes([str(folder)], name_training_views(())) == before
    shutil.copy(Path(other, "parts", part.name), part)
    with pytest.raises(ReleaseError, match="as the manifest of normalize says"):
        find_classes([str(folder)], name_training_views(()))


def test_a_protocol_has_its_seen_classes_only(clips: str) -> None:
    (named,) = name_training_views([PROTOCOL])
    assert named.view.unseen
    seen = find_classes([clips], (named,))[PROTOCOL]
    assert seen == {"nw_ucla": tuple(sorted(named.view.labels or ()))}
