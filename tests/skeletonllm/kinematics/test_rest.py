from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.rest import find_most_mobile_part, measure_settled_change
from skeletonllm.synthesis import synthesize


def test_the_part_that_moves_most_and_how_far(stick_man) -> None:
    body = extract_bodies(stick_man().arm("left", 0.05, 0.5, 1.0).motion())[0]
    name, far = find_most_mobile_part(body)
    assert name == "the left hand"
    assert far * body.stature == pytest.approx(0.05, abs=0.005)


def test_nobody_is_there(stick_man) -> None:
    motion = stick_man().motion()
    body = extract_bodies(replace(motion, present=np.zeros_like(motion.present)))[0]
    assert np.isnan(find_most_mobile_part(body)[1])
    assert np.isnan(measure_settled_change(body))


def test_who_sat_down_is_lower_and_who_bowed_is_not() -> None:
    assert measure_settled_change(extract_bodies(synthesize("sit down"))[0]) < -0.15
    assert abs(measure_settled_change(extract_bodies(synthesize("bow (bend forward)"))[0])) < 0.03
