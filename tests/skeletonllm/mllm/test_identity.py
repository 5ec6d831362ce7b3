from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models
from torch import nn

from skeletonllm.mllm import (
    InternVLAdapter,
    LoadOptions,
    load_adapter,
    load_internvl,
    tiny_internvl,
)
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.mllm.lora import LoraOptions, add_lora, merge_lora
from skeletonllm.mllm.tiny.qwen_vl import tiny_qwen_vl

TRAINED = ("renderer", "projector")
LABELS = ("wave", "sit down", "kick the ball")


def add_token(adapter: InternVLAdapter) -> None:
    adapter.tokenizer.add_tokens(["<pose>"])


def exchange_merges(adapter: InternVLAdapter) -> None:
    """The same vocabulary, put together in another order."""
    whole = json.loads(adapter.tokenizer.backend_tokenizer.to_str())
    merges = whole["model"]["merges"]
    merges[0], merges[1] = merges[1], merges[0]
    adapter.tokenizer._tokenizer = Tokenizer.from_str(json.dumps(whole))


def set_template(adapter: InternVLAdapter) -> None:
    adapter.tokenizer.chat_template = "{{ messages }}"


def set_system(adapter: InternVLAdapter) -> None:
    adapter.system = "You are a judge of gymnastics."


def negate_head(adapter: InternVLAdapter) -> None:
    adapter.model.lm_head.weight.data.neg_()


def set_normalization(adapter: InternVLAdapter) -> None:
    adapter.mean.sub_(0.004)  # ImageNet's red, 0.485, to that of CLIP, 0.481


def change_norm(adapter: InternVLAdapter) -> None:
    adapter.language_model.norm.weight.data[0] += 0.01


def change_vision(adapter: InternVLAdapter) -> None:
    adapter.vision_tower.encoder.layer[0].mlp.fc1.weight.data[0, 0] += 0.01


CHANGES = [
    negate_head,
    add_token,
    exchange_merges,
    set_template,
    set_system,
    set_normalization,
    change_norm,
    change_vision,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_not_trained_changes_the_hash(
    adapter: InternVLAdapter, change: Callable[[InternVLAdapter], None]
) -> None:
    before = fingerprint(adapter, TRAINED)
    change(adapter)
    assert fingerprint(adapter, TRAINED) != before


def test_what_is_trained_does_not(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, TRAINED)
    adapter.projector.linear_1.weight.data.add_(1)
    assert fingerprint(adapter, TRAINED) == before
    assert fingerprint(adapter, ("renderer",)) != before


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
def test_a_checkpoint_has_one_hash_in_every_precision(
    adapter: InternVLAdapter, tmp_path: Path, stored: torch.dtype
) -> None:
    before = fingerprint(adapter, TRAINED)
    adapter.model.to(stored)
    adapter.save_pretrained(tmp_path)
    for dtype in (torch.float32, torch.bfloat16):
        loaded = load_internvl(tmp_path, LoadOptions(dtype=dtype), system="")
        assert loaded.model.dtype == dtype
        assert fingerprint(loaded, TRAINED) == before


def test_lora_does_not_change_the_hash_and_merging_it_does(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, TRAINED)
    lora = add_lora(adapter, LoraOptions(r=4))
    for trained in (TRAINED, (*TRAINED, "lora")):
        assert fingerprint(adapter, trained) == before
    for weight in lora.parameters():
        weight.data.add_(0.1)
    assert fingerprint(adapter, TRAINED) == before
    merge_lora(adapter)
    assert fingerprint(adapter, TRAINED) != before


def test_the_trained_language_model_is_left_out_with_lora_in_it(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, ("language_model",))
    add_lora(adapter, LoraOptions(r=4))
    adapter.language_model.norm.weight.data.add_(1)
    adapter.language_model.layers[0].mlp.up_proj.base_layer.weight.data.add_(1)
    assert fingerprint(adapter, ("language_model",)) == before


def test_tied_embeddings_count_under_both_names_or_none(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    """The same numbers in one tensor or in two are one model; training one trains the other."""
    table = adapter.language_model.embed_tokens
    adapter.model.lm_head.weight = nn.Parameter(table.weight.detach().clone())
    apart = fingerprint(adapter, TRAINED)
    adapter.model.lm_head.weight = table.weight
    assert fingerprint(adapter, TRAINED) == apart
    frozen = fingerprint(adapter, ("language_model",))
    table.weight.data.add_(1)
    assert fingerprint(adapter, ("language_model",)) == frozen
    assert fingerprint(adapter, TRAINED) != apart


def test_the_order_of_modules_does_not_matter(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, TRAINED)
    names = list(adapter.model.model._modules)
    modules = {name: adapter.model.model._modules.pop(name) for name in names}
    adapter.model.model._modules.update({name: modules[name] for name in reversed(names)})
    assert list(adapter.model.model._modules) != names
    assert fingerprint(adapter, TRAINED) == before


def test_rotary_tables_and_padding_do_not_matter(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, TRAINED)
    adapter.language_model.rotary_emb.inv_freq.mul_(0.999)
    adapter.tokenizer(["wave", "sit down"], padding=True, truncation=True, max_length=8)
    assert adapter.tokenizer.backend_tokenizer.padding is not None
    assert fingerprint(adapter, TRAINED) == before


def test_memory_layout_and_pieces_do_not_matter(
    adapter: InternVLAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(adapter, TRAINED)
    weight = adapter.model.lm_head.weight
    weight.data = weight.data.t().contiguous().t()
    assert not weight.is_contiguous()
    assert fingerprint(adapter, TRAINED) == before
    monkeypatch.setattr("skeletonllm.mllm.identity.CHUNK", 1000)
    assert fingerprint(adapter, TRAINED) == before


def test_transposed_weights_of_one_shape_differ(adapter: InternVLAdapter) -> None:
    before = fingerprint(adapter, TRAINED)
    weight = adapter.language_model.layers[0].self_attn.o_proj.weight
    weight.data = weight.data.t()
    assert fingerprint(adapter, TRAINED) != before


def test_an_old_tokenizer_without_merges_is_read_too(adapter: InternVLAdapter) -> None:
    adapter.tokenizer._tokenizer = Tokenizer(models.WordLevel({"wave": 0, "sit": 1}, unk_token="?"))
    one = fingerprint(adapter, TRAINED)
    adapter.tokenizer._tokenizer = Tokenizer(models.WordLevel({"wave": 1, "sit": 0}, unk_token="?"))
    assert fingerprint(adapter, TRAINED) != one


def test_two_models_of_one_seed_have_one_hash() -> None:
    first, again, other = (fingerprint(tiny_internvl(LABELS, seed=s), TRAINED) for s in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl"])
def test_qwen_has_one_hash_in_every_precision_and_with_lora(family: str, tmp_path: Path) -> None:
    adapter = tiny_qwen_vl(family, LABELS)
    before = fingerprint(adapter, TRAINED)
    for weight in adapter.projector.parameters():
        weight.data.add_(1)
    assert fingerprint(adapter, TRAINED) == before
    adapter.save_pretrained(tmp_path)
    for dtype in (torch.float32, torch.bfloat16):
        loaded = load_adapter(str(tmp_path), LoadOptions(dtype=dtype))
        assert fingerprint(loaded, TRAINED) == before
        add_lora(loaded, LoraOptions(r=2))
        assert fingerprint(loaded, TRAINED) == before
