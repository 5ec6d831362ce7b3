from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.evidence.own_paths import find_steady_axes, measure_own_path
from skeletonllm.rationales.verify.intervals import Interval
from tests.skeletonllm.claim_reader import claim

ALL = Interval(0, 59)


def test_own_directions_are_right_up_and_ahead(stick_man) -> None:
    body = extract_bodies(stick_man().motion())[0]
    assert find_steady_axes(body, ALL) == pytest.approx(
        np.array([[1, 0, 0], [0, 1, 0], [0, 0, -1]])
    )


def test_directions_that_are_not_seen_are_unknown(stick_man) -> None:
    body = extract_bodies(stick_man().motion())[0]
    body.joints[:] = np.nan
    body.forget()
    assert np.isnan(find_steady_axes(body, ALL)[[0, 2]]).all()


def test_a_path_is_seen_from_the_own_body(stick_man) -> None:
    motion = stick_man().move("right_wrist right_hand", (0, 0, -0.34), 0.5, 1.0).motion()
    body = extract_bodies(motion)[0]
    path = measure_own_path(ClaimContext(claim("forward", "hand"), body, (), "right"), "hand", ALL)
    way = (path[-1] - path[0]) * body.stature
    assert way == pytest.approx([0, 0, 0.34], abs=0.01)
