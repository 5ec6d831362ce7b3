from __future__ import annotations

import pytest

from skeletonllm.tasks.stretches import find_stretch


@pytest.mark.parametrize(
    ("start_s", "end_s", "stretch"),
    [
        (0.5, 1.0, (0.25, 0.5)),
        (1.0, 9.0, (0.5, 1.0)),  # rounded up in the data set
        (0.0, 0.0, (0.0, 1.0)),  # how HumanML3D says that it is the whole clip
        (None, None, (0.0, 1.0)),
        (3.0, 4.0, (0.0, 1.0)),  # behind the end of a clip that was cut
        (0.5, 0.5, (0.25, 0.25)),
    ],
)
def test_a_stretch_is_a_fraction_of_the_clip(
    start_s: float | None, end_s: float | None, stretch: tuple[float, float], stick_man
) -> None:
    motion = stick_man().motion()
    assert motion.duration_s == 2.0
    assert find_stretch(motion, start_s, end_s) == stretch
