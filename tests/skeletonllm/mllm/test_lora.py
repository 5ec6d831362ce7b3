from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm import (
    ChatAdapter,
    InternVLAdapter,
    LoadOptions,
    load_adapter,
    load_internvl,
    tiny_internvl,
)
from skeletonllm.mllm.lora import PROJECTIONS, LoraOptions, add_lora, get_lora, merge_lora
from skeletonllm.mllm.tiny.qwen_vl import tiny_qwen_vl
from skeletonllm.prompts import build_recognition_prompt

LABELS = ("wave", "sit down", "kick the ball")
SMALL = LoraOptions(r=4, alpha=8)


def logits(adapter: InternVLAdapter) -> Tensor:
    ids = torch.arange(24).view(2, 12)
    hidden = adapter.language_model(input_ids=ids, use_cache=False).last_hidden_state
    found: Tensor = adapter.model.lm_head(hidden)
    return found


def stir(lora: nn.Module, seed: int = 5) -> None:
    """Weights as after training: no B is zero."""
    generator = torch.Generator().manual_seed(seed)
    for weight in lora.parameters():
        weight.data.copy_(torch.randn(weight.shape, generator=generator) * 0.05)


def test_fresh_lora_leaves_every_logit_as_it_was(adapter: InternVLAdapter) -> None:
    before = logits(adapter)
    lora = add_lora(adapter)
    assert torch.equal(logits(adapter), before)
    stir(lora)
    assert not torch.allclose(logits(adapter), before, atol=1e-2)


def test_lora_is_on_the_seven_projections_of_the_language_model_alone(
    adapter: InternVLAdapter,
) -> None:
    rest = {
        name: [(n, type(m)) for n, m in module.named_modules()]
        for name, module in adapter.parts().items()
        if name != "language_model"
    }
    kind = type(adapter.language_model)
    lora = add_lora(adapter, SMALL)
    layers = {name.rpartition(".")[0].rpartition(".")[0] for name in lora.state_dict()}
    assert len(layers) == 2 * len(PROJECTIONS)
    assert {name.rpartition(".")[2] for name in layers} == set(PROJECTIONS)
    assert type(adapter.language_model) is kind
    for name, modules in rest.items():
        assert [(n, type(m)) for n, m in adapter.parts()[name].named_modules()] == modules


def test_the_part_holds_a_and_b_and_nothing_else(adapter: InternVLAdapter) -> None:
    lora = add_lora(adapter, SMALL)
    state = lora.state_dict()
    width = adapter.model.config.text_config.hidden_size
    assert state["layers.1.self_attn.q_proj.A.weight"].shape == (4, width)
    assert state["layers.1.mlp.up_proj.B.weight"].shape == (2 * width, 4)
    assert {name.split(".", 4)[-1] for name in state} == {"A.weight", "B.weight"}
    assert len(state) == len(list(lora.parameters())) == 2 * 2 * 7


def test_state_names_do_not_change_and_no_weight_is_listed_twice(adapter: InternVLAdapter) -> None:
    before = {name: t.clone() for name, t in adapter.state_dict().items()}
    lora = add_lora(adapter, SMALL)
    after = adapter.state_dict()
    expected = [*before, *(f"lora.{name}" for name in lora.state_dict())]
    assert list(after) == expected
    assert all(torch.equal(after[name], before[name]) for name in before)
    listed = [id(p) for p in adapter.parameters()]
    assert len(listed) == len(set(listed)) == len(list(adapter.named_parameters()))


def test_a_saved_state_loads_into_another_model(adapter: InternVLAdapter) -> None:
    stir(add_lora(adapter, SMALL))
    whole = tiny_internvl(LABELS, seed=1)
    add_lora(whole, SMALL)
    whole.load_state_dict(adapter.state_dict())
    assert torch.equal(logits(whole), logits(adapter))
    alone = tiny_internvl(LABELS)
    add_lora(alone, LoraOptions(r=4, alpha=8, seed=9)).load_state_dict(adapter.lora.state_dict())
    assert torch.equal(logits(alone), logits(adapter))


