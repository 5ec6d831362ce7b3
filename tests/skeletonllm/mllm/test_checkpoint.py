from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import InternVLForConditionalGeneration

from skeletonllm.errors import UsageError
from skeletonllm.mllm import InternVLAdapter, LoadOptions, load_adapter
from skeletonllm.mllm.checkpoint import read_checkpoint, set_attention


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_attention_and_dtype_are_as_asked(
    adapter: InternVLAdapter, tmp_path: Path, attention: str
) -> None:
    adapter.save_pretrained(tmp_path)
    options = LoadOptions(attention=attention, dtype=torch.bfloat16)
    loaded = load_adapter(str(tmp_path), options)
    assert isinstance(loaded, InternVLAdapter)
    config = loaded.model.config
    for part in (config, config.text_config, config.vision_config):
        assert part._attn_implementation == attention
    assert {p.dtype for p in loaded.parameters()} == {torch.bfloat16}
    assert loaded.mean.dtype == torch.float32
    tiny = load_adapter("tiny", options)
    assert isinstance(tiny, InternVLAdapter)
    assert tiny.language_model.config._attn_implementation == attention  # type: ignore[union-attr]


def test_attention_that_does_not_run_here_says_what_to_do(
    adapter: InternVLAdapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "transformers.modeling_utils.PreTrainedModel._flash_attn_can_dispatch", _refuse
    )
    adapter.save_pretrained(tmp_path)
    flash = LoadOptions(attention="flash_attention_2", dtype=torch.bfloat16)
    expected = r"attention flash_attention_2 does not run here .*flash-attn.*sdpa is part of torch"
    with pytest.raises(UsageError, match=expected):
        load_adapter(str(tmp_path), flash)
    with pytest.raises(UsageError, match=expected):
        set_attention(adapter.model, "flash_attention_2")


def _refuse(*_args: object, **_kwargs: object) -> None:
    raise ImportError("the package seems not to be installed")


def test_an_unknown_attention_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="attention 'flash'; expected one of sdpa, flash_attenti"):
        load_adapter("tiny", LoadOptions(attention="flash"))
    kind = InternVLForConditionalGeneration
    with pytest.raises(UsageError, match="expected one of sdpa"):
        read_checkpoint(kind, str(tmp_path), LoadOptions(attention="flash"), like="x/y")
