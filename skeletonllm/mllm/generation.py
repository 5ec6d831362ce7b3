"""Answers told token by token, each the likeliest after all before it (greedy decoding)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.sequence import Ids, ReadPrompts, get_logits

MAX_TOKENS = 128
"""Tokens of an answer unless another number is asked for: three sentences, or a short rationale."""
CLIPS_AT_ONCE = 8
"""Clips that a model reads together; fewer would leave a GPU idle between short batches."""
BROKEN = "\ufffd"
"""What a decoder writes for bytes that are no whole character."""


@dataclass(frozen=True)
class Piece:
    """What one more token adds to an answer.

    Args:
        text: Whole characters; empty where the token is the first part of one, or no text.
        tokens: Tokens that it took: 1, or 0 once the answer has ended.
        ended: Whether the model has ended its turn.
    """

    text: str
    tokens: int
    ended: bool


@dataclass
class GrowingText:
    """An answer as it grows, in whole characters.

    A token of these models is some bytes, and an emoji takes several tokens: what may still become
    a character is held back.

    Args:
        tokenizer: Of the model.
        end: Token that ends a turn.
        ids: Tokens so far.
        told: Characters of the answer that were told.
        ended: Whether the turn has ended.
    """

    tokenizer: Any
    end: int
    ids: Ids = field(default_factory=list)
    told: int = 0
    ended: bool = False

    def add(self, token: int) -> Piece:
        """What the next token adds; nothing after the end of the turn.

        At the end of the turn all that was held back is told. An answer that is cut before it
        loses the part of a character that it may end with.
        """
        if self.ended:
            return Piece("", 0, True)
        self.ended = token == self.end
        if not self.ended:
            self.ids.append(token)
        text = self.tokenizer.decode(
            self.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        whole = text if self.ended else text.rstrip(BROKEN)
        piece = whole[self.told :]
        self.told = max(self.told, len(whole))
        return Piece(piece, 1, self.ended)


def tell_answers(
    read: ReadPrompts,
    answers: Sequence[GrowingText],
    embed: Callable[[Tensor], Tensor],
    head: nn.Module,
) -> Iterator[tuple[Piece, ...]]:
    """A piece of each answer a step, until all have ended or as many steps as there are positions.

    A step reads the likeliest token of each row, behind the cache of all before it. Rows that ended
    go on, unheard, while others have not.

    Args:
        read: Prompts, with the positions of the tokens after them.
        answers: One a prompt; they grow.
        embed: From token ids to embeddings.
        head: From hidden states to logits.

    Raises:
        UsageError: There are no positions: no token was asked for.
    """
    most = read.after.shape[-1]
    if not most:
        raise UsageError("an answer of 0 tokens", expected="max_tokens of 1 or more")
    state = read.last
    for step in range(most):
        tokens = get_logits(head, state).argmax(-1)  # [B]; of equally likely ones the first
        yield tuple(a.add(token) for a, token in zip(answers, tokens.tolist(), strict=True))
        if step + 1 == most or all(answer.ended for answer in answers):
            return
        steps = torch.full_like(tokens, step)[:, None]
        alone = torch.ones_like(steps, dtype=torch.bool)[..., None]
        state = read.read_on(embed(tokens[:, None]), steps, alone, keep=True)[:, 0]
