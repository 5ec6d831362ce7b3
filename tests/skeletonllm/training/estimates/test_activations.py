"""Estimates beside what autograd really saves, of the same adapter with real tensors."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch

from skeletonllm.mllm.adapter import Adapter, LoadOptions
from skeletonllm.mllm.lora import LoraOptions, add_lora
from skeletonllm.mllm.registry import load_adapter
from skeletonllm.training.estimates import Estimate, Question, Workload, estimate_run
from skeletonllm.training.estimates.drawn_clip import draw_clip
from skeletonllm.training.estimates.meta_model import build_without_weights
from skeletonllm.training.estimates.saved_bytes import count_saved

from .conftest import SaveConfig, ask

TINY = Workload(
    model="tiny",
    trains=("renderer", "projector"),
    micro_batch=3,
    num_frames=2,
    size=56,
    device="cpu",
    dtype="float32",
)


@cache
def estimate_tiny() -> Estimate:
    return estimate_run(TINY, ask(2))


def save_really(
    adapter: Adapter, workload: Workload, question: Question, patches: torch.Tensor | None = None
) -> int:
    """Bytes that autograd saves in a forward pass over real frames."""
    shape = (workload.micro_batch, workload.num_frames, 3, workload.size, workload.size)
    frames = torch.rand(shape, requires_grad="renderer" in workload.trains)
    asked = [question.prompt] * len(frames), [question.answer] * len(frames)
    low = workload.dtype == "bfloat16"
    with count_saved(adapter) as saved, torch.autocast("cpu", torch.bfloat16, enabled=low):
        losses = adapter.losses(frames * 1, *asked, patches)
    assert losses.requires_grad
    return saved.total


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"trains": ("projector",)},
        {"foreground": True},
        {"checkpoint_activations": True},
        {"trains": ("renderer", "projector", "lora"), "lora_rank": 4},
    ],
    ids=lambda change: ",".join(change) or "plain",
)
def test_what_three_clips_save_is_told_from_one_and_two(change: dict[str, object]) -> None:
    workload = replace(TINY, **change)
    adapter = load_adapter("tiny", LoadOptions(size=56)).requires_grad_(False)
    adapter.projector.requires_grad_(True)
    if "lora" in workload.trains:
        add_lora(adapter, LoraOptions(r=workload.lora_rank)).train()
    adapter.checkpoint_activations(workload.checkpoint_activations)
    patches = draw_clip(workload, adapter.patch).patches.expand(3, -1, -1, -1)
    shown = patches if workload.foreground else None
    found = estimate_run(workload, ask(2)).activations
    real = save_really(adapter, workload, ask(2), shown)
    assert found.once + 3 * found.per_clip == pytest.approx(real, rel=0.01)


@pytest.mark.slow
def test_layers_of_published_widths_save_what_is_estimated(save_config: SaveConfig) -> None:
    """One Qwen2 layer of 3584 / 18944 and one InternViT layer of 1024 / 4096, in bfloat16."""
    source = save_config(
        decoder={"num_hidden_layers": 1, "vocab_size": 512},
        vision={"num_hidden_layers": 1, "image_size": [112, 112]},
    )
    workload = replace(TINY, model=source, dtype="bfloat16", micro_batch=1, num_frames=1, size=112)
    found = estimate_run(workload, ask(1)).activations
    adapter = build_without_weights(workload).to_empty(device="cpu")
    real = save_really(adapter, workload, ask(1))
    assert found.once + found.per_clip == pytest.approx(real, rel=0.01)
    assert found.by_part["language_model"] > 0.5 * found.per_clip


def test_recomputed_layers_keep_their_inputs_and_one_layer_more() -> None:
    whole = estimate_tiny().activations
    part = estimate_run(replace(TINY, checkpoint_activations=True), ask(2)).activations
    assert whole.recomputed == 0
    assert part.per_clip < whole.per_clip / 2
    assert 0 < part.recomputed < whole.per_clip - part.per_clip
    assert part.total(4) == part.once + 4 * (part.per_clip + part.recomputed)


def test_no_gradient_to_the_pictures_saves_nothing_in_the_vision_tower() -> None:
    learns = estimate_tiny().activations.by_part
    fixed = estimate_run(replace(TINY, trains=("projector",)), ask(2)).activations.by_part
    assert learns["vision_tower"] > 0
    assert fixed.get("vision_tower", 0) == 0
    assert fixed["language_model"] == learns["language_model"]


@pytest.mark.slow
def test_the_offline_model_keeps_no_more_than_is_estimated() -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    workload = replace(TINY, model="small", size=112)
    found = estimate_run(workload, ask(2)).activations
    adapter = load_adapter("small", LoadOptions(size=112)).requires_grad_(False)
    adapter.parts()["projector"].requires_grad_(True)
    real = save_really(adapter, workload, ask(2))
    assert real <= found.once + 3 * found.per_clip < 4 * real
