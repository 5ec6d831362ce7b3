"""One example, changed at random: the same generator state gives the same example."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from skeletonllm.augmentation.sensing import add_noise, change_speed, drop_joints, scale_bodies
from skeletonllm.augmentation.sides import exchange_sides, is_chiral, mirror_name, names_hidden
from skeletonllm.augmentation.switches import Augmentation
from skeletonllm.augmentation.truths import tells_length, tells_time, tells_view
from skeletonllm.augmentation.turns import turn_bodies
from skeletonllm.topology import Topology

if TYPE_CHECKING:
    from skeletonllm.tasks.task import Example

_ROLL = 1 / 3
"""Of the elevation: a hand-held camera rolls less than it is raised."""


def augment(
    example: Example,
    augmentation: Augmentation,
    rng: np.random.Generator,
    hidden: Collection[str] = (),
) -> Example:
    """The example with its motion changed, and with words that are true of it.

    A change that would make a text false is left out. All amounts are drawn, whether or not they
    are used, so that one more switch leaves the other changes of a clip as they are.

    Args:
        example: A clip as a task asks about it.
        augmentation: What is changed, and how far.
        rng: Drawn from; make it of (seed, clip, epoch, repeat).
        hidden: Classes that no text may name, such as the unseen ones of a protocol.

    Example:
        >>> rng = np.random.default_rng([7, 1])  # doctest: +SKIP
        >>> augment(example, Augmentation(yaw=30.0, mirror=0.5), rng)  # doctest: +SKIP
    """
    if not augmentation.is_on or not example.weight:
        return example
    on = augmentation
    yaw, elevation, roll, scale, speed = rng.uniform(-1.0, 1.0, 5)
    mirrors = rng.random() < on.mirror
    noise_seed, dropout_seed = rng.integers(2**63, size=2)
    texts = (example.label, *example.texts)
    motion = replace(example.motion, orientations=None)
    if on.speed and not any(map(tells_time, texts)):
        motion = change_speed(motion, (1 + on.speed) ** speed)
    if on.scale and not any(map(tells_length, texts)):
        motion = scale_bodies(motion, (1 + on.scale) ** scale)
    if (on.yaw or on.view) and not any(map(tells_view, texts)):
        view = math.radians(on.view)
        motion = turn_bodies(
            motion,
            yaw=math.radians(on.yaw) * yaw,
            elevation=view * elevation,
            roll=_ROLL * view * roll,
        )
    if on.noise:
        motion = add_noise(motion, on.noise, np.random.default_rng(noise_seed))
    if on.dropout:
        motion = drop_joints(motion, on.dropout, np.random.default_rng(dropout_seed))
    changed = replace(example, motion=motion)
    return (mirror_example(changed, hidden) or changed) if mirrors else changed


def mirror_example(example: Example, hidden: Collection[str] = ()) -> Example | None:
    """What a mirror shows, in the motion and in the words; None where that is not certain.

    Candidates stay: they are the classes of a corpus, and both sides are among them.

    Args:
        example: A clip as a task asks about it.
        hidden: Classes that no text may name.
    """
    if not has_sides(example.motion.topology) or is_chiral(example.label):
        return None
    label = mirror_name(example.label, example.candidates)
    texts = [exchange_sides(text, example.candidates) for text in example.texts]
    told = [text for text in texts if text is not None]
    if label is None or len(told) < len(texts) or label in hidden:
        return None
    changed = [new for new, old in zip(told, example.texts, strict=True) if new != old]
    if any(names_hidden(text, hidden) for text in changed):
        return None
    return replace(example, motion=example.motion.mirrored(), label=label, texts=tuple(told))


@lru_cache(maxsize=256)
def has_sides(topology: Topology) -> bool:
    """Whether each joint of a side has its counterpart, and there are such.

    A skeleton with one wrist alone cannot be mirrored: its right wrist would be called the left.
    """
    sided = [name.startswith(("left_", "right_")) for name in topology.joints]
    pairs = [topology.mirror[i] != i for i in range(len(topology))]
    return any(sided) and sided == pairs
