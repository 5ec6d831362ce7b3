from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.rationales.verify.evidence.gaps import (
    find_ends,
    find_palm,
    measure_gap,
    name_target,
)
from tests.skeletonllm.claim_reader import hide


@pytest.mark.parametrize(
    ("words", "target"),
    [("the face", "head"), ("other hand", "other hand"), ("hips", "hip"), ("belly", "stomach"),
     ("own knee", "knee"), ("the other elbow", "other elbow"), ("the moon", "")],
)  # fmt: skip
def test_words_mean_a_target_or_none(words: str, target: str) -> None:
    assert name_target(words) == target


def test_a_palm_without_a_joint_lies_beyond_the_wrist(stick_man) -> None:
    motion = hide(stick_man().motion(), "right_hand")
    body = extract_bodies(motion)[0]
    beyond = (body.point("right_hand") - find_palm(body, "right"))[30]
    assert np.linalg.norm(beyond) == pytest.approx(0.05 * body.stature)
    assert beyond[1] > 0


def test_the_nearest_end_that_is_seen_counts(stick_man) -> None:
    body = extract_bodies(stick_man().motion())[0]
    ends = find_ends(body, "right", "hip")
    palm = find_palm(body, "right")
    both = measure_gap(palm, ends, body.stature)
    assert both == pytest.approx(measure_gap(palm, ends[1:], body.stature))
    unseen = np.full_like(palm, np.nan)
    assert both == pytest.approx(measure_gap(palm, [unseen, ends[1]], body.stature))
    assert np.isnan(measure_gap(palm, [unseen], body.stature)).all()
