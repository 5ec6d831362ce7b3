"""Meanings without a sentence model."""

from __future__ import annotations

import pytest

from skeletonllm.evaluation.baselines import meanings
from skeletonllm.evaluation.baselines.meanings import Meanings
from tests.skeletonllm.evaluation.baselines.made_up import embed_by_letters


@pytest.fixture
def lettered(monkeypatch: pytest.MonkeyPatch) -> Meanings:
    """Meanings of a namespace of our own."""
    monkeypatch.setattr(meanings, "embed_names", embed_by_letters)
    return Meanings("lab")
