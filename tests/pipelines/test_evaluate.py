"""Evaluation of tasks other than recognition; of recognition, see test_train."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.train import TrainConfig, train_model
from pipelines.train.worker import describe_model
from schemas import NEGATIVE, PREDICTION, RESPONSE
from skeletonllm.errors import OutputMismatch, StateError, UsageError
from skeletonllm.evaluation.trained import get_trained_classes
from skeletonllm.negatives import rank_negatives
from skeletonllm.negatives.confusions import iter_predictions
from skeletonllm.storage import iter_tables, join, read_table, write_json, write_table
from skeletonllm.testing.processes import read_folder
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


def test_conditions_are_judged_beside_the_clips_and_written_out(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    conditions = ("exchanged", "joint_dropout=0.30", "blind")
    config = judged(mined, checkpoint, tmp_path, conditions=conditions, workers=2)
    result = evaluate_model(config)
    assert sorted(result["conditions"]) == ["blind", "exchanged", "joint_dropout=0.3"]
    clips = len(SEEN) * 3
    assert {c["lab"]["clips"] for c in result["conditions"].values()} == {clips}
    own = result["results"]["lab"]
    blind = result["conditions"]["blind"]["lab"]["top1"]
    assert own["scorings"]["blind"] == pytest.approx(blind)
    rows = read_responses(tmp_path / "e")
    assert len(rows) == 4 * clips
    table = read_table(str(tmp_path / "e" / "predictions.parquet"), schema=PREDICTION)
    assert PREDICTION.faults(table) == []
    shown = {r["clip_id"]: r["scores"] for r in rows if r["condition"] == "own"}
    assert dict(zip(table["clip_id"].to_pylist(), table["scores"].to_pylist(), strict=True)) == (
        shown
    )


def test_predictions_of_training_clips_feed_the_negatives(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    """Mined from test clips, negatives would tell training what it must not know."""
    result = evaluate_model(judged(mined, checkpoint, tmp_path, on="training"))
    assert result["results"]["lab"]["clips"] == len(SEEN) * 3
    (table,) = iter_predictions(str(tmp_path / "e" / "predictions.parquet"))
    assert set(table["label"].to_pylist()) == set(SEEN)


def test_a_task_may_write_its_answers(mined: str, checkpoint: str, tmp_path: Path) -> None:
    config = judged(mined, checkpoint, tmp_path, writes=True, max_tokens=4)
    written = evaluate_model(config)["results"]["lab"]["written"]
    assert written["clips"] == len(SEEN) * 3
    assert 0 <= written["exact"]["right"] <= written["published"]["right"] <= 1
    assert all(row["text"] is not None for row in read_responses(tmp_path / "e"))


def test_an_unfinished_evaluation_goes_on_with_what_it_has(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    config = judged(mined, checkpoint, tmp_path, conditions=("exchanged", "noise_cm=2"))
    whole = evaluate_model(config)
    before = read_folder(tmp_path / "e")
    for name in ("manifest.json", "evaluation.json", "parts/part-00001.parquet"):
        (tmp_path / "e" / name).unlink()
    kept = (tmp_path / "e" / "parts" / "part-00000.parquet").stat().st_mtime_ns
    assert evaluate_model(config) == whole
    assert read_folder(tmp_path / "e") == before
    assert (tmp_path / "e" / "parts" / "part-00000.parquet").stat().st_mtime_ns == kept


def test_another_evaluation_in_the_same_folder_is_refused(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    evaluate_model(judged(mined, checkpoint, tmp_path))
    with pytest.raises(OutputMismatch, match="config.conditions"):
        evaluate_model(judged(mined, checkpoint, tmp_path, conditions=("blind",)))
    with pytest.raises(UsageError, match="condition 'dark'; expected one of own, exchanged"):
        evaluate_model(judged(mined, checkpoint, tmp_path, conditions=("dark",)))


def test_weights_that_overflow_end_the_job_and_name_the_checkpoint(
    mined: str, checkpoint: str, tmp_path: Path
) -> None:
    """Half of the weights are finite, and so large that every likelihood is not."""
    broken = shutil.copytree(checkpoint, tmp_path / "broken")
    weights = load_file(broken / "weights.safetensors")
    huge = {n: w * 1e30 if n.startswith("projector") else w for n, w in weights.items()}
    save_file(huge, broken / "weights.safetensors")
    with pytest.raises(Exception, match=f"{broken}: the model's likelihoods are not finite, even"):
        evaluate_model(judged(mined, str(broken), tmp_path))
    assert not (tmp_path / "e" / "evaluation.json").exists()
