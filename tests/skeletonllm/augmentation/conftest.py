"""Scenes of any kind, and examples of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.topology import COCO_17, KINECT_V2, Topology

HEAD_AND_HAND = Topology("head_and_hand", ("head", "right_hand"), ((0, 1),))
"""A skeleton whose sides have no counterpart."""


@st.composite
def scenes(draw: st.DrawFn) -> Motion:
    """Small scenes of each space and kind, with gaps, persons that come and go, and no metre."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    space = draw(st.sampled_from(["camera", "world", "image"]))
    topology = COCO_17 if space == "image" else draw(st.sampled_from([KINECT_V2, HEAD_AND_HAND]))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 3)), len(topology))
    present = rng.random(shape[:2]) < 0.8
    seen = present[:, :, None] & (rng.random(shape) < 0.8)
    joints = rng.normal((0.3, 0.1, draw(st.sampled_from([0.0, 3.0]))), 0.5, (*shape, 3))
    size = None
    if space == "image":
        joints = joints * (80, 80, 0) + (320, 240, 0)
        size = (640, 480)
    return Motion(
        joints=np.where(seen[..., None], joints, 0).astype(np.float32),
        present=present,
        confidence=(seen * rng.uniform(0.2, 1.0, shape)).astype(np.float32),
        topology=topology,
        fps=draw(st.sampled_from([10.0, 30.0, 59.94])),
        space=space,
        metric=space != "image" and draw(st.booleans()),
        image_size=size,
    )


@pytest.fixture(scope="session")
def wave() -> Motion:
    """A person who waves the right hand, in camera space."""
    return synthesize("hand waving", side="right", noise_m=0.0)


@pytest.fixture
def example_of(wave: Motion) -> Callable[..., Example]:
    """An example of the wave; any of its fields may be given."""
    plain = Example("toy/0", wave, "wave", ("wave", "swipe left", "swipe right"))
    return lambda **fields: replace(plain, **fields)
