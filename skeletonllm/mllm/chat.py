"""What all families of chat models share: text around frames, scores, foreground tokens.

A family brings hooks: how it sees frames (:meth:`ChatAdapter.see`), which text stands for one
(:meth:`ChatAdapter.placeholder`), where tokens stand (:meth:`ChatAdapter.positions`), and, where
its decoder takes more than embeddings, :meth:`ChatAdapter.decode`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.checkpoint import Checkpoint, save_checkpoint, use_attention
from skeletonllm.mllm.foreground import choose_shown, choose_tokens, find_shown, pack_rows
from skeletonllm.mllm.generation import CLIPS_AT_ONCE, MAX_TOKENS, GrowingText, Piece, tell_answers
from skeletonllm.mllm.sequence import (
    DecoderInput,
    Ids,
    ReadPrompts,
    Rows,
    Visual,
    cut_answers,
    lay_out_branches,
    pad_tokens,
    sum_log_likelihood,
    take_positions,
    write_chat,
)
from skeletonllm.prompts.recognition import IMAGE, SYSTEM

WORDS_AT_ONCE = 128
"""Tokens of candidates that a clip is scored with at a time, so that memory does not grow with the
candidates: 8 clips have 1,024 rows of logits at most, 0.6 GB of a vocabulary of 150,000."""


class ChatAdapter(Adapter):
    """A multimodal chat model of `transformers`: frames and a prompt in, answers out.

    Weights may have any dtype, another one in each part; losses and scores are float32.

    Args:
        model: A model for conditional generation.
        tokenizer: Its tokenizer; knows :attr:`special_tokens`.
        picture: How its pictures are prepared: ``image_mean``, ``image_std`` and what else its
            ``preprocessor_config.json`` says.
        system: System message; empty for none.
        files: Texts of other files of its processor, by name; written with the model again.

    Raises:
        UsageError: The tokenizer lacks a special token.
    """

    special_tokens: ClassVar[tuple[str, ...]]
    """What the tokenizer must know as single tokens."""
    context_token: ClassVar[str]
    """The token that stands for one visual token."""
    end_token: ClassVar[str] = "<|im_end|>"
    """The token that ends a turn."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        picture: Mapping[str, Any],
        system: str = SYSTEM,
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.model, self.tokenizer, self.system = model, tokenizer, system
        self.picture, self.files = dict(picture), dict(files)
        for name in ("mean", "std"):
            channels = torch.tensor(picture[f"image_{name}"]).view(3, 1, 1)
            self.register_buffer(name, channels, persistent=False)
        known = tokenizer.get_vocab()
        missing = [token for token in self.special_tokens if token not in known]
        if missing:
            raise UsageError(f"the tokenizer lacks {missing}", hint="Is it the model's own?")
        self.context: int = known[self.context_token]
        self.end: int = known[self.end_token]

    # -- hooks of a family ------------------------------------------------------------------

    @abstractmethod
    def see(self, frames: Tensor) -> Visual:
        """Visual tokens of frames [B, T, 3, H, W] in 0..1; H and W are multiples of ``patch``."""

    @abstractmethod
    def placeholder(self, count: int) -> str:
        """The text that stands for one frame of ``count`` visual tokens."""

    def positions(self, ids: Tensor, grid: tuple[int, int]) -> Tensor | None:  # noqa: ARG002
        """Rope positions of whole sequences, background included, [B, L] or [axes, B, L].

        Args:
            ids: Token ids [B, L], padded on the right.
            grid: Visual tokens of a frame, down and across.

        Returns:
            None for 0 to L - 1.
        """
        return None

    def decode(self, tokens: DecoderInput) -> Any:
        """The decoder's ``last_hidden_state`` [B, L, D], and ``past_key_values`` if asked for.

        Args:
            tokens: What it reads.
        """
        return self.language_model(
            inputs_embeds=tokens.embeds,
            position_ids=tokens.positions,
            attention_mask=tokens.mask,
            past_key_values=tokens.cache,
            use_cache=tokens.use_cache,
        )

    # -- shared -----------------------------------------------------------------------------

    @property
    def language_model(self) -> nn.Module:
        """The decoder, without its head."""
        return self.parts()["language_model"]

    @property
    def head(self) -> nn.Module:
        """From hidden states to logits."""
        module: nn.Module = self.model.get_output_embeddings()
        return module

    def normalize(self, frames: Tensor) -> Tensor:
        """Frames in 0..1 as the vision tower saw pictures in its own training, float32."""
        return (frames.float() - self.mean) / self.std

    def save_pretrained(self, folder: Path) -> None:
        """Write weights, tokenizer and processor files, as the library and we read them.

        Args:
            folder: Folder to write.
        """
        save_checkpoint(Checkpoint(self.model, self.tokenizer, self.picture, self.files), folder)

    def losses(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        answers: Sequence[str],
        patches: Tensor | None = None,
    ) -> Tensor:
        """Cross entropy of each answer, float32 [B]; see :meth:`Adapter.losses`.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            answers: The right answer to each.
            patches: Foreground of the rendering, bool [B, T, h, w]; None shows all.
        """
        grid = self._grid(frames)
        chosen = self._choose(frames, grid, patches)
        asked, answered = self.prompt_ids(prompts, chosen.shape), self.answer_ids(answers)
        _check_count(len(answered), len(asked), "answers")
        whole = [a + b for a, b in zip(asked, answered, strict=True)]
        rows = self._arrange(whole, self.see(frames), chosen, grid)
        hidden = self.decode(rows.tokens).last_hidden_state
        ends = zip(hidden, rows.lengths.tolist(), answered, strict=True)
        before = [row[end - len(answer) - 1 : end - 1] for row, end, answer in ends]
        likelihood = sum_log_likelihood(self.head, before, answered)
        return -likelihood / likelihood.new_tensor([len(answer) for answer in answered])

    @torch.no_grad()
    def score_candidates(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
        patches: Tensor | None = None,
    ) -> list[Tensor]:
        """Log-likelihoods, float32 [C_i] a clip; see :meth:`Adapter.score_candidates`.

        A clip is seen once and its prompt read once, however many candidates there are: they stand
        side by side behind it, and none sees another.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            candidates: The answers to compare, for each clip.
            patches: Foreground of the rendering, bool [B, T, h, w]; None shows all.
        """
        grid = self._grid(frames)
        chosen = self._choose(frames, grid, patches)
        asked = self.prompt_ids(prompts, chosen.shape)
        answered = [self.answer_ids(each) for each in candidates]
        _check_count(len(answered), len(asked), "lists of candidates")
        visual = self.see(frames)
        shown = chosen.flatten(1).sum(1).tolist()
        # Alike lengths together: little padding, and memory that does not jump about.
        order = sorted(range(len(asked)), key=lambda i: (shown[i] + len(asked[i]), i))
        scores: dict[int, Tensor] = {}
        for at in range(0, len(order), CLIPS_AT_ONCE):
            few = order[at : at + CLIPS_AT_ONCE]
            texts = [asked[i] for i in few], [answered[i] for i in few]
            found = self._score(*texts, visual.select(few), chosen[few], grid)
            scores.update(zip(few, found, strict=True))
        return [scores[i] for i in range(len(asked))]

    @torch.no_grad()
    def tell(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        patches: Tensor | None = None,
        *,
        max_tokens: int = MAX_TOKENS,
    ) -> Iterator[tuple[Piece, ...]]:
        """See :meth:`Adapter.tell`: each prompt is read once, then one token a step."""
        grid = self._grid(frames)
        chosen = self._choose(frames, grid, patches)
        asked = self.prompt_ids(prompts, chosen.shape)
        read = self._read(asked, self.see(frames), chosen, grid, max_tokens)
        answers = [GrowingText(self.tokenizer, self.end) for _ in asked]
        yield from tell_answers(read, answers, self._embed, self.head)

    def count_tokens(
        self,
        prompts: Sequence[str],
        answers: Sequence[str] | None = None,
        patches: Tensor | None = None,
        frames_shown: Tensor | None = None,
    ) -> list[int]:
        """Tokens of each clip that reach the language model; see :meth:`Adapter.count_tokens`.

        Args:
            prompts: One a clip.
            answers: One a clip; None counts the prompts alone.
            patches: Foreground of the rendering, bool [B, T, h, w]; None shows all.
            frames_shown: The frames [B, T, 3, H, W]; only their shape is read. Needed where
                ``patches`` is None.

        Raises:
            UsageError: Neither patches nor frames.
        """
        if frames_shown is not None:
            chosen = self._choose(frames_shown, self._grid(frames_shown), patches)
        elif patches is not None:
            chosen = choose_tokens(patches)
        else:
            raise UsageError("neither patches nor frames to count", hint="Give one of them.")
        asked = self.prompt_ids(prompts, chosen.shape)
        said = self.answer_ids(answers) if answers is not None else [[] for _ in asked]
        dropped = (~chosen).flatten(1).sum(1).tolist()
        return [len(a) + len(b) - n for a, b, n in zip(asked, said, dropped, strict=True)]

    def prompt_ids(self, prompts: Sequence[str], shape: Sequence[int]) -> list[Ids]:
        """Token ids up to the point where the assistant speaks, background included.

        Args:
            prompts: One a clip, with one ``<image>`` for each frame.
            shape: Clips, frames, and visual tokens of a frame.

        Raises:
            UsageError: Another number of prompts or of ``<image>``, or a token in a prompt that
                only frames may bring.
        """
        clips, shown, each = shape
        _check_count(len(prompts), clips, "prompts")
        for prompt in prompts:
            if prompt.count(IMAGE) != shown or self.context_token in prompt:
                found = f"a prompt with {prompt.count(IMAGE)} {IMAGE} for {shown} frames"
                raise UsageError(found, expected="one for each frame", where=prompt[:60])
        picture = self.placeholder(each)
        return [
            self._ids(write_chat(self.tokenizer, self.system, prompt.replace(IMAGE, picture)))
            for prompt in prompts
        ]

    def answer_ids(self, answers: Sequence[str]) -> list[Ids]:
        """Token ids of answers, each with its end of turn."""
        return [[*self._ids(answer), self.end] for answer in answers]

    def count_answer_tokens(self, answers: Sequence[str]) -> list[int]:
        """Tokens of each answer, its end of turn included."""
        return [len(ids) for ids in self.answer_ids(answers)]

    def _ids(self, text: str) -> Ids:
        ids: Ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _grid(self, frames: Tensor) -> tuple[int, int]:
        """Visual tokens of a frame, down and across."""
        height, width = frames.shape[-2:]
        if height % self.patch or width % self.patch or not height * width:
            size = f"multiples of {self.patch} pixels"
            raise RenderError(f"frames of {height} x {width}", expected=size)
        return height // self.patch, width // self.patch

    def _choose(self, frames: Tensor, grid: tuple[int, int], patches: Tensor | None) -> Tensor:
        """Visual tokens that are shown, bool [B, T, n]."""
        return choose_shown(patches, (*frames.shape[:2], *grid), self.patch, frames.device)

    def _arrange(
        self, whole: Sequence[Ids], visual: Visual, chosen: Tensor, grid: tuple[int, int]
    ) -> Rows:
        """Sequences with background dropped; each kept token keeps its position in the whole."""
        device = chosen.device
        ids = pad_tokens(whole, self.end, device)
        full = torch.tensor([len(row) for row in whole], device=device)
        shown = find_shown(ids, self.context, chosen, full)
        index, lengths = pack_rows(shown)
        positions = take_positions(self._positions(ids, grid), index)
        real = torch.arange(index.shape[1], device=device) < lengths[:, None]
        ids = ids.gather(1, index).masked_fill(~real, self.end)
        here = ids == self.context
        tokens = DecoderInput(
            embeds=self._embed(ids, visual.tokens[chosen]),
            positions=positions,
            mask=torch.ones_like(real),  # padding stands on the right of a causal model
            visual=here,
            deep=tuple(each[chosen] for each in visual.deep),
        )
        return Rows(tokens, lengths)

    def _score(
        self,
        asked: list[Ids],
        answered: list[list[Ids]],
        visual: Visual,
        chosen: Tensor,
        grid: tuple[int, int],
    ) -> list[Tensor]:
        """Scores of a few clips: each prompt is read once, and all its candidates behind it."""
        longest = max(len(answer) for answers in answered for answer in answers)
        read = self._read(asked, visual, chosen, grid, longest)
        groups: list[list[Tensor]] = []
        for group in cut_answers(answered, WORDS_AT_ONCE):
            branches = lay_out_branches(group, self.end, chosen.device)
            embeds = self._embed(branches.ids)
            hidden = read.read_on(embeds, branches.steps, branches.mask, keep=False)
            groups.append(branches.sum_log_likelihood(self.head, read.last, hidden))
        return [torch.cat(each) for each in zip(*groups, strict=True)]

    def _read(
        self, asked: list[Ids], visual: Visual, chosen: Tensor, grid: tuple[int, int], after: int
    ) -> ReadPrompts:
        """Prompts, read once, and where ``after`` tokens behind each would stand."""
        prompt = self._arrange(asked, visual, chosen, grid)
        read = self.decode(replace(prompt.tokens, use_cache=True))
        width = torch.arange(prompt.tokens.embeds.shape[1], device=chosen.device)
        return ReadPrompts(
            decode=self._decode_behind,
            cache=read.past_key_values,
            seen=width < prompt.lengths[:, None],
            last=read.last_hidden_state[range(len(asked)), prompt.lengths - 1],
            after=self._positions_after(asked, after, grid),
        )

    def _decode_behind(self, tokens: DecoderInput) -> Any:
        """As :meth:`decode`, with the attention that takes a row of the mask for each token."""
        with use_attention(self.language_model, "sdpa"):
            return self.decode(tokens)

    def _positions(self, ids: Tensor, grid: tuple[int, int]) -> Tensor:
        positions = self.positions(ids, grid)
        counted = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        return counted if positions is None else positions

    def _positions_after(self, asked: Sequence[Ids], count: int, grid: tuple[int, int]) -> Tensor:
        """Positions of ``count`` words after each prompt, [B, count] or [axes, B, count].

        Which words does not matter: positions of text only count up.
        """
        device = self.mean.device
        ids = pad_tokens([[*row, *[self.end] * count] for row in asked], self.end, device)
        first = torch.tensor([len(row) for row in asked], device=device)
        return take_positions(
            self._positions(ids, grid), first[:, None] + torch.arange(count).to(device)
        )

    def _embed(self, ids: Tensor, visual: Tensor | None = None) -> Tensor:
        """Token embeddings [B, L, D], with visual tokens [N, D] in their places."""
        embedded: Tensor = self.language_model.get_input_embeddings()(ids)  # type: ignore[operator]
        if visual is None:
            return embedded
        here = (ids == self.context).unsqueeze(-1)
        return embedded.masked_scatter(here, visual.to(embedded.dtype))


def _check_count(given: int, clips: int, what: str) -> None:
    if given != clips:
        raise UsageError(f"{given} {what}", expected=f"{clips}, one a clip")
