from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import PREDICTION
from skeletonllm.clip import Clip
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.negatives.confusions import (
    PredictionTally,
    find_training_clips,
    hash_predictions,
    tally_predictions,
)
from skeletonllm.storage import write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.views.view import EVERY_CLIP, NamedView, View

NAMES = ("clap", "kick", "wave")
TRAIN = NamedView("lab/train", View(subjects=("1",), unseen=("kick",)))
CLASSES = {"lab/train": {"lab": ("clap", "wave")}}
MOTION = synthesize("hand waving", seed=0, fps=5)


def make(label: str, subject: str) -> Clip:
    about = {"label": label, "label_id": NAMES.index(label), "label_namespace": "lab"}
    return make_clip(
        MOTION, clip_id=f"lab/{label}{subject}", corpus="lab", subject=subject, **about
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    clips = [make(label, subject) for label in NAMES for subject in "12"]
    return write_clips_folder(str(tmp_path_factory.mktemp("clips")), clips)


def said(clip_id: str, label: str, scores: dict[str, float]) -> dict[str, Any]:
    row = {"clip_id": clip_id, "label_namespace": None, "label": label}
    return {**row, "candidates": list(scores), "scores": list(scores.values())}


def write(path: Path, *rows: dict[str, Any]) -> str:
    write_table(str(path), pa.Table.from_pylist(list(rows), schema=PREDICTION.arrow))
    return str(path)


def test_a_tally_gives_mean_probabilities_and_counts() -> None:
    tally = PredictionTally(NAMES)
    tally.add("wave", ["wave", "clap"], [0.0, 0.0])
    tally.add("wave", ["wave", "clap", "fly"], [0.0, 5.0, 99.0])  # "fly" was never asked
    assert tally.to_sources() == {"wave": {"confusions": {"clap": pytest.approx(0.746654)}}}
    assert tally.to_reasons() == {("wave", "clap"): "taken for it in 1 of 2 clips"}
    tally.add("kick", ["fly"], [1.0])
    assert "kick" not in tally.to_sources()


def test_only_classes_that_a_view_shows_are_candidates(folder: str, tmp_path: Path) -> None:
    scores = {"kick": 9.0, "clap": 1.0, "wave": 1.0}
    url = write(tmp_path / "p.parquet", said("lab/wave1", "wave", scores))
    views = [TRAIN, EVERY_CLIP]
    classes = {**CLASSES, "all": {"lab": NAMES}}
    found = tally_predictions(url, [folder], views, classes)
    assert found["lab/train", "lab"].to_sources()["wave"] == {"confusions": {"clap": 0.5}}
    assert found["all", "lab"].to_sources()["wave"]["confusions"]["kick"] > 0.99


def test_training_clips_are_those_that_some_view_sees(folder: str) -> None:
    found = find_training_clips([folder], [TRAIN])
    assert set(found) == {"lab/clap1", "lab/wave1"}
    assert found["lab/wave1"].views == ("lab/train",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [said("lab/wave2", "wave", {"wave": 1.0})],
            "predictions of clips such as 'lab/wave2' .1 of",
        ),
        ([said("lab/kick1", "kick", {"kick": 1.0})], "expected training clips alone"),
        (
            [said("lab/wave1", "clap", {"wave": 1.0})],
            "label 'clap' of 'lab/wave1'; expected 'wave'",
        ),
    ],
)
def test_clips_of_no_training_part_and_other_labels_are_refused(
    folder: str, tmp_path: Path, rows: list[dict[str, Any]], message: str
) -> None:
    url = write(tmp_path / "p.parquet", *rows)
    with pytest.raises(UsageError, match=message):
        tally_predictions(url, [folder], [TRAIN], CLASSES)


def test_a_clip_that_is_there_twice_and_another_table_are_refused(
    folder: str, tmp_path: Path
) -> None:
    row = said("lab/wave1", "wave", {"wave": 1.0})
    twice = write(tmp_path / "p.parquet", *[row] * 2)
    with pytest.raises(SchemaError, match="clip_id"):
        tally_predictions(twice, [folder], [TRAIN], CLASSES)
    bad = write(tmp_path / "q.parquet", {**row, "scores": [1.0, 2.0]})
    with pytest.raises(SchemaError, match="one score a candidate"):
        tally_predictions(bad, [folder], [TRAIN], CLASSES)
    other = str(tmp_path / "r.parquet")
    write_table(other, pa.table({"clip_id": ["lab/wave1"]}))
    with pytest.raises(SchemaError):
        tally_predictions(other, [folder], [TRAIN], CLASSES)
    with pytest.raises(UsageError, match="no such file"):
        hash_predictions(str(tmp_path / "none.parquet"))
