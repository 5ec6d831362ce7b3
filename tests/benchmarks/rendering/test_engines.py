from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.rendering.engines import Job, find_obstacle, make_run, prepare_job, time_job

SMALL = Job(program="torch_tiles", size=56)


def test_the_rasterizer_alone_draws_what_the_whole_draws() -> None:
    whole = prepare_job(SMALL)()
    assert whole.shape == (12, 3, 56, 56)
    assert whole.max() > 0.1
    torch.testing.assert_close(prepare_job(replace(SMALL, part="rasterizer"))(), whole)


@pytest.mark.parametrize("part", ["whole", "rasterizer"])
def test_backward_is_part_of_the_run(part: str) -> None:
    job = replace(SMALL, formula="body", part=part, backward=True)
    assert prepare_job(job)().shape == (12, 3, 56, 56)
    assert len(time_job(job, 2)) == 2


def test_a_run_brings_a_gradient_to_every_leaf() -> None:
    leaf, gradients = torch.ones(2, requires_grad=True), []
    leaf.register_hook(gradients.append)
    make_run(lambda: leaf * 3, [leaf], backward=True)()
    make_run(lambda: leaf * 3, [leaf], backward=False)()
    assert len(gradients) == 1


def test_several_clips_are_drawn_at_once() -> None:
    assert prepare_job(replace(SMALL, clips=2))().shape == (24, 3, 56, 56)


def test_what_does_not_run_says_why() -> None:
    assert find_obstacle(SMALL) is None
    assert "unknown engine" in str(find_obstacle(replace(SMALL, program="crayon")))
    gsplat = replace(SMALL, program="gsplat", part="rasterizer")
    assert "gsplat" in str(find_obstacle(gsplat))
