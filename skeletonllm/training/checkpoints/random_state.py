"""The random state of each rank, beside a checkpoint: the dropout of a LoRA goes on with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

PATTERN = "rng-*.safetensors"
"""Names of the files: one a rank."""


def write_random_state(folder: Path, rank: int) -> None:
    """Write the state of torch's generators into the folder of a checkpoint.

    Args:
        folder: Of the checkpoint.
        rank: Whose it is.
    """
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    save_file(state, _name(folder, rank))


def read_random_state(folder: Path, rank: int, world_size: int, step: int) -> None:
    """Go on with the state of a rank; of another number of ranks, begin one that none has had.

    Args:
        folder: Of the checkpoint.
        rank: Of this process.
        world_size: Number of ranks now.
        step: Steps done.
    """
    if len(list(folder.glob(PATTERN))) != world_size:
        digest = hashlib.sha256(f"{step}/{world_size}/{rank}".encode()).digest()
        torch.manual_seed(int.from_bytes(digest[:7], "big"))
        return
    state = load_file(_name(folder, rank))
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def _name(folder: Path, rank: int) -> Path:
    return folder / PATTERN.replace("*", str(rank))
