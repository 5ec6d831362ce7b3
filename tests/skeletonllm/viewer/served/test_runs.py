from __future__ import annotations

import json
from pathlib import Path

import pytest

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.weights import save_renderer
from skeletonllm.errors import UsageError
from skeletonllm.storage import sha256_of, write_json
from skeletonllm.viewer.served.runs import describe_run, open_run


def run_folder(root: Path, release: str) -> Path:
    run = root / "run"
    stage = {"name": "warm_up", "steps": 3, "trains": ["renderer"]}
    plan = {"config": {"model": "tiny", "release": release, "stage": stage}}
    write_json(str(run / "plan.json"), plan)
    lines = [json.dumps({"step": i, "loss": 3.0 - i}) for i in range(3)]
    (run / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 3, "lo']))
    return run


def save_weights(run: Path) -> None:
    (run / "checkpoint").mkdir()
    renderer = DrAction(DrActionConfig(size=56, patch=14))
    save_renderer(renderer, run / "checkpoint" / "renderer.safetensors")


def test_a_run_draws_its_clips_untrained_and_trained(viewed: Path, tmp_path: Path) -> None:
    run = run_folder(tmp_path, sha256_of(str(viewed / "manifest.json"))[0])
    save_weights(run)
    shelf = open_run(str(run), str(viewed))
    assert (shelf.kind, shelf.title, shelf.note) == ("training", "run on toy 1.0.0", "")
    told = shelf.tell(0)["pictures"]
    assert [picture["name"] for picture in told] == ["untrained", "trained"]
    clip = shelf.read(0).clip
    assert clip is not None
    assert shelf.painter is not None
    drawn = [shelf.painter.draw(0, clip, name, 1) for name in shelf.painter.names]
    assert all(picture.startswith(b"\x89PNG") for picture in drawn)


def test_another_release_than_its_own_is_told(viewed: Path, tmp_path: Path) -> None:
    run = run_folder(tmp_path, "0" * 64)
    save_weights(run)
    assert "another release" in open_run(str(run), str(viewed)).note


def test_before_its_first_checkpoint_there_is_nothing_to_see(viewed: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no trained renderer"):
        open_run(str(run_folder(tmp_path, "")), str(viewed))


def test_the_curve_has_a_point_a_step_and_few_of_many() -> None:
    metrics = [{"step": i, "loss": float(i)} for i in range(1000)]
    (chart,) = describe_run({}, metrics)["charts"]
    assert chart["bars"][0] == ["step 0", 0.0]
    assert chart["bars"][-1] == ["step 999", 999.0]
    assert len(chart["bars"]) == 20
    assert describe_run({}, [])["charts"] == describe_run({}, [])["tables"] == []
