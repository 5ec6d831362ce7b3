"""The offline model ``small``: EfficientNet-Lite0, a projector, and SmolLM2-135M-Instruct.

Both ends were trained by others and come as pip packages, without hub or key; the projector
between them is new, and speaks to the model in mixtures of its own words. It runs on two cores, so
sequences are kept short: a visual token a frame of 112 pixels, and nothing around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlamaForCausalLM

from skeletonllm.defaults import SMALL_RANDOM
from skeletonllm.errors import UsageError
from skeletonllm.mllm.activations import cast_inputs
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.checkpoint import read_checkpoint
from skeletonllm.mllm.sequence import DecoderInput, Visual
from skeletonllm.mllm.small.language import load_language_model, make_untaught
from skeletonllm.mllm.small.packages import need_packages
from skeletonllm.mllm.small.prefix import decode_behind_prefix
from skeletonllm.mllm.small.projector import Projector, ProjectorOptions
from skeletonllm.mllm.small.tower import MEAN, STD, Tower
from skeletonllm.mllm.small.words import compare_words, mix_words

PATCH = 112
"""Pixels a side that a visual token sees: a frame of 112 pixels is one token, of 224 four."""
WEIGHTS = "small.safetensors"
"""Beside a saved language model: tower and projector."""


class SmallAdapter(ChatAdapter):
    """Frames in, answers out; see :class:`ChatAdapter`.

    Wherever frames [B, T, 3, H, W] are taken, their features [B, T, 1280, h, w] may be given
    instead, as :meth:`look` returns them: behind a fixed renderer a frozen tower need not look
    twice.

    Args:
        model: A ``LlamaForCausalLM``.
        tokenizer: Its tokenizer.
        tower: Has ``map_pictures``, as :class:`Tower`.
        projector: From the tower's maps to the model's embeddings.
        patch: Pixels a side that a visual token sees.
        system: System message; empty for none, which this model answers best behind.

    Example:
        >>> adapter = load_adapter("small", LoadOptions())  # doctest: +SKIP
        >>> features = adapter.look(rendering.frames)  # doctest: +SKIP
        >>> losses = adapter.losses(features, prompts, answers)  # doctest: +SKIP
    """

    auto_class: ClassVar[str] = "AutoModelForCausalLM"  # eyes and projector lie beside it
    context_token: ClassVar[str] = "<empty_output>"  # SmolLM2's own, and of no use in a chat
    special_tokens: ClassVar[tuple[str, ...]] = ("<|im_start|>", "<|im_end|>", context_token)

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        tower: Any,
        projector: Projector,
        *,
        patch: int = PATCH,
        system: str = "",
    ) -> None:
        picture = {
            "image_mean": [MEAN] * 3,
            "image_std": [STD] * 3,
            "patch": patch,
            "projector": asdict(projector.options),
        }
        super().__init__(model, tokenizer, picture, system)
        self.vision_tower, self.projector = tower, projector
        cast_inputs(projector)

    @property
    def patch(self) -> int:
        """Pixels a side that one visual token sees: the mean of the tower's map over them."""
        return int(self.picture["patch"])

    def base_parts(self) -> Mapping[str, nn.Module]:
        """Vision tower, language model and projector."""
        return {
            "vision_tower": self.vision_tower,
            "language_model": self.model.get_decoder(),
            "projector": self.projector,
        }

    def look(self, frames: Tensor) -> Tensor:
        """What the tower sees, [B, T, 1280, h, w], of frames [B, T, 3, H, W] in 0..1."""
        grid = super()._grid(frames)
        maps = self.vision_tower.map_pictures(frames.flatten(0, 1))
        pooled = F.adaptive_avg_pool2d(maps, grid)
        return pooled.view(*frames.shape[:2], *pooled.shape[1:])

    def see(self, frames: Tensor) -> Visual:
        """Visual tokens [B, T, h w, D] of frames, or of features: mixtures of words."""
        return Visual(mix_words(self._project(frames), self._table))

    def word_losses(self, frames: Tensor, answers: Sequence[str]) -> Tensor:
        """How unlike the words of each answer the visual tokens are, float32 [B].

        Token i of a clip is asked to be word i of the answer, its words over and over: the cross
        entropy of that word among all words of the model. The language model need not run, and
        what it then reads are words.

        Args:
            frames: Frames, or features, as in :meth:`losses`.
            answers: One a clip.
        """
        tokens = self._project(frames).flatten(1, 2)
        places = range(tokens.shape[1])
        words = [self._ids(answer) for answer in answers]
        wanted = torch.tensor([[row[i % len(row)] for i in places] for row in words])
        logits = compare_words(tokens, self._table).transpose(1, 2)
        return F.cross_entropy(logits, wanted.to(logits.device), reduction="none").mean(1)

    def placeholder(self, count: int) -> str:
        """A token for each of ``count``, and nothing around them."""
        return self.context_token * count

    def decode(self, tokens: DecoderInput) -> Any:
        """As :meth:`ChatAdapter.decode`; what all rows begin with is read once, if it is frozen."""
        return decode_behind_prefix(super().decode, tokens, self.language_model)

    def save_pretrained(self, folder: Path) -> None:
        """Write a folder that ``LlamaForCausalLM.from_pretrained`` reads, and :func:`load_saved`.

        Args:
            folder: Folder to write; :data:`WEIGHTS` in it holds tower and projector.
        """
        super().save_pretrained(folder)
        state = {
            f"{part}.{name}": weight.contiguous()
            for part in ("vision_tower", "projector")
            for name, weight in self.parts()[part].state_dict().items()
        }
        save_file(state, folder / WEIGHTS)

    @property
    def _table(self) -> Tensor:
        """The words of the language model, float32 [V, D]."""
        table: Tensor = self.model.get_input_embeddings().weight
        return table.float()

    def _project(self, frames: Tensor) -> Tensor:
        """What the projector writes of frames, or of features, float32 [B, T, h w, D]."""
        features = frames if self._is_seen(frames) else self.look(frames)
        written: Tensor = self.projector(features)
        return written.float()

    def _grid(self, frames: Tensor) -> tuple[int, int]:
        if self._is_seen(frames):
            return int(frames.shape[-2]), int(frames.shape[-1])
        return super()._grid(frames)

    def _is_seen(self, frames: Tensor) -> bool:
        return int(frames.shape[2]) == self.projector.options.features


