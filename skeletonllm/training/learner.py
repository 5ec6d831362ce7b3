"""Who learns: a renderer and an adapter, what of them is trained, and one step of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skeletonllm.draction.renderer import match_parameters
from skeletonllm.mllm.adapter import Adapter, train_only
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts.recognition import recognition_prompt
from skeletonllm.training.examples import Example, draw_frames, permute_motions
from skeletonllm.training.optimize import average_gradients, build_optimizer, set_rate
from skeletonllm.training.stages import Stage


class Learner:
    """A stage at work on a renderer and an adapter; everything it does not train is frozen.

    Args:
        stage: What is trained, and how.
        renderer: DrAction, called as ``renderer(batch, frames) -> Rendering``; one without
            parameters is fine where something else is trained. What its ``geometry()`` names,
            lengths and angles, learns at its own rate.
        adapter: The model that looks.
        rank: Of this process; ranks draw different frames.

    Example:
        >>> learner = Learner(WARM_UP, renderer, adapter)  # doctest: +SKIP
        >>> loss = learner.learn(examples, step=0)  # doctest: +SKIP
    """

    def __init__(
        self, stage: Stage, renderer: nn.Module, adapter: Adapter, *, rank: int = 0
    ) -> None:
        self.stage, self.renderer, self.adapter, self.rank = stage, renderer, adapter, rank
        parts = {"renderer": renderer, "projector": adapter.projector}
        chosen = [parts[name] for name in stage.trains]
        trained = train_only(chosen, renderer, adapter)
        for name in match_parameters(renderer, stage.freeze):
            renderer.get_parameter(name).requires_grad_(False)
        self.parameters = [parameter for parameter in trained if parameter.requires_grad]
        self.optimizer = build_optimizer(stage, *self._split_geometry())

    def learn(self, batch: Sequence[Example], step: int) -> float:
        """One step on this rank's batch; returns the loss over all ranks."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(batch, step)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        weight = sum(example.weight for example in batch)
        mean = average_gradients(self.parameters, loss, weight)
        torch.nn.utils.clip_grad_norm_(self.parameters, self.stage.clip_norm)
        set_rate(self.optimizer, self.stage.rate(step))
        self.optimizer.step()
        return mean

    def loss(self, batch: Sequence[Example], step: int) -> Tensor:
        """Loss of one batch. Slots of weight zero are neither drawn nor read."""
        shown = [example for example in batch if example.weight > 0]
        if not shown:
            return torch.zeros((), device=self.device)
        seed = (self.stage.seed, step, self.rank)
        mixed = permute_motions(shown, seed) if self.stage.permute_motions else shown
        frames = draw_frames(mixed, self.stage.num_frames, seed).to(self.device)
        motions = MotionBatch.from_motions([e.motion for e in mixed], self.device)
        rendering = self.renderer(motions, frames)
        weights = torch.tensor([example.weight for example in mixed], device=self.device)
        answers = [example.label for example in mixed]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.adapter.loss(rendering.frames, self._prompts(mixed, step), answers, weights)

    @property
    def device(self) -> torch.device:
        """Where the model is; the renderer may have no parameter to tell."""
        return next(self.adapter.parameters()).device

    def _prompts(self, batch: Sequence[Example], step: int) -> list[str]:
        """Every step has its own order of the candidates."""
        frames = self.stage.num_frames
        return [
            recognition_prompt(e.candidates, num_frames=frames, key=f"{e.key}/{step}")
            for e in batch
        ]

    def _split_geometry(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What is trained, as (networks, geometry)."""
        lengths = set(getattr(self.renderer, "geometry", list)())
        named = self.renderer.named_parameters()
        apart = {id(parameter) for name, parameter in named if name in lengths}
        networks = [p for p in self.parameters if id(p) not in apart]
        return networks, [p for p in self.parameters if id(p) in apart]
