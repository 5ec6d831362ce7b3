from __future__ import annotations

import pytest

from skeletonllm.kinematics.detectors.shifts import find_shifts, find_stays

HANGS, HEAD = (0.26, -0.1, 0.1), (0.3, 0.65, 0.3)


@pytest.mark.parametrize(
    ("end", "motion", "way"),
    [
        ((-0.2, 0.45, 0.2), "sideways", "left"),
        ((0.6, 0.45, 0.2), "sideways", "right"),
        ((0.2, 0.45, 0.55), "forward", ""),
        ((0.2, 0.45, -0.15), "backward", ""),
    ],
)
def test_a_shift_has_its_way_time_and_level(hands_at, trace_of, end, motion, way) -> None:
    way_of_hand = trace_of({0.5: (0.2, 0.45, 0.2), 1.2: end})
    (found,) = find_shifts(hands_at(right=way_of_hand), 0)
    assert (found.motion, found.side, found.direction) == (motion, "right", way)
    assert (found.start_s, found.end_s) == pytest.approx((0.5, 1.2), abs=0.15)
    assert found.target in ("chest", "shoulder")


def test_a_hand_that_goes_up_is_not_shifted(hands_at, trace_of) -> None:
    raised = trace_of({0.5: (0.26, -0.1, 0.1), 1.2: (0.4, 0.5, 0.25)})
    assert not list(find_shifts(hands_at(right=raised), 0))


def test_a_hand_that_stays_up_stays_at_its_level(hands_at, trace_of) -> None:
    kept = trace_of({0.4: HANGS, 1.0: HEAD, 1.8: HEAD, 2.4: HANGS})
    (found,) = find_stays(hands_at(right=kept), 0)
    assert (found.motion, found.side, found.part) == ("hold", "right", "hand")
    assert found.target in ("shoulder", "head")
    assert 0.8 < found.start_s < found.end_s < 2.0


def test_a_hand_that_turns_round_or_hangs_does_not_stay(hands_at, trace_of) -> None:
    waved = trace_of({0.4: HANGS, 1.0: HEAD, 1.6: HANGS})
    assert not list(find_stays(hands_at(right=waved), 0))
