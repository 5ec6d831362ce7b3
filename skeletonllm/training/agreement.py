"""What all ranks must know alike, so that they stop together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from skeletonllm.stream.damage import Damage

Item = TypeVar("Item")


def is_alone() -> bool:
    """Whether this process trains by itself."""
    return not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1)


def sum_over_ranks(values: Tensor) -> Tensor:
    """The sum of a tensor over all ranks, in place; of one process the tensor itself."""
    if not is_alone():
        dist.all_reduce(values)
    return values


def take_from_first(tensors: Iterable[Tensor]) -> None:
    """Give all ranks the values of the first one, in place; all of them must call this.

    Args:
        tensors: The same shapes in the same order on every rank.
    """
    if not is_alone():
        for tensor in tensors:
            dist.broadcast(tensor.detach(), 0)


def gather_items(items: Sequence[Item]) -> list[Item]:
    """The items of all ranks, the same list on every rank; all of them must call this.

    Args:
        items: Those of this rank; they are pickled.
    """
    if is_alone():
        return list(items)
    everyone: list[Sequence[Item] | None] = [None] * dist.get_world_size()
    dist.all_gather_object(everyone, tuple(items))
    return [item for of_rank in everyone for item in of_rank or ()]


def gather_damage(damaged: Sequence[Damage]) -> list[Damage]:
    """The damaged samples of all ranks in this step, the same list on every rank.

    One number is exchanged a step; names only where something is damaged.

    Args:
        damaged: Those of this rank.
    """
    if is_alone():
        return list(damaged)
    device = torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")
    count = sum_over_ranks(torch.tensor(len(damaged), device=device))
    return gather_items(damaged) if int(count) else []
