"""Sequences of tokens: written as a chat, read by a decoder, and how likely an answer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Ids = list[int]


@dataclass(frozen=True, eq=False)
class Visual:
    """What a vision tower and its projector say about frames.

    Args:
        tokens: Visual tokens [B, T, n, D]; n is h w, row by row.
        deep: Features for the first layers of the decoder (Qwen3-VL's deepstack), as ``tokens``.
    """

    tokens: Tensor
    deep: tuple[Tensor, ...] = ()

    def select(self, clips: Sequence[int]) -> Visual:
        """Those of some clips."""
        return Visual(self.tokens[clips], tuple(each[clips] for each in self.deep))


@dataclass(frozen=True, eq=False, kw_only=True)
class DecoderInput:
    """What a decoder reads: L tokens a row, after P tokens that its cache holds.

    Args:
        embeds: Embeddings [B, L, D].
        positions: Rope positions, [B, L] or [axes, B, L].
        mask: Which tokens may be seen, bool [B, P + L]. Never None: `transformers` would take
            gaps in positions for borders between packed texts.
        visual: Which of the L are visual tokens, bool [B, L].
        deep: Features [N, D] of these N tokens, row by row, for each of the first layers.
        cache: Keys and values of the P tokens.
        use_cache: Whether a cache is returned. Off while training: a cache takes memory, and
            keeps layers from recomputing their activations.
    """

    embeds: Tensor
    positions: Tensor
    mask: Tensor
    visual: Tensor
    deep: tuple[Tensor, ...] = ()
    cache: Any = None
    use_cache: bool = False


@dataclass(frozen=True, eq=False)
class Rows:
    """Sequences without their background, ready for the decoder.

    Args:
        tokens: For :meth:`ChatAdapter.decode`.
        lengths: Tokens of each row that are no padding [B].
    """

    tokens: DecoderInput
    lengths: Tensor


def write_chat(tokenizer: Any, system: str, text: str) -> str:
    """One turn of a user, and the start of the answer, in the model's own format.

    By the checkpoint's chat template if it has one, else in ChatML, as InternVL 3, Qwen and
    SmolLM2 speak it.

    Args:
        tokenizer: May have a ``chat_template``.
        system: System message; empty for none.
        text: What the user says, frames included.
    """
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": text})
    if tokenizer.chat_template:
        templated: str = tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        return templated
    said = "".join(f"<|im_start|>{t['role']}\n{t['content']}<|im_end|>\n" for t in turns)
    return f"{said}<|im_start|>assistant\n"


def take_positions(positions: Tensor, index: Tensor) -> Tensor:
    """Positions at places of each row: [(axes,) B, L] and [B, n] give [(axes,) B, n].

    Args:
        positions: Of whole sequences.
        index: Places to take, in each row.
    """
    return positions.gather(-1, index.expand(*positions.shape[:-1], index.shape[-1]))


def pad_tokens(rows: Sequence[list[int]], value: int, device: torch.device) -> Tensor:
    """Token ids as one int64 tensor [B, L], padded on the right to the longest row.

    Args:
        rows: Token ids of each text.
        value: Token id to pad with.
        device: Where the tensor goes.

    Example:
        >>> pad_tokens([[1, 2], [3]], 0, torch.device("cpu")).tolist()
        [[1, 2], [3, 0]]
    """
    length = max(len(row) for row in rows)
    return torch.tensor([row + [value] * (length - len(row)) for row in rows], device=device)


def sum_log_likelihood(
    head: nn.Module, before: Sequence[Tensor], tokens: Sequence[list[int]]
) -> Tensor:
    """Log-likelihood of each token list, summed, float32 [B].

    Args:
        head: From hidden states to logits. It sees only the positions that are scored: with a
            vocabulary of 150,000, the logits of a whole prompt would outweigh the model.
        before: Hidden states [n_i, D] at the position before each token of text i.
        tokens: The n_i token ids of each text.
    """
    flat = torch.tensor([token for row in tokens for token in row], device=before[0].device)
    # A head in bfloat16 may stand behind a decoder that a stage trains in float32.
    logits = head(torch.cat(list(before)).to(next(head.parameters()).dtype)).float()
    each = logits.log_softmax(-1).gather(-1, flat[:, None])[:, 0]
    return torch.stack([part.sum() for part in torch.split(each, [len(row) for row in tokens])])
