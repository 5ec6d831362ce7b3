"""Sequences of tokens: written as a chat, read by a decoder, and how likely an answer is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
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
        mask: Which tokens may be seen, bool [B, P + L]; or, for each that looks, which ones it
            sees, bool [B, 1, L, P + L] (SDPA alone takes it). Never None: `transformers` would
            take gaps in positions for borders between packed texts.
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


@dataclass(eq=False)
class ReadPrompts:
    """Prompts that a decoder has read once: whatever is said after them is read behind its cache.

    Args:
        decode: Runs the decoder.
        cache: Its keys and values of all P tokens so far.
        seen: Which of them the next tokens see, bool [B, P]; not the padding of a short prompt,
            which lies before what is said.
        last: Hidden state at the end of each prompt [B, D].
        after: Positions after each prompt, [B, N] or [axes, B, N].
    """

    decode: Callable[[DecoderInput], Any]
    cache: Any
    seen: Tensor
    last: Tensor
    after: Tensor

    def read_on(self, embeds: Tensor, steps: Tensor, mask: Tensor, *, keep: bool) -> Tensor:
        """Hidden states [B, S, D] of S tokens after each prompt.

        The mask has a row for each token, which SDPA alone takes.

        Args:
            embeds: Their embeddings [B, S, D].
            steps: How manieth token after its prompt each is [B, S].
            mask: Which of the S each token sees, bool [B, S, S].
            keep: Whether later tokens see these. They stay in the cache in any case.
        """
        before = self.seen[:, None].expand(-1, mask.shape[1], -1)
        unseen = torch.zeros_like(steps, dtype=torch.bool)
        tail = DecoderInput(
            embeds=embeds,
            positions=take_positions(self.after, steps),
            mask=torch.cat([before, mask], dim=2)[:, None],
            visual=unseen,
            cache=self.cache,
            use_cache=True,
        )
        read = self.decode(tail)
        self.cache = read.past_key_values
        self.seen = torch.cat([self.seen, ~unseen if keep else unseen], dim=1)
        hidden: Tensor = read.last_hidden_state
        return hidden


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


@dataclass(frozen=True, eq=False)
class Branches:
    """Several answers to each prompt, side by side in one row, none of which sees another.

    An answer's last token is left out: nothing is said after it.

    Args:
        ids: Token ids [B, S].
        steps: How manieth token of its answer each is [B, S].
        mask: Which of the row each token sees: its own answer up to itself, bool [B, S, S].
        answers: The answers themselves, for each row.
    """

    ids: Tensor
    steps: Tensor
    mask: Tensor
    answers: Sequence[Sequence[Ids]]

    def sum_log_likelihood(self, head: nn.Module, last: Tensor, hidden: Tensor) -> list[Tensor]:
        """Of each answer, one float32 tensor a row.

        Args:
            head: As in :func:`sum_log_likelihood`.
            last: Hidden state at the end of each prompt [B, D].
            hidden: Hidden states of the answers [B, S, D].
        """
        before: list[Tensor] = []
        for first, states, answers in zip(last, hidden, self.answers, strict=True):
            lengths = [len(answer) - 1 for answer in answers]
            read = torch.split(states[: sum(lengths)], lengths) if lengths else ()
            before += [torch.cat([first[None], each]) for each in read]
        each = sum_log_likelihood(head, before, [a for row in self.answers for a in row])
        return list(torch.split(each, [len(row) for row in self.answers]))


def lay_out_branches(
    answered: Sequence[Sequence[Ids]], value: int, device: torch.device
) -> Branches:
    """The answers to each prompt in one row.

    Args:
        answered: Token ids of each answer, for each prompt; possibly none.
        value: Token id to pad with.
        device: Where the tensors go.

    Example:
        >>> lay_out_branches([[[5, 6, 0], [7, 0]]], 0, torch.device("cpu")).mask.int().tolist()
        [[[1, 0, 0], [1, 1, 0], [0, 0, 1]]]
    """
    told = [[answer[:-1] for answer in answers] for answers in answered]
    ids = [list(chain.from_iterable(row)) or [value] for row in told]
    steps = [[i for words in row for i in range(len(words))] or [0] for row in told]
    owner = [[a for a, words in enumerate(row) for _ in words] or [0] for row in told]
    step, of = pad_tokens(steps, 0, device), pad_tokens(owner, -1, device)
    same = of[:, :, None] == of[:, None]
    mask = same & (step[:, :, None] >= step[:, None])
    return Branches(pad_tokens(ids, value, device), step, mask, answered)


def cut_answers(answered: Sequence[Sequence[Ids]], most: int) -> Iterator[list[list[Ids]]]:
    """Answers in groups of at most ``most`` tokens a prompt; a longer one is alone.

    Args:
        answered: Token ids of each answer, for each prompt.
        most: Tokens.

    Example:
        >>> list(cut_answers([[[1, 2], [3], [4, 5]], [[6]]], 3))
        [[[[1, 2], [3]], [[6]]], [[[4, 5]], []]]
    """
    cut = []
    for answers in answered:
        groups: list[list[Ids]] = []
        for answer in answers:
            if groups and sum(map(len, groups[-1])) + len(answer) <= most:
                groups[-1].append(answer)
            else:
                groups.append([answer])
        cut.append(groups)
    return (list(group) for group in zip_longest(*cut, fillvalue=[]))


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
    logits = get_logits(head, torch.cat(list(before)))
    each = logits.log_softmax(-1).gather(-1, flat[:, None])[:, 0]
    return torch.stack([part.sum() for part in torch.split(each, [len(row) for row in tokens])])


def get_logits(head: nn.Module, hidden: Tensor) -> Tensor:
    """Logits in float32 [..., V].

    A head in bfloat16 may stand behind a decoder that a stage trains in float32.

    Args:
        head: From hidden states to logits.
        hidden: Hidden states [..., D].
    """
    logits: Tensor = head(hidden.to(next(head.parameters()).dtype))
    return logits.float()
