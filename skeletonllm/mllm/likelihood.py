"""Arithmetic of answers: padding, and the log-likelihood of given tokens."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


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
