"""What all rows begin with is read once, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from skeletonllm.mllm.small import prefix
from skeletonllm.mllm.small.adapter import SmallAdapter

TEXT = "Which action\nwave\nsit down\nthrow\n"
PROMPTS = [TEXT + "<image>" * 3, TEXT + "<image>" * 3 + "\na b c"]
ANSWERS = ["wave", "sit down"]


def run(adapter: SmallAdapter, frames: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    losses = adapter.losses(frames, PROMPTS, ANSWERS)
    gradients = list(torch.autograd.grad(losses.sum(), list(adapter.projector.parameters())))
    return losses.detach(), gradients, adapter.score_candidates(frames, PROMPTS, [ANSWERS] * 2)


def test_losses_gradients_and_scores_are_those_of_whole_sequences(
    adapter: SmallAdapter, frames: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = run(adapter, frames)
    monkeypatch.setattr(prefix, "SHORTEST", 10_000)
    whole = run(adapter, frames)
    assert torch.allclose(shared[0], whole[0], atol=1e-5)
    for ours, theirs in zip(shared[1] + shared[2], whole[1] + whole[2], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4)


def count_read(adapter: SmallAdapter, frames: Tensor, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows times tokens of each call of the decoder."""
    read, forward = [], adapter.language_model.forward

    def watch(**inputs: Any) -> Any:
        read.append(inputs["inputs_embeds"][..., 0].numel())
        return forward(**inputs)

    monkeypatch.setattr(adapter.language_model, "forward", watch)
    adapter.losses(frames, PROMPTS, ANSWERS)
    return read


def test_a_shared_beginning_is_read_for_one_row(
    adapter: SmallAdapter, frames: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = adapter.prompt_ids(PROMPTS, (2, 3, 4))
    text = ids[0].index(adapter.context)
    first, rest = count_read(adapter, frames, monkeypatch)
    assert first == text
    lengths = adapter.count_tokens(PROMPTS, ANSWERS, frames_shown=frames)
    assert rest == 2 * (max(lengths) - text)


def test_a_language_model_that_learns_reads_whole_sequences(
    adapter: SmallAdapter, frames: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.model.requires_grad_(True)
    (read,) = count_read(adapter, frames, monkeypatch)
    assert read == 2 * max(adapter.count_tokens(PROMPTS, ANSWERS, frames_shown=frames))
