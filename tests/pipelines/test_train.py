"""Training and evaluation as Ray runs them, on a tiny model and a tiny release."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.train import TrainConfig, train_model
from skeletonllm.draction import load_renderer
from skeletonllm.errors import (
    OutputMismatch,
    ReleaseError,
    RenderError,
    StateError,
    UsageError,
)
from skeletonllm.shards import read_index
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.releases import LABELS, damage_clip
from skeletonllm.training import TrainingStage, get_stage
from skeletonllm.views.view import View

pytestmark = [
    pytest.mark.ray,
    pytest.mark.usefixtures("local_ray"),
    # Ray 2.60 sets options of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

STAGE = get_stage("warm_up", model="tiny", steps=4, batch_size=4, num_frames=2)
VIEW = View(unseen=LABELS[2:], subjects=("1",))


def config(release: str, output: Path, **changes: Any) -> TrainConfig:
    return TrainConfig(
        release=release, output=str(output), view=VIEW, **{"stage": STAGE, **changes}
    )


def metrics(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(release: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "run"
    train_model(config(release, output))
    return output


def test_a_run_leaves_a_checkpoint_metrics_and_a_report(release: str, trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == [
        "checkpoint",
        "manifest.json",
        "metrics.jsonl",
        "plan.json",
        "report.json",
        "speed.json",
        "tensorboard",
    ]
    assert [line["step"] for line in metrics(trained)] == [1, 2, 3, 4]
    assert load_renderer(trained / "checkpoint" / "renderer.safetensors").config.size == STAGE.size
    report = json.loads((trained / "report.json").read_text())
    assert (report["renderer"], report["trained"]) == ("draction", ["renderer", "projector"])
    assert report["candidates"] == {"lab": sorted(LABELS[:2])}
    assert (report["clips"], report["steps"], report["unseen"]) == (6, 4, list(LABELS[2:]))
    assert (report["warnings"], report["damaged"], report["damaged_samples"]) == ([], "", [])
    assert report["left_out"] == {"rationales": 0, "captions": 0, "questions": 0}
    before = (trained / "manifest.json").stat().st_mtime_ns
    train_model(config(release, trained))
    assert (trained / "manifest.json").stat().st_mtime_ns == before


def test_what_a_worker_finds_wrong_is_said_as_it_found_it(release: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="/no/such/model: no model checkpoint"):
        train_model(config(release, tmp_path / "run", model="/no/such/model"))


def test_two_workers_train_one_model_and_what_is_damaged_is_said_once(
    release: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = str(shutil.copytree(release, tmp_path / "release"))
    damage_clip(damaged, "lab/jump up/0")
    report = train_model(config(damaged, tmp_path / "run", workers=2))
    lines = metrics(tmp_path / "run")
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert all(line["loss"] > 0 for line in lines)
    (lost,) = report["damaged_samples"]
    assert lost["clip_id"] == "lab/jump up/0"
    assert report["damaged"].startswith("1 damaged sample left out; the first: lab/jump up/0 in ")
    assert sum(line["damaged"] for line in lines) == count_damaged(damaged, STAGE) > 0
    (told,) = report["warnings"]
    assert told["message"].startswith("a damaged sample is given out with weight 0: lab/jump up/0")
    assert (told["times"], told["units"]) == (2, 2)  # each rank knows the damage of both
    (line,) = [r.getMessage() for r in caplog.records if r.name == "pipelines.worker_warnings"]
    assert line.startswith(f"train warm_up: {told['message']} (2 times, in 2 workers")


def count_damaged(release: str, stage: TrainingStage) -> int:
    """How often two ranks are given a damaged sample in all steps of a stage."""
    times = 0
    for rank in range(2):
        share = stage.batch_size // 2
        stream = Stream(release, VIEW, seed=stage.seed, batch_size=share, rank=rank, world_size=2)
        batches = itertools.chain.from_iterable(itertools.repeat(stream))
        times += sum(len(b.damaged) for b in itertools.islice(batches, stage.steps))
    return times


@pytest.mark.slow
def test_a_run_that_has_lost_all_of_its_release_stops_with_a_sentence(
    release: str, tmp_path: Path
) -> None:
    """It ended with success, and its first step had learned from no clip."""
    emptied = Path(shutil.copytree(release, tmp_path / "release"))
    for tar in (emptied / "tars").iterdir():
        tar.write_bytes(b"")
    with pytest.raises(ReleaseError, match="6 of 6 samples are damaged, more than the 3 that"):
        train_model(config(str(emptied), tmp_path / "run"))


def test_two_workers_that_have_lost_too_much_of_a_release_stop_with_a_sentence(
    release: str, tmp_path: Path
) -> None:
    damaged = str(shutil.copytree(release, tmp_path / "other"))
    for take in range(0, 4, 2):
        for label in LABELS[:2]:
            damage_clip(damaged, f"lab/{label}/{take}")
    with pytest.raises(ReleaseError, match="4 of 6 samples are damaged"):
        train_model(config(damaged, tmp_path / "run2", workers=2))


def test_a_baseline_trains_the_projector_alone_and_is_judged(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are relative here, although the workers of Ray live elsewhere."""
    monkeypatch.chdir(tmp_path)
    run = config(
        os.path.relpath(release, tmp_path),
        Path("run"),
        renderer="trajectory_map",
        stage=replace(STAGE, steps=2),
    )
    report = train_model(run)
    assert report == json.loads((tmp_path / "run" / "report.json").read_text())
    assert (report["renderer"], report["trained"]) == ("trajectory_map", ["projector"])
    checkpoint = tmp_path / "run" / "checkpoint"
    names = sorted(path.name for path in checkpoint.iterdir())
    assert names == [
        "rng-0.safetensors",
        "state.json",
        "training.safetensors",
        "weights.safetensors",
    ]
    state = json.loads((checkpoint / "state.json").read_text())
    assert state["owner"]["model"]["renderer"] == "trajectory_map"
    judged = EvaluateConfig(release=release, checkpoint=str(checkpoint), output=str(tmp_path / "e"))
    assert evaluate_model(judged)["results"]["lab"]["clips"] == 12
    with pytest.raises(OutputMismatch, match="made with config.renderer = .trajectory_map"):
        train_model(replace(run, renderer="velocity_sticks"))
    with pytest.raises(RenderError, match="unknown renderer 'map'"):
        train_model(config(release, tmp_path / "none", renderer="map"))
    assert not (tmp_path / "none").exists()