def test_the_state_of_the_base_model_loads_and_leaves_lora_alone(adapter: InternVLAdapter) -> None:
    base = copy.deepcopy(adapter.language_model.state_dict())
    lora = add_lora(adapter, SMALL)
    stir(lora)
    kept, seen = copy.deepcopy(lora.state_dict()), logits(adapter)
    adapter.language_model.layers[0].mlp.up_proj.base_layer.weight.data.zero_()
    adapter.language_model.load_state_dict(base)
    assert torch.equal(logits(adapter), seen)
    assert all(torch.equal(kept[name], tensor) for name, tensor in lora.state_dict().items())


def test_weights_come_from_the_seed_and_leave_the_global_one_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    states = []
    for seed in (0, 0, 1):
        adapter = tiny_internvl(("wave",))
        torch.manual_seed(3)
        states.append(add_lora(adapter, LoraOptions(r=4, seed=seed)).state_dict())
        assert torch.equal(torch.rand(1), expected)
    name = "layers.0.mlp.up_proj.A.weight"
    assert torch.equal(states[0][name], states[1][name])
    assert not torch.equal(states[0][name], states[2][name])


def test_dropout_acts_after_train_on_the_part_and_nowhere_else(adapter: InternVLAdapter) -> None:
    lora = add_lora(adapter, LoraOptions(r=4, dropout=0.5))
    stir(lora)
    assert torch.equal(logits(adapter), logits(adapter))
    lora.train()
    assert not torch.equal(logits(adapter), logits(adapter))
    woken = {type(m) for n, m in adapter.language_model.named_modules() if m.training}
    assert woken == {nn.Dropout, nn.Linear}  # of A and B, and of no library module
    lora.eval()
    assert torch.equal(logits(adapter), logits(adapter))


def gradients(adapter: InternVLAdapter) -> list[Tensor]:
    torch.manual_seed(0)
    adapter.zero_grad()
    logits(adapter).float().square().mean().backward()
    found = [p.grad for p in adapter.lora.parameters()]
    assert all(g is not None and g.isfinite().all() for g in found)
    return [g.clone() for g in found if g is not None]


def test_gradients_are_the_same_with_checkpointing_and_dropout(adapter: InternVLAdapter) -> None:
    stir(add_lora(adapter, LoraOptions(r=4, dropout=0.5)))
    adapter.lora.train()
    plain = gradients(adapter)
    adapter.checkpoint_activations(True)
    ran: list[int] = []
    adapter.language_model.layers[0].mlp.up_proj.register_forward_hook(lambda *_: ran.append(1))
    again = gradients(adapter)
    assert len(ran) == 2  # once forward, once for the gradient
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(plain, again, strict=True))


@pytest.mark.parametrize("autocast", [False, True])
def test_a_bfloat16_model_trains_lora_in_float32(adapter: InternVLAdapter, autocast: bool) -> None:
    adapter.model.to(torch.bfloat16)
    before = logits(adapter)
    lora = add_lora(adapter, SMALL)
    assert torch.equal(logits(adapter), before)
    assert {p.dtype for p in lora.parameters()} == {torch.float32}
    stir(lora)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = gradients(adapter)
    assert {g.dtype for g in found} == {torch.float32}
    assert all(g.any() for g in found)


