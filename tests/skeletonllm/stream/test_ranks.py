"""Two processes of one run, with gloo between them: as torch's own launcher would start them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing
from torch.nn.parallel import DistributedDataParallel

from skeletonllm.stream.damage import Damage
from skeletonllm.stream.stream import Stream
from skeletonllm.training.agreement import gather_damage
from skeletonllm.views.view import View

WORLD = 2


def train(rank: int, folder: str, meeting: str, out: str) -> None:
    """One epoch and a half of 50 samples in steps of 2 x 7: the last step of an epoch is uneven."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=WORLD)
    stream = Stream(folder, View(), batch_size=7, rank=rank, world_size=WORLD)
    model = DistributedDataParallel(torch.nn.Linear(3, 1))
    given, steps = [], 0
    for _ in range(2):
        for batch in stream:
            means = [torch.from_numpy(s.motion.joints.mean((0, 1, 2))) * s.weight for s in batch]
            model(torch.stack(means)).sum().backward()
            given += [s.clip.clip_id for s in batch if s.weight]
            steps += 1
    own = [Damage("lab/1", "a.tar", "cut")] if rank == 1 else []
    told = [str(damage) for damage in gather_damage(own)]
    none = gather_damage([])
    result = {"given": given, "steps": steps, "state": stream.state(), "told": told, "none": none}
    Path(out, f"{rank}.json").write_text(json.dumps(result))
    dist.destroy_process_group()


def test_two_ranks_end_an_uneven_epoch_together(folder: Path, tmp_path: Path, make_clip) -> None:
    torch.multiprocessing.spawn(
        train, (str(folder), str(tmp_path / "meeting"), str(tmp_path)), nprocs=WORLD
    )
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(WORLD)]
    assert [rank["steps"] for rank in ranks] == [8, 8]
    assert ranks[0]["state"] == ranks[1]["state"]
    assert ranks[0]["state"]["epoch"] == 2
    everyone = sorted(ranks[0]["given"] + ranks[1]["given"])
    assert everyone == sorted([make_clip(i).clip_id for i in range(50)] * 2)
    assert [rank["told"] for rank in ranks] == [["lab/1 in a.tar: cut"]] * 2
    assert [rank["none"] for rank in ranks] == [[], []]
