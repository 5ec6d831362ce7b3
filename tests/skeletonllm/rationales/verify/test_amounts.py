from __future__ import annotations

from math import nan

import pytest

from skeletonllm.rationales.verify.amounts import write_amount


@pytest.mark.parametrize(
    ("motion", "measured", "metric", "text"),
    [
        ("raise", 0.314, True, "0.31 m"),
        ("raise", -0.2, False, "-0.20 body heights"),
        ("bend", 93.2, True, "93 degrees"),
        ("clap", 4.0, True, "4 times"),
        ("walk", 3.0, False, "3 steps"),
        ("touch", 0.1, True, ""),  # a gap: it would tell nobody anything
        ("raise", nan, True, ""),
        ("bend", 0.0, True, ""),
    ],
)
def test_an_amount_has_the_unit_of_its_kind(
    motion: str, measured: float, metric: bool, text: str
) -> None:
    assert write_amount(motion, measured, metric=metric) == text
