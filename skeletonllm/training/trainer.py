"""A training stage at work: what of a renderer and an adapter is trained, and one step of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from skeletonllm.draction.renderer import match_parameters
from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter, train_only
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.tasks.registry import get_task
from skeletonllm.tasks.task import Example
from skeletonllm.training.batches import choose_frames, permute_motions
from skeletonllm.training.optimize import average_gradients, build_optimizer, set_rate
from skeletonllm.training.stages import RENDERER, TrainingStage


class Trainer:
    """Trains a renderer and an adapter as a stage says; everything the stage leaves out is frozen.

    Args:
        stage: What is trained, on which task, and how.
        renderer: DrAction, called as ``renderer(batch, frames) -> Rendering``. One without
            parameters is allowed where another part is trained. The lengths and angles that its
            ``geometry()`` names learn at a rate of their own.
        adapter: The multimodal LLM.
        rank: Of this process; each rank shows other frames.

    Raises:
        UsageError: The stage trains a part that there is not; the message lists the parts.

    Example:
        >>> trainer = Trainer(WARM_UP, renderer, adapter)  # doctest: +SKIP
        >>> loss = trainer.train_step(examples, step=0)  # doctest: +SKIP
    """

    def __init__(
        self, stage: TrainingStage, renderer: nn.Module, adapter: Adapter, *, rank: int = 0
    ) -> None:
        self.stage, self.renderer, self.adapter, self.rank = stage, renderer, adapter, rank
        self.task = get_task(stage.task)
        trained = train_only(
            list(choose_parts(stage.trains, renderer, adapter).values()), renderer, adapter
        )
        for name in match_parameters(renderer, stage.freeze):
            renderer.get_parameter(name).requires_grad_(False)
        self.parameters = [parameter for parameter in trained if parameter.requires_grad]
        self.optimizer = build_optimizer(stage, *self._split_geometry())

    def train_step(self, batch: Sequence[Example], step: int) -> float:
        """The loss over all ranks, after one optimizer step on this rank's batch.

        Args:
            batch: Examples of this rank.
            step: Steps done before this one.
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.compute_loss(batch, step)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        weight = sum(example.weight for example in batch)
        mean = average_gradients(self.parameters, loss, weight)
        torch.nn.utils.clip_grad_norm_(self.parameters, self.stage.clip_norm)
        set_rate(self.optimizer, self.stage.rate(step))
        self.optimizer.step()
        return mean

    def compute_loss(self, batch: Sequence[Example], step: int) -> Tensor:
        """Weighted mean loss of a batch, a scalar; zero if every weight is.

        Args:
            batch: Examples; those of weight zero are neither rendered nor read.
            step: Frames, prompts and exchanged motions depend on it.
        """
        examples = [example for example in batch if example.weight > 0]
        if not examples:
            return torch.zeros((), device=self.device)
        seed = (self.stage.seed, step, self.rank)
        if self.stage.permute_motions:
            examples = permute_motions(examples, seed)
        frames = choose_frames(examples, self.stage.num_frames, seed).to(self.device)
        motions = MotionBatch.from_motions([e.motion for e in examples], self.device)
        rendering = self.renderer(motions, frames)
        weights = torch.tensor([example.weight for example in examples], device=self.device)
        prompts, targets = self._ask(examples, step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.adapter.loss(rendering.frames, prompts, targets, weights)

    @property
    def device(self) -> torch.device:
        """Where the model is; the renderer may have no parameter to tell."""
        return next(self.adapter.parameters()).device

    def _ask(self, examples: Sequence[Example], step: int) -> tuple[list[str], list[str]]:
        """Prompts and targets. The key has the step, so that a clip is asked anew each time."""
        keys = [f"{example.key}/{step}" for example in examples]
        asked = list(zip(examples, keys, strict=True))
        frames = self.stage.num_frames
        prompts = [self.task.prompt(e, num_frames=frames, key=key) for e, key in asked]
        return prompts, [self.task.target(e, key=key) for e, key in asked]

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
