"""Accidents of training workers: what goes on alone, what goes on elsewhere, and what must not."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import ray.train

from pipelines.train import TrainConfig, train_model
from skeletonllm.errors import StorageError, TrainingError
from skeletonllm.testing.releases import LABELS, damage_clip
from skeletonllm.training import get_stage
from skeletonllm.views.view import View
from tests.pipelines.sabotage import Accident, count_lives, prepare, read_diary, read_kept

pytestmark = [
    pytest.mark.ray,
    pytest.mark.usefixtures("local_ray"),
    # Ray 2.60 sets options of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),
]

STEPS = 8
STAGE = get_stage("warm_up", model="tiny", steps=STEPS, batch_size=4, num_frames=2)
VIEW = View(unseen=LABELS[2:], subjects=("1",))
DAMAGED = f"lab/{LABELS[0]}/0"
CLIPS = 6
"""Of the view: an epoch is a step of 4 and a step of 2. One of them is damaged."""
Train = Any


@pytest.fixture(scope="module")
def damaged(release: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(shutil.copytree(release, tmp_path_factory.mktemp("damaged") / "release"))
    damage_clip(folder, DAMAGED)
    return folder


@pytest.fixture
def train(damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Trains as ``train_model`` does, with workers that keep a diary and meet an accident."""

    def run(output: Path, accident: Accident, **changes: Any) -> dict[str, Any]:
        monkeypatch.setattr("pipelines.train.run.work", prepare(tmp_path / "diary", accident))
        given: dict[str, Any] = {"stage": STAGE, "save_every": 3, **changes}
        return train_model(TrainConfig(release=damaged, output=str(output), view=VIEW, **given))

    return run


@pytest.fixture(scope="module")
def undisturbed(damaged: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two workers."""
    output = tmp_path_factory.mktemp("undisturbed") / "run"
    config = TrainConfig(
        release=damaged, output=str(output), view=VIEW, stage=STAGE, save_every=3, workers=2
    )
    train_model(config)
    return output


def read_lines(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


def check_each_clip_once(diary: Path) -> None:
    """Every epoch has given each whole clip exactly once, whoever it was given to."""
    given = Counter(clip for entry in read_diary(diary) for clip in entry.clips)
    assert set(given.values()) == {1}
    per_epoch = Counter(epoch for epoch, _ in given)
    assert per_epoch == dict.fromkeys(range(STEPS // 2), CLIPS - 1)
    assert DAMAGED not in {key for _, key in given}


@pytest.mark.slow
def test_a_worker_that_is_killed_starts_again_by_itself(
    train: Train, undisturbed: Path, tmp_path: Path
) -> None:
    train(tmp_path / "run", Accident("kill", step=4, rank=1), workers=2)
    assert count_lives(tmp_path / "diary") == 4
    assert read_kept(tmp_path / "run") == read_kept(undisturbed)
    check_each_clip_once(tmp_path / "diary")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    (warning,) = report["warnings"]
    assert (warning["times"], warning["units"]) == (2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(1, 2), (2, 1)])
def test_a_run_goes_on_with_another_number_of_workers(
    workers: tuple[int, int], train: Train, undisturbed: Path, tmp_path: Path
) -> None:
    before, after = workers
    with pytest.raises(ray.train.WorkerGroupError, match="a bug"):
        train(tmp_path / "run", Accident("bug", step=4, rank=0), workers=before, max_failures=0)
    report = train(tmp_path / "run", Accident(), workers=after)
    worlds = {entry.step: entry.world for entry in read_diary(tmp_path / "diary")}
    assert worlds == {step: before if step < 3 else after for step in range(STEPS)}
    check_each_clip_once(tmp_path / "diary")
    lines, whole = read_lines(tmp_path / "run"), read_lines(undisturbed)
    for key in ("step", "clips", "tokens", "damaged", "rate"):
        assert [line[key] for line in lines] == [line[key] for line in whole]
    losses = [line["loss"] for line in whole]
    assert [line["loss"] for line in lines] == pytest.approx(losses, rel=1e-5)
    (warning,) = report["warnings"]
    # Said by those that met it before the checkpoint, and by nobody again.
    assert (warning["times"], warning["units"]) == (before, 1)
    assert [row["clip_id"] for row in report["damaged_samples"]] == [DAMAGED]
    assert report["workers"] == after


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_nan_is_not_met_again_and_again(workers: int, train: Train, tmp_path: Path) -> None:
    """Workers that start again would meet it again."""
    accident = Accident("nan", step=4, rank=workers - 1, times=99)
    with pytest.raises(TrainingError, match="step 5: .*gradients of renderer.view.*lab/"):
        train(tmp_path / "run", accident, workers=workers)
    assert len(list((tmp_path / "diary").glob("met-*"))) == 1
    assert not (tmp_path / "run" / "report.json").exists()


@pytest.mark.slow
def test_a_store_that_fails_is_tried_again_and_then_said(train: Train, tmp_path: Path) -> None:
    accident = Accident("store", step=4, times=99)
    with pytest.raises(StorageError, match="the store is away"):
        train(tmp_path / "run", accident, max_failures=1)
    assert len(list((tmp_path / "diary").glob("met-*"))) == 2
    train(tmp_path / "run", Accident())
    check_each_clip_once(tmp_path / "diary")


@pytest.mark.slow
def test_out_of_memory_names_the_flags_that_save_some(train: Train, tmp_path: Path) -> None:
    accident = Accident("memory", step=1, times=99)
    says = (
        r"step 2 of warm_up: the memory of the machine ran out with 4 clips at once "
        r"\(.*DefaultCPUAllocator.*First give --micro-batch 2; then, one after the other, "
        r"--checkpoint-activations, --foreground"
    )
    with pytest.raises(TrainingError, match=says):
        train(tmp_path / "run", accident)
    assert len(list((tmp_path / "diary").glob("met-*"))) == 1
