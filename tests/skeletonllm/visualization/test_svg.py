"""Stick figures: sides, places and what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17
from skeletonllm.visualization.svg import COLOURS, draw_stick_figures


def xs(svg: str, colour: str) -> list[float]:
    return [float(x) for x in re.findall(rf'x2="([\d.]+)" y2="[\d.]+" stroke="{colour}"', svg)]


def test_the_right_hand_of_a_person_facing_us_is_on_the_left() -> None:
    for motion in (
        synthesize("hand waving", seed=1),
        synthesize("hand waving", seed=1, space="world"),
        synthesize("hand waving", seed=1, topology=COCO_17, space="image"),
    ):
        svg = draw_stick_figures(motion, count=1)
        assert np.mean(xs(svg, COLOURS["right_arm"])) < np.mean(xs(svg, COLOURS["left_arm"]))


def test_everything_lies_inside_the_strip() -> None:
    svg = draw_stick_figures(synthesize("jump up", seed=2), count=4)
    points = [float(v) for v in re.findall(r'[xy][12]="([-\d.]+)"', svg)]
    assert len(points) == 4 * 24 * 4
    assert min(points) >= 0
    assert max(points) <= 4 * 92


def test_nobody_is_an_empty_picture_and_a_lost_joint_no_line() -> None:
    motion = synthesize("jump up", seed=2)
    assert draw_stick_figures(_without(motion, slice(None)), 2).count("<line") == 0
    wrist = motion.topology.index("left_wrist")
    assert draw_stick_figures(_without(motion, wrist), 1).count("<line") == 24 - 2


def _without(motion: Motion, joint: int | slice) -> Motion:
    confidence = motion.confidence.copy()
    confidence[:, :, joint] = 0
    return replace(motion, confidence=confidence)


def test_heads_are_up() -> None:
    for motion in (synthesize("hand waving"), synthesize("hand waving", space="image")):
        svg = draw_stick_figures(motion, count=1)
        legs = [y for side in ("left_leg", "right_leg") for y in ys(svg, COLOURS[side])]
        assert min(ys(svg, COLOURS["head"])) < max(legs) - 40


def ys(svg: str, colour: str) -> list[float]:
    return [float(y) for y in re.findall(rf'y2="([\d.]+)" stroke="{colour}"', svg)]
