from __future__ import annotations

import pytest
import torch
from torch import nn

from skeletonllm.training import WARM_UP, optimize
from skeletonllm.training.optimize import average_gradients, build_optimizer, set_rate


def test_groups_decay_and_learn_as_they_should() -> None:
    matrix, vector = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(2))
    radius = nn.Parameter(torch.zeros(2, 3))
    optimizer = build_optimizer(WARM_UP, [matrix, vector], [radius])
    set_rate(optimizer, 0.5)
    found = [(g["params"], g["lr"], g["weight_decay"]) for g in optimizer.param_groups]
    rates = (WARM_UP.lr / 2, WARM_UP.geometry_lr / 2)
    assert [(lr, decay) for _, lr, decay in found] == [
        (rates[0], WARM_UP.weight_decay),
        (rates[0], 0.0),
        (rates[1], 0.0),
    ]
    assert [p[0] is q for (p, _, _), q in zip(found, (matrix, vector, radius), strict=True)]


def test_one_process_averages_nothing() -> None:
    parameter = nn.Parameter(torch.ones(2))
    assert average_gradients([parameter], torch.tensor(3.0), 5.0) == 3.0
    assert parameter.grad is None


@pytest.mark.parametrize("mine", [0.0, 2.0])
def test_ranks_average_by_weight(monkeypatch: pytest.MonkeyPatch, mine: float) -> None:
    """The other rank has weight 6, loss 4 and gradients of 1; this one gradients of 5, or none."""
    first, second = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(3))
    if mine:
        first.grad = torch.full((2, 2), 5.0)

    def other_rank(flat: torch.Tensor) -> None:
        flat += 6.0 * torch.tensor([4.0, 1.0, *[1.0] * 7])

    for name, answer in {"is_initialized": True, "get_world_size": 2}.items():
        monkeypatch.setattr(optimize.dist, name, lambda answer=answer: answer)
    monkeypatch.setattr(optimize.dist, "all_reduce", other_rank)
    loss = average_gradients([first, second], torch.tensor(8.0 if mine else 0.0), mine)
    assert loss == pytest.approx((8 * mine + 4 * 6) / (mine + 6))
    assert first.grad is not None
    assert second.grad is not None
    torch.testing.assert_close(first.grad, torch.full((2, 2), (5 * mine + 6) / (mine + 6)))
    torch.testing.assert_close(second.grad, torch.full((3,), 6 / (mine + 6)))
