"""The optimizer of a stage, its learning rate, and gradients averaged over ranks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from skeletonllm.training.agreement import is_alone, sum_over_ranks
from skeletonllm.training.stages import TrainingStage

BUCKET = 1 << 24
"""Numbers that are summed over ranks at once, 64 MB: a network is busy with that much, and a copy
of all gradients of a large LoRA would not be small."""


def build_optimizer(
    stage: TrainingStage, networks: Iterable[nn.Parameter], geometry: Iterable[nn.Parameter]
) -> torch.optim.AdamW:
    """AdamW with three groups: matrices, vectors (no decay), and geometry (rate of its own).

    Args:
        stage: Gives peak rates and weight decay.
        networks: Trained parameters of networks.
        geometry: Trained lengths and angles of the renderer.
    """
    networks = list(networks)
    matrices = [p for p in networks if p.dim() > 1]
    vectors = [p for p in networks if p.dim() <= 1]
    groups = [
        {"params": matrices, "peak": stage.lr, "weight_decay": stage.weight_decay},
        {"params": vectors, "peak": stage.lr, "weight_decay": 0.0},
        {"params": list(geometry), "peak": stage.geometry_lr, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=stage.lr)


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Set the learning rate of every group to a fraction of its peak.

    Args:
        optimizer: As :func:`build_optimizer` gives it.
        share: The fraction; a function of the step alone, so that a resume needs no state of it.
    """
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def average_gradients(parameters: Sequence[nn.Parameter], weight: float) -> None:
    """Turn gradients of weighted sums into those of the weighted mean over all ranks.

    A rank that has no gradient takes part with zeros, so no rank waits in vain; and alone it has
    zeros too, so that a step does not depend on how many ranks make it.

    Args:
        parameters: The trained ones, the same on every rank; their gradients are of
            ``sum_i w_i loss_i`` over what this rank saw.
        weight: Sum of the weights of all ranks, more than 0.
    """
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not is_alone():
        for bucket in _cut_buckets(gradients):
            flat = sum_over_ranks(torch.cat([gradient.flatten() for gradient in bucket]))
            parts = torch.split(flat, [gradient.numel() for gradient in bucket])
            for gradient, part in zip(bucket, parts, strict=True):
                gradient.copy_(part.view_as(gradient))
    torch._foreach_div_(gradients, weight)


def _cut_buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    bucket: list[Tensor] = []
    size = 0
    for gradient in gradients:
        bucket.append(gradient)
        size += gradient.numel()
        if size >= BUCKET:
            yield bucket
            bucket, size = [], 0
    if bucket:
        yield bucket
