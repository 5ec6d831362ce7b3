"""A small adapter whose ends are random and tiny: the real ones are an extra, and slow to make."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from skeletonllm.mllm.small.adapter import SmallAdapter, make_projector

WORDS = "You are an expert Which action wave sit down throw user system assistant a b c"


class CoarseTower(nn.Module):
    """Means of cells of 32 pixels for features; counts the pictures it saw."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.mix, self.pictures = nn.Conv2d(3, features, 32, stride=32), 0

    def map_pictures(self, pictures: Tensor) -> Tensor:
        self.pictures += len(pictures)
        mixed: Tensor = self.mix(pictures)
        return mixed


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        special_tokens=list(SmallAdapter.special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(WORDS.split(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")


def make_adapter(patch: int = 64) -> SmallAdapter:
    tokenizer = make_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=24,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        initializer_range=0.3,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, tower = LlamaForCausalLM(config), CoarseTower(16)
    projector = make_projector(model, 0, features=16, width=16, heads=2)
    adapter = SmallAdapter(model, tokenizer, tower, projector, patch=patch).eval()
    adapter.requires_grad_(False)
    projector.requires_grad_(True)
    return adapter


@pytest.fixture
def adapter() -> SmallAdapter:
    """Frozen but for its projector; 64 pixels a token."""
    return make_adapter()


@pytest.fixture
def frames() -> Tensor:
    """Two clips of three frames of 128 pixels: four tokens a frame."""
    return torch.rand(2, 3, 3, 128, 128, generator=torch.Generator().manual_seed(0))