def load_family(source: str, options: LoadOptions) -> SmallAdapter:
    """What the registry calls for the name ``small``: all from packages, the projector new.

    Args:
        source: Its name; with :data:`skeletonllm.defaults.SMALL_RANDOM` no weight of the language
            model is the trained one.
        options: Device and seed apply; dtype and attention to what is frozen.

    Raises:
        UsageError: Packages are missing; it names all of them.
    """
    need_packages()
    model, tokenizer = load_language_model(options)
    if source == SMALL_RANDOM:
        model = make_untaught(model, options.seed)
    projector = make_projector(model, options.seed)
    adapter = SmallAdapter(model, tokenizer, Tower().to(options.dtype), projector)
    return adapter.eval().to(options.device)


def load_saved(source: str, options: LoadOptions) -> SmallAdapter:
    """What the registry calls for a folder that :meth:`SmallAdapter.save_pretrained` wrote.

    Args:
        source: The folder.
        options: Device applies; dtype and attention to tower and language model.

    Raises:
        UsageError: It holds a language model alone.
    """
    weights = Path(source) / WEIGHTS
    if not weights.exists():
        raise UsageError(
            "a Llama without eyes", where=source, expected=f"{WEIGHTS} beside it, as `small` saves"
        )
    found = read_checkpoint(LlamaForCausalLM, source, options, like="a saved `small`")
    projector = Projector(ProjectorOptions(**found.picture["projector"]), scale=1.0)
    patch = found.picture["patch"]
    adapter = SmallAdapter(found.model, found.tokenizer, Tower(), projector, patch=patch)
    state = load_file(weights)
    for name in ("vision_tower", "projector"):
        own = {key.removeprefix(f"{name}."): w for key, w in state.items() if key.startswith(name)}
        adapter.parts()[name].load_state_dict(own)
    adapter.vision_tower.to(options.dtype)
    return adapter.eval().to(options.device)


def make_projector(model: Any, seed: int, **given: Any) -> Projector:
    """A new projector that writes tokens as large as the model's own embeddings.

    Args:
        model: A model of `transformers`.
        seed: Of its weights.
        given: Other fields of :class:`ProjectorOptions`.
    """
    table = model.get_input_embeddings().weight
    options = ProjectorOptions(hidden=table.shape[1], **given)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Projector(options, scale=table.float().square().mean().sqrt().item())
