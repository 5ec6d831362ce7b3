"""Evaluation of tasks other than recognition; of recognition, see test_train."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.train import TrainConfig, train_model
from pipelines.train.worker import describe_model
from schemas import NEGATIVE, RESPONSE
from skeletonllm.errors import StateError, UsageError
from skeletonllm.evaluation.trained import get_trained_classes
from skeletonllm.negatives import rank_negatives
from skeletonllm.storage import iter_tables, join, write_json, write_table
from skeletonllm.testing.releases import LABELS, write_manifest
from skeletonllm.training import get_stage, read_state
from skeletonllm.views.asked_views import VIEWS, summarize_views
from skeletonllm.views.rankings import NEGATIVES
from skeletonllm.views.view import NamedView, View

pytestmark = [
    pytest.mark.ray,
    pytest.mark.usefixtures("local_ray"),
    # Ray 2.60 sets options of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

SEEN = LABELS[:3]
TRAINED = NamedView("lab/seen", View(unseen=LABELS[3:], subjects=("1",)))


@pytest.fixture(scope="module")
def mined(release: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The release with hard negatives of the training view, which hides a class."""
    folder = str(shutil.copytree(release, tmp_path_factory.mktemp("mined") / "release"))
    Path(folder, "manifest.json").unlink()
    own = rank_negatives("lab", SEEN, {}, view=TRAINED)
    write_table(join(folder, NEGATIVES), own.cast(NEGATIVE.arrow))
    write_json(join(folder, VIEWS), summarize_views(own, [None]))
    return write_manifest(folder)


@pytest.fixture(scope="module")
def checkpoint(mined: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    stage = get_stage("warm_up", model="tiny", steps=1, batch_size=4, num_frames=2)
    output = str(tmp_path_factory.mktemp("runs") / "run")
    train_model(TrainConfig(release=mined, output=output, view=TRAINED.view, stage=stage))
    return f"{output}/checkpoint"


def judged(mined: str, checkpoint: str, tmp_path: Path, **changes: object) -> EvaluateConfig:
    given = {"on": "held_out_subjects", **changes}
    return EvaluateConfig(release=mined, checkpoint=checkpoint, output=str(tmp_path / "e"), **given)


def read_responses(folder: Path) -> list[dict[str, Any]]:
    tables = iter_tables(str(folder / "parts"), schema=RESPONSE)
    return [row for _, table in tables for row in table.to_pylist()]


def test_discrimination_asks_yes_and_no_about_each_clip(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    """It is another task than was trained last: any may be asked of any checkpoint."""
    config = judged(mined, checkpoint, tmp_path, task="discrimination")
    result = evaluate_model(config)
    scores = result["results"]["lab"]
    assert result["task"] == "discrimination"
    assert scores["clips"] == 2 * len(SEEN) * 3  # two turns; a subject has half of six takes
    assert {name: found["clips"] for name, found in scores["by_class"].items()} == {
        "NO": len(SEEN) * 3,
        "YES": len(SEEN) * 3,
    }
    assert scores["chance"] == 0.5
    assert scores["by_subject"] == {"subjects": 1, "interval95": None}
    assert "leak_free" not in scores
    rows = read_responses(tmp_path / "e")
    asked = [row["clip_id"] for row in rows]
    assert sorted(asked) == sorted(2 * list(dict.fromkeys(asked)))
    assert {row["turn"] for row in rows} == {0, 1}
    assert not (tmp_path / "e" / "predictions.parquet").exists()


def test_frames_of_another_size_than_the_stage_before_are_refused(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    stage = get_stage("refine", model="tiny", steps=1, batch_size=4, num_frames=2, size=84)
    output = str(tmp_path / "run")
    config = TrainConfig(
        release=mined, output=output, view=TRAINED.view, stage=stage, start=checkpoint
    )
    with pytest.raises(StateError, match="frames of 84 pixels; expected 56, as the stage before"):
        describe_model(config, read_state(checkpoint), ())


def test_unseen_classes_have_no_negatives_that_training_could_have_known(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    config = judged(mined, checkpoint, tmp_path, task="discrimination", on="held_out_classes")
    with pytest.raises(UsageError, match="no clip has an answer in task 'discrimination'"):
        evaluate_model(config)


def test_an_unknown_task_is_refused_with_the_known_ones(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="unknown task 'yes'; expected one of "):
        evaluate_model(judged(mined, checkpoint, tmp_path, task="yes"))


def test_a_class_that_the_release_does_not_have_is_refused(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no label .'wawe'. in the release"):
        evaluate_model(judged(mined, checkpoint, tmp_path, classes=(LABELS[0], "wawe")))


def test_without_rationales_none_can_be_told(mined: str, checkpoint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rationale"):
        evaluate_model(judged(mined, checkpoint, tmp_path, task="rationale"))


def test_a_checkpoint_names_the_classes_it_could_name(checkpoint: str) -> None:
    assert get_trained_classes(read_state(checkpoint)) == {"lab": SEEN}
