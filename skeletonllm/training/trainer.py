"""A training stage at work: what of a renderer and an adapter is trained, and one step of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from skeletonllm.augmentation import augment
from skeletonllm.draction.renderer import Rendering, match_parameters
from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter, train_only
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.tasks.registry import get_task
from skeletonllm.tasks.task import Example
from skeletonllm.training.batches import choose_frames, make_rng, permute_motions
from skeletonllm.training.guard import Guard, check_weights
from skeletonllm.training.kept_features import KeptFeatures
from skeletonllm.training.looking.measures import measure_group_norms
from skeletonllm.training.optimize import average_gradients, build_optimizer, set_rate
from skeletonllm.training.precision import autocast, keep_in_float32
from skeletonllm.training.stages import RENDERER, TrainingStage
from skeletonllm.training.step_sums import StepSums


@dataclass(frozen=True)
class StepResult:
    """What one step gave, over all ranks.

    Args:
        loss: Weighted mean.
        norm: Of the gradient, before it was clipped.
        clips: Questions that were learned from.
        tokens: That the language model read.
        save: Whether a rank wished for a checkpoint.
        losses: Weighted mean of each part of the mixture that had a question in it.
        groups: Norm of the gradient of each group of the renderer's parameters.
    """

    loss: float
    norm: float
    clips: int
    tokens: int = 0
    save: bool = False
    losses: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, float] = field(default_factory=dict)


class Trainer:
    """Trains a renderer and an adapter as a stage says; everything the stage leaves out is frozen.

    What is trained becomes float32, whatever the rest is. A step does not depend on how its clips
    are shared among ranks, nor on how many go through the model at once.

    Args:
        stage: What is trained, on which task, and how.
        renderer: DrAction, called as ``renderer(batch, frames) -> Rendering``. One without
            parameters is allowed where another part is trained. The lengths and angles that its
            ``geometry()`` names learn at a rate of their own.
        adapter: The multimodal LLM.
        steps: Optimizer steps of the whole stage: its learning rate depends on them.
        micro_batch: Clips that go through the model at once; None for all of a rank.
        parts: Names of the parts of the mixture, the same on every rank.
        hidden: Classes that no text may name: augmentation must not make one of another.
        kept: What a frozen tower saw of the clips before, behind a fixed renderer.

    Raises:
        UsageError: The stage trains a part that there is not; the message lists the parts.
        TrainingError: A weight is not finite.

    Example:
        >>> trainer = Trainer(stage, renderer, adapter, steps=100)  # doctest: +SKIP
        >>> loss = trainer.train_step(examples, step=0).loss  # doctest: +SKIP
    """

    def __init__(
        self,
        stage: TrainingStage,
        renderer: nn.Module,
        adapter: Adapter,
        *,
        steps: int,
        micro_batch: int | None = None,
        parts: Sequence[str] = (),
        hidden: Collection[str] = (),
        kept: KeptFeatures | None = None,
    ) -> None:
        self.stage, self.renderer, self.adapter, self.steps = stage, renderer, adapter, steps
        self.micro_batch, self.parts, self.hidden = micro_batch, tuple(parts), tuple(hidden)
        self.kept = kept
        self.task = get_task(stage.task)
        self.modules = choose_parts(stage.trains, renderer, adapter)
        keep_in_float32(self.modules.values())
        trained = train_only(list(self.modules.values()), renderer, adapter)
        for name in match_parameters(renderer, stage.freeze):
            renderer.get_parameter(name).requires_grad_(False)
        self.parameters = [parameter for parameter in trained if parameter.requires_grad]
        self.named = _name_parameters(self.modules, self.parameters)
        check_weights(self.named, f"stage {stage.name}")
        self.guard = Guard(self.named)
        self.optimizer = build_optimizer(stage, *self._split_geometry())
        self._tokens = 0

    def train_step(self, batch: Sequence[Example], step: int, *, save: bool = False) -> StepResult:
        """What one optimizer step gave, over the batches of all ranks.

        Args:
            batch: Examples of this rank; those of weight zero are neither rendered nor read.
            step: Steps done before this one.
            save: Whether this rank wishes for a checkpoint after it.

        Raises:
            TrainingError: The loss or the gradient is not finite; nothing was changed then.
        """
        self._set_mode(training=True)
        self.optimizer.zero_grad(set_to_none=True)
        self.guard.start_step()
        sums = StepSums(self.parts, self.device, save=save)
        for examples in self._cut(self._prepare(batch, step)):
            losses = self.compute_losses(examples)
            weights = losses.new_tensor([example.weight for example in examples])
            if losses.requires_grad:
                (losses * weights).sum().backward()  # type: ignore[no-untyped-call]
            self.guard.note(examples, losses)
            sums.add(examples, losses.detach() * weights, self._tokens)
        self._set_mode(training=False)
        sums.gather()
        norm, groups = self._move(sums, step) if sums.weight > 0 else (0.0, {})
        return StepResult(sums.loss, norm, sums.clips, sums.tokens, sums.save, sums.losses, groups)

    def compute_losses(self, examples: Sequence[Example]) -> Tensor:
        """Loss of each example, float32 [B].

        Args:
            examples: Already augmented; frames and prompts depend on each by itself.
        """
        shown, patches = self._show(examples)
        prompts, targets = self._ask(examples)
        if self.stage.objective == "words":
            self._tokens = 0
            with autocast(self.adapter, self.device):
                return self.adapter.word_losses(shown, targets)
        self._tokens = sum(self.adapter.count_tokens(prompts, targets, patches, shown))
        with autocast(self.adapter, self.device):
            return self.adapter.losses(shown, prompts, targets, patches)

    @property
    def device(self) -> torch.device:
        """Where the model is; the renderer may have no parameter to tell."""
        return next(self.adapter.parameters()).device

    def _move(self, sums: StepSums, step: int) -> tuple[float, dict[str, float]]:
        """The optimizer's step, if all numbers are finite; norms of the gradient and its groups."""
        average_gradients(self.parameters, sums.weight)
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        groups = measure_group_norms(self.renderer)
        # Before they are clipped: a norm that is no number would spoil every gradient.
        self.guard.check(sums.loss, norm, step)
        nn.utils.clip_grads_with_norm_(self.parameters, self.stage.clip_norm, norm)
        set_rate(self.optimizer, self.stage.rate(step, self.steps))
        self.optimizer.step()
        return float(norm), groups

    def _show(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor | None]:
        """Frames [B, T, 3, H, W] or what the tower saw of them, and where they have foreground."""
        stage = self.stage
        chosen = choose_frames(examples, stage.num_frames, stage.seed, stage.draws)
        chosen = chosen.to(self.device)
        if self.kept is not None:
            return self.kept.fetch(examples, chosen, self._render), None
        rendering = self._render(examples, chosen)
        return rendering.frames, rendering.patches if stage.foreground else None

    def _render(self, examples: Sequence[Example], frames: Tensor) -> Rendering:
        motions = MotionBatch.from_motions([e.motion for e in examples], self.device)
        rendering: Rendering = self.renderer(motions, frames)
        return rendering

    def _prepare(self, batch: Sequence[Example], step: int) -> list[Example]:
        """The examples that count, augmented."""
        examples = [example for example in batch if example.weight > 0]
        stage = self.stage
        if stage.permute_motions and examples:
            examples = permute_motions(examples, (stage.seed, step))
        if not stage.augmentation.is_on:
            return examples
        rngs = [make_rng(e, stage.seed, "augmentation", stage.draws) for e in examples]
        pairs = zip(examples, rngs, strict=True)
        return [augment(e, stage.augmentation, rng, self.hidden) for e, rng in pairs]

    def _cut(self, examples: list[Example]) -> Iterator[list[Example]]:
        size = self.micro_batch or max(1, len(examples))
        return (examples[start : start + size] for start in range(0, len(examples), size))

    def _ask(self, examples: Sequence[Example]) -> tuple[list[str], list[str]]:
        """Prompts and targets; the key has the epoch, so that a clip is asked anew each time."""
        keys = [example.draw_key(self.stage.seed) for example in examples]
        asked = list(zip(examples, keys, strict=True))
        frames = self.stage.num_frames
        prompts = [self.task.prompt(e, num_frames=frames, key=key) for e, key in asked]
        return prompts, [self.task.target(e, key=key) for e, key in asked]

    def _set_mode(self, *, training: bool) -> None:
        """Wake the dropout of what learns; all else stays in evaluation mode."""
        for module in self.modules.values():
            module.train(training)

    def _split_geometry(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The trained parameters, as (networks, geometry)."""
        lengths = set(getattr(self.renderer, "geometry", list)())
        named = self.renderer.named_parameters()
        apart = {id(parameter) for name, parameter in named if name in lengths}
        networks = [p for p in self.parameters if id(p) not in apart]
        return networks, [p for p in self.parameters if id(p) in apart]


def choose_parts(
    names: Sequence[str], renderer: nn.Module, adapter: Adapter
) -> Mapping[str, nn.Module]:
    """The modules of these names, of ``renderer`` and :meth:`Adapter.parts`, in the given order.

    Args:
        names: Parts, such as those that a stage trains.
        renderer: The part ``renderer``.
        adapter: Names the other parts.

    Raises:
        UsageError: There is no such part; the message lists the parts.
    """
    parts = {RENDERER: renderer, **adapter.parts()}
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise UsageError(f"trains {unknown}", expected=f"some of {list(parts)}")
    return {name: parts[name] for name in names}


def _name_parameters(
    modules: Mapping[str, nn.Module], parameters: Sequence[nn.Parameter]
) -> dict[str, nn.Parameter]:
    """The trained parameters as ``<part>.<name>``."""
    trained = {id(parameter) for parameter in parameters}
    return {
        f"{part}.{name}": parameter
        for part, module in modules.items()
        for name, parameter in module.named_parameters()
        if id(parameter) in trained
    }
