from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.training import STAGES, TINY_RECIPE, get_stage
from skeletonllm.training.recipes import TINY_STAGES

PUBLISHED = Path(__file__).resolve().parents[4] / ".mirror" / "wangzy01+SkeletonLLM" / "repo"


def test_flags_come_before_recipes() -> None:
    assert get_stage("warm_up", model="tiny").lr == TINY_RECIPE["lr"]
    mine = get_stage("warm_up", model="tiny", lr=None, steps=7)
    assert (mine.steps, mine.size) == (7, TINY_RECIPE["size"])
    by_epochs = get_stage("warm_up", model="tiny", epochs=2.0)
    assert (by_epochs.steps, by_epochs.epochs) == (None, 2.0)


def test_a_tiny_model_has_numbers_of_its_own_in_each_stage() -> None:
    for name in STAGES:
        numbers = {**TINY_RECIPE, **TINY_STAGES.get(name, {})}
        stage = get_stage(name, model="tiny", recipe="paper").to_json()
        assert {field: stage[field] for field in numbers} == numbers
        assert get_stage(name, model="tiny", lr=1e-4).lr == 1e-4
    assert get_stage("refine", model="other").lr == get_stage("warm_up", model="other").lr


def test_small_learns_words_first_and_then_lora_alone() -> None:
    first, last = (get_stage(name, model="small") for name in ("warm_up", "refine"))
    assert (first.task, first.objective, first.epochs) == ("naming", "words", 30.0)
    assert (last.task, last.objective, last.trains) == ("naming", "answers", ("lora",))
    assert (first.size, first.num_frames) == (last.size, last.num_frames) == (112, 8)
    back = get_stage("warm_up", model="small", task="recognition", objective="answers")
    assert (back.task, back.objective) == ("recognition", "answers")


def test_ours_differs_from_the_paper_in_batch_rate_and_prompt() -> None:
    ours, paper = (get_stage("warm_up", recipe=name) for name in ("ours", "paper"))
    differ = {n for n, value in ours.to_json().items() if value != paper.to_json()[n]}
    assert differ == {"batch_size", "lr", "geometry_lr", "task"}
    assert (paper.batch_size, paper.lr, paper.task) == (2, 2e-5, "published_recognition")
    assert ours.lr == pytest.approx(paper.lr * (ours.batch_size / paper.batch_size) ** 0.5)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown recipe 'fast'; expected one of ours, paper"):
        get_stage("warm_up", recipe="fast")
    with pytest.raises(UsageError, match="unknown stage 'stage1'; expected one of warm_up"):
        get_stage("stage1")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published repository is not at hand")
def test_the_paper_recipe_is_that_of_the_published_scripts() -> None:
    script = _show("shell/train.sh")
    epochs = dict(zip(STAGES, "1113", strict=True))
    for number, name in enumerate(STAGES, 1):
        stage = get_stage(name, recipe="paper")
        (line,) = [x for x in script.splitlines() if x.lstrip().startswith(f"{number}) ")]
        assert f"DEFAULT_EPOCHS={epochs[name]} " in line
        assert stage.epochs == int(epochs[name])
        assert ("RENDERER_TRAINABLE=True" in line) == ("renderer" in stage.trains)
        assert ("FREEZE_MLP=False" in line) == ("projector" in stage.trains)
        assert ("USE_LLM_LORA=32" in line) == ("lora" in stage.trains)
        given = {
            "learning_rate": stage.lr,
            "weight_decay": stage.weight_decay,
            "warmup_ratio": stage.warmup_ratio,
            "skeleton_target_num_frames": stage.num_frames,
            "force_image_size": stage.size,
        }
        for flag, value in given.items():
            (word,) = [x for x in script.splitlines() if x.strip().startswith(f"--{flag} ")]
            assert float(word.split()[1]) == value
        assert f"BATCH_SIZE=${{BATCH_SIZE:-{stage.batch_size}}}" in script


def _show(path: str) -> str:
    run = ["git", "-C", str(PUBLISHED), "show", f"HEAD:{path}"]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout
