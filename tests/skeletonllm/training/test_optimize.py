from __future__ import annotations

import pytest
import torch
from torch import nn

from skeletonllm.training import agreement, optimize
from skeletonllm.training.optimize import average_gradients, build_optimizer, set_rate
from skeletonllm.training.stages import TrainingStage

STAGE = TrainingStage(name="a", geometry_lr=1e-3)


def test_groups_decay_and_learn_as_they_should() -> None:
    matrix, vector = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(2))
    radius = nn.Parameter(torch.zeros(2, 3))
    optimizer = build_optimizer(STAGE, [matrix, vector], [radius])
    set_rate(optimizer, 0.5)
    found = [(g["params"], g["lr"], g["weight_decay"]) for g in optimizer.param_groups]
    rates = (STAGE.lr / 2, STAGE.geometry_lr / 2)
    assert [(lr, decay) for _, lr, decay in found] == [
        (rates[0], STAGE.weight_decay),
        (rates[0], 0.0),
        (rates[1], 0.0),
    ]
    assert [p[0] is q for (p, _, _), q in zip(found, (matrix, vector, radius), strict=True)]


def test_one_process_divides_by_its_weight_and_has_zeros_where_nothing_came() -> None:
    seen, unseen = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))
    seen.grad = torch.tensor([6.0, 3.0])
    average_gradients([seen, unseen], 3.0)
    assert seen.grad.tolist() == [2.0, 1.0]
    assert unseen.grad is not None
    assert unseen.grad.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("bucket", [1, 5, 1 << 24])
def test_ranks_are_summed_whatever_the_buckets(
    monkeypatch: pytest.MonkeyPatch, bucket: int
) -> None:
    """The other rank's sum is 1 everywhere; this one has 5 in the first and none in the second."""
    first, second = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(3))
    first.grad = torch.full((2, 2), 5.0)
    monkeypatch.setattr(optimize, "BUCKET", bucket)
    monkeypatch.setattr(agreement.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(agreement.dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(agreement.dist, "all_reduce", lambda flat: flat.add_(1.0))
    average_gradients([first, second], 2.0)
    assert first.grad is not None
    assert second.grad is not None
    assert first.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert second.grad.tolist() == [0.5, 0.5, 0.5]
