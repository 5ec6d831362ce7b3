from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.rendering.scaling import (
    Case,
    count_touched_pairs,
    list_series,
    make_crowd,
    prepare_case,
    record_splats,
    sum_touched_areas,
)
from skeletonllm.draction.rasterize import Splats

TINY = Case(frames=2, size=56, focal=30.0, engine="torch_tiles")


def test_touched_pixels_are_counted() -> None:
    one = torch.ones(1)
    conic = torch.tensor([[1 / 16, 0.0, 1 / 16]])  # four pixels wide
    picture = torch.zeros(1, dtype=torch.int64)
    splats = Splats(one * 50, one * 50, conic, torch.ones(1, 3), one, one, picture)
    x = torch.arange(100) - 50
    tau = torch.exp(-(x**2 + x[:, None] ** 2) / 32)
    assert float(sum_touched_areas(splats)) == pytest.approx(int((tau > 1 / 1024).sum()), rel=0.02)


@pytest.mark.parametrize("more", [{"clips": 2}, {"frames": 4}, {"persons": 2}, {"size": 112}])
def test_a_case_holds_so_many_bodies_and_no_more(more: dict[str, int]) -> None:
    bodies = 1 if "size" in more else 2
    case = replace(TINY, **more)  # type: ignore[arg-type]
    # Not exactly: in some frames a body moves more than in others, and has more streaks.
    drawn, tiny = (len(record_splats(one).u) for one in (case, TINY))
    assert drawn == pytest.approx(bodies * tiny, rel=0.1)
    assert count_touched_pairs(case) == pytest.approx(bodies * count_touched_pairs(TINY), rel=0.1)
    run = prepare_case(case)
    assert run().amax() > 0.1


def test_no_body_of_a_case_leaves_the_picture() -> None:
    for one in list_series(Case(engine="torch_tiles")):
        for case in one.cases:
            splats = record_splats(replace(case, clips=1, frames=2))
            for place in (splats.u, splats.v):
                assert place.min() > 0
                assert place.max() < case.size


def test_bodies_of_a_crowd_are_equal_and_apart() -> None:
    joints = make_crowd(3, 0.5).joints
    assert joints.shape[1] == 3
    assert abs(joints[:, 2] - joints[:, 0] - [1.0, 0.0, 0.0]).max() < 1e-6