def test_merging_keeps_the_logits_and_leaves_a_plain_model(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    plain = [(n, type(m)) for n, m in adapter.named_modules()]
    before = copy.deepcopy(adapter.state_dict())
    stir(add_lora(adapter, SMALL))
    seen = logits(adapter)
    merge_lora(adapter)
    assert torch.allclose(logits(adapter), seen, atol=1e-4)
    assert get_lora(adapter) is None
    assert [(n, type(m)) for n, m in adapter.named_modules()] == plain
    changed = {n for n, t in adapter.state_dict().items() if not torch.equal(t, before[n])}
    assert {name.split(".")[-2] for name in changed} == set(PROJECTIONS)
    assert len(changed) == 2 * len(PROJECTIONS)
    assert all("language_model" in name for name in changed)

    adapter.save_pretrained(tmp_path)
    assert torch.equal(logits(load_internvl(tmp_path)), logits(adapter))


def test_a_bfloat16_model_gets_the_float32_sum_rounded_once(adapter: InternVLAdapter) -> None:
    adapter.model.to(torch.bfloat16)
    up = adapter.language_model.layers[0].mlp.up_proj
    base = up.weight.float().clone()
    lora = add_lora(adapter, SMALL)
    stir(lora)
    state = lora.state_dict()
    a, b = (state[f"layers.0.mlp.up_proj.{x}.weight"] for x in "AB")
    with torch.autocast("cpu", torch.bfloat16):
        merge_lora(adapter)
    merged = adapter.language_model.layers[0].mlp.up_proj.weight
    assert torch.equal(merged, (base + 2.0 * (b @ a)).bfloat16())


def test_lora_can_be_added_again_after_a_merge(adapter: InternVLAdapter) -> None:
    add_lora(adapter, SMALL)
    merge_lora(adapter)
    add_lora(adapter, SMALL)
    with pytest.raises(UsageError, match="has LoRA already. Train it on, or merge"):
        add_lora(adapter, SMALL)


def test_merging_without_lora_is_refused(adapter: InternVLAdapter) -> None:
    with pytest.raises(UsageError, match="no LoRA to merge. Call add_lora first"):
        merge_lora(adapter)


def test_a_decoder_without_a_projection_is_refused_untouched(adapter: InternVLAdapter) -> None:
    for layer in adapter.language_model.layers:
        layer.mlp.gate_projection = layer.mlp.gate_proj
        del layer.mlp.gate_proj
    before = [n for n, _ in adapter.named_modules()]
    with pytest.raises(UsageError, match="Qwen2Model: .*no linear layer gate_proj; expected"):
        add_lora(adapter)
    assert [n for n, _ in adapter.named_modules()] == before


@pytest.mark.parametrize(
    ("given", "found"),
    [({"r": 0}, "r 0"), ({"alpha": 0}, "alpha 0"), ({"dropout": 1.0}, "dropout 1.0")],
)
def test_options_that_cannot_train_are_refused(given: dict[str, Any], found: str) -> None:
    with pytest.raises(UsageError, match=f"LoRA with {found}; expected"):
        LoraOptions(**given)


def losses(adapter: ChatAdapter) -> Tensor:
    size = 2 * adapter.patch
    frames = torch.rand(3, 2, 3, size, size, generator=torch.Generator().manual_seed(0))
    prompts = [build_recognition_prompt(LABELS, num_frames=2, key=str(i)) for i in range(3)]
    return adapter.losses(frames, prompts, LABELS)


@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl"])
def test_qwen_is_trained_merged_and_loaded_alike(family: str, tmp_path: Path) -> None:
    """Its vision tower has a ``gate_proj`` of its own, which must get no LoRA."""
    adapter = tiny_qwen_vl(family, LABELS)
    before, names = losses(adapter), list(adapter.model.state_dict())
    stir(add_lora(adapter, SMALL))
    assert list(adapter.model.state_dict()) == names
    assert not any("lora" in name for name, _ in adapter.model.model.visual.named_modules())
    adapter.checkpoint_activations(True)
    adapter.lora.train()
    losses(adapter).sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in adapter.lora.parameters())
    adapter.lora.eval()
    seen = losses(adapter)
    assert not torch.allclose(seen, before, atol=1e-2)
    merge_lora(adapter)
    assert torch.allclose(losses(adapter), seen, atol=1e-4)
    adapter.save_pretrained(tmp_path)
    loaded = load_adapter(str(tmp_path), LoadOptions())
    assert isinstance(loaded, ChatAdapter)
    assert torch.allclose(losses(loaded), seen, atol=1e-4)
