"""The optimizer of a stage, its learning rate, and gradients averaged over ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from skeletonllm.training.stages import Stage


def build_optimizer(
    stage: Stage, networks: Iterable[nn.Parameter], geometry: Iterable[nn.Parameter]
) -> torch.optim.AdamW:
    """AdamW with a group each for matrices, for vectors (no decay) and for geometry (own rate)."""
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
    """Set every group to ``share`` of its peak: the rate is a function of the step, no state."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def average_gradients(parameters: Sequence[nn.Parameter], loss: Tensor, weight: float) -> float:
    """Make every rank hold the gradient of the weighted mean over all ranks' batches.

    One all-reduce of a flat vector; a rank whose batch counts nothing takes part with zeros, so
    ranks never wait for each other in vain. Without torch.distributed it does nothing.

    Args:
        parameters: The trained ones, the same on every rank.
        loss: This rank's weighted mean.
        weight: Sum of its weights.

    Returns:
        The loss over all ranks.
    """
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return float(loss.detach())
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    head = torch.stack([loss.detach().float() * weight, loss.new_tensor(weight).float()])
    flat = torch.cat([head, *(g.flatten().float() * weight for g in gradients)])
    dist.all_reduce(flat)
    total = flat[1].clamp_min(1e-12)
    sizes = [p.numel() for p in parameters]
    for parameter, mean in zip(parameters, torch.split(flat[2:] / total, sizes), strict=True):
        parameter.grad = mean.view_as(parameter).to(parameter.dtype)
    return float(flat[0] / total)
