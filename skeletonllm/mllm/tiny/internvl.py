"""A tiny random InternVL of the real classes: for tests, demos and machines without a GPU.

Nothing in it was ever trained. With the language model and the vision tower frozen, only a
projector that writes into random features, and a renderer that draws for them, can learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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

from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.checkpoint import set_attention
from skeletonllm.mllm.internvl import CONTEXT, END_OF_TURN, SPECIAL_TOKENS, InternVLAdapter
from skeletonllm.prompts.recognition import build_recognition_prompt

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's, as InternVL's own image processor has them."""

EMBEDDING_STD = {"position_embeddings": 2.0, "embed_tokens": 0.4}
"""Standard deviation of embedding tables. A position needs that of a black patch (2 after
normalization): with less, attention cannot tell where a patch stands. A word needs about that of
what attention adds to it: with less the words have no effect, with more the pictures have none."""

GAIN = {"q_proj": 2.0, "lm_head": 4.0}
"""Factors on the usual std of 1/sqrt(fan-in), for weights that nothing will ever train. With 1 for
queries, a head averages over all tokens instead of choosing; with 1 for the output layer, no word
ever gets a high probability. With much more, the softmax saturates and gives no gradient."""


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
    tokenizer = train_tokenizer(texts, SPECIAL_TOKENS)
    model = InternVLForConditionalGeneration(_config(tokenizer, size, width))
    draw_weights(model, torch.Generator().manual_seed(seed), EMBEDDING_STD)
    picture = {"image_mean": list(MEAN), "image_std": list(STD)}
    return InternVLAdapter(model, tokenizer, picture, system="").eval()


def load_family(source: str, options: LoadOptions) -> InternVLAdapter:  # noqa: ARG001 - no files
    """What the registry calls: a tiny model, made and not loaded.

    Args:
        source: Its name; not used.
        options: Device, type of the weights, size, texts, seed and attention apply.
    """
    adapter = tiny_internvl(options.texts, size=options.size, seed=options.seed)
    set_attention(adapter.model, options.attention)
    adapter.model.to(options.dtype)
    return adapter.to(options.device)


def train_tokenizer(texts: Iterable[str], special_tokens: Iterable[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE, as Qwen's, merged until every word of the texts is one token.

    Args:
        texts: What has to be read in few tokens.
        special_tokens: Single tokens, never split; one of them ends a turn.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8192,
        min_frequency=1,
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    labels = sorted(set(texts))
    prompt = build_recognition_prompt(["a", "b"], num_frames=16, key="")
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
def draw_weights(
    model: nn.Module, generator: torch.Generator, embedding_std: Mapping[str, float]
) -> None:
    """Normal weights of std gain/sqrt(fan-in), zero biases, unit scales.

    The library's 0.02 suits a width of thousands: at 64 every layer would all but erase its
    input, and training would sit at chance for hundreds of steps.

    Args:
        model: Its weights are drawn anew.
        generator: What they are drawn from.
        embedding_std: Standard deviation of embedding tables, by a part of their names.
    """
    for name, weight in model.named_parameters():
        std = next((s for part, s in embedding_std.items() if part in name), None)
        gain = next((g for part, g in GAIN.items() if part in name), 1.0)
        if weight.dim() > 1:
            std = std or gain * weight[0].numel() ** -0.5
            weight.normal_(0, std, generator=generator)
        else:
            weight.fill_(0 if name.endswith("bias") else 1)
