"""A tiny random InternVL of the real classes: for tests, demos and machines without a GPU.

Nothing in it was ever trained. With the language model and the vision tower frozen, only a
projector that writes into random features, and a renderer that draws for them, can learn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from skeletonllm.mllm.internvl import CONTEXT, END_OF_TURN, SPECIAL_TOKENS, InternVLAdapter
from skeletonllm.prompts.recognition import recognition_prompt

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's, as InternVL's own image processor has them."""

LOUDNESS = {"position_embeddings": 2.0, "embed_tokens": 0.4}
"""Std of the tables that are looked up. A place must be as loud as a black patch (whose normalized
pixels have a std of 2), or the picture is a bag of patches; a word about as loud as what attention
adds to it, or either the words or the pictures go unheard."""

GAIN = {"q_proj": 2.0, "lm_head": 4.0}
"""What is drawn wider than 1/sqrt(fan-in), since nothing will ever train it: queries, so that heads
choose instead of averaging, and the head, so that it can be sure of a word."""


def tiny_internvl(
    texts: Iterable[str], *, size: int = 56, width: int = 64, seed: int = 0
) -> InternVLAdapter:
    """A random InternVL of a few hundred thousand weights.

    Args:
        texts: What it must be able to read cheaply, such as the labels of a release: their words
            become single tokens. Any other text is spelled in pieces.
        size: Side of a frame in pixels, a multiple of 28.
        width: Of both transformers.
        seed: Of the weights.

    Example:
        >>> adapter = tiny_internvl(["wave", "sit down"])
        >>> adapter.patch
        14
    """
    tokenizer = _tokenizer(texts)
    model = InternVLForConditionalGeneration(_config(tokenizer, size, width))
    _draw_weights(model, torch.Generator().manual_seed(seed))
    return InternVLAdapter(model, tokenizer, MEAN, STD, system="").eval()


def save_internvl(adapter: InternVLAdapter, folder: Path) -> None:
    """Write a checkpoint in the layout of InternVL3-8B-hf, for :func:`load_internvl`."""
    adapter.model.save_pretrained(folder)
    adapter.tokenizer.save_pretrained(folder)
    picture = {
        "image_mean": adapter.mean.flatten().tolist(),
        "image_std": adapter.std.flatten().tolist(),
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(picture, indent=2) + "\n")


def _tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE, as Qwen's, merged until every word of the texts is one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8192,
        min_frequency=1,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    labels = sorted(set(texts))
    prompt = recognition_prompt(["a", "b"], num_frames=16, key="")
    chat = "user\nassistant\n"
    tokenizer.train_from_iterator([chat, prompt, *labels, *(f"\n{x}" for x in labels)], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END_OF_TURN, pad_token=END_OF_TURN
    )


def _config(tokenizer: PreTrainedTokenizerFast, size: int, width: int) -> InternVLConfig:
    shape = {
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    vision = InternVLVisionConfig(
        **shape, image_size=[size, size], patch_size=[7, 7], layer_scale_init_value=1.0
    )
    text = Qwen2Config(
        **shape,
        num_key_value_heads=4,
        vocab_size=len(tokenizer),
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return InternVLConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=tokenizer.convert_tokens_to_ids(CONTEXT),
        image_seq_length=(size // 14) ** 2,
        tie_word_embeddings=False,
    )


@torch.no_grad()
def _draw_weights(model: nn.Module, generator: torch.Generator) -> None:
    """Normal weights of std gain/sqrt(fan-in), zero biases, unit scales.

    The library's 0.02 suits a width of thousands: at 64 every layer would all but erase its
    input, and training would sit at chance for hundreds of steps.
    """
    for name, weight in model.named_parameters():
        std = next((s for part, s in LOUDNESS.items() if part in name), None)
        gain = next((g for part, g in GAIN.items() if part in name), 1.0)
        if weight.dim() > 1:
            std = std or gain * weight[0].numel() ** -0.5
            weight.normal_(0, std, generator=generator)
        else:
            weight.fill_(0 if name.endswith("bias") else 1)
