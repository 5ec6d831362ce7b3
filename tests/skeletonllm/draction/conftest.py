"""People for the renderer's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skeletonllm.motion import Motion
from skeletonllm.testing.rendering.people import (
    make_waving_motion,
    move_to_world,
    project_to_image,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22


@pytest.fixture(scope="session")
def waving() -> Callable[..., Motion]:
    return make_waving_motion


@pytest.fixture(scope="session")
def everyone() -> list[Motion]:
    """One motion of every skeleton and space, different lengths and numbers of persons."""
    return [
        make_waving_motion(KINECT_V2, 10, 2),
        make_waving_motion(KINECT_V1, 7),
        move_to_world(make_waving_motion(SMPL_22, 12)),
        project_to_image(make_waving_motion(COCO_17, 9)),
    ]
