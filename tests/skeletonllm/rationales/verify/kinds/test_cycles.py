from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.cycles import measure_oscillate
from tests.skeletonllm.claim_reader import claim, moved, read_claim


def wave(stick_man, cycles: float, axis: int = 0, reach: float = 0.15) -> Motion:
    angle = 2 * np.pi * cycles * np.clip((np.arange(60) - 5) / 50, 0, 1)
    path = np.zeros((60, 3))
    path[:, axis] = reach * -np.cos(angle)
    return moved(stick_man, path)


@pytest.mark.parametrize(("axis", "way"), [(0, "left"), (1, "up"), (2, "forward")])
def test_to_and_fro_is_true_along_its_axis_only(stick_man, axis: int, way: str) -> None:
    motion = wave(stick_man, 3, axis)
    for direction in ("left", "up", "forward"):
        step = claim("oscillate", "hand", direction=direction, count=3)
        assert (read_claim(measure_oscillate, step, motion) == "") == (direction == way)
    assert read_claim(measure_oscillate, claim("oscillate", "hand", count=3), motion) == ""


@pytest.mark.parametrize(("count", "fault"), [(2, "it happens 4 times"), (4, ""), (6, "4 times")])
def test_cycles_are_counted(stick_man, count: int, fault: str) -> None:
    step = claim("oscillate", "hand", direction="left", count=count)
    found = read_claim(measure_oscillate, step, wave(stick_man, 4))
    assert found.endswith(fault)
    assert bool(found) == bool(fault)


def test_once_too_small_and_round_are_no_to_and_fro(stick_man) -> None:
    step = claim("oscillate", "hand", direction="left", count=2)
    assert read_claim(measure_oscillate, step, wave(stick_man, 1))
    assert read_claim(measure_oscillate, step, wave(stick_man, 3, reach=0.03))
    angle = 2 * np.pi * 3 * np.clip((np.arange(60) - 8) / 44, 0, 1)
    path = 0.25 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    assert read_claim(measure_oscillate, step, moved(stick_man, path)) == "it goes round"


def test_the_level_of_a_wave_is_its_mean(stick_man) -> None:
    step = claim("oscillate", "hand", target="shoulder", count=3)
    assert read_claim(measure_oscillate, step, wave(stick_man, 3)) == ""
    high = claim("oscillate", "hand", target="overhead", count=3)
    assert "level" in read_claim(measure_oscillate, high, wave(stick_man, 3))


def test_three_sweeps_are_twice_and_two_are_none(stick_man) -> None:
    step = claim("oscillate", "hand", direction="left", count=2)
    assert read_claim(measure_oscillate, step, wave(stick_man, 1.5)) == ""
    once = read_claim(measure_oscillate, step, wave(stick_man, 1))
    assert once == "it goes to and fro once only"
    assert read_claim(measure_oscillate, replace(step, count=3), wave(stick_man, 1.5))
    assert read_claim(measure_oscillate, replace(step, count=1), wave(stick_man, 1.5))


def test_a_quick_wave_of_seven_centimetres_counts(stick_man) -> None:
    step = claim("oscillate", "hand", direction="left", count=6)
    assert read_claim(measure_oscillate, step, wave(stick_man, 6, reach=0.035)) == ""
    assert read_claim(measure_oscillate, step, wave(stick_man, 6, reach=0.02))
    assert "times" in read_claim(
        measure_oscillate, replace(step, count=2), wave(stick_man, 6, reach=0.035)
    )


def test_a_wave_that_drifts_has_shorter_sweeps_back(stick_man) -> None:
    angle = 2 * np.pi * 4 * np.clip((np.arange(60) - 5) / 50, 0, 1)
    path = np.zeros((60, 3))
    path[:, 0] = -0.04 * np.cos(angle) + 0.15 * np.clip((np.arange(60) - 5) / 50, 0, 1)
    step = claim("oscillate", "hand", direction="left", count=4)
    assert read_claim(measure_oscillate, step, moved(stick_man, path)) == ""
