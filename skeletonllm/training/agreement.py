"""What all ranks must know alike, so that they stop together or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist

from skeletonllm.stream.damage import Damage


def gather_damage(damaged: Sequence[Damage]) -> list[Damage]:
    """The damaged samples of all ranks in this step, the same list on every rank.

    One number is exchanged a step; names only where something is damaged.

    Args:
        damaged: Those of this rank.
    """
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return list(damaged)
    device = torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")
    count = torch.tensor(len(damaged), device=device)
    dist.all_reduce(count)
    if not int(count):
        return []
    everyone: list[Sequence[Damage] | None] = [None] * dist.get_world_size()
    dist.all_gather_object(everyone, tuple(damaged))
    return [damage for of_rank in everyone for damage in of_rank or ()]
