"""Visual tokens that are mixtures of the language model's own words.

A frozen language model of this size reads what lies near its words, and hardly anything else:
with free tokens SmolLM2 named 42 % of a fold of NW-UCLA, where 56 % of the clips had the right
name's words nearest; with mixtures 51 %, and after an epoch of LoRA 55.
"""

from __future__ import annotations

from torch import Tensor

SHARPNESS = 40.0
"""How fast a word's part of a mixture falls with its distance: by e^20 for a squared length of a
word. A token may be half a length off its word, and an unrelated word, a length and a half away,
has e^-40 of that word's part."""


def compare_words(tokens: Tensor, table: Tensor) -> Tensor:
    """How near each token is to each word, as logits [..., V].

    Half of the squared distance, in mean squared lengths of a word, times :data:`SHARPNESS`; what
    all words have in common is left out.

    Args:
        tokens: [..., D].
        table: The language model's embeddings [V, D].
    """
    squares = table.square().sum(1)
    return (tokens @ table.T - squares / 2) * (SHARPNESS / squares.mean())


def mix_words(tokens: Tensor, table: Tensor) -> Tensor:
    """Each token as a mixture [..., D] of all words, mostly of the nearest ones.

    Args:
        tokens: [..., D].
        table: The language model's embeddings [V, D].
    """
    return compare_words(tokens, table).softmax(-1) @ table
