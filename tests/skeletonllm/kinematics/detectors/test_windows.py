from __future__ import annotations

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.windows import classify_mean_level, widen
from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1


def test_a_widened_run_stays_in_the_clip() -> None:
    body = extract_bodies(synthesize("clapping", topology=KINECT_V1, seed=1))[0]
    last = len(body.joints) - 1
    assert widen(body, Run(1, 5, 0.0, 1.0), 0.1) == Run(0, 5 + round(0.1 * body.fps), 0.0, 1.0)
    assert widen(body, Run(last - 2, last, 0.0, 1.0), 1.0).end == last


def test_a_hand_that_hangs_is_at_the_waist() -> None:
    body = extract_bodies(synthesize("bow (bend forward)", topology=KINECT_V1, seed=1))[0]
    assert classify_mean_level(body, "left", Run(0, 10, 0.0, 0.0)) == "waist"
