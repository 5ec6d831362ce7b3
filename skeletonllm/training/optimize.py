"""The optimizer of a stage, its learning rate, and gradients averaged over ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from skeletonllm.training.stages import TrainingStage


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


def average_gradients(parameters: Sequence[nn.Parameter], loss: Tensor, weight: float) -> float:
    """The loss over all ranks; every rank then holds the gradient of the mean over all batches.

    One all-reduce of a flat vector. A rank whose batch counts nothing takes part with zeros, so
    no rank waits in vain. Without torch.distributed the gradients stay as they are.

    Args:
        parameters: The trained ones, the same on every rank.
        loss: Weighted mean of this rank's batch.
        weight: Sum of the weights of this rank's batch.
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
