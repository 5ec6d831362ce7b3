from __future__ import annotations

import math

import pytest

from skeletonllm.evaluation.scores.told_losses import ToldLosses


def test_the_gain_is_the_mean_difference_with_its_interval() -> None:
    losses = ToldLosses(own=(1.0, 2.0, 3.0), exchanged=(2.0, 4.0, 6.0))
    assert losses.gain == pytest.approx(2.0)
    assert losses.half_width == pytest.approx(1.96 * 1.0 / math.sqrt(3))  # gains are 1, 2 and 3
    assert losses.to_json() == {
        "clips": 3,
        "loss": pytest.approx(2.0),
        "loss_exchanged": pytest.approx(4.0),
        "gain": losses.gain,
        "gain_half_width95": losses.half_width,
    }
    assert losses.summarize() == (
        "2.000 with its motion, 4.000 with another's; it saves 2.000 +- 1.132"
    )
    assert ToldLosses((1.0,), (2.0,)).half_width == math.inf