def test_an_output_of_other_settings_is_refused(release: str, trained: Path) -> None:
    before = (trained / "report.json").read_bytes()
    with pytest.raises(OutputMismatch, match=r"made with config.stage = .*choose another --output"):
        train_model(config(release, trained, stage=replace(STAGE, steps=5)))
    assert (trained / "report.json").read_bytes() == before


def test_evaluation_of_what_was_held_out(release: str, trained: Path, tmp_path: Path) -> None:
    judged = EvaluateConfig(
        release=release, checkpoint=str(trained / "checkpoint"), output=str(tmp_path / "e")
    )
    result = evaluate_model(judged)
    assert json.loads((tmp_path / "e" / "evaluation.json").read_text()) == result
    scores = result["results"]["lab"]
    assert scores["candidates"] == sorted(LABELS[2:])
    assert (scores["clips"], scores["chance"]) == (12, 0.5)
    assert [found["clips"] for found in scores["by_class"].values()] == [6, 6]
    shared = evaluate_model(replace(judged, workers=2, output=str(tmp_path / "shared")))
    assert shared == result
    other = replace(judged, on="held_out_subjects", output=str(tmp_path / "subjects"))
    subjects = evaluate_model(other)["results"]["lab"]
    assert (subjects["clips"], subjects["candidates"]) == (6, sorted(LABELS[:2]))
    with pytest.raises(OutputMismatch, match="made with config.view"):
        evaluate_model(replace(other, output=str(tmp_path / "e")))


def test_a_damaged_sample_has_no_answer_and_ends_nothing(
    release: str, trained: Path, tmp_path: Path
) -> None:
    damaged = Path(shutil.copytree(release, tmp_path / "release"))
    rows = read_index(release).to_pylist()
    row = next(row for row in rows if row["label"] == LABELS[2])
    tar = damaged / "tars" / row["shard"]
    data = bytearray(tar.read_bytes())
    data[row["offset"] : row["offset"] + 512] = bytes(512)
    tar.write_bytes(data)
    judged = EvaluateConfig(
        release=str(damaged),
        checkpoint=str(trained / "checkpoint"),
        output=str(tmp_path / "e"),
    )
    result = evaluate_model(judged)
    assert result["results"]["lab"]["clips"] == 11
    (reject,) = result["unanswered"]
    assert (reject["stage"], reject["code"]) == ("evaluate", "damaged")
    assert reject["message"].startswith(f"{row['clip_id']}: ")
    tar.write_bytes(bytes(len(data)))
    with pytest.raises(
        UsageError, match="no clip has an answer in task 'recognition'; the first: lab/"
    ):
        evaluate_model(replace(judged, output=str(tmp_path / "none")))


def test_requests_that_cannot_be_judged(release: str, trained: Path, tmp_path: Path) -> None:
    judged = EvaluateConfig(
        release=release, checkpoint=str(trained / "checkpoint"), output=str(tmp_path / "e")
    )
    with pytest.raises(UsageError, match="one class only to choose from in .'lab'."):
        evaluate_model(replace(judged, classes=("throw",)))
    with pytest.raises(UsageError, match="a protocol and classes. Name the one or the other"):
        evaluate_model(replace(judged, classes=LABELS, protocol="ntu60/xsub"))
    with pytest.raises(StateError, match=f"{tmp_path}/none: no whole checkpoint"):
        evaluate_model(replace(judged, checkpoint=str(tmp_path / "none")))
    assert not (tmp_path / "e").exists()
