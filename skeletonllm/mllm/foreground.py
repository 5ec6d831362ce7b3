"""Which tokens reach the language model: text, and the visual tokens where something is drawn."""

from __future__ import annotations

import torch
from torch import Tensor


def choose_tokens(patches: Tensor) -> Tensor:
    """The visual tokens to show, bool [B, T, h w], at least one a frame.

    A frame without foreground (a person who left the picture) shows its middle token. With none,
    the text would say "Frame 3" and nothing would follow: no model saw that in its training; and
    a frame whose rendering is NaN would go unnoticed.

    Args:
        patches: Where a rendering has foreground, bool [B, T, h, w].

    Example:
        >>> choose_tokens(torch.zeros(1, 1, 1, 3, dtype=torch.bool)).tolist()
        [[[False, True, False]]]
    """
    height, width = patches.shape[-2:]
    chosen = patches.flatten(2).clone()
    middle = (height // 2) * width + width // 2
    chosen[..., middle] |= ~chosen.any(-1)
    return chosen


def find_shown(ids: Tensor, context: int, chosen: Tensor, lengths: Tensor) -> Tensor:
    """The tokens of whole sequences that are kept, bool [B, L]: text, and chosen visual tokens.

    Args:
        ids: Token ids [B, L], padded on the right.
        context: Id of a visual token.
        chosen: The visual tokens to show, bool [B, T, n], in order of the sequence.
        lengths: Tokens of each row that are no padding [B].
    """
    real = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
    return real.masked_scatter(ids == context, chosen)


def pack_rows(shown: Tensor) -> tuple[Tensor, Tensor]:
    """Where each kept token stands in its whole row [B, L'], and how many a row has [B].

    Rows are padded on the right, with tokens that are not kept: under a causal mask no kept token
    sees them.

    Args:
        shown: The tokens to keep, bool [B, L].

    Example:
        >>> index, lengths = pack_rows(torch.tensor([[True, False, True], [False, True, False]]))
        >>> index.tolist(), lengths.tolist()
        ([[0, 2], [1, 0]], [2, 1])
    """
    lengths = shown.sum(1)
    index = (~shown).to(torch.uint8).argsort(dim=1, stable=True)
    return index[:, : int(lengths.max())], lengths
