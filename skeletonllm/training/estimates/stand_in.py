"""A tokenizer for a model whose own is not there: it knows how long a text is, not what it says."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

BYTES_A_TOKEN = 4.0
"""Of English text in UTF-8, as the makers of such tokenizers state it."""


class StandInTokenizer:
    """Cuts text into its special tokens, and the rest into pieces of four bytes.

    Args:
        special: Special tokens and their ids, those of the model's configuration among them.
    """

    chat_template = None

    def __init__(self, special: Mapping[str, int]) -> None:
        self._special = dict(special)
        self._cut = re.compile("(" + "|".join(map(re.escape, special)) + ")")
        self._word = next(i for i in range(len(special) + 1) if i not in special.values())

    def get_vocab(self) -> dict[str, int]:
        """The special tokens and their ids."""
        return dict(self._special)

    def convert_tokens_to_ids(self, token: str) -> int:
        """The id of a special token."""
        return self._special[token]

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        """``input_ids`` of a text."""
        ids: list[int] = []
        for piece in self._cut.split(text):
            if piece in self._special:
                ids.append(self._special[piece])
            else:
                ids += [self._word] * math.ceil(len(piece.encode()) / BYTES_A_TOKEN)
        return {"input_ids": ids}


def number_specials(
    tokens: Sequence[str], known: Mapping[str, int], vocabulary: int
) -> dict[str, int]:
    """An id for each special token: the known ones, and the last ids of the vocabulary.

    Args:
        tokens: Special tokens.
        known: Ids that the configuration states.
        vocabulary: Number of ids.
    """
    taken = set(known.values())
    free = (i for i in range(vocabulary - 1, -1, -1) if i not in taken)
    return {token: known[token] if token in known else next(free) for token in tokens}
