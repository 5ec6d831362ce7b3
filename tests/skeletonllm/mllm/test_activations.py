from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from skeletonllm.mllm import InternVLAdapter, train_only
from skeletonllm.mllm.activations import cast_inputs, checkpoint_layers
from tests.skeletonllm.mllm.conftest import LABELS, ask

CLOSE = {"rtol": 1e-4, "atol": 1e-6}


def saved_bytes(run: Callable[[], Tensor], kept: set[int]) -> tuple[int, Tensor]:
    """Bytes that autograd keeps for the backward pass, each storage once, weights left out."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in kept:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = run()
    return sum(sizes.values()), loss


def measure(adapter: InternVLAdapter, frames: Tensor, on: bool) -> tuple[int, Tensor, list[Tensor]]:
    adapter.checkpoint_activations(on)
    trained = train_only([adapter.projector], adapter)
    adapter.zero_grad()
    frames = frames.clone().requires_grad_()
    weights = {p.untyped_storage().data_ptr() for p in adapter.parameters()}
    size, loss = saved_bytes(lambda: adapter.losses(frames, ask(3), LABELS).sum(), weights)
    loss.backward()
    assert frames.grad is not None
    return size, loss, [frames.grad, *(p.grad for p in trained if p.grad is not None)]


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_recomputing_saves_memory_and_changes_no_gradient(
    adapter: InternVLAdapter, frames: Tensor, training: bool, autocast: bool
) -> None:
    adapter.train(training)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        whole, loss, gradients = measure(adapter, frames, on=False)
        less, again, same = measure(adapter, frames, on=True)
        back, _, _ = measure(adapter, frames, on=False)
    assert less < 0.5 * whole == 0.5 * back
    assert torch.equal(loss, again)
    for one, other in zip(gradients, same, strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_it_stays_on_when_the_mode_changes(adapter: InternVLAdapter, frames: Tensor) -> None:
    first, _, _ = measure(adapter, frames, on=True)
    adapter.train()
    adapter.eval()
    weights = {p.untyped_storage().data_ptr() for p in adapter.parameters()}
    frames = frames.requires_grad_()
    again, _ = saved_bytes(lambda: adapter.losses(frames, ask(3), LABELS).sum(), weights)
    assert again == first


def test_no_dropout_wakes_up(adapter: InternVLAdapter, frames: Tensor) -> None:
    expected = adapter.losses(frames, ask(3), LABELS)
    for module in adapter.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.5
        if isinstance(module, nn.Dropout):
            module.p = 0.5
    adapter.checkpoint_activations(True)
    torch.testing.assert_close(adapter.losses(frames, ask(3), LABELS), expected)


def test_scoring_keeps_its_cache(
    adapter: InternVLAdapter, frames: Tensor, caplog: pytest.LogCaptureFixture
) -> None:
    """`transformers` drops the cache of a layer that is checkpointed, and says so in its log."""
    plain = adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    adapter.checkpoint_activations(True)
    adapter.losses(frames, ask(3), LABELS)  # leaves the layers in training mode
    again = adapter.score_candidates(frames, ask(3), [LABELS] * 3)
    assert torch.equal(torch.cat(plain), torch.cat(again))
    assert "Caching is incompatible" not in caplog.text


def test_switched_off_every_layer_is_as_before(adapter: InternVLAdapter, frames: Tensor) -> None:
    adapter.checkpoint_activations(True)
    adapter.losses(frames, ask(3), LABELS)
    for tower in (adapter.vision_tower, adapter.language_model):
        layers = [m for m in tower.modules() if isinstance(m, GradientCheckpointingLayer)]
        assert all(layer.training for layer in layers)
        assert checkpoint_layers(nn.ModuleList(tower.children()), False) == len(layers) == 2
    assert not any(module.training for module in adapter.modules())
    assert not adapter.model.is_activation_checkpointing


def test_inputs_take_the_dtype_that_weights_have_now() -> None:
    layer = nn.Linear(2, 2)
    cast_inputs(layer)
    wide = torch.ones(1, 2, requires_grad=True)
    assert layer(wide.bfloat16()).dtype == torch.float32
    narrow = layer.bfloat16()(wide)
    assert narrow.dtype == torch.bfloat16
    narrow.sum().backward()
    assert wide.grad is not None
    assert wide.grad.dtype == torch.float32


def test_attention_gets_no_positions_of_packed_texts_and_no_mask(
    adapter: InternVLAdapter,
    frames: Tensor,
    patches: Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """FlashAttention would part a single row at the gaps that dropped tokens leave, and a mask
    would keep torch from its fast causal kernels."""
    given: list[tuple[object, object]] = []
    sdpa = ALL_ATTENTION_FUNCTIONS["sdpa"]

    def watch(module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: object, **kw: Any) -> Any:
        given.append((kw.get("position_ids"), mask))
        return sdpa(module, q, k, v, mask, **kw)

    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._local_mapping, "sdpa", watch)
    for clips in (slice(1), slice(3)):
        adapter.losses(frames[clips], ask(3)[clips], LABELS[clips], patches[clips])
    assert given == [(None, None)] * 8
