"""Requests that train and evaluate refuse, as a user meets them: one sentence, exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import cli
from jobs.train_flags import TrainFlags, list_stages
from skeletonllm.testing.releases import write_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_release(str(tmp_path_factory.mktemp("release")), per_action=2)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--held-out-classes", "jmp up"], "no label ['jmp up'] in the release; expected some of"),
        (["--held-out-subjects", "9"], "no subject ['9'] in the release; expected some of"),
        (["--stage", "stage1"], "unknown stage 'stage1'; expected one of warm_up"),
        (["--renderer", "sticks"], "unknown renderer 'sticks'; expected one of draction, velocity"),
        (["--steps", "0"], "steps 0; expected 1 or more"),
        (["--protocol", "ntu60"], "unknown protocol 'ntu60'; expected one of ntu60/xsub"),
        (["--permute-motions", "--batch-size", "1"], "expected batch_size >= 2"),
        (["--stages", "refine", "warm_up", "refine"], "stages refine, warm_up, refine; expected"),
        (["--stages", "warm_up", "stage2"], "unknown stage 'stage2'; expected one of warm_up"),
        (["--task", "guess"], "unknown task 'guess'; expected one of recognition"),
        (["--draws", "0"], "draws 0; expected 1 or more"),
        (["--mix", "lab"], "--mix lab; expected NAME=WEIGHT, such as nw_ucla=2"),
        (["--mix", "lab=much"], "--mix lab=much; expected NAME=WEIGHT"),
        (["--start", "nowhere"], "nowhere: no whole checkpoint"),
        (["--epochs", "0"], "epochs 0.0; expected more than 0"),
        (["--workers", "5"], "batch_size 12 for 5 workers; expected a multiple of them"),
        (["--micro-batch", "0"], "micro_batch 0; expected 1 or more"),
        (["--augment", "spin=30"], "spin"),
        (["--stage", "discriminate"], "no negatives at all"),
        (["--stages", "warm_up", "distill"], "'with rationales': 0}"),
    ],
)
def test_train_refuses(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], says: str
) -> None:
    output = tmp_path / "run"
    assert cli.main(["train", "--release", release, "--output", str(output), *flags]) == 2
    assert says in capsys.readouterr().err
    assert not output.exists()


def test_train_lists_the_recipes(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--release", release, "--output", str(tmp_path / "run"), "--recipe", "fast"]
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", *flags])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "fast" in said
    assert "ours" in said
    assert "paper" in said


def test_a_stage_takes_another_task_objective_and_draws(release: str) -> None:
    given = {"task": "caption", "objective": "words", "draws": 3}
    (stage,) = list_stages(TrainFlags(release=release, output="out", **given))
    assert {name: getattr(stage, name) for name in given} == given
    (usual,) = list_stages(TrainFlags(release=release, output="out"))
    assert (usual.task, usual.objective, usual.draws) == ("recognition", "answers", None)


def test_train_needs_a_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none")
    assert cli.main(["train", "--release", missing, "--output", str(tmp_path / "run")]) == 2
    assert f"{missing}: no index. Give the folder of a release" in capsys.readouterr().err


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_evaluate_needs_a_checkpoint(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--checkpoint", str(tmp_path / "none"), "--output", str(tmp_path / "e.json")]
    assert cli.main(["evaluate", "--release", release, *flags]) == 2
    assert "none: no whole checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "e.json").exists()


def test_a_dry_run_says_what_every_stage_would_take_and_writes_nothing(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    flags = ["--stages", "warm_up", "refine", "--num-frames", "2", "--dry-run"]
    assert cli.main(["train", "--release", release, "--output", str(output), *flags]) == 0
    said = capsys.readouterr().out
    assert said.count("what a worker would take") == 2
    assert "train refine" in said
    assert "parameters of lora" in said
    assert "69,632 trained" in said  # rank 32 in the seven projections of two layers, 64 wide
    assert not output.exists()
