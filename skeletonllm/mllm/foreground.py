"""Which tokens reach the language model: text, and the visual tokens where something is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skeletonllm.errors import UsageError


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


def choose_shown(
    patches: Tensor | None, shape: Sequence[int], patch: int, device: torch.device
) -> Tensor:
    """The visual tokens to show, bool [B, T, h w]: all of them where no foreground is given.

    Args:
        patches: Where a rendering has foreground, bool [B, T, h, w], or None.
        shape: B, T, h, w as the model sees its frames.
        patch: Side in pixels of what one of its tokens sees.
        device: Where the result goes.

    Raises:
        UsageError: The foreground was found in patches of another size.
    """
    if patches is None:
        return torch.ones(*shape, dtype=torch.bool, device=device).flatten(2)
    if patches.shape != tuple(shape):
        raise UsageError(
            f"foreground patches {tuple(patches.shape)}",
            expected=f"{tuple(shape)}, a patch for each visual token",
            hint=f"Render with patch={patch}, the model's own.",
        )
    return choose_tokens(patches.to(device, torch.bool))


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
