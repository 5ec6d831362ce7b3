from __future__ import annotations

from pathlib import Path

from skeletonllm.stream.damage import Damage
from skeletonllm.training.checkpoints.told import PATTERN, Told
from skeletonllm.views.left_out import LeftOut


def test_what_each_rank_told_comes_back(tmp_path: Path) -> None:
    damage = Damage("lab/1", "a.tar", "cut")
    ranks = [
        Told({"a.py:3": ("odd", 2)}, {"lab/1": damage}, LeftOut(rationales=3)),
        Told(),
    ]
    for rank, told in enumerate(ranks):
        told.write(tmp_path, rank)
    assert Told.read_all(tmp_path) == ranks
    assert len(list(tmp_path.glob(PATTERN))) == 2
